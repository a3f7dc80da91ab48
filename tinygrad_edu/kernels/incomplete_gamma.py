r"""The regularised incomplete gamma functions: $P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a-1} e^{-t} dt$, Q = 1 - P.

For a < 100 by the series of P for x < a + 1, and beyond by the continued fraction of Q (Abramowitz and Stegun 1964,
6.5.29 and 6.5.31, the latter by Lentz's algorithm), which take some two hundred steps at most; for larger a by Gauss's
quadrature of the integrand, from x to where nothing is left of it (Press et al., "Numerical Recipes", 3rd ed., 6.2.1).
"""

import numpy
from numpy.typing import NDArray

from .gamma import lgamma

__all__ = ["incomplete_gamma"]

Array = NDArray[numpy.float64]

LARGE = 100.0  # from here on by quadrature
EPS = float(numpy.finfo(float).eps)
TINY = 1e-300


def incomplete_gamma(a: Array, x: Array, upper: bool) -> Array:
    """P(a, x), or with `upper` Q(a, x), of float64 arrays of one shape."""
    with numpy.errstate(all="ignore"):
        below, above = numpy.full(a.shape, numpy.nan), numpy.full(a.shape, numpy.nan)
        regular = (a > 0) & (x > 0) & numpy.isfinite(a) & numpy.isfinite(x)
        cases = [
            (regular & (a < LARGE) & (x < a + 1), series, False),
            (regular & (a < LARGE) & (x >= a + 1), fraction, True),
            (regular & (a >= LARGE), quadrature, None),
        ]
        for where, compute, gives_upper in cases:
            if where.any():
                found = compute(a[where], x[where])
                is_upper = x[where] > a[where] - 1 if gives_upper is None else gives_upper
                below[where] = numpy.where(is_upper, 1 - found, found)
                above[where] = numpy.where(is_upper, found, 1 - found)
        ends = [
            ((a == 0) & (x > 0), 1.0),
            ((a == numpy.inf) & ~(x < 0) & (x != numpy.inf), 0.0),
            (~(a <= 0) & (a != numpy.inf) & (x == numpy.inf), 1.0),
            (~(a <= 0) & (x == 0), 0.0),
        ]
        for where, value in ends:
            below[where], above[where] = value, 1 - value
    return above if upper else below


def prefactor(a: Array, x: Array) -> Array:
    """x^a e^-x / gamma(a)."""
    return numpy.exp(a * numpy.log(x) - x - lgamma(a))


def series(a: Array, x: Array) -> Array:
    """P(a, x) by its power series."""
    term = 1 / a
    total, n = term, 0
    while (term > total * EPS / 4).any():
        n += 1
        term = term * x / (a + n)
        total = total + term
    return total * prefactor(a, x)


def fraction(a: Array, x: Array) -> Array:
    """Q(a, x) by its continued fraction."""
    b = x + 1 - a
    c, d = numpy.full(a.shape, 1 / TINY), 1 / b
    total, n, step = d, 0, numpy.zeros(a.shape)
    while (abs(step - 1) > EPS).any() and n < 500:
        n += 1
        b = b + 2
        numerator = n * (a - n)
        d = numerator * d + b
        c = b + numerator / c
        d = 1 / numpy.where(d == 0, TINY, d)
        c = numpy.where(c == 0, TINY, c)
        step = c * d
        total = total * step
    return total * prefactor(a, x)


def quadrature(a: Array, x: Array) -> Array:
    """Q(a, x) for x > a - 1, and else P(a, x), by quadrature; for large a."""
    nodes, weights = numpy.polynomial.legendre.leggauss(40)
    peak = a - 1
    width = numpy.sqrt(peak)
    end = numpy.where(
        x > peak,
        numpy.maximum(peak + 11.5 * width, x + 6 * width),
        numpy.maximum(numpy.minimum(peak - 7.5 * width, x - 5 * width), 0),
    )
    t = x + (end - x) * (nodes[:, None] + 1) / 2
    total = (weights[:, None] * numpy.exp(peak * bend((t - peak) / peak))).sum(0) * abs(end - x) / 2
    stirling = (1 - (1 - (2 / 7 - 3 / 14 / peak**2) / peak**2 * 0.1) / peak**2 / 30) / peak / 12
    return total * numpy.exp(-stirling) / numpy.sqrt(2 * numpy.pi * peak)


def bend(u: Array) -> Array:
    """log(1 + u) - u, also where both are almost the same."""
    small = abs(u) < 0.1
    v = numpy.where(small, u, 0)
    powers = sum((-v) ** k / (k + 2) for k in range(16))
    return numpy.where(small, -v * v * powers, numpy.log1p(u) - u)
