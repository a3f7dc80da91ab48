"""Transforms that make images of another size by mixing their pixels."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy

from ...functions.joining import cat
from ...functions.random import Generator, source_of
from ...nn.functional import interpolate
from ...tensor import Tensor
from .affine import between
from .geometry import pair
from .transform import Transform

__all__ = ["RandomResizedCrop", "Resize"]

TRIES = 10


@dataclass(eq=False)
class Resize(Transform):
    """The image in another size; `size` is the height and the width, or the shorter of them, the other in proportion.

    `interpolation` is "bilinear", "bicubic" or "nearest"; the first two take the mean of what a pixel covers when
    the image gets smaller, unless `antialias` is False.

    Raises:
        ValueError: the size is not of whole numbers above 0; there is no such interpolation.
    """

    size: int | Sequence[int]
    interpolation: str = "bilinear"
    antialias: bool = True

    def __post_init__(self) -> None:
        pair("Resize", self.size)
        if self.interpolation not in ("bilinear", "bicubic", "nearest"):
            raise ValueError(f"Resize interpolates by bilinear, bicubic or nearest, not by {self.interpolation!r}")

    def of(self, images: Tensor) -> Tensor:
        """Resize them."""
        height, width = images.shape[2:]
        if isinstance(self.size, int):
            short = min(height, width)
            height, width = (self.size * n // short for n in (height, width))
        else:
            height, width = self.size
        if (height, width) == images.shape[2:]:
            return images
        if self.interpolation == "nearest":
            return interpolate(images, (height, width), mode="nearest-exact")
        return interpolate(images, (height, width), mode=self.interpolation, antialias=self.antialias)


@dataclass(eq=False)
class RandomResizedCrop(Transform):
    """A random part of the image, resized; `(C, H, W) -> (C, h, w)`.

    `size` is h and w, or one number for both. The part has a share of the area within `scale`, and is within `ratio` as
    wide as high; if none is found that fits, it is the largest in the middle.

    Source: Szegedy et al. (2015), "Going deeper with convolutions", section 6.

    Raises:
        ValueError: the size is not of whole numbers above 0; a range is not in order or not above 0.
    """

    size: int | Sequence[int]
    scale: Sequence[float] = (0.08, 1.0)
    ratio: Sequence[float] = (3 / 4, 4 / 3)
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        self.height, self.width = pair("RandomResizedCrop", self.size)
        for name, ends in (("scale", self.scale), ("ratio", self.ratio)):
            if not between(name, ends)[0] > 0:
                raise ValueError(f"{name} takes numbers above 0, got {ends!r}")

    def of(self, images: Tensor) -> Tensor:
        """Cut one part out of each, and resize it."""
        source, size = source_of(self.generator), (self.height, self.width)
        parts = [self.part(source, *images.shape[2:]) for _ in range(len(images))]
        return cat(
            [
                interpolate(image[None, :, y : y + h, x : x + w], size, mode="bilinear", antialias=True)
                for image, (y, x, h, w) in zip(images, parts, strict=True)
            ]
        )

    def part(self, source: numpy.random.Generator, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of what is cut out."""
        narrow, wide = numpy.log(self.ratio)
        for _ in range(TRIES):
            area = height * width * source.uniform(*between("scale", self.scale))
            ratio = numpy.exp(source.uniform(narrow, wide))
            h, w = round((area / ratio) ** 0.5), round((area * ratio) ** 0.5)
            if 0 < h <= height and 0 < w <= width:
                return int(source.integers(height - h + 1)), int(source.integers(width - w + 1)), h, w
        h = min(height, round(width / self.ratio[0]))
        w = min(width, round(height * self.ratio[1]))
        return (height - h) // 2, (width - w) // 2, h, w
