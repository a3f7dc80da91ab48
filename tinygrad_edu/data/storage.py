r"""Where the data sets are that do not come with the package: the folder, the files, and whether they are unharmed.

The folder is the one that the environment variable TINYGRAD_EDU_DATA names. Where it is not set, or lacks a file, the
user's folder of caches is looked in: `~/.cache/tinygrad_edu`, `~/Library/Caches/tinygrad_edu` on macOS,
`%LOCALAPPDATA%\tinygrad_edu` on Windows. What is in neither is downloaded, into the first of the two that can be
written to. To work without a network, put the files there oneself, under the names that `DATASETS` lists:

    mnist/         train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz  (and t10k-...)
    fashion-mnist/ the same four names
    cifar10/       cifar-10-binary.tar.gz, or the smaller cifar10_train5k.npz and cifar10_test10k.npz
    text/          tinyshakespeare.txt  names.txt
    segmentation/  nuclei128.npz
    timeseries/    airline-passengers.csv  monthly-sunspots.csv  sunspots-yearly.csv
"""

import hashlib
import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["File", "data_folders", "find", "read", "unpack"]

VARIABLE = "TINYGRAD_EDU_DATA"
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


def data_folders() -> list[Path]:
    """The folders in which data sets are looked for, the first first."""
    named = os.environ.get(VARIABLE)
    return [*([Path(named).expanduser()] if named else []), cache_folder()]


def cache_folder() -> Path:
    """The user's folder of what can be downloaded again."""
    home = Path.home()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or home / ".cache"
    return Path(base) / "tinygrad_edu"


def find(file: File) -> Path | None:
    """Where the file is, if it is at hand."""
    return next((path for folder in data_folders() if (path := folder / file.name).is_file()), None)


def read(file: File) -> bytes:
    """What is in the file, unpacked and held against its digest.

    Raises:
        FileNotFoundError: it is not at hand.
        ValueError: it is not what was published.
        OSError: it cannot be read.
    """
    path = find(file)
    if path is None:
        places = " or ".join(str(folder / file.name) for folder in data_folders())
        raise FileNotFoundError(2, f"this data set is not at hand; set {VARIABLE} to a folder that has it", places)
    try:
        return content(file, path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is damaged, or not the published file: {error}; remove it") from None


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
