"""Pooling to a given size, by p-norms, and the inverse of max-pooling."""

import math
from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import numpy
from numpy.typing import NDArray

from ...dtypes import check_kind
from ...errors import ShapeError
from ...functions import resampling
from ...functions.dims import check_room
from ...functions.placing import placed
from ...functions.pooling import avg_pool1d, avg_pool2d, avg_pool3d, max_pool1d, max_pool2d, max_pool3d
from ...kernels.resampling import means
from ...kernels.windows import Sizes, per_dimension
from ...ops.elementwise import clone
from ...ops.indexing import gather, getitem
from ...ops.movement import reshape
from ...ops.reduction import argmax
from ...recording import wrap
from ...tensor import Tensor

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "adaptive_max_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]

Setting = int | Sequence[int]
Size = int | Sequence[int | None] | None
AVG = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
MAX = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}


def adaptive_avg_pool1d(input: Tensor, output_size: Size) -> Tensor:
    """Means over one dimension; `(B, C, L) -> (B, C, size)`; otherwise as adaptive_avg_pool2d."""
    return adaptive_means(input, output_sizes(1, input, output_size))


def adaptive_avg_pool2d(input: Tensor, output_size: Size) -> Tensor:
    r"""Means over so many cells, whatever the input's size; `(B, C, H, W) -> (B, C, *size)`, or without B.

    Cell i of m is from $\lfloor i\,n / m \rfloor$ to $\lceil (i + 1)\,n / m \rceil$ along each dimension. None for a
    size keeps the input's.

    >>> import tinygrad_edu as tg
    >>> adaptive_avg_pool2d(tg.arange(6.0).reshape(1, 2, 3), (1, 2))
    tensor([[[2., 3.]]])

    Raises:
        ShapeError: the input has other dimensions, or nothing in them; there are not as many sizes.
    """
    return adaptive_means(input, output_sizes(2, input, output_size))


def adaptive_avg_pool3d(input: Tensor, output_size: Size) -> Tensor:
    """Means over three dimensions; `(B, C, D, H, W) -> (B, C, *size)`; otherwise as adaptive_avg_pool2d."""
    return adaptive_means(input, output_sizes(3, input, output_size))


def adaptive_max_pool1d(input: Tensor, output_size: Size, return_indices: bool = False) -> Any:
    """The largest value of each cell of one dimension; `(B, C, L) -> (B, C, size)`; as adaptive_max_pool2d."""
    return adaptive_maxima(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Tensor, output_size: Size, return_indices: bool = False) -> Any:
    """The largest value of each of so many cells; `(B, C, H, W) -> (B, C, *size)`, or without B.

    The cells are those of adaptive_avg_pool2d. The gradient goes to the first of equal values, row by row; a NaN wins
    over any number. With `return_indices`, also where each value was found, as h * W + w.

    Raises:
        ShapeError: the input has other dimensions, or nothing in them; there are not as many sizes.
    """
    return adaptive_maxima(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Tensor, output_size: Size, return_indices: bool = False) -> Any:
    """The largest value of each cell; `(B, C, D, H, W) -> (B, C, *size)`; otherwise as adaptive_max_pool2d."""
    return adaptive_maxima(3, input, output_size, return_indices)


def output_sizes(dims: int, input: Tensor, output_size: Size) -> Sizes:
    """The sizes that an adaptive pool, which is for floats, is to make.

    Raises:
        ShapeError: the input has other dimensions, or nothing in them; there are not as many sizes, or negative ones.
    """
    check_kind(input.dtype, "f", f"adaptive {dims}-d pooling")
    if input.ndim not in (dims + 1, dims + 2) or 0 in input.shape[-dims:]:
        told = ", ".join("DHW"[3 - dims :])
        raise ShapeError(
            f"adaptive {dims}-d pooling takes (B, C, {told}) or (C, {told}) with sizes above 0, got {input.shape}"
        )
    given = output_size if isinstance(output_size, (tuple, list)) else [output_size] * dims
    if len(given) != dims:
        raise ShapeError(f"adaptive {dims}-d pooling takes {dims} output sizes or one for all, got {output_size}")
    kept = [n if size is None else size for n, size in zip(input.shape[-dims:], given, strict=True)]
    sizes = per_dimension(kept, dims, "output_size")
    if min(sizes) < 0:
        raise ShapeError(f"adaptive pooling makes sizes of 0 or more, got {sizes}")
    check_room(math.prod(input.shape[:-dims]) * math.prod(sizes), f"adaptive pooling to {sizes}")
    return sizes


