"""Losses between two classes: probabilities or logits against targets of 0 and 1, margins against -1 and 1."""

from typing import Any

from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["BCELoss", "BCEWithLogitsLoss", "MultiLabelSoftMarginLoss", "SoftMarginLoss"]


class BCELoss(Loss):
    r"""The binary cross-entropy of probabilities x, $-w\,(y \ln x + (1 - y) \ln (1 - x))$; `(*), (*) -> ()`.

    The logarithms are at least -100. `weight` broadcasts.

    Raises:
        ShapeError: in forward, the target is not of the input's shape, or the weight does not broadcast.
        RuntimeError: in forward, a probability is not between 0 and 1.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The binary cross-entropy."""
        return functional.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(Loss):
    r"""The binary cross-entropy of sigmoid(x), $-w\,(p\,y \ln \sigma(x) + (1 - y) \ln (1 - \sigma(x)))$.

    `(*), (*) -> ()`. `weight` w and `pos_weight` p, often one for each class, broadcast.

    Raises:
        ShapeError: in forward, the target is not of the input's shape, or a weight does not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean", pos_weight: Tensor | None = None) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The binary cross-entropy."""
        return functional.binary_cross_entropy_with_logits(input, target, self.weight, self.reduction, self.pos_weight)


class SoftMarginLoss(Loss):
    r"""The logistic loss $\ln (1 + e^{-y x})$ of targets y of -1 and 1; `(*), (*) -> ()`.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The logistic loss."""
        return functional.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Loss):
    r"""The binary cross-entropy of sigmoid(x), averaged over C labels that exclude each other not.

    $-\frac{1}{C} \sum_c w_c (y_c \ln \sigma(x_c) + (1 - y_c) \ln \sigma(-x_c))$; `(N, C), (N, C) -> ()`.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The cross-entropy of all labels."""
        return functional.multilabel_soft_margin_loss(input, target, self.weight, self.reduction)
