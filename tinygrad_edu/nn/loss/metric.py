"""Losses of metric learning: what belongs together should lie close, what does not far apart."""

from collections.abc import Callable
from typing import Any

from ...tensor import Tensor
from .. import functional
from ..distance import PairwiseDistance
from .base import Loss

__all__ = ["CosineEmbeddingLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss"]

Distance = Callable[[Tensor, Tensor], Any]


class CosineEmbeddingLoss(Loss):
    r"""1 - cos where y = 1, $\max(0, cos - margin)$ where y = -1; `(N, D), (N, D), (N) -> ()` or `(D), (D), () -> ()`.

    Raises:
        ShapeError: in forward, the shapes do not fit.
        ValueError: in forward, the reduction is not known.
    """

    def __init__(self, margin: float = 0.0, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Any:
        """The loss of the angles."""
        return functional.cosine_embedding_loss(input1, input2, target, margin=self.margin, reduction=self.reduction)


class TripletMarginLoss(Loss):
    r"""$\max(0, d(a, p) - d(a, n) + margin)$ with the distance of the p-norm; `(N, D), (N, D), (N, D) -> ()`.

    With `swap`, the negative's distance is that from the anchor or the positive, whichever is less.

    Raises:
        ValueError: the margin is not positive; in forward, the reduction is not known.
        ShapeError: in forward, the shapes do not fit.

    Source: Balntas et al., "Learning Local Feature Descriptors with Triplets and Shallow CNNs" (2016), section 3.
    """

    def __init__(
        self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        check_margin(margin, "TripletMarginLoss")
        self.margin = margin
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Any:
        """What the distances lack of the margin."""
        return functional.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap, self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    r"""$\max(0, d(a, p) - d(a, n) + margin)$ with any distance d; `(N, *), (N, *), (N, *) -> ()`.

    `distance_function` takes two Tensors; without one it is PairwiseDistance. `swap` as in TripletMarginLoss.

    Raises:
        ValueError: the margin is not positive; in forward, the reduction is not known.
        ShapeError: in forward, the shapes do not fit.
    """

    distance_function: Distance

    def __init__(
        self,
        *,
        distance_function: Distance | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        check_margin(margin, "TripletMarginWithDistanceLoss")
        self.distance_function = PairwiseDistance() if distance_function is None else distance_function
        self.margin = margin
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Any:
        """What the distances lack of the margin."""
        return functional.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


def check_margin(margin: float, name: str) -> None:
    """Raise ValueError unless the margin is positive."""
    if margin <= 0:
        raise ValueError(f"{name} takes a margin > 0, got {margin}")
