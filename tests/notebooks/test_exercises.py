"""The exercises of each notebook: their solutions get all points, what is handed out none."""

import pathlib

import pytest

from tinygrad_edu.course import grade
from tinygrad_edu.course.sheets import as_notebook, blank_sheet, read_solutions

ROOT = pathlib.Path(__file__).parents[2]
each = pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")), ids=lambda path: path.stem
)


@each
def test_solutions_get_all_points(path, tmp_path):
    source = tmp_path / path.name  # with nbgrader's marks around them
    source.write_text(as_notebook(blank_sheet(path, read_solutions(path))), encoding="utf-8")
    assert "### BEGIN SOLUTION" in source.read_text(encoding="utf-8")
    assert [found for found in grade(source, path) if found.verdict != "right"] == []


@each
def test_what_is_handed_out_gets_none(path, tmp_path):
    sheet = tmp_path / path.name
    sheet.write_text(as_notebook(blank_sheet(path)), encoding="utf-8")
    assert {found.verdict for found in grade(sheet, path)} == {"not done yet"}
