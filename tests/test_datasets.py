"""Data sets: what is in them, and what is said where they are absent or damaged."""

import dataclasses
import gzip
import hashlib
import io
import struct
import sys
import tarfile
import tracemalloc

import numpy as np
import pytest
from weights import data

import tinygrad_edu as tg
from tinygrad_edu.data import (
    DATASETS,
    DataLoader,
    cifar,
    diabetes,
    digits,
    instance_boxes,
    mnist,
    read_idx,
    time_series,
    tiny_shakespeare,
    windows,
)
from tinygrad_edu.data.published import File
from tinygrad_edu.data.storage import data_folders, read


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
        if entry.classes:
            assert y.dtype == tg.int64
            assert np.unique(part.tensors[1].numpy()).tolist() == list(range(len(entry.classes)))
    assert entry.can_be_downloaded or name in {"cifar10-5k", "diabetes", "nuclei"}


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


def test_the_part_of_cifar10(monkeypatch):
    images, labels = load("cifar10-5k", monkeypatch)[0].tensors
    assert np.bincount(labels.numpy()).tolist() == [500] * 10
    assert labels[:10].tolist() == [6, 4, 5, 7, 7, 8, 7, 7, 1, 1]
    # near what is published for all 50,000
    np.testing.assert_allclose(images.mean((0, 2, 3)).numpy(), [0.4914, 0.4822, 0.4465], atol=0.01)
    np.testing.assert_allclose(images.std((0, 2, 3)).numpy(), [0.2470, 0.2435, 0.2616], atol=0.01)


def archive_of_cifar10(tmp_path, monkeypatch, left_out=()):
    """A small archive in the form of CIFAR-10's, with what it holds."""
    batches = np.random.default_rng(0).integers(0, 10, (6, 20, 3073)).astype(np.uint8)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, batch in zip([*cifar.TRAIN, *cifar.TEST], batches, strict=True):
            if name not in left_out:
                member = tarfile.TarInfo(name)
                member.size = batch.size
                archive.addfile(member, io.BytesIO(batch.tobytes()))
    content = packed.getvalue()
    (file,) = cifar.CIFAR10
    file = dataclasses.replace(file, size=len(content), digest=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(cifar, "CIFAR10", (file,))
    monkeypatch.setattr(cifar, "ROWS", 20)
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(tmp_path))
    put(tmp_path, file, content)
    return batches


def test_cifar10_in_its_own_format(tmp_path, monkeypatch):
    batches = archive_of_cifar10(tmp_path, monkeypatch)
    (images, labels), (test_images, test_labels) = (part.tensors for part in cifar.cifar10(dtype=tg.uint8))
    assert images.shape == (100, 3, 32, 32)
    assert labels.tolist() == batches[:5, :, 0].ravel().tolist()
    assert test_labels.tolist() == batches[5, :, 0].tolist()
    assert test_images[3, 1, 2].tolist() == batches[5, 3, 1 + 1024 + 64 : 1 + 1024 + 96].tolist()
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*") if file.is_file()] == [
        "cifar10/cifar-10-binary.tar.gz"
    ]


def test_cifar10_without_one_of_its_batches(tmp_path, monkeypatch):
    archive_of_cifar10(tmp_path, monkeypatch, left_out=cifar.TEST)
    with pytest.raises(ValueError, match=r"no 'cifar-10-batches-bin/test_batch.bin' of 20 pictures"):
        cifar.cifar10()


# nuclei


def test_the_nuclei(monkeypatch):
    train, test = load("nuclei", monkeypatch)
    count = 0
    for part in (train, test):
        for image, instances in part:
            boxes = instance_boxes(instances)
            assert image.max() <= 1
            count += len(boxes)
            assert (boxes[:, 2:] > boxes[:, :2]).all()
            assert boxes.max() <= 128
    assert count == 9543


def test_boxes_around_things():
    assert instance_boxes(tg.zeros(3, 3)).shape == (0, 4)
    with pytest.raises(ValueError, match=r"the map \(H, W\) of one picture, got \(1, 3, 3\)"):
        instance_boxes(tg.zeros(1, 3, 3))


# text


def test_tiny_shakespeare(monkeypatch):
    train, validation = load("tiny-shakespeare", monkeypatch)
    assert len(train.vocabulary) == 65
    x, y = train[0]
    assert train.decode(x).startswith("First Citizen:\nBefore we proceed any further, hear me speak.\n")
    assert x[1:].tolist() == y[:-1].tolist()
    assert train.encode("hear").tolist() == [train.vocabulary.index(letter) for letter in "hear"]
    x, y = next(iter(DataLoader(validation, batch_size=3)))
    assert x.shape == y.shape == (3, 64)
    assert validation.decode(validation[0][0][:5]) == "?\n\nGR"
    with pytest.raises(ValueError, match=r"the character '#' is not in the vocabulary"):
        train.encode("a #")
    with pytest.raises(ValueError, match=r"decode takes whole numbers below 65, got \[65\]"):
        train.decode([65])
    with pytest.raises(ValueError, match="context of 1 to 111539, got 0"):
        tiny_shakespeare(context=0)


