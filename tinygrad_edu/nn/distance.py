"""Distances between vectors."""

from typing import Any

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    r"""The cosine of the angle between vectors along a dimension, $\frac{x_1 x_2}{|x_1| |x_2|}$; `(*), (*) -> (*)`.

    The lengths are taken to be at least eps.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
        IndexError: in forward, there is no such dimension.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Any:
        """The cosine."""
        return functional.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    r"""The p-norm of x1 - x2 + eps along the last dimension; `(N, D), (N, D) -> (N)`, or `(N, 1)` with `keepdim`.

    Raises:
        ShapeError: in forward, the shapes do not broadcast.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Any:
        """The distance of each two rows."""
        return functional.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
