"""Data sets, loaders and image files."""

import collections
import io
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    digits,
    fit_image,
    random_split,
    read_image,
)
from tinygrad_edu.data.framing import resize


def numbered(n: int) -> TensorDataset:
    return TensorDataset(tg.arange(n), tg.arange(n) * 10)


def generator(seed: int = 0) -> tg.Generator:
    return tg.Generator().manual_seed(seed)


def batches(loader: DataLoader) -> list[list[int]]:
    return [batch[0].tolist() for batch in loader]


# data sets


def test_a_tensor_dataset_gives_rows_of_each():
    data = numbered(4)
    assert len(data) == 4
    assert [x.item() for x in data[-1]] == [3, 30]
    assert [x.tolist() for x in data[1:3]] == [[1, 2], [10, 20]]


@pytest.mark.parametrize("tensors", [(), (tg.zeros(3), tg.zeros(4)), (tg.tensor(1.0),), (tg.zeros(1), tg.tensor(1.0))])
def test_a_tensor_dataset_needs_one_length(tensors):
    with pytest.raises(ValueError, match=r"TensorDataset needs Tensors of one length"):
        TensorDataset(*tensors)


def test_a_dataset_says_what_it_lacks():
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]
    with pytest.raises(TypeError, match="Dataset"):
        len(Dataset())


def test_a_subset_picks_and_nests():
    part = Subset(Subset(numbered(10), [9, 7, 5, 3]), [0, 2])
    assert [part[i][0].item() for i in range(len(part))] == [9, 5]
    assert batches(DataLoader(part, 2)) == [[9, 5]]


@pytest.mark.parametrize(
    ("count", "lengths", "sizes"),
    [
        (10, [7, 3], [7, 3]),
        (10, [0, 10], [0, 10]),
        (10, [0.33, 0.33, 0.34], [4, 3, 3]),
        (7, [0.5, 0.5], [4, 3]),
        (1, [1], [1]),
    ],
)
def test_random_split(count, lengths, sizes):
    parts = random_split(range(count), lengths, generator())
    assert [len(part) for part in parts] == sizes
    assert sorted(i for part in parts for i in part.indices) == list(range(count))


@pytest.mark.parametrize("lengths", [[3, 3], [11, -1], [0.5, 0.4], [9.5, 0.5], [1.5, -0.5], [float("nan"), 1.0]])
def test_random_split_refuses_lengths_that_do_not_fit(lengths):
    with pytest.raises(ValueError, match="random_split needs lengths that sum to 10"):
        random_split(range(10), lengths)


def test_random_split_is_of_its_generator():
    first, again, other = (random_split(range(50), [25, 25], generator(seed))[0].indices for seed in (1, 1, 2))
    assert first == again != other


