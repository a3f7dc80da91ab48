"""Shapes: the same elements under other sizes and in other orders. All are views where the memory allows it."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..dtypes import as_dtype
from ..errors import GradientError, PlaceError, ShapeError, broadcast_clash, describe
from ..grad_mode import enable_grad, grad_enabled, no_grad
from ..graph import Leaf
from ..ops import movement as ops
from ..recording import wrap
from ..tensor import Tensor, method
from ..wording import in_our_words
from .dims import as_dim, as_dims, as_sizes, fill_in
from .layout import Size

__all__ = [
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]


@method
def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape, in which one size may be -1; a view where possible.

    Raises:
        ShapeError: the elements do not fit.
    """
    return ops.reshape(input, shape=fill_in(as_sizes(sizes, shape), input.numel()))


def as_bytes_of(input: Tensor, dtype: Any) -> Tensor:
    """The memory seen as elements of another dtype, whose size the last dimension makes up for."""
    array = input._array
    try:
        return wrap(array.view(dtype))
    except ValueError:
        raise RuntimeError(
            f"the bytes of a {describe(array)} with strides {array.strides} cannot be seen as {dtype}: its last "
            "dimension must lie in order and be made of whole elements"
        ) from None


@method
def view(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None) -> Tensor:
    """The same memory in another shape; or, given a dtype, its bytes as elements of that, without a gradient.

    Raises:
        RuntimeError: the strides do not allow it; use reshape, which copies then.
    """
    if dtype is not None:
        return as_bytes_of(input, as_dtype(dtype))
    if len(sizes) == 1 and not isinstance(sizes[0], (int, tuple, list)) and not hasattr(sizes[0], "__index__"):
        return as_bytes_of(input, as_dtype(sizes[0]))
    result = reshape(input, *sizes, shape=size)
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
    if not input.ndim:
        raise PlaceError("unflatten needs a Tensor with at least one dimension")
    dim = as_dim(dim, input.ndim)
    inner = fill_in(as_sizes((sizes,)), input.shape[dim])
    return ops.reshape(input, shape=(*input.shape[:dim], *inner, *input.shape[dim + 1 :]))


@method
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return reshape(input, -1)


@method
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Without the dimensions of size 1, or without those named if they have size 1."""
    dims = () if isinstance(dim, (tuple, list)) and not dim else as_dims(dim, input.ndim)
    keep = [n for d, n in enumerate(input.shape) if n != 1 or (dims is not None and d not in dims)]
    return ops.reshape(input, shape=tuple(keep))


@method
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a dimension of size 1 put in at this place."""
    dim = as_dim(dim, input.ndim + 1)
    return ops.reshape(input, shape=(*input.shape[:dim], 1, *input.shape[dim:]))


@method
def permute(input: Tensor, *places: Any, dims: Any = None) -> Tensor:
    """The dimensions in another order; a view.

    Raises:
        RuntimeError: not every dimension is named once.
    """
    order = tuple([as_dim(d, input.ndim) for d in as_sizes(places, dims)])
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
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """transpose(axis0, axis1)."""
    return transpose(input, axis0, axis1)


@method
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """transpose(dim0, dim1)."""
    return transpose(input, dim0, dim1)


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
    if input.ndim:
        for place, dim in sorted(zip(places, sources, strict=True)):
            order.insert(place, dim)
    return ops.permute(input, dims=tuple(order))


method(movedim, "moveaxis")
moveaxis = movedim


