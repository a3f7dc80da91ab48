"""PyTorch's checkpoints without PyTorch: what is written and read, and what is refused; nothing in a file is run."""

import argparse
import collections
import io
import os
import pickle
import random
import struct
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest
from weights import weights

import tinygrad_edu as tg
from tinygrad_edu import nn


def saved(obj):
    file = io.BytesIO()
    tg.save(obj, file)
    return file.getvalue()


def loaded(data):
    return tg.load(io.BytesIO(data))


def archive(code, storages=(), **more):
    """A zip archive with this pickle and these storages."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", more.pop("compression", zipfile.ZIP_STORED)) as made:
        made.writestr("archive/data.pkl", code)
        for i, storage in enumerate(storages):
            made.writestr(f"archive/data/{i}", storage)
        for name, part in more.items():
            made.writestr(f"archive/{name}", part)
    return file.getvalue()


def tensor_code(size=(2,), stride=(1,), offset=0, count=2, kind="FloatStorage", key="0"):
    """The pickle of one tensor, as text in protocol 2's instructions."""

    def number(n):
        digits = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(digits)]) + digits

    def text(s):
        return b"X" + struct.pack("<I", len(s)) + s.encode()

    def numbers(ns):
        return b"(" + b"".join(map(number, ns)) + b"t"

    return (
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(("
        + text("storage")
        + f"ctorch\n{kind}\n".encode()
        + text(key)
        + text("cpu")
        + number(count)
        + b"tQ"
        + number(offset)
        + numbers(size)
        + numbers(stride)
        + b"\x89ccollections\nOrderedDict\n)RtR."
    )


TWO = np.array([1.5, -2.0], "<f4").tobytes()


def test_dtypes_shapes_and_order_come_back():
    state = {
        name: tg.tensor(np.arange(6).reshape(2, 3).astype(name))
        for name in ("float64", "float32", "float16", "int64", "int32", "int16", "int8", "uint8", "bool")
    }
    state |= {
        "scalar": tg.tensor(2.5),
        "empty": tg.zeros(0, 3),
        "turned": tg.ones(2, 3).T,
        "learned": nn.Linear(2, 1).bias,
    }
    found = loaded(saved(state))
    assert list(found) == list(state)
    for name, x in state.items():
        assert (found[name].dtype, found[name].shape) == (x.dtype, x.shape)
        assert found[name].tolist() == x.tolist()
    assert found["learned"].requires_grad
    with tg.no_grad():
        found["float32"].add_(1)  # what was loaded can be written to


def test_kinds_of_containers_come_back():
    shared = tg.ones(2)
    obj = collections.OrderedDict(a=[1, 2.5, None, True, "é", -(2**40)], b=((), (1,), {"c": {}}), x=shared, y=[shared])
    found = loaded(saved(obj))
    assert isinstance(found, collections.OrderedDict)
    assert {k: found[k] for k in "ab"} == {k: obj[k] for k in "ab"}
    assert found["x"] is found["y"][0]


def test_what_programs_keep_beside_their_weights_comes_back():
    args = argparse.Namespace(rate=0.1, device=tg.device("cpu"), kind=tg.float16, sizes=[1, 2])
    found = loaded(saved({"args": args, "seen": {1, "a"}, "none": set(), "again": args, "best": np.float32(0.5)}))
    assert vars(found["args"]) == vars(args)
    assert found["again"] is found["args"]
    assert repr(found["args"]).startswith("Namespace(rate=0.1, ")
    assert (found["seen"], found["none"], found["best"]) == ({1, "a"}, set(), 0.5)
    assert vars(loaded(saved(found["args"]))) == vars(args)


def test_a_module_is_saved_by_its_state():
    with pytest.raises(TypeError, match=r"\['model'\] is a Linear; of a module or an optimizer save the state_dict"):
        saved({"model": nn.Linear(2, 2)})


def test_the_same_object_gives_the_same_bytes():
    state = nn.Linear(3, 2).state_dict()
    assert saved(state) == saved(state)


def test_storages_begin_where_they_can_be_used_as_they_lie(tmp_path):
    tg.save({"a": tg.zeros(3), "b": tg.ones(1000)}, tmp_path / "file.pt")
    with zipfile.ZipFile(tmp_path / "file.pt") as made:
        assert made.testzip() is None
        for info in made.infolist():
            with made.open(info) as member:
                member.read(0)
                assert info.filename.count("data/") == 0 or member._fileobj.tell() % 64 == 0


def test_what_pickle_writes_of_plain_data_is_read():
    obj = {"a": [1, -5, 300, 2**70, 1e300, "word" * 100, None, True], (1, "b"): ({}, [], ()), "c": {1, 2}}
    for protocol in (2, 3, 4, 5):
        assert loaded(archive(pickle.dumps(obj, protocol))) == obj


@pytest.mark.parametrize(
    "obj", [os.system, subprocess.Popen, eval, io.BytesIO(b"x"), slice(3), range(2), sys.exit, Exception("x")]
)
def test_nothing_in_a_file_is_run(obj):
    for protocol in (2, 4):
        with pytest.raises(ValueError, match=r"only tensors and plain containers are read|instruction|makes no sense"):
            loaded(archive(pickle.dumps(obj, protocol) if not isinstance(obj, io.BytesIO) else b"cos\nsystem\n."))


def test_code_in_a_file_is_not_run(tmp_path):
    class Bad:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    for code in (archive(pickle.dumps({"a": Bad()}, 2)), LEGACY_HEAD + pickle.dumps(Bad(), 2)):
        with pytest.raises(ValueError, match="mkdir"):
            loaded(code)
    assert not list(tmp_path.iterdir())


LEGACY_HEAD = b"".join(
    pickle.dumps(part, 2)
    for part in (0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True, "type_sizes": {}})
)


def legacy(code=None, keys=("0",), count=2, data=TWO):
    return LEGACY_HEAD + (code or tensor_code()) + pickle.dumps(list(keys), 2) + struct.pack("<q", count) + data


def test_the_old_format():
    assert loaded(legacy()).tolist() == [1.5, -2.0]
    assert loaded(legacy(tensor_code((2, 1), (1, 1)))).tolist() == [[1.5], [-2.0]]


def test_bfloat16_becomes_float32():
    halves = np.array([0x3FC0, 0xC000], "<u2").tobytes()
    found = loaded(archive(tensor_code(kind="BFloat16Storage"), [halves]))
    assert (found.dtype, found.tolist()) == (tg.float32, [1.5, -2.0])


def test_the_other_byte_order():
    swapped = np.array([1.5, -2.0], ">f4").tobytes()
    assert loaded(archive(tensor_code(), [swapped], byteorder=b"big")).tolist() == [1.5, -2.0]


FORGED = {
    "no pickle": archive(b""),
    "pickle cut short": archive(tensor_code()[:-1], [TWO]),
    "no storage": archive(tensor_code()),
    "short storage": archive(tensor_code(), [TWO[:4]]),
    "long storage": archive(tensor_code(), [TWO + TWO]),
    "size that overflows": archive(tensor_code((2**40, 2**40), (2**40, 1)), [TWO]),
    "size beyond 64 bits": archive(tensor_code((2**70,)), [TWO]),
    "stride that overflows": archive(tensor_code((2,), (2**61,)), [TWO]),
    "negative size": archive(tensor_code((-1,)), [TWO]),
    "negative stride": archive(tensor_code((2,), (-1,)), [TWO]),
    "negative offset": archive(tensor_code(offset=-1), [TWO]),
    "outside": archive(tensor_code(offset=1), [TWO]),
    "as many strides as sizes": archive(tensor_code((2,), ()), [TWO]),
    "count that overflows": archive(tensor_code(count=2**62), [TWO]),
    "negative count": archive(tensor_code(count=-2), [TWO]),
    "unknown storage": archive(tensor_code(kind="ComplexFloatStorage"), [TWO]),
    "called with nonsense": archive(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R."),
    "calls a dtype": archive(b"\x80\x02ctorch\nfloat32\n)R."),
    "adds to a number": archive(b"\x80\x02K\x01K\x02a."),
    "attributes of a list": archive(b"\x80\x02]}b."),
    "attributes without names": archive(b"\x80\x02cargparse\nNamespace\n)\x81}K\x01K\x02sb."),
    "an unhashable key": archive(b"\x80\x02}]K\x01s."),
    "memory of nothing": archive(b"\x80\x02j\xff\xff\xff\x7f."),
    "string of 4 GB": archive(b"\x80\x02X\xff\xff\xff\xffabc."),
    "integer of 2 GB": archive(b"\x80\x02\x8b\xff\xff\xff\x7fabc."),
    "no mark": archive(b"\x80\x02t."),
    "a mark as a value": archive(b"\x80\x02(."),
    "compressed": archive(pickle.dumps([0] * 10**5, 2), compression=zipfile.ZIP_DEFLATED),
    "not a checkpoint": archive(b"")[:0] + saved([1]).replace(b"data.pkl", b"Data.pkl"),
    "old, cut short": legacy()[:-1],
    "old, without storages": LEGACY_HEAD + tensor_code(),
    "old, other keys": legacy(keys=("1",)),
    "old, two keys": legacy(keys=("0", "0")),
    "old, other count": legacy(count=3),
    "old, huge count": legacy(tensor_code((2**50,), count=2**50), count=2**50),
    "old, unknown version": LEGACY_HEAD.replace(b"M\xe9\x03.", b"M\xea\x03."),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_file_is_one_clear_error(name):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"cannot read .* as a PyTorch checkpoint: "):
            loaded(FORGED[name])
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_overlapping_members_are_refused():
    data = bytearray(archive(tensor_code(), [TWO, TWO]))
    entries = [at for at in range(len(data)) if data[at : at + 4] == b"PK\x01\x02"]
    data[entries[2] + 42 : entries[2] + 46] = data[entries[1] + 42 : entries[1] + 46]  # where the member begins
    with pytest.raises(ValueError, match=r"overlap|Overlap"):
        loaded(bytes(data))


def test_every_byte_of_an_archive_counts():
    data = saved({"w": tg.arange(50.0), "n": 3})
    for at in range(data.index(b"FB"), len(data), 7):
        changed = bytearray(data)
        changed[at] ^= 0x55
        try:
            found = loaded(bytes(changed))
        except ValueError:
            continue
        assert found["w"].tolist() == list(range(50))
        assert found["n"] == 3


def is_plain(obj):
    """Whether an object is made of Tensors and plain values; names of a file that were not called are plain too."""
    if isinstance(obj, dict):
        return all(is_plain(x) for item in obj.items() for x in item)
    if isinstance(obj, (list, tuple, set)) and type(obj).__name__ != "StorageType":
        return all(map(is_plain, obj))
    plain = (tg.Tensor, str, int, float, bytes, np.dtype, type(None))
    return isinstance(obj, plain) or type(obj).__name__ in ("Global", "StorageType", "Storage")


@pytest.mark.parametrize("kind", ["zip", "old"])
def test_mutations_are_told_or_harmless(kind):
    """5,000 files of each kind with a few bytes changed, cut or put in: an error of ours, or something plain."""
    state = {"weight": tg.arange(6.0).reshape(2, 3), "bias": tg.zeros(2), "epoch": 3, "names": ["a", "b"]}
    whole = saved(state) if kind == "zip" else legacy()
    draw = random.Random(0)
    tracemalloc.start()
    for _ in range(5000):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            at, act = draw.randrange(len(data)), draw.random()
            if act < 0.6:
                data[at] = draw.randrange(256)
            elif act < 0.8:
                del data[at : at + draw.randint(1, 20)]
            else:
                data[at:at] = draw.randbytes(draw.randint(1, 20))
        try:
            found = loaded(bytes(data))
        except ValueError as error:
            assert "cannot read" in str(error)  # noqa: PT017
        else:
            assert isinstance(
                found, (dict, tg.Tensor, list, tuple, str, int, float, set, type(None), bytes, np.dtype, object)
            )
    assert tracemalloc.get_traced_memory()[1] < 50 << 20
    tracemalloc.stop()


def test_reading_is_lazy_where_nothing_is_to_be_checked(tmp_path):
    tg.save({"w": tg.zeros(1 << 20)}, tmp_path / "w.pt")
    tracemalloc.start()
    found = tg.load(tmp_path / "w.pt")
    assert tracemalloc.get_traced_memory()[1] < 1 << 20  # 4 MiB of zeros lie in the mapped file
    tracemalloc.stop()
    assert found["w"].sum().item() == 0


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    tg.save({"w": tg.ones(2)}, tmp_path / "w.pt")
    with pytest.raises(TypeError):
        tg.save({"w": tg.zeros(2), "f": object()}, tmp_path / "w.pt")
    assert tg.load(tmp_path / "w.pt")["w"].tolist() == [1, 1]
    assert [file.name for file in tmp_path.iterdir()] == ["w.pt"]


def test_other_devices_are_refused(tmp_path):
    tg.save([1], tmp_path / "x.pt")
    assert tg.load(tmp_path / "x.pt", map_location="cpu", weights_only=True) == [1]
    assert tg.load(tmp_path / "x.pt", map_location=lambda storage, place: storage) == [1]
    with pytest.raises(RuntimeError, match="cuda"):
        tg.load(tmp_path / "x.pt", map_location="cuda:0")


def test_published_weights_in_the_old_format():
    checkpoint = tg.load(weights("resnet20-12fca82f.th"))
    stripped = tg.load(weights("resnet20-12fca82f.safetensors"))
    assert set(checkpoint) == {"best_prec1", "state_dict"}
    assert len(checkpoint["state_dict"]) == len(stripped) == 97
    for name, x in checkpoint["state_dict"].items():
        np.testing.assert_array_equal(x.detach().numpy(), stripped[name.removeprefix("module.")].numpy())


OLD = {"_use_new_zipfile_serialization": False}


@pytest.mark.parametrize("form", [{}, OLD], ids=["archive", "old"])
def test_tensors_that_share_memory_share_it_again(form):
    base = tg.arange(20.0)
    apart = tg.arange(20.0)
    parts = [base[:8], base.view(4, 5)[1:, ::2], base, base[4:6], apart[:2], apart[9:], base.view(4, 5).t(), base[3]]
    file = io.BytesIO()
    tg.save(parts, file, **form)
    found = loaded(file.getvalue())
    assert [x.tolist() for x in found] == [x.tolist() for x in parts]
    assert found[1].stride() == parts[1].stride()
    found[2].fill_(7)
    for x in (*found[:4], *found[6:]):
        assert set(np.ravel(x.tolist())) == {7.0}
    assert [x.tolist() for x in found[4:6]] == [x.tolist() for x in parts[4:6]]
    assert len(file.getvalue()) < len(saved([base.clone()])) + 2000, "a storage is written once"


def test_a_part_of_a_large_tensor_takes_its_own_room_alone():
    assert len(saved(tg.zeros(100_000)[:3])) < 2000


def test_reversed_and_repeated_rows_come_back():
    x = tg.arange(6.0).view(2, 3)
    parts = [x, x.flip(1), x[:1].expand(4, 3), tg.from_numpy(x.numpy()[::-1])]
    assert [y.tolist() for y in loaded(saved(parts))] == [y.tolist() for y in parts]


ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)),
    np.array(["a", "bc"]),
    np.array([True, False]),
    np.array(2.5, np.float16),
    np.zeros((0, 3)),
    np.arange(4)[::-2],
    np.array([1 + 2j]),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda array: f"{array.dtype}")
def test_arrays_come_back(array):
    found = loaded(saved({"history": [array, array]}))["history"]
    assert type(found[0]) is np.ndarray
    assert found[0] is found[1]
    assert found[0].dtype == array.dtype.newbyteorder("<")
    np.testing.assert_array_equal(found[0], array)
    found[0].fill(array.dtype.type(1))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_arrays_and_numbers_of_numpy_in_pickles_are_read(protocol):
    obj = {"best": np.float64(0.75), "seen": np.int64(3), "curve": np.arange(3.0), "same": np.asfortranarray(np.eye(2))}
    found = loaded(archive(pickle.dumps(obj, protocol)))
    assert repr(found) == repr(obj)


def test_what_is_plain_beside_containers_comes_back():
    obj = [b"\x00\xff", bytearray(b"ab"), 1 - 2j, frozenset([1]), collections.Counter("aab"), b"", [bytearray()] * 2]
    found = loaded(saved(obj))
    assert found == obj
    assert [type(x) for x in found] == [type(x) for x in obj]
    assert found[-1][0] is found[-1][1]


class Array:
    """What pickles as an array with this state."""

    def __init__(self, *state):
        self.state = state

    def __reduce__(self):
        return np.ndarray((0,)).__reduce__()[0], (np.ndarray, (0,), b"b"), self.state