def even_window(shape: Sizes, sizes: Sizes) -> list[int] | None:
    """The window of the cells, if there are any, all are alike and none share a value."""
    spatial = shape[-len(sizes) :]
    if 0 in shape or 0 in sizes or any(n % size for n, size in zip(spatial, sizes, strict=True)):
        return None
    return [n // size for n, size in zip(spatial, sizes, strict=True)]


def adaptive_means(x: Any, sizes: Sequence[int]) -> Tensor:
    """The mean of each cell of the last dimensions."""
    dims = len(sizes)
    if max(sizes) == 1 == min(sizes):
        return x.mean(tuple(range(-dims, 0)), keepdim=True)
    window = even_window(x.shape, tuple(sizes))
    if window is not None:
        return AVG[dims](x, window)
    if x.dtype.char == "e":
        return adaptive_means(x.float(), sizes).to(x.dtype)
    for dim, size in enumerate(sizes, start=x.ndim - dims):
        x = resampling.mix(x, mixture=means(x.shape[dim], size), dim=dim)
    return x


@lru_cache(256)
def cell_places(spatial: Sizes, sizes: Sizes) -> NDArray[Any]:
    """Where the values of each cell lie in the flattened dimensions; `(prod(sizes), K)`.

    A cell with fewer values than others names its last one again.
    """
    tables = []
    for n, size in zip(spatial, sizes, strict=True):
        first = numpy.arange(size) * n // size
        last = -(-(numpy.arange(size) + 1) * n // size)
        taps = numpy.arange(max(last - first, default=1))
        tables.append(numpy.minimum(first[:, None] + taps, last[:, None] - 1))
    strides = [math.prod(spatial[d + 1 :]) for d in range(len(spatial))]
    cells = product(*tables)
    rows = [sum(numpy.ix_(*[row * s for row, s in zip(cell, strides, strict=True)])) for cell in cells]
    return numpy.array([numpy.broadcast_to(row, [t.shape[1] for t in tables]).reshape(-1) for row in rows], int)


def winners(values: Any) -> Any:
    """Which value of each window is its largest: the first of equal ones, and the last NaN; `(.., n, K) -> (.., n)`."""
    won = argmax(values, dim=values.ndim - 1)
    missing = numpy.isnan(values)
    if not missing.any():
        return won
    last = values.shape[-1] - 1 - missing[..., ::-1].argmax(-1)
    return numpy.where(missing.any(-1), last, won)


def adaptive_maxima(dims: int, input: Tensor, output_size: Size, return_indices: bool) -> Any:
    """The largest value of each cell, over `dims` dimensions."""
    sizes = output_sizes(dims, input, output_size)
    if 0 in input.shape[1:]:
        raise ShapeError(f"Expected sizes above 0 in adaptive max-pooling but for the first, got {input.shape}")
    spatial = input.shape[-dims:]
    window = even_window(input.shape, sizes)
    if window is not None:
        return MAX[dims](input, window, return_indices=return_indices)
    before = input.shape[:-dims]
    flat = input.reshape(*before, math.prod(spatial))
    index = numpy.zeros((*before, math.prod(sizes)), int)
    if index.size:
        places = cell_places(spatial, sizes)
        won = winners(getitem(flat._array, index=(..., places)))
        index = getitem(places, index=(numpy.arange(len(places)), won))
    out = gather(flat, dim=len(before), index=index).reshape(*before, *sizes)
    return (out, wrap(index.reshape(out.shape))) if return_indices else out


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Setting, stride: Setting | None = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of each window of one dimension; `(B, C, L) -> (B, C, L')`; otherwise as lp_pool2d."""
    return norms(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Setting, stride: Setting | None = None, ceil_mode: bool = False
) -> Tensor:
    r"""$(\sum x^p)^{1/p}$ of each window; `(B, C, H, W) -> (B, C, H', W')`, or without B.

    p is `norm_type`: 1 gives the sum, infinity the largest absolute value. The windows are those of avg_pool2d.

    Raises:
        ShapeError: the settings do not fit each other or the input.
        ValueError: p is 0.
    """
    return norms(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Setting, stride: Setting | None = None, ceil_mode: bool = False
) -> Tensor:
    """The p-norm of each window; `(B, C, D, H, W) -> (B, C, D', H', W')`; otherwise as lp_pool2d."""
    return norms(3, input, norm_type, kernel_size, stride, ceil_mode)


def norms(
    dims: int, input: Tensor, norm_type: float, kernel_size: Setting, stride: Setting | None, ceil_mode: bool
) -> Tensor:
    """The p-norm of each window, over `dims` dimensions."""
    if norm_type == 0:
        raise ValueError("lp_pool takes the root of order norm_type, which is not 0")
    if math.isinf(norm_type):
        sign = math.copysign(1, norm_type)
        return MAX[dims](input.abs() * sign, kernel_size, stride, ceil_mode=ceil_mode) * sign
    means = AVG[dims](input**norm_type, kernel_size, stride, 0, ceil_mode)
    count = math.prod(per_dimension(kernel_size, dims, "kernel_size"))
    # relu, whose slope is 0 at 0, keeps an infinite slope of the root from making NaN
    return (means.sign() * means.abs().relu() * count) ** (1 / norm_type)


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The inverse of max_pool1d; `(B, C, L), (B, C, L) -> (B, C, L')`; otherwise as max_unpool2d."""
    return unpooled(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    r"""Maxima back where they were found, zero elsewhere; `(B, C, H, W), (B, C, H, W) -> (B, C, H', W')`, or without B.

    The indices are those that max_pool2d returns. $H' = (H - 1)\,stride + kernel - 2\,padding$, or what `output_size`
    says, which may be off by less than a stride. Of values with the same index the last stays, and each gets the
    gradient.

    Raises:
        ShapeError: input and indices have different shapes, or other dimensions.
        ValueError: the output_size is too far off.
        IndexError: an index lies outside of the output.
        TypeError: the indices are not int64.
    """
    return unpooled(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Setting,
    stride: Setting | None = None,
    padding: Setting = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """The inverse of max_pool3d; `(B, C, D, H, W), (..) -> (B, C, D', H', W')`; otherwise as max_unpool2d."""
    return unpooled(3, input, indices, kernel_size, stride, padding, output_size)


def unpooled(
    dims: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Setting,
    stride: Setting | None,
    padding: Setting,
    output_size: Sequence[int] | None,
) -> Tensor:
    """Maxima back where they were found, over `dims` dimensions."""
    if input.ndim not in (dims + 1, dims + 2) or input.shape != indices.shape:
        raise ShapeError(
            f"{dims}-d unpooling takes (B, C, *spatial) or (C, *spatial) and indices of the same shape, "
            f"got {input.shape} and {indices.shape}"
        )
    check_kind(input.dtype, "f", f"max_unpool{dims}d")
    if indices.dtype != "int64":
        raise TypeError(f"unpooling takes indices of int64, got {indices.dtype}")
    kernel = per_dimension(kernel_size, dims, "kernel_size")
    steps = kernel if stride is None else per_dimension(stride, dims, "stride")
    margins = per_dimension(padding, dims, "padding")
    spatial = input.shape[-dims:]
    usual = [(n - 1) * s + k - 2 * p for n, k, s, p in zip(spatial, kernel, steps, margins, strict=True)]
    sizes = list(usual if output_size is None else output_size[len(output_size) == dims + 2 and 2 :])
    fits = len(sizes) == dims and all(abs(n - m) < s for n, m, s in zip(sizes, usual, steps, strict=True))
    if output_size is not None and not fits:
        raise ValueError(f"output_size must be less than a stride {steps} away from {usual}, got {output_size}")
    before, size, places = input.shape[:-dims], math.prod(sizes), indices._array
    if min(sizes) < 1:
        raise ShapeError(f"unpooling {input.shape} with kernel={kernel}, stride={steps} makes nothing: {sizes}")
    if places.size and not 0 <= places.min() <= places.max() < size:
        wrong = places.min() if places.min() < 0 else places.max()
        raise RuntimeError(f"Found an invalid max index: {wrong}; unpooling to {sizes} takes 0 to {size - 1}")
    flat = (*before, math.prod(spatial))
    out = placed(input.reshape(flat), index=clone(reshape(places, shape=flat)), size=size)
    return out.reshape(*before, *sizes)
