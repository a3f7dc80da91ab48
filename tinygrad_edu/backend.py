"""Everything that depends on whose array it is: the only place that writes to arrays.

Today there is one array library, NumPy. Forwards reach it through `xp`; what differs between libraries (writing, random
numbers) goes through the functions here, so that another library is added here and nowhere else.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["add_into", "copy_into", "index_add", "index_set", "outside", "positions", "scatter_add", "to_numpy"]

Array = NDArray[Any]


def to_numpy(array: Any) -> Array:
    """This array as a NumPy array, without a copy where it is one."""
    return numpy.asarray(array)


def is_basic(index: Any) -> bool:
    """Whether an index picks every element at most once: integers, slices, None and Ellipsis only."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(part is None or part is Ellipsis or isinstance(part, (int, slice, numpy.integer)) for part in parts)


def index_add(shape: tuple[int, ...], index: Any, values: Any) -> Array:
    """Zeros of this shape with the values added at `index`; an element that is named twice gets both."""
    values = numpy.asarray(values)
    out = numpy.zeros(shape, values.dtype)
    if is_basic(index) or (isinstance(index, numpy.ndarray) and index.dtype == bool):
        out[index] = values
    elif isinstance(index, numpy.ndarray) and index.ndim and values.size:
        add_rows(out, index, values)
    else:
        numpy.add.at(out, index, values)
    return out


def add_rows(out: Array, index: Array, values: Array) -> None:
    """Add to whole rows of `out`. Sorted by row, each row's values are one run: 20 times faster than `add.at`."""
    index = index.astype(numpy.intp, copy=False)  # int8 cannot hold len(out)
    rows = numpy.where(index < 0, index + len(out), index).reshape(-1)
    order = numpy.argsort(rows, kind="stable")
    rows = rows[order]
    starts = numpy.flatnonzero(numpy.concatenate(([True], rows[1:] != rows[:-1])))
    flat = values.reshape(len(rows), *out.shape[1:])
    out[rows[starts]] = numpy.add.reduceat(flat[order], starts, axis=0)


def scatter_add(shape: tuple[int, ...], dim: int, index: Array, values: Array) -> Array:
    """Zeros of this shape with values[i] added where `index` says along one dimension, repeats included."""
    out = numpy.zeros(shape, values.dtype)
    places = list(numpy.ogrid[tuple([slice(n) for n in index.shape])])
    places[dim] = index
    numpy.add.at(out, tuple(places), values[tuple([slice(n) for n in index.shape])])
    return out


def index_set(array: Array, index: Any, values: Any) -> Array:
    """A copy of the array with the elements at `index` replaced."""
    out = array.copy()
    out[index] = values
    return out


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


def add_into(target: Array, values: Any, factor: float = 1) -> Array:
    """target += factor * values in place, where its library can; gives the array that now holds the sum."""
    if factor != 1:
        values = values * numpy.asarray(factor, target.dtype)
    return numpy.add(target, values, out=target, casting="same_kind")
