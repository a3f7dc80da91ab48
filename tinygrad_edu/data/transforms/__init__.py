"""Transforms: what makes of one image many, for training, and of any image what a network takes."""

from .affine import RandomAffine, RandomRotation
from .color import ColorJitter, Grayscale
from .erasing import Cutout, RandomErasing
from .geometry import CenterCrop, Pad, RandomCrop, RandomHorizontalFlip, RandomVerticalFlip
from .mixing import CutMix, MixUp
from .resizing import RandomResizedCrop, Resize
from .transform import Compose, Lambda, Transform, TransformedDataset
from .values import GaussianNoise, Normalize, OneHot, ToDtype, ToTensor

__all__ = [
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "CutMix",
    "Cutout",
    "GaussianNoise",
    "Grayscale",
    "Lambda",
    "MixUp",
    "Normalize",
    "OneHot",
    "Pad",
    "RandomAffine",
    "RandomCrop",
    "RandomErasing",
    "RandomHorizontalFlip",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomVerticalFlip",
    "Resize",
    "ToDtype",
    "ToTensor",
    "Transform",
    "TransformedDataset",
]
