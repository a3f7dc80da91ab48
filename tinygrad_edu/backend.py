"""Everything that depends on whose array it is: the only place that writes to arrays.

Today there is one array library, NumPy. Forwards reach it through `xp`; what differs between libraries (writing, random
numbers) goes through the functions here, so that another library is added here and nowhere else.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from .kernels.constants import ZEROS, constant32, constant64
from .kernels.summation import product, total
from .kernels.writing import add_into, add_product_into, add_quotient_into, divide_into, move_towards, multiply_into

__all__ = [
    "add_into",
    "add_product_into",
    "add_quotient_into",
    "constant32",
    "constant64",
    "copy_into",
    "divide_into",
    "index_add",
    "masked",
    "move_towards",
    "multiply_into",
    "outside",
    "positions",
    "product",
    "scatter_add",
    "to_numpy",
    "total",
    "zero",
]

Array = NDArray[Any]


PAIRS = {"f": numpy.complex64, "d": numpy.complex128}
BOOL, BYTE = numpy.dtype(bool), numpy.dtype(numpy.int8)
BITS = {1: BYTE, 2: numpy.dtype(numpy.int16), 4: numpy.dtype(numpy.int32), 8: numpy.dtype(numpy.int64)}
BASIC = {int, slice, type(None), type(Ellipsis)}


def to_numpy(array: Any) -> Array:
    """This array as a NumPy array, without a copy where it is one."""
    try:
        return numpy.asarray(array)
    except ValueError:
        raise ValueError("nested lists must be of equal lengths to stand for an array") from None


def is_basic(index: Any) -> bool:
    """Whether an index picks every element at most once: integers, slices, None and Ellipsis only."""
    parts = index if isinstance(index, tuple) else (index,)
    return BASIC.issuperset([int if isinstance(part, numpy.integer) else type(part) for part in parts])


def index_add(shape: tuple[int, ...], index: Any, values: Any) -> Array:
    """Zeros of this shape with the values added at `index`; an element that is named twice gets both."""
    values = numpy.asarray(values)
    if index.dtype == bool if isinstance(index, numpy.ndarray) else is_basic(index):
        out = numpy.zeros(shape, values.dtype)
        out[index] = values
        return out
    if values.dtype.char == "e":  # 2048 + 1 is 2048 in float16
        return index_add(shape, index, values.astype("float32")).astype("float16")
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


def outside(shape: tuple[int, ...], part: Callable[[Array], Array]) -> Array:
    """True at the elements of an array of this shape that a function, which picks a part of it, leaves out."""
    mask = numpy.ones(math.prod(shape), bool)
    mask[part(numpy.arange(mask.size).reshape(shape))] = False
    return mask.reshape(shape)


def positions(n: int) -> Array:
    """The integers from 0 to n - 1."""
    return numpy.arange(n)


def copy_into(target: Array, index: Any, values: Any) -> Array:
    """Write values into an array in place, where its library can, and give the array that now holds them."""
    target[index] = values
    return target


def zero(array: Any) -> Any:
    """0 in the dtype of an array, which takes half the time of a Python number beside it."""
    return ZEROS[array.dtype.char] if type(array) is numpy.ndarray else 0


def masked(array: Any, mask: Any) -> Array:
    """The elements where a mask holds, or is not 0, and 0 elsewhere, also in the place of inf and NaN.

    As integers the bits are multiplied by 0 or 1, without a branch: ten times faster than `where` on random masks.
    """
    dtype = array.dtype
    if not isinstance(mask, numpy.ndarray):
        mask = numpy.asarray(mask)
    if mask.dtype is not BOOL:
        mask = mask != ZEROS[mask.dtype.char]
    return (array.view(BITS[dtype.itemsize]) * mask.view(BYTE)).view(dtype)
