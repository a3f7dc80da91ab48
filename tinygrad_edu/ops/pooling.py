"""Pooling over windows of the last dimensions, one or more coming before: the largest value, or the mean.

The windows are taken tap by tap: tap k of all windows at once is a strided slice of x, so that a pooling is a few
operations on whole slices. `size` says how many windows, or at an adjoint how many values, each dimension has.
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy
from numpy.typing import NDArray

from ..primitive import primitive
from .windows import Sizes, Window, inside

__all__ = ["avg_pool", "avg_pool_input", "max_pool", "max_pool_indices", "max_pool_pick", "max_pool_route"]

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
    dims = len(size)
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


def winners(x: Array, peak: Array, window: Window) -> Iterator[tuple[Index, Index, Array]]:
    """For each block and tap: its windows, its places in x, and in which of the windows it is the one that won.

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
            yield here, there, claim(free[(..., *to)], x[there] == peak[here])
        if free.any():  # NaN equals nothing
            for to, source in reversed(taps):
                here, there = (block, ..., *to), (block, ..., *source)
                yield here, there, claim(free[(..., *to)], numpy.isnan(x[there]))


@primitive(formula=r"\bar{x} = \mathrm{max\_pool\_route}(\bar{y}, x)")
def max_pool(x: Any, *, window: Window, size: Sizes) -> Any:
    """The largest value of each window, NaN if it holds one; `(.., *spatial) -> (.., *size)`.

    Of equal values the first in row-major order gets the gradient.
    """
    if x.dtype.kind not in "iuf":
        raise TypeError(f"max-pooling takes integers or floats, got {x.dtype}")
    return fold(numpy.maximum, -numpy.inf if x.dtype.kind == "f" else numpy.iinfo(x.dtype).min, x, window, size)


@primitive(formula=r"\bar{y} = \mathrm{max\_pool\_pick}(\bar{z}, x)")
def max_pool_route(y: Any, x: Any, peak: Any, *, window: Window) -> Any:
    """Each y added where its window of x has the largest value, `peak`; `(.., *out) -> (.., *spatial)`."""
    routed = numpy.zeros(x.shape, y.dtype)
    # Multiplied as integers, 1 keeps the bits and 0 clears them: as floats, 0 times infinity would be NaN.
    bits = y.view(f"i{y.dtype.itemsize}")
    for to, source, won in winners(x, peak, window):
        part = routed[source]
        part += (bits[to] * won).view(y.dtype)
    return routed


@primitive(formula=r"\bar{y} = \mathrm{max\_pool\_route}(\bar{z}, x)")
def max_pool_pick(y: Any, x: Any, peak: Any, *, window: Window) -> Any:
    """The y where each window of x has its largest value, `peak`; `(.., *spatial) -> (.., *out)`; adjoint of route."""
    picked = numpy.zeros(peak.shape, y.dtype)
    for to, source, won in winners(x, peak, window):
        numpy.copyto(picked[to], y[source], where=won)
    return picked


@primitive
def max_pool_indices(x: Any, peak: Any, *, window: Window) -> Any:
    """Where each window of x has its largest value, `peak`, counted through all spatial dimensions; `-> (.., *out)`."""
    spatial = x.shape[-len(window.kernel) :]
    places = numpy.broadcast_to(numpy.arange(prod(spatial)).reshape(spatial), x.shape)
    indices = numpy.zeros(peak.shape, numpy.int64)
    for to, source, won in winners(x, peak, window):
        numpy.copyto(indices[to], places[source], where=won)
    return indices


max_pool.vjp(x=lambda g, x, out, window: max_pool_route(g, x, out, window=window))
max_pool_route.vjp(y=lambda g, x, peak, window: max_pool_pick(g, x, peak, window=window), x=None, peak=None)
max_pool_pick.vjp(y=lambda g, x, peak, window: max_pool_route(g, x, peak, window=window), x=None, peak=None)


def widened(x: Array) -> Array:
    """float16 as float32, in which its sums neither overflow nor lose digits."""
    return x.astype(numpy.float32) if x.dtype.char == "e" else x


@primitive(formula=r"\bar{x} = \mathrm{avg\_pool\_input}(\bar{y})")
def avg_pool(x: Any, *, window: Window, size: Sizes, divisor: Divisor) -> Any:
    """The sum of each window, over the divisor, a number or one for each window; `(.., *spatial) -> (.., *size)`."""
    sums = fold(numpy.add, 0, widened(x), window, size)
    return (sums / numpy.asarray(divisor, sums.dtype)).astype(x.dtype, copy=False)


@primitive(formula=r"\bar{y} = \mathrm{avg\_pool}(\bar{x})")
def avg_pool_input(y: Any, *, window: Window, size: Sizes, divisor: Divisor) -> Any:
    """Each y, over the divisor, added to all of its window: the adjoint of avg_pool; `(.., *out) -> (.., *size)`."""
    x = widened(y)
    x = x / numpy.asarray(divisor, x.dtype)
    dims = len(size)
    for dim, taps in reversed(list(enumerate(spans(size, y.shape[-dims:], window), start=-dims))):
        spread = numpy.zeros(resized(x.shape, dim, size[dim]), x.dtype)
        for to, source in taps:
            part = spread[along(dim, source)]
            part += x[along(dim, to)]
        x = spread
    return x.astype(y.dtype, copy=False)


avg_pool.vjp(
    x=lambda g, x_shape, window, size, divisor: avg_pool_input(
        g, window=window, size=x_shape[-len(size) :], divisor=divisor
    )
)
avg_pool_input.vjp(
    y=lambda g, y_shape, window, size, divisor: avg_pool(g, window=window, size=y_shape[-len(size) :], divisor=divisor)
)
