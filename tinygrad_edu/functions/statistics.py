"""Order statistics: median, quantiles, mode and the like."""

import math
from typing import Any

import numpy
from numpy.typing import NDArray

from ..dtypes import check_kind
from ..ops import indexing
from ..ops.elementwise import ceil, floor, round, where
from ..ops.indexing import gather, getitem
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .reduction import ValuesAndIndices, amax, at_indices, check_not_empty, numpy_names

__all__ = ["kthvalue", "median", "mode", "nanmedian", "nanquantile", "quantile"]

Array = NDArray[Any]


def at_rank(input: Tensor, dim: int, keepdim: bool, rank: Any, name: str) -> ValuesAndIndices:
    """(values, indices) of the element that is at a place of the order along a dimension; NaN comes last.

    `rank(numbers, size)` is that place, counted from 0, given how many elements are no NaN and how many there are.
    """
    check_kind(input.dtype, "iuf", name)
    if not input.ndim:
        found = at_rank(input.reshape(1), as_dim(dim, 0), False, rank, name)
        return ValuesAndIndices(found.values, found.indices)
    dim = as_dim(dim, input.ndim)
    check_not_empty(input, (dim,), name)
    x = input._array
    order = indexing.argsort(x, dim=dim)
    place = rank((x == x).sum(dim, keepdims=True), x.shape[dim])
    return at_indices(input, dim, wrap(numpy.take_along_axis(order, place, dim)), keepdim)


