"""torchvision's residual networks for photographs, with its names of parameters.

Source: He, Zhang, Ren and Sun, "Deep Residual Learning for Image Recognition" (2016), table 1; Xie et al., "Aggregated
Residual Transformations" (2017); Zagoruyko and Komodakis, "Wide Residual Networks" (2016).
"""

from collections.abc import Callable, Sequence
from typing import Any

from .... import nn
from ....tensor import Tensor
from .published import WeightsEnum, published, ready

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNeXt50_32X4D_Weights",
    "ResNeXt101_32X8D_Weights",
    "ResNet",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]

Norm = Callable[..., nn.Module] | None


ResNet18_Weights = published("ResNet18_Weights", "resnet18-f37072fd.pth")
ResNet34_Weights = published("ResNet34_Weights", "resnet34-b627a593.pth")
ResNet50_Weights = published("ResNet50_Weights", "resnet50-0676ba61.pth", "resnet50-11ad3fa6.pth")
ResNet101_Weights = published("ResNet101_Weights", "resnet101-63fe2227.pth", "resnet101-cd907fc2.pth")
ResNet152_Weights = published("ResNet152_Weights", "resnet152-394f9c45.pth", "resnet152-f82ba261.pth")
ResNeXt50_32X4D_Weights = published(
    "ResNeXt50_32X4D_Weights", "resnext50_32x4d-7cdf4587.pth", "resnext50_32x4d-1a0047aa.pth"
)
ResNeXt101_32X8D_Weights = published(
    "ResNeXt101_32X8D_Weights", "resnext101_32x8d-8ba56ff5.pth", "resnext101_32x8d-110c445d.pth"
)
Wide_ResNet50_2_Weights = published(
    "Wide_ResNet50_2_Weights", "wide_resnet50_2-95faca4d.pth", "wide_resnet50_2-9ba9bcbe.pth"
)
Wide_ResNet101_2_Weights = published(
    "Wide_ResNet101_2_Weights", "wide_resnet101_2-32ee1156.pth", "wide_resnet101_2-d733dc28.pth"
)


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the map's size at stride 1."""
    return nn.Conv2d(in_planes, out_planes, 3, stride, dilation, dilation, groups, bias=False)


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution."""
    return nn.Conv2d(in_planes, out_planes, 1, stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut: y = relu(f(x) + x).

    Raises:
        ValueError: it has groups, another width or a dilation, which only a Bottleneck has.
    """

    expansion = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm = None,
    ) -> None:
        super().__init__()
        if (groups, base_width, dilation) != (1, 64, 1):
            raise ValueError("BasicBlock has one group, a width of 64 and no dilation; take Bottleneck")
        norm = norm_layer or nn.BatchNorm2d
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm(planes)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: Tensor) -> Any:
        """`(B, C, H, W) -> (B, planes, H/s, W/s)`."""
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + identity)


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolutions, the middle ones of fewer channels, and a shortcut; the 3x3 has the stride."""

    expansion = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Norm = None,
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample, self.stride = downsample, stride

    def forward(self, x: Tensor) -> Any:
        """`(B, C, H, W) -> (B, 4 planes, H/s, W/s)`."""
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.relu(self.bn3(self.conv3(out)) + identity)


class ResNet(nn.Module):
    """Class scores of photographs by four stages of blocks; `(B, 3, H, W) -> (B, num_classes)`.

    A stage for which `replace_stride_with_dilation` is set keeps its map's size, and its kernels span more instead.
    """

    def __init__(
        self,
        block: type[BasicBlock | Bottleneck],
        layers: Sequence[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: Sequence[bool] | None = None,
        norm_layer: Norm = None,
    ) -> None:
        super().__init__()
        self._norm_layer: Any = norm_layer or nn.BatchNorm2d
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        dilated = replace_stride_with_dilation or (False, False, False)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], 2, dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], 2, dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], 2, dilated[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif zero_init_residual and isinstance(module, BasicBlock | Bottleneck):
                last: Any = module.bn3 if isinstance(module, Bottleneck) else module.bn2
                nn.init.zeros_(last.weight)

    def _make_layer(
        self, block: type[BasicBlock | Bottleneck], planes: int, blocks: int, stride: int = 1, dilate: bool = False
    ) -> nn.Sequential:
        """A stage: blocks of which the first has the stride."""
        norm, before, out = self._norm_layer, self.dilation, planes * block.expansion
        if dilate:
            self.dilation, stride = self.dilation * stride, 1
        downsample = None
        if stride != 1 or self.inplanes != out:
            downsample = nn.Sequential(conv1x1(self.inplanes, out, stride), norm(out))
        settings = self.groups, self.base_width
        stage: list[nn.Module] = [block(self.inplanes, planes, stride, downsample, *settings, before, norm)]
        self.inplanes = out
        stage += [block(out, planes, 1, None, *settings, self.dilation, norm) for _ in range(1, blocks)]
        return nn.Sequential(*stage)

    def _forward_impl(self, x: Tensor) -> Any:
        """What forward gives."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))  # (B, 64, H/4, W/4)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))  # (B, C, H/32, W/32)
        return self.fc(self.avgpool(x).flatten(1))

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        return self._forward_impl(x)


def of(
    block: type[BasicBlock | Bottleneck], layers: Sequence[int], named: type[WeightsEnum], **fixed: Any
) -> Callable[..., ResNet]:
    """The function that makes such a network."""

    def network(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> ResNet:
        """The network, with published weights where they are wanted; the settings are ResNet's."""
        return ready(ResNet(block, layers, **{**fixed, **settings}), weights, named, pretrained)

    return network


resnet18 = of(BasicBlock, [2, 2, 2, 2], ResNet18_Weights)
resnet34 = of(BasicBlock, [3, 4, 6, 3], ResNet34_Weights)
resnet50 = of(Bottleneck, [3, 4, 6, 3], ResNet50_Weights)
resnet101 = of(Bottleneck, [3, 4, 23, 3], ResNet101_Weights)
resnet152 = of(Bottleneck, [3, 8, 36, 3], ResNet152_Weights)
resnext50_32x4d = of(Bottleneck, [3, 4, 6, 3], ResNeXt50_32X4D_Weights, groups=32, width_per_group=4)
resnext101_32x8d = of(Bottleneck, [3, 4, 23, 3], ResNeXt101_32X8D_Weights, groups=32, width_per_group=8)
wide_resnet50_2 = of(Bottleneck, [3, 4, 6, 3], Wide_ResNet50_2_Weights, width_per_group=128)
wide_resnet101_2 = of(Bottleneck, [3, 4, 23, 3], Wide_ResNet101_2_Weights, width_per_group=128)
