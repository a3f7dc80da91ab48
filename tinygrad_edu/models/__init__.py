"""The networks of the course, each one short file, and by name."""

import difflib
from collections.abc import Callable
from typing import Any

from ..nn import Module
from .cnn import CNN
from .generation import generate
from .lenet import LeNet
from .llama import Llama
from .mlp import MLP
from .perceptron import Perceptron
from .resnet import ResNet, resnet20, resnet32, resnet44, resnet56, resnet110
from .tokenizer import Tokenizer

__all__ = [
    "CNN",
    "MLP",
    "MODELS",
    "LeNet",
    "Llama",
    "Perceptron",
    "ResNet",
    "Tokenizer",
    "build",
    "generate",
    "resnet20",
    "resnet32",
    "resnet44",
    "resnet56",
    "resnet110",
]

MODELS: dict[str, Callable[..., Module]] = {
    "cnn": CNN,
    "lenet": LeNet,
    "mlp": MLP,
    "perceptron": Perceptron,
    "resnet": ResNet,
}


def build(name: str, image: tuple[int, int, int] = (1, 8, 8), classes: int = 10, **settings: Any) -> Module:
    """A network by its name, with fresh weights, for images of this shape `(C, H, W)` and so many classes.

    Raises:
        ValueError: there is no network of that name.

    >>> build("mlp", hidden=16).hidden.weight.shape
    (16, 64)
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        meant = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"there is no model {name!r}; {meant}there are {', '.join(sorted(MODELS))}")
    return MODELS[name](image, classes, **settings)