def middle(numbers: Array, size: int) -> Array:
    """The rank of the median, the lower of two, or of the first NaN."""
    return numpy.where(numbers < size, numbers, (size - 1) // 2)


def middle_number(numbers: Array, size: int) -> Array:
    """The rank of the median of what is no NaN, the lower of two."""
    return numpy.maximum(numbers - 1, 0) // 2


def of_all(input: Tensor, rank: Any, name: str) -> Tensor:
    """The element at a rank of all; those that equal it share the gradient evenly; of nothing NaN, or as an integer."""
    if not input.numel() and input.dtype.kind == "f":
        return input.sum() + math.nan
    if not input.numel():
        least = True if input.dtype.kind == "b" else numpy.iinfo(input.dtype).min
        return wrap(numpy.array(least, input.dtype))
    flat = input.reshape(-1)
    value, x = at_rank(flat.detach(), 0, False, rank, name).values._array, flat._array
    equal = (x == value) | ((x != x) & (value != value))
    return amax(getitem(flat, index=numpy.flatnonzero(equal)))


@method
@numpy_names
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element, the lower of two, NaN if there is one; along a dimension (values, indices).

    Of all elements, those that equal it share the gradient; along a dimension it goes to the index.

    Raises:
        IndexError: the dimension has no elements.
    """
    return of_all(input, middle, "median") if dim is None else at_rank(input, dim, keepdim, middle, "median")


@method
@numpy_names
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of what is no NaN; otherwise as median.

    Raises:
        IndexError: the dimension has no elements.
    """
    rank = middle_number
    return of_all(input, rank, "nanmedian") if dim is None else at_rank(input, dim, keepdim, rank, "nanmedian")


@method
@numpy_names
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """(values, indices) of the k-th smallest element along a dimension, k from 1; NaN counts as the largest.

    Raises:
        RuntimeError: there is no such element.
        IndexError: the dimension has no elements.
    """
    size = input.shape[as_dim(dim, input.ndim)] if input.ndim else 1
    if size and not 1 <= k <= size:
        raise RuntimeError(f"kthvalue: k must be between 1 and the {size} elements of the dimension, got {k}")
    return at_rank(input, dim, keepdim, lambda numbers, size: numpy.full(numbers.shape, k - 1), "kthvalue")


@method
@numpy_names
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> ValuesAndIndices:
    """(values, indices) of the most frequent element along a dimension: the smallest of several, its last index.

    Raises:
        IndexError: the dimension has no elements.
    """
    if not input.ndim:
        found = mode(input.reshape(1), as_dim(dim, 0))
        return ValuesAndIndices(found.values, found.indices)
    dim = as_dim(dim, input.ndim)
    check_not_empty(input, (dim,), "mode")
    x = numpy.moveaxis(input._array, dim, -1)
    order = indexing.argsort(x, dim=-1)
    ordered = numpy.take_along_axis(x, order, -1)
    places = numpy.arange(x.shape[-1])
    change = ordered[..., 1:] != ordered[..., :-1]
    edge = numpy.ones((*x.shape[:-1], 1), bool)
    starts = numpy.maximum.accumulate(numpy.where(numpy.concatenate([edge, change], -1), places, 0), -1)
    lengths = numpy.where(numpy.concatenate([change, edge], -1), places - starts, -1)
    last = numpy.take_along_axis(order, lengths.argmax(-1)[..., None], -1)
    return at_indices(input, dim, wrap(numpy.moveaxis(last, -1, dim)), keepdim)


ROUNDINGS = {"linear": None, "lower": floor, "higher": ceil, "midpoint": None, "nearest": round}


def order_statistic(
    input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str, skip_nan: bool, name: str
) -> Tensor:
    """quantile, or nanquantile.

    Raises:
        RuntimeError: the Tensor is empty, its dtype or that of q or a value of q does not fit, or there is no such
            interpolation.
    """
    if not isinstance(q, Tensor):
        q = wrap(numpy.array(float(q)).astype(input.dtype))
    if input.dtype.name not in ("float32", "float64") or q.dtype != input.dtype:
        raise RuntimeError(f"{name} takes float32 or float64, q in the same dtype; got {input.dtype} and {q.dtype}")
    if q.ndim > 1 or not ((q._array >= 0) & (q._array <= 1)).all():
        raise RuntimeError(f"{name}: q is a number from 0 to 1 or a 1-d Tensor of them, got {q}")
    if interpolation not in ROUNDINGS:
        raise RuntimeError(f"{name}: interpolation is one of {', '.join(ROUNDINGS)}, got {interpolation!r}")
    if not input.numel():
        raise RuntimeError(f"{name} of no elements is not defined; the Tensor has shape {input.shape}")
    dim = None if dim is None else as_dim(dim, input.ndim)
    if not input.ndim:
        dim = None
    x = input.reshape(-1) if dim is None else input.movedim(dim, -1)
    values = at_ranks(x, q.reshape(-1), interpolation, skip_nan)  # (.., Q)
    if keepdim:
        values = values.unsqueeze(dim) if dim is not None else values.reshape((1,) * input.ndim + values.shape)
    return values.movedim(-1, 0) if q.ndim else values.squeeze(-1)


def at_ranks(x: Tensor, q: Tensor, interpolation: str, skip_nan: bool) -> Tensor:
    """The quantiles q along the last dimension; `(.., N), (Q) -> (.., Q)`."""
    last = x.ndim - 1
    ordered = gather(x, dim=last, index=indexing.argsort(x._array, dim=last))
    numbers = (x._array == x._array).sum(-1, keepdims=True)
    size = x.shape[-1]
    if skip_nan:
        ranks = q * wrap(numpy.maximum(numbers - 1, 0))
    else:  # where there is a NaN every quantile is the last element, which is one
        ranks = where(wrap(numbers < size), size - 1, q * (size - 1))
    rounded = ROUNDINGS[interpolation]
    if rounded is not None:
        ranks = rounded(ranks)
    floors = numpy.floor(ranks._array)
    below = gather(ordered, dim=last, index=floors.astype(numpy.int64))
    if rounded is not None:
        return below
    above = gather(ordered, dim=last, index=numpy.ceil(ranks._array).astype(numpy.int64))
    weight = ranks - wrap(floors) if interpolation == "linear" else wrap(numpy.full_like(floors, 0.5))
    return where(weight < 0.5, below + weight * (above - below), above - (above - below) * (1 - weight))


@method
@numpy_names
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The elements below which fractions q of all lie, over all or one dimension; NaN if there is one.

    A fraction that falls between two elements takes of them, as `interpolation` says, what lies linearly between, the
    "lower", the "higher", the "midpoint" or the "nearest". `(.., N, ..), q () -> (.., ..)`, or for q (Q)
    `(Q, .., ..)`.

    >>> from tinygrad_edu import tensor
    >>> quantile(tensor([1.0, 2.0, 4.0]), 0.75)
    tensor(3.)

    Raises:
        RuntimeError: the Tensor is empty, a dtype or a value of q does not fit, or there is no such interpolation.
    """
    return order_statistic(input, q, dim, keepdim, interpolation, False, "quantile")


@method
@numpy_names
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The quantiles of what is no NaN; otherwise as quantile.

    Raises:
        RuntimeError: the Tensor is empty, a dtype or a value of q does not fit, or there is no such interpolation.
    """
    return order_statistic(input, q, dim, keepdim, interpolation, True, "nanquantile")
