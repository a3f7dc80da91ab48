"""Memory for temporaries that stay in the cache, and how NumPy is to walk over rows."""

import math
import threading
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["aligned", "by_long_rows", "scratch"]

LINE = 64  # bytes of a line of the cache
LONG = 128  # numbers in a row that is worth a loop of its own
KEPT = 1 << 22  # bytes: more would not stay in the cache anyway


class Held(threading.local):
    """What each thread has to scratch on."""

    memory: NDArray[Any] = numpy.empty(0, numpy.uint8)


held = Held()


def aligned(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """An array, not filled, that starts where a line of the cache does: x * y written there takes half the time."""
    size = math.prod(shape) * numpy.dtype(dtype).itemsize
    memory = numpy.empty(size + LINE, numpy.uint8)
    return numpy.ndarray(shape, dtype, memory, -memory.__array_interface__["data"][0] % LINE)


def scratch(shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """The same in memory that is this thread's until it asks again: for what a kernel needs no longer than it runs."""
    size = math.prod(shape) * numpy.dtype(dtype).itemsize
    if size > KEPT:
        return aligned(shape, dtype)
    if held.memory.size < size:
        held.memory = aligned((size,), numpy.uint8)
    return numpy.ndarray(shape, dtype, held.memory)


def by_long_rows(length: int) -> None:
    """Have a number for each row broadcast without a copy, until the `quiet` function ends that calls this.

    NumPy writes such numbers out in a buffer of 8,192 wherever rows are shorter. With a buffer that is shorter than a
    row it goes row by row, in two thirds of the time.
    """
    if length >= LONG:
        numpy.setbufsize(min(512, length // 16 * 16))
