"""Centring and scaling groups of elements to mean 0 and variance 1, and the gradients: batch, layer, group norm.

The array is seen in the shape `layout.view`, in which some dimensions are normalised over and the others number the
groups. All work is done group by group in blocks that stay in the cache, as rows `(groups, n)`; sums are products with
a vector of ones, because BLAS sums three times as fast as `add.reduce`. float16 is computed in float32.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

__all__ = ["Layout", "gradients", "moments", "standardized"]

Array = NDArray[Any]

BLOCK = 1 << 15  # float32 numbers: 128 KB, and the few temporaries of that size, stay in the cache


class Layout(NamedTuple):
    """How arrays are seen: the data's shape, that of weight and bias, and the dimensions to normalise over."""

    view: tuple[int, ...]
    spot: tuple[int, ...]
    dims: tuple[int, ...]

    def order(self) -> tuple[int, ...]:
        """The dimensions, those to normalise over being last."""
        return tuple([d for d in range(len(self.view)) if d not in self.dims]) + self.dims

    def kept(self) -> tuple[int, ...]:
        """The shape of the groups' statistics: 1 in place of the dimensions that are normalised over."""
        return tuple([1 if d in self.dims else n for d, n in enumerate(self.view)])


class Blocks:
    """Arrays walked through together, block by block, as rows of groups."""

    def __init__(self, layout: Layout, dtype: Any) -> None:
        self.layout = layout
        self.dtype = numpy.dtype(numpy.float32 if dtype.char == "e" else dtype)
        self.order = layout.order()
        self.shape = tuple([layout.view[d] for d in self.order])
        tail = len(self.shape) - len(layout.dims)
        self.tail = self.shape[tail:]
        self.n = int(numpy.prod(self.tail))
        self.groups = int(numpy.prod(self.shape[1:tail]))  # of one step along the first dimension
        self.ones = numpy.ones(self.n, self.dtype)

    def parts(self) -> Iterator[slice]:
        """Stretches of the first dimension."""
        count = self.shape[0] if self.n else 0
        step = max(1, BLOCK // max(1, self.groups * self.n))
        return (slice(start, start + step) for start in range(0, count, step))

    def seen(self, array: Array) -> Array:
        """The data with the dimensions to normalise over last."""
        return array.reshape(self.layout.view).transpose(self.order)

    def beside(self, array: Array) -> Array:
        """Weight or bias, of which a stretch broadcasts against the data's."""
        return array.reshape(self.layout.spot).transpose(self.order).astype(self.dtype, copy=False)

    def rows(self, seen: Array, part: slice) -> Array:
        """A block of the data as rows; not a copy where that can be helped."""
        return seen[part].astype(self.dtype, copy=False).reshape(-1, self.n)

    def stretch(self, beside: Array, part: slice) -> Array:
        """What of weight or bias belongs to a block."""
        return beside[part] if len(beside) > 1 else beside

    def statistics(self, array: Array, part: slice) -> Array:
        """The statistics of a block's groups, as a column."""
        return array.reshape(-1, 1)[part.start * self.groups : part.stop * self.groups]


def dots(x: Array, y: Array) -> Array:
    """The scalar product of each row with its partner."""
    return (x[:, None, :] @ y[:, :, None])[:, 0]


@numpy.errstate(all="ignore")
def moments(x: Array, layout: Layout) -> tuple[Array, Array]:
    """The mean and the variance of each group; `-> layout.kept()`."""
    blocks = Blocks(layout, x.dtype)
    mean, var = (numpy.full(layout.kept(), numpy.nan, blocks.dtype) for _ in range(2))
    seen = blocks.seen(x)
    for part in blocks.parts():
        rows = blocks.rows(seen, part)
        centre = (rows @ blocks.ones)[:, None] / blocks.n
        rows = rows - centre
        # the mean of what is left is the rounding error of the first one
        rest = (rows @ blocks.ones)[:, None] / blocks.n
        blocks.statistics(mean, part)[...] = centre + rest
        blocks.statistics(var, part)[...] = dots(rows, rows) / blocks.n - rest * rest
    return mean, var


@numpy.errstate(all="ignore")
def standardized(x: Array, weight: Array, bias: Array, layout: Layout, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias, each group with its statistics."""
    blocks = Blocks(layout, x.dtype)
    seen, weights, biases = blocks.seen(x), blocks.beside(weight), blocks.beside(bias)
    by_group = layout_is_by_group(layout)
    out = numpy.empty(x.shape, x.dtype)
    target = blocks.seen(out)
    for part in blocks.parts():
        rows = blocks.rows(seen, part) - blocks.statistics(mean, part)
        w, scale = blocks.stretch(weights, part), blocks.statistics(rstd, part)
        if by_group:
            rows *= w.reshape(-1, 1) * scale
            result = rows.reshape(-1, *blocks.shape[1:])
        else:
            rows *= scale
            result = rows.reshape(-1, *blocks.shape[1:])
            result *= w
        numpy.add(result, blocks.stretch(biases, part), out=target[part], casting="same_kind")
    return out


def layout_is_by_group(layout: Layout) -> bool:
    """Whether each group has a weight of its own and nothing is to be repeated: as for a batch norm."""
    return layout.spot == layout.kept()


@numpy.errstate(all="ignore")
def gradients(
    g: Array, x: Array, weight: Array, layout: Layout, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias, the statistics being functions of x."""
    blocks = Blocks(layout, x.dtype)
    seen, incoming, weights = blocks.seen(x), blocks.seen(g), blocks.beside(weight)
    by_group = layout_is_by_group(layout)
    gx = numpy.empty(x.shape, x.dtype)
    gw, gb = (numpy.zeros(weights.shape, blocks.dtype) for _ in range(2))
    target = blocks.seen(gx)
    for part in blocks.parts():
        y = blocks.rows(seen, part) - blocks.statistics(mean, part)
        scale = blocks.statistics(rstd, part)
        rows = blocks.rows(incoming, part)
        w = blocks.stretch(weights, part)
        if by_group:
            total, along = (rows @ blocks.ones)[:, None], dots(rows, y)
            blocks.stretch(gb, part)[...] += total.reshape(w.shape)
            blocks.stretch(gw, part)[...] += (along * scale).reshape(w.shape)
            scale = scale * w.reshape(-1, 1)
            along *= blocks.statistics(rstd, part) ** 2
        else:
            y *= scale
            wide = (-1, *blocks.shape[1:])
            full, ys = rows.reshape(wide), y.reshape(wide)
            add_summed(blocks.stretch(gb, part), full)
            add_summed(blocks.stretch(gw, part), full * ys)
            rows = (full * w).reshape(rows.shape)
            total, along = (rows @ blocks.ones)[:, None], dots(rows, y)
        y *= along / -blocks.n
        y += rows
        y -= total / blocks.n
        y *= scale
        target[part] = y.reshape(-1, *blocks.shape[1:])
    back = tuple(numpy.argsort(blocks.order))
    gw, gb = (a.transpose(back).reshape(weight.shape).astype(weight.dtype, copy=False) for a in (gw, gb))
    return gx, gw, gb


def add_summed(target: Array, values: Array) -> None:
    """Add to an array what broadcasting it to these values would have repeated."""
    dims = tuple([d for d, n in enumerate(target.shape) if n == 1 and values.shape[d] != 1])
    if dims and dims[-1] == len(dims) - 1:  # leading ones: one product of a vector and a matrix
        lead = int(numpy.prod(values.shape[: len(dims)]))
        sums = numpy.ones(lead, values.dtype) @ values.reshape(lead, -1)
        target += sums.reshape(target.shape)
    else:
        target += values.sum(axis=dims, keepdims=True)
