"""Losses of regression: how far numbers are from the numbers that they should be."""

from typing import Any

from ...tensor import Tensor
from .. import functional
from .base import Loss

__all__ = ["HuberLoss", "L1Loss", "MSELoss", "SmoothL1Loss"]


class L1Loss(Loss):
    r"""The mean absolute error, $\frac{1}{n} \sum |x - y|$; `(*), (*) -> ()`; "sum" is without 1 / n.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The absolute error."""
        return functional.l1_loss(input, target, reduction=self.reduction)


class MSELoss(Loss):
    r"""The mean squared error, $\frac{1}{n} \sum (x - y)^2$; `(*), (*) -> ()`; "sum" is without 1 / n.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
    """

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The squared error."""
        return functional.mse_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    r"""The squared error $\frac{1}{2} d^2 / \beta$ where $|d| < \beta$, else $|d| - \frac{\beta}{2}$, d = x - y.

    `(*), (*) -> ()`. With beta = 0 it is L1Loss. It is HuberLoss divided by beta.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
        RuntimeError: in forward, beta is negative.

    Source: Girshick, "Fast R-CNN" (2015), equation 3.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss, squared near 0."""
        return functional.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    r"""The squared error $\frac{1}{2} d^2$ near 0, where $|d| \le \delta$, else $\delta (|d| - \frac{\delta}{2})$.

    `(*), (*) -> ()`; d = x - y.

    Raises:
        TypeError: delta is no number.
        ShapeError: in forward, the shapes do not broadcast.
        ValueError: in forward, the reduction is not known.
        RuntimeError: in forward, delta is not positive.

    Source: Huber, "Robust Estimation of a Location Parameter" (1964), section 4.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if not isinstance(delta, int | float):
            raise TypeError(f"HuberLoss takes a number as delta, got {type(delta).__name__}")
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Any:
        """The loss, squared near 0."""
        return functional.huber_loss(input, target, reduction=self.reduction, delta=self.delta)
