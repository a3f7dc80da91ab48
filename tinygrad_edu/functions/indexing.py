"""Picking elements: by brackets, by indices along a dimension, by masks."""

from typing import Any

import numpy

from ..errors import ShapeError
from ..index import as_index
from ..ops import indexing as ops
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .reduction import ValuesAndIndices

__all__ = [
    "argsort",
    "gather",
    "index_select",
    "masked_select",
    "nonzero",
    "one_hot",
    "scatter_add",
    "sort",
    "take_along_dim",
    "topk",
]


def item_at(self: Tensor, index: Any) -> Tensor:
    """self[index], for every form of index that NumPy knows."""
    first, then = as_index(index)
    picked = ops.getitem(self, index=first)
    return picked if then is None else ops.getitem(picked, index=then)


method(item_at, "__getitem__")


def check_index(input: Tensor, dim: int, index: Tensor, name: str) -> None:
    """Refuse an index that points outside.

    Raises:
        IndexError: it does.
        TypeError: it does not hold integers.
        ShapeError: its other sizes are larger than the input's.
    """
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name} needs an index of integers, got {index.dtype}")
    if index.ndim != input.ndim:
        raise ShapeError(f"{name} needs an index with {input.ndim} dimensions as the input, got {index.shape}")
    if index.numel() and not 0 <= int(index._array.min()) <= int(index._array.max()) < input.shape[dim]:
        raise IndexError(f"{name}: an index is outside 0 to {input.shape[dim] - 1}, the input has shape {input.shape}")
    if any(i > n for d, (i, n) in enumerate(zip(index.shape, input.shape, strict=True)) if d != dim):
        raise ShapeError(f"{name}: the index {index.shape} is larger than the input {input.shape} beside dim {dim}")


@method
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """out[i][j][k] = input[i][index[i][j][k]][k] for dim = 1; the output has the index's shape."""
    dim = as_dim(dim, input.ndim)
    if not input.ndim:
        return gather(input.reshape(1), 0, index.reshape(-1)).reshape(index.shape)
    check_index(input, dim, index, "gather")
    return ops.gather(input, dim=dim, index=index._array)


@method
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input with src[i][j][k] added at [i][index[i][j][k]][k] for dim = 1; repeated indices add up."""
    dim = as_dim(dim, input.ndim)
    check_index(input, dim, index, "scatter_add")
    if any(i > n for i, n in zip(index.shape, src.shape, strict=True)):
        raise ShapeError(f"scatter_add: the index {index.shape} is larger than the source {src.shape}")
    used = ops.getitem(src, index=tuple([slice(n) for n in index.shape]))
    return input + ops.scatter_add(used, dim=dim, index=index._array, shape=input.shape)


@method
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements at indices along a dimension, both sides broadcasting; in the flattened Tensor without one."""
    if dim is None:
        return gather(input.reshape(-1), 0, indices.reshape(-1))
    dim = as_dim(dim, input.ndim)
    beside = numpy.broadcast_shapes(
        *[tuple([1 if d == dim else n for d, n in enumerate(x.shape)]) for x in (input, indices)]
    )
    source, picked = [tuple([x.shape[d] if d == dim else n for d, n in enumerate(beside)]) for x in (input, indices)]
    return gather(input.broadcast_to(source), dim, indices.broadcast_to(picked))


@method
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of a dimension that a 1-d index names, in its order."""
    dim = as_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select needs a 1-d index, got {index.shape}")
    flat = index.reshape(-1)._array
    if flat.size and not 0 <= flat.min() <= flat.max() < (input.shape[dim] if input.ndim else 1):
        raise IndexError(f"index_select: an index is outside 0 to {input.shape[dim] - 1}")
    return ops.getitem(input, index=(slice(None),) * dim + (flat,)) if input.ndim else input.clone()


@method
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where a mask holds, in one dimension; both broadcast."""
    shape = numpy.broadcast_shapes(input.shape, mask.shape)
    return ops.getitem(input.broadcast_to(shape), index=mask.broadcast_to(shape)._array)


@method
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The indices of nonzero elements: one row each, or a Tensor for each dimension."""
    found = numpy.nonzero(input._array) if input.ndim else (numpy.zeros(int(input._array != 0), int),) * 0
    if as_tuple:
        return tuple([wrap(index) for index in found])
    count = int(numpy.count_nonzero(input._array))
    return wrap(numpy.stack(found, 1) if found else numpy.zeros((count, 0), int))


@method
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Tensor:
    """The indices that sort the elements along a dimension; equal elements keep their order."""
    dim = as_dim(dim, input.ndim)
    if not input.ndim:
        return wrap(numpy.zeros((), int))
    return ops.argsort(input, dim=dim, descending=descending)


@method
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    """(values, indices) of the elements in order along a dimension."""
    indices = argsort(input, dim, descending)
    return ValuesAndIndices(gather(input, dim, indices), indices)


@method
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """(values, indices) of the k largest, or smallest, elements along a dimension, in order.

    Raises:
        RuntimeError: there are fewer than k.
    """
    size = input.shape[as_dim(dim, input.ndim)] if input.ndim else 1
    if not 0 <= k <= size:
        raise RuntimeError(f"topk: k must be between 0 and the {size} elements of the dimension, got {k}")
    indices = argsort(input, dim, descending=largest)
    indices = indices.narrow(dim, 0, k) if input.ndim else indices
    return ValuesAndIndices(gather(input, dim, indices), indices)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Classes as rows of zeros with a single 1; `(*) -> (*, num_classes)`, int64.

    Raises:
        RuntimeError: a class is negative or too large.
    """
    classes = tensor._array
    if classes.dtype.kind not in "iu":
        raise RuntimeError(f"one_hot needs classes as integers, got {classes.dtype}")
    count = int(classes.max(initial=-1)) + 1 if num_classes == -1 else num_classes
    if classes.size and (classes.min() < 0 or classes.max() >= count):
        raise RuntimeError(f"one_hot: a class is outside 0 to {count - 1}")
    return wrap((classes[..., None] == numpy.arange(count)).astype(numpy.int64))
