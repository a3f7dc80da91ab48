"""Softmax and cross-entropy of rows that may be many and short, and their adjoints, in few passes."""

import functools
from collections.abc import Iterable
from typing import Any

import numpy
from numpy.typing import NDArray

from .memory import by_long_rows
from .quiet import quiet

__all__ = [
    "LEAST",
    "cross_entropy",
    "cross_entropy_adjoint",
    "least",
    "most",
    "ones",
    "softmax",
    "softmax_adjoint",
    "sums",
]

Array = NDArray[Any]

# Between these a sum of exp is neither near overflow nor does it hide what is small beside it.
LEAST, MOST = 1e-6, 1e20
least, most = numpy.minimum.reduce, numpy.maximum.reduce
BLOCK = 1 << 16  # numbers in a block of rows, which stays in the cache


@quiet
def softmax(x: Array, dim: int, zero_if_masked: bool = False) -> Array:
    """exp(x) / sum(exp(x)) along a dimension; where all is -inf NaN, or 0 if so wished."""
    if x.dtype.char == "e":  # exp overflows float16 at 12
        return softmax(x.astype(numpy.float32), dim, zero_if_masked).astype(x.dtype)
    if x.size <= BLOCK or dim != x.ndim - 1:
        return shares(x, dim, zero_if_masked)
    out, view = numpy.empty(x.shape, x.dtype), (-1, x.shape[-1])
    x, into = x.reshape(view), out.reshape(view)
    by_long_rows(x.shape[1])
    for rows in blocks(x):
        shares(x[rows], 1, zero_if_masked, into[rows])
    return out


def shares(x: Array, dim: int, zero_if_masked: bool = False, out: Array | None = None) -> Array:
    """softmax where warnings are off."""
    # the largest element of short rows takes as long to find as all that follows, and is hardly ever needed
    e: Array = numpy.exp(x, out=out, order="C")
    totals = sums(e, dim)
    if not are_moderate(totals):
        largest = most(x, axis=dim, keepdims=True, initial=-numpy.inf)
        if zero_if_masked:
            masked = largest == -numpy.inf
            largest[masked] = 0
        e = numpy.exp(x - largest, out=out, order="C")
        totals = sums(e, dim)
        if zero_if_masked:
            totals[masked] = 1
    e /= totals
    return e


def are_moderate(totals: Array) -> bool:
    """Whether sums of exp are neither near overflow nor so small that they hide what is small beside them."""
    # argmin and argmax take a third of the time of min and max of few numbers, and find a NaN too
    return not totals.size or (totals.item(totals.argmin()) > LEAST and totals.item(totals.argmax()) < MOST)


def sums(x: Array, dim: int) -> Array:
    """The sums along a dimension, which stays; of short rows a product with ones is five times as fast as a sum."""
    if dim == x.ndim - 1:
        column = ones(x.shape[-1], x.dtype.char)
        return x.dot(column) if x.ndim == 2 else x @ column  # the same, sooner
    return numpy.add.reduce(x, axis=dim, keepdims=True)


@functools.lru_cache(64)
def ones(n: int, dtype: str) -> Array:
    """A column of ones."""
    return numpy.ones((n, 1), dtype)


def softmax_adjoint(x: Array, weights: Array, dim: int = -1) -> Array:
    """weights * (x - sum(weights * x)) along a dimension."""
    if x.dtype.char == "e":
        return softmax_adjoint(x.astype(numpy.float32), weights.astype(numpy.float32), dim).astype(x.dtype)
    if dim not in (-1, x.ndim - 1):
        x, weights = x.swapaxes(dim, -1), weights.swapaxes(dim, -1)
        return softmax_adjoint(x, weights).swapaxes(dim, -1)
    if x.size <= BLOCK or x.shape != weights.shape:
        found: Array = x - numpy.vecdot(x, weights)[..., None]
        found *= weights
        return found
    return adjoint_in_blocks(x, weights)


@quiet
def adjoint_in_blocks(x: Array, weights: Array) -> Array:
    """The same of many rows."""
    out, view = numpy.empty(x.shape, x.dtype), (-1, x.shape[-1])
    x, weights, into = x.reshape(view), weights.reshape(view), out.reshape(view)
    by_long_rows(x.shape[1])
    for rows in blocks(x):
        part = numpy.subtract(x[rows], numpy.vecdot(x[rows], weights[rows])[:, None], out=into[rows])
        part *= weights[rows]
    return out


def blocks(x: Array) -> Iterable[slice]:
    """Some rows after the other."""
    if x.size <= BLOCK:
        return (slice(None),)
    step = max(1, BLOCK // x.shape[1])
    return (slice(start, start + step) for start in range(0, len(x), step))


@quiet
def cross_entropy(x: Array, target: Array) -> Array:
    """-ln softmax(x)[target] of each row; `(B, C), (B) -> (B)`.

    Raises:
        IndexError: a class is not there.
    """
    if target.size and not 0 <= target.item(target.argmin()) <= target.item(target.argmax()) < x.shape[1]:
        raise IndexError("a class is not there")
    if x.dtype.char == "e":
        return cross_entropy(x.astype(numpy.float32), target).astype(x.dtype)
    if x.size <= BLOCK:
        return losses(x, target)
    return numpy.concatenate([losses(x[rows], target[rows]) for rows in blocks(x)])


def places(x: Array, target: Array) -> Array:
    """Where each row's class is in the flat array: one index for all is three times as fast as one per dimension."""
    return starts(x.size, x.shape[1] or 1) + target


@functools.lru_cache(16)
def starts(size: int, step: int) -> Array:
    """Where rows of so many elements start."""
    return numpy.arange(0, size, step)


def losses(x: Array, target: Array) -> Array:
    """The cross-entropy of some rows."""
    chosen = x.reshape(-1)[places(x, target)]
    # less the target's own number: no digits are lost where it is the largest, and the others hardly ever overflow
    e = x - chosen[:, None]
    totals = sums(numpy.exp(e, e), 1)[:, 0]  # 1 or more: that of the target's own
    if not totals.size or totals.item(totals.argmax()) < MOST:
        return numpy.log(totals)
    largest = most(x, axis=1, keepdims=True, initial=-numpy.inf)
    return numpy.log(numpy.exp(x - largest).sum(axis=1)) - (chosen - largest[:, 0])


@quiet
def cross_entropy_adjoint(y: Any, x: Array, target: Array) -> Array:
    """y (softmax(x) - onehot(target)); `(B, 1) or (), (B, C), (B) -> (B, C)`."""
    if x.dtype.char == "e":
        return cross_entropy_adjoint(y, x.astype(numpy.float32), target).astype(x.dtype)
    y, out = numpy.asarray(y, x.dtype), numpy.empty(x.shape, x.dtype)
    if x.size <= BLOCK:
        put_slopes(out, y, x, target)
        return out
    for rows in blocks(x):
        put_slopes(out[rows], y[rows] if y.ndim else y, x[rows], target[rows])
    return out


def put_slopes(out: Array, y: Array, x: Array, target: Array) -> None:
    """Put the gradients of some rows into an array whose elements lie in order."""
    totals = sums(numpy.exp(x, out), 1)
    if are_moderate(totals):
        out *= y / totals
    else:
        numpy.multiply(shares(x, 1), y, out)
    out.reshape(-1)[places(x, target)] -= y if y.ndim == 0 else y[:, 0]
