"""VGG: a deep network of 3x3 convolutions."""

from .. import nn
from ..tensor import Tensor

__all__ = ["VGG"]

STAGES = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


class VGG(nn.Module):
    """Class scores of images by 3x3 convolutions in five stages, with max-pooling; `(B, C, H, W) -> (B, classes)`.

    Configurations A, B, D and E of the paper, for small images: with batch norm, without which the deeper ones hardly
    begin to learn, and with one affine layer at the end.

    Raises:
        ValueError: there is no such depth; the image is smaller than 32x32, so that nothing is left of it.

    Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015),
    table 1.
    """

    def __init__(
        self, image: tuple[int, int, int] = (3, 32, 32), classes: int = 10, depth: int = 11, width: int = 64
    ) -> None:
        super().__init__()
        channels, height, breadth = image
        if depth not in STAGES:
            raise ValueError(f"VGG has {', '.join(map(str, STAGES))} layers, got {depth}")
        if min(height, breadth) < 32:
            raise ValueError(f"VGG halves an image five times, so it takes 32x32 or more; got {height}x{breadth}")
        layers: list[nn.Module] = []
        for count, planes in zip(STAGES[depth], (width, 2 * width, 4 * width, 8 * width, 8 * width), strict=True):
            for _ in range(count):
                layers += [nn.Conv2d(channels, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes), nn.ReLU()]
                channels = planes
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.flatten = nn.Flatten()
        self.output = nn.Linear(channels * (height // 32) * (breadth // 32), classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.features(x)  # (B, 8 width, H/32, W/32)
        return self.output(self.flatten(x))  # (B, classes)
