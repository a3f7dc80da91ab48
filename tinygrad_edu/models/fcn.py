"""A fully convolutional network: scores of classes on coarse maps, enlarged to those of each pixel."""

from .. import nn
from ..functions.linear import outer
from ..functions.sequences import arange
from ..grad_mode import no_grad
from ..tensor import Tensor

__all__ = ["FCN"]


def conv(channels: int, planes: int, dilation: int = 1) -> nn.Sequential:
    """A 3x3 convolution that keeps height and width, batch norm, and ReLU."""
    layer = nn.Conv2d(channels, planes, kernel_size=3, padding=dilation, dilation=dilation, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(planes), nn.ReLU())


def enlarging(classes: int, times: int) -> nn.ConvTranspose2d:
    """A transposed convolution that enlarges maps; until it learns better, by bilinear interpolation."""
    layer = nn.ConvTranspose2d(classes, classes, 2 * times, stride=times, padding=times // 2, bias=False)
    ramp = 1 - (arange(2 * times) - times + 0.5).abs() / times
    with no_grad():
        layer.weight.zero_()
        for i in range(classes):
            layer.weight[i, i] = outer(ramp, ramp)
    return layer


class FCN(nn.Module):
    """Class scores of each pixel; `(B, C, H, W) -> (B, classes, H, W)`.

    Five stages of two 3x3 convolutions and max-pooling, in the place of the paper's VGG. The scores on the maps of 1/32
    of the image's height and width are enlarged and added to those on maps of 1/16 and then 1/8: FCN-8s.

    Raises:
        ValueError: height or width is no multiple of 32.

    Source: Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation" (2015), figure 3.
    """

    def __init__(self, image: tuple[int, int, int] = (1, 128, 128), classes: int = 2, width: int = 16) -> None:
        super().__init__()
        channels, height, breadth = image
        if height % 32 or breadth % 32:
            raise ValueError(f"FCN halves an image 5 times, which {height}x{breadth} cannot be without rest")
        planes = (width, 2 * width, 4 * width, 8 * width, 8 * width)
        pairs = zip((channels, *planes), planes, strict=False)
        self.stages = nn.ModuleList([nn.Sequential(conv(*pair), conv(pair[1], pair[1])) for pair in pairs])
        self.pool = nn.MaxPool2d(2)
        self.scores = nn.ModuleList([nn.Conv2d(n, classes, kernel_size=1) for n in planes[2:]])
        self.double5, self.double4 = enlarging(classes, 2), enlarging(classes, 2)
        self.enlarge = enlarging(classes, 8)

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class at each pixel."""
        pooled = []
        for stage in self.stages:
            x = self.pool(stage(x))
            pooled.append(x)
        at8, at16, at32 = [score(y) for score, y in zip(self.scores, pooled[2:], strict=True)]  # (B, classes, H/8, W/8)
        at16 = at16 + self.double5(at32)
        at8 = at8 + self.double4(at16)
        return self.enlarge(at8)  # (B, classes, H, W)
