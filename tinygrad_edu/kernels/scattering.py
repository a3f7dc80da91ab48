"""Values added at the places that an index picks."""

import math
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["index_add", "is_basic", "scatter_add"]

Array = NDArray[Any]

BASIC = {int, slice, type(None), type(Ellipsis)}
PAIRS = {"f": numpy.complex64, "d": numpy.complex128}


def is_basic(index: Any) -> bool:
    """Whether an index picks every element at most once: integers, slices, None and Ellipsis only."""
    parts = index if isinstance(index, tuple) else (index,)
    return BASIC.issuperset(map(type, parts)) or all(type(x) in BASIC or isinstance(x, numpy.integer) for x in parts)


def index_add(shape: tuple[int, ...], index: Any, values: Any) -> Array:
    """Zeros of this shape with the values added at `index`; an element that is named twice gets both."""
    values = numpy.asarray(values)
    if index.dtype.char == "?" if isinstance(index, numpy.ndarray) else is_basic(index):
        out = numpy.zeros(shape, values.dtype)
        out[index] = values
        return out
    if values.dtype.char == "e":  # 2048 + 1 is 2048 in float16
        return index_add(shape, index, values.astype("float32")).astype("float16")
    if len(shape) == values.ndim == 1:
        out = numpy.zeros(shape, values.dtype)
        numpy.add.at(out, index, values)
        return out
    if values.dtype.char in PAIRS and len(shape) > 1 and shape[-1] % 2 == 0 and isinstance(index, numpy.ndarray):
        # as complex numbers two elements are added at once: up to twice as fast
        pairs: Array = numpy.ascontiguousarray(values).view(PAIRS[values.dtype.char])
        return index_add((*shape[:-1], shape[-1] // 2), index, pairs).view(values.dtype)
    out = numpy.zeros(math.prod(shape), values.dtype)
    numpy.add.at(out, flat_places(shape, index).reshape(-1), values.reshape(-1))
    return out.reshape(shape)


def flat_places(shape: tuple[int, ...], index: Any) -> Array:
    """Where the elements that an index picks lie in the flattened array: with one index `add.at` is 10 times faster."""
    if not isinstance(index, numpy.ndarray):
        return numpy.arange(math.prod(shape)).reshape(shape)[index]
    index = index.astype(numpy.intp, copy=False)  # int8 cannot hold len(out)
    width = math.prod(shape[1:])
    rows = index if width == 1 else numpy.where(index < 0, index + shape[0], index)
    return rows if width == 1 else rows[..., None] * width + numpy.arange(width)


def scatter_add(shape: tuple[int, ...], dim: int, index: Array, values: Array) -> Array:
    """Zeros of this shape with values[i] added where `index` says along one dimension, repeats included."""
    places = list(numpy.ogrid[tuple([slice(n) for n in index.shape])])
    places[dim] = index
    return index_add(shape, tuple(places), values[tuple([slice(n) for n in index.shape])])