def test_first_names(monkeypatch):
    train, test = load("names", monkeypatch)
    x, y = train[0]
    assert (train.decode(x), train.decode(y)) == (".emma...........", "emma.")
    assert y.tolist() == [5, 13, 13, 1, 0] + [-100] * 11
    assert test.decode(test[0][1]) == "evelyn."


# time series


def test_the_series(monkeypatch):
    train, test = load("airline-passengers", monkeypatch)
    months, values = time_series("airline-passengers")
    assert (months[0], months[-1], values[:3].tolist(), values[-1].item()) == (
        "1949-01",
        "1960-12",
        [112, 118, 132],
        432,
    )
    assert train.tensors[1][0].item() == values[12].item()
    assert test.tensors[0][0, :, 0].tolist() == values[103:115].tolist()
    assert test.tensors[1][:, 0].tolist() == values[115:].tolist()
    _, values = time_series("sunspots")
    assert (len(values), values[0].item()) == (2820, 58)
    years, values = time_series("yearly-sunspots")
    assert (len(values), years[0], values[:2].tolist()) == (309, "1700", [5, 11])


def test_series_and_windows_that_cannot_be():
    with pytest.raises(ValueError, match="no time series 'moon'; there are airline-passengers, sunspots"):
        time_series("moon")
    for values, context in ((tg.zeros(3, 2), 1), (tg.zeros(3), 3), (tg.zeros(3), 0)):
        with pytest.raises(ValueError, match=r"windows takes values \(N,\) and a context of 1 to N - 1"):
            windows(values, context)
    with pytest.raises(TypeError, match="values must be a Tensor, got list"):
        windows([1.0, 2.0], 1)


# tables


def test_the_tables():
    for name in ("iris", "wine", "breast-cancer"):
        entry = DATASETS[name]
        train, test = entry()
        assert len(train.feature_names) == entry.shape[0]
        assert tuple(train.target_names) == tuple(test.target_names) == entry.classes


def test_diabetes(monkeypatch):
    train, _ = load("diabetes", monkeypatch)
    assert train[0][0].tolist() == pytest.approx([59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87])
    assert train[0][1].item() == 151
    assert train.feature_names[:3] == ["age", "sex", "bmi"]


def test_diabetes_says_what_would_bring_it(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        ImportError, match=r'the diabetes table needs scikit-learn: pip install "tinygrad-edu\[sklearn\]"'
    ):
        diabetes()


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
    assert not DATASETS["nuclei"].at_hand
    with pytest.raises(FileNotFoundError, match=r"set TINYGRAD_EDU_DATA to a folder.*data/segmentation/nuclei128.npz"):
        DATASETS["nuclei"]()


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


@pytest.mark.parametrize(
    ("platform", "variable", "wanted"),
    [
        ("linux", "XDG_CACHE_HOME", "set/tinygrad_edu"),
        ("linux", None, "home/.cache/tinygrad_edu"),
        ("darwin", None, "home/Library/Caches/tinygrad_edu"),
        ("win32", "LOCALAPPDATA", "set/tinygrad_edu"),
        ("win32", None, "home/AppData/Local/tinygrad_edu"),
    ],
)
def test_the_folder_of_caches_is_the_platforms(tmp_path, monkeypatch, platform, variable, wanted):
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA", "TINYGRAD_EDU_DATA"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "set"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr("sys.platform", platform)
    assert data_folders() == [tmp_path / wanted]


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
        (gzip.compress(idx(BYTES, 0x08), mtime=0)[:-9], "is cut short"),
        (gzip.compress(idx(BYTES, 0x08), mtime=0)[:-9] + bytes(9), "cannot be unpacked"),
        (b"\x1f\x8bnot gzip", "cannot be unpacked"),
    ],
)
def test_an_idx_file_that_is_damaged_or_forged(tmp_path, content, said):
    (tmp_path / "x.idx").write_bytes(content)
    with pytest.raises(ValueError, match=rf"cannot read '.*x.idx' as an IDX file: it .*{said}|{said}"):
        read_idx(tmp_path / "x.idx")


def test_a_gzip_bomb_is_not_let_off(tmp_path, monkeypatch):
    monkeypatch.setattr("tinygrad_edu.data.idx.LARGEST", 100_000)
    (tmp_path / "bomb").write_bytes(gzip.compress(bytes(20_000_000)))
    tracemalloc.start()
    with pytest.raises(ValueError, match="unpacks to more than 100,000 bytes"):
        read_idx(tmp_path / "bomb")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def test_a_file_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_idx(tmp_path / "nothing")


def test_the_digits_are_at_hand_everywhere(folders):
    assert DATASETS["digits"].at_hand
    assert len(digits()[0]) == 1442
