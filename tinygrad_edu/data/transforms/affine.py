"""Transforms that turn, shift and zoom: each pixel is looked up where an affine map comes from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy
from numpy.typing import NDArray

from ...functions.random import Generator, source_of
from ...nn.functional import affine_grid, grid_sample
from ...recording import wrap
from ...tensor import Tensor
from .transform import Transform, is_number

__all__ = ["RandomAffine", "RandomRotation", "between"]

Array = NDArray[numpy.float64]


def between(name: str, value: Any) -> tuple[float, float]:
    """The least and the most of what is drawn; one number is for as far to one side as to the other.

    Raises:
        ValueError: it is neither a number of 0 or more nor two in order.
    """
    ends = [-value, value] if is_number(value) else [*value] if isinstance(value, Sequence) else []
    if len(ends) != 2 or not all(map(is_number, ends)) or not ends[0] <= ends[1]:
        raise ValueError(f"{name} is a number of 0 or more, or the least and the most, got {value!r}")
    return float(ends[0]), float(ends[1])


@dataclass(eq=False)
class RandomAffine(Transform):
    r"""The image turned, shifted, zoomed and sheared about its centre, each by chance.

    `degrees` is the most that it is turned to either side, or the least and the most; positive is clockwise.
    `translate` is the most that it is shifted, as shares of width and height, by whole pixels. `scale` is the least and
    the most that it is zoomed by; above 1 it gets larger. `shear` in degrees slants it along x, its top to the right. A
    pixel is mixed of those around where it comes from, $x_{in} = (sRS)^{-1}(x_{out} - c - t) + c$; what comes from
    outside is `fill`.

    Source: Simard, Steinkraus and Platt (2003), "Best practices for convolutional neural networks applied to visual
    document analysis", section 2.

    Raises:
        ValueError: a range is not in order, a share not from 0 to 1, a scale not above 0.

    >>> from tinygrad_edu import tensor
    >>> RandomAffine((90, 90))(tensor([[[1.0, 2.0], [3.0, 4.0]]])).round()
    tensor([[[3., 1.],
             [4., 2.]]])
    """

    degrees: float | Sequence[float]
    translate: Sequence[float] | None = None
    scale: Sequence[float] | None = None
    shear: float | Sequence[float] | None = None
    interpolation: str = "bilinear"
    fill: float = 0.0
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        self.angles = between("degrees", self.degrees)
        self.slants = between("shear", 0.0 if self.shear is None else self.shear)
        self.shares = (0.0, 0.0) if self.translate is None else self.translate
        if numpy.shape(self.shares) != (2,) or not all(is_number(share) and 0 <= share <= 1 for share in self.shares):
            raise ValueError(f"translate takes shares of width and height from 0 to 1, got {self.translate!r}")
        self.zooms = (1.0, 1.0) if self.scale is None else between("scale", self.scale)
        if not self.zooms[0] > 0:
            raise ValueError(f"scale takes factors above 0, got {self.scale!r}")
        if self.interpolation not in ("bilinear", "bicubic", "nearest"):
            raise ValueError(f"interpolation is bilinear, bicubic or nearest, not {self.interpolation!r}")

    def of(self, images: Tensor) -> Tensor:
        """Map each of them by a map of its own."""
        source, count = source_of(self.generator), len(images)
        height, width = images.shape[2:]
        angle, slant = (numpy.radians(source.uniform(*ends, count)) for ends in (self.angles, self.slants))
        zoom = source.uniform(*self.zooms, count)
        shift = [
            numpy.round(source.uniform(-share, share, count) * n)
            for share, n in zip(self.shares, (width, height), strict=True)
        ]
        # y points down, so that this turns clockwise as one sees it; the map is that from out to in
        cos, sin, tan = numpy.cos(angle), numpy.sin(angle), numpy.tan(slant)
        inverse = numpy.array([[cos - sin * tan, sin + cos * tan], [-sin, cos]]) / zoom
        return warped(images, inverse, numpy.array(shift), self.interpolation, self.fill)


@dataclass(eq=False)
class RandomRotation(Transform):
    """The image turned about its centre; `interpolation` and `fill` are those of RandomAffine.

    `degrees` is the most that it is turned to either side, or the least and the most; positive is counter-clockwise.

    Raises:
        ValueError: the degrees are neither a number of 0 or more nor two in order.
    """

    degrees: float | Sequence[float]
    interpolation: str = "bilinear"
    fill: float = 0.0
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        low, high = between("degrees", self.degrees)
        self.turn = RandomAffine(
            (-high, -low), interpolation=self.interpolation, fill=self.fill, generator=self.generator
        )

    def of(self, images: Tensor) -> Tensor:
        """Turn each by an angle of its own."""
        return self.turn.of(images)


def warped(images: Tensor, inverse: Array, shift: Array, interpolation: str, fill: float) -> Tensor:
    """Each image by its map: `inverse (2, 2, B)` from out to in about the centre, after a `shift (2, B)` in pixels."""
    count, height, width = len(images), *images.shape[2:]
    half = numpy.array([width, height]) / 2  # grids count from the centre to the edges as from 0 to 1
    theta = numpy.empty((count, 2, 3))
    theta[:, :, :2] = inverse.transpose(2, 0, 1) * half / half[:, None]
    theta[:, :, 2] = -numpy.einsum("ijb,jb->bi", inverse, shift) / half
    dtype = numpy.result_type(images.dtype, "f4")
    grid = affine_grid(wrap(theta), images.shape).to(dtype)
    # zero is what lies outside
    sampled = grid_sample(images.to(dtype) - fill, grid, interpolation) + fill
    return sampled.to(images.dtype)
