r"""Special functions: of the error function's, the gamma function's and Bessel's families, elementwise.

Each is a primitive whose rule is made of others here, so derivatives of every order are exact; what computes them is in
kernels/. Integers are computed as floats of the default dtype; in float64 results are right to a few units in the last
place.
"""

import math
from operator import index
from typing import Any

from ..dtypes import check_kind
from ..errors import ArgumentError
from ..inplace import in_place
from ..kernels import bessel, gamma
from ..kernels import erf as error_function
from ..ops.elementary import exp, log
from ..ops.elementwise import sign, where
from ..primitive import Primitive, primitive
from ..tensor import Tensor, method, unary
from .dims import check_room

__all__ = [
    "digamma",
    "erf",
    "erfc",
    "erfinv",
    "i0",
    "lgamma",
    "logit",
    "mvlgamma",
    "polygamma",
    "sinc",
    "xlogy",
]

MOST_FACTORIAL = 170  # whose factorial is a float
SLOPE_OF_ERF = 2 / math.sqrt(math.pi)  # at 0
PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


@primitive(formula=r"\bar{x} = \bar{y}\,\frac{2}{\sqrt{\pi}}\,e^{-x^2}", promotion="float")
def erf(x: Any) -> Any:
    r"""The error function $\frac{2}{\sqrt{\pi}} \int_0^x e^{-t^2} dt$, elementwise; `(*) -> (*)`."""
    return error_function.erf(x)


