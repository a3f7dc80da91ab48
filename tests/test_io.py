"""Safetensors files: what is saved comes back, and no file of any content does harm."""

import json
import os
import pathlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tinygrad_edu.io import load_safetensors, safetensors_metadata, save_safetensors
from tinygrad_edu.tensor import Tensor

DTYPES = ["float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool"]

names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda name: name != "__metadata__")
arrays = st.sampled_from(DTYPES).flatmap(
    lambda dtype: npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A file that hypothesis may write to again and again."""
    return tmp_path_factory.mktemp("io") / "tensors.safetensors"


def forged(header: object, data: bytes = b"") -> bytes:
    """A file with this header; a str is taken as it is."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype: object = "F32", shape: object = (1,), offsets: object = (0, 4)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def assert_same(tensor: Tensor, array: np.ndarray) -> None:
    assert (tensor.dtype, tensor.shape) == (array.dtype, array.shape)
    assert tensor.detach().numpy().tobytes() == array.tobytes()


# round trips


@given(
    tensors=st.dictionaries(names, arrays, max_size=5), metadata=st.dictionaries(st.text("ab\0é🙂"), st.text('"\\ü\n'))
)
def test_what_is_saved_comes_back(path, tensors, metadata):
    save_safetensors(tensors, path, metadata)
    loaded = load_safetensors(path)
    assert loaded.keys() == tensors.keys()
    for name, array in tensors.items():
        assert_same(loaded[name], array)
    assert safetensors_metadata(path) == metadata


@given(tensors=st.dictionaries(names, arrays, max_size=5), seed=st.randoms())
def test_the_same_tensors_give_the_same_bytes(path, tensors, seed):
    save_safetensors(tensors, path, {"a": "1", "b": "2"})
    before = path.read_bytes()
    order = list(tensors)
    seed.shuffle(order)
    save_safetensors({name: tensors[name] for name in order}, path, {"b": "2", "a": "1"})
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0).reshape(3, 4)[::-1, ::2],
        np.broadcast_to(np.float32(3), (2, 2)),
        np.arange(3, dtype=">i4"),
        np.array([-0.0, np.inf, np.nan, 5e-324]),
    ],
    ids=["transposed", "strided", "broadcast", "big-endian", "extreme"],
)
def test_what_counts_is_the_values_not_where_they_lie(path, array):
    save_safetensors({"x": array}, path)
    assert_same(load_safetensors(path)["x"], np.ascontiguousarray(array, array.dtype.newbyteorder("=")))


def test_tensors_are_saved_as_arrays_are(path):
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    save_safetensors({"x": array}, path)
    before = path.read_bytes()
    save_safetensors({"x": load_safetensors(path)["x"].requires_grad_()}, path)
    assert path.read_bytes() == before


def test_each_tensor_lies_at_a_multiple_of_its_item_size(path):
    save_safetensors({f"x{i}": np.ones(3, dtype) for i, dtype in enumerate(DTYPES)}, path)
    for tensor in load_safetensors(path).values():
        assert tensor.numpy().flags.aligned
        assert not tensor.numpy().flags.owndata or tensor.dtype == bool


def test_loaded_tensors_can_be_written_to_and_the_file_stays(path):
    save_safetensors({"a": np.zeros(3, np.float32), "b": np.zeros(3, np.float32)}, path)
    before = path.read_bytes()
    first, again = load_safetensors(path), load_safetensors(path)
    first["a"].add_(1)
    assert first["a"].tolist() == [1, 1, 1]
    assert first["b"].tolist() == again["a"].tolist() == [0, 0, 0]
    assert path.read_bytes() == before


def test_writing_to_one_loaded_tensor_is_no_write_to_another(path):
    save_safetensors({name: np.ones(3, np.float32) for name in "abc"}, path)
    loaded = load_safetensors(path)
    w = loaded["a"].requires_grad_()
    y = (w * loaded["b"]).sum()
    loaded["c"].add_(1)
    y.backward()
    assert w.grad.tolist() == [1, 1, 1]


def test_a_file_may_be_replaced_while_its_tensors_are_in_use(path):
    save_safetensors({"x": np.full(100_000, 1.0)}, path)
    loaded = load_safetensors(path)["x"]
    save_safetensors({"x": np.full(10, 2.0)}, path)
    assert (loaded.numpy() == 1).all()


def test_bfloat16_is_read_as_float32(path):
    values = np.array([1.0, -2.5, 3.140625, np.inf], np.float32)
    upper = (values.view("<u4") >> 16).astype("<u2")
    for shape in [(4,), (2, 2)]:
        path.write_bytes(forged({"x": entry("BF16", shape, (0, 8))}, upper.tobytes()))
        assert_same(load_safetensors(path)["x"], values.reshape(shape))
    path.write_bytes(forged({"x": entry("BF16", (), (0, 2))}, upper[1:2].tobytes()))
    assert_same(load_safetensors(path)["x"], np.array(-2.5, np.float32))


def test_any_byte_but_zero_is_true(path):
    path.write_bytes(forged({"x": entry("BOOL", (3,), (0, 3))}, b"\x00\x01\xff"))
    assert_same(load_safetensors(path)["x"], np.array([False, True, True]))


def test_data_that_another_program_left_unaligned_is_read(path):
    header = {"a": entry("U8", (1,), (0, 1)), "b": entry("F64", (2,), (1, 17))}
    path.write_bytes(forged(header, b"\x07" + np.array([1.5, 2.5]).tobytes()))
    loaded = load_safetensors(path)
    assert loaded["b"].tolist() == [1.5, 2.5]
    assert loaded["b"].numpy().flags.aligned


def test_the_order_in_a_header_is_free_and_unknown_keys_are_passed_over(path):
    header = {
        "b": {**entry(offsets=(4, 8)), "note": 1},
        "a": entry(),
        "__metadata__": None,
        "none": entry(shape=[0], offsets=(4, 4)),
    }
    path.write_bytes(forged(header, np.array([1, 2], np.float32).tobytes()))
    loaded = load_safetensors(path)
    assert {name: x.tolist() for name, x in loaded.items()} == {"b": [2], "a": [1], "none": []}
    assert safetensors_metadata(path) == {}


# what cannot be saved


@pytest.mark.parametrize(
    ("tensors", "metadata", "error", "message"),
    [
        ({3: np.ones(1)}, None, TypeError, "names of tensors are strings, got 3 of type int"),
        ({"__metadata__": np.ones(1)}, None, ValueError, "the format keeps the name"),
        ({"x\ud800": np.ones(1)}, None, ValueError, r"not Unicode text: it holds '\\ud800'"),
        (
            {"x": np.ones(1, complex)},
            None,
            TypeError,
            "tensor 'x' has dtype complex128, which cannot be saved; int64, float64",
        ),
        ({"x": np.ones(1, np.uint32)}, None, TypeError, "tensor 'x' has dtype uint32"),
        ({"x": np.array([None])}, None, TypeError, "tensor 'x' has dtype object"),
        ({"x": "text"}, None, TypeError, "tensor 'x' has dtype <U4"),
        ({}, {"epoch": 3}, TypeError, "metadata maps strings to strings, got 'epoch': 3"),
        ({}, {3: "epoch"}, TypeError, "metadata maps strings to strings, got 3: 'epoch'"),
        ({}, [("a", "b")], TypeError, "metadata maps strings to strings, got"),
        ({}, {"long": "x" * 100_000_000}, ValueError, "take 100,000,032 bytes; the format allows 100,000,000"),
    ],
    ids=["name type", "name", "surrogate", "complex", "uint32", "object", "text", "value", "key", "pairs", "long"],
)
def test_what_cannot_be_saved_is_told_before_anything_is_written(tmp_path, tensors, metadata, error, message):
    with pytest.raises(error, match=message):
        save_safetensors(tensors, tmp_path / "x", metadata)
    assert not list(tmp_path.iterdir())


# forged and broken files

GOOD = forged({"x": entry()}, b"\0" * 4)
BIG = 2**62

