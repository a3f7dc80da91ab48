"""Picking elements: by brackets, by indices along a dimension, by masks."""

from typing import Any

import numpy

from ..backend import is_basic
from ..dtypes import bool_
from ..errors import DtypeError, PlaceError, ShapeError
from ..index import as_index
from ..ops import indexing as ops
from ..ops.comparison import eq, lt
from ..ops.elementwise import add, cast, clone, where
from ..ops.movement import reshape
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim, as_sizes, check_room
from .movement import broadcast_shapes, contiguous
from .sorting import argsort as argsort
from .sorting import sort as sort
from .sorting import topk as topk

__all__ = [
    "gather",
    "index_select",
    "masked_select",
    "nonzero",
    "one_hot",
    "take",
    "take_along_dim",
    "unravel_index",
]


def item_at(self: Tensor, index: Any) -> Tensor:
    """self[index], for every form of index that NumPy knows."""
    first, then = as_index(index, self.ndim)
    picked = ops.getitem(self, index=first)
    if then is None and (picked._array.flags.c_contiguous or is_basic(first)):
        return picked
    # a copy, which NumPy leaves transposed in memory where arrays stand behind slices
    return contiguous(picked if then is None else ops.getitem(picked, index=then))


method(item_at, "__getitem__")


def check_index(input: Tensor, dim: int, index: Tensor, name: str) -> None:
    """Refuse an index that points outside.

    Raises:
        IndexError: it does.
        TypeError: it does not hold integers.
        ShapeError: its other sizes are larger than the input's.
    """
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name} needs an index of integers, got {index.dtype}")
    if index.ndim != input.ndim:
        raise ShapeError(f"{name} needs an index with {input.ndim} dimensions as the input, got {index.shape}")
    if index.numel() and not 0 <= int(index._array.min()) <= int(index._array.max()) < input.shape[dim]:
        raise PlaceError(f"{name}: an index is outside 0 to {input.shape[dim] - 1}, the input has shape {input.shape}")
    if any(i > n for d, (i, n) in enumerate(zip(index.shape, input.shape, strict=True)) if d != dim):
        raise ShapeError(f"{name}: the index {index.shape} is larger than the input {input.shape} beside dim {dim}")


def in_a_row(x: Tensor) -> Tensor:
    """A Tensor without dimensions as one of a single element, which it stands for here; others as they are."""
    return x if x.ndim else x.reshape(1)


@method
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """out[i][j][k] = input[i][index[i][j][k]][k] for dim = 1; the output has the index's shape."""
    dim = as_dim(dim, input.ndim)
    if not input.ndim or not index.ndim:
        return gather(in_a_row(input), dim, in_a_row(index)).reshape(index.shape)
    if not index.numel():
        return take(input, index)
    check_index(input, dim, index, "gather")
    return ops.gather(input, dim=dim, index=clone(index._array))  # backward needs it as it is now


