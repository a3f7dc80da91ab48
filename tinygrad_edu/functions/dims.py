"""Dimensions and sizes as users write them, made what the primitives take."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy

from ..errors import PlaceError, ShapeError

__all__ = ["as_dim", "as_dims", "as_new_sizes", "as_sizes", "check_room", "fill_in"]


def as_dim(dim: int, ndim: int) -> int:
    """A dimension counted from the left; a Tensor without dimensions takes 0 and -1.

    Raises:
        IndexError: there is no such dimension.
        TypeError: it is not an integer.
    """
    given = dim
    try:
        dim = index(dim)
    except TypeError:
        raise TypeError(f"a dimension is an integer, got {dim!r}") from None
    if given is True or given is False:  # topk(4, True) means another argument
        raise TypeError(f"a dimension is an integer, got {given}")
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        raise PlaceError(f"dimension {dim} is out of range for a {ndim}-d Tensor: it takes {-bound} to {bound - 1}")
    return dim % bound


def as_dims(dim: Any, ndim: int) -> tuple[int, ...] | None:
    """Dimensions counted from the left, or None for all of them.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: one is named twice.
    """
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return None
    dims = tuple([as_dim(d, ndim) for d in (dim if isinstance(dim, (tuple, list)) else (dim,))])
    if len(set(dims)) != len(dims):
        raise RuntimeError(f"a dimension is named twice in {dim}")
    return dims if ndim else None


def as_sizes(sizes: Sequence[Any], named: Any = None) -> tuple[int, ...]:
    """Sizes given as several arguments or as one sequence, or by name as one sequence."""
    if named is not None:
        sizes = (*sizes, named)
    if len(sizes) == 1 and not hasattr(sizes[0], "__index__"):
        sizes = sizes[0]
    try:
        if isinstance(sizes, (str, bytes, dict, set)):
            raise TypeError
        return tuple(map(index, sizes))
    except TypeError:
        raise TypeError(f"sizes are integers, one by one or as one sequence, got {sizes!r}") from None


def as_new_sizes(sizes: Sequence[Any]) -> tuple[int, ...]:
    """Sizes of a Tensor to make.

    Raises:
        ShapeError: one is negative.
    """
    found = as_sizes(sizes)
    if bool in map(type, sizes):
        raise TypeError(f"sizes are integers, got {sizes!r}")
    if found and min(found) < 0:
        raise ShapeError(f"a Tensor of shape {found} cannot be made: sizes are 0 or more")
    return found


def check_room(count: int, what: str) -> None:
    """Refuse at once what would take so many numbers that a loop over them would not end.

    Raises:
        RuntimeError: there is no memory for them.
    """
    try:
        numpy.empty(count)
    except (MemoryError, OverflowError, ValueError):
        raise RuntimeError(f"{what} would take {count:.3g} numbers, more than there is memory for") from None


def fill_in(sizes: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """Sizes with a single -1 replaced by what makes them hold so many elements.

    Raises:
        ShapeError: they cannot.
    """
    known = 1
    for n in sizes:
        known *= n if n != -1 else 1
    if sizes.count(-1) == 1 and known and numel % known == 0:
        return tuple([numel // known if n == -1 else n for n in sizes])
    if -1 in sizes or known != numel or any(n < 0 for n in sizes):
        raise ShapeError(f"{numel} elements do not fit into shape {sizes}")
    return sizes
