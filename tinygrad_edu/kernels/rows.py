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
most = numpy.maximum.reduce


def working_dtype(x: Array) -> Any:
    """The dtype to compute in."""
    return numpy.dtype(numpy.float32) if x.dtype.char == "e" else x.dtype


def as_rows(x: Array, mean: Array) -> Array:
    """x as so many rows as have a mean."""
    return x.reshape(len(mean), x.size // max(1, len(mean)))


def rows_in_block(x: Array) -> int:
    """How many rows of this length make a block."""
    return min(len(x), max(1, BLOCK // max(1, x.shape[1])))


def blocks(x: Array) -> Iterator[slice]:
    """Some rows after the other."""
    step = rows_in_block(x)
    return (slice(start, start + step) for start in range(0, len(x), step or 1))


def twice(column: Array) -> Array:
    """A column as two, to be multiplied by a row twice, halved: a product over one number takes ten times as long."""
    return numpy.concatenate((column, column), axis=1)


def pair(top: Array, bottom: Array) -> Array:
    """Two rows; `(C), (C) -> (2, C)`."""
    return numpy.concatenate((top, bottom)).reshape(2, len(top))


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
        self.x, self.dtype, self.mean = x, mean.dtype, mean
        self.far = most(numpy.abs(mean * rstd), axis=None, initial=0) > FAR
        self.taken = mean
        if self.far:
            self.mean = numpy.zeros_like(mean)

    def __getitem__(self, part: slice) -> Array:
        values = self.x[part].astype(self.dtype, copy=False)
        return values - self.taken[part] if self.far else values


@numpy.errstate(all="ignore")
def standardized(x: Array, weight: Array, bias: Array, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias; `(R, 1)` statistics of R rows, `(C)` weight and bias; as x."""
    seen, out = as_rows(x, mean), numpy.empty(x.shape, x.dtype)
    into, rows = as_rows(out, mean), Centred(seen, mean, rstd)
    w, b = weight.astype(rows.dtype, copy=False), bias.astype(rows.dtype, copy=False)
    factor, to_factor = twice(rstd), pair(w / 2, w / 2)
    shift, to_shift = numpy.concatenate((-rows.mean * rstd, numpy.ones_like(mean)), axis=1), pair(w, b)
    memory = aligned((rows_in_block(seen), len(w)), rows.dtype)
    for part in blocks(seen):
        target = into[part]
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
    incoming, seen, gx = as_rows(g, mean), as_rows(x, mean), numpy.empty(x.shape, x.dtype)
    into, rows = as_rows(gx, mean), Centred(seen, mean, rstd)
    w, n = weight.astype(rows.dtype, copy=False), len(weight)
    gw, gb = numpy.zeros((2, n), rows.dtype)
    factor, to_factor, halves = twice(rstd), pair(w / 2, w / 2), numpy.full((2, n), 0.5, rows.dtype)
    memory = aligned((rows_in_block(seen), n), rows.dtype)
    for part in blocks(seen):
        values, wide, target = rows[part], incoming[part].astype(rows.dtype, copy=False), into[part]
        scale, centre = rstd[part], rows.mean[part]
        term = numpy.multiply(wide, values, memory[: len(target)])
        gb += numpy.ones(len(wide), wide.dtype) @ wide
        gw += scale[:, 0] @ term - (centre * scale)[:, 0] @ wide
        total = (wide @ w)[:, None]
        slope = (centre * total - (term @ w)[:, None]) * scale**3 / n
        constant = twice(-scale * total / n - centre * slope)
        result = constant @ halves if rows.dtype != x.dtype else numpy.matmul(constant, halves, target)
        for multiples, to_multiples, y in ((factor[part], to_factor, wide), (twice(slope), halves, values)):
            numpy.matmul(multiples, to_multiples, term)
            term *= y
            result += term
        if result is not target:
            target[:] = result
    return gx, gw.astype(weight.dtype, copy=False), gb.astype(weight.dtype, copy=False)
