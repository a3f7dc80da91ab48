"""Searching sorted rows, many at a time."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["bisect"]

Array = NDArray[Any]


def bisect(edges: Array, values: Array, right: bool) -> Array:
    """The first place in a row of sorted edges whose edge is not less than each value, or greater if `right`.

    `edges (n), values (*) -> (*)`, or `edges (*, n), values (*, m) -> (*, m)`, int64. NaN is beyond every edge.
    """
    size = edges.shape[-1]
    low = numpy.zeros(values.shape, numpy.int64)
    high = numpy.full(values.shape, size)
    for _ in range(size.bit_length()):  # each halves what is left of [low, high)
        middle = (low + high) // 2
        at = numpy.minimum(middle, size - 1)  # where low = high = size there is nothing left to look at
        edge = edges[at] if edges.ndim == 1 else numpy.take_along_axis(edges, at, -1)
        found = (edge > values if right else edge >= values) | (low == high)
        low, high = numpy.where(found, low, middle + 1), numpy.where(found, middle, high)
    return low
