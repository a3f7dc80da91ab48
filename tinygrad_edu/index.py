"""Indices as users write them, made what NumPy takes."""

from typing import Any

import numpy

from .backend import is_basic
from .tensor import Tensor

__all__ = ["as_index"]


def as_index(index: Any) -> tuple[Any, Any]:
    """An index as NumPy takes it, and a second one for what the first picks, or None.

    Tensors become arrays, and whole numbers alone still give a view. Where numbers stand beside arrays they are taken
    first, as in PyTorch: `x[0, :, i]` has the dimensions of `x[0][:, i]`, where NumPy puts that of i in front. A list
    with anything but numbers in it stands for a tuple.
    """
    if isinstance(index, list) and not all(isinstance(part, (int, float, numpy.generic)) for part in index):
        index = tuple(index)
    parts = tuple(map(as_part, index)) if isinstance(index, tuple) else (as_part(index),)
    if is_basic(parts):
        return with_ellipsis(parts), None
    if any(map(is_number, parts)):
        return numbers_first(parts)
    return (parts if len(parts) > 1 or isinstance(index, tuple) else parts[0]), None


def with_ellipsis(parts: tuple[Any, ...]) -> tuple[Any, ...]:
    """The parts, with `...` among them: without it NumPy makes a number of a single element, which is no view."""
    return parts if Ellipsis in parts else (*parts, Ellipsis)


def is_number(part: Any) -> bool:
    """Whether a part of an index takes one element of a dimension."""
    return isinstance(part, (int, numpy.integer)) and not isinstance(part, bool)


def numbers_first(parts: tuple[Any, ...]) -> tuple[Any, Any]:
    """The numbers and slices of an index, and what is then left of it."""
    first: list[Any] = []
    then: list[Any] = []
    for part in parts:
        if is_number(part):
            first.append(part)
        elif part is Ellipsis or isinstance(part, slice):
            first.append(part)
            then.append(slice(None) if isinstance(part, slice) else part)
        else:
            masks = isinstance(part, numpy.ndarray) and part.dtype == bool
            taken = part.ndim if masks else 0 if part is None or isinstance(part, bool) else 1
            first += [slice(None)] * taken
            then.append(part)
    return with_ellipsis(tuple(first)), tuple(then)


def as_part(part: Any) -> Any:
    """One part of an index."""
    if isinstance(part, Tensor):
        array = part._array
        if array.dtype.kind == "f":
            raise IndexError(f"an index holds integers or bools, this Tensor holds {array.dtype}; use .long()")
        if array.dtype == numpy.uint8:
            return array.astype(bool)  # bytes are a mask, as in PyTorch
        return int(array) if array.ndim == 0 and array.dtype.kind == "i" else array
    if isinstance(part, (list, range, tuple)):
        return numpy.array([p.tolist() if isinstance(p, Tensor) else p for p in part], None if len(part) else int)
    if isinstance(part, numpy.ndarray):
        return part.astype(bool if part.dtype == numpy.uint8 else part.dtype)  # a copy: backward needs it as it is now
    if isinstance(part, slice):
        bounds = [int(b) if isinstance(b, Tensor) else b for b in (part.start, part.stop, part.step)]
        return slice(*bounds)
    return part
