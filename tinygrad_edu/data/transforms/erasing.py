"""Transforms that hide a part of the image."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from ...functions.random import Generator, source_of
from ...recording import wrap
from ...tensor import Tensor
from .affine import between
from .transform import Transform, chance, is_whole

__all__ = ["Cutout", "RandomErasing", "boxes"]

TRIES = 10


def boxes(shape: tuple[int, ...], top: Any, left: Any, height: Any, width: Any) -> NDArray[numpy.bool]:
    """Where the boxes of a batch are, cut at the edges; four arrays `(B,) -> (B, 1, H, W)`."""
    inside = []
    for start, length, size, form in ((top, height, shape[2], (-1, 1)), (left, width, shape[3], (1, -1))):
        start, length = (numpy.reshape(x, (-1, 1, 1, 1)) for x in (start, length))
        places = numpy.arange(size).reshape(form)
        inside.append((places >= start) & (places < start + length))
    return inside[0] & inside[1]


@dataclass(eq=False)
class Cutout(Transform):
    """The image without squares of `size` pixels, whose middles are anywhere in it: they may reach beyond its edges.

    Source: DeVries and Taylor (2017), "Improved regularization of convolutional neural networks with Cutout",
    arXiv:1708.04552.

    Raises:
        ValueError: the size or the number of holes is not a whole number above 0.
    """

    size: int
    holes: int = 1
    fill: float = 0.0
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if not all(is_whole(n, 1) for n in (self.size, self.holes)):
            raise ValueError(f"Cutout takes whole numbers above 0, got size {self.size!r} and {self.holes!r} holes")

    def of(self, images: Tensor) -> Tensor:
        """Cut holes into each."""
        source, count = source_of(self.generator), len(images)
        hidden = numpy.zeros((count, 1, *images.shape[2:]), bool)
        for _ in range(self.holes):
            top, left = (source.integers(0, n, count) - self.size // 2 for n in images.shape[2:])
            hidden |= boxes(images.shape, top, left, self.size, self.size)
        return images.masked_fill(wrap(hidden), self.fill)


@dataclass(eq=False)
class RandomErasing(Transform):
    """The image or, with probability p, the image with a rectangle of `value`, or of "random" noise, in its place.

    The rectangle has a share of the area within `scale`, is within `ratio` as high as wide, and lies within the image;
    if none is found that fits, the image stays as it is.

    Source: Zhong, Zheng, Kang, Li and Yang (2020), "Random erasing data augmentation", algorithm 1.

    Raises:
        ValueError: p or a scale is not from 0 to 1, a range is not in order, or the value is another word.
    """

    p: float = 0.5
    scale: Sequence[float] = (0.02, 0.33)
    ratio: Sequence[float] = (0.3, 3.3)
    value: float | str = 0.0
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        chance("RandomErasing", self.p)
        shares, forms = between("scale", self.scale), between("ratio", self.ratio)
        if not (0 <= shares[0] <= shares[1] <= 1 and forms[0] > 0):
            raise ValueError(f"RandomErasing takes a scale from 0 to 1 and a ratio above 0, got {shares} and {forms}")
        if isinstance(self.value, str) and self.value != "random":
            raise ValueError(f"RandomErasing fills with a number or 'random', not {self.value!r}")

    def of(self, images: Tensor) -> Tensor:
        """Erase a rectangle in some of them."""
        source = source_of(self.generator)
        parts = numpy.array([self.part(source, *images.shape[2:]) for _ in range(len(images))]).reshape(-1, 4)
        hidden = wrap(boxes(images.shape, *parts.T))
        if isinstance(self.value, str):
            noise = source.standard_normal(images.shape, numpy.float32).astype(images.dtype)
            return wrap(noise).where(hidden, images)
        return images.masked_fill(hidden, self.value)

    def part(self, source: numpy.random.Generator, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of what is erased, all 0 for nothing."""
        low, high = numpy.log(self.ratio)
        for _ in range(TRIES if source.random() < self.p else 0):
            area = height * width * source.uniform(*between("scale", self.scale))
            ratio = numpy.exp(source.uniform(low, high))
            h, w = round((area * ratio) ** 0.5), round((area / ratio) ** 0.5)
            if h < height and w < width:
                return int(source.integers(height - h + 1)), int(source.integers(width - w + 1)), h, w
        return 0, 0, 0, 0
