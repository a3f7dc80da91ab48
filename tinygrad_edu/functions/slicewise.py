"""Writing to the slices of a dimension that a 1-d index names: new Tensors with slices added, replaced or filled."""

from typing import Any

import numpy
from numpy.typing import NDArray

from ..dtypes import check_kind
from ..errors import ShapeError
from ..inplace import in_place
from ..ops.indexing import getitem
from ..ops.movement import reshape
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .elementwise import masked_fill
from .indexing import from_the_front, slice_places
from .placing import REDUCTIONS, add_at, check_dtype, overwrite, placed, positions, reduce_into

__all__ = ["index_add", "index_copy", "index_fill", "index_reduce"]

Array = NDArray[Any]


def slices(input: Tensor, dim: int, index: Tensor, source: Tensor, name: str) -> tuple[int, Array]:
    """(the dimension, the indices of the slices that those of the source go to).

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
        ShapeError: the source does not have such slices, or not as many.
        RuntimeError: the source has another dtype.
    """
    check_dtype(input, source, name)
    dim, index_array = slice_places(input, dim, index, name)
    needed = (*input.shape[:dim], index_array.size, *input.shape[dim + 1 :]) if input.ndim else (index_array.size,)
    if source.shape != needed and not (source.ndim <= 1 == source.numel() == index_array.size >= input.ndim):
        raise ShapeError(f"{name} needs a source of shape {needed}, one slice for each index, got {source.shape}")
    return dim, index_array


def slices_at(input: Tensor, dim: int, index_array: Array) -> Array:
    """The places in the flattened input of some slices of a dimension."""
    places = positions(input.shape or (1,))
    return getitem(places, index=(*[slice(None)] * dim, index_array))


@method
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """The input with alpha times each slice of the source added to the slice that a 1-d index names; repeats add up.

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
        ShapeError: the source does not have such slices, or not as many.
        RuntimeError: the source has another dtype.
    """
    dim, index_array = slices(input, dim, index, source, "index_add")
    return add_at(input, source if alpha == 1 else source * alpha, slices_at(input, dim, index_array))


@method
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """The input with each slice of the source in the place of the slice that a 1-d index names.

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
        ShapeError: the source does not have such slices, or not as many.
        RuntimeError: the source has another dtype.
    """
    dim, index_array = slices(input, dim, index, source, "index_copy")
    return overwrite(input, source, slices_at(input, dim, index_array))


@method
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """All slices of the source that go to the slice which a 1-d index names, as their prod, mean, amax or amin.

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
        ShapeError: the source does not have such slices, or not as many.
        RuntimeError: the source has another dtype, or there is no such reduction.
    """
    if reduce not in REDUCTIONS or reduce == "sum":
        raise RuntimeError(f"index_reduce reduces by prod, mean, amax or amin, got {reduce!r}")
    if reduce == "mean":
        check_kind(input.dtype, "iuf", "index_reduce to a mean")
    dim, index_array = slices(input, dim, index, source, "index_reduce")
    return reduce_into(input, source, slices_at(input, dim, index_array), reduce, include_self)


@method
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """The input with a number, or a Tensor without dimensions, in the slices that a 1-d index names.

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
        RuntimeError: the value has dimensions.
    """
    n = input.shape[as_dim(dim, input.ndim)] if input.ndim else 1
    counted = wrap(from_the_front(index._array, n))
    dim, index_array = slice_places(input, dim, counted, "index_fill")
    places = slices_at(input, dim, index_array)
    filled = placed(numpy.ones(places.size, bool), index=reshape(places, shape=(places.size,)), size=input.numel())
    return masked_fill(input, wrap(reshape(filled, shape=input.shape)), value)


for operation in (index_add, index_copy, index_fill, index_reduce):
    in_place(operation, f"{operation.__name__}_")
