"""Softmax, its logarithm, and the cross-entropy of logits.

They are fused for stability: exp overflows float32 near 88, so each shifts by the maximum, and the cross-entropy never
takes the logarithm of a softmax that has underflowed to 0.
"""

from typing import Any

from .. import backend
from ..primitive import primitive
from .elementary import exp
from .indexing import getitem, put
from .reduction import sum

__all__ = ["log_softmax", "logits_cross_entropy", "softmax"]


@primitive(formula=r"\bar{x} = y\,(\bar{y} - \textstyle\sum \bar{y} y)", promotion="float")
def softmax(x: Any, *, dim: int, xp: Any) -> Any:
    """exp(x) / sum(exp(x)) along a dimension; `(*) -> (*)`."""
    e = xp.exp(x - x.max(axis=dim, keepdims=True, initial=-xp.inf))
    return e / e.sum(axis=dim, keepdims=True)


@primitive(formula=r"\bar{x} = \bar{y} - e^y \textstyle\sum \bar{y}", promotion="float")
def log_softmax(x: Any, *, dim: int, xp: Any) -> Any:
    """x - ln(sum(exp(x))) along a dimension; `(*) -> (*)`."""
    x = x - x.max(axis=dim, keepdims=True, initial=-xp.inf)
    return x - xp.log(xp.exp(x).sum(axis=dim, keepdims=True))


@primitive(formula=r"\bar{x} = \bar{y}\,(\mathrm{softmax}(x) - \mathrm{onehot}(t))", promotion="float")
def logits_cross_entropy(x: Any, *, target: Any, xp: Any) -> Any:
    """-ln softmax(x)[target], for each row; `(B, C), target (B) -> (B)`."""
    rows = xp.arange(x.shape[0])
    top = x.max(axis=1, keepdims=True, initial=-xp.inf)
    return xp.log(xp.exp(x - top).sum(axis=1)) - (x - top)[rows, target]


def logits_gradient(g: Any, x: Any, target: Any) -> Any:
    """g (softmax(x) - onehot(target)), row by row."""
    rows = getitem(g, index=(slice(None), None))
    index = (backend.positions(len(target)), target)
    return softmax(x, dim=1) * rows - put(g, index=index, shape=x.shape)


softmax.vjp(x=lambda g, out, dim: out * (g - sum(g * out, dim=(dim,), keepdim=True)))
log_softmax.vjp(x=lambda g, out, dim: g - exp(out) * sum(g, dim=(dim,), keepdim=True))
logits_cross_entropy.vjp(x=lambda g, x, target: logits_gradient(g, x, target))
