"""DenseNet-BC: each layer sees what all layers before it have made."""

from .. import nn
from ..functions.joining import cat
from ..nn import functional as F
from ..tensor import Tensor

__all__ = ["DenseNet"]


class Layer(nn.Module):
    """`growth` more channels beside the input's, by two convolutions; `(B, C, H, W) -> (B, C + growth, H, W)`."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * growth, kernel_size=1, bias=False)
        self.bn2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, kernel_size=3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The input, and what is new."""
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        return cat([x, y], 1)


class Transition(nn.Module):
    """Half the channels, of half the height and width; `(B, C, H, W) -> (B, C/2, H/2, W/2)`."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm2d(channels)
        self.conv = nn.Conv2d(channels, channels // 2, kernel_size=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The maps, compressed."""
        return F.avg_pool2d(self.conv(F.relu(self.bn(x))), 2)


class DenseNet(nn.Module):
    """Class scores of small images by a densely connected network; `(B, C, H, W) -> (B, classes)`.

    A 3x3 convolution, three dense blocks of (depth - 4) / 6 layers each with transitions between them, the mean over
    the map, and an affine layer.

    Raises:
        ValueError: the depth is not 6 n + 4 for an n of 1 or more; the image is smaller than 4x4.

    Source: Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks" (2017), section 3:
    DenseNet-BC, with compression 0.5.
    """

    def __init__(
        self, image: tuple[int, int, int] = (3, 32, 32), classes: int = 10, depth: int = 40, growth: int = 12
    ) -> None:
        super().__init__()
        count, rest = divmod(depth - 4, 6)
        if rest or count < 1:
            raise ValueError(f"a DenseNet-BC has 6 n + 4 layers (22, 40, 100 ...), got {depth}")
        if min(image[1:]) < 4:
            raise ValueError(f"DenseNet halves an image twice, so it takes 4x4 or more; got {image[1]}x{image[2]}")
        channels = 2 * growth
        layers: list[nn.Module] = [nn.Conv2d(image[0], channels, kernel_size=3, padding=1, bias=False)]
        for block in range(3):
            if block:
                layers.append(Transition(channels))
                channels //= 2
            for _ in range(count):
                layers.append(Layer(channels, growth))
                channels += growth
        self.features = nn.Sequential(*layers)
        self.bn = nn.BatchNorm2d(channels)
        self.output = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = F.relu(self.bn(self.features(x)))  # (B, channels, H/4, W/4)
        return self.output(x.mean((2, 3)))  # (B, classes)
