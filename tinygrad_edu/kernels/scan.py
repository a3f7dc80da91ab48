"""Scans in NumPy: each element along a dimension is made of those before it."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["recur", "running_sum"]

Array = NDArray[Any]

# what PyTorch accumulates in too: rounding once for each element, not once for each of those before it
WIDER: dict[str, Any] = {"e": numpy.dtype("float32"), "f": numpy.dtype("float64")}


def running_sum(x: Array, dim: int, reverse: bool) -> Array:
    """y[i] = x[0] + ... + x[i] along a dimension, or x[i] + ... + x[n - 1]; `(*) -> (*)`."""
    wide = WIDER.get(x.dtype.char, x.dtype)
    sums = numpy.cumsum(numpy.flip(x, dim) if reverse else x, dim, wide)
    return (numpy.flip(sums, dim) if reverse else sums).astype(x.dtype, "C", copy=False)


def recur(a: Array, b: Array, dim: int, reverse: bool) -> Array:
    """y[i] = b[i] + a[i] y[i - 1] along a dimension, or b[i] + a[i + 1] y[i + 1]; `(*), (*) -> (*)`.

    One step after the other: combining steps in pairs would be faster for a single long row, but the product of many
    coefficients may overflow where no element does, and infinity times 0 is NaN.
    """
    a, b = numpy.moveaxis(a, dim, 0), numpy.moveaxis(b, dim, 0)
    if reverse:
        a, b = numpy.roll(a[::-1], 1, 0), b[::-1]
    y = numpy.empty(b.shape, WIDER.get(b.dtype.char, b.dtype))
    y[:1] = b[:1]
    for i in range(1, len(y)):
        y[i] = b[i] + a[i] * y[i - 1]
    return numpy.moveaxis(y[::-1] if reverse else y, 0, dim).astype(b.dtype, "C")
