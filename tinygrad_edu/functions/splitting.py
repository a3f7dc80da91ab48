"""Parts of a Tensor: slices, stretches and windows along a dimension. All are views."""

import itertools
from collections.abc import Sequence
from operator import index as as_int
from typing import Any

from ..errors import ShapeError
from ..ops import movement as ops
from ..ops.indexing import getitem
from ..primitive import primitive
from ..recording import view_of
from ..tensor import Tensor, method
from .dims import as_dim, check_room

__all__ = [
    "chunk",
    "dsplit",
    "hsplit",
    "narrow",
    "narrow_copy",
    "select",
    "split",
    "split_with_sizes",
    "tensor_split",
    "unbind",
    "vsplit",
]

OBJECT = 32  # about how many numbers take the memory of a Tensor that is a view


def part(input: Tensor, dim: int, index: Any) -> Tensor:
    """What an index picks along a dimension."""
    return getitem(input, index=(slice(None),) * dim + (index, ...))


# all parts in one call: their gradients are joined once, where each alone would be put into zeros of the whole size
@primitive(formula=r"\bar{x} = \mathrm{cat}(\bar{y}_1, .., \bar{y}_n)")
def sections(x: Any, *, dim: int, indices: tuple[Any, ...]) -> tuple[Any, ...]:
    """Slices, one behind the other, that together are all of a dimension; or with integers its entries; views."""
    front = (slice(None),) * dim
    return tuple([x[(*front, index, ...)] for index in indices])  # with ... a number is a view too


def joined(g: Sequence[Any], x_shape: tuple[int, ...], dim: int) -> Any:
    """The gradients of all sections in a row."""
    if g[0].ndim < len(x_shape):
        g = [ops.reshape(part, shape=(*x_shape[:dim], 1, *x_shape[dim + 1 :])) for part in g]
    return ops.cat(*g, dim=dim)


sections.vjp(x=lambda g, x_shape, dim: joined(g, x_shape, dim))


def parts(input: Tensor, dim: int, indices: Sequence[Any]) -> tuple[Tensor, ...]:
    """What indices pick along a dimension, of which together they name each element once and in order; all views."""
    if len(indices) < 2:
        return tuple([part(input, dim, index) for index in indices])
    found: tuple[Tensor, ...] = sections(input, dim=dim, indices=tuple(indices))
    for x, index in zip(found, indices, strict=True):
        x._view = view_of(input, x._array, getitem, {"index": (slice(None),) * dim + (index, ...)})
    return found


def size_along(input: Tensor, dim: int, name: str) -> tuple[int, int]:
    """(the dimension counted from the left, its size).

    Raises:
        IndexError: there is no such dimension.
    """
    if not input.ndim:
        raise ShapeError(f"{name} needs a Tensor with at least one dimension")
    dim = as_dim(dim, input.ndim)
    return dim, input.shape[dim]


@method
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one index of a dimension, without that dimension; a view.

    Raises:
        IndexError: the index is out of range.
    """
    if not input.ndim:
        raise IndexError("select cannot be applied to a Tensor without dimensions")
    dim, n = size_along(input, dim, "select")
    if not -n <= index < n:
        raise IndexError(f"select: index {index} is out of range for dimension {dim} of {input.shape}")
    return part(input, dim, as_int(index))


@method
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A stretch of a dimension; a view.

    Raises:
        IndexError: it does not start within the dimension.
        ShapeError: it does not end there.
    """
    dim, n = size_along(input, dim, "narrow")
    start, length = as_int(start), as_int(length)
    if not -n <= start <= n:
        raise IndexError(f"narrow: {start} is not within dimension {dim} of {input.shape}")
    start += n if start < 0 else 0
    if not start <= start + length <= n:
        raise ShapeError(f"narrow: {start} to {start + length} is not within dimension {dim} of {input.shape}")
    return part(input, dim, slice(start, start + length))


@method
def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """narrow, as a copy."""
    return narrow(input, dim, start, length).clone()


@method
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along a dimension, without it; views."""
    if not input.ndim:
        raise IndexError("unbind cannot be applied to a Tensor without dimensions")
    dim, n = size_along(input, dim, "unbind")
    return parts(input, dim, range(n))


def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Stretches of one size (the last may be smaller), or of the sizes listed, along a dimension; views.

    Raises:
        RuntimeError: the listed sizes do not add up, or one is negative.
    """
    if isinstance(split_size_or_sections, Sequence):
        return split_with_sizes(tensor, split_size_or_sections, dim)
    dim, n = size_along(tensor, dim, "split")
    step = as_int(split_size_or_sections)
    if step < 0 or (step == 0 and n):
        raise RuntimeError(f"split needs a positive size, got {step}")
    return parts(tensor, dim, [slice(start, min(start + step, n)) for start in range(0, max(n, 1), step or 1)])


