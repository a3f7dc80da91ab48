r"""The error function, its complement, their inverses, and the normal distribution's functions made of them.

The tables are Chebyshev interpolants (computed in 60 digits, rewritten as powers) of what is left of a function once
its growth is taken out: $e^{x^2} \mathrm{erfc}(x)\,(1 + 2x)$ in $(x - k) / (x + k)$ for all $x \ge 0$ after Shepherd
and Laframboise 1981, "Chebyshev approximation of (1+2x)exp(x^2)erfc x"; the inverses in $r = \sqrt{-\ln c}$ after
Wichura 1988, algorithm AS 241. Exponentials of squares are split in two after Cody 1969, "Rational Chebyshev
approximations for the error function", because to round a square costs as many digits as it has before the point.
"""

from typing import Any

import numpy
from numpy.typing import NDArray

from .blockwise import blockwise, numbers, polynomial

__all__ = ["erf", "erfc", "erfcx", "erfinv", "log_ndtr", "ndtr", "ndtri"]

Array = NDArray[Any]

ROOT_HALF = 0.5**0.5
ROOT_2 = 2**0.5
SCALED_MIDDLE = 3.75

NEAR = numbers("""
    1.1283791670955126 -0.37612638903183543 0.1128379167094513 -0.026866170643256995 0.005223977607269946
    -0.0008548325982543225 0.00012055295112667001 -1.4924740785377576e-05 1.6447471190594618e-06
    -1.6208829856810202e-07 1.3721520406351094e-08 -7.798543850549947e-10
""")
SCALED = numbers("""
    1.2375126308378275 -0.14024059858554697 0.0035854154854644293 0.0822767384901452 -0.10880393014174886
    0.09230432116037748 -0.05869339858963677 0.028362277418956406 -0.009746579558029276 0.0017556258528952954
    0.0002937136655913448 -0.0002901540805408417 5.164909889268241e-05 2.238423915508223e-05 -1.1444146237700524e-05
    -9.73559896736775e-07 1.751637648849062e-06 -5.7218230603224086e-08 -2.5866850716155884e-07
    2.3263508708859124e-08 3.8675334242222354e-08 -3.744210080962018e-09 -5.1739902140113095e-09
    3.1114333809799254e-10 4.2514714447963895e-10
""")


def near(x: Array) -> Array:
    """erf for |x| <= 1."""
    return x * polynomial(x * x, NEAR)


def scaled(x: Array) -> Array:
    """exp(x^2) erfc(x) for x >= 0."""
    t = 1 - 2 * SCALED_MIDDLE / (x + SCALED_MIDDLE)
    return polynomial(t, SCALED) / (1 + 2 * x)


def exp_square(x: Array, factor: float) -> Array:
    """exp(factor * x^2) for x >= 0."""
    x = numpy.minimum(x, 64.0)  # beyond, it is 0 or inf anyway
    high = numpy.floor(x * 16) / 16  # its square is exact
    return numpy.exp(factor * high * high) * numpy.exp(factor * (x - high) * (x + high))


def tail(x: Array) -> Array:
    """erfc for x >= 0."""
    return exp_square(x, -1.0) * scaled(x)


@blockwise
def erf64(x: Array) -> Array:
    """erf to the last digits of float64."""
    size = abs(x)
    return numpy.copysign(numpy.piecewise(size, [size < 1], [near, lambda x: 1 - tail(x)]), x)


# erf(x) / x as a quotient in x^2, least squares weighted for an even error: 2e-8, a third of float32's last digit
NUMERATOR = numbers("""
    1.12837914673 0.1905625204854 0.05276088176962 0.003770196584853 0.0002846120434530 2.043799214885e-06
""")
DENOMINATOR = numbers("1.0 0.5022143884056 0.1141659571633 0.01497842459416 0.001162967563810 3.801289089459e-05")


@blockwise
def erf32(x: Array) -> Array:
    """erf to the last digit of float32, four times as fast."""
    x = numpy.clip(x, -3.93, 3.93)  # beyond, it rounds to 1
    square = x * x
    return x * polynomial(square, NUMERATOR) / polynomial(square, DENOMINATOR)


def erf(x: Array) -> Array:
    """The error function."""
    return erf64(x) if x.itemsize == 8 else erf32(x)


@blockwise
def erfc(x: Array) -> Array:
    """1 - erf(x), exact to its last digits where that is small."""
    left, middle = x < -1, abs(x + 0.25) <= 0.75
    return numpy.piecewise(x, [left, middle], [lambda x: 2 - tail(-x), lambda x: 1 - near(x), tail])


@blockwise
def erfcx(x: Array) -> Array:
    """exp(x^2) erfc(x)."""
    return numpy.piecewise(x, [x < 0], [lambda x: 2 * exp_square(-x, 1.0) - scaled(-x), scaled])


