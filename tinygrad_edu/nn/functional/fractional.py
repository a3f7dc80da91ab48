"""Max-pooling in windows whose distances are drawn, so that a size can become any smaller one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ...dtypes import check_kind
from ...errors import ShapeError
from ...functions.random import rand
from ...kernels.windows import Sizes, per_dimension
from ...ops.indexing import gather
from ...recording import wrap
from ...tensor import Tensor
from .pooling import winners

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]

Setting = int | Sequence[int]
Ratio = float | Sequence[float]


def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Setting,
    output_size: Setting | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    r"""The largest value of each of so many windows; `(B, C, H, W) -> (B, C, *output_size)`, or without B.

    The windows of one size begin at $\lfloor (i + u)\,\alpha \rfloor - \lfloor u\,\alpha \rfloor$ along each dimension,
    $\alpha$ = (size - kernel) / (outputs - 1), with a u in [0, 1) for each example and channel that is drawn, or given
    as `_random_samples (B, C, 2)`; the last window ends with the input. The size is given as such or as a ratio of the
    input's. Ties and `return_indices` as in max_pool2d.

    Raises:
        ValueError: neither a size nor a ratio is given, or not one for each dimension.
        ShapeError: the windows do not fit in the input.

    Source: Graham, "Fractional Max-Pooling" (2014).
    """
    out, indices = fractional_maxima(2, input, kernel_size, output_size, output_ratio, _random_samples)
    return (out, indices) if return_indices else out


def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Setting,
    output_size: Setting | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """fractional_max_pool2d and where each value was found."""
    return fractional_maxima(2, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Setting,
    output_size: Setting | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest value of each window; `(B, C, D, H, W) -> (B, C, *output_size)`; else as fractional_max_pool2d."""
    out, indices = fractional_maxima(3, input, kernel_size, output_size, output_ratio, _random_samples)
    return (out, indices) if return_indices else out


def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Setting,
    output_size: Setting | None = None,
    output_ratio: Ratio | None = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """fractional_max_pool3d and where each value was found."""
    return fractional_maxima(3, input, kernel_size, output_size, output_ratio, _random_samples)


def fractional_maxima(
    dims: int,
    input: Tensor,
    kernel_size: Setting,
    output_size: Setting | None,
    output_ratio: Ratio | None,
    samples: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """The largest value of each window over `dims` dimensions, and where it was found."""
    check_kind(input.dtype, "f", "fractional max-pooling")
    if input.ndim not in (dims + 1, dims + 2) or 0 in input.shape[-dims - 1 :]:
        raise ShapeError(f"fractional max-pooling takes (B, C, *spatial) or (C, *spatial), got {input.shape}")
    spatial, before = input.shape[-dims:], input.shape[:-dims]
    for setting in (kernel_size, output_size):
        if isinstance(setting, (tuple, list)) and len(setting) != dims:
            raise ShapeError(f"fractional max-pooling takes {dims} sizes, or one number for all, got {setting}")
    kernel = per_dimension(kernel_size, dims, "kernel_size")
    sizes = sizes_of(spatial, output_size, output_ratio)
    if min(kernel) < 1 or min(sizes) < 0 or any(k + m - 1 > n for k, m, n in zip(kernel, sizes, spatial, strict=True)):
        raise ShapeError(f"{sizes} windows {kernel} do not fit in {tuple(spatial)}, which needs kernel + size - 1")
    batch = before if len(before) == 2 else (1, *before)
    drawn = rand(*batch, dims, dtype=input.dtype) if samples is None else samples
    if drawn.shape != (*batch, dims):
        raise ShapeError(f"the samples are {(*batch, dims)}, a number for each dimension, got {drawn.shape}")
    # PyTorch draws for the last of two dimensions first, and for three in their order
    numbers = drawn._array[..., ::-1] if dims == 2 else drawn._array
    index = numpy.zeros((*batch, 1, 1), int)
    for d, (n, m, k) in enumerate(zip(spatial, sizes, kernel, strict=True)):
        taps = starts(numbers[..., d], n, m, k)[..., None] + numpy.arange(k)  # (B, C, m, k)
        both = index[..., :, None, :, None] * n + taps[..., None, :, None, :]
        index = both.reshape(*batch, index.shape[-2] * m, index.shape[-1] * k)
    flat = input.reshape(*before, math.prod(spatial))
    index = index.reshape(*before, *index.shape[-2:])
    values = numpy.take_along_axis(flat._array[..., None, :], index, -1)
    won = numpy.take_along_axis(index, winners(values)[..., None], -1)[..., 0]
    out = gather(flat, dim=len(before), index=won)
    return out.reshape(*before, *sizes), wrap(won.reshape(*before, *sizes))


def sizes_of(spatial: Sequence[int], output_size: Setting | None, output_ratio: Ratio | None) -> Sizes:
    """The sizes to make, given as such or as parts of what there is.

    Raises:
        ValueError: neither is given, or there are not as many ratios as dimensions.
    """
    if output_size is not None:
        return per_dimension(output_size, len(spatial), "output_size")
    if output_ratio is None:
        raise ValueError("fractional max-pooling requires an output_size or an output_ratio")
    ratios = output_ratio if isinstance(output_ratio, (tuple, list)) else [output_ratio] * len(spatial)
    if len(ratios) != len(spatial):
        raise ValueError(f"fractional max-pooling takes an output_ratio for each dimension, got {output_ratio}")
    return tuple([int(n * ratio) for n, ratio in zip(spatial, ratios, strict=True)])


def starts(u: NDArray[Any], n: int, m: int, k: int) -> NDArray[Any]:
    """Where m windows of k values begin among n, for each number; `(*) -> (*, m)`."""
    first = numpy.full((*u.shape, m), n - k)
    if m > 1:
        alpha = u.dtype.type(n - k) / u.dtype.type(m - 1)
        steps = numpy.arange(m - 1, dtype=u.dtype)
        first[..., :-1] = ((steps + u[..., None]) * alpha).astype(int) - (u * alpha).astype(int)[..., None]
    return first
