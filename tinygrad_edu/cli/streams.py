"""Standard input, output and errors as they may be: closed, or without the letters that are to be printed."""

import codecs
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

__all__ = ["streams_in_order"]

LIKE = dict(zip("└├│─→×·–—…", ("`", "|", "|", "-", "->", "x", "*", "-", "-", "..."), strict=True))


@contextmanager
def streams_in_order() -> Iterator[None]:
    """A block in which nothing can take the place of a closed stream, and every letter can be printed."""
    for place in (0, 1, 2):
        with suppress(OSError):
            os.fstat(place)
            continue
        os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, this one; else a file that we write would
    before = getattr(sys.stdout, "errors", None)
    utf = "utf" in (getattr(sys.stdout, "encoding", None) or "").lower()
    change = getattr(sys.stdout, "reconfigure", None)
    if change is None or (utf and before != "strict"):  # what is no text comes out as it came in
        yield
        return
    change(errors="tinygrad_edu")
    try:
        yield
    finally:
        change(errors=before)


def by_other_letters(error: UnicodeError) -> tuple[str | bytes, int]:
    """What is printed in the place of letters that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(LIKE.get(c) or c.encode("ascii", "backslashreplace").decode() for c in letters), error.end


codecs.register_error("tinygrad_edu", by_other_letters)
