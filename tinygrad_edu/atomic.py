"""Writing a file so that it is there whole or not at all."""

import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, TextIO

__all__ = ["TEMPORARY", "atomic_write", "atomic_write_text"]

FilePath = str | os.PathLike[str]
TEMPORARY = ".tinygrad_edu-{}.tmp"  # what a file is called until it is whole


@contextmanager
def atomic_write(path: FilePath) -> Iterator[BinaryIO]:
    """Open a binary file to write to, which takes the place of `path` when the block ends well.

    The bytes go to a file beside `path`, reach the disk, and are renamed over it: after a crash, a full disk or Ctrl-C
    `path` is what it was before, and nothing is left beside it. A new file gets the mode that the umask allows, a
    replaced one keeps its mode; a symbolic link goes on pointing to the file that is replaced.

    Raises:
        OSError: as `open` would for `path`; also when `path` is a device or a pipe, which cannot be replaced.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_write(f"{folder}/answer") as file:
    ...         _ = file.write(b"42")
    ...     pathlib.Path(folder, "answer").read_bytes()
    b'42'
    """
    target = os.path.realpath(path)
    folder = os.path.dirname(target)
    beside = os.path.join(folder, TEMPORARY.format(secrets.token_hex(8)))
    try:
        mode = replaceable_mode(target)
        with open(beside, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(beside, mode)
        os.replace(beside, target)
    except BaseException as error:
        with suppress(OSError):
            os.unlink(beside)
        if isinstance(error, OSError) and error.errno and error.filename in (None, beside, target):
            # The user knows the file by the name that was asked for, not by the one beside it.
            raise OSError(error.errno, error.strerror, os.fspath(path)) from None
        raise
    sync_folder(folder)


@contextmanager
def atomic_write_text(path: FilePath) -> Iterator[TextIO]:
    """Open a UTF-8 text file to write to, which takes the place of `path` when the block ends well.

    Lines end with a line feed on every system. What is promised and raised is as for `atomic_write`.
    """
    with atomic_write(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="\n", write_through=True)
        try:
            yield text
        finally:
            text.detach()


def replaceable_mode(target: str) -> int | None:
    """The mode of the file that stands at `target` and may be replaced; None where nothing stands.

    Raises:
        OSError: it is a folder, a device or a pipe, or a file that must not be written to.
    """
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "not a regular file, so it cannot be replaced", target)
    with open(target, "r+b"):  # renaming would pass over what this refuses: a folder, and a read-only file
        return stat.S_IMODE(mode)


def sync_folder(folder: str) -> None:
    """Bring a folder's new entry to the disk, where the system can: Windows and some file systems cannot."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
