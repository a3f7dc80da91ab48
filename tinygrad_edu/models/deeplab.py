"""DeepLab: dilated convolutions see far around each pixel without making the map smaller."""

from .. import nn
from ..functions.joining import cat
from ..nn import functional as F
from ..tensor import Tensor
from .fcn import conv

__all__ = ["DeepLab"]


class ASPP(nn.Module):
    """Atrous spatial pyramid pooling: convolutions of several dilations side by side; `(B, C, H, W) -> (B, P, H, W)`.

    Beside them are a 1x1 convolution and the mean over the whole image; another 1x1 convolution joins them all.
    """

    def __init__(self, channels: int, planes: int, rates: tuple[int, ...]) -> None:
        super().__init__()
        self.point = nn.Conv2d(channels, planes, kernel_size=1)
        self.whole = nn.Conv2d(channels, planes, kernel_size=1)
        self.dilated = nn.ModuleList([conv(channels, planes, rate) for rate in rates])
        self.join = nn.Conv2d((2 + len(rates)) * planes, planes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """What is at each pixel, near it, farther away, and in all of the image."""
        whole = F.relu(self.whole(x.mean((2, 3), keepdim=True))).expand(-1, -1, *x.shape[2:])
        parts = [F.relu(self.point(x)), *[dilated(x) for dilated in self.dilated], whole]
        return F.relu(self.join(cat(parts, 1)))


class DeepLab(nn.Module):
    """Class scores of each pixel; `(B, C, H, W) -> (B, classes, H, W)`.

    Two stages with max-pooling, and two that have dilation 2 and 4 in its place, so that maps stay at 1/4 of the
    image's height and width; then ASPP, and bilinear interpolation. This is in the place of the paper's ResNet-101.

    Raises:
        ValueError: the image is smaller than 4x4.

    Source: Chen, Papandreou, Schroff and Adam, "Rethinking Atrous Convolution for Semantic Image Segmentation" (2017),
    figure 5.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (1, 128, 128),
        classes: int = 2,
        width: int = 16,
        rates: tuple[int, ...] = (3, 6, 9),
    ) -> None:
        super().__init__()
        channels, height, breadth = image
        if min(height, breadth) < 4:
            raise ValueError(f"DeepLab halves an image twice, so it takes 4x4 or more; got {height}x{breadth}")
        self.features = nn.Sequential(
            conv(channels, width),
            conv(width, width),
            nn.MaxPool2d(2),
            conv(width, 2 * width),
            conv(2 * width, 2 * width),
            nn.MaxPool2d(2),
            conv(2 * width, 4 * width, dilation=2),
            conv(4 * width, 4 * width, dilation=2),
            conv(4 * width, 8 * width, dilation=4),
            conv(8 * width, 8 * width, dilation=4),
        )
        self.aspp = ASPP(8 * width, 4 * width, rates)
        self.output = nn.Conv2d(4 * width, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class at each pixel."""
        y = self.output(self.aspp(self.features(x)))  # (B, classes, H/4, W/4)
        return F.interpolate(y, x.shape[2:], mode="bilinear")  # (B, classes, H, W)
