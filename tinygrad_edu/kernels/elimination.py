"""Gaussian elimination with partial pivoting, of many matrices at once."""

import math
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["eliminate", "exchanges"]

Array = NDArray[Any]


def exchanges(a: Array) -> Array:
    """With which row each row is exchanged in turn, counted from 0; `(*, m, n) -> (*, min(m, n))`."""
    rest = a.reshape(math.prod(a.shape[:-2]), *a.shape[-2:]).copy()
    each, steps = numpy.arange(len(rest)), min(a.shape[-2:])
    chosen = numpy.zeros((len(rest), steps), numpy.int64)
    for k in range(steps):
        largest = k + numpy.abs(rest[:, k:, k]).argmax(1)
        chosen[:, k] = largest
        here, there = rest[:, k].copy(), rest[each, largest]
        rest[:, k], rest[each, largest] = there, here
        reduce(rest, k)
    return chosen.reshape(*a.shape[:-2], steps)


def eliminate(a: Array) -> Array:
    """Both factors of matrices with rows in order: U on and above the diagonal, below it L, whose own is 1."""
    out = a.copy()
    for k in range(min(a.shape[-2:])):
        reduce(out, k)
    return out


def reduce(a: Array, k: int) -> None:
    """Subtract row k from those below it, so often that column k would be 0 there, and keep in it how often."""
    pivot = a[..., k, k, None]
    a[..., k + 1 :, k] /= numpy.where(pivot == 0, 1, pivot)  # below a largest one of 0 all are 0
    a[..., k + 1 :, k + 1 :] -= a[..., k + 1 :, k, None] * a[..., k, None, k + 1 :]
