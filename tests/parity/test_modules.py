"""Modules beside PyTorch's, one row each: what shows, from the same weights (see modules.py)."""

import numpy as np
import pytest

from .modules import hold_module

MODULES = {
    "linear": (lambda nn: nn.Linear(6, 4), (3, 6)),
    "conv": (lambda nn: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2, False), (2, 4, 9, 8)),
    "pool": (lambda nn: nn.MaxPool2d((3, 2), 2, 1, (1, 2), ceil_mode=True), (2, 3, 9, 8)),
    "relu in place": (lambda nn: nn.ReLU(inplace=True), (3, 4)),
}


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    make, shape = MODULES[name]
    hold_module(make, np.random.default_rng(0).standard_normal(shape))
