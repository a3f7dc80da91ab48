"""PyTorch's checkpoints: the zip archives that it writes since version 1.6, and the files that it wrote before.

Both hold a pickle of the object, in which each tensor says where it lies in which storage, and the storages' bytes. A
zip archive is read where it lies: storages are stored as they are, and the Tensors share the mapped file's memory.

Source: the layouts are those that `torch.save` writes (PyTorch 2.13); they are documented in its serialization notes.
"""

import itertools
import pickle
import struct
import zipfile
import zlib
from typing import Any, BinaryIO

import numpy

from .pickling import pickled
from .rebuild import Storage, StorageType, names, storage_of
from .unpickle import unpickle

__all__ = ["LEGACY", "ZIP", "read_legacy", "read_zip", "write_legacy", "write_zip"]

ZIP = b"PK\x03\x04"
LEGACY = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."  # the pickle of a number that the old format begins with
LOCAL_HEADER = struct.Struct("<4s5H3I2H")
ALIGNMENT = 64  # bytes: where storages begin, as in PyTorch's archives
SYSTEM_BITS = {"protocol_version": 1001, "little_endian": True}


def archive_members(data: Any) -> dict[str, slice]:
    """Where the bytes of each member of a zip archive lie.

    Raises:
        ValueError: it is no archive, or is damaged, or its members are compressed, encrypted or overlap.
    """
    try:
        listed = zipfile.ZipFile(Mapped(data)).infolist()
    except (zipfile.BadZipFile, struct.error, OSError, OverflowError, NotImplementedError, EOFError) as error:
        raise ValueError(f"it is no whole zip archive: {error}") from None
    members: dict[str, slice] = {}
    for info in listed:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1 or info.compress_size != info.file_size:
            raise ValueError(f"its member {info.filename!r:.60} is compressed or encrypted, which PyTorch's never is")
        header = bytes(data[info.header_offset : info.header_offset + LOCAL_HEADER.size])
        if len(header) < LOCAL_HEADER.size or header[:4] != ZIP or info.filename in members:
            raise ValueError(f"its member {info.filename!r:.60} is not where it is said to be, or is there twice")
        start = info.header_offset + LOCAL_HEADER.size + sum(LOCAL_HEADER.unpack(header)[-2:])
        members[info.filename] = slice(start, start + info.file_size)
        if start + info.file_size > len(data):
            raise ValueError(f"its member {info.filename!r:.60} ends after the file does")
        if zlib.crc32(memoryview(data)[start : start + info.file_size]) != info.CRC:
            raise ValueError(f"its member {info.filename!r:.60} is damaged: the checksum does not agree")
    spans = sorted((span.start, span.stop) for span in members.values())
    if any(stop > start for (_, stop), (start, _) in itertools.pairwise(spans)):
        raise ValueError("its members overlap")
    return members


class Mapped:
    """Bytes in memory as the file that zipfile wants, without a copy of them all."""

    def __init__(self, data: Any) -> None:
        self.data = data
        self.at = 0

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        place = offset + (0, self.at, len(self.data))[whence]
        if place < 0:
            raise OSError("a place before the beginning")
        self.at = place
        return place

    def read(self, size: int = -1) -> bytes:
        end = len(self.data) if size < 0 else min(self.at + size, len(self.data))
        taken = bytes(self.data[self.at : end])
        self.at = max(end, self.at)
        return taken


def storage_name(given: Any) -> tuple[StorageType, str, int]:
    """The kind, key and number of elements of a storage that a pickle refers to.

    Raises:
        ValueError: it refers to something else.
    """
    if not isinstance(given, tuple) or len(given) < 5 or given[0] not in ("storage", b"storage"):
        raise ValueError("its pickle refers to something that is no storage")
    _, kind, key, _, count, *view = given
    key = key.decode("latin1") if isinstance(key, bytes) else key  # Python 2's, if such strings stay bytes
    if not isinstance(kind, StorageType) or type(key) is not str or type(count) is not int or view not in ([], [None]):
        raise ValueError(f"its pickle refers to a storage of a kind that is not known: {given[1:]!r:.80}")
    return kind, key, count


