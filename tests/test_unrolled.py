"""Optimizers as functions: the steps of the others, and hyper-gradients against finite differences."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim.unrolled import adam, sgd

START = [-0.5, 1.0, 0.3]


def bowl(x):
    return (x[0] - 1) ** 2 + 3 * (x[1] - x[0]) ** 2 + x[2].cos()


def unrolled(step, steps, **settings):
    """The parameter after some steps; everything in the graph."""
    params, state = [tg.tensor(START, dtype=tg.float64, requires_grad=True)], None
    for _ in range(steps):
        grads = tg.autograd.grad(bowl(params[0]), params, create_graph=True)
        params, state = step(params, grads, state, **settings)
    return params[0]


@pytest.mark.parametrize(
    ("step", "kind", "settings"),
    [
        (sgd, optim.SGD, {"lr": 0.05}),
        (sgd, optim.SGD, {"lr": 0.02, "momentum": 0.8, "weight_decay": 0.1}),
        (adam, optim.Adam, {"lr": 0.05}),
        (adam, optim.Adam, {"lr": 0.02, "betas": (0.6, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ],
)
def test_the_steps_are_those_of_the_optimizer(step, kind, settings):
    x = nn.Parameter(tg.tensor(START, dtype=tg.float64))
    optimizer = kind([x], **settings)
    for _ in range(10):
        optimizer.zero_grad()
        bowl(x).backward()
        optimizer.step()
    found = unrolled(step, 10, **settings)
    np.testing.assert_allclose(found.detach().numpy(), x.detach().numpy(), rtol=1e-12)


SETTINGS = {
    sgd: {"lr": 0.05, "momentum": 0.7, "weight_decay": 0.1},
    adam: {"lr": 0.05, "eps": 1e-2, "weight_decay": 0.1},
}


@pytest.mark.parametrize(("step", "name"), [(step, name) for step in SETTINGS for name in SETTINGS[step]])
def test_the_hyper_gradient_of_a_setting_is_the_finite_difference(step, name):
    def outer(value):
        return bowl(unrolled(step, 5, **{**SETTINGS[step], name: value}))

    value = tg.tensor(SETTINGS[step][name], dtype=tg.float64, requires_grad=True)
    (slope,) = tg.autograd.grad(outer(value), value)
    h = 1e-6
    difference = (outer(value.item() + h) - outer(value.item() - h)).item() / (2 * h)
    assert slope.item() == pytest.approx(difference, rel=1e-6)
    assert tg.autograd.gradgradcheck(outer, [value])


def test_the_hyper_gradients_of_the_betas():
    def outer(*betas):
        return bowl(unrolled(adam, 4, lr=0.05, betas=betas, eps=1e-3))

    betas = [tg.tensor(beta, dtype=tg.float64, requires_grad=True) for beta in (0.7, 0.8)]
    slopes = tg.autograd.grad(outer(*betas), betas)
    h = 1e-6
    differences = [outer(0.7 + h, 0.8) - outer(0.7 - h, 0.8), outer(0.7, 0.8 + h) - outer(0.7, 0.8 - h)]
    for slope, difference in zip(slopes, differences, strict=True):
        assert slope.item() == pytest.approx(difference.item() / (2 * h), rel=1e-6)


def test_a_rate_learns_by_its_hyper_gradient():
    rate = nn.Parameter(tg.tensor(0.001, dtype=tg.float64))
    outer = optim.Adam([rate], lr=0.01)
    losses = []
    for _ in range(20):
        outer.zero_grad()
        loss = bowl(unrolled(sgd, 5, lr=rate))
        loss.backward()
        outer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.4 * losses[0]


def test_an_element_without_a_gradient_has_no_nan():
    lr = tg.tensor(0.1, requires_grad=True)
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    params, state = [x], None
    for _ in range(3):
        grads = tg.autograd.grad((params[0] * tg.tensor([1.0, 0.0])).square().sum(), params, create_graph=True)
        params, state = adam(params, grads, state, lr=lr)
    slopes = tg.autograd.grad(params[0].sum(), [lr, x])
    assert all(slope.isfinite().all() for slope in slopes)
    assert params[0][1].item() == 2


@pytest.mark.parametrize("step", [sgd, adam])
def test_as_many_gradients_as_parameters(step):
    with pytest.raises(ValueError, match="1 parameters and 2 gradients"):
        step([tg.ones(1)], [tg.ones(1), tg.ones(1)], lr=0.1)
