"""torchvision's networks of few parameters, SqueezeNet and MobileNetV2, with its names of parameters.

Source: Iandola et al., "SqueezeNet" (2016), table 1; Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2" (2018),
table 2.
"""

from collections.abc import Callable, Sequence
from typing import Any

from .... import nn
from ....functions.joining import cat
from ....tensor import Tensor
from ..ops import Conv2dNormActivation
from .published import published, ready

__all__ = [
    "InvertedResidual",
    "MobileNetV2",
    "MobileNet_V2_Weights",
    "SqueezeNet",
    "SqueezeNet1_0_Weights",
    "SqueezeNet1_1_Weights",
    "mobilenet_v2",
    "squeezenet1_0",
    "squeezenet1_1",
]


SqueezeNet1_0_Weights = published("SqueezeNet1_0_Weights", "squeezenet1_0-b66bff10.pth")
SqueezeNet1_1_Weights = published("SqueezeNet1_1_Weights", "squeezenet1_1-b8a52dc0.pth")
MobileNet_V2_Weights = published("MobileNet_V2_Weights", "mobilenet_v2-b0353104.pth", "mobilenet_v2-7ebf99e0.pth")


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 ones beside each other."""

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, 1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, 1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, 3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Any:
        """The channels of both."""
        x = self.squeeze_activation(self.squeeze(x))
        return cat([self.expand1x1_activation(self.expand1x1(x)), self.expand3x3_activation(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """Class scores of photographs by eight Fires; `(B, 3, H, W) -> (B, num_classes)`.

    Raises:
        ValueError: the version is neither "1_0" nor "1_1".
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        if version not in {"1_0", "1_1"}:
            raise ValueError(f'SqueezeNet has the versions "1_0" and "1_1", got {version!r}')
        self.num_classes = num_classes
        first = nn.Conv2d(3, 96, 7, stride=2) if version == "1_0" else nn.Conv2d(3, 64, 3, stride=2)
        pooled_before = {0, 3, 7} if version == "1_0" else {0, 2, 4}
        layers: list[nn.Module] = [first, nn.ReLU(inplace=True)]
        channels = first.out_channels
        for number, (few, many) in enumerate(
            [(16, 64), (16, 64), *[(32, 128)] * 2, *[(48, 192)] * 2, *[(64, 256)] * 2]
        ):
            if number in pooled_before:
                layers.append(nn.MaxPool2d(3, stride=2, ceil_mode=True))
            layers.append(Fire(channels, few, many, many))
            channels = 2 * many
        self.features = nn.Sequential(*layers)
        final = nn.Conv2d(512, num_classes, 1)
        pool = nn.AdaptiveAvgPool2d((1, 1))
        self.classifier = nn.Sequential(nn.Dropout(dropout), final, nn.ReLU(inplace=True), pool)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                if module is final:
                    nn.init.normal_(module.weight, 0, 0.01)
                else:
                    nn.init.kaiming_uniform_(module.weight)
                assert module.bias is not None
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        return self.classifier(self.features(x)).flatten(1)


class InvertedResidual(nn.Module):
    """1x1 to more channels, 3x3 of each channel alone, 1x1 to few; added to the input where the shapes agree."""

    def __init__(
        self, inp: int, oup: int, stride: int, expand_ratio: int, norm_layer: Callable[..., nn.Module] | None = None
    ) -> None:
        super().__init__()
        norm = norm_layer or nn.BatchNorm2d
        hidden = round(inp * expand_ratio)
        wide = Conv2dNormActivation(inp, hidden, 1, norm_layer=norm, activation_layer=nn.ReLU6)
        self.conv = nn.Sequential(
            *([wide] if expand_ratio != 1 else []),
            Conv2dNormActivation(hidden, hidden, 3, stride, groups=hidden, norm_layer=norm, activation_layer=nn.ReLU6),
            nn.Conv2d(hidden, oup, 1, bias=False),
            norm(oup),
        )
        self.stride, self.out_channels, self.use_res_connect = stride, oup, stride == 1 and inp == oup

    def forward(self, x: Tensor) -> Any:
        """`(B, inp, H, W) -> (B, oup, H/s, W/s)`."""
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


# how often as many channels as the input's, the channels, how many such blocks, the first one's stride
BLOCKS = [
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
]


def divisible(channels: float, by: int) -> int:
    """The nearest multiple, which is not below nine tenths of what is asked."""
    found = max(by, int(channels + by / 2) // by * by)
    return found + by if found < 0.9 * channels else found


class MobileNetV2(nn.Module):
    """Class scores of photographs by blocks of separable convolutions; `(B, 3, H, W) -> (B, num_classes)`."""

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: Sequence[Sequence[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        norm, kind = norm_layer or nn.BatchNorm2d, block or InvertedResidual
        channels = divisible(32 * width_mult, round_nearest)
        self.last_channel = divisible(1280 * max(1.0, width_mult), round_nearest)
        settings: Any = {"norm_layer": norm, "activation_layer": nn.ReLU6}
        layers: list[nn.Module] = [Conv2dNormActivation(3, channels, 3, 2, **settings)]
        for ratio, planes, count, stride in inverted_residual_setting or BLOCKS:
            out = divisible(planes * width_mult, round_nearest)
            for number in range(count):
                layers.append(kind(channels, out, stride if number == 0 else 1, ratio, norm_layer=norm))
                channels = out
        layers.append(Conv2dNormActivation(channels, self.last_channel, 1, **settings))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(self.last_channel, num_classes))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        return self.classifier(self.features(x).mean((2, 3)))


def squeezenet1_0(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> SqueezeNet:
    """SqueezeNet as it was published, with weights where they are wanted."""
    return ready(SqueezeNet("1_0", **settings), weights, SqueezeNet1_0_Weights, pretrained)


def squeezenet1_1(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> SqueezeNet:
    """SqueezeNet with less than half of the work, with weights where they are wanted."""
    return ready(SqueezeNet("1_1", **settings), weights, SqueezeNet1_1_Weights, pretrained)


def mobilenet_v2(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> MobileNetV2:
    """MobileNetV2, with published weights where they are wanted."""
    return ready(MobileNetV2(**settings), weights, MobileNet_V2_Weights, pretrained)
