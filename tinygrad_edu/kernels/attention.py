"""Attention's weights, and their adjoint, in few passes over arrays that may be large."""

import functools
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["attention_weights", "later_keys", "softmax_adjoint"]

Array = NDArray[Any]

# Between these a row's sum of exp is neither near overflow nor does it miss a weight that a float32 could tell from 0.
LEAST, MOST = 1e-20, 1e20


@functools.lru_cache(16)
def later_keys(queries: int, keys: int, dtype: str) -> Array:
    """What is added to scores so that no query sees a key after it: -inf above the diagonal, 0 elsewhere."""
    return numpy.triu(numpy.full((queries, keys), -numpy.inf, dtype), 1)


def attention_weights(query: Array, key: Array, bias: Array | None, scale: float, is_causal: bool) -> Array:
    """softmax(scale query key^T + bias), 0 in a row whose scores are all -inf."""
    scores = (query * scale) @ key.swapaxes(-1, -2)
    if bias is not None:
        scores += bias
    if is_causal:
        scores += later_keys(*scores.shape[-2:], scores.dtype.char)
    with numpy.errstate(all="ignore"):
        # the largest score of each row would take as long as all that follows, and is hardly ever needed
        weights = numpy.exp(scores)
        totals = row_sums(weights)
        if not (totals.min(initial=1.0) > LEAST and totals.max(initial=1.0) < MOST):
            scores -= largest_or_zero(scores)
            weights = numpy.exp(scores, out=scores)
            totals = row_sums(weights)
            totals[totals == 0] = 1
        weights /= totals
    return weights


def row_sums(x: Array) -> Array:
    """The sums of the rows, as columns; a product with ones is five times faster than NumPy's sum of short rows."""
    return x @ numpy.ones((x.shape[-1], 1), x.dtype)


def largest_or_zero(scores: Array) -> Array:
    """The largest score of each row, and 0 where all are -inf, from which -inf could not be subtracted."""
    largest = numpy.maximum.reduce(scores, axis=-1, keepdims=True, initial=-numpy.inf)
    largest[largest == -numpy.inf] = 0
    return largest


def softmax_adjoint(x: Array, weights: Array) -> Array:
    """weights * (x - sum(weights * x)), row by row."""
    out = x - numpy.vecdot(x, weights)[..., None]
    out *= weights
    return out
