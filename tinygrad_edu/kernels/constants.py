"""Python numbers as arrays that NumPy need not convert again."""

import functools
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["ZEROS", "constant32", "constant64", "constant_for"]

Array = NDArray[Any]


class Zeros(dict[str, Array]):
    """A zero of each dtype, by its letter."""

    def __missing__(self, char: str) -> Array:
        raise TypeError(f"it takes bools, integers and floats of up to 64 bits, got {numpy.dtype(char).name} values")


ZEROS = Zeros({char: numpy.zeros((), char) for char in "?bhilqBHILQefd"})
for zero in ZEROS.values():
    zero.flags.writeable = False  # as all of these, which many calls share


@functools.lru_cache(128)
def constant32(value: float) -> Array:
    """A Python number in float32; -0.0 is 0.0, which equals it and may have been here before."""
    with numpy.errstate(over="ignore"):
        array = numpy.array(value or 0, numpy.float32)
    array.flags.writeable = False
    return array


@functools.lru_cache(128)
def constant64(value: float) -> Array:
    """The same in float64."""
    array = numpy.array(value or 0, numpy.float64)
    array.flags.writeable = False
    return array


def constant_for(array: Array, value: float) -> Any:
    """A Python number in the dtype of this array of floats."""
    size = array.itemsize
    return constant32(value) if size == 4 else constant64(value) if size == 8 else array.dtype.type(value)
