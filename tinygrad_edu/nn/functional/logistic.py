"""The logarithm of the logistic function."""

from typing import Any

from ...ops.elementary import sigmoid
from ...primitive import primitive

__all__ = ["logsigmoid"]


# one primitive, because at 0 no composition of |x| or max(x, 0) has the right second derivative
@primitive(formula=r"\bar{x} = \bar{y} / (1 + e^x)", promotion="float")
def logsigmoid(x: Any, *, xp: Any) -> Any:
    """-ln(1 + exp(-x)) without overflow, elementwise; `(*) -> (*)`."""
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


logsigmoid.vjp(x=lambda g, x: g * sigmoid(-x))
