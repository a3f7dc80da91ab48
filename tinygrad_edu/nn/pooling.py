"""Pooling layers."""

from collections.abc import Sequence
from typing import Any

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["MaxPool2d"]

Setting = int | Sequence[int]


class MaxPool2d(Module):
    r"""The largest value of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    $H' = \lfloor (H + 2\,padding - dilation\,(kernel - 1) - 1) / stride \rfloor + 1$, rounded up with `ceil_mode`; the
    stride is the kernel's size unless given. With `return_indices`, also where each value was found.

    Raises:
        ShapeError: in forward, the settings do not fit each other or the input.

    Source: Ranzato, Huang, Boureau and LeCun, "Unsupervised Learning of Invariant Feature Hierarchies" (2007).
    """

    def __init__(
        self,
        kernel_size: Setting,
        stride: Setting | None = None,
        padding: Setting = 0,
        dilation: Setting = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window, and where it is if asked for."""
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )
