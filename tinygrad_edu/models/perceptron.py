"""A perceptron: one affine layer, and a class for each side of its lines."""

import math

from .. import nn
from ..tensor import Tensor

__all__ = ["Perceptron"]


class Perceptron(nn.Module):
    """Class scores of images as weighted sums of their pixels; `(B, C, H, W) -> (B, classes)`.

    Source: Rosenblatt (1958), The perceptron: a probabilistic model for information storage and organization in the
    brain; with scores in the place of the step, so that a loss has a gradient.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 8, 8), classes: int = 10) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.output = nn.Linear(math.prod(image), classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        return self.output(self.flatten(x))
