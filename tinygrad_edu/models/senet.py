"""Squeeze-and-excitation: residual networks whose channels are weighed by what is in the whole image."""

from .. import nn
from ..nn import functional as F
from ..tensor import Tensor
from .resnet import Block, ResNet

__all__ = ["SENet"]

# How many times fewer numbers there are between squeeze and excitation: with the paper's 16, a stage of 16 channels
# would have one, whose ReLU is as likely as not 0 for every image.
REDUCTION = 4


class SEBlock(Block):
    r"""A residual block with $y_c = s_c\,f_c(x)$, where $s = \sigma(W_2\,\mathrm{relu}(W_1\,\mathrm{mean}(f(x))))$."""

    def __init__(self, channels: int, planes: int, stride: int) -> None:
        super().__init__(channels, planes, stride)
        self.fc1 = nn.Linear(planes, planes // REDUCTION)
        self.fc2 = nn.Linear(planes // REDUCTION, planes)

    def residual(self, x: Tensor) -> Tensor:
        """What is added to the input, each channel weighed."""
        y = super().residual(x)  # (B, C, H, W)
        squeezed = y.mean((2, 3))  # (B, C)
        excited = self.fc2(F.relu(self.fc1(squeezed))).sigmoid()  # (B, C)
        return y * excited[:, :, None, None]


class SENet(ResNet):
    """Class scores of small images by a residual network with squeeze-and-excitation; `(B, C, H, W) -> (B, classes)`.

    Source: Hu, Shen and Sun, "Squeeze-and-Excitation Networks" (2018), section 3 and figure 3.
    """

    block = SEBlock
