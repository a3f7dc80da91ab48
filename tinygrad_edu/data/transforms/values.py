"""Transforms of what the numbers mean: bytes to floats, scaling, noise, and labels to vectors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from ...dtypes import as_dtype
from ...errors import ShapeError
from ...functions.indexing import one_hot
from ...functions.random import Generator, source_of
from ...recording import wrap
from ...tensor import Tensor
from .transform import Transform, is_number, is_whole, needs_tensor

__all__ = ["GaussianNoise", "Normalize", "OneHot", "ToDtype", "ToTensor"]


@dataclass(eq=False)
class Normalize(Transform):
    """(image - mean) / std, channel by channel; with the statistics of the images to train on they get 0 and 1.

    Raises:
        ValueError: a std is not above 0, or there are not as many means as stds.

    >>> from tinygrad_edu import ones
    >>> Normalize(mean=[0.5], std=[0.25])(ones(1, 1, 2))
    tensor([[[2., 2.]]])
    """

    mean: float | Sequence[float]
    std: float | Sequence[float]

    def __post_init__(self) -> None:
        self.means, self.stds = (numpy.atleast_1d(x).tolist() for x in (self.mean, self.std))
        fine = all(map(is_number, self.means)) and all(is_number(std) and std > 0 for std in self.stds)
        if len(self.means) != len(self.stds) or not fine:
            said = f"a mean and a std above 0 for each channel, got {self.mean!r} and {self.std!r}"
            raise ValueError(f"Normalize takes {said}")

    def of(self, images: Tensor) -> Tensor:
        """Subtract and divide."""
        if len(self.means) not in (1, images.shape[1]):
            raise ShapeError(f"Normalize has {len(self.means)} means, and the images {images.shape[1]} channels")
        mean, std = (wrap(numpy.array(x, images.dtype)[:, None, None]) for x in (self.means, self.stds))
        return (images - mean) / std


@dataclass(eq=False)
class GaussianNoise(Transform):
    """The image and normal noise; with `clip` it stays from 0 to 1.

    Source: Bishop (1995), "Training with noise is equivalent to Tikhonov regularization".

    Raises:
        ValueError: sigma is negative.
    """

    mean: float = 0.0
    sigma: float = 0.1
    clip: bool = True
    generator: Generator | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if not (is_number(self.mean) and is_number(self.sigma) and self.sigma >= 0):
            raise ValueError(
                f"GaussianNoise takes a mean, and a sigma of 0 or more, got {self.mean!r} and {self.sigma!r}"
            )

    def of(self, images: Tensor) -> Tensor:
        """Add the noise."""
        noise = source_of(self.generator).standard_normal(images.shape, numpy.float32).astype(images.dtype)
        noisy = images + (wrap(noise) * self.sigma + self.mean)
        return noisy.clamp(0, 1) if self.clip else noisy


class ToTensor:
    """An array or a Pillow image `(H, W)` or `(H, W, C)` as an image `(C, H, W)`; bytes become floats from 0 to 1.

    Raises:
        TypeError: it is neither an array nor an image.
        ShapeError: it has another shape.

    >>> ToTensor()(numpy.array([[0, 51, 255]], numpy.uint8))
    tensor([[[0.0000, 0.2000, 1.0000]]])
    """

    def __call__(self, picture: Any) -> Tensor:
        """The image as a Tensor of its own."""
        if isinstance(picture, Tensor) or not hasattr(picture, "__array_interface__"):
            raise TypeError(f"ToTensor takes an array or a Pillow image, got {type(picture).__name__}")
        pixels = numpy.asarray(picture)
        if pixels.ndim not in (2, 3):
            raise ShapeError(f"ToTensor takes (H, W) or (H, W, C), got {pixels.shape}")
        pixels = (pixels[..., None] if pixels.ndim == 2 else pixels).transpose(2, 0, 1)
        if pixels.dtype == numpy.uint8:
            return wrap(numpy.divide(pixels, 255, dtype=numpy.float32, order="C"))
        return wrap(pixels.copy())

    def __repr__(self) -> str:
        return "ToTensor()"


@dataclass(eq=False)
class ToDtype:
    """A Tensor in another dtype; with `scale` bytes from 0 to 255 become floats from 0 to 1, and floats bytes.

    Raises:
        TypeError: with `scale`, it is neither from bytes to floats nor the other way.

    >>> from tinygrad_edu import tensor, uint8
    >>> ToDtype(numpy.float32, scale=True)(tensor([0, 51, 255], dtype=uint8))
    tensor([0.0000, 0.2000, 1.0000])
    """

    dtype: Any
    scale: bool = False

    def __post_init__(self) -> None:
        self.dtype = as_dtype(self.dtype)

    def __call__(self, images: Tensor) -> Tensor:
        """Change the dtype."""
        needs_tensor("ToDtype", images)
        given = images.dtype
        if not self.scale or given == self.dtype:
            return images.to(self.dtype)
        if given == numpy.uint8 and self.dtype.kind == "f":
            return (images.float() / 255).to(self.dtype)
        if given.kind == "f" and self.dtype == numpy.uint8:
            return (images.detach().float().clamp(0, 1) * 255).round().to(self.dtype)
        raise TypeError(f"ToDtype scales from uint8 to floats and back, not from {given} to {self.dtype}")


@dataclass(eq=False)
class OneHot:
    """Labels as vectors with a 1 at the label's place; `(*) -> (*, num_classes)`, float32.

    Raises:
        ValueError: the number of classes is none.
        RuntimeError: a label is not one of them.

    >>> from tinygrad_edu import tensor
    >>> OneHot(3)(tensor([2, 0]))
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """

    num_classes: int

    def __post_init__(self) -> None:
        if not is_whole(self.num_classes, 1):
            raise ValueError(f"OneHot takes a number of classes, got {self.num_classes!r}")

    def __call__(self, labels: Tensor) -> Tensor:
        """The vectors."""
        needs_tensor("OneHot", labels)
        return one_hot(labels, self.num_classes).float()
