r"""The logarithm of the gamma function and its derivatives.

The tables are Chebyshev interpolants (computed in 60 digits, rewritten as powers): around 1 and 2, where the
logarithm is 0, of what multiplies $x - 1$ and $x - 2$; around the root of digamma of what multiplies $x - x_0$; and
of what remains after Stirling's formula (Abramowitz and Stegun 1964, 6.1.40 and 6.3.18), whose own series does not
converge. Left of 0 the functions are reflected (6.1.17, 6.3.7, 6.4.7). Polygamma is a Hurwitz zeta function, by Euler
and Maclaurin's sum (Johansson 2015, "Rigorous high-precision computation of the Hurwitz zeta function", equation 5).
"""

import itertools
import math
from typing import Any

import numpy
from numpy.typing import NDArray

from .blockwise import blockwise, numbers, polynomial

__all__ = ["digamma", "gamma_slope", "lgamma", "polygamma"]

Array = NDArray[Any]

HALF_LOG_2PI = math.log(2 * math.pi) / 2

# of 2 (x - 1), 2 (x - 2) and 30 / x^2
AROUND_1 = numbers("""
    -0.5772156649015329 0.41123351671205655 -0.10017140859663266 0.033822601053479576 -0.012961596939306022
    0.005298661780901225 -0.002250779636608288 0.0009805442982990572 -0.00043489948221950563 0.00019550669728001717
    -8.882222595652844e-05 4.070049540330045e-05 -1.8782688400384684e-05 8.718134345421905e-06
    -4.067770293473459e-06 1.9127014915305183e-06 -9.014793572649296e-07 4.121921067571674e-07
    -1.9284675279470471e-07 1.1339892029827825e-07 -5.690774547052658e-08 2.2503569604917574e-09
    1.3416285834333462e-09 1.9048640112066067e-08 -1.0457694646983121e-08 -5.211705188297646e-09
    2.930006921758862e-09 1.7378792315914402e-09 -8.990809043424478e-10
""")
AROUND_2 = numbers("""
    0.42278433509846713 0.16123351671205663 -0.016838075263299536 0.002572601053472542 -0.000461596939291756
    9.032844784489912e-05 -1.8636779875052926e-05 3.981793088659667e-06 -8.716982449081134e-07
    1.9425327031438992e-07 -4.387339030049162e-08 1.001249236957858e-08 -2.3043102744274226e-09
    5.352455971471404e-10 -1.2481294697143873e-10 2.8075860826633894e-11 -6.566215046625873e-12
    2.1270762170785405e-12 -5.117684453811745e-13
""")
STIRLING = numbers("""
    0.08333333333333333 -9.259259259256612e-05 8.818342144490462e-07 -2.2045847828277333e-08 1.0391584812581773e-09
    -7.878934300074165e-11 8.572432025493016e-12 -1.104658593663673e-12 1.0587200669164278e-13
""")


def around_2(x: Array) -> Array:
    """lgamma for 1.5 <= x <= 2.5."""
    return (x - 2) * polynomial(2 * (x - 2), AROUND_2)


def moderate(x: Array) -> Array:
    """lgamma for 2.5 <= x <= 5.5: that of x - n, and the logarithm of the factors passed on the way."""
    n = numpy.floor(x - 1.5)
    product = (x - 1) * numpy.where(n > 1, x - 2, 1) * numpy.where(n > 2, x - 3, 1)
    return numpy.log(product) + around_2(x - n)


def large(x: Array) -> Array:
    """lgamma for x >= 5.5, by Stirling's formula."""
    rest = polynomial(30 / (x * x), STIRLING) / x
    return (x - 0.5) * (numpy.log(x) - 1) + (HALF_LOG_2PI - 0.5 + rest)


def right(x: Array) -> Array:
    """lgamma for x >= -0.5."""
    ends = [-0.5, 0.5, 1.5, 2.5, 5.5]
    parts = [
        lambda x: x * polynomial(2 * x, AROUND_1) - numpy.log(abs(x)),
        lambda x: (x - 1) * polynomial(2 * (x - 1), AROUND_1),
        around_2,
        moderate,
        large,
    ]
    return numpy.piecewise(x, [(x >= low) & (x < high) for low, high in itertools.pairwise(ends)], parts)


def part_of(x: Array) -> Array:
    """x less the nearest integer; of a large x too, it is exact."""
    return x - numpy.rint(x)


def left(x: Array) -> Array:
    """lgamma for x < -0.5, inf at the integers; its roots there are met to an absolute, not a relative, precision."""
    sine = abs(numpy.sin(numpy.pi * part_of(x)))
    return numpy.where(sine == 0, numpy.inf, numpy.log(numpy.pi / (-x * sine)) - right(-x))


@blockwise
def lgamma(x: Array) -> Array:
    """ln |gamma(x)|."""
    return numpy.where(numpy.isinf(x), numpy.inf, numpy.piecewise(x, [x < -0.5], [left, right]))