@primitive(formula=r"\bar{x} = -\bar{y}\,\frac{2}{\sqrt{\pi}}\,e^{-x^2}", promotion="float")
def erfc(x: Any) -> Any:
    """1 - erf(x), exact also where that is tiny, elementwise; `(*) -> (*)`."""
    return error_function.erfc(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(2 x y - 2 / \sqrt{\pi})", promotion="float")
def erfcx(x: Any) -> Any:
    """exp(x^2) erfc(x), elementwise; `(*) -> (*)`."""
    return error_function.erfcx(x)


@primitive(formula=r"\bar{x} = \bar{y}\,\frac{\sqrt{\pi}}{2}\,e^{y^2}", promotion="float")
def erfinv(x: Any) -> Any:
    """The y whose erf is x, NaN outside [-1, 1], elementwise; `(*) -> (*)`."""
    return error_function.erfinv(x)


@primitive(formula=r"\bar{x} = \bar{y}\,e^{-x^2/2} / \sqrt{2\pi}", promotion="float")
def ndtr(x: Any) -> Any:
    """The probability that a standard normal number is at most x, elementwise; `(*) -> (*)`."""
    return error_function.ndtr(x)


@primitive(formula=r"\bar{x} = \bar{y}\,\sqrt{2/\pi} / \mathrm{erfcx}(-x / \sqrt{2})", promotion="float")
def log_ndtr(x: Any) -> Any:
    """The logarithm of ndtr(x), also where that is too small for a float, elementwise; `(*) -> (*)`."""
    return error_function.log_ndtr(x)


@primitive(formula=r"\bar{x} = \bar{y}\,\sqrt{2\pi}\,e^{y^2/2}", promotion="float")
def ndtri(x: Any) -> Any:
    """The y whose ndtr is x, NaN outside [0, 1], elementwise; `(*) -> (*)`."""
    return error_function.ndtri(x)


erf.vjp(x=lambda g, x: g * (exp(-x * x) * SLOPE_OF_ERF))
erfc.vjp(x=lambda g, x: g * (exp(-x * x) * -SLOPE_OF_ERF))
erfcx.vjp(x=lambda g, x, out: g * (x * out * 2 - SLOPE_OF_ERF))
erfinv.vjp(x=lambda g, out: g * (exp(out * out) / SLOPE_OF_ERF))
ndtr.vjp(x=lambda g, x: g * (exp(x * x * -0.5) * PEAK))
log_ndtr.vjp(x=lambda g, x: g * (PEAK * 2 / erfcx(x * -math.sqrt(0.5))))
ndtri.vjp(x=lambda g, out: g * (exp(out * out * 0.5) / PEAK))


@primitive(formula=r"\bar{x} = \bar{y}\,\psi(x)", promotion="float")
def lgamma(x: Any) -> Any:
    """The logarithm of |gamma(x)|, elementwise; `(*) -> (*)`."""
    return gamma.lgamma(x)


@primitive(formula=r"\bar{x} = \bar{y}\,\psi_1(x)", promotion="float")
def digamma(x: Any) -> Any:
    """The derivative of lgamma, elementwise; `(*) -> (*)`; NaN at the negative integers, infinite at 0."""
    return gamma.digamma(x)


@primitive(formula=r"\bar{x} = \bar{y}\,\psi_{n+1}(x)", promotion="float")
def polygamma_n(x: Any, *, n: int) -> Any:
    """The n-th derivative of digamma, n >= 1, elementwise; `(*) -> (*)`."""
    return gamma.polygamma(x, n)


lgamma.vjp(x=lambda g, x: g * digamma(x))
digamma.vjp(x=lambda g, x: g * polygamma_n(x, n=1))
polygamma_n.vjp(x=lambda g, x, n: g * polygamma_n(x, n=n + 1))


@primitive(formula=r"\bar{x} = \bar{y}\,I_1(x)", promotion="float")
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind of order 0, elementwise; `(*) -> (*)`."""
    return bessel.i0(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(e^{-|x|} I_1(x) - y\,\mathrm{sign}(x))", promotion="float")
def i0e(x: Any) -> Any:
    """exp(-|x|) i0(x), elementwise; `(*) -> (*)`; the gradient at 0 is 0."""
    return bessel.i0e(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(I_0(x) - y / x)", promotion="float")
def i1(x: Any) -> Any:
    """The modified Bessel function of the first kind of order 1, elementwise; `(*) -> (*)`."""
    return bessel.i1(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(e^{-|x|} I_0(x) - y\,(\mathrm{sign}(x) + 1 / x))", promotion="float")
def i1e(x: Any) -> Any:
    """exp(-|x|) i1(x), elementwise; `(*) -> (*)`."""
    return bessel.i1e(x)


def over(y: Any, x: Any) -> Any:
    """y / x, where y is i1 or i1e of x; at 0 their slope, 1/2."""
    return where(x == 0, 0.5, y / where(x == 0, 1.0, x))


i0.vjp(x=lambda g, x: g * i1(x))
i0e.vjp(x=lambda g, x, out: g * (i1e(x) - sign(x) * out))
i1.vjp(x=lambda g, x, out: g * (i0(x) - over(out, x)))
i1e.vjp(x=lambda g, x, out: g * (i0e(x) - sign(x) * out - over(out, x)))


@primitive(formula=r"\bar{x} = \bar{y}\,\frac{d}{dx} \frac{\sin \pi x}{\pi x}", promotion="float")
def sinc(x: Any, *, n: int = 0) -> Any:
    """sin(pi x) / (pi x), and 1 at 0, or its n-th derivative, elementwise; `(*) -> (*)`."""
    return bessel.sinc(x, n)


@primitive(formula=r"\bar{x} = \bar{y} / (x\,(1 - x))", promotion="float")
def log_odds(x: Any, *, xp: Any) -> Any:
    """ln(x / (1 - x)), elementwise; `(*) -> (*)`; outside [0, 1] it and its gradient are NaN."""
    return xp.log(x / (1 - x))


@primitive(formula=r"\bar{x} = -\bar{y}\,(1 + \ln x)", promotion="float")
def entr(x: Any, *, xp: Any) -> Any:
    """-x ln x, 0 at 0 and -inf below, elementwise; `(*) -> (*)`."""
    return xp.where(x > 0, -x * xp.log(xp.where(x > 0, x, 1)), xp.where(x < 0, -xp.inf, x)).astype(x.dtype)


@primitive(formula=r"\bar{x} = \bar{z} \ln y,\ \bar{y} = \bar{z}\,x / y", promotion="float")
def xlogy(x: Any, y: Any, *, xp: Any) -> Any:
    """x ln y, and 0 where x = 0 unless y is NaN, elementwise; `(*), (*) -> (*)`."""
    return xp.where((x == 0) & (y == y), x.dtype.type(0), x * xp.log(y))


@primitive(formula=r"\bar{x} = \bar{z} \ln (1 + y),\ \bar{y} = \bar{z}\,x / (1 + y)", promotion="float")
def xlog1py(x: Any, y: Any, *, xp: Any) -> Any:
    """x ln(1 + y), and 0 where x = 0 unless y is NaN, elementwise; `(*), (*) -> (*)`."""
    return xp.where((x == 0) & (y == y), x.dtype.type(0), x * xp.log1p(y))


sinc.vjp(x=lambda g, x, n: g * sinc(x, n=n + 1))
log_odds.vjp(x=lambda g, x: where((x < 0) | (x > 1), math.nan, g / (x * (1 - x))))
entr.vjp(x=lambda g, x: -g * (log(x) + 1))
# where x = 0 the value is 0 whatever y, as long as ln y is finite; else PyTorch takes the slope in x to be 0
xlogy.vjp(
    x=lambda g, x, y: where((x == 0) & (y <= 0), 0.0, g * log(where((x == 0) & (y <= 0), 1.0, y))),
    y=lambda g, x, y: g * x / y,
)
xlog1py.vjp(
    x=lambda g, x, y: where((x == 0) & (y <= -1), 0.0, g * log(where((x == 0) & (y <= -1), 1.0, y + 1))),
    y=lambda g, x, y: g * x / (y + 1),
)


@method
def logit(input: Tensor, eps: float | None = None) -> Any:
    """ln(x / (1 - x)), of x held between eps and 1 - eps if eps is given, elementwise; `(*) -> (*)`; undoes sigmoid."""
    return log_odds(input if eps is None else input.clamp(eps, 1 - eps))


def polygamma(n: int, input: Tensor) -> Any:
    r"""The n-th derivative of digamma, $(-1)^{n+1} n!\, \zeta(n + 1, x)$, elementwise; `(*) -> (*)`.

    Raises:
        ValueError: n is negative.
    """
    n = index(n)
    if n < 0:
        raise ArgumentError(f"polygamma takes an order of 0 or more, got {n}")
    order = n if n <= MOST_FACTORIAL else MOST_FACTORIAL + 2 - n % 2  # all beyond are infinite, with the same sign
    return polygamma_n(input, n=order) if n else digamma(input)


@method
def mvlgamma(input: Tensor, p: int) -> Any:
    r"""The logarithm of the p-dimensional gamma function, elementwise; `(*) -> (*)`.

    $\frac{p (p - 1)}{4} \ln \pi + \sum_{j=1}^p \ln \Gamma(x - (j - 1) / 2)$

    Raises:
        ValueError: p is less than 1.
    """
    if index(p) < 1:
        raise ArgumentError(f"mvlgamma takes a dimension of 1 or more, got {p}")
    check_kind(input.dtype, "iuf", "mvlgamma")
    check_room(index(p) * input.numel(), f"mvlgamma of {p} dimensions")
    total = lgamma(input)
    for j in range(1, p):
        total = total + lgamma(input - j / 2)
    return total + p * (p - 1) / 4 * math.log(math.pi)


def with_twin(function: Primitive) -> None:
    """Make a unary primitive a method of Tensor, and give it its in-place twin."""
    setattr(Tensor, function.name, unary(function))
    in_place(function, f"{function.name}_")


for found in (digamma, erf, erfc, erfinv, i0, lgamma, sinc):
    with_twin(found)
method(lambda self, n: polygamma(n, self), "polygamma")
method(lambda self, other: xlogy(self, other), "xlogy")
in_place(logit, "logit_")
in_place(mvlgamma, "mvlgamma_")
in_place(lambda self, n: polygamma(n, self), "polygamma_")
in_place(xlogy, "xlogy_")
