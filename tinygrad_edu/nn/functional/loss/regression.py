"""Losses of regression: how far numbers are from the numbers that they should be."""

from typing import Any

from ....dtypes import check_kind
from ....ops.elementwise import abs
from ....tensor import Tensor
from .reduction import reduced, warn_of_broadcast, weighted

__all__ = ["huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Any:
    """|x - y|, elementwise; `(*), (*) -> ()` or, without reduction, `(*)`; a weighted mean with `weight (*)`.

    Where x = y the gradient is 0.

    Raises:
        ShapeError: the shapes do not broadcast; the weight is not of the input's shape.
        ValueError: the reduction is not known.
    """
    warn_of_broadcast(input, target, "l1_loss")
    losses = weighted(abs(input - target), weight, input.shape, "l1_loss")
    return reduced(losses, reduction, None if weight is None else weight.sum())


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean", weight: Tensor | None = None) -> Any:
    """(x - y)^2, elementwise; `(*), (*) -> ()` or, without reduction, `(*)`; a weighted mean with `weight (*)`.

    Raises:
        ShapeError: the shapes do not broadcast; the weight is not of the input's shape.
        ValueError: the reduction is not known.
    """
    warn_of_broadcast(input, target, "mse_loss")
    d = difference(input, target)
    if d.dtype.kind != "f":
        check_kind(d.dtype, "f", "mse_loss")
    losses = weighted(d.square(), weight, input.shape, "mse_loss")
    return reduced(losses, reduction, None if weight is None else weight.sum())


def smooth_l1_loss(input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0) -> Any:
    r"""$\frac{1}{2} d^2 / \beta$ where $|d| < \beta$, else $|d| - \frac{\beta}{2}$, of d = x - y; `(*), (*) -> ()`.

    With beta = 0 it is l1_loss.

    Raises:
        ShapeError: the shapes do not broadcast.
        ValueError: the reduction is not known.
        RuntimeError: beta is negative.
    """
    warn_of_broadcast(input, target, "smooth_l1_loss")
    if beta < 0:
        raise RuntimeError(f"smooth_l1_loss takes beta >= 0, got {beta}")
    d = difference(input, target)
    check_kind(d.dtype, "f", "smooth_l1_loss")
    return reduced(abs(d) if beta == 0 else huber(d, beta) / beta, reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Any:
    r"""$\frac{1}{2} d^2$ where $|d| \le \delta$, else $\delta (|d| - \frac{\delta}{2})$, d = x - y; `(*), (*) -> ()`.

    With `weight (*)` the losses are multiplied by it; the mean is still over their number.

    Raises:
        ShapeError: the shapes do not broadcast; the weight is not of the input's shape.
        ValueError: the reduction is not known.
        RuntimeError: delta is not positive.
    """
    warn_of_broadcast(input, target, "huber_loss")
    if delta <= 0:
        raise RuntimeError(f"huber_loss takes delta > 0, got {delta}")
    d = difference(input, target)
    check_kind(d.dtype, "f", "huber_loss")
    return reduced(weighted(huber(d, delta), weight, input.shape, "huber_loss"), reduction)


def huber(d: Tensor, delta: float) -> Any:
    """c (d - c / 2) with c = d held between -delta and delta: both branches in one, and no kink at 0."""
    delta = float(delta)
    c = d.clamp(-delta, delta)
    return c * (d - c * 0.5)


def difference(input: Tensor, target: Tensor) -> Tensor:
    """x - y, in which bools among floats are 0 and 1."""
    if input.dtype.kind == "b" or target.dtype.kind == "b":
        return input.to(target.dtype) - target if input.dtype.kind == "b" else input - target.to(input.dtype)
    return input - target
