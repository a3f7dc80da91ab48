"""torchvision's pictures of many pictures: `make_grid` and `save_image`."""

from collections.abc import Sequence
from typing import Any

import numpy

from ...extras import require
from ...functions.creation import full
from ...functions.joining import stack
from ...grad_mode import no_grad
from ...tensor import Tensor

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Any:
    """Pictures `(B, C, H, W)` side by side, `nrow` in a row, with margins; `(3, height, width)`.

    With `normalize` the numbers in `value_range`, or those there are, of all or of each, go from 0 to 1.
    """
    with no_grad():
        images: Any = tensor if isinstance(tensor, Tensor) else stack(list(tensor))
        images = images.detach().reshape(-1, *[1] * (3 - images.ndim), *images.shape[-3:])
        images = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images
        if normalize:
            images = scaled(images, value_range, scale_each)
        count, channels, height, width = images.shape
        if count == 1:
            return images[0].clone()
        columns = min(nrow, count)
        high, wide = height + padding, width + padding
        rows = -(-count // columns)
        grid = full((channels, rows * high + padding, columns * wide + padding), pad_value, dtype=images.dtype)
        for place, image in enumerate(images):
            top, left = place // columns * high + padding, place % columns * wide + padding
            grid[:, top : top + height, left : left + width] = image
        return grid


def scaled(images: Any, value_range: tuple[float, float] | None, scale_each: bool) -> Any:
    """The images with their numbers from 0 to 1."""
    if value_range is not None:
        low, high = value_range
    elif scale_each:
        low, high = images.amin((1, 2, 3), True), images.amax((1, 2, 3), True)
    else:
        low, high = images.min(), images.max()
    span: Any = high - low
    return (images.clamp(low, high) - low) / (span.clamp(min=1e-5) if isinstance(span, Tensor) else max(span, 1e-5))


def save_image(tensor: Tensor | Sequence[Tensor], fp: Any, format: str | None = None, **settings: Any) -> None:
    """Write make_grid of the pictures to an image file; the settings are make_grid's.

    Raises:
        ImportError: Pillow is not installed.
    """
    pixels = make_grid(tensor, **settings).clamp(0, 1) * 255
    picture = (pixels + 0.5).clamp(0, 255).permute(1, 2, 0).numpy().astype(numpy.uint8)
    require("PIL.Image", "image", "writing image files").fromarray(picture).save(fp, format=format)
