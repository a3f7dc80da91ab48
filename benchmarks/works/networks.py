"""Networks: a step of training (forward, cross-entropy, backward, SGD), and inference."""

import itertools
from typing import Any

import numpy

from ..work import Array, Network, Program, Work, numbers

__all__ = ["LENET", "RESNET20", "mlp", "works"]


def mlp(hidden: int) -> Network:
    """784, hidden, hidden, 10, with ReLU between."""

    def module(library: Any) -> Any:
        nn = library.nn
        return nn.Sequential(
            nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 10)
        )

    def function(m: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any, w3: Any, b3: Any) -> Any:
        return m.linear(m.relu(m.linear(m.relu(m.linear(x, w1, b1)), w2, b2)), w3, b3)

    return Network(module, function)


def lenet(library: Any) -> Any:
    """LeNet-5 as courses train it, with ReLU and max-pooling."""
    nn = library.nn
    return nn.Sequential(
        *[nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)],
    )


def lenet_function(m: Any, x: Any, *p: Any) -> Any:
    x = m.max_pool2d(m.relu(m.conv2d(x, p[0], p[1], 1, 2)), 2)
    x = m.max_pool2d(m.relu(m.conv2d(x, p[2], p[3])), 2)
    x = m.relu(m.linear(m.reshape(x, (-1, 400)), p[4], p[5]))
    return m.linear(m.relu(m.linear(x, p[6], p[7])), p[8], p[9])


def resnet20(library: Any) -> Any:
    """He et al.'s ResNet-20 for CIFAR-10, with shortcuts without parameters."""
    nn, relu = library.nn, library.relu

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, channels: int, planes: int) -> None:
            super().__init__()
            self.conv1 = nn.Conv2d(channels, planes, 3, planes // channels, padding=1, bias=False)
            self.bn1 = nn.BatchNorm2d(planes)
            self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
            self.bn2 = nn.BatchNorm2d(planes)
            self.new = (planes - channels) // 2

        def forward(self, x: Any) -> Any:
            y = self.bn2(self.conv2(relu(self.bn1(self.conv1(x)))))
            if self.new:
                x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new, self.new))
            return relu(y + x)

    planes = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(*pair) for pair in itertools.pairwise(planes)]
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def unet(library: Any) -> Any:
    """A U-Net of three levels of 16, 32 and 64 channels that gives two scores to each pixel."""
    nn = library.nn

    def double(channels: int, planes: int) -> Any:
        layers = []
        for given in (channels, planes):
            layers += [nn.Conv2d(given, planes, 3, padding=1, bias=False), nn.BatchNorm2d(planes), nn.ReLU()]
        return nn.Sequential(*layers)

    class UNet(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.down = nn.ModuleList([double(1, 16), double(16, 32), double(32, 64)])
            self.enlarge = nn.ModuleList([nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)])
            self.up = nn.ModuleList([double(64, 32), double(32, 16)])
            self.pool, self.output = nn.MaxPool2d(2), nn.Conv2d(16, 2, 1)

        def forward(self, x: Any) -> Any:
            first = self.down[0](x)
            second = self.down[1](self.pool(first))
            x = self.enlarge[0](self.down[2](self.pool(second)))
            x = self.enlarge[1](self.up[0](library.cat([second, x], 1)))
            return self.output(self.up[1](library.cat([first, x], 1)))

    return UNet()


LENET, RESNET20, UNET = Network(lenet, lenet_function), Network(resnet20), Network(unet)


def step(name: str, network: Network, x: Array, classes: Array, goal: float = numpy.nan) -> Work:
    """A step of training; the losses are what must agree."""

    def build(peer: Any) -> Program:
        training, given, wanted = peer.training(network, 0.01), peer.constant(x), peer.constant(classes)
        return lambda: training.step(given, wanted)

    return Work(name + " step", build, goal)


def inference(name: str, network: Network, x: Array) -> Work:
    """The scores of a batch, in evaluation."""
    return Work(name + " inference", lambda peer: peer.inference(network, x))


def works() -> list[Work]:
    source = numpy.random.default_rng(1)
    found = []
    for batch, hidden, goal in ((1, 16, 0.65), (32, 64, 0.7), (64, 256, 1.0), (128, 1024, 1.15)):
        name, classes = f"MLP, batch {batch}, hidden {hidden},", source.integers(0, 10, batch)
        found.append(step(name, mlp(hidden), numbers(batch, 784), classes, goal))
    images, classes = numbers(64, 1, 28, 28), source.integers(0, 10, 64)
    found.append(step("LeNet, batch 64,", LENET, images, classes, 1.3))
    for batch in (1, 32):
        images, classes = numbers(batch, 3, 32, 32), source.integers(0, 10, batch)
        found.append(step(f"ResNet-20, batch {batch},", RESNET20, images, classes, 1.6))
    masks = source.integers(0, 2, (4, 64, 64))
    found.append(step("U-Net, batch 4, 64x64,", UNET, numbers(4, 1, 64, 64), masks))
    return found + [inference(f"ResNet-20, batch {batch},", RESNET20, numbers(batch, 3, 32, 32)) for batch in (1, 64)]
