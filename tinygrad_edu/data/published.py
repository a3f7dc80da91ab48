"""Published files: of what size and content they are, and whether a file is one of them."""

import hashlib
import zlib
from dataclasses import dataclass

__all__ = ["File", "content", "unpack"]

GZIP = 16 + zlib.MAX_WBITS  # zlib's word for: with gzip's header and checksum


@dataclass(frozen=True)
class File:
    """A published file: its name in the folder of data, its SHA-256, and where it comes from.

    With `inside` the digest is that of the so many bytes that gzip has packed in the file: of the same bytes it makes
    another file each time, with the time in its header.
    """

    name: str
    size: int
    digest: str
    inside: int = 0
    url: str = ""


def content(file: File, data: bytes) -> bytes:
    """What is in the file, if this is what it holds.

    Raises:
        ValueError: it is not what was published.
    """
    inside = unpack(data, file.inside) if file.inside else data
    if len(inside) != (file.inside or file.size):
        raise ValueError(f"it has {len(inside):,} bytes instead of {file.inside or file.size:,}")
    found = hashlib.sha256(inside).hexdigest()
    if found != file.digest:
        raise ValueError(f"its SHA-256 is {found} instead of {file.digest}")
    return inside


def unpack(data: bytes, most: int) -> bytes:
    """What gzip packed, of `most` bytes or fewer: a small file can unpack to more than fits in memory.

    Raises:
        ValueError: it unpacks to more, is cut short, or was not made by gzip.
    """
    inflater = zlib.decompressobj(GZIP)
    try:
        inside = inflater.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked ({error})") from None
    if len(inside) > most:
        raise ValueError(f"it unpacks to more than {most:,} bytes")
    if not inflater.eof:
        raise ValueError("it is cut short")
    return inside
