"""Layer norm: rows brought to mean 0 and variance 1, times a weight and plus a bias for each column; and RMS norm.

Rows are taken in blocks that stay in the cache, and BLAS does what it can: sums are products with vectors of ones, and
a number of each row is written out along it by a product of matrices two columns wide, because broadcasting over short
rows takes longer than the arithmetic. float16 is computed in float32. The functions of a layer norm are called where
NumPy's warnings are off.
"""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from .products import halved, halves, outer
from .quiet import quiet
from .softmax import ones

__all__ = ["gradients", "moments", "scaled", "standardized"]

Array = NDArray[Any]

BLOCK = 1 << 16  # float32 numbers: 256 KB, and the few temporaries of that size, stay in the cache
FAR = 30  # standard deviations from 0 at which x - mean is taken first, lest its digits cancel
any_of = numpy.logical_or.reduce


def working_dtype(x: Array) -> Any:
    """The dtype to compute in."""
    return numpy.dtype(numpy.float32) if x.dtype.char == "e" else x.dtype


def blocks(x: Array) -> Sequence[slice]:
    """Some rows after the other."""
    if x.size <= BLOCK:
        return (slice(None),)
    step = max(1, BLOCK // max(1, x.shape[1]))
    return [slice(start, start + step) for start in range(0, len(x), step)]


def in_dtype(x: Array, dtype: Any) -> Array:
    """x in the dtype to compute in."""
    return x if x.dtype == dtype else x.astype(dtype)


def moments(x: Array) -> tuple[Array, Array]:
    """The mean and the variance of each row; `(R, C) -> (R, 1), (R, 1)`."""
    if x.size <= BLOCK:
        return moments_of(in_dtype(x, working_dtype(x)))
    means, variances = zip(*[moments_of(in_dtype(x[part], working_dtype(x))) for part in blocks(x)], strict=True)
    return numpy.concatenate(means), numpy.concatenate(variances)


def moments_of(x: Array) -> tuple[Array, Array]:
    """The same of some rows."""
    mean, square, var = raw_moments(x)
    if any_of(square > 4 * var, axis=None):  # again, centred: the digits of the variance canceled
        rest, _, var = raw_moments(x - mean)
        mean += rest
    return mean, var


def raw_moments(x: Array) -> tuple[Array, Array, Array]:
    """The mean of each row, its square, and the mean square less that."""
    mean = x.dot(ones(x.shape[1], x.dtype.char))
    mean /= x.shape[1]
    square = mean * mean
    var = numpy.vecdot(x, x)[:, None]
    var /= x.shape[1]
    var -= square
    return mean, square, var


def near_zero(x: Array, mean: Array, rstd: Array) -> tuple[Array, Array, Array]:
    """x, its rows' means, and these in standard deviations; where one is far from 0, x less its means, and zeros."""
    offset = mean * rstd
    far = numpy.abs(offset)
    if far.size and far.item(far.argmax()) > FAR:
        return x - mean, numpy.zeros_like(mean), numpy.zeros_like(mean)
    return x, mean, offset


def standardized(x: Array, weight: Array, bias: Array, mean: Array, rstd: Array) -> Array:
    """(x - mean) * rstd * weight + bias; `(R, 1)` statistics of R rows, `(C)` weight and bias; as x."""
    out, dtype, shape = numpy.empty(x.shape, x.dtype), mean.dtype, (len(mean), len(weight))
    rows, _, offset = near_zero(x.reshape(shape), mean, rstd)
    into, w = out.reshape(shape), in_dtype(weight, dtype)
    factor, to_shift = halved(w), numpy.concatenate((w, in_dtype(bias, dtype))).reshape(2, len(w))
    for part in blocks(into):
        target = into[part]
        column = offset[part]
        shift = numpy.concatenate((column, -ones(len(column), dtype.char)), axis=1)
        shift = numpy.matmul(shift, to_shift, out=target if dtype == x.dtype else None)
        term = outer(rstd[part], factor)
        term *= rows[part]
        numpy.subtract(term, shift, out=target, casting="same_kind")
    return out


def gradients(g: Array, x: Array, weight: Array, mean: Array, rstd: Array) -> tuple[Array, Array, Array]:
    """The gradients of x, weight and bias, mean and rstd being functions of x."""
    gx, dtype, n = numpy.empty(x.shape, x.dtype), mean.dtype, len(weight)
    shape = len(mean), n
    rows, mean, offset = near_zero(x.reshape(shape), mean, rstd)
    incoming, into, w = g.reshape(shape), gx.reshape(shape), in_dtype(weight, dtype)
    gw, gb = numpy.zeros(n, dtype), numpy.zeros(n, dtype)
    column, factor, row = w[:, None], halved(w), halves(n, dtype.char)
    for part in blocks(into):
        values, wide, scale, centre = (in_dtype(a[part], dtype) for a in (rows, incoming, rstd, mean))
        term = wide * values
        sums = numpy.concatenate((ones(len(wide), dtype.char), offset[part]), axis=1).T.dot(wide)
        gb += sums[0]
        gw += scale[:, 0].dot(term) - sums[1]
        total = wide.dot(column)
        # the gradient of x is scale w g - slope x - constant
        slope = term.dot(column) - centre * total
        slope *= scale * scale * scale / n
        constant = total * scale / n - centre * slope
        target = into[part]
        rest = outer(constant, row, target if dtype == x.dtype else None)
        outer(slope, row, term)
        term *= values
        rest += term
        outer(scale, factor, term)
        term *= wide
        numpy.subtract(term, rest, out=target, casting="same_kind")
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


@quiet
def scaled(x: Array, weight: Array, eps: float) -> Array:
    """x / sqrt(mean(x^2) + eps) * weight, the mean being over as many of the last dimensions as weight has."""
    rows = by_weight(x, weight)
    out = rows / rms_of(rows, eps)[:, None]
    out *= weight.reshape(-1)
    return out.astype(x.dtype, copy=False).reshape(x.shape)


@quiet
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
