"""The folder of a run, to write: all of its files or none."""

import errno
import itertools
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..atomic import atomic_write_text
from ..io import save_safetensors
from ..nn import Module
from .run import CONFIG, FILES, HISTORY, WEIGHTS

__all__ = ["RunDraft"]


class RunDraft:
    """A run folder in the making: `with RunDraft("runs/first") as draft`, and files go into `draft.folder`.

    The folder is claimed at once, so that one that cannot be written to is told before the training and not after it.
    When the block ends well, all that was written appears in it; when it ends in an error or in Ctrl-C, nothing does,
    and folders made for it go. Without `folder` it is `runs/<name>-001`, or the next number after those that are there.
    With `overwrite` the files replace those of a run in the folder; any other file stays.

    Entering raises:
        FileExistsError: the folder holds something, and is not to be overwritten.
        OSError: the folder cannot be written to.
    """

    def __init__(
        self, folder: str | os.PathLike[str] | None = None, *, name: str = "run", overwrite: bool = False
    ) -> None:
        self.others = iter(()) if folder is not None else numbered_folders(name)
        self.run = Path(folder) if folder is not None else next(self.others)
        self.inside = f".tinygrad_edu-{secrets.token_hex(8)}.tmp"
        self.overwrite = overwrite
        self.made: list[Path] = []

    @property
    def folder(self) -> Path:
        """Where the files stay until all are there."""
        return self.run / self.inside

    def __enter__(self) -> Self:
        try:
            self.claim()
            self.folder.mkdir()
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, OSError) and error.filename and Path(error.filename).parent == self.folder:
            # The user knows the file by the place that it was meant for.
            error.filename = str(self.run / Path(error.filename).name)
        try:
            if error is None:
                self.commit()
        finally:
            self.discard()

    def claim(self) -> None:
        """Make the folder, or make sure that it can be used."""
        for parent in reversed(self.run.parents):
            if not parent.exists():
                parent.mkdir(exist_ok=True)
                self.made.append(parent)
        while True:
            try:
                self.run.mkdir()
                self.made.append(self.run)
                return
            except FileExistsError:
                following = next(self.others, None)  # another training may have taken the number just now
                if following is None:
                    break
                self.run = following
        if any(self.run.iterdir()) and not self.overwrite:
            reason = "the folder is not empty; overwrite replaces the run in it"
            raise FileExistsError(errno.EEXIST, reason, str(self.run))

    def save(self, model: Module, config: Mapping[str, Any], history: Sequence[Mapping[str, float]]) -> None:
        """Write the weights, the configuration and the history.

        Raises:
            OSError: a file cannot be written.
        """
        save_safetensors(model.state_dict(), self.folder / WEIGHTS)
        for name, content in ((HISTORY, history), (CONFIG, config)):
            with atomic_write_text(self.folder / name) as file:
                json.dump(content, file, indent=2, allow_nan=False)
                file.write("\n")

    def commit(self) -> None:
        """Move the files to their places; config.json goes first and comes last: without it a folder is no run."""
        for name in sorted(FILES, key=lambda name: name != CONFIG):
            (self.run / name).unlink(missing_ok=True)
        for path in sorted(self.folder.iterdir(), key=lambda path: path.name == CONFIG):
            os.replace(path, self.run / path.name)

    def discard(self) -> None:
        """Remove what did not come to its place, and those folders made for it that are empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in reversed(self.made):
            with suppress(OSError):
                path.rmdir()


def numbered_folders(name: str) -> Iterator[Path]:
    """`runs/name-001`, `runs/name-002`, ..., after the last one that is there."""
    there = [path.name.removeprefix(f"{name}-") for path in Path("runs").glob(f"{name}-*")]
    last = max((int(number) for number in there if number.isdecimal()), default=0)
    return (Path("runs", f"{name}-{number:03}") for number in itertools.count(last + 1))