def test_the_digits():
    train, test = digits()
    assert (len(train), len(test)) == (1442, 355)
    for images, labels in (train.tensors, test.tensors):
        assert (images.dtype, labels.dtype) == (tg.float32, tg.int64)
        assert images.shape[1:] == (1, 8, 8)
        assert (images.min().item(), images.max().item()) == (0.0, 1.0)
    counts = np.bincount(test.tensors[1].numpy())
    whole = counts + np.bincount(train.tensors[1].numpy())
    assert counts.tolist() == (whole // 5).tolist()


def test_no_held_out_digit_is_trained_on():
    train, test = ({image.tobytes() for image in part.tensors[0].numpy()} for part in digits())
    assert not train & test


# loaders


@given(st.integers(1, 20), st.integers(1, 7), st.booleans(), st.booleans())
def test_a_loader_gives_each_sample_once(count, size, shuffle, drop_last):
    loader = DataLoader(numbered(count), size, shuffle, drop_last=drop_last, generator=generator())
    found = batches(loader)
    assert len(loader) == len(found) == (count // size if drop_last else -(-count // size))
    assert all(len(batch) == size for batch in found[: count // size])
    flat = [i for batch in found for i in batch]
    if not drop_last:
        assert sorted(flat) == list(range(count))
    assert len(set(flat)) == len(flat)
    assert shuffle or flat == list(range(len(flat)))


def test_shuffling_is_new_each_time_and_of_its_generator():
    loader = DataLoader(numbered(20), 20, True, generator=generator(3))
    first, second = batches(loader), batches(loader)
    assert first != second
    again = DataLoader(numbered(20), 20, True, generator=generator(3))
    assert [batches(again), batches(again)] == [first, second]
    tg.manual_seed(3)
    by_default = batches(DataLoader(numbered(20), 20, True))
    tg.manual_seed(3)
    assert batches(DataLoader(numbered(20), 20, True)) == by_default != batches(DataLoader(numbered(20), 20, True))


def test_fetching_at_once_is_fetching_one_by_one():
    data = numbered(7)
    listed = [data[i] for i in range(7)]
    for fast, slow in zip(DataLoader(data, 3), DataLoader(listed, 3), strict=True):
        assert [x.tolist() for x in fast] == [x.tolist() for x in slow]
        assert [x.dtype for x in fast] == [x.dtype for x in slow]


def test_a_derived_dataset_is_asked_for_its_own_samples():
    class Negated(TensorDataset):
        def __getitem__(self, index):
            return tuple(-x for x in super().__getitem__(index))

    assert batches(DataLoader(Negated(tg.arange(3)), 2)) == [[0, -1], [-2]]
    assert batches(DataLoader(Subset(Negated(tg.arange(3)), [2, 1]), 2)) == [[-2, -1]]


def test_samplers_and_collate_functions():
    data = numbered(6)
    assert batches(DataLoader(data, 2, sampler=[5, 3, 1])) == [[5, 3], [1]]
    assert batches(DataLoader(data, batch_sampler=[[0], [1, 2]])) == [[0], [1, 2]]
    assert list(DataLoader("abc", 2, collate_fn="".join)) == ["ab", "c"]
    assert list(DataLoader("abc", None)) == ["a", "b", "c"]
    assert list(BatchSampler(SequentialSampler("abcde"), 2, True)) == [[0, 1], [2, 3]]
    assert list(BatchSampler(SequentialSampler("abcde"), 2**70, False)) == [[0, 1, 2, 3, 4]]
    assert sorted(RandomSampler("abc", num_samples=3)) == [0, 1, 2]
    assert len(list(RandomSampler("abc", num_samples=7))) == len(RandomSampler("abc", num_samples=7)) == 7
    drawn = list(RandomSampler("abc", replacement=True, num_samples=100, generator=generator()))
    assert set(drawn) == {0, 1, 2}
    assert len(drawn) == 100


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"batch_size": 0}, "batch_size must be"),
        ({"batch_size": -1}, "batch_size must be"),
        ({"batch_size": 2.0}, "batch_size must be"),
        ({"batch_size": True}, "batch_size must be"),
        ({"shuffle": True, "sampler": [0]}, "not both"),
        ({"batch_sampler": [[0]], "batch_size": 2}, "beside a batch_sampler"),
        ({"batch_sampler": [[0]], "shuffle": True}, "beside a batch_sampler"),
        ({"batch_size": None, "drop_last": True}, "no last batch"),
        ({"num_workers": -1}, "num_workers must be"),
        ({"num_workers": 1.5}, "num_workers must be"),
        ({"timeout": -1}, "timeout must be"),
        ({"timeout": 1}, "only with num_workers"),
        ({"prefetch_factor": 2}, "only with num_workers"),
        ({"prefetch_factor": 0, "num_workers": 1}, "prefetch_factor must be"),
        ({"persistent_workers": True}, "only with num_workers"),
        ({"multiprocessing_context": "fork"}, "only with num_workers"),
        ({"multiprocessing_context": "spoon", "num_workers": 1}, "multiprocessing_context must be one of"),
    ],
)
def test_a_loader_refuses_options_that_cannot_be(options, word):
    with pytest.raises(ValueError, match=word):
        DataLoader(numbered(3), **options)


def test_a_random_sampler_needs_samples():
    with pytest.raises(ValueError, match="num_samples"):
        RandomSampler("abc", num_samples=0)


Pair = collections.namedtuple("Pair", "x y")


def test_collating():
    assert default_collate([1, 2]).dtype == tg.int64
    assert default_collate([1.5, 2.5]).dtype == tg.float64
    assert default_collate([np.float32(1), np.float32(2)]).dtype == tg.float32
    assert default_collate([np.zeros((2, 3)), np.ones((2, 3))]).shape == (2, 2, 3)
    pair = default_collate([Pair(1, "a"), Pair(2, "b")])
    assert isinstance(pair, Pair)
    assert (pair.x.tolist(), pair.y) == ([1, 2], ("a", "b"))
    nested = default_collate([{"a": [1, (tg.ones(2), b"s")]}] * 3)
    assert nested["a"][1][0].shape == (3, 2)
    assert nested["a"][1][1] == (b"s",) * 3


