"""Indices as users write them, made what NumPy takes."""

from typing import Any

import numpy

from .backend import is_basic
from .tensor import Tensor

__all__ = ["as_index"]


def as_index(index: Any) -> Any:
    """An index as NumPy takes it: Tensors become arrays, and whole numbers alone still give a view."""
    parts = tuple(map(as_part, index)) if isinstance(index, tuple) else (as_part(index),)
    if Ellipsis not in [part for part in parts if part is Ellipsis] and is_basic(parts):
        return (*parts, Ellipsis)  # without it NumPy makes a number of a single element, which is no view
    return parts if len(parts) > 1 or isinstance(index, tuple) else parts[0]


def as_part(part: Any) -> Any:
    """One part of an index."""
    if isinstance(part, Tensor):
        array = part._array
        if array.dtype.kind == "f":
            raise IndexError(f"an index holds integers or bools, this Tensor holds {array.dtype}; use .long()")
        return int(array) if array.ndim == 0 and array.dtype.kind in "iu" else array
    if isinstance(part, (list, range)):
        return numpy.array([p.tolist() if isinstance(p, Tensor) else p for p in part], None if len(part) else int)
    if isinstance(part, numpy.ndarray):
        return part.copy()  # backward needs it as it is now
    if isinstance(part, slice):
        bounds = [int(b) if isinstance(b, Tensor) else b for b in (part.start, part.stop, part.step)]
        return slice(*bounds)
    return part
