"""Windows taken out of images as columns and put back, and channels traded for pixels."""

import math
from collections.abc import Sequence
from operator import index

from ...dtypes import bool_, check_kind
from ...errors import ShapeError
from ...functions import folding as ops
from ...kernels.windows import Sizes, Window, per_dimension, reach
from ...tensor import Tensor

__all__ = ["channel_shuffle", "fold", "pixel_shuffle", "pixel_unshuffle", "unfold"]

Setting = int | Sequence[int]


def unfold(
    input: Tensor, kernel_size: Setting, dilation: Setting = 1, padding: Setting = 0, stride: Setting = 1
) -> Tensor:
    """Each window of an image as a column; `(B, C, H, W) -> (B, C * KH * KW, L)` with L windows, or without B.

    The windows are those of a convolution with these settings, row by row, zero where they hang over the image.

    >>> import tinygrad_edu as tg
    >>> unfold(tg.arange(6.0).reshape(1, 2, 3), 2)
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])

    Raises:
        ShapeError: the input is no image, or no window fits.
    """
    if input.ndim not in (3, 4) or 0 in input.shape[-3:]:
        raise ShapeError(f"unfold takes images (B, C, H, W) or (C, H, W), got {input.shape}")
    if input.ndim == 3:
        return unfold(input.unsqueeze(0), kernel_size, dilation, padding, stride).squeeze(0)
    if input.dtype != bool_:
        check_kind(input.dtype, "f", "unfold")
    window, size = windows_of(input.shape[2:], kernel_size, dilation, padding, stride)
    return ops.columns(input, window=window, size=size, spatial=input.shape[2:])


def fold(
    input: Tensor,
    output_size: Setting,
    kernel_size: Setting,
    dilation: Setting = 1,
    padding: Setting = 0,
    stride: Setting = 1,
) -> Tensor:
    """Columns added up where their windows lie: the adjoint of unfold; `(B, C * KH * KW, L) -> (B, C, H, W)`.

    The windows of an image of `output_size` (H, W) must be L. Without B, `(C * KH * KW, L) -> (C, H, W)`.

    >>> import tinygrad_edu as tg
    >>> fold(tg.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])

    Raises:
        ShapeError: the columns are not those of such an image.
    """
    if input.ndim not in (2, 3) or 0 in input.shape[-2:]:
        raise ShapeError(f"fold takes columns (B, C * KH * KW, L) or (C * KH * KW, L), got {input.shape}")
    if input.ndim == 2:
        return fold(input.unsqueeze(0), output_size, kernel_size, dilation, padding, stride).squeeze(0)
    spatial = per_dimension(output_size, 2, "output_size")
    window, size = windows_of(spatial, kernel_size, dilation, padding, stride)
    if input.shape[1] % math.prod(window.kernel) or input.shape[2] != math.prod(size):
        raise ShapeError(
            f"an image of size {spatial} has {math.prod(size)} windows of {math.prod(window.kernel)} values for each "
            f"channel with {told(window)}; got columns {input.shape}"
        )
    return ops.from_columns(input, window=window, size=size, spatial=spatial)


def windows_of(
    spatial: Sizes, kernel_size: Setting, dilation: Setting, padding: Setting, stride: Setting
) -> tuple[Window, Sizes]:
    """The window that the settings mean, and how many of them an image has along each dimension.

    Raises:
        ShapeError: the settings are out of range, or no window fits.
    """
    window = Window(
        per_dimension(kernel_size, 2, "kernel_size"),
        per_dimension(stride, 2, "stride"),
        per_dimension(padding, 2, "padding"),
        per_dimension(dilation, 2, "dilation"),
    )
    if min(*window.kernel, *window.stride, *window.dilation) < 1 or min(window.padding) < 0:
        raise ShapeError(f"kernel, stride and dilation must be 1 or more and padding 0 or more, got {told(window)}")
    size = tuple([(n + 2 * p - reach(k, d)) // s + 1 for n, k, s, p, d in zip(spatial, *window, strict=True)])
    if min(size) < 1:
        raise ShapeError(f"an image of size {tuple(spatial)} is too small for this window: {told(window)}")
    return window, size


def told(window: Window) -> str:
    """The window's settings by name."""
    return ", ".join(f"{name}={value}" for name, value in window._asdict().items())


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Channels become pixels, r x r of them in the place of one; `(.., C * r^2, H, W) -> (.., C, H * r, W * r)`.

    Raises:
        ShapeError: there are fewer than three dimensions, or r^2 does not divide the channels.
        ValueError: r is not positive.

    Source: Shi et al., "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network" (2016), equation 4.
    """
    r = check_image(input, "pixel_shuffle", upscale_factor)
    *batch, channels, height, width = input.shape
    if channels % (r * r):
        raise ShapeError(f"pixel_shuffle by {r} needs channels that {r * r} divides, got {input.shape}")
    n = len(batch)
    split = input.reshape(*batch, channels // (r * r), r, r, height, width)
    # (.., C, r, r, H, W) -> (.., C, H, r, W, r)
    # a copy: where a side is 1 the reshape alone would be a view of the input
    return (
        split.permute(*range(n + 1), n + 3, n + 1, n + 4, n + 2)
        .clone()
        .reshape(*batch, channels // (r * r), height * r, width * r)
    )


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Pixels become channels: the inverse of pixel_shuffle; `(.., C, H * r, W * r) -> (.., C * r^2, H, W)`.

    Raises:
        ShapeError: there are fewer than three dimensions, or r does not divide the sizes.
        ValueError: r is not positive.
    """
    r = check_image(input, "pixel_unshuffle", downscale_factor)
    *batch, channels, height, width = input.shape
    if height % r or width % r:
        raise ShapeError(f"pixel_unshuffle by {r} needs sizes that {r} divides, got {input.shape}")
    n = len(batch)
    split = input.reshape(*batch, channels, height // r, r, width // r, r)
    # (.., C, H, r, W, r) -> (.., C, r, r, H, W)
    return (
        split.permute(*range(n + 1), n + 2, n + 4, n + 1, n + 3)
        .clone()
        .reshape(*batch, channels * r * r, height // r, width // r)
    )


def check_image(input: Tensor, name: str, factor: int) -> int:
    """The factor by which an image is to be rearranged.

    Raises:
        ShapeError: there are fewer than three dimensions.
        TypeError: the factor is no integer.
        ValueError: it is not positive.
    """
    if input.ndim < 3:
        raise ShapeError(f"{name} takes images (.., C, H, W), got {input.shape}")
    if isinstance(factor, bool) or not hasattr(factor, "__index__"):
        raise TypeError(f"{name} takes an integer factor, got {factor!r}")
    if index(factor) < 1:
        raise ShapeError(f"{name} takes a factor of 1 or more, got {factor}")
    return index(factor)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of each group dealt out in turn; `(B, C, *spatial) -> (B, C, *spatial)`.

    Raises:
        ShapeError: there are fewer than three dimensions, or the groups do not divide the channels.
        ValueError: there is no group.

    Source: Zhang et al., "ShuffleNet" (2018), section 3.1.
    """
    if input.ndim < 3:
        raise ShapeError(f"channel_shuffle takes (B, C, *spatial), got {input.shape}")
    if groups < 1:
        raise ShapeError(f"channel_shuffle takes 1 or more groups, got {groups}")
    batch, channels, *spatial = input.shape
    if channels % groups:
        raise ShapeError(f"channel_shuffle: {groups} groups do not divide the {channels} channels of {input.shape}")
    split = input.reshape(batch, groups, channels // groups, *spatial)
    return split.transpose(1, 2).clone().reshape(input.shape)