@pytest.mark.parametrize(
    ("samples", "error", "word"),
    [
        ([object()], TypeError, "collate_fn"),
        ([None, None], TypeError, "NoneType"),
        ([(1, 2), (1,)], ValueError, "one length"),
        ([tg.zeros(2), tg.zeros(3)], ValueError, r"\(2,\)"),
    ],
)
def test_what_cannot_be_collated(samples, error, word):
    with pytest.raises(error, match=word):
        default_collate(samples)


# image files

GREY = np.array([[0, 64, 128], [192, 255, 32]], np.uint8)


def written(path, data: bytes):
    path.write_bytes(data)
    return path


def npy(array, **options) -> bytes:
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


READABLE = {
    "text.pgm": b"P2\n# made by hand\n3 2\n255\n0 64 128 # first row\n192 255 32\n",
    "binary.pgm": b"P5 3 2 255\n" + GREY.tobytes(),
    "two bytes.pnm": b"P5\n3 2\n65535\n" + (GREY.astype(">u2") * 257).tobytes(),
    "text.ppm": b"P3 3 2 255 " + b" ".join(b"%d %d %d" % (v, v, v) for v in GREY.ravel().tolist()),
    "binary.PPM": b"P6 3 2 255\n" + np.repeat(GREY, 3).tobytes(),
    "a.npy": npy(GREY),
    "fraction.npy": npy(GREY / 255),
    "one channel.npy": npy(GREY[None]),
    "colours.npy": npy(np.stack([GREY] * 3, axis=-1)),
    "Fortran.npy": npy(np.asfortranarray(GREY)),
    "a.npz": npz(x=GREY),
    "commas.csv": b"\xef\xbb\xbf0,64,128\r\n192, 255 ,32\r\n\r\n",
    "blanks.csv": b"0 64  128\n192\t255 32",
    "semicolons.csv": b"0;64;128\n192;255;32",
}


@pytest.mark.parametrize("name", READABLE)
def test_images_are_read(name, tmp_path):
    pixels = read_image(written(tmp_path / name, READABLE[name]))
    assert pixels.dtype == np.float32
    np.testing.assert_allclose(pixels, GREY / 255, atol=1e-6)


def test_brightness_of_colours(tmp_path):
    pixels = read_image(written(tmp_path / "x.ppm", b"P3 4 1 1  1 0 0  0 1 0  0 0 1  1 1 1"))
    np.testing.assert_allclose(pixels, [[0.299, 0.587, 0.114, 1.0]], atol=1e-6)


def test_the_range_of_numbers(tmp_path):
    sixteen = np.zeros((8, 8), int)
    sixteen[2, 3] = 16
    assert read_image(written(tmp_path / "digit.npy", npy(sixteen)))[2, 3] == 1
    assert read_image(written(tmp_path / "larger.npy", npy(np.pad(sixteen, 1))))[3, 4] == pytest.approx(16 / 255)
    assert read_image(written(tmp_path / "mask.npy", npy(sixteen > 0)))[2, 3] == 1


huge = io.BytesIO()
np.lib.format.write_array_header_1_0(huge, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 1 << 20)})

