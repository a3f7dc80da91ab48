"""torchvision's transforms under its names. Pictures are Tensors of floats from the beginning, also before ToTensor."""

import enum
from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ...data import transforms as ours
from ...data.transforms import Lambda
from ...functions.random import source_of
from ...nn import Module
from ...tensor import Tensor

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "Grayscale",
    "InterpolationMode",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomAffine",
    "RandomApply",
    "RandomChoice",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToTensor",
]


def as_module(kind: Any) -> Any:
    """The transform as a Module too, which programs put into a Sequential before their network."""

    def __init__(self: Any, *args: Any, **settings: Any) -> None:  # noqa: N807
        Module.__init__(self)
        kind.__init__(self, *args, **settings)

    def forward(self: Any, images: Any) -> Any:
        return kind.__call__(self, images)

    inner = {"__init__": __init__, "forward": forward, "__repr__": kind.__repr__, "__doc__": kind.__doc__}
    return type(kind.__name__, (Module, kind), {**inner, "__module__": __name__})


CenterCrop, RandomCrop, Pad = map(as_module, (ours.CenterCrop, ours.RandomCrop, ours.Pad))
Resize, RandomResizedCrop = map(as_module, (ours.Resize, ours.RandomResizedCrop))
RandomHorizontalFlip, RandomVerticalFlip = map(as_module, (ours.RandomHorizontalFlip, ours.RandomVerticalFlip))
RandomAffine, RandomRotation, RandomErasing = map(
    as_module, (ours.RandomAffine, ours.RandomRotation, ours.RandomErasing)
)
ColorJitter, Grayscale = map(as_module, (ours.ColorJitter, ours.Grayscale))
Normalize, RandomErasing = map(as_module, (ours.Normalize, ours.RandomErasing))


class InterpolationMode(enum.StrEnum):
    """How Resize finds the pixels between pixels."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    NEAREST_EXACT = "nearest-exact"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


class ToTensor(ours.ToTensor):
    """A picture of Pillow's, or an array, as a Tensor of floats; what is a Tensor already stays as it is."""

    def __call__(self, picture: Any) -> Tensor:
        """The picture as a Tensor."""
        return picture if isinstance(picture, Tensor) else super().__call__(picture)


class Compose(ours.Compose):
    """One transform after the other, the first of a Tensor, which a picture of Pillow's becomes."""

    def __call__(self, images: Any) -> Any:
        """What the last one makes."""
        return super().__call__(ToTensor()(images) if hasattr(images, "__array_interface__") else images)


class RandomApply(Module):
    """Several transforms with a probability, or none of them."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__()
        self.transforms, self.p = Compose(transforms), p

    def forward(self, images: Any) -> Any:
        """The picture, changed or as it was."""
        return self.transforms(images) if source_of(None).random() < self.p else images


class RandomChoice:
    """One of several transforms."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None) -> None:
        self.transforms = [Compose([transform]) for transform in transforms]
        self.p = None if p is None else numpy.array(p) / numpy.sum(p)

    def __call__(self, images: Any) -> Any:
        """The picture, changed by one of them."""
        return self.transforms[source_of(None).choice(len(self.transforms), p=self.p)](images)
