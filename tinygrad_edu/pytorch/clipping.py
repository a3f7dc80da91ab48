"""PyTorch's nn.utils under its names of before 0.4."""

from typing import Any

from ..nn.utils import clip_grad_norm_
from ..tensor import Tensor

__all__ = ["clip_grad_norm"]


def clip_grad_norm(parameters: Any, max_norm: float, norm_type: float = 2.0) -> Tensor:
    """`clip_grad_norm_`."""
    return clip_grad_norm_(parameters, max_norm, norm_type)
