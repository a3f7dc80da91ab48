"""Elementary functions, elementwise: exponentials, logarithms, roots, circular and hyperbolic functions.

Integers are computed as floats of the default dtype. Poles and ends of domains give inf or NaN as in PyTorch.
"""

import math
from typing import Any

from ..primitive import primitive


@primitive(formula=r"\bar{x} = \bar{y}\,y", promotion="float")
def exp(x: Any, *, xp: Any) -> Any:
    """e to the power of x, elementwise; `(*) -> (*)`."""
    return xp.exp(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(y + 1)", promotion="float")
def expm1(x: Any, *, xp: Any) -> Any:
    """exp(x) - 1, exact near 0, elementwise; `(*) -> (*)`."""
    return xp.expm1(x)


@primitive(formula=r"\bar{x} = \bar{y}\,y \ln 2", promotion="float")
def exp2(x: Any, *, xp: Any) -> Any:
    """2 to the power of x, elementwise; `(*) -> (*)`."""
    return xp.exp2(x)


@primitive(formula=r"\bar{x} = \bar{y} / x", promotion="float")
def log(x: Any, *, xp: Any) -> Any:
    """The natural logarithm, elementwise; `(*) -> (*)`."""
    return xp.log(x)


@primitive(formula=r"\bar{x} = \bar{y} / (1 + x)", promotion="float")
def log1p(x: Any, *, xp: Any) -> Any:
    """ln(1 + x), exact near 0, elementwise; `(*) -> (*)`."""
    return xp.log1p(x)


@primitive(formula=r"\bar{x} = \bar{y} / (x \ln 2)", promotion="float")
def log2(x: Any, *, xp: Any) -> Any:
    """The logarithm to base 2, elementwise; `(*) -> (*)`."""
    return xp.log2(x)


@primitive(formula=r"\bar{x} = \bar{y} / (x \ln 10)", promotion="float")
def log10(x: Any, *, xp: Any) -> Any:
    """The logarithm to base 10, elementwise; `(*) -> (*)`."""
    return xp.log10(x, dtype="float64").astype(x.dtype)  # in float32 that of 1000 is above 3, that of 0.001 below -3


exp.vjp(x=lambda g, out: g * out)
expm1.vjp(x=lambda g, out: g * (out + 1))
exp2.vjp(x=lambda g, out: g * out * math.log(2))
log.vjp(x=lambda g, x: g / x)
log1p.vjp(x=lambda g, x: g / (x + 1))
log2.vjp(x=lambda g, x: g / (x * math.log(2)))
log10.vjp(x=lambda g, x: g / (x * math.log(10)))


@primitive(formula=r"\bar{x} = \bar{y} / 2y", promotion="float")
def sqrt(x: Any, *, xp: Any) -> Any:
    """The square root, elementwise; `(*) -> (*)`."""
    return xp.sqrt(x)


@primitive(formula=r"\bar{x} = -\bar{y}\,y^3 / 2", promotion="float")
def rsqrt(x: Any, *, xp: Any) -> Any:
    """1 / sqrt(x), elementwise; `(*) -> (*)`."""
    return 1 / xp.sqrt(x)


sqrt.vjp(x=lambda g, out: g / (out + out))
rsqrt.vjp(x=lambda g, out: g * out * out * out * -0.5)


@primitive(formula=r"\bar{x} = \bar{y} \cos x", promotion="float")
def sin(x: Any, *, xp: Any) -> Any:
    """The sine of x in radians, elementwise; `(*) -> (*)`."""
    return xp.sin(x)


@primitive(formula=r"\bar{x} = -\bar{y} \sin x", promotion="float")
def cos(x: Any, *, xp: Any) -> Any:
    """The cosine of x in radians, elementwise; `(*) -> (*)`."""
    return xp.cos(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(1 + y^2)", promotion="float")
def tan(x: Any, *, xp: Any) -> Any:
    """The tangent of x in radians, elementwise; `(*) -> (*)`."""
    return xp.tan(x)


@primitive(formula=r"\bar{x} = \bar{y} / \sqrt{1 - x^2}", promotion="float")
def asin(x: Any, *, xp: Any) -> Any:
    """The angle in radians whose sine is x, elementwise; `(*) -> (*)`."""
    return xp.arcsin(x)


@primitive(formula=r"\bar{x} = -\bar{y} / \sqrt{1 - x^2}", promotion="float")
def acos(x: Any, *, xp: Any) -> Any:
    """The angle in radians whose cosine is x, elementwise; `(*) -> (*)`."""
    return xp.arccos(x)


@primitive(formula=r"\bar{x} = \bar{y} / (1 + x^2)", promotion="float")
def atan(x: Any, *, xp: Any) -> Any:
    """The angle in radians whose tangent is x, elementwise; `(*) -> (*)`."""
    return xp.arctan(x)


@primitive(formula=r"\bar{y} = \bar{z}\,x / (x^2 + y^2),\ \bar{x} = -\bar{z}\,y / (x^2 + y^2)", promotion="float")
def atan2(y: Any, x: Any, *, xp: Any) -> Any:
    """The angle in radians of the point (x, y), elementwise; `(*), (*) -> (*)`."""
    return xp.arctan2(y, x)


def square_length(x: Any, y: Any) -> Any:
    """x^2 + y^2, and 1 at the origin, where the angle's gradient is taken to be 0."""
    square = x * x + y * y
    return square + (square == 0)


sin.vjp(x=lambda g, x: g * cos(x))
cos.vjp(x=lambda g, x: -g * sin(x))
tan.vjp(x=lambda g, out: g * (out * out + 1))
asin.vjp(x=lambda g, x: g * rsqrt(1 - x * x))
acos.vjp(x=lambda g, x: -g * rsqrt(1 - x * x))
atan.vjp(x=lambda g, x: g / (x * x + 1))
atan2.vjp(y=lambda g, x, y: g * x / square_length(x, y), x=lambda g, x, y: -g * y / square_length(x, y))


@primitive(formula=r"\bar{x} = \bar{y} \cosh x", promotion="float")
def sinh(x: Any, *, xp: Any) -> Any:
    """The hyperbolic sine, elementwise; `(*) -> (*)`."""
    return xp.sinh(x)


@primitive(formula=r"\bar{x} = \bar{y} \sinh x", promotion="float")
def cosh(x: Any, *, xp: Any) -> Any:
    """The hyperbolic cosine, elementwise; `(*) -> (*)`."""
    return xp.cosh(x)


@primitive(formula=r"\bar{x} = \bar{y}\,(1 - y^2)", promotion="float")
def tanh(x: Any, *, xp: Any) -> Any:
    """The hyperbolic tangent, elementwise; `(*) -> (*)`."""
    return xp.tanh(x)


@primitive(formula=r"\bar{x} = \bar{y} / \sqrt{x^2 + 1}", promotion="float")
def asinh(x: Any, *, xp: Any) -> Any:
    """The inverse hyperbolic sine, elementwise; `(*) -> (*)`."""
    return xp.arcsinh(x)


@primitive(formula=r"\bar{x} = \bar{y} / \sqrt{x^2 - 1}", promotion="float")
def acosh(x: Any, *, xp: Any) -> Any:
    """The inverse hyperbolic cosine, elementwise; `(*) -> (*)`."""
    return xp.arccosh(x)


@primitive(formula=r"\bar{x} = \bar{y} / (1 - x^2)", promotion="float")
def atanh(x: Any, *, xp: Any) -> Any:
    """The inverse hyperbolic tangent, elementwise; `(*) -> (*)`."""
    return xp.arctanh(x)


@primitive(formula=r"\bar{x} = \bar{y}\,y\,(1 - y)", promotion="float")
def sigmoid(x: Any, *, xp: Any) -> Any:
    """1 / (1 + exp(-x)), elementwise; `(*) -> (*)`."""
    return 1 / (1 + xp.exp(-x))  # exp overflows to inf far left, where 1 / inf is the right answer, 0


sinh.vjp(x=lambda g, x: g * cosh(x))
cosh.vjp(x=lambda g, x: g * sinh(x))
tanh.vjp(x=lambda g, out: g * (1 - out * out))
asinh.vjp(x=lambda g, x: g * rsqrt(x * x + 1))
acosh.vjp(x=lambda g, x: g * rsqrt(x * x - 1))
atanh.vjp(x=lambda g, x: g / (1 - x * x))
sigmoid.vjp(x=lambda g, out: g * (1 - out) * out)
