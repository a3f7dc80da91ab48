"""What the notebooks share: modes, data and what stands in for them, finding a notebook."""

import json
import sys

import numpy as np
import pytest

from tinygrad_edu import course, data
from tinygrad_edu.cli import main
from tinygrad_edu.course import materials
from tinygrad_edu.course.stand_ins import STAND_INS


@pytest.fixture
def nothing_at_hand(monkeypatch, tmp_path):
    """No data but what comes with the package."""
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(materials, "used", set())


def test_there_is_a_stand_in_for_all_that_does_not_come_with_the_package():
    assert set(STAND_INS) == {name for name, entry in data.DATASETS.items() if entry.files}


@pytest.mark.parametrize("name", sorted(STAND_INS))
def test_a_stand_in_has_the_shapes_and_the_dtypes_of_what_it_stands_for(nothing_at_hand, capsys, name):
    train, test = course.load(name)
    assert "stand in" in capsys.readouterr().out
    for part in (train, test):
        x, y = (tensor.numpy() for tensor in part.tensors)
        assert len(x) == len(y) > 0
        assert x.shape[1:] == data.DATASETS[name].shape
        assert np.isfinite(x).all()
        assert y.dtype in (np.int64, np.float32)
    again, _ = course.load(name)
    assert np.array_equal(again.tensors[0].numpy(), train.tensors[0].numpy())
    assert not capsys.readouterr().out, "said once"


def test_options_are_those_of_the_function_that_loads(nothing_at_hand):
    train, _ = course.load("tiny-shakespeare", context=10)
    assert train.tensors[0].shape[1] == 10
    train, _ = course.load("mnist", dtype="uint8")
    assert train.tensors[0].dtype == np.uint8


def test_several_things_are_in_a_picture_that_stands_in(nothing_at_hand):
    train, _ = course.load("nuclei")
    assert all(data.instance_boxes(owners).shape[0] >= 2 for owners in train.tensors[1][:20])


def test_pick_and_finish_tell_the_mode(monkeypatch, capsys, nothing_at_hand):
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("TINYGRAD_EDU_FAST", "0")
    course.start(seed=3)
    assert course.pick(full=1, fast=2, embedded=3) == 1
    monkeypatch.setenv("TINYGRAD_EDU_FAST", "1")
    assert course.is_fast()
    assert course.pick(full=1, fast=2, embedded=3) == 2
    course.load("mnist")
    assert course.pick(full=1, fast=2, embedded=3) == 3
    assert course.pick(full=1, fast=2) == 2
    course.finish(test_accuracy=0.5)
    printed = capsys.readouterr().out
    assert printed.startswith("full mode, seed 3")
    assert "test accuracy: 0.5" in printed
    assert "with stand-ins for mnist" in printed


def test_embedded_data_are_as_they_are(nothing_at_hand, capsys):
    train, _ = course.load("digits")
    assert train.tensors[0].shape == (1442, 1, 8, 8)
    assert not capsys.readouterr().out


def test_an_unknown_name_is_told():
    with pytest.raises(ValueError, match=r"there is no data set 'mnits'; did you mean 'mnist'\?"):
        course.load("mnits")


def test_weights_are_looked_for_in_and_beside_the_folder_of_data(monkeypatch, tmp_path):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path / "data"))
    assert course.weights("a.safetensors") is None
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights/a.safetensors").touch()
    assert course.weights("a.safetensors") == tmp_path / "weights/a.safetensors"


def test_a_notebook_is_found_by_its_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks/07_seven.ipynb").touch()
    assert course.find_notebook(7).name == "07_seven.ipynb"
    with pytest.raises(FileNotFoundError, match=r"there is no notebook 08 .* there are 07"):
        course.find_notebook(8)
    with pytest.raises(FileNotFoundError, match=r"there are no notebooks in '.*nowhere'; they come with the source"):
        course.notebooks_folder(str(tmp_path / "nowhere"))
    with pytest.raises(TypeError, match="find_notebook takes a whole number, such as 5, got"):
        course.find_notebook("7")


