"""Transforms that move whole pixels: flips, padding and crops."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from ...errors import ShapeError
from ...functions.random import Generator, source_of
from ...nn.functional import pad
from ...recording import wrap
from ...tensor import Tensor
from .transform import Transform, chance, is_whole

__all__ = ["CenterCrop", "Pad", "RandomCrop", "RandomHorizontalFlip", "RandomVerticalFlip", "pair"]


def pair(name: str, size: Any) -> tuple[int, int]:
    """Height and width, of one number or two.

    Raises:
        ValueError: they are not one or two whole numbers above 0.
    """
    found = [*numpy.atleast_1d(size)]
    if len(found) not in (1, 2) or not all(is_whole(n, 1) for n in found):
        raise ValueError(f"{name} takes one or two whole numbers of 1 or more, got {size!r}")
    return int(found[0]), int(found[-1])


@dataclass(eq=False)
class RandomHorizontalFlip(Transform):
    """The image or, with probability p, its mirror image, left for right.

    Source: Krizhevsky, Sutskever and Hinton (2012), "ImageNet classification with deep convolutional neural networks",
    section 4.1.

    Raises:
        ValueError: p is not from 0 to 1.
    """

    p: float = 0.5
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        chance("RandomHorizontalFlip", self.p)

    def of(self, images: Tensor) -> Tensor:
        """Flip some of them."""
        return flipped(images, 3, self.p, self.generator)


@dataclass(eq=False)
class RandomVerticalFlip(Transform):
    """The image or, with probability p, its mirror image, upside down.

    Raises:
        ValueError: p is not from 0 to 1.
    """

    p: float = 0.5
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        chance("RandomVerticalFlip", self.p)

    def of(self, images: Tensor) -> Tensor:
        """Flip some of them."""
        return flipped(images, 2, self.p, self.generator)


def flipped(images: Tensor, dim: int, p: float, generator: Generator | None) -> Tensor:
    """Each image flipped with probability p."""
    chosen = wrap(source_of(generator).random((len(images), 1, 1, 1)) < p)
    return images.flip(dim).where(chosen, images)


@dataclass(eq=False)
class Pad(Transform):
    """The image with a margin: `padding` pixels on each side, or (left and right, top and bottom), or each of the four.

    `padding_mode` is "constant" with the value `fill`, "edge", "reflect" (mirrored at the last pixel) or "circular".

    Raises:
        ValueError: the padding is not 1, 2 or 4 numbers of 0 or more; there is no such mode.

    >>> from tinygrad_edu import ones
    >>> Pad(1, fill=5)(ones(1, 1, 1)).tolist()
    [[[5.0, 5.0, 5.0], [5.0, 1.0, 5.0], [5.0, 5.0, 5.0]]]
    """

    padding: int | Sequence[int]
    fill: float = 0.0
    padding_mode: str = "constant"

    def __post_init__(self) -> None:
        given = [*numpy.atleast_1d(self.padding)]
        if len(given) not in (1, 2, 4) or not all(is_whole(n, 0) for n in given):
            raise ValueError(f"Pad takes 1, 2 or 4 whole numbers of 0 or more, got {self.padding!r}")
        if self.padding_mode not in tuple(MODES):
            raise ValueError(f"Pad has the modes {', '.join(MODES)}, got {self.padding_mode!r}")
        self.left, self.top, self.right, self.bottom = (int(n) for n in (given * 4)[:4])

    def of(self, images: Tensor) -> Tensor:
        """Pad them."""
        fill = self.fill if self.padding_mode == "constant" else None
        return pad(images, (self.left, self.right, self.top, self.bottom), MODES[self.padding_mode], fill)


MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect", "circular": "circular"}


@dataclass(eq=False)
class CenterCrop(Transform):
    """The middle of the image; `(C, H, W) -> (C, h, w)`. `size` is h and w, or one number for both.

    Raises:
        ValueError: the size is not of whole numbers above 0.
        ShapeError: the image is smaller.
    """

    size: int | Sequence[int]

    def __post_init__(self) -> None:
        self.height, self.width = pair("CenterCrop", self.size)

    def of(self, images: Tensor) -> Tensor:
        """Cut it out."""
        check_room(self, images, self.height, self.width)
        top, left = round((images.shape[2] - self.height) / 2), round((images.shape[3] - self.width) / 2)
        return images[:, :, top : top + self.height, left : left + self.width]


@dataclass(eq=False)
class RandomCrop(Transform):
    """A part of the image in a random place; `(C, H, W) -> (C, h, w)`.

    `size` is h and w, or one number for both; `padding`, `fill` and `padding_mode` are those of a Pad before the crop.
    With a size of 32 and a padding of 4 it is the customary shift of CIFAR-10's pictures: He et al. (2015), "Deep
    residual learning for image recognition", section 4.2.

    Raises:
        ValueError: the size is not of whole numbers above 0, or the padding is none.
        ShapeError: the image is smaller.
    """

    size: int | Sequence[int]
    padding: int | Sequence[int] = 0
    fill: float = 0.0
    padding_mode: str = "constant"
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        self.height, self.width = pair("RandomCrop", self.size)
        self.margin = Pad(self.padding, self.fill, self.padding_mode)

    def of(self, images: Tensor) -> Tensor:
        """Cut out one part of each."""
        images = self.margin.of(images)
        check_room(self, images, self.height, self.width)
        source, count = source_of(self.generator), len(images)
        tops = source.integers(0, images.shape[2] - self.height + 1, count)
        lefts = source.integers(0, images.shape[3] - self.width + 1, count)
        windows = numpy.lib.stride_tricks.sliding_window_view(images.numpy(), (self.height, self.width), (2, 3))
        return wrap(windows[numpy.arange(count), :, tops, lefts])


def check_room(transform: Transform, images: Tensor, height: int, width: int) -> None:
    """Refuse to cut more out of images than they have.

    Raises:
        ShapeError: they are too small.
    """
    if images.shape[2] < height or images.shape[3] < width:
        raise ShapeError(f"{type(transform).__name__} of {height}x{width} does not fit into {images.shape}")
