"""Pooling with PyTorch's arguments, in one, two and three dimensions, of batches or of single examples."""

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Any

import numpy
from numpy.typing import NDArray

from ..dtypes import check_kind, int64
from ..errors import ShapeError
from ..kernels.windows import Sizes, Window, per_dimension, reach
from ..ops.pooling import avg_pool, max_pool, max_pool_indices
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

    >>> import tinygrad_edu as tg
    >>> max_pool2d(tg.arange(16.0).reshape(1, 4, 4), 2, return_indices=True)
    (tensor([[[ 5.,  7.],
             [13., 15.]]]), tensor([[[ 5,  7],
             [13, 15]]]))
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

    >>> import tinygrad_edu as tg
    >>> avg_pool2d(tg.arange(16.0).reshape(1, 4, 4), 2)
    tensor([[[ 2.5000,  4.5000],
             [10.5000, 12.5000]]])
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
    if dims == 1 and not return_indices:  # as in PyTorch, which has the others for integers too
        check_kind(input.dtype, "f", "max_pool1d")
    window = make_window(dims, kernel_size, stride, padding, dilation)
    out = max_pool(input, window=window, size=window_counts(input.shape, window, ceil_mode))
    return (out, max_pool_indices(input, out, window=window)) if return_indices else out


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
    if input.dtype != int64:
        check_kind(input.dtype, "f", f"avg_pool{dims}d")
    window = make_window(dims, kernel_size, stride, padding, 1)
    size = window_counts(input.shape, window, ceil_mode)
    if divisor_override == 0:
        raise ShapeError("the divisor must be not zero; None divides by the number of values in a window")
    divisor = divisor_override or divisors(input.shape[-dims:], size, window, count_include_pad)
    out: Tensor = avg_pool(input, window=window, size=size, divisor=divisor)
    return out


def make_window(dims: int, kernel_size: Setting, stride: Setting | None, padding: Setting, dilation: Setting) -> Window:
    """The window that PyTorch's arguments mean; its stride is its size unless given."""
    kernel = per_dimension(kernel_size, dims, "kernel_size")
    if stride is None or (isinstance(stride, (tuple, list)) and not stride):
        stride = kernel
    return Window(
        kernel,
        per_dimension(stride, dims, "stride"),
        per_dimension(padding, dims, "padding"),
        per_dimension(dilation, dims, "dilation"),
    )


@lru_cache(4096)
def window_counts(shape: Sizes, window: Window, ceil_mode: bool) -> Sizes:
    """How many windows there are along each spatial dimension of an input of this shape.

    With `ceil_mode` the last window may hang over the end, as long as it does not start in the padding there.

    Raises:
        ShapeError: the settings do not fit each other, or no window fits.
    """
    dims = len(window.kernel)
    if len(shape) not in (dims + 1, dims + 2):
        sizes = ", ".join("DHW"[3 - dims :])
        raise ShapeError(f"{dims}-d pooling takes (B, C, {sizes}) or (C, {sizes}), got {shape}")
    if 0 in shape[len(shape) - dims - 1 :]:
        raise ShapeError(f"Expected sizes above 0 but for the batch's in {dims}-d pooling, got {shape}")
    told = ", ".join(f"{name}={value}" for name, value in window._asdict().items())
    if min(*window.kernel, *window.stride, *window.dilation) < 1:
        raise ShapeError(f"kernel and dilation must be 1 or more and stride must be greater than zero, got {told}")
    counts = []
    for n, k, s, p, d in zip(shape[-dims:], *window, strict=True):
        if not 0 <= p <= reach(k, d) // 2:
            raise ShapeError(
                f"padding must be 0 or more and padding should be at most half of what the kernel spans, got {told}"
            )
        count = (n + 2 * p - reach(k, d) + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        if count < 1:
            raise ShapeError(f"input {shape} is too small for this window: {told}")
        counts.append(count)
    return tuple(counts)


@lru_cache(256)
def divisors(sizes: Sizes, counts: Sizes, window: Window, count_include_pad: bool) -> int | NDArray[Any]:
    """How many values each window's mean is over: one number where they agree, else one for each window."""
    extents = []
    for n, count, k, s, p, _ in zip(sizes, counts, *window, strict=True):
        first = numpy.arange(count) * s - p
        last = numpy.minimum(first + k, n + p)
        extents.append(last - first if count_include_pad else numpy.minimum(last, n) - numpy.maximum(first, 0))
    table: NDArray[Any] = reduce(numpy.multiply.outer, extents)
    return int(table.flat[0]) if (table == table.flat[0]).all() else table
