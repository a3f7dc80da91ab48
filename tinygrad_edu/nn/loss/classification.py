"""Losses of classification: logits or logarithms of probabilities against classes, or against probabilities."""

from typing import Any

from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["CrossEntropyLoss", "NLLLoss"]


class CrossEntropyLoss(Loss):
    r"""The cross-entropy of softmax(x) against a class y or probabilities q, from the logits x; `(N, C), (N) -> ()`.

    $l = -w_y \ln \mathrm{softmax}(x)_y$, or $l = -\sum_c w_c\,q_c \ln \mathrm{softmax}(x)_c$. The mean of the first is
    weighted by $w_y$. Classes equal to `ignore_index` count nothing. With `label_smoothing` s the target is mixed with
    the uniform distribution: $q_c = (1 - s)\,[c = y] + s / C$.

    `input (N, C), (C) or (N, C, *)`; `target (N), () or (N, *)` as integers, or probabilities in the input's shape;
    `weight (C)`.

    Raises:
        ShapeError: in forward, input, target and weight do not fit.
        IndexError: in forward, a class is not in 0 .. C - 1, and not ignore_index.
        ValueError: in forward, the reduction is not known.
        RuntimeError: in forward, label_smoothing is not between 0 and 1.

    Source: Szegedy et al., "Rethinking the Inception Architecture for Computer Vision" (2016), section 7: smoothing.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The cross-entropy."""
        return functional.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(Loss):
    r"""The negative logarithm of each class's probability, $-w_y x_y$, from logarithms x; `(N, C), (N) -> ()`.

    The mean is weighted by $w_y$. Classes equal to `ignore_index` count nothing.

    `input (N, C), (C) or (N, C, *)`, often from log_softmax; `target (N), () or (N, *)`; `weight (C)`.

    Raises:
        ShapeError: in forward, input, target and weight do not fit.
        IndexError: in forward, a class is not in 0 .. C - 1, and not ignore_index.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, weight: Tensor | None = None, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The negative log-likelihood."""
        return functional.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)
