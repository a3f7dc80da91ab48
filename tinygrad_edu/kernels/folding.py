"""Windows as columns and back, in NumPy, tap by tap: tap k of all windows at once is a strided slice."""

from itertools import product
from math import prod
from typing import Any

import numpy
from numpy.typing import NDArray

from .pooling import spans, widened
from .windows import Sizes, Window

__all__ = ["columns", "from_columns"]

Array = NDArray[Any]


def columns(x: Array, window: Window, size: Sizes) -> Array:
    """`(B, C, *spatial) -> (B, C * K, L)`, zero where a tap lies outside of x."""
    kernel = window.kernel
    taken = numpy.zeros((*x.shape[:2], *kernel, *size), x.dtype)
    for tap, place in zip(numpy.ndindex(*kernel), product(*spans(x.shape[2:], size, window)), strict=True):
        to, source = zip(*place, strict=True)
        taken[(slice(None), slice(None), *tap, *to)] = x[(..., *source)]
    return taken.reshape(len(x), x.shape[1] * prod(kernel), prod(size))


def from_columns(y: Array, window: Window, size: Sizes, spatial: Sizes) -> Array:
    """`(B, C * K, L) -> (B, C, *spatial)`, where what lies on one place adds up."""
    kernel = window.kernel
    taken = widened(y).reshape(len(y), y.shape[1] // prod(kernel), *kernel, *size)
    x = numpy.zeros((*taken.shape[:2], *spatial), taken.dtype)
    for tap, place in zip(numpy.ndindex(*kernel), product(*spans(spatial, size, window)), strict=True):
        to, source = zip(*place, strict=True)
        part = x[(..., *source)]
        part += taken[(slice(None), slice(None), *tap, *to)]
    return x.astype(y.dtype, copy=False)