def split_method(self: Tensor, split_size: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """split, whose second argument has another name as a method."""
    return split(self, split_size, dim)


method(split_method, "split")


@method
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """Stretches of the sizes listed along a dimension; views.

    Raises:
        RuntimeError: they do not add up, or one is negative.
    """
    dim, n = size_along(input, dim, "split")
    sizes = [as_int(size) for size in split_sizes]
    if sum(sizes) != n or min(sizes, default=0) < 0:
        raise RuntimeError(f"split sizes {sizes} add up to {sum(sizes)}, dimension {dim} has {n}; none may be negative")
    ends = list(itertools.accumulate(sizes))
    return parts(input, dim, [slice(end - size, end) for end, size in zip(ends, sizes, strict=True)])


@method
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most so many stretches of equal size along a dimension, the last perhaps smaller; views.

    Raises:
        RuntimeError: it is not a positive number.
    """
    dim, n = size_along(input, dim, "chunk")
    chunks = as_int(chunks)
    if chunks <= 0:
        raise RuntimeError(f"chunk needs a positive number of chunks, got {chunks}")
    return split(input, -(-n // chunks), dim) if n else (part(input, dim, slice(None)),) * chunks


@method
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """So many stretches of nearly equal size, or those between the indices listed, along a dimension; views.

    >>> from tinygrad_edu import arange
    >>> [x.tolist() for x in arange(5).tensor_split(2)], [x.tolist() for x in arange(5).tensor_split((1, 3))]
    ([[0, 1, 2], [3, 4]], [[0], [1, 2], [3, 4]])

    Raises:
        RuntimeError: the number of stretches is not positive.
    """
    dim, n = size_along(input, dim, "tensor_split")
    sections = indices_or_sections
    if isinstance(sections, Tensor):
        sections = sections.tolist()
    if isinstance(sections, Sequence):
        bounds = [None, *map(as_int, sections), None]
    else:
        count = as_int(sections)
        if count <= 0:
            raise RuntimeError(f"tensor_split needs a positive number of sections, got {count}")
        check_room(count * OBJECT, f"a list of {count} Tensors")
        # the first n % count stretches are longer by one
        bounds = [i * (n // count) + min(i, n % count) for i in range(count + 1)]
    return tuple([part(input, dim, slice(start, stop)) for start, stop in itertools.pairwise(bounds)])


def evenly(input: Tensor, indices_or_sections: Any, dim: int, name: str, least: int) -> tuple[Tensor, ...]:
    """tensor_split of a Tensor with at least so many dimensions, into equal stretches where a number is given.

    Raises:
        RuntimeError: it has fewer dimensions, or cannot be split evenly.
    """
    if input.ndim < least:
        raise RuntimeError(f"{name} needs at least {least} dimensions, got {input.shape}")
    sections = indices_or_sections
    if not isinstance(sections, (Sequence, Tensor)) and (sections == 0 or input.shape[dim] % sections):
        raise RuntimeError(f"{name}: {input.shape[dim]} elements along dimension {dim} do not split into {sections}")
    return tensor_split(input, sections, dim)


@method
def hsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """tensor_split from left to right, along dimension 1, and 0 for a vector; into equal stretches."""
    return evenly(input, indices_or_sections, min(input.ndim - 1, 1), "hsplit", 1)


@method
def vsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """tensor_split from top to bottom, along dimension 0; into equal stretches."""
    return evenly(input, indices_or_sections, 0, "vsplit", 2)


@method
def dsplit(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
    """tensor_split from front to back, along dimension 2; into equal stretches."""
    return evenly(input, indices_or_sections, 2, "dsplit", 3)


@method
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of a size along a dimension, `step` apart, as a last dimension; a view.

    `(.., n, ..) -> (.., (n - size) // step + 1, .., size)`. Windows that overlap cannot be written to.

    >>> from tinygrad_edu import arange
    >>> arange(5).unfold(0, 3, 1).tolist()
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]

    Raises:
        RuntimeError: the size is negative or larger than the dimension, or the step is not positive.
    """
    if not input.ndim:
        return unfold(input.reshape(1), dimension, size, step)[0]
    dim, n = size_along(input, dimension, "unfold")
    if not 0 <= size <= n or step <= 0:
        raise RuntimeError(f"unfold needs 0 <= size <= {n} and step > 0, got size {size} and step {step}")
    return ops.unfold(input, dim=dim, size=as_int(size), step=as_int(step))
