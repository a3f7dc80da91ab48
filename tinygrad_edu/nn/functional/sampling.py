"""Images sampled at the places of a grid, and the grids of affine maps."""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy
from numpy.typing import NDArray

from ...errors import ShapeError
from ...functions.elementwise import where
from ...functions.joining import cat, stack
from ...functions.sequences import linspace
from ...kernels.resampling import cubic_weights
from ...ops.elementwise import masked
from ...ops.indexing import getitem
from ...recording import wrap
from ...tensor import Tensor
from ...told import warn_user

__all__ = ["affine_grid", "grid_sample"]

MODES = ("bilinear", "nearest", "bicubic")
PADDINGS = ("zeros", "border", "reflection")

Array = NDArray[Any]
Tap = tuple[Array, Array, Any]  # which values of a dimension, which of them exist, and their weight, or None for 1


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    r"""The places that affine maps send the pixels of an image of some size to, as grid_sample takes them.

    `theta (B, 2, 3), size (B, C, H, W) -> (B, H, W, 2)`, or `theta (B, 3, 4), size (B, C, D, H, W) -> (B, D, H, W, 3)`:
    $\theta\,(x, y, 1)^\top$ for each pixel's x and y in [-1, 1], which are the centres of the corner pixels with
    `align_corners`, and the outer edges without.

    Raises:
        ShapeError: theta and size do not fit each other, or a size is not positive.
        NotImplementedError: the size is one of other than two or three spatial dimensions.
        ValueError: theta does not hold floats.

    Source: Jaderberg et al., "Spatial Transformer Networks" (2015), equation 1.
    """
    dims = len(size) - 2
    if theta.dtype.kind != "f":
        raise ValueError(f"affine_grid: Expected theta to have floating point type, got {theta.dtype}")
    if dims not in (2, 3):
        raise NotImplementedError(
            f"affine_grid only supports 4D and 5D sizes, (B, C, H, W) and (B, C, D, H, W), got {size}"
        )
    if theta.shape != (size[0], dims, dims + 1):
        raise ShapeError(
            f"affine_grid takes theta (B, 2, 3) with size (B, C, H, W), or (B, 3, 4) with (B, C, D, H, W); "
            f"got {theta.shape} and {tuple(size)}"
        )
    if min(size) < 1:
        raise ShapeError(f"affine_grid takes sizes of 1 or more, got {tuple(size)}")
    if align_corners and min(size[2:]) == 1:
        warn_user("a dimension of one pixel has no corners to align: its place is 0, the middle")
    lines = [centres(n, bool(align_corners), theta.dtype) for n in size[2:]]
    places = [*numpy.meshgrid(*lines, indexing="ij")][::-1]  # x is along the last dimension
    flat = numpy.stack([*places, numpy.ones(size[2:], theta.dtype)], -1).reshape(-1, dims + 1)
    return (wrap(flat) @ theta.mT).reshape(size[0], *size[2:], dims)


def centres(n: int, corners: bool, dtype: Any) -> Array:
    """The places of a dimension's pixels, to the last digit as PyTorch rounds them.

    The map that a network begins with sends pixels onto pixels, where bilinear sampling has a kink: digits decide
    which side's gradient it has.
    """
    if n == 1:
        return numpy.zeros(1, dtype)
    line = linspace(-1, 1, n, dtype=dtype)._array
    return line if corners else line * (n - 1) / n


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    r"""The input's values at the places that a grid names; differentiable in both.

    `input (B, C, H, W), grid (B, H', W', 2) -> (B, C, H', W')`, or with a third dimension D and grid (.., 3). A place
    is (x, y) or (x, y, z), x along the last dimension; -1 and 1 are the centres of the corner pixels with
    `align_corners`, and the image's outer edges without.

    The mode says how the pixels around a place are mixed: "bilinear" (trilinear for three dimensions), "nearest", or
    "bicubic" (two dimensions only), as in interpolate. Beyond the edges the values are zero ("zeros"), those of the
    edge ("border"), or mirrored ("reflection"). A coordinate that is NaN gives NaN with "zeros" (nothing for "nearest",
    nor in three dimensions), and otherwise counts as the first pixel's, or in three dimensions the last's.

    Raises:
        ShapeError: input and grid do not fit each other, or the input has nothing to sample.
        ValueError: there is no such mode.
        RuntimeError: the two have different dtypes.

    Source: Jaderberg et al., "Spatial Transformer Networks" (2015), equation 3.
    """
    check_sampling(input, grid, mode, padding_mode)
    if input.dtype.char == "e":
        return grid_sample(input.float(), grid.float(), mode, padding_mode, align_corners).to(input.dtype)
    dims = input.ndim - 2
    spatial, made = input.shape[2:], grid.shape[1:-1]
    corners = bool(align_corners)
    taps = []
    for i, n in enumerate(spatial):
        coordinate = grid[..., dims - 1 - i].reshape(-1)
        place = pixel(coordinate, n, corners, dims == 3)
        taps.append(taps_of(place, n, mode, padding_mode, corners, dims == 3))
    batch, channels = input.shape[:2]
    pixels = input.movedim(1, -1).reshape(batch * math.prod(spatial), channels)
    pixels = cat([pixels, wrap(numpy.zeros((1, channels), input.dtype))])  # the last one is for what lies outside
    first = numpy.repeat(numpy.arange(batch), math.prod(made))
    mixed = sum_of_taps(pixels, first, spatial, taps)
    return mixed.reshape(batch, *made, channels).movedim(-1, 1).contiguous()


