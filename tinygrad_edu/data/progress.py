"""Telling how far a download is: a bar of tqdm's in a terminal, lines elsewhere."""

import sys
from types import TracebackType
from typing import Any, Self

__all__ = ["Progress"]

LONG = 8 << 20  # bytes from which lines tell how far it is
SHARES = 10  # of them


class Progress:
    """Tells on standard error how much of a file is there, in its `with` block."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.size = size
        self.told = 0
        self.bar: Any = None

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty():
            try:
                from tqdm import tqdm

                self.bar = tqdm(desc=self.name, total=self.size, unit="B", unit_scale=True, file=sys.stderr)
            except Exception:  # it is not installed, or it is broken
                self.bar = None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def at(self, count: int) -> None:
        """Tell that so many bytes are there."""
        if self.bar is not None:
            self.bar.update(count - self.bar.n)
            return
        shares = SHARES if self.size >= LONG else 1
        if (reached := count * shares // self.size) > self.told:
            self.told = reached
            print(f"{self.name}: {count / 1e6:.1f} of {self.size / 1e6:.1f} MB", file=sys.stderr, flush=True)