@method
def expand(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """Dimensions of size 1 repeated without copying; -1 leaves one as it is; new ones in front.

    Raises:
        ShapeError: another size than 1 would have to change.
    """
    wanted = as_sizes(sizes, size)
    extra = len(wanted) - input.ndim
    if extra < 0 or any(n == -1 for n in wanted[:extra]):
        raise ShapeError(f"{input.shape} cannot be expanded to {wanted}")
    shape = wanted[:extra] + tuple([old if n == -1 else n for n, old in zip(wanted[extra:], input.shape, strict=True)])
    return broadcast_to(input, shape)


@method
def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """Dimensions of size 1 repeated without copying, and new ones in front; as expand.

    Raises:
        ShapeError: another size than 1 would have to change.
    """
    shape = as_sizes(sizes, size)
    tail = shape[len(shape) - input.ndim :] if input.ndim else ()
    if len(shape) < input.ndim or any(old not in (1, n) for n, old in zip(tail, input.shape, strict=True)):
        if -1 in shape:
            return expand(input, shape)
        raise ShapeError(f"{input.shape} cannot be expanded to {shape}: only sizes of 1 can grow")
    if math.prod(shape) == input.numel():  # nothing is repeated, so the view may be written to
        return ops.reshape(input, shape=shape)
    return ops.broadcast_to(input, shape=shape)


@method
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """expand(other.shape)."""
    return expand(input, other.shape)


@method
def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The same Tensor if its elements lie in order, otherwise a copy in which they do."""
    return input if input._array.flags.c_contiguous else input.clone()


def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that Tensors of these shapes broadcast to.

    >>> broadcast_shapes((3, 1), (4,))
    torch.Size([3, 4])

    Raises:
        ShapeError: there is none.
    """
    sizes = [as_sizes((shape,)) for shape in shapes]
    try:
        return Size(numpy.broadcast_shapes(*sizes))
    except ValueError as error:
        raise ShapeError(broadcast_clash(sizes) or in_our_words(error)) from None


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The Tensors, all expanded to the shape that they broadcast to; views."""
    shape = broadcast_shapes(*[x.shape for x in tensors])
    return tuple([x if x.shape == shape else broadcast_to(x, shape) for x in tensors])


def each(tensors: tuple[Any, ...], grown: Callable[[Tensor], Tensor]) -> Any:
    """What a function makes of one Tensor, or the tuple of what it makes of several, which may come in one sequence."""
    if len(tensors) == 1 and isinstance(tensors[0], Tensor):
        return grown(tensors[0])
    return tuple([grown(x) for x in (tensors[0] if len(tensors) == 1 else tensors)])


def atleast_1d(*tensors: Any) -> Any:
    """The Tensor, a number as a vector; `() -> (1)`; several Tensors give a tuple."""
    return each(tensors, lambda x: x if x.ndim else x.reshape(1))


def atleast_2d(*tensors: Any) -> Any:
    """The Tensor, with dimensions put in front of one or none; `(n) -> (1, n)`; several Tensors give a tuple."""
    return each(tensors, lambda x: x if x.ndim > 1 else x.reshape(1, x.numel()))


def atleast_3d(*tensors: Any) -> Any:
    """The Tensor, with dimensions put around two or fewer; `(n, m) -> (n, m, 1)`, `(n) -> (1, n, 1)`."""
    return each(tensors, lambda x: x if x.ndim > 2 else unsqueeze(x, -1) if x.ndim == 2 else x.reshape(1, x.numel(), 1))


def reshaped_in_place(operation: Callable[..., Tensor], name: str) -> None:
    """Add the method that makes a Tensor a view of itself: `squeeze_` of `squeeze`."""

    def change(self: Tensor, *dims: Any, **named_dims: Any) -> Tensor:
        if grad_enabled.get() and self.is_leaf and self.requires_grad:
            raise GradientError(f"{name}: this leaf requires grad and keeps its shape; use {name[:-1]}, or no_grad()")
        before = wrap(self._array, self._node)
        before._view, before._generation = self._view, self._generation
        leaf = self._node if isinstance(self._node, Leaf) else None
        with no_grad() if leaf else enable_grad():  # what it was computed from must know, whatever the mode
            after = operation(before, *dims, **named_dims)
        self._array, self._node, self._view = after._array, after._node, after._view
        if leaf is not None:
            self._node, self._view, leaf.shape = leaf, None, self.shape
        return self

    change.__name__ = name
    change.__qualname__ = f"Tensor.{name}"
    change.__doc__ = f"`{name[:-1]}`, of which this Tensor becomes the result."
    method(change, name)


for shaped in (squeeze, unsqueeze, transpose, swapaxes, swapdims, t):
    reshaped_in_place(shaped, f"{shaped.__name__}_")
