"""Tensors in safetensors files: the format in which weights are passed around, and which holds no code to run.

The reader and the writer are ours, two pages of code: training must save its weights where NumPy is all there is, and
a file is no more than a JSON header before raw bytes. What is written is what the `safetensors` package writes, byte
for byte.
"""

import mmap
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy
from numpy.typing import NDArray

from ..atomic import FilePath, atomic_write
from ..recording import wrap
from ..tensor import Tensor
from .header import STORED, Entry, decode_header, encode_header, header_span, lay_out

__all__ = ["load_safetensors", "safetensors_metadata", "save_safetensors"]

Array = NDArray[Any]


def save_safetensors(
    tensors: Mapping[str, Tensor | Array], path: FilePath, metadata: Mapping[str, str] | None = None
) -> None:
    """Write named Tensors or arrays, and strings about them, to a safetensors file: all of it or nothing.

    The same tensors give the same bytes, whatever the order in which they come. What is kept is the values: two names
    for one Tensor are two tensors in the file, and gradients stay behind.

    Raises:
        TypeError: a name or metadata that is no string, or a dtype that cannot be saved.
        ValueError: a name or metadata that the format cannot hold.
        OSError: the file cannot be written; what stood there stands unchanged.

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_safetensors({"weight": np.eye(2)}, f"{folder}/model.safetensors", {"epoch": "3"})
    ...     load_safetensors(f"{folder}/model.safetensors")["weight"].tolist()
    ...     safetensors_metadata(f"{folder}/model.safetensors")
    [[1.0, 0.0], [0.0, 1.0]]
    {'epoch': '3'}
    """
    arrays = {name: x._array if isinstance(x, Tensor) else numpy.asarray(x) for name, x in tensors.items()}
    write_arrays(arrays, path, metadata)


def load_safetensors(path: FilePath) -> dict[str, Tensor]:
    """Read the Tensors of a safetensors file, by name, in the order of the file.

    The file is mapped into memory: a value is read when it is first used, and in-place operations change the Tensor
    only, never the file. Saving over the file is safe meanwhile; another program must not shorten it. bfloat16 becomes
    float32, which holds each of its values.

    Raises:
        ValueError: it is no safetensors file, is cut short, or says what cannot be true.
        OSError: it cannot be opened.
    """
    return {name: wrap(array) for name, array in read_arrays(path).items()}


def safetensors_metadata(path: FilePath) -> dict[str, str]:
    """Read the strings that a safetensors file holds beside its tensors.

    Raises:
        ValueError: it is no safetensors file, is cut short, or says what cannot be true.
        OSError: it cannot be opened.
    """
    with naming(path):
        data = map_file(path)
        span = header_span(data[:8], len(data))
        return decode_header(data[span], len(data) - span.stop)[1]


def write_arrays(arrays: Mapping[str, Array], path: FilePath, metadata: Mapping[str, str] | None = None) -> None:
    """The same as `save_safetensors`, for arrays."""
    parts = list(file_parts(arrays, metadata))  # what cannot be written is told before a file is begun
    with atomic_write(path) as file:
        file.writelines(parts)


def file_parts(arrays: Mapping[str, Array], metadata: Mapping[str, str] | None) -> Iterator[Any]:
    """The header, then each array's bytes in the order of the file."""
    entries = lay_out(arrays)
    yield encode_header(entries, metadata)
    for entry in entries:
        yield numpy.ascontiguousarray(arrays[entry.name], STORED[entry.dtype]).data


def read_arrays(path: FilePath) -> dict[str, Array]:
    """The same as `load_safetensors`, to arrays."""
    with naming(path):
        data = map_file(path)
        span = header_span(data[:8], len(data))
        entries, _ = decode_header(data[span], len(data) - span.stop)
        return {entry.name: decode_array(entry, data, span.stop) for entry in entries}


def parse_bytes(data: mmap.mmap | bytearray) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The Tensors and the metadata of a safetensors file that has been mapped or read; they share its memory."""
    span = header_span(bytes(data[:8]), len(data))
    entries, metadata = decode_header(bytes(data[span]), len(data) - span.stop)
    return {entry.name: wrap(decode_array(entry, data, span.stop)) for entry in entries}, metadata


def decode_array(entry: Entry, data: mmap.mmap | bytearray, start: int) -> Array:
    """One tensor's bytes as an array, which shares the mapped memory where they can be used as they are."""
    stored: Array = numpy.ndarray(entry.shape, STORED[entry.dtype], data, start + entry.begin)
    if entry.dtype == "BF16":
        upper = stored.astype(numpy.uint32)
        upper <<= 16
        return upper.view(numpy.float32)
    if entry.dtype == "BOOL":
        return stored.astype(bool)
    # A copy is made where another program left the data unaligned, and on a big-endian machine.
    return stored.astype(stored.dtype.newbyteorder("="), copy=not stored.flags.aligned)


def map_file(path: FilePath) -> mmap.mmap:
    """A file's bytes, as private memory that is read when it is used.

    Raises:
        ValueError: it is empty, or a device or a pipe.
        OSError: it cannot be opened.
    """
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # opening a folder fails below; opening a pipe would wait
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise ValueError("it is empty")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)


@contextmanager
def naming(path: FilePath, kind: str = "a safetensors file") -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"cannot read {os.fspath(path)!r} as {kind}: {error}") from None