def below(x: Array) -> Array:
    """ndtr(-x) for x >= 0; the square is that of x itself, not of a rounded x / sqrt(2)."""
    return 0.5 * exp_square(x, -0.5) * scaled(x * ROOT_HALF)


def cumulative(x: Array) -> Array:
    """The probability that a standard normal number is at most x."""
    left, middle = x < -1, abs(x) <= 1
    parts = [lambda x: below(-x), lambda x: 0.5 + 0.5 * near(x * ROOT_HALF), lambda x: 1 - below(x)]
    return numpy.piecewise(x, [left, middle], parts)


ndtr = blockwise(cumulative)


@blockwise
def log_ndtr(x: Array) -> Array:
    """The logarithm of ndtr(x), also where that is too small for a float."""
    parts = [lambda x: numpy.log(0.5 * scaled(-x * ROOT_HALF)) - 0.5 * x * x, lambda x: numpy.log1p(-cumulative(-x))]
    return numpy.piecewise(x, [x < -1], parts)


# of y^2, and of (r - k) / (r + k) scaled to [-1, 1] on a range of r
INVERSE_NEAR = numbers("""
    0.9640216376238271 0.09346781082872313 0.01969115624149996 0.0051730134143669814 0.0015097228866488097
    0.0004685490797665593 0.00015139579317223367 5.032913899276012e-05 1.708827086911536e-05 5.897369707106248e-06
    2.061807634088785e-06 7.284410087537506e-07 2.596288868961427e-07 9.333498475464365e-08 3.374168207932262e-08
    1.2069526819271783e-08 4.386566807482245e-09 1.8195083967474338e-09 6.838709701559696e-10 1.0403024012917805e-10
    3.245116842299275e-11 7.141785581587032e-11 2.768219840342242e-11
""")
MIDDLE, MIDDLE_REACH = 2.4186773244895647, 0.34794917781223766
INVERSE_MIDDLE = numbers("""
    0.8712913009534431 0.12276791539438685 -0.04767758918150954 0.011010585239062782 -0.0014695473445938206
    -0.00018115817737303293 0.00019357192845365355 -7.321655603984485e-05 1.7030127093836355e-05
    -1.4227504204915954e-06 -9.248606716505495e-07 5.895114699917209e-07 -2.007238257894074e-07
    4.0819580176397155e-08 -1.3885038521666812e-10 -4.022060245868345e-09 2.0992508397240432e-09
    -7.472957353399645e-10 1.2696689902993714e-10 5.7452612410481543e-11 -2.7853060876943286e-11
""")
FAR, FAR_REACH = 11.832159566199232, 0.4058991681565885
INVERSE_FAR = numbers("""
    0.9890982818605365 0.014833559715646854 -0.00972866254251535 0.004838040976719197 -0.002202939112944614
    0.0009518973037996156 -0.0003980088898179599 0.00016223470323669994 -6.480839155702883e-05
    2.5427664262577648e-05 -9.81472412773796e-06 3.728104288234302e-06 -1.3934589558918058e-06 5.115599266181938e-07
    -1.843219688264568e-07 6.569248696724894e-08 -2.277544198626862e-08 6.865393728882743e-09
    -1.9961370349543547e-09 1.063286972217851e-09 -4.0648637640657725e-10 -7.06156441609294e-11 6.4515198004579e-11
""")


def inverse_near(y: Array) -> Array:
    """erfinv for |y| <= 0.75."""
    return y * polynomial(y * y / 0.28125 - 1, INVERSE_NEAR)


def inverse_tail(c: Array) -> Array:
    """The x >= 0 whose erfc is c, for 0 <= c <= 0.25."""
    r = numpy.sqrt(-numpy.log(c))
    parts = [
        lambda r: r * polynomial((r - MIDDLE) / (r + MIDDLE) / MIDDLE_REACH, INVERSE_MIDDLE),
        lambda r: r * polynomial((r - FAR) / (r + FAR) / FAR_REACH, INVERSE_FAR),
    ]
    return numpy.where(c == 0, numpy.inf, numpy.piecewise(r, [r < 5], parts))


@blockwise
def erfinv(y: Array) -> Array:
    """The x whose erf is y; NaN outside [-1, 1]."""
    size = abs(y)
    return numpy.copysign(numpy.piecewise(size, [size < 0.75], [inverse_near, lambda y: inverse_tail(1 - y)]), y)


@blockwise
def ndtri(p: Array) -> Array:
    """The x whose ndtr is p; NaN outside [0, 1]."""
    left, middle = p < 0.125, abs(p - 0.5) <= 0.375
    parts = [lambda p: -inverse_tail(2 * p), lambda p: inverse_near(2 * p - 1), lambda p: inverse_tail(2 * (1 - p))]
    return ROOT_2 * numpy.piecewise(p, [left, middle], parts)
