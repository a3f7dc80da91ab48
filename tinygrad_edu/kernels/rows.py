"""Layer norm: rows brought to mean 0 and variance 1, times a weight and plus a bias for each column; and RMS norm.

Rows are taken in blocks that stay in the cache, and BLAS does what it can: sums are products with vectors of ones, and
a number of each row is written out along it by a product of matrices two columns wide, because broadcasting over short
rows takes longer than the arithmetic. float16 is computed in float32.
"""

from collections.abc import Iterator
from typing import Any

import numpy
from numpy.typing import NDArray

from .memory import scratch
from .softmax import most, ones

__all__ = ["gradients", "moments", "scaled", "standardized"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: 256 KB, and the few temporaries of that size, stay in the cache
FAR = 30  # standard deviations from 0 at which x - mean is taken first, lest its digits cancel
any_of = numpy.logical_or.reduce


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
    mean = x @ ones(x.shape[1], x.dtype.char) / x.shape[1]
    return mean, numpy.vecdot(x, x)[:, None] / x.shape[1] - mean * mean


@numpy.errstate(all="ignore")
def moments(x: Array) -> tuple[Array, Array]:
    """The mean and the variance of each row; `(R, C) -> (R, 1), (R, 1)`."""
    mean, var = (numpy.empty((len(x), 1), working_dtype(x)) for _ in range(2))
    for part in blocks(x):
        values = x[part].astype(mean.dtype, copy=False)
        average, rest = moments_of(values)
        if any_of(average * average > 4 * rest, axis=None):  # again, centred: the digits of the variance canceled
            more, rest = moments_of(values - average)
            average += more
        mean[part], var[part] = average, rest
    return mean, var


class Centred:
    """The rows block by block in the dtype to compute in, less their means where these are far from 0."""

    def __init__(self, x: Array, mean: Array, rstd: Array) -> None:
        self.x, self.dtype, self.mean = x, mean.dtype, mean
        self.offset = mean * rstd  # in standard deviations
        self.taken = mean if most(numpy.abs(self.offset), axis=None, initial=0) > FAR else None
        if self.taken is not None:
            self.mean = self.offset = numpy.zeros_like(mean)

    def __getitem__(self, part: slice) -> Array:
        values = self.x[part].astype(self.dtype, copy=False)
        return values if self.taken is None else values - self.taken[part]


@numpy.errstate(all="ignore")
def standardized(x: Array, weight: Array, bias: Array, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias; `(R, 1)` statistics of R rows, `(C)` weight and bias; as x."""
    seen, out = as_rows(x, mean), numpy.empty(x.shape, x.dtype)
    into, rows = as_rows(out, mean), Centred(seen, mean, rstd)
    w, b = weight.astype(rows.dtype, copy=False), bias.astype(rows.dtype, copy=False)
    half = w / 2
    to_factor, to_shift = pair(half, half), pair(-w, b)
    memory = scratch((rows_in_block(seen), len(w)), rows.dtype)
    for part in blocks(seen):
        target = into[part]
        shift = numpy.concatenate((rows.offset[part], ones(len(target), rows.dtype.char)), axis=1)
        result = shift @ to_shift if rows.dtype != x.dtype else numpy.matmul(shift, to_shift, target)
        term = numpy.matmul(twice(rstd[part]), to_factor, memory[: len(target)])
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
    half, row = w / 2, ones(n, rows.dtype.char)[:, 0] / 2
    to_factor, to_slope = pair(half, half), pair(row, row)
    gw, gb = numpy.zeros(n, rows.dtype), numpy.zeros(n, rows.dtype)
    memory = scratch((rows_in_block(seen), n), rows.dtype)
    for part in blocks(seen):
        values, wide, target = rows[part], incoming[part].astype(rows.dtype, copy=False), into[part]
        scale, offset = rstd[part], rows.offset[part]
        term = numpy.multiply(wide, values, memory[: len(target)])
        gb += ones(len(wide), wide.dtype.char)[:, 0] @ wide
        gw += scale[:, 0] @ term - offset[:, 0] @ wide
        total = (wide @ w)[:, None]
        slope = (offset * total - scale * (term @ w)[:, None]) * scale * scale / n
        constant = twice(-scale * total / n - rows.mean[part] * slope)
        result = constant @ to_slope if rows.dtype != x.dtype else numpy.matmul(constant, to_slope, target)
        for multiples, to_multiples, y in ((twice(scale), to_factor, wide), (twice(slope), to_slope, values)):
            numpy.matmul(multiples, to_multiples, term)
            term *= y
            result += term
        if result is not target:
            target[:] = result
    return gx, gw.astype(weight.dtype, copy=False), gb.astype(weight.dtype, copy=False)


def by_weight(x: Array, weight: Array) -> Array:
    """x as rows of as many numbers as weight has, in the dtype to compute in."""
    n = weight.size
    return x.reshape(x.size // max(1, n), n).astype(working_dtype(x), copy=False)


def rms_of(x: Array, eps: float) -> Array:
    """sqrt(mean(x^2) + eps) of each row; `(R, C) -> (R)`."""
    square = numpy.vecdot(x, x)
    square /= x.shape[1]
    square += eps
    return numpy.sqrt(square, square)


@numpy.errstate(all="ignore")
def scaled(x: Array, weight: Array, eps: float) -> Array:
    """x / sqrt(mean(x^2) + eps) * weight, the mean being over as many of the last dimensions as weight has."""
    rows = by_weight(x, weight)
    out = rows / rms_of(rows, eps)[:, None]
    out *= weight.reshape(-1)
    return out.astype(x.dtype, copy=False).reshape(x.shape)


@numpy.errstate(all="ignore")
def scaled_gradients(g: Array, x: Array, weight: Array, eps: float) -> tuple[Array, Array]:
    """The gradients of x and weight that a gradient g of `scaled` gives."""
    rows, wide, w = by_weight(x, weight), by_weight(g, weight), weight.reshape(-1).astype(working_dtype(x), copy=False)
    gx, gw = numpy.empty(rows.shape, rows.dtype), numpy.zeros(len(w), rows.dtype)
    for part in blocks(rows):
        values, target = rows[part], gx[part]
        scale = 1 / rms_of(values, eps)
        product = wide[part] * values
        gw += scale @ product
        slope = scale**3 * (product @ w) / len(w)
        numpy.multiply(wide[part], w, target)
        target *= scale[:, None]
        target -= numpy.multiply(values, slope[:, None], product)
    return gx.astype(x.dtype, copy=False).reshape(x.shape), gw.astype(weight.dtype, copy=False).reshape(weight.shape)
