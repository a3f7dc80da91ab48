r"""Hurwitz's zeta function $\zeta(s, q) = \sum_{k \ge 0} (q + k)^{-s}$, by Euler and Maclaurin's sum (see gamma.py)."""

import math

import numpy
from numpy.typing import NDArray

from .gamma import EVEN_BERNOULLI, MOST_ORDER, SHIFT, polygamma

__all__ = ["hurwitz"]

Array = NDArray[numpy.float64]


def hurwitz(s: Array, q: Array) -> Array:
    """zeta(s, q) of float64 arrays of one shape: infinite at s = 1, NaN for s < 1; for q < 0 of whole s only."""
    with numpy.errstate(all="ignore"):
        out = numpy.full(s.shape, numpy.nan)
        whole = s == numpy.rint(s)
        right = (q > 0) & (s > 1)
        out[right] = right_of_0(s[right], q[right])
        left = (q < 0) & whole & (s > 1) & numpy.isfinite(q)
        for order in numpy.unique(s[left]):
            chosen = left & (s == order)
            out[chosen] = left_of_0(int(order) if order < numpy.inf else MOST_ORDER, q[chosen])
        out[(q <= 0) & (q == numpy.rint(q)) & ~(s < 1)] = numpy.inf
        out[(s == 1) | ((s == numpy.inf) & (q < 1))] = numpy.inf
        out[(s == numpy.inf) & (q == 1)] = 1
        return out


def right_of_0(s: Array, q: Array) -> Array:
    """The sum for q > 0: its first terms, and of the others the integral and its corrections."""
    far = q + SHIFT
    last = far**-s
    total = last * far / (s - 1) + last / 2
    factor = s * last / far
    for k, bernoulli in enumerate(EVEN_BERNOULLI, start=1):
        total = total + bernoulli / math.factorial(2 * k) * factor
        factor = factor * ((s + 2 * k - 1) / far) * ((s + 2 * k) / far)
    for k in reversed(range(SHIFT)):
        total = total + (q + k) ** -s
    return total


def left_of_0(s: int, q: Array) -> Array:
    """The sum for q < 0 and a whole s, which is the polygamma function but for a factor; of a large s what is left."""
    if s <= MOST_ORDER:
        return polygamma(q, s - 1) * (1 if s % 2 == 0 else -1) / math.gamma(s)
    nearest = q - numpy.rint(q)
    return nearest ** -float(s) + (nearest - numpy.sign(nearest)) ** -float(s)
