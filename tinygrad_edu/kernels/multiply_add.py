"""A multiple of one array added to another, in place: what an optimizer's step is made of."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["add_scaled"]

Array = NDArray[Any]

BLOCK = 1 << 16  # so many products stay in the cache until they are added: twice as fast for a large parameter


def add_scaled(target: Array, values: Any, scale: Any) -> Array:
    """target += scale * values."""
    if target.size <= BLOCK or not in_step(target, values):
        return numpy.add(target, values * scale, target)
    sums, terms = target.reshape(-1), values.reshape(-1)
    for start in range(0, target.size, BLOCK):
        part = slice(start, start + BLOCK)
        sums[part] += terms[part] * scale
    return target


def in_step(target: Array, values: Any) -> bool:
    """Whether two arrays can be walked through together, block by block, without reading what was written."""
    contiguous = target.flags.c_contiguous and getattr(values, "shape", ()) == target.shape
    return contiguous and values.flags.c_contiguous and not numpy.may_share_memory(target, values)
