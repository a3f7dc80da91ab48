"""Indices as users write them, made what NumPy takes."""

from typing import Any

import numpy

from .backend import is_basic
from .dtypes import bool_, int32, int64, uint8
from .tensor import Tensor

__all__ = ["as_index"]

TAKEN = {int64, int32, uint8, bool_}  # as in PyTorch; a single number may be of any integer dtype

PLAIN = {int, type(None)}  # bounds of a slice that need no conversion


def as_index(index: Any, ndim: int) -> tuple[Any, Any]:
    """An index of so many dimensions as NumPy takes it, and a second one for what the first picks, or None.

    Tensors become arrays, and whole numbers alone still give a view. Where anything but slices stands beside arrays it
    is taken first, as in PyTorch: `x[0, :, i]` has the dimensions of `x[0][:, i]`, where NumPy puts that of i in front.
    A list with anything but numbers in it stands for a tuple. Slices may go backwards, as in NumPy.
    """
    kind = type(index)
    if kind is int or (kind is slice and {type(index.start), type(index.stop), type(index.step)} <= PLAIN):
        return (index, Ellipsis), None
    if kind is numpy.ndarray and index.ndim and index.dtype.kind in "ib":
        return index.copy(), None  # backward needs it as it is now
    if isinstance(index, list) and not all(isinstance(part, (int, float, numpy.generic)) for part in index):
        index = tuple(index)
    parts = tuple(map(as_part, index)) if isinstance(index, tuple) else (as_part(index),)
    if is_basic(parts):
        # With `...` among them: without it NumPy makes a number of a single element, which is no view.
        return (parts if Ellipsis in parts else (*parts, Ellipsis)), None
    if not all(isinstance(part, (slice, numpy.ndarray)) for part in parts):
        return basic_first(parts, ndim)
    return (parts if len(parts) > 1 or isinstance(index, tuple) else parts[0]), None


def basic_first(parts: tuple[Any, ...], ndim: int) -> tuple[Any, Any]:
    """The part of an index that gives a view, and what is left of it: slices and arrays."""
    everything = slice(None)
    taken = [
        0 if part is None or part is Ellipsis or isinstance(part, (bool, numpy.bool))
        else part.ndim if isinstance(part, numpy.ndarray) and part.dtype == bool
        else 1
        for part in parts
    ]  # fmt: skip
    first: list[Any] = []
    then: list[Any] = []
    for part, dims in zip(parts, taken, strict=True):
        if isinstance(part, (bool, numpy.bool)) or (dims == 0 and isinstance(part, numpy.ndarray)):
            first.append(None)  # a dimension of its own, kept or emptied
            then.append(numpy.flatnonzero(part))
        elif isinstance(part, numpy.ndarray):
            first += [everything] * dims
            then.append(part)
        else:
            first.append(part)
            if part is Ellipsis:
                then += [everything] * (ndim - sum(taken))
            elif part is None or isinstance(part, slice):
                then.append(everything)
    return (*first, *(() if Ellipsis in first else (Ellipsis,))), tuple(then)


def as_part(part: Any) -> Any:
    """One part of an index."""
    if isinstance(part, Tensor):
        array = part._array
        if array.dtype not in TAKEN and (array.ndim or array.dtype.kind == "f"):
            raise IndexError(f"an index holds int64, int32 or bools, this Tensor {array.dtype}; use .long()")
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
