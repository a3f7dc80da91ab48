"""torchvision's densely connected networks, with its names of parameters.

Source: Huang, Liu, van der Maaten and Weinberger, "Densely Connected Convolutional Networks" (2017), table 1.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .... import nn
from ....functions.joining import cat
from ....nn import functional as F
from ....tensor import Tensor
from .published import WeightsEnum, published, ready

__all__ = [
    "DenseNet",
    "DenseNet121_Weights",
    "DenseNet161_Weights",
    "DenseNet169_Weights",
    "DenseNet201_Weights",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
]


DenseNet121_Weights = published("DenseNet121_Weights", "densenet121-a639ec97.pth")
DenseNet161_Weights = published("DenseNet161_Weights", "densenet161-8d451a50.pth")
DenseNet169_Weights = published("DenseNet169_Weights", "densenet169-b2777c0a.pth")
DenseNet201_Weights = published("DenseNet201_Weights", "densenet201-c1103571.pth")


class DenseLayer(nn.Module):
    """Batch norm, ReLU and a 1x1 convolution, then batch norm, ReLU and a 3x3 one, of all maps before."""

    def __init__(self, num_input_features: int, growth_rate: int, bn_size: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(num_input_features)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(num_input_features, bn_size * growth_rate, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(bn_size * growth_rate)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(bn_size * growth_rate, growth_rate, 3, padding=1, bias=False)
        self.drop_rate = drop_rate

    def forward(self, input: Tensor | Sequence[Tensor]) -> Any:
        """The new maps; `(B, C, H, W) -> (B, growth_rate, H, W)`."""
        x = input if isinstance(input, Tensor) else cat(list(input), 1)
        x = self.conv2(self.relu2(self.norm2(self.conv1(self.relu1(self.norm1(x))))))
        return F.dropout(x, self.drop_rate, self.training) if self.drop_rate else x


class DenseBlock(nn.ModuleDict):
    """Layers of which each takes the maps of all before it."""

    def __init__(
        self, num_layers: int, num_input_features: int, bn_size: int, growth_rate: int, drop_rate: float
    ) -> None:
        super().__init__()
        for number in range(num_layers):
            channels = num_input_features + number * growth_rate
            self.add_module(f"denselayer{number + 1}", DenseLayer(channels, growth_rate, bn_size, drop_rate))

    def forward(self, init_features: Tensor) -> Any:
        """All maps."""
        maps = [init_features]
        for layer in self.values():
            maps.append(layer(maps))
        return cat(maps, 1)


class Transition(nn.Sequential):
    """Fewer and smaller maps: batch norm, ReLU, a 1x1 convolution and the means of 2x2 pixels."""

    def __init__(self, num_input_features: int, num_output_features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(num_input_features)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(num_input_features, num_output_features, 1, bias=False)
        self.pool = nn.AvgPool2d(2, stride=2)


class DenseNet(nn.Module):
    """Class scores of photographs by four dense blocks; `(B, 3, H, W) -> (B, num_classes)`."""

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: Sequence[int] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        layers: dict[str, nn.Module] = OrderedDict(
            conv0=nn.Conv2d(3, num_init_features, 7, stride=2, padding=3, bias=False),
            norm0=nn.BatchNorm2d(num_init_features),
            relu0=nn.ReLU(inplace=True),
            pool0=nn.MaxPool2d(3, stride=2, padding=1),
        )
        channels = num_init_features
        for number, count in enumerate(block_config, 1):
            layers[f"denseblock{number}"] = DenseBlock(count, channels, bn_size, growth_rate, drop_rate)
            channels += count * growth_rate
            if number < len(block_config):
                layers[f"transition{number}"] = Transition(channels, channels // 2)
                channels //= 2
        layers["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(layers)
        self.classifier = nn.Linear(channels, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight)
            elif isinstance(module, nn.Linear):
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        maps = F.relu(self.features(x), inplace=True)
        return self.classifier(F.adaptive_avg_pool2d(maps, (1, 1)).flatten(1))


def named_since(weights: Mapping[str, Any]) -> dict[str, Any]:
    """The published weights under the names of today: `norm1` for `norm.1`, and so on."""
    parts = {f"{kind}.{number}": f"{kind}{number}" for kind in ("norm", "relu", "conv") for number in (1, 2)}
    renamed = {}
    for name, value in weights.items():
        for old, new in parts.items():
            name = name.replace(old, new) if "denselayer" in name else name
        renamed[name] = value
    return renamed


def of(growth: int, blocks: Sequence[int], first: int, named: type[WeightsEnum]) -> Callable[..., DenseNet]:
    """The function that makes such a network."""

    def network(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> DenseNet:
        """The network, with published weights where they are wanted; the settings are DenseNet's."""
        made = DenseNet(growth, blocks, first, **settings)
        return ready(made, weights, named, pretrained, named_since)

    return network


densenet121 = of(32, (6, 12, 24, 16), 64, DenseNet121_Weights)
densenet161 = of(48, (6, 12, 36, 24), 96, DenseNet161_Weights)
densenet169 = of(32, (6, 12, 32, 32), 64, DenseNet169_Weights)
densenet201 = of(32, (6, 12, 48, 32), 64, DenseNet201_Weights)