ROOT, ROOT_REST = 1.4616321449683622, 9.549995429965697e-17  # where digamma is 0, as a sum of two
# of 2 x - 3 and 8 / x^2 - 1
AROUND_ROOT = numbers("""
    0.9510558760318328 -0.2118137106407303 0.06013562106019684 -0.018550615381735008 0.005936795278301761
    -0.0019350666648613071 0.0006368880303865817 -0.00021074841138175561 6.995018825112794e-05
    -2.3258242519113285e-05 7.741234508636364e-06 -2.578093954045772e-06 8.589060721930695e-07
    -2.863161166883193e-07 9.543298288278275e-08 -3.162911147408454e-08 1.0527692435026686e-08
    -3.7083753242807277e-09 1.2469984616707403e-09 -2.7580994814377e-10 8.734528429142953e-11 -8.50550766013261e-11
    2.918622732168261e-11
""")
SERIES = numbers("""
    0.08234693724440534 -0.0009367704342562797 4.483905295275083e-05 -4.099379365601582e-06 5.576415363753422e-07
    -9.975970505089964e-08 2.1829630390865033e-08 -5.576417229767218e-09 1.6106575187697543e-09
    -5.135656974418449e-10 1.7777303815860672e-10 -6.774531562006211e-11 2.750648587622778e-11 -8.13436963462868e-12
    2.457637830838584e-12 -5.380103973673871e-12 3.4723091347975263e-12 1.6874802515289506e-12
    -1.296332945724886e-12 -8.281579434836405e-13 5.274971782836343e-13
""")


def digamma_right(x: Array) -> Array:
    """digamma for x >= 1."""
    parts = [
        lambda x: ((x - ROOT) - ROOT_REST) * polynomial(2 * x - 3, AROUND_ROOT),
        lambda x: numpy.log(x) - (0.5 + polynomial(8 / (x * x) - 1, SERIES) / x) / x,
    ]
    return numpy.piecewise(x, [x < 2], parts)


@blockwise
def digamma(x: Array) -> Array:
    """The derivative of lgamma; NaN at the negative integers, infinite at 0 with the sign opposite to that of 0."""
    parts = [
        lambda x: digamma_right(1 - x) - numpy.pi / numpy.tan(numpy.pi * part_of(x)),
        lambda x: digamma_right(x + 1) - 1 / x,
        digamma_right,
    ]
    out = numpy.piecewise(x, [x < 0, (x >= 0) & (x < 1)], parts)
    return numpy.where((x < 0) & (x == numpy.rint(x)), numpy.nan, out)


MOST_ORDER = 170  # of a derivative of digamma, whose factor, a factorial, is a float
SHIFT = 12  # so far to the right, few terms of the sum are needed
EVEN_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)


def zeta(s: int, x: Array) -> Array:
    """Hurwitz's zeta function, the sum of (x + k)^-s over k >= 0, for x >= 0 and s >= 2, times (s - 1)!."""
    power = float(-s)
    far = x + SHIFT
    total = far ** (power + 1) / (s - 1) + far**power / 2
    factor = float(s)
    for k, bernoulli in enumerate(EVEN_BERNOULLI, start=1):
        total += bernoulli / math.factorial(2 * k) * factor * far ** (power - 2 * k + 1)
        factor *= (s + 2 * k - 1) * (s + 2 * k)
    for k in reversed(range(SHIFT)):
        total += (x + k) ** power
    return total * math.gamma(s) if s < 171 else total * numpy.inf


def cotangent(n: int, x: Array) -> Array:
    """pi times the n-th derivative of cot(pi x): a polynomial in the cotangent c, since c' = -pi (1 + c^2)."""
    coefficients = [0.0, math.pi]
    for _ in range(n):
        slope = [k * coefficient for k, coefficient in enumerate(coefficients)][1:]
        coefficients = [-math.pi * (a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    return polynomial(1 / numpy.tan(numpy.pi * part_of(x)), tuple(coefficients))


@blockwise
def polygamma(x: Array, n: int) -> Array:
    """The n-th derivative of digamma, for n >= 1; infinite at 0 and the negative integers."""
    sign = 1 if n % 2 else -1
    parts = [lambda x: -zeta(n + 1, 1 - x) - cotangent(n, x), lambda x: sign * zeta(n + 1, x)]
    out = numpy.piecewise(x, [x < 0], parts)
    return numpy.where((x <= 0) & (x == numpy.rint(x)), sign * numpy.inf, out)


def gamma_slope(a: Array, x: Array) -> Array:
    r"""How a gamma distribution's quantile moves with its concentration: $-\partial_a P(a, x) / \partial_x P(a, x)$.

    Of the series $P(a, x) = \sum_n x^{a + n} e^{-x} / \Gamma(a + n + 1)$ (Abramowitz and Stegun 1964, 6.5.29), term by
    term.
    """
    term = x / a
    shift = digamma(a) + 1 / a - numpy.log(x)
    total = term * shift
    n = 0
    while n < (x - a).max(initial=0) or (term > numpy.finfo(float).eps / 16 * abs(total)).any():
        n += 1
        term = term * x / (a + n)
        shift = shift + 1 / (a + n)
        total = total + term * shift
    return total
