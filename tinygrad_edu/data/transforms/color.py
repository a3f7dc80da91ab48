"""Transforms of colour: brightness, contrast, saturation and hue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from ...errors import ShapeError
from ...functions.random import Generator, source_of
from ...recording import wrap
from ...tensor import Tensor
from ..images import LUMA
from .affine import between
from .transform import Transform, is_number

__all__ = ["ColorJitter", "Grayscale"]

Array = NDArray[Any]


@dataclass(eq=False)
class ColorJitter(Transform):
    """The image in other colours, by factors drawn for each; they are applied in random order.

    `brightness`, `contrast` and `saturation` are the most that a factor is from 1, or its least and most; the image is
    mixed, in that proportion, with black, with its mean grey, with its own greys. `hue` is the most that the colours
    are turned around their circle, in turns up to 0.5, or the least and the most. What leaves 0 to 1 is clipped. Grey
    images have no saturation and no hue.

    Source: Howard (2013), "Some improvements on deep convolutional neural network based image classification".

    Raises:
        ValueError: a factor may be negative, or a hue beyond half a turn.
        ShapeError: the images have neither one channel nor three.
    """

    brightness: float | Sequence[float] = 0.0
    contrast: float | Sequence[float] = 0.0
    saturation: float | Sequence[float] = 0.0
    hue: float | Sequence[float] = 0.0
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        names = ("brightness", "contrast", "saturation")
        self.ranges = [factors(name, getattr(self, name)) for name in names] + [between("hue", self.hue)]
        if not -0.5 <= self.ranges[3][0] <= self.ranges[3][1] <= 0.5:
            raise ValueError(f"hue takes turns from -0.5 to 0.5, got {self.hue!r}")

    def of(self, images: Tensor) -> Tensor:
        """Jitter each by factors of its own, in one order."""
        if images.shape[1] not in (1, 3):
            raise ShapeError(f"ColorJitter takes images of 1 or 3 channels, got {images.shape}")
        source, pixels = source_of(self.generator), images.numpy()
        pixels = pixels.astype(numpy.result_type(pixels, "f4"), copy=False)  # half precision has too few hues
        drawn = [source.uniform(*ends, (len(pixels), 1, 1, 1)).astype(pixels.dtype) for ends in self.ranges]
        for k in source.permutation(len(CHANGES)):
            if self.ranges[k] != NEUTRAL[k] and (pixels.shape[1] == 3 or k < 2):
                pixels = CHANGES[k](pixels, drawn[k]).clip(0, 1)
        return wrap(pixels.astype(images.dtype, copy=False))


def factors(name: str, value: Any) -> tuple[float, float]:
    """The least and the most of a factor, of how far it may be from 1 or of both.

    Raises:
        ValueError: they are not in order, or negative.
    """
    low, high = between(name, value)
    if is_number(value):
        low, high = max(0.0, 1 + low), 1 + high
    if low < 0:
        raise ValueError(f"{name} takes numbers of 0 or more, got {value!r}")
    return low, high


def greys(pixels: Array) -> Array:
    """The brightness of each pixel; `(B, C, H, W) -> (B, 1, H, W)`."""
    if pixels.shape[1] == 1:
        return pixels
    mixed: Array = numpy.einsum("bchw,c->bhw", pixels, numpy.array(LUMA, pixels.dtype))[:, None]
    return mixed


def brighten(pixels: Array, factor: Array) -> Array:
    """Mixed with black."""
    return pixels * factor


def contrast(pixels: Array, factor: Array) -> Array:
    """Mixed with the mean of its greys."""
    mean = greys(pixels).mean((1, 2, 3), keepdims=True)
    return (pixels - mean) * factor + mean


def saturate(pixels: Array, factor: Array) -> Array:
    """Mixed with its greys."""
    grey = greys(pixels)
    return (pixels - grey) * factor + grey


def turn_hue(pixels: Array, turns: Array) -> Array:
    """With every hue turned around the circle of colours; Smith (1978), "Color gamut transform pairs"."""
    red, green, blue = (pixels[:, k] for k in range(3))
    value, least = pixels.max(1), pixels.min(1)
    chroma = value - least
    safe = numpy.where(chroma > 0, chroma, 1)
    sector = numpy.select(
        [value == red, value == green],
        [(green - blue) / safe, 2 + (blue - red) / safe],
        4 + (red - green) / safe,
    )
    sector = sector + 6 * turns[:, 0]
    # each channel is the value, less the chroma times how far its own sector is: a trapezoid around the circle
    places = [(n + sector) % 6 for n in (5, 3, 1)]
    turned: Array = numpy.stack([value - chroma * numpy.minimum(k, 4 - k).clip(0, 1) for k in places], 1)
    return turned


CHANGES = (brighten, contrast, saturate, turn_hue)
NEUTRAL = ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), (0.0, 0.0))


@dataclass(eq=False)
class Grayscale(Transform):
    """The greys of the image, in one channel or three equal ones; `(C, H, W) -> (1 or 3, H, W)`.

    The brightness is 0.299 red + 0.587 green + 0.114 blue: ITU-R BT.601.

    Raises:
        ValueError: the channels asked for are not 1 or 3.
        ShapeError: the images have neither one channel nor three.
    """

    num_output_channels: int = 1

    def __post_init__(self) -> None:
        if self.num_output_channels not in (1, 3):
            raise ValueError(f"Grayscale makes 1 or 3 channels, not {self.num_output_channels!r}")

    def of(self, images: Tensor) -> Tensor:
        """Mix the channels."""
        if images.shape[1] not in (1, 3):
            raise ShapeError(f"Grayscale takes images of 1 or 3 channels, got {images.shape}")
        return wrap(numpy.repeat(greys(images.numpy()), self.num_output_channels, 1))
