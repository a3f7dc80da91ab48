"""The folder of a run, to write."""

import errno
import itertools
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..atomic import TEMPORARY, atomic_write_text
from ..io import save_safetensors
from ..nn import Module
from .config import Config, to_toml
from .run import CONFIG, FILES, RESULT, WEIGHTS
from .setup import EVENTS

__all__ = ["RunFolder"]


class RunFolder:
    """A run folder in the making: `with RunFolder("runs/first") as folder`, and files go into `folder.path`.

    The folder is claimed at once, so that one that cannot be written to is told before the training and not after it.
    Without `path` it is `runs/<name>-001`, or the next number after those that are there. `begin` writes the
    configuration; with `overwrite` it removes the run that was there, and leaves any other file. When the block ends in
    an error before `keep` was called, what was written goes, and folders that were made for it. With `resume` the
    folder is that of a run, and all of it stays.

    Entering raises:
        FileExistsError: the folder holds something, and is not to be overwritten.
        OSError: the folder cannot be written to, or another training is at work in it.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        name: str = "run",
        overwrite: bool = False,
        resume: bool = False,
    ) -> None:
        self.others = iter(()) if path is not None else numbered_folders(name)
        self.path = Path(path) if path is not None else next(self.others)
        self.overwrite = overwrite
        self.kept = self.resumed = resume
        self.made: list[Path] = []
        self.lock: int | None = None

    def __enter__(self) -> Self:
        try:
            if self.resumed:
                self.lock = locked(self.path)
                self.remove_unfinished()
            else:
                self.claim()
                self.lock = locked(self.path)
        except BaseException:
            self.release()
            self.discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not self.kept:
            self.remove_run()
            self.discard()
        self.release()

    def claim(self) -> None:
        """Make the folder, or make sure that it can be used."""
        for parent in reversed(self.path.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                self.made.append(parent)
        while True:
            try:
                self.path.mkdir()
                self.made.append(self.path)
                return
            except FileExistsError:
                following = next(self.others, None)  # another training may have taken the number just now
                if following is None:
                    break
                self.path = following
        if not self.overwrite and any(not path.match(TEMPORARY.format("*")) for path in self.path.iterdir()):
            self.kept = True
            reason = "the folder is not empty; overwrite replaces the run in it"
            raise FileExistsError(errno.EEXIST, reason, str(self.path))

    def begin(self, config: Config) -> None:
        """Write the configuration, in the place of a run that is to be overwritten.

        Raises:
            OSError: it cannot be written.
        """
        if not self.resumed:
            self.remove_run()
        with atomic_write_text(self.path / CONFIG) as file:
            file.write(to_toml(config))

    def keep(self, *_: Any) -> None:
        """Let what is in the folder stay, however the block ends; a callback of `fit`, for `on_step`."""
        self.kept = True

    def save(self, model: Module, result: Mapping[str, Any]) -> None:
        """Write the weights, and what came of the training.

        Raises:
            OSError: a file cannot be written.
        """
        save_safetensors(model.state_dict(), self.path / WEIGHTS)
        with atomic_write_text(self.path / RESULT) as file:
            json.dump(result, file, indent=2, allow_nan=False)
            file.write("\n")

    def remove_run(self) -> None:
        """Remove the files of a run."""
        self.remove_unfinished()
        for name in FILES:
            with suppress(FileNotFoundError, NotADirectoryError):
                (self.path / name).unlink()
        shutil.rmtree(self.path / EVENTS, ignore_errors=True)

    def remove_unfinished(self) -> None:
        """Remove what a save that was killed has left."""
        for path in self.path.glob(TEMPORARY.format("*")):
            path.unlink(missing_ok=True)

    def release(self) -> None:
        """Let another training have the folder."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def discard(self) -> None:
        """Remove the folders that were made and are empty."""
        for path in reversed(self.made):
            with suppress(OSError):
                path.rmdir()


def locked(path: Path) -> int | None:
    """A descriptor that holds a folder for this training alone, where the system can; it ends with the process.

    Raises:
        OSError: another training holds it, or it cannot be opened.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise OSError(errno.EBUSY, "another training is at work in it", str(path)) from None
    except OSError:  # some file systems of networks have no locks
        os.close(descriptor)
        return None
    return descriptor


def numbered_folders(name: str) -> Iterator[Path]:
    """`runs/name-001`, `runs/name-002`, ..., after the last one that is there."""
    there = [path.name.removeprefix(f"{name}-") for path in Path("runs").glob(f"{name}-*")]
    last = max((int(number) for number in there if number.isdecimal()), default=0)
    return (Path("runs", f"{name}-{number:03}") for number in itertools.count(last + 1))
