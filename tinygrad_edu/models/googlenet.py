"""GoogLeNet: convolutions of several sizes side by side."""

from .. import nn
from ..functions.joining import cat
from ..tensor import Tensor

__all__ = ["GoogLeNet"]

# #1x1, #3x3 reduce, #3x3, #5x5 reduce, #5x5, pool proj: table 1 of the paper, 3a to 5b
INCEPTIONS = (
    ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64)),
    (
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
    ),
    ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128)),
)


def conv(channels: int, planes: int, size: int) -> nn.Sequential:
    """A convolution that keeps height and width, batch norm, and ReLU."""
    layer = nn.Conv2d(channels, planes, size, padding=size // 2, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(planes), nn.ReLU())


class Inception(nn.Module):
    """1x1, 3x3 and 5x5 convolutions and max-pooling of one input, side by side; `(B, C, H, W) -> (B, planes, H, W)`.

    The 1x1 convolutions before the larger ones are bottlenecks, which make these cheap.
    """

    def __init__(self, channels: int, sizes: tuple[int, ...]) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pooled = sizes
        self.one = conv(channels, one, 1)
        self.three = nn.Sequential(conv(channels, reduce3, 1), conv(reduce3, three, 3))
        self.five = nn.Sequential(conv(channels, reduce5, 1), conv(reduce5, five, 5))
        self.pooled = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(channels, pooled, 1))
        self.planes = one + three + five + pooled

    def forward(self, x: Tensor) -> Tensor:
        """The channels of all four."""
        return cat([self.one(x), self.three(x), self.five(x), self.pooled(x)], 1)


class GoogLeNet(nn.Module):
    """Class scores of small images by nine inception modules; `(B, C, H, W) -> (B, classes)`.

    For small images the first layers are one 3x3 convolution; with batch norm, which makes the paper's two classifiers
    on the way unnecessary. `width` is by how much the paper's numbers of channels are multiplied.

    Raises:
        ValueError: the image is smaller than 4x4.

    Source: Szegedy et al., "Going Deeper with Convolutions" (2015), figure 2b and table 1.
    """

    def __init__(self, image: tuple[int, int, int] = (3, 32, 32), classes: int = 10, width: float = 1.0) -> None:
        super().__init__()
        if min(image[1:]) < 4:
            raise ValueError(f"GoogLeNet halves an image twice, so it takes 4x4 or more; got {image[1]}x{image[2]}")
        channels = round(192 * width)
        layers: list[nn.Module] = [conv(image[0], channels, 3)]
        for stage, inceptions in enumerate(INCEPTIONS):
            if stage:
                layers.append(nn.MaxPool2d(3, stride=2, padding=1))
            for sizes in inceptions:
                inception = Inception(channels, tuple([max(1, round(size * width)) for size in sizes]))
                layers.append(inception)
                channels = inception.planes
        self.features = nn.Sequential(*layers)
        self.dropout = nn.Dropout(0.4)
        self.output = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = self.features(x).mean((2, 3))  # (B, 1024 width)
        return self.output(self.dropout(x))  # (B, classes)
