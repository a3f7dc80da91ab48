"""Solving triangular systems in NumPy, which has no routine for them."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["substitute"]

Array = NDArray[Any]

BLOCK = 24  # below it one row after the other is quicker than products of halves


def substitute(a: Array, b: Array, upper: bool, unitriangular: bool) -> Array:
    """The x of a x = b, reading one triangle of a; `(.., n, n), (.., n, k) -> (.., n, k)`; batches broadcast.

    A zero on the diagonal is divided by: the result is infinite or NaN.
    """
    x = numpy.array(numpy.broadcast_to(b, (*numpy.broadcast_shapes(a.shape[:-2], b.shape[:-2]), *b.shape[-2:])))
    with numpy.errstate(all="ignore"):
        reduce(a, x, 0, a.shape[-1], upper, unitriangular)
    return x


def reduce(a: Array, x: Array, start: int, stop: int, upper: bool, unitriangular: bool) -> None:
    """Solve for the rows from start to stop, in place: for one half, then for what is left of the other."""
    if stop - start <= BLOCK:
        for i in reversed(range(start, stop)) if upper else range(start, stop):
            known = slice(i + 1, stop) if upper else slice(start, i)
            row = x[..., i, :]
            row -= (a[..., i : i + 1, known] @ x[..., known, :])[..., 0, :]
            if not unitriangular:
                row /= a[..., i, i, None]
        return
    middle = (start + stop) // 2
    first, second = slice(start, middle), slice(middle, stop)
    if upper:
        first, second = second, first
    reduce(a, x, first.start, first.stop, upper, unitriangular)
    x[..., second, :] -= a[..., second, first] @ x[..., first, :]
    reduce(a, x, second.start, second.stop, upper, unitriangular)
