"""Losses of metric learning: what belongs together should lie close, what does not far apart."""

from collections.abc import Callable
from typing import Any

from ....errors import ShapeError
from ....functions.distance import pairwise_distance
from ....ops.elementary import sqrt
from ....ops.elementwise import minimum
from ....tensor import Tensor
from .reduction import check_tensors, reduced

__all__ = ["cosine_embedding_loss", "triplet_margin_loss", "triplet_margin_with_distance_loss"]


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, reduction: str = "mean"
) -> Any:
    r"""1 - cos where y = 1, $\max(0, cos - margin)$ where y = -1; `(N, D), (N, D), (N) -> ()` or `(D), (D), () -> ()`.

    cos is the cosine of the angle between the two vectors.

    Raises:
        ShapeError: the shapes do not fit.
        ValueError: the reduction is not known.
    """
    check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    dim = target.ndim
    if dim > 1 or not input1.ndim == input2.ndim == dim + 1:
        raise ShapeError(
            "cosine_embedding_loss takes two inputs (N, D) and a target (N), or (D) and (), "
            f"got {input1.shape}, {input2.shape} and {target.shape}"
        )
    # 1e-12: so that a vector of zeros has a cosine, of 0
    squares1, squares2 = (input1 * input1).sum(dim) + 1e-12, (input2 * input2).sum(dim) + 1e-12
    cosine = (input1 * input2).sum(dim) / sqrt(squares1 * squares2)
    losses = (1 - cosine) * (target == 1) + (cosine - margin).clamp_min(0) * (target == -1)
    return reduced(losses, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    r"""$\max(0, d(a, p) - d(a, n) + margin)$ with the distance of the p-norm; `(N, D), (N, D), (N, D) -> ()`.

    With `swap`, the negative's distance is that from the anchor or the positive, whichever is less.

    Raises:
        ShapeError: the numbers of dimensions differ, or the shapes do not broadcast.
        ValueError: the margin is not positive; the reduction is not known.

    Source: Balntas et al., "Learning Local Feature Descriptors with Triplets and Shallow CNNs" (2016), section 3.
    """

    def distance(x1: Tensor, x2: Tensor) -> Any:
        return pairwise_distance(x1, x2, p, eps)

    return triplet_margin_with_distance_loss(
        anchor, positive, negative, distance_function=distance, margin=margin, swap=swap, reduction=reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    r"""$\max(0, d(a, p) - d(a, n) + margin)$ with any distance; `(N, *), (N, *), (N, *) -> ()`.

    Without a distance_function it is pairwise_distance.

    Raises:
        ShapeError: the numbers of dimensions differ, or the shapes do not fit.
        ValueError: the margin is not positive; the reduction is not known.
    """
    check_tensors("a triplet margin loss", anchor=anchor, positive=positive, negative=negative)
    if margin <= 0:
        raise ValueError(f"a triplet margin loss takes a margin > 0, got {margin}")
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise ShapeError(
            "anchor, positive and negative have equally many dimensions in a triplet margin loss, "
            f"got {anchor.shape}, {positive.shape} and {negative.shape}"
        )
    d = distance_function or pairwise_distance
    near, far = d(anchor, positive), d(anchor, negative)
    if swap:
        far = minimum(far, d(positive, negative))
    return reduced((margin + near - far).clamp_min(0), reduction)
