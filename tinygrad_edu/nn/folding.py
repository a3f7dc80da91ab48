"""Layers that take windows out of images as columns, and put them back."""

from collections.abc import Sequence

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["Fold", "Unfold"]

Setting = int | Sequence[int]


class Unfold(Module):
    """Each window of an image as a column; `(B, C, H, W) -> (B, C * KH * KW, L)`, or without B.

    Raises:
        ShapeError: in forward, no window fits into the input.
    """

    def __init__(self, kernel_size: Setting, dilation: Setting = 1, padding: Setting = 0, stride: Setting = 1) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return functional.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, stride={self.stride}"


class Fold(Module):
    """Columns added up where their windows lie; `(B, C * KH * KW, L) -> (B, C, *output_size)`, or without B.

    Raises:
        ShapeError: in forward, the columns are not those of an image of this size.
    """

    def __init__(
        self,
        output_size: Setting,
        kernel_size: Setting,
        dilation: Setting = 1,
        padding: Setting = 0,
        stride: Setting = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        """The image."""
        return functional.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        """The image's size and the window."""
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, dilation={self.dilation}, "
            f"padding={self.padding}, stride={self.stride}"
        )