@pytest.mark.parametrize(
    "state",
    [
        (1, (2,), np.dtype("f8"), False, b"short"),
        (1, (-1,), np.dtype("f8"), False, b""),
        (1, (2**40, 2**40), np.dtype("f8"), False, b""),
        (1, (1,) * 65, np.dtype("i1"), False, b"1"),
        (1, [1], np.dtype("i1"), False, b"1"),
        (1, (1,), "f8", False, b"12345678"),
        (1, (1,), np.dtype("O"), False, [1]),
        (1, (1,), np.dtype([("a", "f8")]), False, b"12345678"),
        (1, (1,), np.dtype(">f8"), False, b"12345678"),
        (1, (1,), np.dtype("f8"), False, [1.0]),
        (1, (1,), np.dtype("f8")),
        (),
    ],
    ids=str,
)
def test_forged_arrays_are_one_clear_error(state):
    with pytest.raises(ValueError, match="cannot read 'the file' as a PyTorch checkpoint: "):
        loaded(archive(pickle.dumps(Array(*state), 2)))


def test_old_files_one_after_another_in_one_file_are_read_in_turn():
    file = io.BytesIO()
    pickle.dump(41, file)
    tg.save(tg.ones(3), file, **OLD)
    pickle.dump(43, file)
    tg.save({"a": tg.zeros(2)}, file, **OLD)
    file.seek(0)
    assert pickle.load(file) == 41
    assert tg.load(file).tolist() == [1, 1, 1]
    assert pickle.load(file) == 43
    assert tg.load(file)["a"].tolist() == [0, 0]


def test_strings_of_python_2():
    code = b"\x80\x02]q\x01(U\x02\xc3\xa9q\x02e."
    assert loaded(archive(code)) == ["é"]
    assert tg.load(io.BytesIO(archive(code)), encoding="latin1") == ["Ã©"]
    assert tg.load(io.BytesIO(archive(code)), encoding="bytes") == ["é".encode()]
    with pytest.raises(ValueError, match="cannot read 'the file' as a PyTorch checkpoint"):
        tg.load(io.BytesIO(archive(code)), encoding="ascii")
