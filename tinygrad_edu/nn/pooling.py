"""Pooling layers, in one, two and three dimensions."""

from collections.abc import Sequence
from typing import Any

from ..kernels.windows import Sizes, per_dimension
from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AdaptiveMaxPool3d",
    "AvgPool1d",
    "AvgPool2d",
    "AvgPool3d",
    "LPPool1d",
    "LPPool2d",
    "LPPool3d",
    "MaxPool1d",
    "MaxPool2d",
    "MaxPool3d",
    "MaxUnpool1d",
    "MaxUnpool2d",
    "MaxUnpool3d",
]

Setting = int | Sequence[int]
Size = int | Sequence[int | None] | None


class _MaxPool(Module):
    """The settings of max-pooling."""

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

    def extra_repr(self) -> str:
        """The window."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest value of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as MaxPool2d."""

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window, and where it is if asked for."""
        return functional.max_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool2d(_MaxPool):
    r"""The largest value of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    $H' = \lfloor (H + 2\,padding - dilation\,(kernel - 1) - 1) / stride \rfloor + 1$, rounded up with `ceil_mode`; the
    stride is the kernel's size unless given. With `return_indices`, also where each value was found.

    Raises:
        ShapeError: in forward, the settings do not fit each other or the input.

    Source: Ranzato, Huang, Boureau and LeCun, "Unsupervised Learning of Invariant Feature Hierarchies" (2007).
    """

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window, and where it is if asked for."""
        return functional.max_pool2d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class MaxPool3d(_MaxPool):
    """The largest value of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as MaxPool2d."""

    def forward(self, input: Tensor) -> Any:
        """The largest value of each window, and where it is if asked for."""
        return functional.max_pool3d(
            input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        )


class _AvgPool(Module):
    """The settings of average-pooling."""

    def __init__(
        self,
        kernel_size: Setting,
        stride: Setting | None = None,
        padding: Setting = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(Module):
    """The mean of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as AvgPool2d."""

    def __init__(
        self,
        kernel_size: Setting,
        stride: Setting | None = None,
        padding: Setting = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = per_dimension(kernel_size, 1, "kernel_size")
        self.stride = self.kernel_size if stride is None else per_dimension(stride, 1, "stride")
        self.padding = per_dimension(padding, 1, "padding")
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return functional.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        )

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    r"""The mean of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    $H' = \lfloor (H + 2\,padding - kernel) / stride \rfloor + 1$, rounded up with `ceil_mode`; the stride is the
    kernel's size unless given. Padding counts as zeros, or not at all without `count_include_pad`; `divisor_override`
    divides each window's sum by that number instead of its size.

    Raises:
        ShapeError: in forward, the settings do not fit each other or the input.
        ValueError: in forward, divisor_override is 0.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return functional.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class AvgPool3d(_AvgPool):
    """The mean of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as AvgPool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each window."""
        return functional.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPool(Module):
    """The settings of pooling by p-norms."""

    def __init__(
        self, norm_type: float, kernel_size: Setting, stride: Setting | None = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        """The order and the window."""
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """The p-norm of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as LPPool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The norm of each window."""
        return functional.lp_pool1d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    r"""$(\sum x^p)^{1/p}$ of each window, p being `norm_type`; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    Raises:
        ShapeError: in forward, the settings do not fit each other or the input.
        ValueError: in forward, p is 0.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The norm of each window."""
        return functional.lp_pool2d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """The p-norm of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as LPPool2d."""

    def forward(self, input: Tensor) -> Tensor:
        """The norm of each window."""
        return functional.lp_pool3d(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)


class _MaxUnpool(Module):
    """The settings of the inverse of max-pooling."""

    dims: int

    def __init__(self, kernel_size: Setting, stride: Setting | None = None, padding: Setting = 0) -> None:
        super().__init__()
        self.kernel_size: Sizes = per_dimension(kernel_size, self.dims, "kernel_size")
        self.stride = self.kernel_size if stride is None else per_dimension(stride, self.dims, "stride")
        self.padding: Sizes = per_dimension(padding, self.dims, "padding")

    def extra_repr(self) -> str:
        """The window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Maxima where MaxPool1d found them, zero elsewhere; `(B, C, L), (B, C, L) -> (B, C, L')`."""

    dims = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The maxima back in their places."""
        return functional.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpool):
    """Maxima where MaxPool2d found them, zero elsewhere; `(B, C, H, W), (B, C, H, W) -> (B, C, H', W')`.

    Raises:
        ShapeError: in forward, input and indices have different shapes.
        ValueError: in forward, the output_size is a stride or more from the usual one.
        IndexError: in forward, an index lies outside of the output.
    """

    dims = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The maxima back in their places."""
        return functional.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpool):
    """The inverse of MaxPool3d; `(B, C, D, H, W), (B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as MaxUnpool2d."""

    dims = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The maxima back in their places."""
        return functional.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class _AdaptiveAvgPool(Module):
    """The setting of adaptive means."""

    def __init__(self, output_size: Size) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        """The output's size."""
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(Module):
    """The settings of adaptive maxima."""

    def __init__(self, output_size: Size, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        """The output's size."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The mean of each of so many cells; `(B, C, L) -> (B, C, size)`, or without B."""

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each cell."""
        return functional.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The mean of each of so many cells; `(B, C, H, W) -> (B, C, *size)`, or without B."""

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each cell."""
        return functional.adaptive_avg_pool2d(input, self.output_size)


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The mean of each of so many cells; `(B, C, D, H, W) -> (B, C, *size)`, or without B."""

    def forward(self, input: Tensor) -> Tensor:
        """The mean of each cell."""
        return functional.adaptive_avg_pool3d(input, self.output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest value of each of so many cells; `(B, C, L) -> (B, C, size)`, or without B."""

    def forward(self, input: Tensor) -> Any:
        """The largest value of each cell, and where it is if asked for."""
        return functional.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest value of each of so many cells; `(B, C, H, W) -> (B, C, *size)`, or without B."""

    def forward(self, input: Tensor) -> Any:
        """The largest value of each cell, and where it is if asked for."""
        return functional.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest value of each of so many cells; `(B, C, D, H, W) -> (B, C, *size)`, or without B."""

    def forward(self, input: Tensor) -> Any:
        """The largest value of each cell, and where it is if asked for."""
        return functional.adaptive_max_pool3d(input, self.output_size, self.return_indices)
