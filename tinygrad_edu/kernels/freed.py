"""What becomes of memory that is freed."""

import sys
from contextlib import suppress

import numpy

__all__ = ["keep_freed"]

LARGEST = (1 << 25) - (1 << 16)  # bytes: glibc looks at what is freed up to 32 MB


def keep_freed() -> None:
    """Have glibc keep what is freed for the next step of a training, rather than hand it back to the system.

    It begins with handing back whatever is larger than 128 KB, and a step that asks for it again pays for each page: a
    tenth to a quarter of its time. The largest such block that it sees freed becomes the limit, and twice as much is
    kept: see mallopt(3), M_MMAP_THRESHOLD. The block itself is never touched, so it takes no memory.
    """
    if sys.platform == "linux":
        with suppress(MemoryError):
            numpy.empty(LARGEST, numpy.uint8)
