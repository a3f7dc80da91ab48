"""Losses of classification: logits or logarithms of probabilities against classes, or against probabilities."""

import math
from typing import Any

from ...tensor import Tensor
from .. import functional
from ..linear import Linear
from .base import Loss

__all__ = ["CrossEntropyLoss", "LinearCrossEntropyLoss", "NLLLoss"]


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


class LinearCrossEntropyLoss(Loss):
    r"""A linear layer to the logits and their cross-entropy in one; `(N, in), (N) -> ()`.

    $l = -w_y \ln \mathrm{softmax}(W x + b)_y$, or as CrossEntropyLoss against probabilities. With `out_features` there
    are logits `(N, C, *out_features)`, each with a target of its own. The `options` of how PyTorch goes through the
    rows change nothing here.

    Parameters: `linear.weight (C * prod(out_features), in)`, and `linear.bias` of as many numbers if `bias`.

    Raises:
        RuntimeError: the weight is not of the classes, or label_smoothing is not between 0 and 1.
        ShapeError: in forward, input and target do not fit.
        IndexError: in forward, a class is not in 0 .. C - 1, and not ignore_index.
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: Any = None,
    ) -> None:
        if weight is not None and weight.shape != (num_classes,):
            raise RuntimeError(f"a weight for each of {num_classes} classes is needed, got shape {weight.shape}")
        if not 0 <= label_smoothing <= 1:
            raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0, got {label_smoothing}")
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.num_classes = num_classes
        self.out_features = out_features
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.linear = Linear(in_features, math.prod(out_features, start=num_classes), bias, device, dtype)
        self.options = options

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The cross-entropy of the layer's outputs."""
        shape = (self.num_classes, *self.out_features)
        return functional.linear_cross_entropy(
            input,
            self.linear.weight.reshape(*shape, self.linear.in_features),
            target,
            linear_bias=None if self.linear.bias is None else self.linear.bias.reshape(shape),
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )

    def extra_repr(self) -> str:
        """The sizes, and the settings of the loss."""
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, out_features={self.out_features}, "
            f"bias={self.linear.bias is not None}, reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
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
