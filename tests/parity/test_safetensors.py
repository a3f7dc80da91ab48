"""Our safetensors files beside those of the `safetensors` package, in both directions."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load_file, save_file

from tinygrad_edu.io import load_safetensors, safetensors_metadata, save_safetensors

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda name: name != "__metadata__")
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)
tables = st.dictionaries(names, arrays, max_size=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("safetensors")


def assert_same(actual, expected):
    assert actual.keys() == expected.keys()
    for name, array in expected.items():
        assert (actual[name].dtype, actual[name].shape) == (array.dtype, array.shape), name
        assert actual[name].tobytes() == array.tobytes(), name


@given(tensors=tables)
def test_both_write_the_same_bytes(folder, tensors):
    save_safetensors(tensors, folder / "ours")
    save_file(tensors, folder / "theirs")
    assert (folder / "ours").read_bytes() == (folder / "theirs").read_bytes()


@given(tensors=tables, metadata=st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_they_read_what_we_write(folder, tensors, metadata):
    save_safetensors(tensors, folder / "ours", metadata)
    assert_same(load_file(folder / "ours"), tensors)
    with safe_open(folder / "ours", "np") as file:
        assert file.metadata() == metadata


@given(tensors=tables, metadata=st.dictionaries(names, st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_we_read_what_they_write(folder, tensors, metadata):
    save_file(tensors, folder / "theirs", metadata)
    assert_same({name: x.numpy() for name, x in load_safetensors(folder / "theirs").items()}, tensors)
    assert safetensors_metadata(folder / "theirs") == metadata


def test_bfloat16_as_torch_reads_it(folder):
    import torch
    from safetensors.torch import save_file as save_torch

    values = torch.arange(-1000, 1000).to(torch.bfloat16).reshape(40, 50) / 7
    save_torch({"x": values, "scalar": values[3, 4].clone()}, folder / "bfloat16")
    loaded = load_safetensors(folder / "bfloat16")
    np.testing.assert_array_equal(loaded["x"].numpy(), values.float().numpy())
    np.testing.assert_array_equal(loaded["scalar"].numpy(), values[3, 4].float().numpy())


sizes = st.integers(-1, 5)
headers = st.dictionaries(
    st.sampled_from("abc"),
    st.fixed_dictionaries(
        {
            "dtype": st.sampled_from(["F32", "U8", "I16", "F31"]),
            "shape": st.lists(sizes, max_size=2),
            "data_offsets": st.lists(st.sampled_from([-1, 0, 1, 2, 4, 8, 12]), min_size=1, max_size=3),
        }
    ),
    max_size=3,
)


@given(header=headers, room=st.sampled_from([0, 1, 2, 4, 8, 12]))
def test_what_they_refuse_we_refuse(folder, header, room):
    text = json.dumps(header).encode()
    (folder / "forged").write_bytes(len(text).to_bytes(8, "little") + text + b"\1" * room)
    try:
        theirs = load_file(folder / "forged")
    except SafetensorError:
        with pytest.raises(ValueError, match="cannot read"):
            load_safetensors(folder / "forged")
    else:
        assert_same({name: x.numpy() for name, x in load_safetensors(folder / "forged").items()}, theirs)
