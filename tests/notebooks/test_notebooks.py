"""The notebooks of the course: each runs in fast mode, and what is committed is whole, small and from the full mode."""

import json
import pathlib
import re

import nbformat
import pytest

from tinygrad_edu.course import execute

ROOT = pathlib.Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)

MOST_BYTES = 1_500_000


@pytest.fixture(autouse=True)
def data(monkeypatch):
    """The real data where they are at hand: what stands in for them runs too, but reaches other figures."""
    shared = ROOT.parent / "shared/data"
    if shared.is_dir():
        monkeypatch.setenv("TINYGRAD_EDU_DATA", str(shared))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@each
def test_it_runs_in_fast_mode(path):
    ran = execute(path, fast=True)
    assert "fast mode" in ran.printed
    print(f"{ran.seconds:.0f} s")


@each
def test_what_is_committed_comes_from_the_full_mode(path):
    assert path.stat().st_size <= MOST_BYTES
    text = path.read_text(encoding="utf-8")
    cells = json.loads(text)["cells"]
    printed = "".join(
        line
        for cell in cells
        for output in cell.get("outputs", [])
        if output["output_type"] == "stream"
        for line in output["text"]
    )
    assert re.search(r"full mode, seed \d+: (\d+) s", printed), "the last cell is course.finish()"
    assert int(re.search(r"full mode, seed \d+: (\d+) s", printed)[1]) <= 600
    assert not [output for cell in cells for output in cell.get("outputs", []) if output["output_type"] == "error"]
    assert not re.search(r"/(home|work|tmp|root|Users)/\w", text), "a path of the machine"
    ran = [cell for cell in cells if cell["cell_type"] == "code" and "skip-execution" not in tags(cell)]
    assert all(cell["execution_count"] for cell in ran)


@each
def test_it_ends_in_exercises(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    marked = [cell for cell in cells if "nbgrader" in cell["metadata"]]
    assert all("skip-execution" in tags(cell) for cell in marked)
    answers = [cell["metadata"]["nbgrader"]["grade_id"] for cell in marked if cell["metadata"]["nbgrader"]["solution"]]
    tests = [cell["metadata"]["nbgrader"]["grade_id"] for cell in marked if cell["metadata"]["nbgrader"]["grade"]]
    assert 3 <= len(answers) <= 5
    assert tests == [f"{name}-test" for name in answers]


def test_a_figure_shows_itself_from_the_first_one_on(tmp_path):
    draw = "viz.images([[[0.0, 1.0]]])"
    cells = [nbformat.v4.new_code_cell(source) for source in ("from tinygrad_edu import viz", draw, draw)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "01_figures.ipynb")
    ran = execute(tmp_path / "01_figures.ipynb", fast=True)
    assert [["image/png" in output.data for output in cell.outputs] for cell in ran.notebook.cells[1:]] == [[True]] * 2


def tags(cell):
    return cell["metadata"].get("tags", [])
