"""Losses between two classes: probabilities or logits against targets of 0 and 1, margins against -1 and 1."""

from typing import Any

from ....errors import ShapeError
from ....ops.elementary import log, log1p
from ....ops.elementwise import clamp
from ....primitive import primitive
from ....tensor import Tensor
from ..activation import logsigmoid
from .reduction import check_order, check_tensors, reduced

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "multilabel_soft_margin_loss",
    "soft_margin_loss",
]


# one primitive, because the logarithms are held at -100, where they would be flat, and the gradient goes on
@primitive(
    formula=r"\bar{x} = \bar{z}\,\frac{x - y}{x (1 - x)},\ \bar{y} = \bar{z} \ln \frac{1 - x}{x}",
    promotion="common",
    kinds="f",
)
def bernoulli_entropy(x: Any, y: Any, *, xp: Any) -> Any:
    """-y ln x - (1 - y) ln(1 - x), each logarithm at least -100, elementwise; `(*), (*) -> (*)`."""
    if y.size and not (y.min() >= 0 and y.max() <= 1):
        raise RuntimeError(f"targets are between 0 and 1, got some from {y.min()} to {y.max()}")
    if x.size and not (x.min() >= 0 and x.max() <= 1):
        raise RuntimeError(
            f"probabilities are between 0 and 1, got some from {x.min()} to {x.max()}; "
            "give sigmoid() of the logits, or the logits to binary_cross_entropy_with_logits"
        )
    return (y - 1) * xp.maximum(xp.log1p(-x), -100) - y * xp.maximum(xp.log(x), -100)


bernoulli_entropy.vjp(
    x=lambda g, x, y: g * (x - y) / clamp((1 - x) * x, low=1e-12),
    y=lambda g, x: g * (log1p(-x) - log(x)),
)


def check_twins(input: Any, target: Any, name: str) -> None:
    """Raise unless input and target are Tensors of one shape: TypeError, ShapeError."""
    check_tensors(name, input=input, target=target)
    if target.shape != input.shape:
        raise ShapeError(f"{name} takes a target of the input's shape {input.shape}, got {target.shape}")


def weighted_within(losses: Any, weight: Tensor | None, name: str) -> Any:
    """The losses times weights that broadcast to them, but do not make more of them.

    Raises:
        ShapeError: they do not.
    """
    if weight is None:
        return losses
    check_tensors(name, weight=weight)
    found = losses * weight
    if found.shape != losses.shape:
        raise ShapeError(f"{name} takes a weight that broadcasts to the losses {losses.shape}, got {weight.shape}")
    return found


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean") -> Any:
    r"""$-w\,(y \ln x + (1 - y) \ln (1 - x))$, elementwise, of probabilities x; `(*), (*) -> ()`.

    The logarithms are at least -100, so that a probability of 0 or 1 gives a finite loss. `weight` broadcasts.

    Raises:
        ShapeError: the target is not of the input's shape; the weight does not broadcast to it.
        RuntimeError: a probability or a target is not between 0 and 1, or they are of different dtypes.
        ValueError: the reduction is not known.
    """
    check_twins(input, target, "binary_cross_entropy")
    if target.dtype != input.dtype:
        check_order("binary_cross_entropy", input, target)
        raise RuntimeError(
            f"binary_cross_entropy takes a target of the input's dtype {input.dtype}, got {target.dtype}; "
            f"convert it: target.to(input.dtype)"
        )
    losses = weighted_within(bernoulli_entropy(input, target), weight, "binary_cross_entropy")
    return reduced(losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Any:
    r"""$-w\,(p\,y \ln \sigma(x) + (1 - y) \ln (1 - \sigma(x)))$, elementwise, of logits x; `(*), (*) -> ()`.

    `weight` w and `pos_weight` p, often one for each class, broadcast.

    Raises:
        ShapeError: the target is not of the input's shape; a weight does not broadcast.
        ValueError: the reduction is not known.
    """
    check_twins(input, target, "binary_cross_entropy_with_logits")
    log_p = logsigmoid(input)
    if pos_weight is not None:
        log_p = log_p * ((pos_weight - 1) * target + 1)
    losses = weighted_within((1 - target) * input - log_p, weight, "binary_cross_entropy_with_logits")
    return reduced(losses, reduction)


def soft_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Any:
    r"""$\ln (1 + e^{-y x})$, elementwise, of targets y of -1 and 1; `(*), (*) -> ()`; without overflow.

    Raises:
        ShapeError: the target does not broadcast to the input's shape.
        ValueError: the reduction is not known.
    """
    check_tensors("soft_margin_loss", input=input, target=target)
    losses = -logsigmoid(input * target)
    if losses.shape != input.shape:
        raise ShapeError(
            f"soft_margin_loss takes a target that broadcasts to the input's shape {input.shape}, got {target.shape}"
        )
    return reduced(losses, reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Any:
    r"""$-\frac{1}{C} \sum_c w_c (y_c \ln \sigma(x_c) + (1 - y_c) \ln \sigma(-x_c))$; `(*, C), (*, C) -> ()`.

    Raises:
        ShapeError: the shapes do not broadcast; the input has no dimension of classes.
        ValueError: the reduction is not known.
    """
    check_tensors("multilabel_soft_margin_loss", input=input, target=target)
    if not input.ndim:
        raise ShapeError("multilabel_soft_margin_loss takes an input (*, C), got one number")
    losses = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        losses = losses * weight
    return reduced(losses.sum(-1) / input.shape[-1], reduction)
