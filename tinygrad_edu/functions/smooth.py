r"""Smooth activations as primitives: exponential and logistic units, elementwise.

Each is fused for stability (no exponential overflows where the result is finite) and for speed: of the several
operations it is made of, each would pass over memory and be remembered. Tests hold each to its composed form.
"""

import math
from typing import Any

from ..kernels import gating
from ..ops.comparison import logical_not
from ..ops.elementary import exp, sigmoid
from ..ops.elementwise import masked, where
from ..primitive import primitive

PEAK = 1 / math.sqrt(2 * math.pi)  # of the normal density


@primitive(formula=r"\bar{x} = \bar{y}\,s\,([x > 0] + [x \le 0]\,a r\,e^{r x})")
def elu(x: Any, *, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0, xp: Any) -> Any:
    """s x where x > 0, s a (exp(r x) - 1) elsewhere, elementwise; `(*) -> (*)`."""
    return xp.maximum(x, 0) * scale + xp.expm1(xp.minimum(x, 0) * input_scale) * (alpha * scale)


def elu_gradient(g: Any, x: Any, alpha: float, scale: float, input_scale: float) -> Any:
    """The gradient; at 0 that of the exponential, at NaN that of x."""
    down = x <= 0
    up = logical_not(down)
    growth = exp(masked(x, down) * input_scale) * (alpha * scale * input_scale)
    return masked(g, up) * scale + masked(g * growth, down)


@primitive(formula=r"\bar{x} = \bar{y}\,\sigma(\beta x)")
def softplus(x: Any, *, beta: float = 1.0, threshold: float = 20.0, xp: Any) -> Any:
    """ln(1 + exp(beta x)) / beta, and x where beta x passes the threshold, elementwise; `(*) -> (*)`."""
    z = x * beta
    return xp.where(z > threshold, x, (xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))) / beta)


@primitive(formula=r"\bar{x} = \bar{y}\,\sigma(-x)")
def log_sigmoid(x: Any, *, xp: Any) -> Any:
    """-ln(1 + exp(-x)), elementwise; `(*) -> (*)`."""
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


elu.vjp(x=lambda g, x, alpha, scale, input_scale: elu_gradient(g, x, alpha, scale, input_scale))
softplus.vjp(x=lambda g, x, beta, threshold: where(x * beta > threshold, g, g * sigmoid(x * beta)))
log_sigmoid.vjp(x=lambda g, x: g * sigmoid(-x))


@primitive(formula=r"\bar{x} = \bar{y}\,\sigma\,(1 + x\,(1 - \sigma))")
def silu(x: Any) -> Any:
    """x / (1 + exp(-x)), elementwise; `(*) -> (*)`."""
    return gating.silu(x)


@primitive(formula=r"\bar{z} = \bar{y}\,f'(x),\ \bar{x} = \bar{y} z f''(x)")
def silu_gradient(z: Any, x: Any) -> Any:
    """z times the slope of silu, elementwise; `(*), (*) -> (*)`."""
    return gating.silu_gradient(z, x)


@primitive(formula=r"\bar{x} = \bar{y}\,(\Phi(x) + x\,\phi(x))")
def gelu(x: Any, *, approximate: str = "none") -> Any:
    """x times the normal distribution's function, or the form by tanh, elementwise; `(*) -> (*)`."""
    return gating.gelu_tanh(x) if approximate == "tanh" else gating.gelu(x)


@primitive(formula=r"\bar{z} = \bar{y}\,f'(x),\ \bar{x} = \bar{y} z f''(x)")
def gelu_gradient(z: Any, x: Any, y: Any, *, approximate: str = "none") -> Any:
    """z times the slope of y = gelu(x), elementwise; `(*), (*), (*) -> (*)`."""
    if approximate == "tanh":
        return gating.gelu_tanh_gradient(z, x)
    if y.dtype.itemsize == 2:  # too coarse to be divided by x
        y = gating.gelu(x.astype("float32"))
    return gating.gelu_gradient(z, x, y)


def logistic_curvature(x: Any, a: float, b: float) -> Any:
    """The second derivative of x times the logistic function of a x + b x^3."""
    square = x * x
    step = sigmoid(x * (square * b + a))
    slope = square * (3 * b) + a
    return step * (1 - step) * (slope * 2 + square * (6 * b) + x * slope * slope * (1 - step * 2))


def gelu_curvature(x: Any, approximate: str) -> Any:
    """The second derivative of gelu."""
    if approximate == "tanh":
        return logistic_curvature(x, *gating.TANH)
    return exp(x * x * -0.5) * PEAK * (2 - x * x)


silu.vjp(x=lambda g, x: silu_gradient(g, x))
silu_gradient.vjp(z=lambda g, x: silu_gradient(g, x), x=lambda g, z, x: g * z * logistic_curvature(x, 1.0, 0.0))
gelu.vjp(x=lambda g, x, out, approximate: gelu_gradient(g, x, out, approximate=approximate))
gelu_gradient.vjp(
    z=lambda g, x, y, approximate: gelu_gradient(g, x, y, approximate=approximate),
    x=lambda g, z, x, approximate: g * z * gelu_curvature(x, approximate),
    y=None,  # it follows from x, whose rule counts it
)
