"""The header of a safetensors file: which tensor lies where, and whether that can be true.

A file is `length (8 bytes, little-endian) | header (JSON, that many bytes) | data`. The header maps each name to its
`dtype`, `shape` and `data_offsets`, counted from the start of the data; `__metadata__` maps strings to strings.
Nothing in a header is believed before it is checked: the tensors must tile the data without a gap or an overlap.

Source: the description of the format in the repository huggingface/safetensors.
"""

import json
import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from ..wording import in_our_words

__all__ = ["STORED", "Entry", "decode_header", "encode_header", "header_span", "lay_out"]

Array = NDArray[Any]
Dtype = numpy.dtype[Any]

LENGTH_BYTES = 8
METADATA = "__metadata__"
MOST_BYTES = 2**63 - 1
MOST_DIMENSIONS = 64  # NumPy's
MOST_HEADER_BYTES = 100_000_000  # the reference implementation's

# How each dtype is stored. The order is that of the tensors in a file, wide ones first, so that each lies aligned.
STORED: dict[str, Dtype] = {
    "I64": numpy.dtype("<i8"),
    "F64": numpy.dtype("<f8"),
    "F32": numpy.dtype("<f4"),
    "I32": numpy.dtype("<i4"),
    "BF16": numpy.dtype("<u2"),  # the upper half of a float32: NumPy has no such dtype
    "F16": numpy.dtype("<f2"),
    "I16": numpy.dtype("<i2"),
    "I8": numpy.dtype("i1"),
    "U8": numpy.dtype("u1"),
    "BOOL": numpy.dtype("u1"),
}
NAMES = {stored.newbyteorder("="): name for name, stored in STORED.items() if name not in ("BF16", "BOOL")}
NAMES[numpy.dtype(bool)] = "BOOL"

shorten = reprlib.Repr()
shorten.maxstring = 200
show = shorten.repr


class Entry(NamedTuple):
    """Where a tensor lies: bytes `begin` to `end` of the data."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    begin: int
    end: int


def lay_out(arrays: Mapping[str, Array]) -> list[Entry]:
    """Give each array its place in the data: by dtype, wide ones first, then by name.

    Raises:
        TypeError: a name is no string, or a dtype has no name in the format.
        ValueError: a name cannot be stored.
    """
    dtypes = {name: dtype_name(name, array) for name, array in arrays.items()}
    ranks = {dtype: rank for rank, dtype in enumerate(STORED)}
    entries, place = [], 0
    for name in sorted(arrays, key=lambda name: (ranks[dtypes[name]], name)):
        array = arrays[name]
        entries.append(Entry(name, dtypes[name], array.shape, place, place + array.nbytes))
        place += array.nbytes
    return entries


def dtype_name(name: str, array: Array) -> str:
    """The format's name for an array's dtype, once the tensor's own name is seen to be one."""
    if not isinstance(name, str):
        raise TypeError(f"the names of tensors are strings, got {show(name)} of type {type(name).__name__}")
    if name == METADATA:
        raise ValueError(f"no tensor can be named {METADATA!r}: the format keeps the name for its metadata")
    try:
        return NAMES[array.dtype.newbyteorder("=")]
    except KeyError:
        known = ", ".join(str(dtype) for dtype in NAMES)
        raise TypeError(f"tensor {show(name)} has dtype {array.dtype}, which cannot be saved; {known} can") from None


def encode_header(entries: Sequence[Entry], metadata: Mapping[str, str] | None = None) -> bytes:
    """The length and the header, padded with spaces so that the data begins at a multiple of 8.

    Raises:
        TypeError: metadata other than strings.
        ValueError: text that is not Unicode, or a header longer than readers take.
    """
    header: dict[str, object] = {}
    if metadata is not None:
        check_metadata(metadata, TypeError)
        header[METADATA] = dict(sorted(metadata.items()))
    for name, dtype, shape, begin, end in entries:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": (begin, end)}
    try:
        text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        wrong = show(error.object[error.start : error.end])
        raise ValueError(f"a name or metadata is not Unicode text: it holds {wrong}") from None
    text += b" " * (-len(text) % LENGTH_BYTES)
    if len(text) > MOST_HEADER_BYTES:
        raise ValueError(f"names and metadata take {len(text):,} bytes; the format allows {MOST_HEADER_BYTES:,}")
    return len(text).to_bytes(LENGTH_BYTES, "little") + text


