"""The residual networks for CIFAR, of 6 n + 2 layers."""

import functools
from collections.abc import Mapping
from typing import Any, Self

from .. import nn
from ..atomic import FilePath
from ..io import load
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guarded

__all__ = ["ResNet", "resnet20", "resnet32", "resnet44", "resnet56", "resnet110"]


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut past them: y = relu(f(x) + x); `(B, C, H, W) -> (B, planes, H/s, W/s)`."""

    def __init__(self, channels: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.stride = stride
        self.new = planes - channels

    def shortcut(self, x: Tensor) -> Tensor:
        """Option A, which has no parameters: every second pixel, and zeros for the channels that are new."""
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        return F.pad(x, (0, 0, 0, 0, self.new // 2, self.new - self.new // 2)) if self.new else x

    def residual(self, x: Tensor) -> Tensor:
        """What is added to the input: f."""
        return self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))

    def forward(self, x: Tensor) -> Tensor:
        """The residual added to its input."""
        return F.relu(self.residual(x) + self.shortcut(x))


class ResNet(nn.Module):
    """Class scores of small images by a residual network; `(B, C, H, W) -> (B, classes)`.

    A 3x3 convolution, then three stages of n = (depth - 2) / 6 blocks each, on maps of 16, 32 and 64 channels and of
    1, 1/2 and 1/4 of the image's height and width, then the mean over the map, and an affine layer. The names of the
    parameters are those of the checkpoints that are published for CIFAR-10.

    Raises:
        ValueError: the depth is not 6 n + 2 for an n of 1 or more.

    Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2016), section 4.2, shortcut A.
    """

    block: type[Block] = Block

    def __init__(self, image: tuple[int, int, int] = (3, 32, 32), classes: int = 10, depth: int = 20) -> None:
        super().__init__()
        blocks, rest = divmod(depth - 2, 6)
        if rest or blocks < 1:
            raise ValueError(f"a ResNet for CIFAR has 6 n + 2 layers (20, 32, 44, 56, 110 ...), got {depth}")
        self.conv1 = nn.Conv2d(image[0], 16, kernel_size=3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, blocks, stride=1)
        self.layer2 = self.stage(16, 32, blocks, stride=2)
        self.layer3 = self.stage(32, 64, blocks, stride=2)
        self.linear = nn.Linear(64, classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)

    def stage(self, channels: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
        """Blocks on maps of one size; the first takes them to that size."""
        first = self.block(channels, planes, stride)
        return nn.Sequential(first, *[self.block(planes, planes, 1) for _ in range(blocks - 1)])

    def forward(self, x: Tensor) -> Tensor:
        """The scores (logits) of each class."""
        x = F.relu(self.bn1(self.conv1(x)))  # (B, 16, H, W)
        x = self.layer3(self.layer2(self.layer1(x)))  # (B, 64, H/4, W/4)
        return self.linear(x.mean((2, 3)))  # (B, classes)

    @classmethod
    @guarded
    def from_file(cls, path: FilePath) -> Self:
        """The network whose weights are in a file, set to evaluate: a state_dict, or a published checkpoint.

        Such a checkpoint holds it under "state_dict", with `module.` before each name. Inputs of the published networks
        are RGB from 0 to 1, less (0.485, 0.456, 0.406), divided by (0.229, 0.224, 0.225).

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be opened.
        """
        found = load(path)
        found = found.get("state_dict", found) if isinstance(found, Mapping) else {}
        weights: dict[str, Any] = {str(name).removeprefix("module."): x for name, x in found.items()}
        blocks = sum(name.startswith("layer1.") and name.endswith(".conv1.weight") for name in weights)
        try:
            channels, classes = weights["conv1.weight"].shape[1], len(weights["linear.bias"])
            network = cls((channels, 32, 32), classes, 6 * blocks + 2)
            network.load_state_dict(weights)
        except (AttributeError, KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{str(path)!r} holds no ResNet for CIFAR: {error}") from None
        return network.eval()


resnet20 = functools.partial(ResNet, depth=20)
resnet32 = functools.partial(ResNet, depth=32)
resnet44 = functools.partial(ResNet, depth=44)
resnet56 = functools.partial(ResNet, depth=56)
resnet110 = functools.partial(ResNet, depth=110)
