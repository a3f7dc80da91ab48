"""Softmax of rows that may be many and short, and its adjoint, in few passes."""

from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["softmax", "softmax_adjoint"]

Array = NDArray[Any]

# Between these a sum of exp is neither near overflow nor does it hide what is small beside it.
LEAST, MOST = 1e-6, 1e20


@numpy.errstate(all="ignore")
def softmax(x: Array, dim: int, zero_if_masked: bool = False) -> Array:
    """exp(x) / sum(exp(x)) along a dimension; where all is -inf NaN, or 0 if so wished."""
    if x.dtype.char == "e":  # exp overflows float16 at 12
        return softmax(x.astype(numpy.float32), dim, zero_if_masked).astype(x.dtype)
    # the largest element of short rows takes as long to find as all that follows, and is hardly ever needed
    e = numpy.exp(x)
    totals = sums(e, dim)
    if not (totals.min(initial=1.0) > LEAST and totals.max(initial=1.0) < MOST):
        largest = numpy.maximum.reduce(x, axis=dim, keepdims=True, initial=-numpy.inf)
        if zero_if_masked:
            masked = largest == -numpy.inf
            largest[masked] = 0
        e = numpy.exp(x - largest)
        totals = sums(e, dim)
        if zero_if_masked:
            totals[masked] = 1
    e /= totals
    return e


def sums(x: Array, dim: int) -> Array:
    """The sums along a dimension, which stays; of short rows a product with ones is five times as fast as a sum."""
    if dim == x.ndim - 1:
        return x @ numpy.ones((x.shape[-1], 1), x.dtype)
    return numpy.add.reduce(x, axis=dim, keepdims=True)


def softmax_adjoint(x: Array, weights: Array) -> Array:
    """weights * (x - sum(weights * x)), row by row."""
    out = x - numpy.vecdot(x, weights)[..., None]
    out *= weights
    return out