UNREADABLE = {
    "empty.pgm": (b"", "empty"),
    "empty.png": (b"", "empty"),
    "other.pgm": (b"P4 8 8\n........", "does not begin"),
    "short.pgm": (b"P5 3 2 255\n\0\0", "cut short: 3x2 takes 6 numbers, it has 2"),
    "half.pgm": (b"P5 1 2 300\n\0\0\0", "cut short"),
    "short text.ppm": (b"P3 2 1 9 1 2 3", "cut short"),
    "words.pgm": (b"P2 2 1 9 one two", "a number is needed"),
    "above.pgm": (b"P2 2 1 9 1 10", "from 1 to 10"),
    "below.pgm": (b"P2 2 1 9 -1 1", "from -1 to 1"),
    "no pixels.pgm": (b"P2 0 1 9\n", "0x1"),
    "vast.pgm": (b"P5 999999999 999999999 255\n", "999999999x999999999"),
    "range.pgm": (b"P5 1 1 0\n\0", "values up to 0"),
    "ragged.csv": (b"1,2\n3", "different numbers"),
    "words.csv": (b"a,b\n", "a number is needed"),
    "blank.csv": (b"\n\n", "different numbers"),
    "nan.csv": (b"nan,1\n", "NaN"),
    "infinity.csv": (b"inf,1\n", "from 1 to inf"),
    "binary.csv": (b"\xff\xfe\x00", "it is no text"),
    "negative.npy": (npy(-np.ones((2, 2))), "from -1 to -1"),
    "bright.npy": (npy(np.full((2, 2), 256)), "to 256"),
    "nan.npy": (npy(np.full((2, 2), np.nan)), "NaN"),
    "line.npy": (npy(np.ones(4)), r"shape is \(4,\)"),
    "batch.npy": (npy(np.ones((5, 8, 8))), r"shape is \(5, 8, 8\)"),
    "nothing.npy": (npy(np.ones((0, 8))), r"shape is \(0, 8\)"),
    "complex.npy": (npy(np.ones((2, 2), complex)), "complex128"),
    "pickled.npy": (npy(np.array([[{}]]), allow_pickle=True), "Object arrays cannot be loaded"),
    "short.npy": (npy(GREY)[:-2], "expected 6 bytes got 4"),
    "vast.npy": (huge.getvalue(), "there is no memory"),
    "text.npy": (b"0,1\n", "magic string"),
    "two.npz": (npz(x=GREY, y=GREY), "holds 2 arrays"),
    "short.npz": (npz(x=GREY)[:-5], "zip"),
    "bomb.npz": (npz(x=np.zeros((1 << 13, 1 << 13, 2), np.uint8)), "unpacks to more than"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_image(name, tmp_path):
    data, word = UNREADABLE[name]
    path = written(tmp_path / name, data)
    with pytest.raises(ValueError, match=f"cannot read .*{name}.*as an image: .*{word}") as caught:
        read_image(path)
    assert "\n" not in str(caught.value)


def test_a_damaged_archive_is_told(tmp_path):
    data = bytearray(npz(x=np.arange(100, dtype=np.uint8).reshape(10, 10)))
    data[60:80] = bytes(20)
    assert zipfile.is_zipfile(io.BytesIO(data))
    with pytest.raises(ValueError, match="cannot read"):
        read_image(written(tmp_path / "x.npz", bytes(data)))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_image(tmp_path / "x.png")
    with pytest.raises(IsADirectoryError):
        read_image(tmp_path)


def test_a_missing_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "tinygrad-edu\[image\]"'):
        read_image(written(tmp_path / "x.png", b"\x89PNG"))


def saved(path, array, mode=None, **options):
    image = pytest.importorskip("PIL.Image")
    picture = image.fromarray(array)
    (picture if mode is None else picture.convert(mode)).save(path, **options)
    return path


def test_pillow_reads_the_rest(tmp_path):
    np.testing.assert_allclose(read_image(saved(tmp_path / "grey.png", GREY)), GREY / 255, atol=1e-6)
    wide = GREY.astype(np.uint16) * 257
    np.testing.assert_allclose(read_image(saved(tmp_path / "wide.png", wide)), GREY / 255, atol=1e-6)
    bits = saved(tmp_path / "bits.png", GREY, "1")
    assert set(read_image(bits).ravel().tolist()) == {0.0, 1.0}
    smooth = np.full((8, 8), 100, np.uint8)
    np.testing.assert_allclose(read_image(saved(tmp_path / "x.jpeg", smooth)), 100 / 255, atol=0.02)


def test_paper_is_behind_what_is_transparent(tmp_path):
    drawn = np.zeros((2, 2, 4), np.uint8)  # black everywhere, and only one corner to be seen
    drawn[0, 0, 3] = 255
    assert read_image(saved(tmp_path / "x.png", drawn)).tolist() == [[0, 1], [1, 1]]


def test_photographs_are_turned_upright(tmp_path):
    image = pytest.importorskip("PIL.Image")
    orientation = image.Exif()
    orientation[0x0112] = 3  # upside down
    pixels = read_image(saved(tmp_path / "x.png", GREY, exif=orientation))
    np.testing.assert_allclose(pixels, GREY[::-1, ::-1] / 255, atol=1e-6)


def test_damaged_pictures(tmp_path):
    whole = saved(tmp_path / "x.png", np.arange(10000, dtype=np.uint8).reshape(100, 100)).read_bytes()
    for data in (whole[:200], whole[:40], b"not a picture", whole[:16] + b"\xff" * 8 + whole[24:]):
        with pytest.raises(ValueError, match="cannot read"):
            read_image(written(tmp_path / "damaged.png", data))


# framing


def test_resizing_takes_means():
    x = np.arange(16.0).reshape(4, 4)
    assert resize(x, (2, 2)).tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert resize(x, (4, 4)).tolist() == x.tolist()
    assert resize(np.array([[1.0, 2.0]]), (2, 4)).tolist() == [[1, 1, 2, 2]] * 2


@given(st.tuples(st.integers(1, 12), st.integers(1, 12)), st.tuples(st.integers(1, 12), st.integers(1, 12)))
def test_resizing_keeps_the_mean(old, new):
    x = np.random.default_rng(0).random(old)
    np.testing.assert_allclose(resize(x, new).mean(), x.mean(), rtol=1e-9)


def stroke(height=40, width=60) -> np.ndarray:
    """A bar of ink, 1 on 0, off the middle."""
    x = np.zeros((height, width), np.float32)
    x[8:24, 40:44] = 1
    return x


def test_dark_on_light_is_inverted():
    light, _ = fit_image(stroke(), (8, 8))
    dark, done = fit_image(1 - stroke(), (8, 8))
    assert done[0] == "inverted (it is dark on light)"
    np.testing.assert_allclose(light, dark, atol=1e-6)


def test_ink_fills_the_frame():
    fitted, done = fit_image(stroke(), (8, 8))
    assert done == ["cut to its ink (60x40 to 16x16)", "resized (16x16 to 8x8)"]
    assert fitted.dtype == np.float32
    assert fitted.tolist() == [[0, 0, 0, 1, 1, 0, 0, 0]] * 8


def test_with_a_margin_the_centre_of_mass_is_in_the_middle():
    x = stroke()
    x[22:24, 36:52] = 1  # a foot that reaches farther to the right, so that the stem is left of the middle
    fitted, done = fit_image(x, (28, 28), 4)
    assert done[1:] == ["resized (16x16 to 20x20)", "centred in 28x28"]
    assert fitted.shape == (28, 28)
    assert fitted.max() == 1
    for axis in (0, 1):
        mass = fitted.sum(1 - axis)
        assert abs((mass * np.arange(28)).sum() / mass.sum() - 13.5) <= 0.5
    assert fitted[:, 24:].any()
    assert not fitted[:, :5].any()


def test_ink_is_not_moved_out_of_the_frame():
    x = np.zeros((20, 20), np.float32)
    x[:, 0] = 1
    x[:2, 1:] = 0.4  # little mass, far from the rest
    fitted, _ = fit_image(x, (10, 10), 1)
    assert fitted.shape == (10, 10)
    assert fitted.sum() == pytest.approx(fit_image(x, (8, 8))[0].sum(), rel=1e-5)


def test_a_picture_of_the_right_size_stays():
    image = digits()[1].tensors[0].numpy()[0, 0]
    fitted, done = fit_image(image, (8, 8))
    assert done == []
    np.testing.assert_array_equal(fitted, image)


def test_faint_pictures_are_stretched():
    fitted, done = fit_image(0.4 + 0.2 * stroke(), (8, 8))
    assert done[0] == "contrast stretched (40-60 % white to 0-100 %)"
    np.testing.assert_allclose(fitted, fit_image(stroke(), (8, 8))[0], atol=1e-5)


@pytest.mark.parametrize("shade", [0.0, 0.5, 1.0])
def test_a_blank_picture_is_told(shade):
    with pytest.raises(ValueError, match="blank"):
        fit_image(np.full((9, 9), shade, np.float32), (8, 8))


@pytest.mark.parametrize("shape", [(1, 2), (2, 1), (1, 500), (3, 3), (500, 499)])
def test_any_shape_of_picture_is_framed(shape):
    x = np.zeros(shape, np.float32)
    x[0, 0] = 1
    fitted, _ = fit_image(x, (8, 8))
    assert fitted.shape == (8, 8)
    assert 0 <= fitted.min() <= fitted.max() <= 1
