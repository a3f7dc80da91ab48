"""Elements in order."""

import numpy

from ..dtypes import check_kind
from ..ops import indexing as ops
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .reduction import ValuesAndIndices, numpy_names

__all__ = ["argsort", "msort", "sort", "topk"]


@method
@numpy_names
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """The indices that sort the elements along a dimension, `(*) -> (*)`; equal elements keep their order.

    NaN counts as the largest.

    Raises:
        IndexError: there is no such dimension.
    """
    dim = as_dim(dim, input.ndim)
    if not input.ndim:
        return wrap(numpy.zeros((), int))
    return ops.argsort(input, dim=dim, descending=descending)


def at(input: Tensor, dim: int, indices: Tensor) -> ValuesAndIndices:
    """(values, indices) of the elements at indices along a dimension; the gradient goes there."""
    if not input.ndim:
        return ValuesAndIndices(input.clone(), indices)
    return ValuesAndIndices(ops.gather(input, dim=as_dim(dim, input.ndim), index=indices._array), indices)


@method
@numpy_names
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False) -> ValuesAndIndices:
    """(values, indices) of the elements in order along a dimension, `(*) -> (*), (*)`; otherwise as argsort.

    >>> from tinygrad_edu import tensor
    >>> sort(tensor([3, 1, 2]))
    ValuesAndIndices(values=tensor([1, 2, 3]), indices=tensor([1, 2, 0]))

    Raises:
        IndexError: there is no such dimension.
    """
    return at(input, dim, argsort(input, dim, descending))


@method
@numpy_names
def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension; `(*) -> (*)`."""
    values: Tensor = sort(input, 0).values
    return values


@method
@numpy_names
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """(values, indices) of the k largest, or smallest, elements along a dimension, in order; NaN is the largest.

    Raises:
        RuntimeError: there are fewer than k.
    """
    check_kind(input.dtype, "iuf", "topk")
    size = input.shape[as_dim(dim, input.ndim)] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"topk: k must be between 0 and the {size} elements of the dimension, got {k}")
    few = None if not input.ndim or size < 32 or not 0 < 4 * k <= size else few_of(input, k, dim, largest)
    if few is not None:
        return at(input, dim, few)
    indices = argsort(input, dim, descending=largest)
    return at(input, dim, indices.narrow(dim, 0, k).contiguous() if input.ndim else indices)


def few_of(input: Tensor, k: int, dim: int, largest: bool) -> Tensor | None:
    """The indices of topk without sorting the rest; None where NaN, or equal elements of which few are left, decide."""
    rows = numpy.moveaxis(input._array, dim, -1)
    edge = rows.shape[-1] - k if largest else k - 1
    bound = numpy.partition(rows, edge, -1)[..., edge, None]
    chosen = rows >= bound if largest else rows <= bound
    if (numpy.count_nonzero(chosen, -1) != k).any():
        return None
    places = numpy.nonzero(chosen)[-1].reshape(*rows.shape[:-1], k)
    order = argsort(wrap(numpy.take_along_axis(rows, places, -1)), -1, descending=largest)._array
    return wrap(numpy.ascontiguousarray(numpy.moveaxis(numpy.take_along_axis(places, order, -1), -1, dim)))
