"""Shapes: reshaping, reordering, repeating, joining and splitting."""

from collections.abc import Sequence
from typing import Any

from ..dtypes import result_type
from ..errors import ShapeError
from ..ops import movement as ops
from ..ops.indexing import getitem
from ..tensor import Tensor, method
from .dims import as_dim, as_sizes, fill_in

__all__ = [
    "broadcast_to",
    "cat",
    "chunk",
    "contiguous",
    "expand",
    "expand_as",
    "flatten",
    "flip",
    "movedim",
    "narrow",
    "permute",
    "ravel",
    "repeat",
    "reshape",
    "reshape_as",
    "select",
    "split",
    "squeeze",
    "stack",
    "t",
    "tile",
    "transpose",
    "unbind",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
]


@method
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape, in which one size may be -1; a view where possible.

    Raises:
        ShapeError: the elements do not fit.
    """
    return ops.reshape(input, shape=fill_in(as_sizes(shape), input.numel()))


@method
def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape.

    Raises:
        RuntimeError: the strides do not allow it; use reshape, which copies then.
    """
    if len(shape) == 1 and not isinstance(shape[0], (int, tuple, list)) and not hasattr(shape[0], "__index__"):
        raise TypeError(f"view takes sizes, got {shape[0]!r}; to see elements as another dtype, use .to(dtype)")
    result = reshape(input, *shape)
    if input.numel() and result._view is None:
        raise RuntimeError(
            f"a view of shape {result.shape} does not exist for this {input.shape} Tensor, whose elements do not lie "
            "in order; use .reshape(), which copies"
        )
    return result


@method
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """view(other.shape)."""
    return view(input, other.shape)


@method
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """reshape(other.shape)."""
    return reshape(input, other.shape)


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start to end made one; `(a, b, c) -> (a * b * c)`."""
    start, end = as_dim(start_dim, input.ndim), as_dim(end_dim, input.ndim)
    if start > end:
        raise RuntimeError(f"flatten needs start_dim <= end_dim, got {start_dim} and {end_dim}")
    if start == end and input.ndim:
        return input
    merged = 1
    for n in input.shape[start : end + 1]:
        merged *= n
    return ops.reshape(input, shape=(*input.shape[:start], merged, *input.shape[end + 1 :]))


@method
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One dimension made several; `(a * b, c) -> (a, b, c)`; one size may be -1."""
    dim = as_dim(dim, input.ndim)
    inner = fill_in(as_sizes((tuple(sizes),)), input.shape[dim])
    return ops.reshape(input, shape=(*input.shape[:dim], *inner, *input.shape[dim + 1 :]))


@method
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return reshape(input, -1)


@method
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1, or without those named if they have size 1."""
    if dim is None:
        keep = [n for n in input.shape if n != 1]
    else:
        dims = {as_dim(d, input.ndim) for d in (dim if isinstance(dim, Sequence) else (dim,))}
        keep = [n for d, n in enumerate(input.shape) if n != 1 or d not in dims]
    return ops.reshape(input, shape=tuple(keep))


@method
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in at this place."""
    dim = as_dim(dim, input.ndim + 1)
    return ops.reshape(input, shape=(*input.shape[:dim], 1, *input.shape[dim:]))


@method
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order; a view.

    Raises:
        RuntimeError: not every dimension is named once.
    """
    order = tuple([as_dim(d, input.ndim) for d in as_sizes(dims)])
    if sorted(order) != list(range(input.ndim)):
        raise RuntimeError(f"permute needs each of {input.ndim} dimensions once, got {order}")
    return ops.permute(input, dims=order)


@method
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions exchanged; a view."""
    order = list(range(input.ndim))
    a, b = as_dim(dim0, input.ndim), as_dim(dim1, input.ndim)
    if order:
        order[a], order[b] = b, a
    return ops.permute(input, dims=tuple(order))


@method
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or a number as it is.

    Raises:
        RuntimeError: there are more than two dimensions.
    """
    if input.ndim > 2:
        raise RuntimeError(f"t() is for at most 2 dimensions, got {input.shape}; use .mT or .permute()")
    return ops.permute(input, dims=tuple(reversed(range(input.ndim))))


@method
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Some dimensions moved to new places, the others in their order."""
    sources = [as_dim(d, input.ndim) for d in (source if isinstance(source, Sequence) else (source,))]
    places = [as_dim(d, input.ndim) for d in (destination if isinstance(destination, Sequence) else (destination,))]
    if len(sources) != len(places) or len(set(sources)) < len(sources) or len(set(places)) < len(places):
        raise RuntimeError(f"movedim needs as many distinct destinations as sources, got {source} and {destination}")
    order = [d for d in range(input.ndim) if d not in sources]
    for place, dim in sorted(zip(places, sources, strict=True)):
        order.insert(place, dim)
    return ops.permute(input, dims=tuple(order))


@method
def expand(input: Tensor, *sizes: Any) -> Tensor:
    """Dimensions of size 1 repeated without copying; -1 leaves one as it is; new ones in front.

    Raises:
        ShapeError: another size than 1 would have to change.
    """
    wanted = as_sizes(sizes)
    extra = len(wanted) - input.ndim
    if extra < 0 or any(n == -1 for n in wanted[:extra]):
        raise ShapeError(f"{input.shape} cannot be expanded to {wanted}")
    shape = wanted[:extra] + tuple([old if n == -1 else n for n, old in zip(wanted[extra:], input.shape, strict=True)])
    return broadcast_to(input, shape)


