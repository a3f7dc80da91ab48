"""Images and signals at another resolution."""

import math
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

from ...dtypes import check_kind, uint8
from ...errors import ArgumentError, ShapeError
from ...functions import resampling as ops
from ...functions.dims import check_room
from ...kernels.resampling import Mixture, antialiased, cubic, linear, nearest
from ...kernels.windows import per_dimension
from ...tensor import Tensor
from .pooling import adaptive_means

__all__ = ["interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

Size = int | Sequence[int]
Factor = float | Sequence[float]

# how many spatial dimensions each mode is for
MODES: dict[str, tuple[int, ...]] = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "area": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "lanczos": (2,),
}
CORNERLESS = ("nearest", "nearest-exact", "area")
ANTIALIASED = ("bilinear", "bicubic", "lanczos")


def interpolate(
    input: Tensor,
    size: Size | None = None,
    scale_factor: Factor | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    r"""The input at another size, or at a multiple of its size; `(B, C, *spatial) -> (B, C, *size)`.

    Output i lies at the input's place $(i + 1/2)\,s - 1/2$, where s is 1 / scale_factor, or inputs / outputs where a
    size is given or `recompute_scale_factor`; with `align_corners` at $i\,(inputs - 1) / (outputs - 1)$. There
    "linear", "bilinear" and "trilinear" (by the number of dimensions) mix the two inputs around it along each
    dimension, "bicubic" four; "nearest" takes the input at $\lfloor i\,s \rfloor$, "nearest-exact" at
    $\lfloor (i + 1/2)\,s \rfloor$; "area" is the mean of the inputs that the output's cell touches. With `antialias`
    "bilinear", "bicubic" and "lanczos" mix as many inputs as an output's cell is wide, so that shrinking loses none.

    >>> import tinygrad_edu as tg
    >>> interpolate(tg.tensor([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
    tensor([[[0., 1., 3., 4.]]])

    Raises:
        ValueError: not exactly one of size and scale_factor; a setting that the mode does not have.
        ShapeError: the input is not of the form that the mode takes, or a size is not positive.

    Source: Keys, "Cubic Convolution Interpolation for Digital Image Processing" (1981), for "bicubic".
    """
    if mode not in MODES:
        raise ArgumentError(f"interpolate has the modes {', '.join(MODES)}, got {mode!r}")
    dims = input.ndim - 2
    if dims not in MODES[mode]:
        raise ShapeError(f"mode {mode!r} takes (B, C, *spatial) with {told(MODES[mode])} spatial, got {input.shape}")
    if mode in CORNERLESS and align_corners is not None:
        raise ValueError(f"align_corners is for the modes that mix corners, not for {mode!r}")
    if antialias and mode not in ANTIALIASED:
        raise ValueError(f"antialias is for the modes {', '.join(ANTIALIASED)}, not for {mode!r}")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("mode 'lanczos' needs antialias=True, and does not align corners")
    if 0 in input.shape[1:]:
        raise ShapeError(f"interpolate needs channels and sizes above 0, got {input.shape}")
    sizes, scales = target(input.shape[2:], size, scale_factor, bool(recompute_scale_factor))
    if input.dtype != uint8 or mode in ("area", "linear", "trilinear"):
        check_kind(input.dtype, "f", f"interpolate by {mode!r}")
    if mode == "area":
        return adaptive_means(input, sizes)
    return resampled(input, sizes, scales, mode, bool(align_corners), antialias)


def told(counts: tuple[int, ...]) -> str:
    """The numbers with "or" between them."""
    return " or ".join(map(str, counts))


def target(
    spatial: Sequence[int], size: Size | None, scale_factor: Factor | None, recompute: bool
) -> tuple[Sequence[int], Sequence[float | None]]:
    """The sizes to make, and for each dimension how far apart outputs are, or None for inputs / outputs.

    Raises:
        ValueError: not exactly one of size and scale_factor.
        ShapeError: there are not as many as dimensions, or a size is not positive.
    """
    if (size is None) == (scale_factor is None):
        raise ValueError(f"give either size or scale_factor, got size={size} and scale_factor={scale_factor}")
    dims = len(spatial)
    scales: list[float | None] = [None] * dims
    if size is not None:
        if recompute:
            raise ValueError(f"recompute_scale_factor is for a scale_factor, got size={size}")
        sizes = per_dimension(size, dims, "size")
        if isinstance(size, (tuple, list)) and len(size) != dims:
            raise ShapeError(f"size takes an integer or {dims} integers, one for each spatial dimension, got {size}")
    else:
        factors: list[Any] = list(scale_factor) if isinstance(scale_factor, (tuple, list)) else [scale_factor] * dims
        if len(factors) != dims:
            raise ShapeError(f"scale_factor takes a number or {dims} numbers, got {scale_factor}")
        if not all(isinstance(f, Real) for f in factors):
            raise TypeError(f"scale_factor takes numbers, got {scale_factor!r}")
        sizes = tuple([int(n * f) for n, f in zip(spatial, factors, strict=True)])
        if not recompute and min(sizes) > 0:
            scales = [1 / f for f in factors]
    if min(sizes) < 1:
        raise ShapeError(f"interpolate makes sizes of 1 or more, got {sizes} from {tuple(spatial)}")
    check_room(math.prod(sizes), f"interpolation to {sizes}")
    return sizes, scales


def resampled(
    x: Any, sizes: Sequence[int], scales: Sequence[float | None], mode: str, align_corners: bool, antialias: bool
) -> Tensor:
    """One dimension after the other, the last one first; images of uint8 are rounded after each, as PyTorch's are."""
    picks, dtype = mode in CORNERLESS, x.dtype
    images = not picks and dtype.kind != "f"
    y = x.double() if images else x.float() if dtype.char == "e" and not picks else x
    for i in reversed(range(len(sizes))):
        n, m, scale = x.shape[2 + i], sizes[i], scales[i]
        if mode == "nearest" and x.ndim == 4 and m in (n, 2 * n):
            scale = None  # PyTorch's rule for images: a factor of 1.3 that leaves three pixels three changes nothing
        mixture = mixture_for(n, m, scale, mode, align_corners, antialias)
        y = ops.mix(y, mixture=mixture.in_fixed_point() if images else mixture, dim=2 + i)
        if images:
            y = (y + 0.5).floor().clamp(0, 255)
    return y.to(dtype)


def mixture_for(n: int, m: int, scale: float | None, mode: str, align_corners: bool, antialias: bool) -> Mixture:
    """What makes m outputs of n inputs along one dimension."""
    if antialias:
        return antialiased(n, m, scale, align_corners, mode)
    return MAKERS[mode](n, m, scale, align_corners)


MAKERS: dict[str, Callable[[int, int, float | None, bool], Mixture]] = {
    "nearest": lambda n, m, scale, _: nearest(n, m, scale, exact=False),
    "nearest-exact": lambda n, m, scale, _: nearest(n, m, scale, exact=True),
    "linear": linear,
    "bilinear": linear,
    "trilinear": linear,
    "bicubic": cubic,
}


def upsample(
    input: Tensor,
    size: Size | None = None,
    scale_factor: Factor | None = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """The older name of interpolate."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Size | None = None, scale_factor: Factor | None = None) -> Tensor:
    """interpolate by "nearest"."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Size | None = None, scale_factor: Factor | None = None) -> Tensor:
    """interpolate by "bilinear" with aligned corners."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
