r"""Activations with kinks as primitives, elementwise; at a kink the gradient is PyTorch's, which each states.

Each is fused for speed: it passes over memory two to four times, where `where` with random conditions takes as long as
ten passes, and it is remembered once. Tests hold each to its composed form.
"""

from typing import Any

from .. import backend
from ..ops.comparison import logical_not
from ..ops.elementwise import masked
from ..primitive import primitive


def outside(x: Any, low: float, high: float) -> Any:
    """Where x is not between two bounds or on one; a NaN is outside."""
    return logical_not((x >= low) & (x <= high))


def inside(x: Any, low: float, high: float) -> Any:
    """Where x is strictly between two bounds; a NaN is inside."""
    return logical_not((x <= low) | (x >= high))


@primitive(formula=r"\bar{x} = \bar{y}\,([x > 0] + s\,[x \le 0])")
def leaky_relu(x: Any, *, negative_slope: float = 0.01, xp: Any) -> Any:
    """x where it is positive, s x elsewhere, elementwise; `(*) -> (*)`; the gradient at 0 is s."""
    return xp.maximum(x, 0) + xp.minimum(x, 0) * negative_slope


@primitive(formula=r"\bar{x} = \bar{y}\,[low < x < high]")
def hardtanh(x: Any, *, min_val: float = -1.0, max_val: float = 1.0, xp: Any) -> Any:
    """x held between two bounds, elementwise; `(*) -> (*)`; the gradient on a bound is 0."""
    return xp.clip(x, min_val, max_val)


@primitive(formula=r"\bar{x} = \bar{y}\,[|x| < 3] / 6")
def hardsigmoid(x: Any, *, xp: Any) -> Any:
    """(x + 3) / 6 held between 0 and 1, elementwise; `(*) -> (*)`; the gradient at -3 and 3 is 0."""
    return xp.clip(x + 3, 0, 6) / 6


@primitive(formula=r"\bar{x} = \bar{y}\,(\mathrm{hardsigmoid}(x) + x\,[|x| < 3] / 6)")
def hardswish(x: Any, *, xp: Any) -> Any:
    """x hardsigmoid(x), elementwise; `(*) -> (*)`; the gradient at -3 is 0, at 3 it is 1."""
    return x * (xp.clip(x + 3, 0, 6) / 6)


@primitive(formula=r"\bar{x} = \bar{y}\,[|x| > \lambda]")
def hardshrink(x: Any, *, lambd: float = 0.5) -> Any:
    """x, and 0 where |x| <= lambda, elementwise; `(*) -> (*)`; the gradient at -lambda and lambda is 0."""
    return backend.masked(x, outside(x, -lambd, lambd))


@primitive(formula=r"\bar{x} = \bar{y}\,[|x| > \lambda]")
def softshrink(x: Any, *, lambd: float = 0.5, xp: Any) -> Any:
    """x moved towards 0 by lambda, not past it, elementwise; `(*) -> (*)`; the gradient at -lambda and lambda is 0."""
    return x - xp.clip(x, -lambd, lambd)


@primitive(formula=r"\bar{x} = \bar{y}\,[x > t]")
def threshold(x: Any, *, threshold: float, value: float, xp: Any) -> Any:
    """x where it passes the threshold, a value elsewhere, elementwise; `(*) -> (*)`; the gradient there is 0."""
    return xp.where(x <= threshold, x.dtype.type(value), x)


def leaky_gradient(g: Any, x: Any, slope: float) -> Any:
    """g where x is positive, and slope times g elsewhere."""
    up = x > 0
    return masked(g, up) + masked(g, logical_not(up)) * slope


leaky_relu.vjp(x=lambda g, x, negative_slope: leaky_gradient(g, x, negative_slope))
hardtanh.vjp(x=lambda g, x, min_val, max_val: masked(g, inside(x, min_val, max_val)))
hardsigmoid.vjp(x=lambda g, x: masked(g / 6, (x > -3) & (x < 3)))
hardswish.vjp(x=lambda g, x: masked(g, logical_not(x < 3)) + masked(g * (x / 3 + 0.5), (x > -3) & (x < 3)))
hardshrink.vjp(x=lambda g, x, lambd: masked(g, outside(x, -lambd, lambd)))
softshrink.vjp(x=lambda g, x, lambd: masked(g, outside(x, -lambd, lambd)))
threshold.vjp(x=lambda g, x, threshold: masked(g, logical_not(x <= threshold)))
