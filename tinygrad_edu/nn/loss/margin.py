"""Losses that ask for a margin: between classes, between labels, between two ranks."""

from typing import Any

from ...errors import ShapeError
from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["HingeEmbeddingLoss", "MarginRankingLoss", "MultiLabelMarginLoss", "MultiMarginLoss"]


class HingeEmbeddingLoss(Loss):
    r"""x where y = 1, $\max(0, margin - x)$ where y = -1, of distances x; `(*), (*) -> ()`.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, margin: float = 1.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The distance, or what it lacks of the margin."""
        return functional.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(Loss):
    r"""$\max(0, -y (x_1 - x_2) + margin)$: x1 should be the larger if y = 1, x2 if y = -1; `(N), (N), (N) -> ()`.

    Raises:
        ShapeError: in forward, the shapes do not fit.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Any:
        """What the order lacks of the margin."""
        return functional.margin_ranking_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class MultiMarginLoss(Loss):
    r"""$\frac{1}{C} \sum_{c \ne y} w_y \max(0, margin - x_y + x_c)^p$, p = 1 or 2; `(N, C), (N) -> ()`.

    Or of one row, `(C), () -> ()`.

    Raises:
        ValueError: p is neither 1 nor 2; in forward, the reduction is not known.
        ShapeError: the weight has other than one dimension; in forward, input, target and weight do not fit.
        IndexError: in forward, a class is not in 0 .. C - 1.

    Source: Crammer and Singer, "On the Algorithmic Implementation of Multiclass Kernel-based Vector Machines" (2001).
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss takes p = 1 or 2, got {p}")
        if weight is not None and weight.ndim != 1:
            raise ShapeError(f"MultiMarginLoss takes a weight (C), got {weight.shape}")
        self.register_buffer("weight", weight)
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """What the class's score lacks of the margin to the others."""
        return functional.multi_margin_loss(input, target, self.p, self.margin, self.weight, self.reduction)


class MultiLabelMarginLoss(Loss):
    r"""$\frac{1}{C} \sum_{y} \sum_{c} \max(0, 1 - x_y + x_c)$, y labels, c not; `(N, C), (N, C) -> ()`.

    A row of the target holds its labels, and -1 after the last where they are fewer than C. Or of one row, `(C)`.

    Raises:
        ShapeError: in forward, the target is not of the input's shape, or does not hold integers.
        IndexError: in forward, a label is not in -1 .. C - 1.
        ValueError: in forward, the reduction is not known.
    """

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """What the labels' scores lack of the margin to the others."""
        return functional.multilabel_margin_loss(input, target, reduction=self.reduction)
