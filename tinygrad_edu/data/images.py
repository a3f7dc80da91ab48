"""Image files as pixels: PGM, PPM, NPY, NPZ and CSV with nothing more, and with Pillow what it reads."""

import io
import os
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from ..extras import require
from ..wording import in_our_words

__all__ = ["read_image"]

Pixels = NDArray[numpy.float32]
Colours = NDArray[Any]  # (H, W, 1 or 3), from 0 to 1

LARGEST = 1 << 26  # bytes of a file, and numbers of an image: 64 Mi
LUMA = (0.299, 0.587, 0.114)  # the shares of red, green and blue in brightness; ITU-R BT.601


def read_image(path: str | os.PathLike[str], colour: bool = False) -> Pixels:
    """Read an image file as grey pixels `(H, W)`, float32 from 0 (black) to 1 (white).

    With `colour` it is red, green and blue, `(3, H, W)`, all equal in a grey image.

    `.pgm`, `.ppm` and `.pnm` say their own range. `.npy`, `.npz` (with one array) and `.csv` (numbers between commas,
    semicolons or blanks) hold numbers from 0 to 1, whole numbers from 0 to 16 if the image is 8x8, as the UCI digits
    are, or else from 0 to 255. Any other name is left to Pillow (PNG, JPEG and more), which puts white behind what is
    transparent.

    Raises:
        ValueError: what is in the file cannot be read as an image.
        ImportError: it takes Pillow, which is not installed.
        OSError: the file cannot be opened.
    """
    with open(path, "rb") as file:
        data = file.read(LARGEST + 1)
    try:
        if not data:
            raise ValueError("it is empty")
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        pixels = READERS.get(Path(path).suffix.lower(), read_with_pillow)(data)
    except ImportError:
        raise
    except Exception as error:  # a decoder may fail in any way on a file that is damaged or forged
        said = " ".join(in_our_words(error).split())[:200] or type(error).__name__
        raise ValueError(f"cannot read {os.fspath(path)!r} as an image: {said}") from None
    if not colour:
        return grey(pixels)
    return numpy.repeat(pixels.transpose(2, 0, 1), 3 // pixels.shape[2], 0).astype(numpy.float32)


def read_netpbm(data: bytes) -> Colours:
    """PGM and PPM, as text (P2, P3) or binary (P5, P6); https://netpbm.sourceforge.net/doc/pgm.html."""
    header = re.match(rb"P([2356])" + 3 * rb"(?:\s|#[^\n]*\n)+(\d{1,9})" + rb"\s", data)
    if header is None:
        raise ValueError("it does not begin as a PGM or PPM file does")
    kind = header[1]
    width, height, largest = (int(number) for number in header.groups()[1:])
    if not 0 < width * height <= LARGEST or not 0 < largest < 1 << 16:
        raise ValueError(f"it says that it is {width}x{height} with values up to {largest}")
    colours = 3 if kind in b"36" else 1
    count = height * width * colours
    raster: NDArray[Any]
    if kind in b"23":
        raster = numpy.array([int(word) for word in re.sub(rb"#[^\n]*", b"", data[header.end() :]).split()[:count]])
    else:
        dtype = numpy.dtype(">u2" if largest > 255 else "u1")
        rest = data[header.end() :][: count * dtype.itemsize]
        raster = numpy.frombuffer(rest, dtype, len(rest) // dtype.itemsize)
    if len(raster) < count:
        raise ValueError(f"it is cut short: {width}x{height} takes {count} numbers, it has {len(raster)}")
    if raster.min() < 0 or raster.max() > largest:
        raise ValueError(f"it has values from {raster.min()} to {raster.max()}, and says that they go to {largest}")
    return raster.reshape(height, width, colours) / largest


def read_csv(data: bytes) -> Colours:
    """Numbers, a line for a row."""
    lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
    rows = [[float(word) for word in re.split(r"\s*[,;]\s*|\s+", line)] for line in lines if line]
    if len({len(row) for row in rows}) != 1:
        raise ValueError(f"its lines hold different numbers of values: {sorted({len(row) for row in rows})}")
    return scaled(numpy.array(rows))


def read_npy(data: bytes) -> Colours:
    """One array in NumPy's format."""
    return scaled(numpy.lib.format.read_array(io.BytesIO(data), allow_pickle=False))


def read_npz(data: bytes) -> Colours:
    """One array in NumPy's format, zipped."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        (entry,) = entries if len(entries := archive.infolist()) == 1 else (None,)
        if entry is None:
            raise ValueError(f"it holds {len(entries)} arrays, an image is one")
        if entry.file_size > LARGEST:
            raise ValueError(f"it unpacks to more than {LARGEST >> 20} MiB")
        return read_npy(archive.read(entry))


def read_with_pillow(data: bytes) -> Colours:
    """Whatever Pillow reads, upright."""
    purpose = "reading an image that is not .pgm, .npy or .csv"
    Image, ImageOps = (require(f"PIL.{module}", "image", purpose) for module in ("Image", "ImageOps"))
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(data)) as opened:
                image = ImageOps.exif_transpose(opened)
        except Image.UnidentifiedImageError:
            raise ValueError("it is of no format that Pillow knows, or damaged") from None
    if image.mode.startswith(("I", "F")):  # 16 bits and more for each pixel
        return scaled(numpy.asarray(image), largest=65535)
    seen = Image.new("RGBA", image.size, "white")
    seen.alpha_composite(image.convert("RGBA"))
    return numpy.asarray(seen.convert("RGB")) / 255


def scaled(numbers: NDArray[Any], largest: int = 255) -> Colours:
    """Numbers as pixels `(H, W, 1 or 3)`, in a range that their largest value and the size of the image tell."""
    if numbers.dtype.kind not in "biuf":
        raise ValueError(f"it holds {numbers.dtype} where an image holds numbers")
    if numbers.ndim == 3 and numbers.shape[0] == 1:
        numbers = numbers[0]
    colours = numbers if numbers.ndim == 3 else numbers[..., None]
    if colours.ndim != 3 or colours.shape[2] not in (1, 3) or not 0 < colours.size <= LARGEST:
        raise ValueError(f"its shape is {numbers.shape}, that of an image is (height, width) or (height, width, 3)")
    numbers = colours.astype(numpy.float64)
    low, high = numbers.min(), numbers.max()
    if not (low >= 0 and high <= largest):
        found = f"from {low:g} to {high:g}" if low <= high else "that are not numbers (NaN)"
        raise ValueError(f"it has values {found}; pixels go from 0 to 1, 16 (if 8x8) or {largest}")
    if high <= 1:
        return numbers
    whole = (numbers == numbers.round()).all()
    return numbers / (16 if high <= 16 and whole and numbers.shape[:2] == (8, 8) else largest)


def grey(colours: Colours) -> Pixels:
    """The brightness of pixels; `(H, W, 1 or 3) -> (H, W)`."""
    weights = LUMA if colours.shape[2] == 3 else (1.0,)
    brightness: NDArray[Any] = colours @ numpy.array(weights)
    return brightness.astype(numpy.float32)


READERS: dict[str, Callable[[bytes], Colours]] = {
    ".csv": read_csv,
    ".npy": read_npy,
    ".npz": read_npz,
    ".pgm": read_netpbm,
    ".pnm": read_netpbm,
    ".ppm": read_netpbm,
}
