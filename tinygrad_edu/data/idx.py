"""The IDX format of MNIST and its kin: a header that tells dtype and shape, then the numbers."""

import math
import os
from typing import Any

import numpy
from numpy.typing import NDArray

from ..told import guard
from .published import unpack

__all__ = ["parse_idx", "read_idx"]

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
LARGEST = 1 << 30  # bytes
GZIPPED = b"\x1f\x8b"


def read_idx(path: str | os.PathLike[str]) -> NDArray[Any]:
    """Read an IDX file, packed by gzip or not; MNIST, Fashion-MNIST, EMNIST and others come as such files.

    Source: LeCun, Cortes and Burges, "The MNIST database of handwritten digits", its section on file formats.

    Raises:
        ValueError: it is no IDX file, is cut short, or has more than its header tells or than 1 GiB.
        OSError: it cannot be opened.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        return parse_idx(unpack(data, LARGEST) if data.startswith(GZIPPED) else data)
    except ValueError as error:
        raise ValueError(f"cannot read {os.fspath(path)!r} as an IDX file: {error}") from None


def parse_idx(data: bytes) -> NDArray[Any]:
    r"""The array that is in an IDX file; it shares the bytes' memory, and is not to be written to.

    Raises:
        ValueError: these are not the bytes of an IDX file.

    >>> parse_idx(b"\0\0\x08\1" + b"\0\0\0\3" + b"abc").tolist()
    [97, 98, 99]
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in DTYPES or not data[3]:
        raise ValueError(
            f"it begins with {data[:4].hex(' ') or 'nothing'}, not 00 00, a kind of numbers and dimensions"
        )
    dtype, start = numpy.dtype(DTYPES[data[2]]), 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError("it is cut short: it ends within its header")
    shape = tuple(numpy.frombuffer(data, ">u4", data[3], offset=4).tolist())
    count = math.prod(shape)
    if len(data) != start + count * dtype.itemsize:
        kept = "is cut short" if len(data) < start + count * dtype.itemsize else "has more than its header tells"
        raise ValueError(
            f"it {kept}: {shape} of {dtype} take {count * dtype.itemsize:,} bytes, not {len(data) - start:,}"
        )
    return numpy.frombuffer(data, dtype, offset=start).reshape(shape)


guard(globals(), __all__, __name__)
