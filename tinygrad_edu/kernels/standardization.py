"""Centring and scaling groups of elements to mean 0 and variance 1, and the gradients: batch, layer, group norm.

Layer norms, whose groups are rows, have `rows.py`; the others are here.

The array is seen in the shape `layout.view`; some of its dimensions, the last one among them, are normalised over, the
others number the groups. It is walked through in blocks that stay in the cache: once for the sums along the last
dimension, of which all others are made, and once for the result, a multiple of each element plus a number. Sums are
products with a vector of ones, because BLAS sums three times as fast as `add.reduce`. float16 is computed in float32.
"""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from . import rows
from .constants import constant_for
from .memory import by_long_rows
from .quiet import quiet
from .softmax import ones

__all__ = ["Layout", "gradients", "inverse_deviations", "moments", "standardized", "standardized_by"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: 256 KB, and the few temporaries of that size, stay in the cache
SHORT = 32  # a sum of fewer numbers costs BLAS more to start than to compute
FAR = 30  # standard deviations from 0 at which x - mean is taken first, lest its digits cancel


class Layout(NamedTuple):
    """How arrays are seen: the data's shape, that of weight and bias, and the dimensions to normalise over."""

    view: tuple[int, ...]
    spot: tuple[int, ...]
    dims: tuple[int, ...]

    def kept(self) -> tuple[int, ...]:
        """The shape of the groups' statistics: 1 in place of the dimensions that are normalised over."""
        return tuple([1 if d in self.dims else n for d, n in enumerate(self.view)])

    def size(self) -> int:
        """How many elements a group has."""
        return math.prod([self.view[d] for d in self.dims])

    def by_rows(self) -> bool:
        """Whether the groups are rows, as in a layer norm."""
        return len(self.view) == 2

    def blocks(self) -> list[slice]:
        """Stretches of the first dimension, at least one."""
        return stretches(self.view, BLOCK)


@lru_cache(1024)
def stretches(view: tuple[int, ...], block: int) -> list[slice]:
    """Stretches of the first dimension that hold about so many elements, at least one."""
    step = max(1, block * view[0] // max(1, math.prod(view)))
    return [slice(start, start + step) for start in range(0, max(1, view[0]), step)]


def working_dtype(x: Array) -> Any:
    """The dtype to compute in."""
    return numpy.dtype(numpy.float32) if x.dtype.char == "e" else x.dtype


def stretch(array: Array, part: slice) -> Array:
    """What of an array that broadcasts against the data belongs to a block of it."""
    return array[part] if len(array) > 1 else array


def sums(x: Array) -> Array:
    """The sums along the last dimension, which is kept."""
    if x.shape[-1] < SHORT:
        return x if x.shape[-1] == 1 else numpy.add.reduce(x, axis=-1, keepdims=True)
    return x @ ones(x.shape[-1], x.dtype.char)


def dots(x: Array, y: Array) -> Array:
    """The sums of products along the last dimension, which is kept."""
    if x.shape[-1] < SHORT:
        return sums(x * y)
    return numpy.vecdot(x, y)[..., None]


def summed_to(shape: tuple[int, ...], x: Array) -> Array:
    """x summed over the dimensions in which `shape` has 1."""
    if x.shape == shape:
        return x
    dims = tuple([d for d, n in enumerate(shape) if n == 1 and x.shape[d] != 1])
    return x.sum(axis=dims, keepdims=True)


def joined(parts: list[Array]) -> Array:
    """The parts one after the other; a single one as it is."""
    return parts[0] if len(parts) == 1 else numpy.concatenate(parts)


class Blocks:
    """The data block by block in the dtype to compute in, less the groups' means where these are far from 0."""

    def __init__(self, x: Array, layout: Layout, mean: Array | None = None, rstd: Array | None = None) -> None:
        self.seen = x.reshape(layout.view)
        self.layout = layout
        self.dtype = working_dtype(x)
        self.taken: Array | None = None
        self.centre: Any = mean  # the groups' means, or 0 where they are taken away
        if mean is not None and (rstd is None or (numpy.abs(mean * rstd) > FAR).any()):
            self.taken, self.centre = mean, numpy.zeros_like(mean)

    def __getitem__(self, part: slice) -> Array:
        values = self.seen[part].astype(self.dtype, copy=False)
        return values if self.taken is None else values - stretch(self.taken, part)

    def runs(self, other: "Blocks") -> tuple[Array, Array]:
        """The sums along the last dimension of another array, and of its products with this one."""
        totals, products = [], []
        for part in self.layout.blocks():
            values = other[part]
            totals.append(sums(values))
            products.append(dots(values, values if other is self else self[part]))
        return joined(totals), joined(products)


@quiet
def moments(x: Array, layout: Layout) -> tuple[Array, Array]:
    """The mean and the variance of each group; `-> layout.kept()`."""
    if layout.by_rows():
        return rows.moments(x.reshape(layout.view))
    mean, var = moments_of(Blocks(x, layout))
    if (mean * mean > 4 * var).any():  # again, centred: the digits of the variance canceled
        rest, var = moments_of(Blocks(x, layout, mean))
        mean = mean + rest
    return mean, var


def moments_of(blocks: Blocks) -> tuple[Array, Array]:
    """The mean of each group, and its mean square less the mean's square."""
    kept, n = blocks.layout.kept(), blocks.layout.size()
    total, square = blocks.runs(blocks)
    mean = summed_to(kept, total) / n
    return mean, summed_to(kept, square) / n - mean * mean


@quiet
def inverse_deviations(var: Array, eps: float) -> Array:
    """1 / sqrt(var + eps)."""
    deviations = var + constant_for(var, eps)
    numpy.sqrt(deviations, deviations)
    return numpy.reciprocal(deviations, deviations)


@quiet
def standardized(x: Array, weight: Array, bias: Array, layout: Layout, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias, each group with its statistics."""
    if layout.by_rows():
        return rows.standardized(x, weight.ravel(), bias.ravel(), mean, rstd)
    blocks = Blocks(x, layout, mean, rstd)
    w, b = (a.reshape(layout.spot).astype(blocks.dtype, copy=False) for a in (weight, bias))
    out = numpy.empty(layout.view, x.dtype)
    direct = blocks.dtype == x.dtype
    factors = rstd * w
    shifts = b - blocks.centre * factors
    by_long_rows(layout.view[-1])
    for part in layout.blocks():
        result = numpy.multiply(blocks[part], stretch(factors, part), out=out[part] if direct else None)
        numpy.add(result, stretch(shifts, part), out=out[part], casting="same_kind")
    return out.reshape(x.shape)


@quiet
def standardized_by(x: Array, weight: Array, bias: Array, mean: Array, var: Array, eps: float) -> Array:
    """(x - mean) / sqrt(var + eps) * weight + bias, each channel with its numbers."""
    batch, channels, n = len(x), x.shape[1], math.prod(x.shape[2:])
    factor = weight / numpy.sqrt(var + eps)
    shift = bias - mean * factor
    if batch > 4 and channels * n <= BLOCK:
        # one image's multiples written out: broadcasting a number over each short row takes up to twice as long
        view: tuple[int, ...] = batch, channels * n
        factor, shift = numpy.repeat(factor, n), numpy.repeat(shift, n)
    else:
        view = batch, channels, n
        factor, shift = factor[:, None], shift[:, None]
        by_long_rows(n)
    seen, out = x.reshape(view), numpy.empty(view, x.dtype)
    for part in Layout(view, (), ()).blocks():
        result = numpy.multiply(seen[part], factor, out[part])
        result += shift
    return out.reshape(x.shape)


@quiet
def gradients(
    g: Array, x: Array, weight: Array, layout: Layout, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias, the statistics being functions of x."""
    if layout.by_rows():
        gx, gw, gb = rows.gradients(g, x, weight.ravel(), mean, rstd)
        return (gx, gw, gb) if weight.ndim == 1 else (gx, gw.reshape(weight.shape), gb.reshape(weight.shape))
    n, kept = layout.size(), layout.kept()
    if not n:  # the statistics of nothing are NaN, and not part of any gradient
        return numpy.zeros_like(x), numpy.zeros_like(weight), numpy.zeros_like(weight)
    blocks, incoming = Blocks(x, layout, mean, rstd), Blocks(g, layout)
    w = weight.reshape(layout.spot).astype(blocks.dtype, copy=False)
    gx = numpy.empty(x.shape, x.dtype)
    into = gx.reshape(layout.view)
    direct = blocks.dtype == x.dtype
    total, along = blocks.runs(incoming)
    along -= blocks.centre * total
    gw, gb = (
        summed_to(layout.spot, a).reshape(weight.shape).astype(weight.dtype, copy=False) for a in (rstd * along, total)
    )
    each = rstd / -n
    slopes = summed_to(kept, w * along) * each * rstd * rstd  # of rstd * (w g - mean(w g) - y mean(w g y)) in x
    constants = summed_to(kept, w * total) * each - blocks.centre * slopes
    factors = rstd * w
    by_long_rows(layout.view[-1])
    for part in layout.blocks():
        term = incoming[part] * stretch(factors, part)
        result = numpy.multiply(blocks[part], stretch(slopes, part), out=into[part] if direct else None)
        result += term
        numpy.add(result, stretch(constants, part), out=into[part], casting="same_kind")
    return gx, gw, gb