def read_zip(data: Any, encoding: str) -> tuple[Any, int]:
    """The object in a zip archive that PyTorch wrote, and how many bytes were read; Python 2's strings by `encoding`.

    Raises:
        ValueError: it is none, or is damaged, or holds anything but tensors and plain containers.
    """
    members = archive_members(data)
    pickles = [name for name in members if name == "data.pkl" or name.endswith("/data.pkl")]
    if len(pickles) != 1:
        raise ValueError("it is a zip archive, but not a PyTorch checkpoint: it has no data.pkl")
    folder = pickles[0].removesuffix("data.pkl")
    order = members.get(f"{folder}byteorder", slice(0, 0))
    swapped = bytes(data[order]) == b"big"
    storages: dict[str, Storage] = {}

    def storage(given: Any) -> Storage:
        kind, key, count = storage_name(given)
        span = members.get(f"{folder}data/{key}")
        if span is None or span.stop - span.start != count * kind.dtype.itemsize:
            raise ValueError(f"its storage {key!r:.30} is missing, or not of {count} elements")
        if key not in storages:
            storages[key] = storage_of(kind, data, span.start, count, swapped)
        return storages[key]

    span = members[pickles[0]]
    return unpickle(memoryview(data)[span], 0, names(), storage, encoding)[0], len(data)


def read_legacy(data: Any, encoding: str) -> tuple[Any, int]:
    """The object in a file that PyTorch wrote before version 1.6: pickles in a row, and then the storages.

    Given with it is where its bytes end. Python 2's strings are read by `encoding`.

    Raises:
        ValueError: it is none, or is cut short, or holds anything but tensors and plain containers.
    """

    def no_storage(given: Any) -> Any:
        raise ValueError("its pickle refers to a storage too early")

    _, at = unpickle(data, 0, {}, no_storage)
    version, at = unpickle(data, at, {}, no_storage)
    system, at = unpickle(data, at, {}, no_storage)
    if version != SYSTEM_BITS["protocol_version"] or not isinstance(system, dict):
        raise ValueError(f"it is a PyTorch file of a version that is not known: {version!r:.30}")
    swapped = system.get("little_endian") is False
    # The bytes of the storages come after the pickle that refers to them: read it once to learn which they are.
    wanted: dict[str, tuple[StorageType, int]] = {}

    def noted(given: Any) -> Storage:
        kind, key, count = storage_name(given)
        if not 0 <= count * kind.dtype.itemsize <= len(data):
            raise ValueError(f"a storage of {count} elements is longer than its bytes")
        wanted[key] = kind, count
        return Storage(numpy.broadcast_to(numpy.zeros(1, kind.dtype), count))

    begin = at
    _, at = unpickle(data, begin, names(), noted, encoding)
    keys, at = unpickle(data, at, {}, no_storage)
    storages: dict[str, Storage] = {}
    if not isinstance(keys, list) or sorted(map(str, keys)) != sorted(wanted):
        raise ValueError("it does not hold the storages that its pickle refers to")
    for key in keys:
        kind, count = wanted[key]
        if bytes(data[at : at + 8]) != struct.pack(">q" if swapped else "<q", count):
            raise ValueError(f"its storage {key!r:.30} is missing, or not of {count} elements")
        storages[key] = storage_of(kind, data, at + 8, count, swapped)
        at += 8 + count * kind.dtype.itemsize
    found, _ = unpickle(data, begin, names(), lambda given: storages[storage_name(given)[1]], encoding)
    return found, at


def write_zip(obj: Any, file: BinaryIO) -> None:
    """Write an object of Tensors and plain values as the archive that `torch.load` reads.

    Raises:
        TypeError: it holds something else.
    """
    code, arrays = pickled(obj)
    storages = {f"data/{i}": stored(array) for i, array in enumerate(arrays)}
    members = {"data.pkl": code, "byteorder": b"little", **storages, "version": b"3\n"}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, part in members.items():
            add_member(archive, f"archive/{name}", part)


def write_legacy(obj: Any, file: BinaryIO) -> None:
    """Write the file that `torch.save` wrote before version 1.6.

    Raises:
        TypeError: it holds something else than Tensors and plain values.
    """
    code, arrays = pickled(obj, None)
    system = {**SYSTEM_BITS, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    file.write(LEGACY + pickle.dumps(SYSTEM_BITS["protocol_version"], 2) + pickle.dumps(system, 2) + code)
    file.write(pickle.dumps([str(i) for i in range(len(arrays))], 2))
    for array in arrays:
        file.write(struct.pack("<q", array.size))
        file.write(stored(array))


def stored(array: Any) -> memoryview:
    """The bytes of a storage, the low ones first."""
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return memoryview(little.view(numpy.uint8))


def add_member(archive: zipfile.ZipFile, name: str, part: Any) -> None:
    """Add one member, uncompressed, so that its bytes begin at a multiple of the alignment."""
    info = zipfile.ZipInfo(name)  # of the year 1980: the same object gives the same bytes
    begin = archive.fp.tell() if archive.fp else 0
    padding = -(begin + LOCAL_HEADER.size + len(name.encode()) + 4) % ALIGNMENT
    info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    archive.writestr(info, part)
