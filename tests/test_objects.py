"""save and load: what comes back, and what is refused."""

import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
containers = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(scalars.filter(lambda key: key == key), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(containers)
def test_plain_containers_come_back_as_they_were(obj):
    file = io.BytesIO()
    tg.save(obj, file)
    file.seek(0)
    found = tg.load(file)
    assert found == obj
    assert repr(found) == repr(obj)  # 1, 1.0 and True are equal, but not the same


def test_tensors_come_back_with_dtype_shape_and_requires_grad(tmp_path):
    obj = {
        "a": tg.arange(3),
        "b": [tg.tensor(2.5, requires_grad=True), (tg.zeros(0, 2),)],
        "": {"a": tg.tensor([True])},
        "nan": math.nan,
    }
    tg.save(obj, tmp_path / "file")
    found = tg.load(tmp_path / "file")
    assert list(found) == list(obj)
    assert found["a"].tolist() == [0, 1, 2]
    assert found["a"].dtype == tg.int64
    assert found["b"][0].requires_grad
    assert found["b"][1][0].shape == (0, 2)
    assert found[""]["a"].tolist() == [True]
    assert math.isnan(found["nan"])
    with tg.no_grad():
        found["b"][0].add_(1)  # what was loaded can be written to


def test_a_state_dict_keeps_its_names_and_order(tmp_path):
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    tg.save(model.state_dict(), tmp_path / "model.safetensors")
    assert list(tg.load(tmp_path / "model.safetensors")) == list(model.state_dict())
    assert set(tg.io.load_safetensors(tmp_path / "model.safetensors")) == set(model.state_dict())
    other = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    other.load_state_dict(tg.load(tmp_path / "model.safetensors"))
    x = tg.ones(1, 3)
    assert other(x).tolist() == model(x).tolist()


def test_any_safetensors_file_loads_as_a_dict(tmp_path):
    tg.io.save_safetensors({"w": np.eye(2)}, tmp_path / "w.safetensors")
    assert tg.load(tmp_path / "w.safetensors")["w"].tolist() == [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    "obj", [range(3), object(), {"a": lambda: 0}, {frozenset(): 3}, np.array([object()]), nn.Linear(1, 1)]
)
def test_what_cannot_be_saved_is_told(obj, tmp_path):
    for name in ("file.pt", "file.safetensors"):
        with pytest.raises(TypeError, match=r"save|saved"):
            tg.save(obj, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_what_holds_itself_is_told_or_comes_back_so(tmp_path):
    loop = []
    loop.append({"again": loop})
    with pytest.raises(ValueError, match="holds itself"):
        tg.save(loop, tmp_path / "file.safetensors")
    tg.save(loop, tmp_path / "file.pt")
    found = tg.load(tmp_path / "file.pt")
    assert found[0]["again"] is found


def test_containers_come_back_from_safetensors_too(tmp_path):
    obj = {
        "a": [tg.tensor([1.0]), (2, None, "three")],
        "b": {"c": True},
        "a.0": tg.tensor(2),
        "": {"a.0": tg.tensor(3)},
    }
    tg.save(obj, tmp_path / "file.safetensors")
    found = tg.load(tmp_path / "file.safetensors")
    assert repr(found) == repr(obj)


@pytest.mark.parametrize(
    "layout",
    [
        "",
        "3",
        "{}",
        "[]",
        '{"tensor": "x"}',
        '{"dict": 3}',
        '{"list": [1]}',
        '{"dict": [[[], {"value": 1}]]}',
        "[" * 10**5,
    ],
)
def test_a_forged_layout_is_one_clear_error(layout, tmp_path):
    tg.io.save_safetensors({"w": np.eye(2)}, tmp_path / "file", {"tinygrad_edu.layout": layout})
    with pytest.raises(ValueError, match="layout"):
        tg.load(tmp_path / "file")


@pytest.mark.parametrize("data", [b"", b"short", b"\xff" * 100])
def test_a_file_that_is_none_is_one_clear_error(data):
    with pytest.raises(ValueError, match=r"header|bytes"):
        tg.load(io.BytesIO(data))


@pytest.mark.parametrize("file", [3, None, [1], io.StringIO("text"), object()])
def test_what_is_no_file_is_told(file):
    with pytest.raises(TypeError, match=r"load\(\) reads a path or a file opened for reading bytes, got"):
        tg.load(file)


def test_what_cannot_be_written_to_is_told():
    with pytest.raises(TypeError, match=r"save\(\) writes to a path or to a file opened for writing bytes, got Tensor"):
        tg.save(1, tg.ones(2))


@pytest.mark.parametrize("encoding", ["no such", 3])
def test_what_is_no_encoding_is_told(encoding):
    with pytest.raises(ValueError, match="encoding is the name of one"):
        tg.load(io.BytesIO(), encoding=encoding)


def test_what_is_no_place_is_told():
    with pytest.raises(TypeError, match="map_location is a device, a dict or a function, got int"):
        tg.load(io.BytesIO(), 3)
