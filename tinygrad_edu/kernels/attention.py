"""Attention, block by block, so that what each pass over the weights leaves is still in the cache for the next.

A block is some examples of a batch and, where no query sees a later key, some queries and the keys so far. Backward
computes the weights again: they are the largest arrays of a transformer, and to keep them takes more memory than all
that they are made of.
"""

import functools
import math
from collections.abc import Iterator
from typing import Any

import numpy
from numpy.typing import NDArray

from .constants import constant_for
from .exponential import UNIT, power
from .products import halves, outer
from .quiet import quiet
from .softmax import LEAST, softmax, sums

__all__ = ["attend", "attend_adjoint", "attention_weights", "later_keys"]

Array = NDArray[Any]

BLOCK = 64  # queries: fewer make products too small for BLAS, of more the most keys are masked
CACHED = 1 << 17  # weights in a block: 512 KB of float32
MOST = 1e10  # a sum of exp by which gradients are divided before anything multiplies them


@functools.lru_cache(16)
def later_keys(queries: int, keys: int, dtype: str) -> Array:
    """What is added to scores so that no query sees a key after it: -inf above the diagonal, 0 elsewhere."""
    return numpy.triu(numpy.full((queries, keys), -numpy.inf, dtype), 1)


@functools.lru_cache(16)
def earlier_keys(queries: int, keys: int, dtype: str) -> Array:
    """What powers are multiplied by to the same end: 0 above the diagonal, 1 elsewhere."""
    return numpy.tri(queries, keys, dtype=dtype)


def attention_weights(query: Array, key: Array, bias: Array | None, scale: float, is_causal: bool) -> Array:
    """softmax(scale query key^T + bias), 0 in a row whose scores are all -inf."""
    scores = (query * scale) @ key.swapaxes(-1, -2)
    if bias is not None:
        scores += bias
    if is_causal:
        scores += later_keys(*scores.shape[-2:], scores.dtype.char)
    return softmax(scores, scores.ndim - 1, zero_if_masked=True)


def blocks(
    query: Array, key: Array, value: Array, scale: float, is_causal: bool
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...], Array, Array]]:
    """For each block which queries it holds, which keys these see, as indices; multiples of the weights; their sums."""
    queries, keys = query.shape[-2], key.shape[-2]
    height = BLOCK if is_causal else max(queries, 1)
    step = max(1, CACHED // max(1, math.prod(query.shape[1:-2]) * min(queries, height) * keys))
    alike = query.ndim > 2 and query.shape[0] == key.shape[0] == value.shape[0] > step
    for examples in [(slice(i, i + step),) for i in range(0, len(query), step)] if alike else [()]:
        for start in range(0, queries, height):
            rows = (*examples, ..., slice(start, start + height), slice(None))
            seen = (*examples, ..., slice(0, min(keys, start + height) if is_causal else keys), slice(None))
            scores = query[rows] @ columns(key[seen], scale * UNIT)
            powers, masked = power(scores, out=scores), is_causal and start < keys
            if masked:
                latest = powers[..., start:]
                latest *= earlier_keys(*latest.shape[-2:], latest.dtype.char)  # before a power, -inf takes long
            totals = sums(powers, powers.ndim - 1)
            if totals.size and not LEAST < totals.item(totals.argmin()) <= totals.item(totals.argmax()) < MOST:
                scores = query[rows] @ columns(key[seen], scale)
                if masked:
                    scores[..., start:] += later_keys(*latest.shape[-2:], latest.dtype.char)
                powers, totals = softmax(scores, scores.ndim - 1), numpy.ones_like(totals)
            yield rows, seen, powers, totals


def along_rows(numbers: Array, rows: Array) -> Array:
    """A number for each of these short rows, written out along it."""
    return outer(numbers, halves(rows.shape[-1], rows.dtype.char), numpy.empty_like(rows))


def columns(x: Array, scale: float) -> Array:
    """scale x^T, written out: so many small products are quicker with a matrix than with a transposed view of one."""
    x = x.swapaxes(-1, -2)
    return numpy.multiply(x, constant_for(x, scale), order="C")


@quiet
def attend(query: Array, key: Array, value: Array, scale: float, is_causal: bool) -> Array:
    """softmax(scale query key^T) value, where with `is_causal` query i sees keys 0 to i."""
    batch = query.shape[:-2]
    if not batch == key.shape[:-2] == value.shape[:-2]:
        batch = numpy.broadcast_shapes(batch, key.shape[:-2], value.shape[:-2])
    if key.shape[-2] != value.shape[-2]:
        raise ValueError("each key has a value")
    # in the query's order of dimensions in memory, in which heads that were split off are joined without a copy
    out = numpy.empty_like(query, shape=(*batch, query.shape[-2], value.shape[-1]))
    if is_causal and query.shape[-2] > BLOCK:  # several blocks of queries read the same keys
        query, key, value = map(numpy.ascontiguousarray, (query, key, value))
    for rows, seen, powers, totals in blocks(query, key, value, scale, is_causal):
        part = numpy.matmul(powers, value[seen], out=out[rows])
        part *= along_rows(1 / totals, part)  # shorter than the rows of weights
    return out


@quiet
def attend_adjoint(
    g: Array, query: Array, key: Array, value: Array, scale: float, is_causal: bool
) -> tuple[Array, Array, Array]:
    """The gradients of query, key and value, not yet summed over what was broadcast."""
    queries, keys = query.shape[-2], key.shape[-2]
    once = queries > 0 and (not is_causal or queries <= BLOCK >= keys)  # whether all keys are seen, and by one block
    if not once:  # several blocks of queries read the same keys
        query, key, value = map(numpy.ascontiguousarray, (query, key, value))
    new, add = (numpy.empty_like, numpy.matmul) if once else (numpy.zeros_like, add_product)
    gq, gk, gv = (new(x, shape=(*g.shape[:-2], *x.shape[-2:])) for x in (query, key, value))
    for rows, seen, powers, totals in blocks(query, key, value, scale, is_causal):
        wide = g[rows] * along_rows(1 / totals, g[rows])
        add(powers.swapaxes(-1, -2), wide, out=gv[seen])
        to_scores = wide @ columns(value[seen], scale)
        to_scores -= numpy.vecdot(to_scores, powers)[..., None] / totals
        to_scores *= powers
        numpy.matmul(to_scores, key[seen], out=gq[rows])
        add(to_scores.swapaxes(-1, -2), query[rows], out=gk[seen])
    return gq, gk, gv


def add_product(x: Array, y: Array, out: Array) -> None:
    """out += x y."""
    out += x @ y
