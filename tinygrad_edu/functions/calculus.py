"""Differences, integrals and derivatives of sampled functions."""

from collections.abc import Sequence
from typing import Any

from ..dtypes import bool_
from ..errors import ShapeError
from ..ops.indexing import getitem
from ..tensor import Tensor, method
from .creation import zeros
from .cumulative import cumsum
from .dims import as_dim, as_dims
from .joining import cat
from .reduction import numpy_names

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


def part(x: Tensor, dim: int, start: int | None, stop: int | None = None) -> Tensor:
    """x[start:stop] along a dimension."""
    return getitem(x, index=(slice(None),) * dim + (slice(start, stop),))


@method
@numpy_names
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """x[i + 1] - x[i] along a dimension, n times over; `(.., N, ..) -> (.., N - n, ..)`; of bools, where they differ.

    Raises:
        RuntimeError: n is negative, or the Tensor has no dimensions.
        ShapeError: what is put in front or behind does not fit.
    """
    if n < 0 or not input.ndim:
        raise RuntimeError(f"diff needs n >= 0 and a Tensor with dimensions, got n={n} and shape {input.shape}")
    dim = as_dim(dim, input.ndim)
    beside = [x for x in (prepend, input, append) if x is not None]
    if any(x.ndim != input.ndim for x in beside):
        raise ShapeError(f"diff: what goes in front or behind needs {input.ndim} dimensions, as {input.shape} has")
    if n == 0:
        return input.clone()
    x = cat(beside, dim) if len(beside) > 1 else input
    for _ in range(min(n, x.shape[dim])):
        left, right = part(x, dim, None, -1), part(x, dim, 1)
        x = right != left if x.dtype == bool_ else right - left
    return x


def samples(y: Tensor, dim: int, name: str) -> int:
    """The dimension to integrate over, counted from the left.

    Raises:
        IndexError: there is none.
        RuntimeError: the samples are bools.
    """
    if not y.ndim:
        raise IndexError(f"{name} needs a Tensor with dimensions")
    if y.dtype == bool_:
        raise RuntimeError(f"{name} is for numbers, got bools")
    return as_dim(dim, y.ndim)


def steps(y: Tensor, x: Tensor, dim: int, name: str) -> Tensor:
    """The distances between the points x of samples y, made to broadcast with them.

    Raises:
        ShapeError: a 1-d x does not have a point for each sample.
    """
    if x.ndim == 1:  # the points along dim
        if len(x) != y.shape[dim]:
            raise ShapeError(f"{name} needs a point x for each of {y.shape[dim]} samples, got {len(x)}")
        x = x.reshape([-1 if d == dim else 1 for d in range(y.ndim)])
    elif x.ndim < y.ndim:
        x = x.reshape((1,) * (y.ndim - x.ndim) + x.shape)
    return part(x, dim, 1) - part(x, dim, None, -1)


def one_spacing(x: Any, dx: Any, name: str) -> float:
    """The distance between all samples.

    Raises:
        TypeError: points are given too.
    """
    if x is not None and dx is not None:
        raise TypeError(f"{name} takes the points x or their distance dx, not both")
    return 1.0 if dx is None else float(dx)


def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    r"""$\sum_i \frac{1}{2} (y_i + y_{i+1}) (x_{i+1} - x_i)$ along a dimension; `(.., N, ..) -> (.., ..)`.

    Raises:
        RuntimeError: the samples are bools.
        ShapeError: there is not a point for each sample.
    """
    spacing = one_spacing(x, dx, "trapezoid")
    dim = samples(y, dim, "trapezoid")
    if not y.shape[dim]:
        return zeros(y.shape[:dim] + y.shape[dim + 1 :], dtype=y.dtype)
    if x is not None:
        return ((part(y, dim, None, -1) + part(y, dim, 1)) * steps(y, x, dim, "trapezoid")).sum(dim) / 2.0
    return (y.sum(dim) - (y.select(dim, 0) + y.select(dim, -1)) * 0.5) * spacing


trapz = trapezoid


def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The trapezoid rule's integral up to each sample but the first; `(.., N, ..) -> (.., N - 1, ..)`.

    Raises:
        RuntimeError: the samples are bools.
        ShapeError: there is not a point for each sample.
    """
    spacing = one_spacing(x, dx, "cumulative_trapezoid")
    dim = samples(y, dim, "cumulative_trapezoid")
    pairs = part(y, dim, None, -1) + part(y, dim, 1)
    if x is not None:
        return cumsum(pairs * steps(y, x, dim, "cumulative_trapezoid"), dim) / 2.0
    return cumsum(pairs * (spacing / 2.0), dim)


@numpy_names
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The derivative along each dimension, estimated from samples: central differences, one-sided at the edges.

    `spacing` is the distance between samples, or a sequence with a distance or a Tensor of coordinates for each
    dimension. The error is of second order inside, and of order `edge_order` (1 or 2) at the edges.

    Raises:
        RuntimeError: a dimension has too few samples, or the spacings do not match the dimensions.
    """
    if dim is not None and not input.ndim:
        raise IndexError(f"gradient: a Tensor without dimensions has no dimension {dim}")
    dims = tuple(range(input.ndim)) if dim is None else (as_dims(dim, input.ndim) or ())
    spacings = spacing if isinstance(spacing, Sequence) else [1 if spacing is None else spacing] * len(dims)
    if edge_order not in (1, 2) or len(spacings) != len(dims) or input.dtype.kind in "ub":
        raise RuntimeError(
            f"gradient takes edge_order 1 or 2, one spacing or one for each of {len(dims)} dimensions, and signed "
            f"numbers; got edge_order={edge_order}, {len(spacings)} spacings and {input.dtype}"
        )
    if any(input.shape[d] <= edge_order for d in dims):
        raise RuntimeError(f"gradient needs {edge_order + 1} samples along each of {dims}, got shape {input.shape}")
    return tuple([slope(input, d, step, edge_order) for d, step in zip(dims, spacings, strict=True)])


def slope(x: Tensor, dim: int, spacing: Any, edge_order: int) -> Tensor:
    """The estimated derivative along one dimension: that of the parabola through each three samples in a row."""
    before: Any
    after: Any
    if isinstance(spacing, Tensor) and spacing.ndim:
        if spacing.shape != (x.shape[dim],):
            raise ShapeError(f"gradient needs a coordinate for each of {x.shape[dim]} samples, got {spacing.shape}")
        h = steps(x, spacing, dim, "gradient")
        secants = diff(x, 1, dim) / h
        before, after = part(h, dim, None, -1), part(h, dim, 1)
        bend = diff(secants, 1, dim) / (before + after)
        inside = part(secants, dim, None, -1) + before * bend
    else:
        before = after = float(spacing)
        secants = diff(x, 1, dim) / before
        bend = diff(secants, 1, dim) / (2 * before)
        inside = (part(x, dim, 2) - part(x, dim, None, -2)) / before / 2  # the sample between the two does not matter
    start, end = part(secants, dim, None, 1), part(secants, dim, -1)
    if edge_order == 2:
        start, end = start - part(before * bend, dim, None, 1), end + part(after * bend, dim, -1)
    return cat([start, inside, end], dim)
