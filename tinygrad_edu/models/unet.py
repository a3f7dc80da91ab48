"""U-Net: every pixel's class, from what is around it and from where it is."""

from .. import nn
from ..functions.joining import cat
from ..tensor import Tensor

__all__ = ["UNet"]


def double_conv(channels: int, planes: int) -> nn.Sequential:
    """Two 3x3 convolutions that keep height and width, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for given in (channels, planes):
        layers += [nn.Conv2d(given, planes, kernel_size=3, padding=1, bias=False), nn.BatchNorm2d(planes), nn.ReLU()]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """Class scores of each pixel; `(B, C, H, W) -> (B, classes, H, W)`.

    Down `depth` times, each with half the height and width and twice the channels, and up again by transposed
    convolutions, each joined with the maps of its size from the way down. Other than in the paper the convolutions are
    padded, so that the scores are as large as the image, and there is batch norm.

    Raises:
        ValueError: height or width is no multiple of 2^depth.

    Source: Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (2015),
    figure 1.
    """

    def __init__(
        self, image: tuple[int, int, int] = (1, 128, 128), classes: int = 2, width: int = 64, depth: int = 4
    ) -> None:
        super().__init__()
        channels, height, breadth = image
        if height % 2**depth or breadth % 2**depth:
            raise ValueError(f"UNet halves an image {depth} times, which {height}x{breadth} cannot be without rest")
        planes = [width * 2**level for level in range(depth + 1)]
        self.down = nn.ModuleList([double_conv(*sizes) for sizes in zip([channels, *planes], planes, strict=False)])
        self.pool = nn.MaxPool2d(2)
        pairs = list(zip(planes[:0:-1], planes[-2::-1], strict=True))  # (2 n, n), from the bottom up
        self.enlarge = nn.ModuleList([nn.ConvTranspose2d(*pair, kernel_size=2, stride=2) for pair in pairs])
        self.up = nn.ModuleList([double_conv(*pair) for pair in pairs])
        self.output = nn.Conv2d(width, classes, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class at each pixel."""
        passed = []
        for i, level in enumerate(self.down):
            x = level(self.pool(x) if i else x)  # (B, width 2^i, H/2^i, W/2^i)
            passed.append(x)
        for enlarge, level, seen in zip(self.enlarge, self.up, passed[-2::-1], strict=True):
            x = level(cat([seen, enlarge(x)], 1))
        return self.output(x)  # (B, classes, H, W)
