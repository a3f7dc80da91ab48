"""The networks of the course: their sizes, and that they learn."""

import pytest

from tinygrad_edu import models, nn

PARAMETERS = {  # the image, and what is counted by hand
    "perceptron": ((1, 8, 8), 64 * 10 + 10),
    "mlp": ((1, 28, 28), 784 * 128 + 128 + 128 * 10 + 10),
    "cnn": ((1, 8, 8), 32 * 9 + 32 + 64 * 32 * 9 + 64 + 64 * 4 * 10 + 10),
    # C1 156, and C3 to the output as if C3 saw all maps: 2,416, 48,120, 10,164, 850
    "lenet": ((1, 28, 28), 61_706),
    "resnet": ((3, 32, 32), 269_722),
}


@pytest.mark.parametrize("name", models.MODELS)
def test_parameters_are_counted_by_hand(name):
    image, count = PARAMETERS[name]
    assert sum(p.numel() for p in models.build(name, image).parameters()) == count


def test_lenet_has_the_papers_layers():
    network = models.LeNet()
    kinds = {
        name: type(module) for name, module in network.named_children() if next(module.parameters(), None) is not None
    }
    assert kinds == {"c1": nn.Conv2d, "c3": nn.Conv2d, "c5": nn.Linear, "f6": nn.Linear, "output": nn.Linear}
    assert network.c5.in_features == 16 * 5 * 5
