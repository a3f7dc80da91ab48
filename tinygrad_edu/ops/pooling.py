"""Pooling over windows of the last dimensions, one or more coming before: the largest value, or the mean.

The windows are taken tap by tap: tap k of all windows at once is a strided slice of x, so that a pooling is a few
operations on whole slices. Settings are tuples with one number for each spatial dimension.
"""

from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import product
from math import prod
from typing import Any

import numpy
from numpy.typing import NDArray

from ..errors import ShapeError
from ..primitive import primitive
from .windows import Sizes, inside, reach

__all__ = ["avg_pool", "avg_pool_input", "max_pool", "max_pool_indices", "max_pool_pick", "max_pool_route"]

Array = NDArray[Any]
Spans = tuple[tuple[slice, slice], ...]

BLOCK = 1 << 17  # numbers in a block of examples: as each is read many times, it had better stay in the cache


@lru_cache(4096)
def pooled_size(shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool) -> Sizes:
    """How many windows there are along each spatial dimension.

    With `ceil_mode` the last window may hang over the end, as long as it starts inside of x or its left padding.

    Raises:
        ShapeError: the settings do not fit each other, or no window fits.
    """
    told = f"kernel_size={kernel}, stride={stride}, padding={padding}, dilation={dilation}"
    if min(kernel) < 1 or min(stride) < 1 or min(dilation) < 1:
        raise ShapeError(f"kernel_size, stride and dilation must be 1 or more, got {told}")
    reaches = tuple(map(reach, kernel, dilation))
    if any(not 0 <= p <= r // 2 for p, r in zip(padding, reaches, strict=True)):
        raise ShapeError(f"padding must be 0 or more and at most half of what the kernel spans, {reaches}; got {told}")
    size = []
    for n, s, p, r in zip(shape[-len(kernel) :], stride, padding, reaches, strict=True):
        count = (n + 2 * p - r + (s - 1 if ceil_mode else 0)) // s + 1
        size.append(count - 1 if ceil_mode and (count - 1) * s >= n + p else count)
    if min(size) < 1:
        raise ShapeError(f"input {shape} is too small for windows that span {reaches}; got {told}")
    return tuple(size)


@lru_cache(4096)
def spans(n: int, kernel: int, stride: int, padding: int, dilation: int, size: int) -> Spans:
    """For each tap of one dimension, the windows in which it lies inside of x, and where it lies there."""
    return tuple(inside(dilation * k - padding, stride, size, n) for k in range(kernel))


def along(dim: int, part: slice) -> tuple[Any, ...]:
    """The index of a part of one dimension, which is counted from the right: -1, -2, ..."""
    return (..., part, *[slice(None)] * (-1 - dim))


def fold(operation: numpy.ufunc, identity: float, x: Array, axes: list[Spans], size: Sizes) -> Array:
    """The windows of x reduced by an operation, one dimension after the other."""
    for i, axis in enumerate(axes, start=-len(axes)):
        whole = slice(0, size[i])
        (to, source), *others = sorted(axis, key=lambda span: span[0] != whole)
        first = x[along(i, source)]
        if others and to == others[0][0] == whole:
            # two taps that are in every window start the result without a pass to set it up
            out = operation(first, x[along(i, others.pop(0)[1])])
        else:
            out = numpy.full((*x.shape[:i], size[i], *x.shape[x.ndim + i + 1 :]), identity, x.dtype)
            out[along(i, to)] = first
        for to, source in others:
            part = out[along(i, to)]
            operation(part, x[along(i, source)], out=part)
        x = out
    return x


def axes_of(shape: Sizes, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> list[Spans]:
    """The spans of every spatial dimension."""
    return list(map(spans, shape[-len(kernel) :], kernel, stride, padding, dilation, size))


def winners(
    x: Array, peak: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Iterator[tuple[Any, Any, Array]]:
    """For each block and tap: its windows, its places in x, and in which of the windows it is the one that won.

    The first of equal values wins in row-major order, and the last NaN, which is PyTorch's rule.
    """
    axes = axes_of(x.shape, peak.shape[-len(kernel) :], kernel, stride, padding, dilation)
    taps = [tuple(zip(*tap, strict=True)) for tap in product(*axes)]
    count = max(1, BLOCK * len(x) // max(1, x.size))
    for first in range(0, len(x), count):
        block = slice(first, first + count)
        free = numpy.ones(peak[block].shape, bool)
        for to, source in taps:
            waiting = free[(..., *to)]
            won = x[(block, ..., *source)] == peak[(block, ..., *to)]
            won &= waiting
            waiting ^= won
            yield (block, ..., *to), (block, ..., *source), won
        if free.any():  # NaN equals nothing
            for to, source in reversed(taps):
                waiting, values = free[(..., *to)], x[(block, ..., *source)]
                won = values != values
                won &= waiting
                waiting ^= won
                yield (block, ..., *to), (block, ..., *source), won


@primitive(formula=r"\bar{x} = \mathrm{route}(\bar{y})")
def max_pool(x: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, ceil_mode: bool = False) -> Any:
    """The largest value of each window, NaN if it holds one; `(.., *spatial) -> (.., *out)`.

    Of equal values the first in row-major order gets the gradient.
    """
    if x.dtype.kind not in "iuf":
        raise TypeError(f"max-pooling takes integers or floats, got {x.dtype}")
    size = pooled_size(x.shape, kernel, stride, padding, dilation, ceil_mode)
    lowest = -numpy.inf if x.dtype.kind == "f" else numpy.iinfo(x.dtype).min
    return fold(numpy.maximum, lowest, x, axes_of(x.shape, size, kernel, stride, padding, dilation), size)


@primitive(formula=r"\bar{y} = \mathrm{pick}(\bar{z})")
def max_pool_route(y: Any, x: Any, peak: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    """Each y added where its window of x has the largest value, `peak`; `(.., *out) -> (.., *spatial)`."""
    routed = numpy.zeros(x.shape, y.dtype)
    # Multiplied as integers, 1 keeps the bits and 0 clears them: as floats, 0 times infinity would be NaN.
    bits = y.view(f"i{y.dtype.itemsize}")
    for to, source, won in winners(x, peak, kernel, stride, padding, dilation):
        part = routed[source]
        part += (bits[to] * won).view(y.dtype)
    return routed


@primitive(formula=r"\bar{y} = \mathrm{route}(\bar{z})")
def max_pool_pick(y: Any, x: Any, peak: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    """The y where each window of x has its largest value, `peak`; `(.., *spatial) -> (.., *out)`; adjoint of route."""
    picked = numpy.zeros(peak.shape, y.dtype)
    for to, source, won in winners(x, peak, kernel, stride, padding, dilation):
        numpy.copyto(picked[to], y[source], where=won)
    return picked


@primitive
def max_pool_indices(x: Any, peak: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes) -> Any:
    """Where each window of x has its largest value, `peak`, counted through all spatial dimensions; `-> (.., *out)`."""
    dims = len(kernel)
    places = numpy.broadcast_to(numpy.arange(prod(x.shape[-dims:])).reshape(x.shape[-dims:]), x.shape)
    indices = numpy.zeros(peak.shape, numpy.int64)
    for to, source, won in winners(x, peak, kernel, stride, padding, dilation):
        numpy.copyto(indices[to], places[source], where=won)
    return indices


max_pool.vjp(
    x=lambda g, x, out, kernel, stride, padding, dilation: max_pool_route(
        g, x, out, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    )
)
max_pool_route.vjp(
    y=lambda g, x, peak, kernel, stride, padding, dilation: max_pool_pick(
        g, x, peak, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
    x=None,
    peak=None,
)
max_pool_pick.vjp(
    y=lambda g, x, peak, kernel, stride, padding, dilation: max_pool_route(
        g, x, peak, kernel=kernel, stride=stride, padding=padding, dilation=dilation
    ),
    x=None,
    peak=None,
)


@lru_cache(256)
def divisors(
    shape: Sizes, size: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, count_include_pad: bool
) -> int | Array:
    """How many values each window's mean is over: one number where they agree, else `(*size)`."""
    counts = []
    for n, windows, k, s, p in zip(shape, size, kernel, stride, padding, strict=True):
        first = numpy.arange(windows) * s - p
        last = numpy.minimum(first + k, n + p)
        counts.append(last - first if count_include_pad else numpy.minimum(last, n) - numpy.maximum(first, 0))
    table: Array = reduce(numpy.multiply.outer, counts)
    return int(table.flat[0]) if (table == table.flat[0]).all() else table


def divided(sums: Array, divisor_override: int | None, *settings: Any) -> Array:
    """The sums of windows, or what is to be spread over windows, by the number of values in each."""
    divisor = divisors(*settings) if divisor_override is None else divisor_override
    means: Array = sums / numpy.asarray(divisor, sums.dtype)
    return means


def widened(x: Array) -> Array:
    """float16 as float32, in which its sums neither overflow nor lose digits."""
    return x.astype(numpy.float32) if x.dtype.char == "e" else x


@primitive(formula=r"\bar{x} = \mathrm{avg\_pool\_input}(\bar{y})")
def avg_pool(
    x: Any,
    *,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """The mean of each window, padding counted as zeros or not at all; `(.., *spatial) -> (.., *out)`."""
    ones = (1,) * len(kernel)
    size = pooled_size(x.shape, kernel, stride, padding, ones, ceil_mode)
    sums = fold(numpy.add, 0, widened(x), axes_of(x.shape, size, kernel, stride, padding, ones), size)
    means = divided(sums, divisor_override, x.shape[-len(kernel) :], size, kernel, stride, padding, count_include_pad)
    return means.astype(x.dtype, copy=False)


@primitive(formula=r"\bar{y} = \mathrm{avg\_pool}(\bar{x})")
def avg_pool_input(
    y: Any,
    *,
    size: Sizes,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Any:
    """Each y spread evenly over its window: the adjoint of avg_pool; `(.., *out) -> (.., *size)`."""
    windows, ones = y.shape[-len(kernel) :], (1,) * len(kernel)
    x = divided(widened(y), divisor_override, size, windows, kernel, stride, padding, count_include_pad)
    axes = axes_of(size, windows, kernel, stride, padding, ones)
    for i in range(-1, -1 - len(kernel), -1):
        spread = numpy.zeros((*x.shape[:i], size[i], *x.shape[x.ndim + i + 1 :]), x.dtype)
        for to, source in axes[i]:
            part = spread[along(i, source)]
            part += x[along(i, to)]
        x = spread
    return x.astype(y.dtype, copy=False)


avg_pool.vjp(
    x=lambda g, x_shape, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool_input(
        g,
        size=x_shape[-len(kernel) :],
        kernel=kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
)
avg_pool_input.vjp(
    y=lambda g, kernel, stride, padding, ceil_mode, count_include_pad, divisor_override: avg_pool(
        g,
        kernel=kernel,
        stride=stride,
        padding=padding,
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
)
