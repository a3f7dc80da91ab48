"""Tables and folders of one's own: CSV files of numbers and words, of pixels, and folders of images."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.data import DataLoader, ImageFolder, PixelCSV, read_image, read_table
from tinygrad_edu.data.transforms import Compose, Resize

# tables


def written(tmp_path, text, name="table.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8", errors="surrogateescape")  # "\udcff" is a byte that is no text
    return tmp_path / name


FLOWERS = """length,colour,wide,kind
1.5,red,2,rose
2,blue,3e0,tulip
-1,red,4,rose
"""


def test_a_table_of_numbers_and_words(tmp_path):
    table = read_table(written(tmp_path, FLOWERS))
    assert table.feature_names == ["length", "colour=blue", "colour=red", "wide"]
    assert table.tensors[0].tolist() == [[1.5, 0, 1, 2], [2, 1, 0, 3], [-1, 0, 1, 4]]
    assert table.tensors[1].tolist() == [0, 1, 0]
    assert table.target_names == ["rose", "tulip"]
    assert [x.dtype for x in table.tensors] == [tg.float32, tg.int64]
    x, y = next(iter(DataLoader(table, 2)))
    assert (x.shape, y.shape) == ((2, 4), (2,))


@pytest.mark.parametrize("target", ["length", 0, -4])
def test_a_target_of_numbers(tmp_path, target):
    table = read_table(written(tmp_path, FLOWERS), target, skip=["kind"] if target != -4 else ())
    assert table.tensors[1].tolist() == [1.5, 2, -1]
    assert table.tensors[1].dtype == tg.float32
    assert table.target_names == []


def test_numbers_as_classes(tmp_path):
    table = read_table(written(tmp_path, "5;1\n7.5;2\n5;10\n"), 0, classify=True, header=False, delimiter=";")
    assert (table.feature_names, table.target_names) == (["column 2"], ["5", "7.5"])
    assert table.tensors[1].tolist() == [0, 1, 0]


def test_quotes_blanks_and_a_byte_order_mark(tmp_path):
    path = written(tmp_path, '\ufeff"a, b", y\r\n\r\n" 1 ", "x y"\r\n 2 ,z\r\n')
    table = read_table(path)
    assert table.feature_names == ["a, b"]
    assert table.tensors[0].tolist() == [[1], [2]]
    assert table.target_names == ["x y", "z"]


def test_lines_with_missing_cells(tmp_path):
    path = written(tmp_path, "a,b,y\n1,?,0\n2,3,1\n,5,0\n4,NaN,1\n6,7,NA\n8,9,0\n")
    with pytest.raises(ValueError, match=r"4 cells are missing, first in line 2, column 'b'; missing='drop'"):
        read_table(path)
    assert read_table(path, missing="drop").tensors[0].tolist() == [[2, 3], [8, 9]]
    assert read_table(path, missing="drop", skip=["b"]).tensors[0].tolist() == [[1], [2], [4], [8]]


@pytest.mark.parametrize(
    ("text", "settings", "said"),
    [
        ("", {}, "no lines of values"),
        ("a,b\n", {}, "no lines of values"),
        ("a,b\n1,2\n3\n", {}, "line 3 has 1 cells instead of 2"),
        ("a,b\n1,2\n3,4,5\n", {}, "line 3 has 3 cells instead of 2"),
        ("a,b\n1,2\nx,3\n", {}, "line 3, column 'a': 'x' is not a number"),
        ("a,b\n1,2\n2,x\n", {}, "line 3, column 'b': 'x' is not a number"),
        ("a,b\n1,2\ninf,3\n", {}, "'inf' is not a number"),
        (f"a,b\n1,2\n{'x' * 1000},3\n", {}, "'x{59} is not a number"),
        ("a,b\n1,2\n1_0,3\n", {}, "'1_0' is not a number"),
        ("a,b\n1,x\n2,y\n", {"classify": False}, "column 'b': 'x' is not a number"),
        ("a,b\n1,\n", {}, "a cell is missing, first in line 2, column 'b'"),
        ("a,a\n1,2\n", {}, "two of its columns have one name: a, a"),
        ("a,b\n1,2\n", {"target": "c"}, "no column 'c' for the target; it has a, b"),
        ("a,b\n1,2\n", {"target": 2}, "no column 2 for the target"),
        ("a,b\n1,2\n", {"skip": ["c"]}, "no column 'c' to skip"),
        ("a\n1\n", {}, "no column beside the target"),
        ("a,b\n1,?\n", {"missing": "drop"}, "no lines of values"),
        ('a,b\n1,"2\n', {}, "line 2: unexpected end of data"),
        ("a,b\n1,\udcff\n", {}, "it is no text: byte 6 is 0xff"),
        ("a,b\n1,\udce2\udc82\n", {}, "it is no text: bytes 6 to 7 are none of utf-8"),
        ("a,b\n" + "".join(f"w{k},1\n" for k in range(101)), {}, "column 'a' has 101 different words; leave it out"),
    ],
)
def test_what_is_no_table(tmp_path, text, settings, said):
    with pytest.raises(ValueError, match=rf"cannot read '.*table.csv' as a table: .*{said}"):
        read_table(written(tmp_path, text), **settings)


def test_what_cannot_be_asked_of_a_table(tmp_path):
    with pytest.raises(ValueError, match="missing='raise' or 'drop', got 'mean'"):
        read_table(tmp_path / "x", missing="mean")
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "x")
    (tmp_path / "bytes.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(ValueError, match=r"as a table: .*utf-8"):
        read_table(tmp_path / "bytes.csv")


# pixels

HEADER = "label," + ",".join(f"pixel{k}" for k in range(1, 5)) + "\n"


@pytest.mark.parametrize("header", [HEADER, "", "\ufeff", "\ufeff" + HEADER, HEADER.replace("\n", "\r\n")])
def test_a_table_of_pixels(tmp_path, header):
    path = written(tmp_path, header + '3,0,"51",102,255\n0, 1,2,3,4\n\n')
    data = PixelCSV(path, classes=4)
    images, labels = data.tensors
    assert images.shape == (2, 1, 2, 2)
    assert (images.dtype, labels.dtype) == (tg.float32, tg.int64)
    np.testing.assert_allclose(images[0, 0].numpy(), [[0, 0.2], [0.4, 1]], atol=1e-7)
    assert labels.tolist() == [3, 0]
    assert data[1][1].item() == 0


def test_pixels_of_a_size(tmp_path):
    path = written(tmp_path, "1,0,1,2,3,4,5\n")
    assert (PixelCSV(path, size=(2, 3)).tensors[0] * 255)[0, 0].round().tolist() == [[0, 1, 2], [3, 4, 5]]
    colours = PixelCSV(path, size=(3, 1, 2)).tensors[0] * 255
    assert colours[0].round().tolist() == [[[0, 3]], [[1, 4]], [[2, 5]]]


def test_a_table_of_many_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 785))
    pixels[:, 0] %= 25
    names = ",".join(["label", *[f"pixel{k}" for k in range(1, 785)]])
    np.savetxt(tmp_path / "signs.csv", pixels, "%d", ",", header=names, comments="")
    images, labels = PixelCSV(tmp_path / "signs.csv", classes=25).tensors
    assert images.shape == (50, 1, 28, 28)
    assert np.array_equal((images.numpy() * 255).round().reshape(50, 784), pixels[:, 1:])
    assert labels.tolist() == pixels[:, 0].tolist()


@pytest.mark.parametrize(
    ("lines", "settings", "said"),
    [
        ("1,2,3,4\n", {}, "line 3 has 4 columns instead of 5"),
        ("1,2,3,4,5,6\n", {}, "line 3 has 6 columns instead of 5"),
        ("1,2,x,4,5\n", {}, r"line 3, column 3 \(pixel2\): 'x' is not a whole number"),
        ("1,2,3,,5\n", {}, r"line 3, column 4 \(pixel3\): '' is not a whole number"),
        ("1,2,3.5,4,5\n", {}, r"'3.5' is not a whole number"),
        ("1,2,\u0663,4,5\n", {}, r"'\u0663' is not a whole number"),
        (f"1,2,{'x' * 1000},4,5\n", {}, r"'x{59} is not a whole number"),
        ("1,2,256,4,5\n", {}, r"line 3, column 3 \(pixel2\): 256 is no pixel, which go from 0 to 255"),
        ("1,2,-1,4,5\n", {}, r"-1 is no pixel"),
        ("1,2,99999999999999999999,4,5\n", {}, r"is no pixel, which go from 0 to 255"),
        ("-1,2,3,4,5\n", {}, r"line 3, column 1 \(label\): -1 is no label, which go from 0 up"),
        ("3,2,3,4,5\n", {"classes": 3}, r"line 3, column 1 \(label\): 3 is no label, which go from 0 to 2"),
        ("", {"size": (3, 3)}, r"4 pixels a line, and the size \(3, 3\) takes 9"),
        ("", {"size": (4,)}, "4 pixels a line"),
        ("1,2,3,4,\udcff\n", {}, "it is no text: byte .* is 0xff"),
    ],
)
def test_what_is_no_table_of_pixels(tmp_path, lines, settings, said):
    path = written(tmp_path, HEADER + "0,1,2,3,4\n" + lines)
    with pytest.raises(ValueError, match=rf"cannot read '.*table.csv' as a table of pixels: .*{said}"):
        PixelCSV(path, **settings)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no images"),
        (HEADER, "no images"),
        ("1,2,3\n", "2 pixels are no square"),
        ("1\n", "0 pixels are no square"),
        ("1,2\n3,4,5\n", "line 2 has 3 columns instead of 2"),
    ],
)
def test_pixels_without_a_square_or_a_header(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        PixelCSV(written(tmp_path, text))


# folders of images


def pgm(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = np.shape(pixels)
    path.write_bytes(b"P5 %d %d 255\n" % (width, height) + np.asarray(pixels, np.uint8).tobytes())


@pytest.fixture
def folder(tmp_path):
    pgm(tmp_path / "dog" / "b.pgm", [[255, 0]])
    pgm(tmp_path / "dog" / "more" / "a.PGM", [[0, 0], [0, 255]])
    pgm(tmp_path / "cat" / "z.pgm", [[51]])
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / "cat" / ".hidden.pgm").write_text("no image")
    (tmp_path / ".git").mkdir()
    (tmp_path / "README.md").write_text("no class")
    (tmp_path / "dog" / "c.ppm").write_bytes(b"P6 1 1 255\n" + bytes([255, 0, 51]))
    return tmp_path


def test_a_folder_of_images(folder):
    data = ImageFolder(folder)
    assert (data.classes, data.class_to_idx) == (["cat", "dog"], {"cat": 0, "dog": 1})
    assert [str(path.relative_to(folder)) for path, _ in data.samples] == [
        "cat/z.pgm", "dog/b.pgm", "dog/c.ppm", "dog/more/a.PGM"
    ]  # fmt: skip
    assert data.targets == [0, 1, 1, 1]
    assert len(data) == 4
    image, target = data[2]
    assert (image.shape, image.dtype, target) == ((3, 1, 1), tg.float32, 1)
    np.testing.assert_allclose(image.flatten().numpy(), [1, 0, 0.2], atol=1e-7)
    assert data[1][0].tolist() == [[[1, 0]]] * 3


def test_grey_images_of_one_size_in_a_loader(folder):
    data = ImageFolder(folder, Compose([Resize((2, 2), "nearest")]), str, colour=False)
    ((images, targets),) = DataLoader(data, 4)
    assert images.shape == (4, 1, 2, 2)
    assert images[1, 0].tolist() == [[1, 0], [1, 0]]
    assert targets == ("0", "1", "1", "1"), "as PyTorch gives them"


def test_colours_and_greys_of_one_file(folder):
    colour, grey = (read_image(folder / "dog" / "c.ppm", colour) for colour in (True, False))
    assert (colour.shape, grey.shape) == ((3, 1, 1), (1, 1))
    assert grey.item() == pytest.approx(0.299 + 0.2 * 0.114, abs=1e-6)


def test_folders_that_are_no_set_of_images(tmp_path):
    with pytest.raises(FileNotFoundError):
        ImageFolder(tmp_path / "nothing")
    with pytest.raises(FileNotFoundError, match="it has no folders"):
        ImageFolder(tmp_path)
    (tmp_path / "cat").mkdir()
    with pytest.raises(FileNotFoundError, match="its folder 'cat' has no image in it"):
        ImageFolder(tmp_path)
    (tmp_path / "cat" / "x.pgm").write_text("P5 damaged")
    with pytest.raises(ValueError, match=r"cannot read '.*x.pgm' as an image"):
        ImageFolder(tmp_path)[0]
