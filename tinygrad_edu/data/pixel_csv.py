"""Tables of pixels, an image a line: label, pixel1, pixel2 and so on."""

import csv
import math
import os
from typing import Any

import numpy
from numpy.typing import NDArray

from ..recording import wrap
from ..wording import in_our_words
from .dataset import TensorDataset

__all__ = ["PixelCSV"]

BRIGHTEST = 255


class PixelCSV(TensorDataset):
    """Images and labels from a CSV file whose lines are a label and the pixels, row by row, from 0 to 255.

    Sign Language MNIST comes so, and MNIST from several places. The images are float32 from 0 to 1, `(N, 1, H, W)`, the
    labels int64. `size` is `(H, W)` or `(C, H, W)`, the channels of a pixel then one after the other as in most such
    tables; without it the image is a square. `classes` is the number of classes where it is known. A first line without
    a number in front is a header.

    Raises:
        ValueError: a line has more or fewer columns, a cell is no whole number, a label is not from 0 to classes - 1,
            or a pixel not from 0 to 255: the line and the column are told; there are no lines, or no such size.
        OSError: the file cannot be opened.
    """

    def __init__(
        self, path: str | os.PathLike[str], size: tuple[int, ...] | None = None, classes: int | None = None
    ) -> None:
        try:
            table = read_numbers(path, classes)
            count = table.shape[1] - 1
            height, width, channels = shape_of_pixels(count, size)
        except ValueError as error:
            raise ValueError(f"cannot read {os.fspath(path)!r} as a table of pixels: {in_our_words(error)}") from None
        pixels = table[:, 1:].reshape(-1, height, width, channels).transpose(0, 3, 1, 2)
        images = numpy.divide(pixels, BRIGHTEST, dtype=numpy.float32, order="C")
        super().__init__(wrap(images), wrap(table[:, 0].astype(numpy.int64)))


def shape_of_pixels(count: int, size: tuple[int, ...] | None) -> tuple[int, int, int]:
    """Height, width and channels of so many numbers.

    Raises:
        ValueError: they are none of this size, or of no square.
    """
    if size is None:
        side = math.isqrt(count)
        if not side or side * side != count:
            raise ValueError(f"{count} pixels are no square; tell the size, (H, W) or (C, H, W)")
        return side, side, 1
    if len(size) not in (2, 3) or math.prod(size) != count:
        raise ValueError(f"it has {count} pixels a line, and the size {size} takes {math.prod(size)}")
    return size[-2], size[-1], size[0] if len(size) == 3 else 1


def read_numbers(path: str | os.PathLike[str], classes: int | None) -> NDArray[Any]:
    """The table, with labels and pixels in their ranges.

    Raises:
        ValueError: it is none, or something is out of range.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        first = file.readline()
        header = not is_whole(next(iter(next(csv.reader([first]), [""])), ""))
        if not header:
            file.seek(0)
        start = file.tell()
        if not any(line.strip() for line in file):
            raise ValueError("it has no images")
        file.seek(start)
        try:
            table = numpy.loadtxt(file, numpy.int32, comments=None, delimiter=",", quotechar='"', ndmin=2)
            fine = fits(table, classes)
        except ValueError as error:
            fine, reason = False, str(error)
        else:
            reason = "a number is out of range"
    if not fine:
        find_fault(path, header, classes)
        raise ValueError(reason)
    return table


def is_whole(cell: str) -> bool:
    """Whether a cell holds a whole number."""
    return cell.isascii() and cell.strip().lstrip("+-").isdecimal()


def fits(table: NDArray[Any], classes: int | None) -> bool:
    """Whether labels and pixels are in their ranges."""
    labels, pixels = table[:, 0], table[:, 1:]
    known = classes is None or bool((labels < classes).all())
    return known and bool((labels >= 0).all() and (pixels >= 0).all() and (pixels <= BRIGHTEST).all())


def find_fault(path: str | os.PathLike[str], header: bool, classes: int | None) -> None:
    """Tell in which line and column the first fault is.

    Raises:
        ValueError: what is wrong there.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        names = next(rows) if header else []
        columns = len(names)
        for row in filter(None, rows):
            columns = columns or len(row)
            if len(row) != columns:
                raise ValueError(f"line {rows.line_num} has {len(row)} columns instead of {columns}")
            for k, cell in enumerate(row):
                told = f"line {rows.line_num}, column {k + 1}{f' ({names[k]})' if names else ''}"
                if not is_whole(cell):
                    raise ValueError(f"{told}: {cell!r:.60} is not a whole number")
                most = BRIGHTEST if k else math.inf if classes is None else classes - 1
                if not 0 <= int(cell) <= most:
                    kind, bound = ("pixel", f"to {most}") if k else ("label", f"to {most}" if classes else "up")
                    raise ValueError(f"{told}: {cell.strip()} is no {kind}, which go from 0 {bound}")
