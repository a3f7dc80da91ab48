"""What the notebooks share: modes, data and what stands in for them, finding a notebook."""

import numpy as np
import pytest

from tinygrad_edu import course, data
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
    with pytest.raises(FileNotFoundError, match="there are no notebooks"):
        course.notebooks_folder(tmp_path / "nowhere")