@method
def broadcast_to(input: Tensor, shape: Sequence[int]) -> Tensor:
    """Dimensions of size 1 repeated without copying, and new ones in front.

    Raises:
        ShapeError: another size than 1 would have to change.
    """
    shape = tuple(shape)
    tail = shape[len(shape) - input.ndim :] if input.ndim else ()
    if len(shape) < input.ndim or any(old not in (1, n) for n, old in zip(tail, input.shape, strict=True)):
        raise ShapeError(f"{input.shape} cannot be expanded to {shape}: only sizes of 1 can grow")
    return ops.broadcast_to(input, shape=shape)


@method
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """expand(other.shape)."""
    return expand(input, other.shape)


@method
def contiguous(input: Tensor) -> Tensor:
    """The same Tensor if its elements lie in order, otherwise a copy in which they do."""
    return input if input._array.flags.c_contiguous else input.clone()


@method
def flip(input: Tensor, *dims: Any) -> Tensor:
    """The elements in reverse order along some dimensions; a copy."""
    return ops.flip(input, dims=tuple([as_dim(d, input.ndim) for d in as_sizes(dims)]))


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors one after the other along a dimension.

    Raises:
        ShapeError: sizes differ in another dimension.
        ValueError: there are none.
    """
    if not len(tensors):
        raise ValueError("cat needs at least one Tensor")
    # a Tensor of shape (0,) may stand beside any other, as in PyTorch
    joined = [x for x in tensors if x.shape != (0,)] or list(tensors[:1])
    if len(joined) < len(tensors):  # its dtype counts all the same
        joined = [x.to(result_type([y._array for y in tensors])) for x in joined]
    dim = as_dim(dim, joined[0].ndim)
    first = joined[0].shape
    for x in joined:
        if x.ndim != len(first) or any(a != b for d, (a, b) in enumerate(zip(first, x.shape, strict=True)) if d != dim):
            raise ShapeError(f"cat along {dim}: all other sizes must agree, got {[x.shape for x in joined]}")
    return ops.cat(*joined, dim=dim)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Tensors of one shape side by side along a new dimension; `n times (*) -> (.., n, ..)`."""
    if not len(tensors):
        raise ValueError("stack needs at least one Tensor")
    if len({x.shape for x in tensors}) > 1:
        raise ShapeError(f"stack needs Tensors of one shape, got {[x.shape for x in tensors]}")
    dim = as_dim(dim, tensors[0].ndim + 1)
    return ops.cat(*[unsqueeze(x, dim) for x in tensors], dim=dim)


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index of a dimension, without that dimension; a view."""
    dim = as_dim(dim, input.ndim)
    return input[(slice(None),) * dim + (index,)]


@method
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A stretch of a dimension; a view.

    Raises:
        IndexError: it does not lie within the dimension.
    """
    dim = as_dim(dim, input.ndim)
    start = int(start) + (input.shape[dim] if start < 0 else 0)
    if not 0 <= start <= start + length <= input.shape[dim]:
        raise IndexError(f"narrow: {start} to {start + length} is not within dimension {dim} of {input.shape}")
    return getitem(input, index=(slice(None),) * dim + (slice(start, start + length),))


@method
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Stretches of one size (the last may be smaller), or of the sizes listed, along a dimension; views.

    Raises:
        RuntimeError: the listed sizes do not add up.
    """
    dim = as_dim(dim, tensor.ndim)
    total = tensor.shape[dim]
    sizes = split_size_or_sections
    if not isinstance(sizes, Sequence):
        step = int(sizes)
        if step <= 0:
            raise RuntimeError(f"split needs a positive size, got {step}")
        sizes = [min(step, total - start) for start in range(0, total, step)] or [0]
    if sum(sizes) != total:
        raise RuntimeError(f"split sizes {list(sizes)} add up to {sum(sizes)}, dimension {dim} has {total}")
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return tuple([narrow(tensor, dim, start, n) for start, n in zip(starts, sizes, strict=True)])


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many stretches of equal size along a dimension, the last perhaps smaller; views."""
    if chunks <= 0:
        raise RuntimeError(f"chunk needs a positive number of chunks, got {chunks}")
    total = input.shape[as_dim(dim, input.ndim)]
    return split(input, max(-(-total // chunks), 1), dim)


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, without it; views."""
    return tuple([select(input, dim, i) for i in range(input.shape[as_dim(dim, input.ndim)])])


@method
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """The whole Tensor repeated so many times along each dimension, new ones in front; a copy."""
    counts = as_sizes(repeats)
    if len(counts) < input.ndim:
        raise RuntimeError(f"repeat needs a count for each of {input.ndim} dimensions, got {counts}")
    shape = (1,) * (len(counts) - input.ndim) + input.shape
    # (n) -> (1, n) -> (r, n) -> (r * n), for each dimension
    between = tuple([size for n in shape for size in (1, n)])
    grown = tuple([size for r, n in zip(counts, shape, strict=True) for size in (r, n)])
    tiled = ops.broadcast_to(ops.reshape(input, shape=between), shape=grown).clone()
    return ops.reshape(tiled, shape=tuple([r * n for r, n in zip(counts, shape, strict=True)]))


@method
def tile(input: Tensor, *dims: Any) -> Tensor:
    """Like repeat, with ones put in front of too few counts."""
    counts = as_sizes(dims)
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)
