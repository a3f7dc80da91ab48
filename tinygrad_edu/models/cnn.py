"""A small convolutional network, for images of 8x8 and a little more."""

from .. import nn
from ..tensor import Tensor

__all__ = ["CNN"]


class CNN(nn.Module):
    """Class scores of images by two convolutions, each with a ReLU and max-pooling; `(B, C, H, W) -> (B, classes)`.

    The shape of LeNet: LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document
    recognition; with ReLU, max-pooling and dropout.

    Raises:
        ValueError: the image is smaller than 4x4, so that nothing is left of it after two poolings.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 8, 8), classes: int = 10, width: int = 32) -> None:
        super().__init__()
        channels, height, breadth = image
        if min(height, breadth) < 4:
            raise ValueError(f"CNN halves an image twice, so it takes 4x4 or more; got {height}x{breadth}")
        self.conv1 = nn.Conv2d(channels, width, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(width, 2 * width, kernel_size=3, padding=1)
        self.relu = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.5)
        self.output = nn.Linear(2 * width * (height // 4) * (breadth // 4), classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.pool(self.relu(self.conv1(x)))  # (B, width, H/2, W/2)
        x = self.pool(self.relu(self.conv2(x)))  # (B, 2 width, H/4, W/4)
        x = self.dropout(self.flatten(x))  # (B, 2 width * H/4 * W/4)
        return self.output(x)  # (B, classes)
