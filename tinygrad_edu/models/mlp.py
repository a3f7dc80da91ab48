"""A multi-layer perceptron: two linear layers with a ReLU between them."""

import math

from .. import nn
from ..tensor import Tensor

__all__ = ["MLP"]


class MLP(nn.Module):
    """Class scores of images, whose pixels it takes as one long vector; `(B, C, H, W) -> (B, classes)`.

    Source: Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors; with ReLU.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 8, 8), classes: int = 10, hidden: int = 128) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.hidden = nn.Linear(math.prod(image), hidden)
        self.relu = nn.ReLU()
        self.output = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.flatten(x)  # (B, C * H * W)
        x = self.relu(self.hidden(x))  # (B, hidden)
        return self.output(x)  # (B, classes)