FORGED = {
    "empty": (b"", "it is empty"),
    "short": (b"\1\0\0", "it has 3 bytes, fewer than the 8"),
    "no header": (b"\5" + b"\0" * 7, "it is cut short: its header would take 5 bytes, 0 are there"),
    "header beyond the file": (b"\x60" + b"\0" * 20, "it is cut short: its header would take 96 bytes, 13 are there"),
    "huge header": (b"\xff" * 8 + b"{}", "its header would take 18,446,744,073,709,551,615 bytes; the format allows"),
    "header over 100 MB": ((100_000_001).to_bytes(8, "little"), "its header would take 100,000,001 bytes"),
    "header of no bytes": (b"\0" * 8, "its header cannot be read as JSON"),
    "not JSON": (forged("{'x': 1}"), "its header cannot be read as JSON"),
    "not UTF-8": (b"\2" + b"\0" * 7 + b'"\xff', "its header cannot be read as JSON: it is no text"),
    "UTF-16": (b"\4" + b"\0" * 7 + "{}".encode("utf-16-le"), "its header cannot be read as JSON"),
    "after JSON": (forged("{} {}"), "its header cannot be read as JSON"),
    "nested without end": (forged("[" * 200_000), "its header cannot be read as JSON: it is nested too deep"),
    "number without end": (forged('{"x": %s}' % ("9" * 9999)), "its header cannot be read as JSON"),
    "list": (forged([]), r"its header is \[\], not an object"),
    "number": (forged("1"), "its header is 1, not an object"),
    "name twice": (
        forged('{"x": %s, "x": %s}' % ((json.dumps(entry()),) * 2), b"\0" * 4),
        "the name 'x' stands there twice",
    ),
    "key twice": (forged('{"x": {"dtype": "U8", "dtype": "I8"}}'), "the name 'dtype' stands there twice"),
    "metadata number": (forged({"__metadata__": {"a": 1}}), "metadata maps strings to strings, got 'a': 1"),
    "metadata list": (forged({"__metadata__": ["a"]}), "metadata maps strings to strings, got"),
    "entry": (forged({"x": 3}), "tensor 'x' needs a dtype, a shape and data_offsets, got 3"),
    "no shape": (forged({"x": {"dtype": "F32", "data_offsets": [0, 0]}}), "tensor 'x' needs a dtype, a shape"),
    "dtype": (forged({"x": entry("C64")}), "tensor 'x' has dtype 'C64'; I64, F64, F32, .* can be read"),
    "dtype null": (forged({"x": entry(None)}), "tensor 'x' has dtype None"),
    "dtype list": (forged({"x": entry(["F32"])}), r"tensor 'x' has dtype \['F32'\]"),
    "shape number": (forged({"x": entry(shape=1)}), "tensor 'x' has shape 1,"),
    "size negative": (forged({"x": entry(shape=[-1])}), r"tensor 'x' has shape \[-1\]"),
    "sizes negative": (forged({"x": entry(shape=[-1, -1])}), r"tensor 'x' has shape \[-1, -1\]"),
    "size bool": (forged({"x": entry(shape=[True])}, b"\0" * 4), r"tensor 'x' has shape \[True\]"),
    "size float": (forged({"x": entry(shape=[1.0])}, b"\0" * 4), r"tensor 'x' has shape \[1.0\]"),
    "size text": (forged({"x": entry(shape=["1"])}, b"\0" * 4), r"tensor 'x' has shape \['1'\]"),
    "dimensions": (forged({"x": entry(shape=[1] * 65)}, b"\0" * 4), "not up to 64 sizes"),
    "overflow to zero": (forged({"x": entry(shape=[BIG, 4], offsets=[0, 0])}), "is larger than any memory"),
    "overflow to four": (forged({"x": entry(shape=[BIG, BIG, BIG])}, b"\0" * 4), "is larger than any memory"),
    "huge and empty": (forged({"x": entry(shape=[BIG, BIG, 0], offsets=[0, 0])}), "is larger than any memory"),
    "size beyond 64 bits": (forged({"x": entry(shape=[2**64], offsets=[0, 0])}), "tensor 'x' has shape"),
    "offsets": (forged({"x": entry(offsets=[0])}), r"tensor 'x' has data_offsets \[0\]"),
    "offsets null": (forged({"x": entry(offsets=None)}), "tensor 'x' has data_offsets None"),
    "offsets backwards": (
        forged({"x": entry(offsets=[4, 0])}),
        r"tensor 'x' has data_offsets \[4, 0\], not \[begin, end\]",
    ),
    "offsets negative": (forged({"x": entry(offsets=[-4, 0])}), r"tensor 'x' has data_offsets \[-4, 0\]"),
    "offsets bool": (
        forged({"x": entry("U8", (1,), [False, True])}, b"\0"),
        r"tensor 'x' has data_offsets \[False, True\]",
    ),
    "offsets float": (forged({"x": entry(offsets=[0.0, 4.0])}, b"\0" * 4), r"tensor 'x' has data_offsets \[0.0, 4.0\]"),
    "span": (
        forged({"x": entry(shape=[2])}, b"\0" * 4),
        r"shape \[2\] takes 8 bytes, but its data_offsets \[0, 4\] span 4",
    ),
    "overlap": (
        forged({"x": entry(), "y": entry(offsets=[2, 6])}, b"\0" * 6),
        "tensor 'y' begins at byte 2, inside of another",
    ),
    "same bytes": (forged({"x": entry(), "y": entry()}, b"\0" * 4), "tensor 'y' begins at byte 0, inside of another"),
    "hole": (
        forged({"x": entry(), "y": entry(offsets=[8, 12])}, b"\0" * 12),
        "bytes 4 to 8 of its data belong to no tensor",
    ),
    "hole before": (forged({"x": entry(offsets=[4, 8])}, b"\0" * 8), "bytes 0 to 4 of its data belong to no tensor"),
    "data cut short": (GOOD[:-1], "it is cut short: its tensors take 4 bytes, 3 are there"),
    "data without end": (forged({"x": entry("U8", [BIG], [0, BIG])}), "it is cut short"),
    "bytes after": (GOOD + b"\0", "1 bytes follow its last tensor and belong to none"),
    "long name": (forged({"x" * 100_000: 3}), "tensor 'xxx[^']{,250}' needs"),
}