@pytest.mark.parametrize(
    ("call", "kind", "told"),
    [
        (lambda: course.load(3), TypeError, "load takes the name of a data set, such as 'mnist', got 3"),
        (lambda: course.load([]), TypeError, r"load takes the name of a data set, such as 'mnist', got \[\]"),
        (lambda: course.load("mnist", dtyp="uint8"), TypeError, r"load\('mnist'\) got an unexpected .* options: dtype"),
        (
            lambda: course.load("digits", dtype="uint8"),
            TypeError,
            r"load\('digits'\) got an unexpected .* options: none",
        ),
        (lambda: course.load("mnist", dtype="u9"), TypeError, "'u9' is not a dtype"),
        (lambda: course.load("mnist", dtype="int64"), ValueError, "images are floats from 0 to 1, or uint8, not int64"),
        (lambda: course.load("tiny-shakespeare", context=0), ValueError, "a context of 1 to .*, got 0"),
        (lambda: course.load("tiny-shakespeare", context=10**9), ValueError, "a context of 1 to .*, got 1000000000"),
        (lambda: course.load("sunspots", context=0), ValueError, "a context of 1 to N - 1"),
        (lambda: course.start("now"), TypeError, "start takes a whole number as its seed, got 'now'"),
        (lambda: course.start(0.5), TypeError, "start takes a whole number as its seed, got 0.5"),
        (lambda: course.finish(accuracy="good"), TypeError, "finish takes numbers; accuracy is 'good'"),
        (lambda: course.weights(None), TypeError, "weights takes the name of a file, such as .*, got None"),
    ],
)
def test_what_cannot_be_is_told_in_our_words(nothing_at_hand, call, kind, told):
    with pytest.raises(kind, match=told):
        call()


BROKEN = {
    "{": "05_five.ipynb is no notebook, or a damaged one: ",
    "[]": "05_five.ipynb is no notebook: it has no list of cells",
    '{"cells": 3}': "05_five.ipynb is no notebook: it has no list of cells",
    '{"worksheets": []}': "05_five.ipynb is no notebook: its format is older than 4",
    '{"cells": [{"cell_type": "odd"}]}': "05_five.ipynb is no notebook, or a damaged one: ",
    "\xff": "05_five.ipynb is no text: it is not in UTF-8",
}


@pytest.mark.parametrize("content", BROKEN)
def test_a_notebook_that_cannot_be_run_is_one_line(tmp_path, capsys, content):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    (tmp_path / "05_five.ipynb").write_bytes(content.encode("latin1"))
    assert main(["notebook", "5", "--fast", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"tinygrad_edu: error: {BROKEN[content]}")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("1 / 0", "05_five.ipynb: a cell fails with ZeroDivisionError: division by zero"),
        ("import os; os._exit(3)", "05_five.ipynb: the process that runs its cells died"),
    ],
)
def test_a_cell_that_fails_is_one_line(tmp_path, capsys, source, told):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (tmp_path / "05_five.ipynb").write_text(json.dumps(notebook))
    assert main(["notebook", "5", "--fast", "--folder", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"tinygrad_edu: error: {told}")
    assert said.count("\n") == 1


def test_running_needs_an_extra_and_a_place_for_the_result_is_looked_for_first(tmp_path, capsys, monkeypatch):
    (tmp_path / "05_five.ipynb").write_text('{"cells": []}')
    run = ["notebook", "5", "--fast", "--folder", str(tmp_path)]
    assert main([*run, "--out", str(tmp_path)]) == 2
    assert "it takes the name of a file, got the folder" in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "nbformat", None)
    assert main(run) == 1
    assert capsys.readouterr().err.endswith('running notebooks needs nbformat: pip install "tinygrad-edu[notebook]"\n')


def test_what_data_stood_in_for_is_not_written_into_a_notebook(tmp_path, capsys):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    source = "print('full mode with stand-ins for mnist, seed 0')"
    cell = {"cell_type": "code", "source": source, "metadata": {}, "outputs": [], "execution_count": None}
    notebook = json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    path = tmp_path / "05_five.ipynb"
    path.write_text(notebook)
    run = ["notebook", "5", "--full", "--folder", str(tmp_path)]
    assert main([*run, "--write"]) == 1
    assert "05_five.ipynb is left as it was" in capsys.readouterr().err
    assert path.read_text() == notebook
    assert main([*run, "--out", str(tmp_path / "mine.ipynb")]) == 0
    assert "with stand-ins" in (tmp_path / "mine.ipynb").read_text()
