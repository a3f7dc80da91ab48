"""torchvision's VGG networks and AlexNet, with its names of parameters.

Source: Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition" (2015), table 1;
Krizhevsky, "One weird trick for parallelizing convolutional neural networks" (2014).
"""

from collections.abc import Callable, Sequence
from typing import Any

from .... import nn
from ....tensor import Tensor
from .published import WeightsEnum, published, ready

__all__ = [
    "VGG",
    "AlexNet",
    "AlexNet_Weights",
    "VGG11_BN_Weights",
    "VGG11_Weights",
    "VGG13_BN_Weights",
    "VGG13_Weights",
    "VGG16_BN_Weights",
    "VGG16_Weights",
    "VGG19_BN_Weights",
    "VGG19_Weights",
    "alexnet",
    "make_layers",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]

CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


AlexNet_Weights = published("AlexNet_Weights", "alexnet-owt-7be5be79.pth")
VGG11_Weights = published("VGG11_Weights", "vgg11-8a719046.pth")
VGG11_BN_Weights = published("VGG11_BN_Weights", "vgg11_bn-6002323d.pth")
VGG13_Weights = published("VGG13_Weights", "vgg13-19584684.pth")
VGG13_BN_Weights = published("VGG13_BN_Weights", "vgg13_bn-abd245e5.pth")
VGG16_Weights = published("VGG16_Weights", "vgg16-397923af.pth")
VGG16_BN_Weights = published("VGG16_BN_Weights", "vgg16_bn-6c64b313.pth")
VGG19_Weights = published("VGG19_Weights", "vgg19-dcbb9e9d.pth")
VGG19_BN_Weights = published("VGG19_BN_Weights", "vgg19_bn-c79401a0.pth")


def make_layers(cfg: Sequence[int | str], batch_norm: bool = False) -> nn.Sequential:
    """3x3 convolutions of so many channels, with ReLU and, if wanted, batch norm, and max-pooling for each "M"."""
    layers: list[nn.Module] = []
    channels = 3
    for planes in cfg:
        if isinstance(planes, str):
            layers.append(nn.MaxPool2d(2, stride=2))
            continue
        norm = [nn.BatchNorm2d(planes)] if batch_norm else []
        layers += [nn.Conv2d(channels, planes, 3, padding=1), *norm, nn.ReLU(inplace=True)]
        channels = planes
    return nn.Sequential(*layers)


class VGG(nn.Module):
    """Class scores of photographs by convolutions and three affine layers; `(B, 3, H, W) -> (B, num_classes)`."""

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        for module in self.modules() if init_weights else ():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            elif isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, 0, 0.01)
            if isinstance(module, nn.Conv2d | nn.Linear) and module.bias is not None:
                nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class AlexNet(nn.Module):
    """Class scores of photographs by five convolutions and three affine layers; `(B, 3, H, W) -> (B, num_classes)`."""

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: Tensor) -> Any:
        """The scores (logits) of each class."""
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


def of(depth: int, batch_norm: bool, named: type[WeightsEnum]) -> Callable[..., VGG]:
    """The function that makes such a network."""
    layers = [
        size for count, planes in zip(CONVOLUTIONS[depth], CHANNELS, strict=True) for size in ([planes] * count + ["M"])
    ]

    def network(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> VGG:
        """The network, with published weights where they are wanted; the settings are VGG's."""
        return ready(VGG(make_layers(layers, batch_norm), **settings), weights, named, pretrained)

    return network


def alexnet(weights: Any = None, progress: bool = True, pretrained: bool = False, **settings: Any) -> AlexNet:
    """AlexNet, with published weights where they are wanted."""
    return ready(AlexNet(**settings), weights, AlexNet_Weights, pretrained)


vgg11 = of(11, False, VGG11_Weights)
vgg11_bn = of(11, True, VGG11_BN_Weights)
vgg13 = of(13, False, VGG13_Weights)
vgg13_bn = of(13, True, VGG13_BN_Weights)
vgg16 = of(16, False, VGG16_Weights)
vgg16_bn = of(16, True, VGG16_BN_Weights)
vgg19 = of(19, False, VGG19_Weights)
vgg19_bn = of(19, True, VGG19_BN_Weights)
