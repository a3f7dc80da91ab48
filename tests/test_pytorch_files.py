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
    "obj", [os.system, subprocess.Popen, eval, io.BytesIO(b"x"), slice(3), complex(1, 2), sys.exit, Exception("x")]
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
