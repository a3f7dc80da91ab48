"""Counting equal values: distinct ones, and how many fall on each number or into each bin."""

import math
from numbers import Integral
from operator import index
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from ..dtypes import float32, float64
from ..primitive import NO_DERIVATIVE, primitive
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .reduction import numpy_names

__all__ = ["bincount", "histc", "histogram", "unique", "unique_consecutive"]

Array = NDArray[Any]


@method
@numpy_names
def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The distinct elements in order, or the distinct slices of a dimension; every NaN is distinct.

    Asked for, also the index among them of each element, and how often each occurs: a tuple in this order.

    >>> from tinygrad_edu import tensor
    >>> unique(tensor([3, 1, 3]), return_counts=True)
    (tensor([1, 3]), tensor([1, 2]))

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: the slices have no elements.
    """
    rows = as_rows(input, dim, "unique")
    order = numpy.lexsort(rows.T[::-1]) if rows.ndim > 1 else numpy.argsort(rows, kind="stable")
    starts, group, counts = runs(rows[order])
    inverse = numpy.empty(len(rows), numpy.int64)
    inverse[order] = group
    return chosen(input, dim, order[starts], inverse if return_inverse else None, counts if return_counts else None)


@method
@numpy_names
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements, or slices of a dimension, without those that equal the one before; otherwise as unique.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: the slices have no elements.
    """
    starts, group, counts = runs(as_rows(input, dim, "unique_consecutive"))
    return chosen(input, dim, starts, group if return_inverse else None, counts if return_counts else None)


def as_rows(input: Tensor, dim: int | None, name: str) -> Array:
    """The elements in one dimension, or the slices of a dimension as rows of a matrix."""
    x = input._array
    if dim is None:
        return x.reshape(-1)
    if not x.ndim:
        raise IndexError(f"{name}: a Tensor without dimensions has no dimension {dim}")
    dim = as_dim(dim, x.ndim)
    others = x.shape[:dim] + x.shape[dim + 1 :]
    if 0 in others:
        raise RuntimeError(f"{name}: the slices along dimension {dim} of shape {x.shape} have no elements to compare")
    return numpy.moveaxis(x, dim, 0).reshape(x.shape[dim], math.prod(others))


def runs(rows: Array) -> tuple[Array, Array, Array]:
    """(where each run of equal rows starts, the number of the run of each row, the length of each run)."""
    change = rows[1:] != rows[:-1]
    new = numpy.ones(len(rows), bool)
    new[1:] = change.any(1) if rows.ndim > 1 else change
    starts = numpy.flatnonzero(new)
    return starts, numpy.cumsum(new) - 1, numpy.diff(starts, append=len(rows))


def chosen(input: Tensor, dim: int | None, places: Array, inverse: Array | None, counts: Array | None) -> Any:
    """The elements or slices at these places, alone or with what else was asked for."""
    distinct = among(input.reshape(-1) if dim is None else input, places=places, dim=dim or 0)
    if inverse is not None and dim is None:
        inverse = inverse.reshape(input.shape)
    found = [distinct, *[wrap(part) for part in (inverse, counts) if part is not None]]
    return found[0] if len(found) == 1 else tuple(found)


@primitive(formula=NO_DERIVATIVE)
def among(x: Any, *, places: Array, dim: int, xp: Any) -> Any:
    """The slices of x at these places of a dimension, which stand for all that equal them."""
    return xp.take(x, places, dim)


def refuse(g: Any) -> Any:
    """Say that the gradient of distinct elements is not defined.

    Raises:
        NotImplementedError: always.
    """
    raise NotImplementedError("unique and unique_consecutive have no derivative; detach() what they give")


among.vjp(x=refuse)