@method
def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at indices into the flattened Tensor; the output has the index's shape; a copy.

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
    """
    return ops.getitem(input.reshape(-1), index=flat_places(input, index, "take"))


def flat_places(input: Tensor, index: Tensor, name: str) -> Any:
    """Indices into the flattened Tensor, counted from its beginning, as an array.

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
    """
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name} needs an index of integers, got {index.dtype}")
    places, n = index._array, input.numel()
    if places.size and not -n <= places.min() <= places.max() < n:
        raise PlaceError(f"{name}: an index is outside {-n} to {n - 1}, the input has {n} elements")
    return from_the_front(places, n)


def from_the_front(places: Any, n: int) -> Any:
    """Indices into n elements, the negative ones counted from the beginning; by operations, which an exporter sees."""
    return where(lt(places, 0), add(places, n), places)


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements at indices along a dimension, both sides broadcasting; in the flattened Tensor without one.

    Raises:
        IndexError: an index is out of range.
        TypeError: it does not hold integers.
        ShapeError: the other sizes do not broadcast.
    """
    if indices.dtype.kind not in "iu":
        raise DtypeError(f"take_along_dim needs indices that are integers, got {indices.dtype}")
    if dim is None:
        return take(input.reshape(-1), indices.reshape(-1))
    dim = as_dim(dim, input.ndim)
    if input.ndim != indices.ndim:
        raise ShapeError(f"take_along_dim needs indices with {input.ndim} dimensions as the input, got {indices.shape}")
    beside = broadcast_shapes(*[tuple([1 if d == dim else n for d, n in enumerate(x.shape)]) for x in (input, indices)])
    source, picked = [tuple([x.shape[d] if d == dim else n for d, n in enumerate(beside)]) for x in (input, indices)]
    n = input.shape[dim] if input.ndim else 1
    counted = wrap(from_the_front(indices._array, n))
    return gather(input.broadcast_to(source), dim, counted.broadcast_to(picked))


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of a dimension that a 1-d index names, in its order; a copy.

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
    """
    dim, places = slice_places(input, dim, index, "index_select")
    if not input.ndim and places.size != 1:
        raise IndexError(f"index_select takes one index into a Tensor without dimensions, got {places.size}")
    if not input.ndim:
        return input.clone()
    return contiguous(ops.getitem(input, index=(slice(None),) * dim + (places,) if dim else places))


def slice_places(input: Tensor, dim: int, index: Tensor, name: str) -> tuple[int, Any]:
    """(a dimension, the indices of some of its slices as a 1-d array).

    Raises:
        IndexError: an index is out of range, or it has more than one dimension.
        TypeError: it does not hold integers.
    """
    dim = as_dim(dim, input.ndim)
    if index.dtype.kind not in "iu":
        raise DtypeError(f"{name} needs an index of integers, got {index.dtype}")
    if index.ndim > 1:
        raise IndexError(f"{name} needs a 1-d index, got {index.shape}")
    places = clone(reshape(index._array, shape=(index.numel(),)))  # backward needs it as it is now
    n = input.shape[dim] if input.ndim else 1
    if places.size and not 0 <= places.min() <= places.max() < n:
        raise PlaceError(f"{name}: an index is outside 0 to {n - 1}, dimension {dim} of {input.shape}")
    return dim, places


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where a mask holds, in one dimension; both broadcast; a copy.

    Raises:
        TypeError: the mask does not hold bools.
        ShapeError: they do not broadcast.
    """
    check_mask(mask)
    shape = broadcast_shapes(input.shape, mask.shape)
    return ops.getitem(input.broadcast_to(shape), index=clone(mask.broadcast_to(shape)._array))


def check_mask(mask: Tensor) -> None:
    """Refuse a mask that does not hold bools.

    Raises:
        TypeError: it does not.
    """
    if mask.dtype != bool_:
        raise DtypeError(f"a mask holds bools, this one {mask.dtype}; compare, or use .bool()")


def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """The index in each dimension of indices into a flattened Tensor of this shape; the inverse of counting through it.

    >>> from tinygrad_edu import tensor
    >>> unravel_index(tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))

    Raises:
        TypeError: the indices are no integers.
        ShapeError: a size is negative.
    """
    if indices.dtype.kind not in "iu":
        raise TypeError(f"unravel_index needs integers, got {indices.dtype}")
    sizes = as_sizes((shape,))
    if min(sizes, default=0) < 0:
        raise ShapeError(f"unravel_index: a shape has sizes of 0 or more, got {sizes}")
    found: list[Tensor] = []
    left = indices.long()
    for n in reversed(sizes):
        found.append(left % n)
        left = left // n
    return tuple(found[::-1])


@method
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of nonzero elements: one row each, or a Tensor for each dimension."""
    found = numpy.nonzero(numpy.atleast_1d(input._array))
    if as_tuple:
        return tuple([wrap(index) for index in found])
    return wrap(numpy.stack(found, 1)[:, : input.ndim])  # a number has no index: no column


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Classes as rows of zeros with a single 1; `(*) -> (*, num_classes)`, int64.

    Raises:
        RuntimeError: a class is negative or too large.
    """
    classes = tensor._array
    if classes.dtype != numpy.int64:
        raise RuntimeError(f"one_hot needs classes as int64, got {classes.dtype}; convert them with .long()")
    if num_classes < 1 and not classes.size:
        raise RuntimeError(f"one_hot of no classes needs num_classes, of which they tell nothing, got {num_classes}")
    count = int(classes.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if classes.size and (classes.min() < 0 or classes.max() >= count):
        raise RuntimeError(f"one_hot: a class is outside 0 to {count - 1}")
    check_room(count, f"one_hot of {count} classes")
    return wrap(cast(eq(reshape(classes, shape=(*classes.shape, 1)), numpy.arange(count)), dtype=numpy.int64))
