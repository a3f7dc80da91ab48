"""Pooling in NumPy, tap by tap: tap k of all windows at once is a strided slice, so a pooling is a few operations.

`size` says how many windows, or at an adjoint how many values, each dimension has. The pooled dimensions are the last.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy
from numpy.typing import NDArray

from .windows import Sizes, Window, inside, reach

__all__ = ["average", "pick", "places", "route", "spread", "top"]

Array = NDArray[Any]
Index = tuple[Any, ...]
Spans = list[tuple[slice, slice]]
Divisor = int | Array

BLOCK = 1 << 17  # numbers in a block of examples: as each is read many times, it had better stay in the cache


@lru_cache(4096)
def spans(sizes: Sizes, windows: Sizes, window: Window) -> list[Spans]:
    """For each dimension and tap, the windows in which the tap lies inside of x, and where it lies there."""
    return [
        [inside(d * tap - p, s, count, n) for tap in range(k)]
        for n, count, k, s, p, d in zip(sizes, windows, *window, strict=True)
    ]


def along(dim: int, part: slice) -> Index:
    """The index of a part of one dimension, which is counted from the right: -1, -2, ..."""
    return (..., part, *[slice(None)] * (-1 - dim))


def resized(shape: Sizes, dim: int, size: int) -> Sizes:
    """The shape with another size of one dimension, which is counted from the right."""
    return (*shape[:dim], size, *shape[len(shape) + dim + 1 :])


def fold(operation: numpy.ufunc, identity: float, x: Array, window: Window, size: Sizes) -> Array:
    """The windows of x reduced by an operation, one dimension after the other."""
    dims, x = len(size), numpy.ascontiguousarray(x)
    for dim, taps in enumerate(spans(x.shape[-dims:], size, window), start=-dims):
        whole = slice(0, size[dim])
        (to, source), *others = sorted(taps, key=lambda tap: tap[0] != whole)
        first = x[along(dim, source)]
        if others and to == others[0][0] == whole:
            # two taps that are in every window start the result without a pass to set it up
            out = operation(first, x[along(dim, others.pop(0)[1])])
        else:
            out = numpy.full(resized(x.shape, dim, size[dim]), identity, x.dtype)
            out[along(dim, to)] = first
        for to, source in others:
            part = out[along(dim, to)]
            operation(part, x[along(dim, source)], out=part)
        x = out
    return x


def claim(free: Array, won: Array) -> Array:
    """Where a tap wins a window that is still free, which it then no longer is."""
    won &= free
    free ^= won
    return won


def winners(x: Array, peak: Array, window: Window) -> Iterator[tuple[Index, Index, Array, bool]]:
    """For each block and tap: its windows, its places in x, in which windows it won, and whether it was here before.

    The first of equal values wins in row-major order, and the last NaN, which is PyTorch's rule.
    """
    dims = len(window.kernel)
    taps = [tuple(zip(*tap, strict=True)) for tap in product(*spans(x.shape[-dims:], peak.shape[-dims:], window))]
    count = max(1, BLOCK * len(x) // max(1, x.size))
    for first in range(0, len(x), count):
        block = slice(first, first + count)
        free = numpy.ones(peak[block].shape, bool)
        for to, source in taps:
            here, there = (block, ..., *to), (block, ..., *source)
            yield here, there, claim(free[(..., *to)], x[there] == peak[here]), False
        if free.any():  # NaN equals nothing
            for to, source in reversed(taps):
                here, there = (block, ..., *to), (block, ..., *source)
                yield here, there, claim(free[(..., *to)], numpy.isnan(x[there])), True


def top(x: Array, window: Window, size: Sizes) -> Array:
    """The largest value of each window."""
    lowest = -numpy.inf if x.dtype.kind == "f" else numpy.iinfo(x.dtype).min
    return fold(numpy.maximum, lowest, x, window, size)


def route(y: Array, x: Array, peak: Array, window: Window) -> Array:
    """Each y added where its window of x has its peak."""
    routed = numpy.zeros(x.shape, y.dtype)
    # Multiplied as integers, 1 keeps the bits and 0 clears them: as floats, 0 times infinity would be NaN.
    bits = y.view(f"i{y.dtype.itemsize}")
    apart = all(reach(k, d) <= s for k, s, d in zip(window.kernel, window.stride, window.dilation, strict=True))
    written = routed.view(bits.dtype)
    for to, source, won, again in winners(x, peak, window):
        if apart and not again:  # a value is in one window at most
            numpy.multiply(bits[to], won, out=written[source])
        else:
            part = routed[source]
            part += (bits[to] * won).view(y.dtype)
    return routed


def pick(y: Array, x: Array, peak: Array, window: Window) -> Array:
    """The y where each window of x has its peak."""
    picked = numpy.zeros(peak.shape, y.dtype)
    for to, source, won, _ in winners(x, peak, window):
        numpy.copyto(picked[to], y[source], where=won)
    return picked


def places(x: Array, peak: Array, window: Window) -> Array:
    """Where each window of x has its peak, counted through all spatial dimensions."""
    spatial = x.shape[-len(window.kernel) :]
    numbers = numpy.broadcast_to(numpy.arange(prod(spatial)).reshape(spatial), x.shape)
    return pick(numbers, x, peak, window)


def widened(x: Array) -> Array:
    """float16 as float32, in which its sums neither overflow nor lose digits."""
    return x.astype(numpy.float32) if x.dtype.char == "e" else x


def average(x: Array, window: Window, size: Sizes, divisor: Divisor) -> Array:
    """The sum of each window over the divisor."""
    sums = fold(numpy.add, 0, widened(x), window, size)
    return (sums / numpy.asarray(divisor, sums.dtype)).astype(x.dtype, copy=False)


def spread(y: Array, window: Window, size: Sizes, divisor: Divisor) -> Array:
    """Each y, over the divisor, added to all of its window."""
    x = widened(y)
    x = x / numpy.asarray(divisor, x.dtype)
    dims = len(size)
    for dim, taps in reversed(list(enumerate(spans(size, y.shape[-dims:], window), start=-dims))):
        whole = numpy.zeros(resized(x.shape, dim, size[dim]), x.dtype)
        for to, source in taps:
            part = whole[along(dim, source)]
            part += x[along(dim, to)]
        x = whole
    return x.astype(y.dtype, copy=False)
