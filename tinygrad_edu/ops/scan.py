"""Scans along a dimension: running sums, and the linear recurrence that running products and the like are made of.

The adjoint of a scan is a scan from the other end.
"""

from typing import Any

from ..kernels.scan import recur, running_sum
from ..primitive import primitive
from .indexing import getitem
from .movement import pad


@primitive(formula=r"\bar{x}_i = \sum_{j \ge i} \bar{y}_j")
def cumsum(x: Any, *, dim: int, reverse: bool = False) -> Any:
    """y_i = x_0 + ... + x_i along a dimension, or from the other end; `(*) -> (*)`."""
    return running_sum(x, dim, reverse)


@primitive(formula=r"\bar{b}_i = \bar{y}_i + a_{i+1} \bar{b}_{i+1},\ \bar{a}_i = \bar{b}_i\,y_{i-1}")
def recurrence(a: Any, b: Any, *, dim: int, reverse: bool = False) -> Any:
    """y_i = b_i + a_i y_(i-1) along a dimension, or b_i + a_(i+1) y_(i+1); `(*), (*) -> (*)`; a_0 has no effect."""
    return recur(a, b, dim, reverse)


def delayed(y: Any, dim: int) -> Any:
    """y_(i-1), and 0 for i = 0."""
    widths = tuple([(int(d == dim), 0) for d in range(y.ndim)])
    return getitem(pad(y, widths=widths), index=(slice(None),) * dim + (slice(0, y.shape[dim]),))


def recurrence_gradients(g: Any, a: Any, out: Any, dim: int, reverse: bool, needs: tuple[bool, bool]) -> Any:
    """The gradients of a, where wanted, and of b."""
    to_b = recurrence(a, g, dim=dim, reverse=not reverse)
    if not needs[0]:
        return None, to_b
    return (delayed(to_b, dim) * out if reverse else to_b * delayed(out, dim)), to_b


cumsum.vjp(x=lambda g, dim, reverse: cumsum(g, dim=dim, reverse=not reverse))
recurrence.joint_vjp(lambda g, a, out, dim, reverse, needs: recurrence_gradients(g, a, out, dim, reverse, needs))
