r"""Where the data sets are that do not come with the package: the folder, the files, and whether they are unharmed.

The folder is the one that the environment variable TINYGRAD_EDU_DATA names. Where it is not set, or lacks a file, the
user's folder of caches is looked in: `~/.cache/tinygrad_edu`, `~/Library/Caches/tinygrad_edu` on macOS,
`%LOCALAPPDATA%\tinygrad_edu` on Windows. What is in neither is downloaded, into the first of the two that can be
written to; the last three below cannot be. To work without a network, put the files there yourself.
`DATASETS[name].files` tells for each its name, its SHA-256, and the address that it comes from:

    mnist/         train-images-idx3-ubyte.gz  train-labels-idx1-ubyte.gz  (and t10k-...)
    fashion-mnist/ the same four names
    cifar10/       cifar-10-binary.tar.gz
    text/          tinyshakespeare.txt  names.txt
    timeseries/    airline-passengers.csv  monthly-sunspots.csv  sunspots-yearly.csv
    cifar10/       cifar10_train5k.npz  cifar10_test10k.npz  (for "cifar10-5k")
    segmentation/  nuclei128.npz
    tabular/       diabetes.npz  (scikit-learn has it too)
"""

import errno
import os
import sys
from pathlib import Path

from .published import File, content

__all__ = ["data_folders", "find", "read"]

VARIABLE = "TINYGRAD_EDU_DATA"


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
    """What is in the file, unpacked and held against its digest; it is downloaded if it is not at hand.

    Raises:
        ValueError: it is not what was published.
        FileNotFoundError: it is not at hand, and is not to be had from the network.
        ConnectionError: it is not at hand, and cannot be downloaded.
        OSError: it cannot be read, or not be written.
    """
    path = find(file)
    if path is None:
        folders = data_folders()
        if not file.url:
            places = " or ".join(str(folder / file.name) for folder in folders)
            raise FileNotFoundError(errno.ENOENT, f"not at hand; set {VARIABLE} to a folder that has it", places)
        from .download import download  # what it takes from Python's library is slow to import

        path = download(file, next(filter(writable, folders), folders[-1]))
    try:
        return content(file, path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{str(path)!r} is damaged, or not the published file: {error}; remove it") from None


def writable(folder: Path) -> bool:
    """Whether files can be put in a folder, which need not be there yet."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK, effective_ids=os.access in os.supports_effective_ids)
