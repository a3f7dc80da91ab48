"""Data sets: what is in them, and what is said where they are absent or damaged."""

import gzip
import struct

import numpy as np
import pytest
from weights import data

import tinygrad_edu as tg
from tinygrad_edu.data import DATASETS, digits, mnist, read_idx
from tinygrad_edu.data.storage import File, data_folders, read


def load(name, monkeypatch):
    """A data set of the folder of data; skips the test where there is none."""
    for file in DATASETS[name].files:
        monkeypatch.setenv("TINYGRAD_EDU_DATA", str(data(file.name).parent.parent))
    assert DATASETS[name].at_hand
    return DATASETS[name]()


@pytest.mark.parametrize("name", DATASETS)
def test_a_data_set_is_what_the_catalogue_says(name, monkeypatch):
    entry = DATASETS[name]
    parts = load(name, monkeypatch)
    assert tuple(map(len, parts)) == entry.rows
    for part in parts:
        x, y = part[0]
        assert x.shape == entry.shape
        assert len(part.tensors[1]) == len(part)
        if entry.classes is not None:
            assert y.dtype == tg.int64
            assert np.unique(part.tensors[1].numpy()).tolist() == list(range(entry.classes))


# pictures

FIRST = {
    "mnist": ([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], [7, 2, 1, 0, 4, 1, 4, 9, 5, 9], 0.1307, 0.3081),
    "fashion-mnist": ([9, 0, 0, 3, 0, 2, 7, 2, 5, 5], [9, 2, 1, 1, 6, 1, 4, 6, 5, 7], 0.2860, 0.3530),
}


@pytest.mark.parametrize("name", FIRST)
def test_the_published_pictures(name, monkeypatch):
    (images, labels), (_, test_labels) = (part.tensors for part in load(name, monkeypatch))
    first, first_test, mean, std = FIRST[name]
    assert labels[:10].tolist() == first
    assert test_labels[:10].tolist() == first_test
    assert images.dtype == tg.float32
    assert (images.min().item(), images.max().item()) == (0, 1)
    np.testing.assert_allclose([images.mean().item(), images.std().item()], [mean, std], atol=5e-5)


def test_pictures_as_bytes_are_the_same_pictures(monkeypatch):
    floats, halves, whole = (
        load("mnist", monkeypatch)[1].tensors[0],
        *(mnist(dtype=dtype)[1].tensors[0] for dtype in (tg.float16, tg.uint8)),
    )
    assert whole.dtype == tg.uint8
    assert np.array_equal(whole.numpy() / np.float32(255), floats.numpy())
    assert np.array_equal(floats.numpy().astype(np.float16), halves.numpy())
    whole[0] = 0  # no view of what cannot be written to
    with pytest.raises(ValueError, match="floats from 0 to 1, or uint8, not int64"):
        mnist(dtype=tg.int64)


# the folder of data


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """An empty folder of data, and an empty folder of caches."""
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path / "data"))
    monkeypatch.setattr("tinygrad_edu.data.storage.cache_folder", lambda: tmp_path / "cache")
    return data_folders()


HELLO = File("set/hello.txt", 5, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824")


def put(folder, file, content):
    path = folder / file.name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def test_the_named_folder_goes_before_the_cache(folders):
    named, cache = folders
    put(cache, HELLO, b"hello")
    assert read(HELLO) == b"hello"
    put(named, HELLO, b"other")
    with pytest.raises(ValueError, match=r"data/set/hello.txt' is damaged, or not the published file: its SHA-256"):
        read(HELLO)


def test_a_data_set_that_is_absent_says_where_it_belongs(folders):
    assert not DATASETS["mnist"].at_hand
    with pytest.raises(FileNotFoundError, match=r"set TINYGRAD_EDU_DATA to a folder.*mnist/train-images-idx3-ubyte.gz"):
        mnist()


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        (b"hello", None),
        (b"hellO", "its SHA-256 is"),
        (b"hell", "it has 4 bytes instead of 5"),
        (b"hello!", "it unpacks to more than 5 bytes"),
    ],
)
def test_what_is_packed_is_held_against_its_digest(folders, inside, said):
    packed = File("set/hello.gz", 0, HELLO.digest, inside=5)
    put(folders[0], packed, gzip.compress(inside))
    if said is None:
        assert read(packed) == inside
        return
    with pytest.raises(ValueError, match=said):
        read(packed)


# IDX


def idx(array, code, shape=None):
    shape = array.shape if shape is None else shape
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, code, len(shape), *shape) + array.tobytes()


@pytest.mark.parametrize(
    ("code", "dtype"), [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_an_idx_file_of_each_kind(tmp_path, code, dtype, pack):
    array = (np.arange(24).reshape(2, 3, 4) * 5).astype(dtype)
    (tmp_path / "x").write_bytes(pack(idx(array, code)))
    found = read_idx(tmp_path / "x")
    assert found.dtype == np.dtype(dtype)
    assert np.array_equal(found, array)


BYTES = np.zeros(6, np.uint8)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "begins with nothing"),
        (b"PK\3\4" + b"0" * 50, "begins with 50 4b 03 04"),
        (b"\0\0\7\1" + b"0" * 50, "begins with 00 00 07 01"),
        (b"\0\0\x08\0a", "begins with 00 00 08 00"),
        (b"\0\0\x08\3\0\0\0\1", "ends within its header"),
        (idx(BYTES, 0x08)[:-1], r"is cut short: \(6,\) of uint8 take 6 bytes, not 5"),
        (idx(BYTES, 0x08) + b"x", r"has more than its header tells: \(6,\) of uint8 take 6 bytes, not 7"),
        (idx(BYTES, 0x08, (0xFFFFFFFF,) * 4), "is cut short"),
        (gzip.compress(idx(BYTES, 0x08))[:-9], "is cut short"),
        (gzip.compress(idx(BYTES, 0x08))[:-9] + bytes(9), "cannot be unpacked"),
        (b"\x1f\x8bnot gzip", "cannot be unpacked"),
    ],
)
def test_an_idx_file_that_is_damaged_or_forged(tmp_path, content, said):
    (tmp_path / "x.idx").write_bytes(content)
    with pytest.raises(ValueError, match=rf"cannot read '.*x.idx' as an IDX file: it .*{said}|{said}"):
        read_idx(tmp_path / "x.idx")


def test_a_gzip_bomb_is_not_let_off(tmp_path, monkeypatch):
    monkeypatch.setattr("tinygrad_edu.data.idx.LARGEST", 1000)
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(100_000)))
    with pytest.raises(ValueError, match="unpacks to more than 1,000 bytes"):
        read_idx(tmp_path / "bomb")


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")


def test_the_digits_are_at_hand_everywhere(folders):
    assert DATASETS["digits"].at_hand
    assert len(digits()[0]) == 1442
