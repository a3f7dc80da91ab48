"""Softmax, its logarithm, and the cross-entropy of logits.

They are fused for stability: exp overflows float32 near 88, so each shifts by the maximum, and the cross-entropy never
takes the logarithm of a softmax that has underflowed to 0.
"""

from typing import Any

from ..kernels import softmax as kernels
from ..primitive import primitive
from .elementary import exp
from .movement import reshape
from .reduction import sum


@primitive(formula=r"\bar{x} = y\,(\bar{y} - \textstyle\sum \bar{y} y)", promotion="common", kinds="f")
def softmax(x: Any, *, dim: int) -> Any:
    """exp(x) / sum(exp(x)) along a dimension; `(*) -> (*)`."""
    return kernels.softmax(x, dim)


# fused: two passes over memory instead of four
@primitive(formula=r"\bar{x} = w\,(\bar{y} - \textstyle\sum \bar{y} w)")
def softmax_adjoint(x: Any, weights: Any, *, dim: int = -1) -> Any:
    """weights * (x - sum(weights * x)) along a dimension, which takes x back through a softmax."""
    return kernels.softmax_adjoint(x, weights, dim)


def dot(x: Any, y: Any, dim: int) -> Any:
    """The inner products along a dimension, which is kept; `(.., n, ..), (.., n, ..) -> (.., 1, ..)`."""
    return sum(x * y, dim=(dim % x.ndim,), keepdim=True)


@primitive(formula=r"\bar{x} = \bar{y} - e^y \textstyle\sum \bar{y}", promotion="common", kinds="f")
def log_softmax(x: Any, *, dim: int, xp: Any) -> Any:
    """x - ln(sum(exp(x))) along a dimension; `(*) -> (*)`."""
    x = xp.subtract(x, x.max(axis=dim, keepdims=True, initial=-xp.inf), order="C")
    return x - xp.log(xp.exp(x).sum(axis=dim, keepdims=True))


# the mean over rows is fused too: as a call of its own it would be a tenth of a small network's step
@primitive(formula=r"\bar{x} = \bar{y}\,(\mathrm{softmax}(x) - \mathrm{onehot}(t))", promotion="common", kinds="f")
def logits_cross_entropy(x: Any, *, target: Any, reduction: str = "none", xp: Any) -> Any:
    """-ln softmax(x)[target] of each row, their "sum" or their "mean"; `(B, C), target (B) -> (B)` or `()`."""
    losses = kernels.cross_entropy(x, target)
    if reduction == "none":
        return losses
    return xp.add.reduce(losses) / (len(losses) if reduction == "mean" else 1)


# fused: one pass over memory instead of four
@primitive(
    formula=r"\bar{x} = p\,(\bar{z} y - \textstyle\sum \bar{z} y p),\ \bar{y} = \bar{z}\,z / y", promotion="common"
)
def logits_adjoint(y: Any, x: Any, *, target: Any) -> Any:
    """y (softmax(x) - onehot(target)), row by row; `(B, 1) or (), (B, C), target (B) -> (B, C)`."""
    return kernels.cross_entropy_adjoint(y, x, target)


def logits_gradient(g: Any, x: Any, target: Any, reduction: str) -> Any:
    """g (softmax(x) - onehot(target)), row by row."""
    if reduction == "none":
        g = reshape(g, shape=(len(target), 1))
    elif reduction == "mean":
        g = g / len(target)
    return logits_adjoint(g, x, target=target)


softmax.vjp(x=lambda g, out, dim: softmax_adjoint(g, out, dim=dim))
softmax_adjoint.vjp(
    x=lambda g, weights, dim: softmax_adjoint(g, weights, dim=dim),
    weights=lambda g, x, weights, dim: g * (x - dot(x, weights, dim)) - x * dot(g, weights, dim),
)
log_softmax.vjp(x=lambda g, out, dim: g - exp(out) * sum(g, dim=(dim,), keepdim=True))
logits_adjoint.vjp(
    y=lambda g, x, target: g * logits_adjoint(1.0, x, target=target),
    x=lambda g, y, x: softmax_adjoint(g * y, softmax(x, dim=1), dim=1),
)
logits_cross_entropy.vjp(x=logits_gradient)
