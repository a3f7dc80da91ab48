"""Pooling with PyTorch's arguments, in one, two and three dimensions, of batches or of single examples."""

from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError
from ..ops.pooling import avg_pool, max_pool, max_pool_indices
from ..ops.windows import per_dimension
from ..tensor import Tensor

__all__ = ["avg_pool1d", "avg_pool2d", "avg_pool3d", "max_pool1d", "max_pool2d", "max_pool3d"]

Setting = int | Sequence[int]


def max_pool1d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    dilation: Setting = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as max_pool2d."""
    return largest(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    dilation: Setting = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    r"""The largest value of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    $H' = \lfloor (H + 2\,padding - dilation\,(kernel - 1) - 1) / stride \rfloor + 1$; the stride is the kernel's size
    unless given. With `ceil_mode` it is rounded up, but no window starts in the padding at the end. Padding never wins.
    The gradient goes to the first of equal values, row by row; a NaN wins over any number. With `return_indices`, also
    where each value was found, as h * W + w.

    Raises:
        ShapeError: the settings do not fit each other or the input.
        TypeError: a setting is not made of integers.
    """
    return largest(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    dilation: Setting = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as max_pool2d."""
    return largest(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def avg_pool1d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as avg_pool2d."""
    return mean(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    r"""The mean of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    $H' = \lfloor (H + 2\,padding - kernel) / stride \rfloor + 1$; the stride is the kernel's size unless given. With
    `ceil_mode` it is rounded up, but no window starts in the padding at the end. Padding counts as zeros, or not at all
    without `count_include_pad`; `divisor_override` divides each window's sum by that number instead of its size.

    Raises:
        ShapeError: the settings do not fit each other or the input.
        TypeError: a setting is not made of integers.
        ValueError: divisor_override is 0.
    """
    return mean(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as avg_pool2d."""
    return mean(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def largest(
    dims: int,
    input: Any,
    kernel_size: Setting,
    stride: Setting | None,
    padding: Setting,
    dilation: Setting,
    ceil_mode: bool,
    return_indices: bool,
) -> Any:
    """Max-pooling over `dims` dimensions, once for all of the public functions."""
    settings = window(dims, input, kernel_size, stride, padding)
    settings["dilation"] = per_dimension(dilation, dims, "dilation")
    out = max_pool(input, **settings, ceil_mode=ceil_mode)
    return (out, max_pool_indices(input, out, **settings)) if return_indices else out


def mean(
    dims: int,
    input: Any,
    kernel_size: Setting,
    stride: Setting | None,
    padding: Setting,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    """Average-pooling over `dims` dimensions, once for all of the public functions."""
    if divisor_override == 0:
        raise ValueError("divisor_override must not be 0; None divides by the number of values in a window")
    out: Tensor = avg_pool(
        input,
        **window(dims, input, kernel_size, stride, padding),
        ceil_mode=ceil_mode,
        count_include_pad=count_include_pad,
        divisor_override=divisor_override,
    )
    return out


def window(
    dims: int, input: Any, kernel_size: Setting, stride: Setting | None, padding: Setting
) -> dict[str, tuple[int, ...]]:
    """The settings that every pooling has, with one number for each dimension.

    Raises:
        ShapeError: the input has the wrong number of dimensions.
    """
    if input.ndim not in (dims + 1, dims + 2):
        sizes = ", ".join("DHW"[3 - dims :])
        raise ShapeError(f"pooling over {dims} dimensions takes (B, C, {sizes}) or (C, {sizes}), got {input.shape}")
    kernel = per_dimension(kernel_size, dims, "kernel_size")
    return {
        "kernel": kernel,
        "stride": kernel if stride is None else per_dimension(stride, dims, "stride"),
        "padding": per_dimension(padding, dims, "padding"),
    }