def header_span(start: bytes, size: int) -> slice:
    """Where the header lies in a file of `size` bytes that begins with `start`.

    Raises:
        ValueError: there is no room for it.
    """
    if size < LENGTH_BYTES:
        raise ValueError(f"it has {size} bytes, fewer than the {LENGTH_BYTES} that tell how long its header is")
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    if length > MOST_HEADER_BYTES:
        raise ValueError(f"its header would take {length:,} bytes; the format allows {MOST_HEADER_BYTES:,}")
    if length > size - LENGTH_BYTES:
        raise ValueError(f"it is cut short: its header would take {length:,} bytes, {size - LENGTH_BYTES:,} are there")
    return slice(LENGTH_BYTES, LENGTH_BYTES + length)


def decode_header(text: bytes, room: int) -> tuple[list[Entry], dict[str, str]]:
    """What a header says about the `room` bytes of data that follow it, as (tensors, metadata), all of it checked.

    Raises:
        ValueError: it is no header, or says what cannot be true.
    """
    try:
        header = json.loads(text.decode(), object_pairs_hook=unique)
    except (ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"its header cannot be read as JSON: {in_our_words(error) or 'too little memory'}") from None
    if not isinstance(header, dict):
        raise ValueError(f"its header is {show(header)}, not an object that maps names to tensors")
    metadata = header.pop(METADATA, None) or {}
    check_metadata(metadata, ValueError)
    entries = [decode_entry(name, info) for name, info in header.items()]
    check_tiling(entries, room)
    return entries, metadata


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object as a dict, in which no name stands twice: the second would silently win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise ValueError(f"the name {show(twice)} stands there twice")
    return found


def check_metadata(metadata: object, error: type[Exception]) -> None:
    """Raise unless it maps strings to strings."""
    if not isinstance(metadata, Mapping):
        raise error(f"metadata maps strings to strings, got {show(metadata)}")
    for key, value in metadata.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise error(f"metadata maps strings to strings, got {show(key)}: {show(value)}")


def decode_entry(name: str, info: object) -> Entry:
    """Where the header says that one tensor lies.

    Raises:
        ValueError: its dtype, shape and offsets are not what they must be, or do not fit each other.
    """
    if not isinstance(info, dict) or not info.keys() >= {"dtype", "shape", "data_offsets"}:
        raise ValueError(f"tensor {show(name)} needs a dtype, a shape and data_offsets, got {show(info)}")
    dtype, shape, offsets = info["dtype"], info["shape"], info["data_offsets"]
    if not isinstance(dtype, str) or dtype not in STORED:
        raise ValueError(f"tensor {show(name)} has dtype {show(dtype)}; {', '.join(STORED)} can be read")
    if not are_sizes(shape) or len(shape) > MOST_DIMENSIONS:
        raise ValueError(f"tensor {show(name)} has shape {show(shape)}, not up to {MOST_DIMENSIONS} sizes from 0 up")
    if not are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise ValueError(f"tensor {show(name)} has data_offsets {show(offsets)}, not [begin, end] in this order")
    width = STORED[dtype].itemsize
    if math.prod(filter(None, shape)) * width > MOST_BYTES:
        raise ValueError(f"tensor {show(name)} of shape {show(shape)} is larger than any memory")
    needed = math.prod(shape) * width
    begin, end = offsets
    if end - begin != needed:
        raise ValueError(
            f"tensor {show(name)} of dtype {dtype} and shape {show(shape)} takes {needed} bytes, "
            f"but its data_offsets {show(offsets)} span {end - begin}"
        )
    return Entry(name, dtype, tuple(shape), begin, end)


def are_sizes(numbers: object) -> bool:
    """Whether it is a list of integers from 0 up, each such that it can be a size; True and 2.0 are none."""
    return isinstance(numbers, list) and all(type(n) is int and 0 <= n <= MOST_BYTES for n in numbers)


def check_tiling(entries: Sequence[Entry], room: int) -> None:
    """Raise unless the tensors fill the data from its first byte to its last, each byte once.

    Raises:
        ValueError: telling the first byte that belongs to two tensors or to none.
    """
    place = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin < place:
            raise ValueError(f"tensor {show(entry.name)} begins at byte {entry.begin}, inside of another one")
        if entry.begin > place:
            raise ValueError(f"bytes {place} to {entry.begin} of its data belong to no tensor")
        place = entry.end
    if place > room:
        raise ValueError(f"it is cut short: its tensors take {place:,} bytes, {room:,} are there")
    if place < room:
        raise ValueError(f"{room - place:,} bytes follow its last tensor and belong to none")
