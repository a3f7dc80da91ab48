"""Dropouts beside PyTorch's: what does not depend on chance, and, of what does, the values that occur and how often."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn

from .compare import hold
from .modules import hold_module

NAMES = ["dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]
SHAPES = {"dropout1d": (40, 30, 5), "dropout2d": (40, 30, 2, 3), "dropout3d": (40, 30, 2, 1, 3)}


@pytest.mark.parametrize("name", NAMES)
def test_certain(name):
    x = np.random.default_rng(0).standard_normal(SHAPES.get(name, (4, 3, 2)))
    for p, training, inplace in ((0.5, False, False), (0.0, True, False), (1.0, True, False), (1.0, True, True)):
        hold(lambda m, x, *rest: getattr(m.nn.functional, name)(x * 1, *rest), x, p, training, inplace)


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_values_and_how_often(name, inplace):
    shape = SHAPES.get(name, (40, 30, 5))
    tg.manual_seed(1)
    torch.manual_seed(1)
    found = []
    for m in (tg, torch):
        x = m.ones(*shape, dtype=m.float64).requires_grad_()
        y = getattr(m.nn.functional, name)(x * 1, 0.3, True, inplace)
        y.sum().backward()
        found.append((y.detach().numpy(), x.grad.numpy()))
    (ours, slope), (theirs, slope_of_theirs) = found
    for a, b in ((ours, theirs), (slope, slope_of_theirs)):
        np.testing.assert_allclose(np.unique(a), np.unique(b), 1e-12, 1e-12)
    assert abs((ours == ours.min()).mean() - 0.3) < 0.06  # four standard deviations of 1,200 draws are 0.053
    whole = name not in ("dropout", "alpha_dropout")
    constant = (ours.reshape(40, 30, -1) == ours.reshape(40, 30, -1)[:, :, :1]).all()
    assert constant == whole


@pytest.mark.filterwarnings("ignore:(dropout[23]d|Received):UserWarning")
@pytest.mark.parametrize("name", NAMES)
def test_shapes_that_both_take_or_refuse(name):
    for shape in ((), (3,), (2, 3), (2, 3, 4), (2, 3, 4, 2), (2, 3, 1, 2, 2), (0, 3)):
        hold(lambda m, x: getattr(m.nn.functional, name)(x, 0.5, True).shape[:], np.ones(shape), backward=False)
    for p in (-0.1, 1.5, float("nan")):
        hold(lambda m, x, p: getattr(m.nn.functional, name)(x, p, True), np.ones((2, 3, 4)), p, lenient=p != p)
    hold(lambda m, x: getattr(m.nn.functional, name)(x, 0.5, True), np.ones((2, 3, 4), int))


@pytest.mark.parametrize(
    "make",
    [
        lambda nn: nn.Dropout(0.3),
        lambda nn: nn.Dropout1d(1.0),
        lambda nn: nn.Dropout2d(0.3, inplace=True),
        lambda nn: nn.Dropout3d(1.0),
        lambda nn: nn.AlphaDropout(0.3),
        lambda nn: nn.FeatureAlphaDropout(inplace=True),
    ],
)
def test_module(make):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    module = make(nn)
    if isinstance(module, nn.Dropout2d):
        x = x[..., None]
    if isinstance(module, nn.Dropout3d):
        x = x[..., None, None]
    hold_module(make, x, training=module.p == 1.0)
