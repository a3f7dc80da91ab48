"""Layer norm: rows brought to mean 0 and variance 1, times a weight and plus a bias for each column.

Rows are taken in blocks that stay in the cache, and BLAS does what it can: sums are products with vectors of ones, and
a number of each row is written out along it by a product of matrices two columns wide, because broadcasting over short
rows takes longer than the arithmetic. float16 is computed in float32.
"""

from collections.abc import Iterator
from typing import Any

import numpy
from numpy.typing import NDArray

from .memory import aligned

__all__ = ["gradients", "moments", "standardized"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: 256 KB, and the few temporaries of that size, stay in the cache
FAR = 30  # standard deviations from 0 at which x - mean is taken first, lest its digits cancel


def working_dtype(x: Array) -> Any:
    """The dtype to compute in."""
    return numpy.dtype(numpy.float32) if x.dtype.char == "e" else x.dtype


def rows_in_block(x: Array) -> int:
    """How many rows of this length make a block."""
    return min(len(x), max(1, BLOCK // max(1, x.shape[1])))


def blocks(x: Array) -> Iterator[slice]:
    """Some rows after the other."""
    step = rows_in_block(x)
    return (slice(start, start + step) for start in range(0, len(x), step or 1))


def beside(left: Array, right: Array | float) -> Array:
    """Two numbers of each row as a matrix of two columns; `(R, 1) -> (R, 2)`."""
    found = numpy.empty((len(left), 2), left.dtype)
    found[:, :1] = left
    found[:, 1:] = right
    return found


def above(top: Array | float, bottom: Array | float, x: Array) -> Array:
    """Two rows of the length and dtype of those of x; `-> (2, C)`."""
    found = numpy.empty((2, x.shape[1]), working_dtype(x))
    found[0], found[1] = top, bottom
    return found


def moments_of(x: Array) -> tuple[Array, Array]:
    """The mean of each row, and its mean square less the mean's square."""
    mean = x @ numpy.ones((x.shape[1], 1), x.dtype) / x.shape[1]
    return mean, numpy.vecdot(x, x)[:, None] / x.shape[1] - mean * mean


@numpy.errstate(all="ignore")
def moments(x: Array) -> tuple[Array, Array]:
    """The mean and the variance of each row; `(R, C) -> (R, 1), (R, 1)`."""
    mean, var = (numpy.empty((len(x), 1), working_dtype(x)) for _ in range(2))
    for part in blocks(x):
        values = x[part].astype(mean.dtype, copy=False)
        average, rest = moments_of(values)
        if (average * average > 4 * rest).any():  # again, centred: the digits of the variance canceled
            more, rest = moments_of(values - average)
            average += more
        mean[part], var[part] = average, rest
    return mean, var


class Centred:
    """The rows block by block in the dtype to compute in, less their means where these are far from 0."""

    def __init__(self, x: Array, mean: Array, rstd: Array) -> None:
        self.x, self.dtype = x, mean.dtype
        self.taken = mean if (numpy.abs(mean * rstd) > FAR).any() else None
        self.mean = mean if self.taken is None else numpy.zeros_like(mean)

    def __getitem__(self, part: slice) -> Array:
        values = self.x[part].astype(self.dtype, copy=False)
        return values if self.taken is None else values - self.taken[part]


@numpy.errstate(all="ignore")
def standardized(x: Array, weight: Array, bias: Array, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias; `(R, C), (C), (C), (R, 1), (R, 1) -> (R, C)`."""
    rows = Centred(x, mean, rstd)
    out = numpy.empty(x.shape, x.dtype)
    factor, shift = beside(rstd, 0), beside(-rows.mean * rstd, 1)
    to_factor, to_shift = above(weight, 0, x), above(weight, bias, x)
    memory = aligned((rows_in_block(x), x.shape[1]), rows.dtype)
    for part in blocks(x):
        target = out[part]
        result = shift[part] @ to_shift if rows.dtype != x.dtype else numpy.matmul(shift[part], to_shift, target)
        term = numpy.matmul(factor[part], to_factor, memory[: len(target)])
        term *= rows[part]
        result += term
        if result is not target:
            target[:] = result
    return out


@numpy.errstate(all="ignore")
def gradients(g: Array, x: Array, weight: Array, mean: Array, rstd: Array) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias, mean and rstd being functions of x."""
    rows, n = Centred(x, mean, rstd), x.shape[1]
    gx = numpy.empty(x.shape, x.dtype)
    gw, gb = numpy.zeros((2, n), rows.dtype)
    w = weight.astype(rows.dtype, copy=False)
    factor, to_factor, along = beside(rstd, 0), above(w, 0, x), above(1, 0, x)
    memory = aligned((rows_in_block(x), n), rows.dtype)
    for part in blocks(x):
        values, wide, target = rows[part], g[part].astype(rows.dtype, copy=False), gx[part]
        scale, centre = rstd[part], rows.mean[part]
        term = numpy.multiply(wide, values, memory[: len(target)])
        gb += numpy.ones(len(wide), wide.dtype) @ wide
        gw += scale[:, 0] @ term - (centre * scale)[:, 0] @ wide
        total = (wide @ w)[:, None]
        slope = (centre * total - (term @ w)[:, None]) * scale**3 / n
        constant = beside(-scale * total / n - centre * slope, 0)
        result = constant @ along if rows.dtype != x.dtype else numpy.matmul(constant, along, target)
        for multiples, to_multiples, y in ((factor[part], to_factor, wide), (beside(slope, 0), along, values)):
            numpy.matmul(multiples, to_multiples, term)
            term *= y
            result += term
        if result is not target:
            target[:] = result
    return gx, gw.astype(weight.dtype, copy=False), gb.astype(weight.dtype, copy=False)
