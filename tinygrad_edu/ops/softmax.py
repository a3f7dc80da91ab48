"""Softmax, its logarithm, and the cross-entropy of logits.

They are fused for stability: exp overflows float32 near 88, so each shifts by the maximum, and the cross-entropy never
takes the logarithm of a softmax that has underflowed to 0.
"""

from typing import Any

from .. import backend
from ..kernels import softmax as kernels
from ..primitive import primitive
from .elementary import exp
from .movement import reshape
from .reduction import sum


@primitive(formula=r"\bar{x} = y\,(\bar{y} - \textstyle\sum \bar{y} y)", promotion="common", kinds="f")
def softmax(x: Any, *, dim: int) -> Any:
    """exp(x) / sum(exp(x)) along a dimension; `(*) -> (*)`."""
    return kernels.softmax(x, dim)


@primitive(formula=r"\bar{x} = \bar{y} - e^y \textstyle\sum \bar{y}", promotion="common", kinds="f")
def log_softmax(x: Any, *, dim: int, xp: Any) -> Any:
    """x - ln(sum(exp(x))) along a dimension; `(*) -> (*)`."""
    x = x - x.max(axis=dim, keepdims=True, initial=-xp.inf)
    return x - xp.log(xp.exp(x).sum(axis=dim, keepdims=True))


# the mean over rows is fused too: as a call of its own it would be a tenth of a small network's step
@primitive(formula=r"\bar{x} = \bar{y}\,(\mathrm{softmax}(x) - \mathrm{onehot}(t))", promotion="common", kinds="f")
def logits_cross_entropy(x: Any, *, target: Any, reduction: str = "none", xp: Any) -> Any:
    """-ln softmax(x)[target] of each row, their "sum" or their "mean"; `(B, C), target (B) -> (B)` or `()`."""
    if target.size and target.item(target.argmin()) < 0:
        raise IndexError("a class is negative")  # as an index it would be counted from the end
    x = x - xp.maximum.reduce(x, axis=1, keepdims=True, initial=-xp.inf)
    losses = xp.log(xp.add.reduce(xp.exp(x), axis=1)) - x[xp.arange(len(target)), target]
    if reduction == "none":
        return losses
    total = xp.add.reduce(losses)
    return total if reduction == "sum" else total / len(losses)


def logits_gradient(g: Any, x: Any, target: Any, reduction: str) -> Any:
    """g (softmax(x) - onehot(target)), row by row."""
    if reduction == "none":
        g = reshape(g, shape=(len(target), 1))
    elif reduction == "mean":
        g = g / len(target)
    return (softmax(x, dim=1) - backend.one_hot(target, x.shape[1], x.dtype)) * g


softmax.vjp(x=lambda g, out, dim: out * (g - sum(g * out, dim=(dim,), keepdim=True)))
log_softmax.vjp(x=lambda g, out, dim: g - exp(out) * sum(g, dim=(dim,), keepdim=True))
logits_cross_entropy.vjp(x=lambda g, x, target, reduction: logits_gradient(g, x, target, reduction))
