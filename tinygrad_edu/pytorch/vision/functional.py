"""torchvision's functions of one picture, each the transform of that name with its settings told."""

from collections.abc import Sequence
from typing import Any

import numpy

from ...extras import require
from ...tensor import Tensor
from . import transforms
from .transforms import InterpolationMode

__all__ = [
    "InterpolationMode",
    "center_crop",
    "crop",
    "get_dimensions",
    "get_image_size",
    "hflip",
    "normalize",
    "pad",
    "resize",
    "rgb_to_grayscale",
    "to_pil_image",
    "to_tensor",
    "vflip",
]


def as_image(picture: Any) -> Any:
    """A Tensor, which a picture of Pillow's becomes."""
    return transforms.ToTensor()(picture)


def to_tensor(pic: Any) -> Any:
    """A picture of Pillow's, or an array, as a Tensor of floats from 0 to 1; `(H, W, C) -> (C, H, W)`."""
    return as_image(pic)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """A Tensor `(C, H, W)` or `(H, W)` of floats from 0 to 1 or of bytes, or an array `(H, W, C)`, as Pillow's picture.

    Raises:
        ImportError: Pillow is not installed.
    """
    pixels = pic
    if isinstance(pic, Tensor):
        scaled: Any = pic.detach() * 255 if pic.dtype.kind == "f" else pic.detach()
        pixels = scaled.byte().numpy()
        pixels = pixels if pixels.ndim == 2 else pixels.transpose(1, 2, 0)
    pixels = numpy.ascontiguousarray(pixels[..., 0] if pixels.ndim == 3 and pixels.shape[2] == 1 else pixels)
    picture = require("PIL.Image", "image", "making images").fromarray(pixels)
    return picture if mode is None else picture.convert(mode)


def get_dimensions(img: Any) -> list[int]:
    """The channels, the height and the width."""
    if isinstance(img, Tensor):
        return [1 if img.ndim == 2 else img.shape[-3], *img.shape[-2:]]
    return [len(img.getbands()), img.height, img.width]


def get_image_size(img: Any) -> list[int]:
    """The width and the height."""
    _, height, width = get_dimensions(img)
    return [width, height]


def normalize(tensor: Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> Any:
    """(image - mean) / std, channel by channel; `(.., C, H, W) -> (.., C, H, W)`."""
    moved = transforms.Normalize(mean, std)(tensor)
    return tensor.copy_(moved) if inplace else moved


def resize(
    img: Any,
    size: Any,
    interpolation: Any = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """The picture in another size: the height and the width, or the shorter of both, the longer at most max_size."""
    _, height, width = get_dimensions(img)
    given = [size] if isinstance(size, int) else list(size)
    if len(given) == 1:
        short, long = min(height, width), max(height, width)
        sides = given[0], int(given[0] * long / short)
        if max_size is not None and sides[1] > max_size:
            sides = int(max_size * sides[0] / sides[1]), max_size
        given = [*sides] if height <= width else [sides[1], sides[0]]
    return transforms.Resize(given, str(interpolation), bool(antialias))(as_image(img))


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A part of the picture, and 0 where it reaches beyond the edges; `(.., H, W) -> (.., height, width)`."""
    image = as_image(img)
    over = [max(-left, 0), max(-top, 0), max(left + width - image.shape[-1], 0), max(top + height - image.shape[-2], 0)]
    top, left = top + over[1], left + over[0]
    return (pad(image, over) if any(over) else image)[..., top : top + height, left : left + width]


def center_crop(img: Any, output_size: Any) -> Any:
    """The middle of the picture; `(.., H, W) -> (.., height, width)`."""
    return transforms.CenterCrop(output_size)(as_image(img))


def pad(img: Any, padding: Any, fill: float = 0, padding_mode: str = "constant") -> Any:
    """The picture with a margin, as the transform Pad makes it."""
    return transforms.Pad(padding, fill, padding_mode)(as_image(img))


def hflip(img: Any) -> Any:
    """Left and right changed for each other."""
    return as_image(img).flip(-1)


def vflip(img: Any) -> Any:
    """Top and bottom changed for each other."""
    return as_image(img).flip(-2)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The brightness of each pixel, in one channel or in three."""
    return transforms.Grayscale(num_output_channels)(as_image(img))
