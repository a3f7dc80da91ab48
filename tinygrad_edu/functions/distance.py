"""Distances between the rows of two Tensors."""

from typing import Any

from ..errors import ShapeError
from ..tensor import Tensor
from .norms import vector_norm

__all__ = ["cdist"]


def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: Any = None) -> Any:
    """The p-norm of the difference of each row of x1 and each of x2; `(.., n, k), (.., m, k) -> (.., n, m)`.

    Where two rows are equal the gradient is 0. `compute_mode` is accepted: differences are always taken directly.

    Raises:
        ShapeError: the rows differ in length, or a Tensor has fewer than two dimensions.
        RuntimeError: p is negative, or they do not hold floats.
    """
    if min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist takes (.., n, k) and (.., m, k), got {x1.shape} and {x2.shape}")
    if p < 0:
        raise RuntimeError(f"cdist takes a norm p >= 0, got {p}")
    return vector_norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p, dim=-1)
