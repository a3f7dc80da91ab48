"""Operations that move elements and compute nothing."""

import math
from collections.abc import Sequence
from typing import Any

import numpy

from ..graph import Graph, UntranslatableError, Value
from ..sizes import Size
from ..table import row
from .indexing import picked

Shape = tuple[Any, ...]
FIRST, LAST = -(1 << 63), (1 << 63) - 1


def fixed(shape: Sequence[Any], what: str) -> tuple[int, ...]:
    """Sizes that do not vary.

    Raises:
        UntranslatableError: one does.
    """
    if any(isinstance(n, Size) for n in shape):
        raise UntranslatableError(f"{what} is only known for sizes that do not vary, and here they are {tuple(shape)}")
    return tuple(shape)


@row
def reshape(g: Graph, x: Value, *, shape: Shape) -> Any:
    return g.reshape(x, shape)


@row
def permute(g: Graph, x: Value, *, dims: Shape) -> Any:
    return g.Transpose(x, perm=[d % x.ndim for d in dims]) if x.ndim else x


@row
def broadcast_to(g: Graph, x: Value, *, shape: Shape) -> Any:
    return g.Expand(x, g.ints(shape)) if shape else x


@row
def sum_to(g: Graph, x: Value, *, shape: Shape) -> Any:
    extra = x.ndim - len(shape)
    summed = [d for d in range(x.ndim) if d < extra or (shape[d - extra] == 1 and x.shape[d] != 1)]
    return g.reshape(g.ReduceSum(x, g.axes(summed), keepdims=1) if summed else x, shape)


@row
def diagonal(g: Graph, x: Value, *, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    dims = (dim1 % x.ndim, dim2 % x.ndim)
    before = [d for d in range(x.ndim) if d not in dims]
    rows, columns = fixed([x.shape[d] for d in dims], "a diagonal")
    down, right = max(-offset, 0), max(offset, 0)
    k = max(min(rows - down, columns - right), 0)
    places = (down + numpy.arange(k)) * columns + right + numpy.arange(k)
    flat = g.reshape(g.Transpose(x, perm=(*before, *dims)), (*[x.shape[d] for d in before], rows * columns))
    return g.Gather(flat, places, axis=len(before))


@row
def unfold(g: Graph, x: Value, *, dim: int, size: int, step: int) -> Any:
    dim %= x.ndim
    (n,) = fixed(x.shape[dim : dim + 1], "a window along a dimension")
    places = numpy.arange(0, n - size + 1, step)[:, None] + numpy.arange(size)
    windows = g.Gather(x, places, axis=dim)
    return g.Transpose(windows, perm=[*[d for d in range(x.ndim + 1) if d != dim + 1], dim + 1])


@row
def flip(g: Graph, x: Value, *, dims: Shape) -> Any:
    n = len(dims)
    return g.Slice(x, *[g.ints([m] * n) for m in (-1, FIRST)], g.axes(dims), g.ints([-1] * n)) if n else x


@row
def pad(g: Graph, x: Value, *, widths: tuple[tuple[Any, Any], ...], value: Any = 0.0) -> Any:
    ends = [before for before, _ in widths] + [after for _, after in widths]
    filling = g.cast(value, x.dtype) if isinstance(value, Value) else g.constant(value, x.dtype)
    return g.Pad(x, g.ints(ends), filling) if ends else x


@row
def cat(g: Graph, *tensors: Value, dim: int) -> Any:
    return g.Concat(*tensors, axis=dim)


@row
def sections(g: Graph, x: Value, *, dim: int, indices: tuple[Any, ...]) -> Any:
    if all(isinstance(s, slice) and isinstance(s.start, int) and isinstance(s.stop, int) for s in indices):
        sizes = [s.stop - s.start for s in indices]
        return g.Split(x, g.ints(sizes), axis=dim, outputs=len(sizes))
    return tuple([picked(g, x, (*[slice(None)] * dim, index)) for index in indices])


@row
def columns(g: Graph, x: Value, *, window: Any, size: Shape, spatial: Shape) -> Any:
    fixed((*size, *spatial), "a window")
    around = [(0, 0), (0, 0), *[(p, p) for p in window.padding]]
    padded = pad(g, x, widths=tuple(around)) if any(window.padding) else x
    tables = [
        (numpy.arange(k) * d)[:, None] + numpy.arange(m) * s
        for k, d, m, s in zip(window.kernel, window.dilation, size, window.stride, strict=True)
    ]
    places = numpy.zeros((1, 1), int)
    for table, n, p in zip(tables, spatial, window.padding, strict=True):
        joined = places[:, None, :, None] * (n + 2 * p) + table[None, :, None, :]
        places = joined.reshape(places.shape[0] * table.shape[0], places.shape[1] * table.shape[1])
    total = math.prod(n + 2 * p for n, p in zip(spatial, window.padding, strict=True))
    found = g.Gather(g.reshape(padded, (*x.shape[:2], total)), places, axis=2)
    return g.reshape(found, (x.shape[0], x.shape[1] * places.shape[0], places.shape[1]))


@row
def from_columns(g: Graph, y: Value, *, window: Any, size: Shape, spatial: Shape) -> Any:
    return g.Col2Im(
        y,
        g.ints(spatial),
        g.ints(window.kernel),
        dilations=window.dilation,
        pads=[*window.padding, *window.padding],
        strides=window.stride,
    )
