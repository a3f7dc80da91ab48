"""Downloading a published file: told, gone on with after a break, checked, and there whole or not at all."""

import errno
import http.client
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from .._version import __version__
from .progress import Progress
from .published import File, content

__all__ = ["download"]

TIMEOUT = 30.0  # seconds without a sign from the server
ATTEMPTS = 4  # in a row that bring nothing
PAUSE = 1.0  # seconds before the second of them, then twice as long each time
BLOCK = 1 << 16  # bytes
PASSING = {408, 425, 429, 500, 502, 503, 504}  # answers that may be others the next time


class AnswerError(Exception):
    """The server's answer did not come, or not to its end; if that is `lasting`, asking again is of no use."""

    def __init__(self, reason: object, lasting: bool = False) -> None:
        super().__init__(" ".join(str(reason).split()) or type(reason).__name__)
        self.lasting = lasting


def download(file: File, folder: Path) -> Path:
    """Download a file into the folder of data, and give its path there.

    What has arrived is kept beside it, under its name and `.part`, and is gone on with the next time. When all is there
    and is what was published, it gets its name. Of two processes one waits for the other.

    Raises:
        ValueError: what came is not the published file; it is removed.
        ConnectionError: there is no network, or the server does not give the file.
        OSError: it cannot be written.
    """
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    lock = beside(target, ".lock")
    with alone(lock):
        try:
            if not target.is_file():  # the one who was waited for may have brought it
                fetch(file, target)
        except OSError as error:
            if error.errno and error.filename is None:  # such as a full disk, which does not say whose
                raise OSError(error.errno, error.strerror, os.fspath(target)) from None
            raise
    with suppress(OSError):  # who waits for it finds the file in its place; on Windows it is the last who removes it
        lock.unlink()
    return target


def beside(path: Path, ending: str) -> Path:
    """The path with something added to its name."""
    return path.with_name(path.name + ending)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """A block that is entered by one process at a time; the system ends the lock of a process that dies."""
    with open(path, "ab") as lock:
        if sys.platform != "win32":  # two at once are found out there by the check of what they made together
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def fetch(file: File, target: Path) -> None:
    """Bring a file to the disk, in as many goes as it takes, check it, and give it its name."""
    part, version = beside(target, ".part"), beside(target, ".version")
    continued, anew, failures = part.exists(), False, 0
    with Progress(file.name, file.size) as progress:
        while True:
            before = size(part)
            try:
                receive(file, part, version, progress)
                content(file, part.read_bytes())
                break
            except AnswerError as error:
                failures = 0 if size(part) > before else failures + 1
                if error.lasting or failures == ATTEMPTS:
                    put = f"put the file at {str(target)!r}, or set TINYGRAD_EDU_DATA to a folder that has it"
                    said = f"cannot be downloaded ({error}); {put}"
                    raise ConnectionError(errno.ENETUNREACH, said, file.url) from None
                if failures:
                    time.sleep(PAUSE * 2 ** (failures - 1))
                continued = True
            except ValueError as error:
                for rest in (part, version):
                    rest.unlink(missing_ok=True)
                if anew or not continued:
                    said = f"what {file.url} gives is not the published file, and was removed: {error}"
                    raise ValueError(said) from None
                anew = True  # it may have been in parts of two versions: once more, from the beginning
    os.replace(part, target)
    version.unlink(missing_ok=True)


def size(path: Path) -> int:
    """The bytes of a file, 0 if there is none."""
    return path.stat().st_size if path.exists() else 0


def receive(file: File, part: Path, version: Path, progress: Progress) -> None:
    """Ask the server for what is missing, and append what it gives.

    Raises:
        AnswerError: not all of it came.
        ValueError: the server has a file of another size.
    """
    if (have := size(part)) == file.size:
        return
    headers = {"User-Agent": f"tinygrad_edu/{__version__}", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known := version.read_text("latin-1") if version.exists() else "":
            headers["If-Range"] = known  # of another version the server gives all
    with answer_to(urllib.request.Request(file.url, headers=headers)) as answer:
        start = start_of(answer, have)
        length = answer.headers.get("Content-Length", "")
        if length.isdecimal() and start + int(length) != file.size:
            raise ValueError(f"it has {start + int(length):,} bytes instead of {file.size:,}")
        if not start:
            version.write_text(version_of(answer), "latin-1")
        with open(part, "r+b" if start else "wb") as written:
            written.seek(start)
            for block in blocks_of(answer):
                start += len(block)
                if start > file.size:
                    raise ValueError(f"it has more than {file.size:,} bytes")
                written.write(block)
                progress.at(start)
            written.flush()
            os.fsync(written.fileno())
    if start < file.size:
        raise AnswerError(f"the connection ended after {start:,} of {file.size:,} bytes")


@contextmanager
def answer_to(asked: urllib.request.Request) -> Iterator[Any]:
    """The server's answer, its body still to be read.

    Raises:
        AnswerError: there is none, or it says no.
    """
    try:
        answer = urllib.request.urlopen(asked, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        with error:
            raise AnswerError(f"the server answers {error.code} {error.reason}", error.code not in PASSING) from None
    except urllib.error.URLError as error:
        # no network, or no such server; if it has given something before, it may be back in a moment
        raise AnswerError(error.reason, lasting=not asked.has_header("Range")) from None
    except (OSError, http.client.HTTPException) as error:
        raise AnswerError(error) from None
    with answer:
        yield answer


def start_of(answer: Any, have: int) -> int:
    """From which byte on the answer gives the file: where it was asked to, or from the beginning."""
    given = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return have if answer.status == http.HTTPStatus.PARTIAL_CONTENT and given and int(given[1]) == have else 0


def version_of(answer: Any) -> str:
    """What tells this version of the file from others, for If-Range; RFC 9110, section 13.1.5."""
    etag, changed = (answer.headers.get(name, "") for name in ("ETag", "Last-Modified"))
    return changed if etag.startswith("W/") else etag or changed


def blocks_of(answer: Any) -> Iterator[bytes]:
    """The body of the answer, as it comes.

    Raises:
        AnswerError: the connection broke, or nothing came for too long.
    """
    while True:
        try:
            block = answer.read1(BLOCK)
        except (OSError, http.client.HTTPException) as error:
            raise AnswerError(error) from None
        if not block:
            return
        yield block