@method
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each of the numbers 0, 1, 2 ... occurs, or the sum of the weights where it does; `(N) -> (max + 1)`.

    int64, or the dtype of the weights if that is float32, otherwise float64.

    Raises:
        RuntimeError: the input is not in one dimension, not of integers, or some are negative; or the weights or
            `minlength` do not fit.
    """
    x = input._array
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.size and x.min() < 0):
        raise RuntimeError(f"bincount takes integers >= 0 in one dimension, got {input!r:.80}")
    if minlength < 0 or (weights is not None and weights.shape != x.shape):
        told = None if weights is None else weights.shape
        raise RuntimeError(f"bincount needs minlength >= 0 and weights {x.shape}, got {minlength} and {told}")
    if weights is None or not x.size:
        return wrap(numpy.bincount(x, minlength=minlength))
    sums = numpy.bincount(x, weights._array, minlength)
    return wrap(sums.astype(float32 if weights.dtype == float32 else float64))


@method
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements fall into each of so many bins of equal width from min to max; `(*) -> (bins)`.

    The last bin includes max; what lies outside does not count. Where min = max the range is that of the elements.

    Raises:
        RuntimeError: the Tensor holds no floats, there is no bin, or the range is not finite.
    """
    x, bins = input._array.reshape(-1), index(bins)
    if x.dtype.kind != "f" or bins < 1 or min > max:
        raise RuntimeError(f"histc takes floats, bins >= 1 and min <= max; got {x.dtype}, {bins}, {min} and {max}")
    low, high = float(min), float(max)
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    if not math.isfinite(low) or not math.isfinite(high):
        raise RuntimeError(f"histc: the range from {low} to {high} is not finite; give min and max")
    inside = x[(x >= low) & (x <= high)]
    places = ((inside - x.dtype.type(low)) * bins / x.dtype.type(high - low)).astype(numpy.int64)
    return wrap(numpy.bincount(numpy.minimum(places, bins - 1), minlength=bins).astype(x.dtype))


class Histogram(NamedTuple):
    """How much falls into each bin, and where the bins end."""

    hist: Tensor
    bin_edges: Tensor


@method
def histogram(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None, density: bool = False
) -> Histogram:
    """How many elements fall into each bin, or the sum of their weights: `(*) -> (bins), (bins + 1)`.

    `bins` is a number of bins of equal width over `range`, by default that of the elements, or their edges. What lies
    outside, or is NaN, does not count; the last bin includes its right edge. With `density` the integral is 1.

    Raises:
        RuntimeError: the Tensor holds no floats of 32 or 64 bits, there is no bin, the range is not finite or falls,
            or the edges or weights do not fit.
    """
    x = input._array.reshape(-1)
    if x.dtype not in (float32, float64):
        raise RuntimeError(f"histogram takes float32 or float64, got {x.dtype}")
    if weight is not None and (weight.shape != input.shape or weight.dtype != x.dtype):
        raise RuntimeError(f"the weights must be {x.dtype} {input.shape}, got {weight.dtype} {weight.shape}")
    edges = edges_of(x, int(bins), range) if isinstance(bins, Integral) else given_edges(x, bins)
    inside = (x >= edges[0]) & (x <= edges[-1])
    places = numpy.minimum(numpy.searchsorted(edges, x[inside], "right") - 1, len(edges) - 2)
    weights = None if weight is None else weight._array.reshape(-1)[inside]
    counts = numpy.bincount(places, weights, len(edges) - 1).astype(x.dtype)
    if density:
        counts = counts / (counts.sum() * numpy.diff(edges))
    return Histogram(wrap(counts), wrap(edges))


def edges_of(x: Array, bins: int, range: Any) -> Array:
    """The edges of so many bins of equal width.

    Raises:
        RuntimeError: there is no bin, or the range is none.
    """
    if bins < 1:
        raise RuntimeError(f"histogram: bins must be > 0, but got {bins}")
    low, high = map(float, range if range is not None else (x.min(), x.max()) if x.size else (0, 1))
    if not math.isfinite(low) or not math.isfinite(high):
        raise RuntimeError(f"histogram: the range from {low} to {high} is not finite")
    if low > high:
        raise RuntimeError(f"histogram: the range from {low} to {high} falls")
    if low == high:
        low, high = low - 0.5, high + 0.5
    return numpy.linspace(low, high, bins + 1, dtype=x.dtype)


def given_edges(x: Array, bins: Any) -> Array:
    """The edges that were given.

    Raises:
        TypeError: they are no Tensor.
        RuntimeError: they are not in one dimension, not two or more, or of another dtype.
    """
    if not isinstance(bins, Tensor):
        raise TypeError(f"histogram takes a number of bins or a Tensor of their edges, got {type(bins).__name__}")
    if bins.ndim != 1 or len(bins) < 2 or bins.dtype != x.dtype:
        raise RuntimeError(f"the edges of bins are two or more {x.dtype}, got {bins.dtype} {bins.shape}")
    return bins._array.copy()
