"""Losses that ask for a margin: between classes, between labels, between two ranks."""

from typing import Any

import numpy

from ....dtypes import check_kind
from ....errors import ShapeError
from ....functions.indexing import gather
from ....ops.elementwise import masked
from ....recording import wrap
from ....tensor import Tensor
from .reduction import check_tensors, reduced

__all__ = ["hinge_embedding_loss", "margin_ranking_loss", "multi_margin_loss", "multilabel_margin_loss"]


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, reduction: str = "mean") -> Any:
    r"""x where y = 1, $\max(0, margin - x)$ where y = -1, both for other y, elementwise; `(*), (*) -> ()`.

    Raises:
        ShapeError: the shapes do not broadcast.
        ValueError: the reduction is not known.
    """
    check_tensors("hinge_embedding_loss", input=input, target=target)
    apart = (margin - input).clamp_min(0)
    return reduced(apart.masked_fill(target == 1, 0) + input.masked_fill(target == -1, 0), reduction)


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Any:
    r"""$\max(0, -y (x_1 - x_2) + margin)$: x1 should be the larger if y = 1, x2 if y = -1; `(*), (*), (*) -> ()`.

    At 0 the gradient passes.

    Raises:
        ShapeError: the numbers of dimensions differ, or the shapes do not broadcast.
        ValueError: the reduction is not known.
    """
    check_tensors("margin_ranking_loss", input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        raise ShapeError(
            "margin_ranking_loss takes inputs and target with equally many dimensions, "
            f"got {input1.shape}, {input2.shape} and {target.shape}"
        )
    return reduced((-target * (input1 - input2) + float(margin)).clamp_min(0), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: float = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Any:
    r"""$\frac{1}{C} \sum_{c \ne y} w_y \max(0, margin - x_y + x_c)^p$; `(N, C), (N) -> ()` or `(C), () -> ()`.

    Raises:
        ShapeError: input, target and weight do not fit.
        IndexError: a class is not in 0 .. C - 1.
        ValueError: p is neither 1 nor 2; the reduction is not known.
    """
    check_tensors("multi_margin_loss", input=input, target=target)
    if p not in (1, 2):
        raise ValueError(f"multi_margin_loss takes p = 1 or 2, got {p}")
    check_kind(input.dtype, "f", "multi_margin_loss")
    x = rows_of(input, "multi_margin_loss")
    count = x.shape[1]
    if target.ndim > 1 or target.numel() != x.shape[0] or target.dtype.kind not in "iu":
        raise ShapeError(
            f"multi_margin_loss takes one integer class for each row of the input {input.shape}, "
            f"got {target.dtype} {target.shape}"
        )
    if weight is not None and weight.shape != (count,):
        raise ShapeError(f"a weight for each of {count} classes is needed, got shape {weight.shape}")
    y = target.reshape(-1, 1).long()
    check_range(y.numpy(), 0, count)
    losses = (margin - gather(x, 1, y) + x).relu()
    if p == 2:
        losses = losses.square()
    if weight is not None:
        losses = losses * weight[y]
    others = numpy.arange(count) != y.numpy()
    return reduced((masked(losses, others).sum(1) / count).reshape(target.shape), reduction)


def multilabel_margin_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Any:
    r"""$\frac{1}{C} \sum_{y} \sum_{c} \max(0, 1 - x_y + x_c)$, y labels, c not; `(N, C), (N, C) -> ()`.

    A row of the target holds its labels, and -1 after the last where they are fewer than C. Or of one row, `(C)`.

    Raises:
        ShapeError: the target is not of the input's shape, or does not hold integers.
        IndexError: a label is not in -1 .. C - 1.
        ValueError: the reduction is not known.
    """
    check_tensors("multilabel_margin_loss", input=input, target=target)
    check_kind(input.dtype, "f", "multilabel_margin_loss")
    x = rows_of(input, "multilabel_margin_loss")
    fits = target.shape == input.shape or (max(input.ndim, target.ndim) < 2 and input.numel() == target.numel() == 1)
    if not fits or target.dtype.kind not in "iu":
        raise ShapeError(
            f"multilabel_margin_loss takes integer labels in the shape of the input {input.shape}, "
            f"got {target.dtype} {target.shape}"
        )
    labels = target.numpy().reshape(x.shape).astype(numpy.int64)
    check_range(labels, -1, x.shape[1])
    given = numpy.logical_and.accumulate(labels >= 0, 1)
    found = numpy.zeros(x.shape, bool)
    found[numpy.nonzero(given)[0], labels[given]] = True
    most = given.sum(1).max(initial=0)
    given, labels = given[:, :most], labels[:, :most]
    x_y = gather(x, 1, wrap(numpy.where(given, labels, 0)))
    losses = (1 - x_y.unsqueeze(2) + x.unsqueeze(1)).relu()  # (N, label, class)
    counted = masked(losses, given[:, :, None] & ~found[:, None, :])
    return reduced((counted.sum((1, 2)) / x.shape[1]).reshape(input.shape[:-1]), reduction)


def rows_of(input: Tensor, name: str) -> Tensor:
    """The input as `(N, C)`, from `(N, C)`, `(C)` or one number.

    Raises:
        ShapeError: it has more dimensions, or no class.
    """
    if input.ndim > 2 or (input.ndim and not input.shape[-1]):
        raise ShapeError(f"{name} takes an input (N, C) or (C) with classes, got {input.shape}")
    return input if input.ndim == 2 else input.reshape(1, -1)


def check_range(classes: Any, low: int, high: int) -> None:
    """Raise IndexError if a class is not in low .. high - 1."""
    if classes.size and not (low <= classes.min() and classes.max() < high):
        raise IndexError(f"classes are {low} to {high - 1} here, the target has {classes.min()} to {classes.max()}")