def check_sampling(input: Tensor, grid: Tensor, mode: str, padding_mode: str) -> None:
    """Refuse what cannot be sampled.

    Raises:
        ShapeError: input and grid do not fit each other, or the input has nothing to sample.
        ValueError: there is no such mode.
        RuntimeError: the two have different dtypes, or none of floats.
    """
    if mode not in MODES or padding_mode not in PADDINGS:
        raise ValueError(
            f"grid_sample takes a mode of {MODES} and a padding_mode of {PADDINGS}, got {mode!r} and {padding_mode!r}"
        )
    if (
        input.ndim not in (4, 5)
        or grid.ndim != input.ndim
        or grid.shape[:: 4 if input.ndim == 5 else 3]
        != (
            input.shape[0],
            input.ndim - 2,
        )
    ):
        raise ShapeError(
            f"grid_sample takes input (B, C, H, W) and grid (B, H', W', 2), or (B, C, D, H, W) and (B, D', H', W', 3); "
            f"got {input.shape} and {grid.shape}"
        )
    if 0 in input.shape[2:]:
        raise ShapeError(f"grid_sample has nothing to sample in an input {input.shape}")
    if mode == "bicubic" and input.ndim != 4:
        raise ShapeError(f"mode 'bicubic' is for inputs (B, C, H, W), got {input.shape}")
    if input.dtype != grid.dtype or input.dtype.kind != "f":
        raise RuntimeError(f"grid_sample takes input and grid of one float dtype, got {input.dtype} and {grid.dtype}")


def pixel(coordinate: Tensor, n: int, corners: bool, solid: bool) -> Tensor:
    """Where between the first pixel, 0, and the last, n - 1, coordinates in [-1, 1] are; rounded as PyTorch does."""
    if solid:
        return (coordinate + 1) / 2 * (n - 1) if corners else ((coordinate + 1) * n - 1) / 2
    return (coordinate + 1) * ((n - 1) / 2) if corners else (coordinate + 1) * (n / 2) - 0.5


def taps_of(place: Tensor, n: int, mode: str, padding_mode: str, corners: bool, solid: bool) -> list[Tap]:
    """Which values of a dimension are mixed at each place, whether there are such, and their weights.

    Among the values of a solid, in three dimensions, PyTorch leaves out those that do not exist; in an image it weighs
    them with 0, which NaN and infinity survive.
    """
    if mode == "bicubic":
        start = wrap(numpy.floor(place._array))
        t = place - start
        return [
            tap(within(start + k, n, padding_mode, corners)._array, n, weight)
            for k, weight in enumerate(cubic_weights(t), start=-1)
        ]
    place = within(place, n, padding_mode, corners, solid)
    if mode == "nearest":
        # a weight of 1 that the gradient reaches, and is 0 there, as in PyTorch
        weight = masked(place, numpy.array(False)) + 1 if place.requires_grad else None
        return [tap(numpy.rint(place._array), n, weight)]
    start = wrap(numpy.floor(place._array))
    taps = [tap(start._array, n, start + 1 - place), tap(start._array + 1, n, place - start)]
    return [(index, exists, masked(weight, exists)) for index, exists, weight in taps] if solid else taps


def tap(index: Array, n: int, weight: Any) -> Tap:
    """The tap at an index, which may lie outside."""
    exists = (index >= 0) & (index < n)
    return numpy.where(exists, index, 0).astype(int), exists, weight


def within(place: Tensor, n: int, padding_mode: str, corners: bool, solid: bool = False) -> Tensor:
    """The places, those beyond the edges moved inside as the padding mode says; "zeros" leaves them."""
    if padding_mode == "zeros":
        return place
    if padding_mode == "reflection":
        place = mirrored(place, 0.0, n - 1.0) if corners else mirrored(place, -0.5, n - 0.5)
    # not by clamp: at the edges themselves PyTorch's gradient is 0, and NaN becomes the first place or the last
    inside = where(place < n - 1, place, float(n - 1))
    return where(place <= 0, 0.0, inside) if solid else where(place > 0, inside, 0.0)


def mirrored(place: Tensor, low: float, high: float) -> Tensor:
    """The places mirrored at both ends as often as it takes."""
    if low == high:
        return place * 0
    span = high - low
    distance = place - low
    distance = where(distance < 0, -distance, distance)
    turns = wrap(numpy.floor(distance._array / span))
    rest = distance - turns * span
    return where(turns % 2 == 0, rest + low, high - rest)


def sum_of_taps(pixels: Tensor, first: Array, spatial: Sequence[int], taps: Sequence[list[Tap]]) -> Tensor:
    """The weighted sum of the pixels that each combination of taps names; `(B * P + 1, C) -> (places, C)`."""
    indices, weights = [], []
    for combination in product(*taps):
        index, exists, weight = first, numpy.ones(len(first), bool), None
        for n, (places, there, part) in zip(spatial, combination, strict=True):
            index = index * n + places
            exists = exists & there
            weight = part if weight is None else weight * part
        indices.append(numpy.where(exists, index, len(pixels) - 1))
        weights.append(weight)
    picked = getitem(pixels, index=numpy.stack(indices))
    if weights[0] is None:
        return picked[0]
    return (picked * stack(weights).unsqueeze(-1)).sum(0)
