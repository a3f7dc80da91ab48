"""Attention's weights, in few passes over arrays that may be large."""

import functools
from typing import Any

import numpy
from numpy.typing import NDArray

from .softmax import softmax

__all__ = ["attention_weights", "later_keys"]

Array = NDArray[Any]


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
    return softmax(scores, scores.ndim - 1, zero_if_masked=True)
