"""Layers that change only the shape."""

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["Flatten"]


class Flatten(Module):
    """The dimensions from start to end made one, by default all but the batch's; `(B, C, H, W) -> (B, C * H * W)`.

    Raises:
        IndexError: in forward, the input has no such dimension.
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with fewer dimensions."""
        return functional.flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """The first and the last dimension."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