@pytest.mark.parametrize(("content", "message"), FORGED.values(), ids=FORGED)
@pytest.mark.parametrize("read", [load_safetensors, safetensors_metadata])
def test_forged_and_broken_files_are_one_clear_error(tmp_path, read, content, message):
    path = tmp_path / "forged.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read(path)
    text = str(caught.value)
    assert text.startswith(f"cannot read '{path}' as a safetensors file: ")
    assert "\n" not in text
    assert len(text) < 1000


def consistent(path: pathlib.Path) -> None:
    """Load the file: what comes is a full set of values, or our error and nothing else."""
    try:
        loaded = load_safetensors(path)
    except ValueError as error:
        if str(error).startswith("cannot read "):
            return
        raise
    stored = sum(x.nbytes for x in loaded.values())
    assert stored <= path.stat().st_size * 2  # bfloat16 doubles
    for x in loaded.values():
        x.numpy().tobytes()


@settings(max_examples=400)
@given(
    tensors=st.dictionaries(names, arrays, min_size=1, max_size=3),
    flips=st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), max_size=4),
    cut=st.none() | st.integers(0, 10**6),
    header_only=st.booleans(),
)
def test_damaged_files_load_to_something_whole_or_are_refused(path, tensors, flips, cut, header_only):
    save_safetensors(tensors, path, {"k": "v"})
    content = bytearray(path.read_bytes())
    reach = 8 + int.from_bytes(content[:8], "little") if header_only else len(content)
    for place, bits in flips:
        content[place % reach] ^= bits
    path.write_bytes(content[: None if cut is None else cut % (len(content) + 1)])
    consistent(path)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2**65)
    | st.floats()
    | st.sampled_from(["F32", "BF16", "BOOL", "x", "\ud800"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=6,
)
entries = st.fixed_dictionaries(
    {
        "dtype": st.sampled_from(["F32", "U8", "BF16", "BOOL", "I64"]) | json_values,
        "shape": st.lists(st.integers(0, 3), max_size=3) | json_values,
        "data_offsets": st.lists(st.integers(0, 24), min_size=2, max_size=2) | json_values,
    }
)


@settings(max_examples=400)
@given(
    header=st.dictionaries(st.sampled_from(["a", "b", "__metadata__"]), entries | json_values), room=st.integers(0, 24)
)
def test_headers_of_any_content_load_to_something_whole_or_are_refused(path, header, room):
    path.write_bytes(forged(header, b"\1" * room))
    consistent(path)


# the file system


@pytest.mark.parametrize("read", [load_safetensors, safetensors_metadata])
def test_files_that_cannot_be_opened_are_the_systems_error(tmp_path, read):
    with pytest.raises(FileNotFoundError, match=r"missing\.safetensors"):
        read(tmp_path / "missing.safetensors")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        read(tmp_path)


@pytest.mark.parametrize("read", [load_safetensors, safetensors_metadata])
def test_a_file_that_may_not_be_read_is_the_systems_error(open_folder, without_privileges, read):
    secret = open_folder / "secret.safetensors"
    secret.write_bytes(GOOD)
    secret.chmod(0)
    with without_privileges, pytest.raises(PermissionError, match=r"secret\.safetensors'$"):
        read(secret)


def test_a_pipe_is_refused_without_waiting_for_a_writer(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="it is not a regular file"):
        load_safetensors(tmp_path / "pipe")
