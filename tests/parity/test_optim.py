"""Our optimizers beside PyTorch's: the same trajectories, and states that either can go on from."""

import copy
import itertools

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

STEPS = 50

SETTINGS = {
    "SGD": [
        {"lr": 0.01, "momentum": m, "dampening": d, "weight_decay": w, "nesterov": n, "maximize": up}
        for m, d, w, n, up in itertools.product((0, 0.9), (0, 0.3), (0, 0.1), (False, True), (False, True))
        if not n or (m and not d)
    ],
    "Adam": [
        {"lr": 0.01, "betas": b, "eps": e, "weight_decay": w, "amsgrad": a, "maximize": up}
        for b, e, w, a, up in itertools.product(
            ((0.9, 0.999), (0.3, 0.6), (0.0, 0.0)), (1e-8, 1e-3), (0, 0.1), (False, True), (False, True)
        )
    ],
}
CASES = [pytest.param(name, settings, id=f"{name} {settings}") for name in SETTINGS for settings in SETTINGS[name]]


class Race:
    """The same network in both libraries, with the same data in the same order."""

    def __init__(self, library, dtype):
        self.tensor = tg.tensor if library is nn else torch.tensor
        self.dtype = dtype
        self.rng = np.random.default_rng(0)
        shapes = [(5, 4), (5,), (1, 5)]
        self.w1, self.b1, self.w2 = self.parameters = [library.Parameter(self.draw(*shape)) for shape in shapes]

    def draw(self, *shape):
        return self.tensor(self.rng.standard_normal(shape).astype(self.dtype))

    def run(self, optimizer, steps):
        way = []
        for _ in range(steps):
            x = self.draw(8, 4)
            optimizer.zero_grad()
            y = ((x @ self.w1.T + self.b1).tanh() @ self.w2.T).tanh()  # bounded, for those that walk up
            ((y - x[:, :1]) ** 2).mean().backward()
            optimizer.step()
            way.append(np.concatenate([p.detach().numpy().reshape(-1) for p in self.parameters]))
        return np.array(way)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_trajectory_is_pytorchs(name, settings):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 2e-5)):
        mine, reference = Race(nn, dtype), Race(torch.nn, dtype)
        way = mine.run(getattr(optim, name)(mine.parameters, **settings), STEPS)
        expected = reference.run(getattr(torch.optim, name)(reference.parameters, **settings), STEPS)
        # a coordinate may pass through 0, where only its distance to the others' size says something
        np.testing.assert_allclose(way, expected, rtol=tolerance, atol=tolerance)


def as_torch(state):
    if isinstance(state, tg.Tensor):
        return torch.tensor(state.numpy())
    if isinstance(state, dict):
        return {key: as_torch(value) for key, value in state.items()}
    return [as_torch(value) for value in state] if isinstance(state, list) else state


def as_ours(state):
    if isinstance(state, torch.Tensor):
        return tg.tensor(state.numpy())
    if isinstance(state, dict):
        return {key: as_ours(value) for key, value in state.items()}
    return [as_ours(value) for value in state] if isinstance(state, list) else state


RESUMED = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
]


@pytest.mark.parametrize(("name", "settings"), RESUMED, ids=str)
def test_either_goes_on_from_the_others_state(name, settings):
    mine, reference = Race(nn, np.float64), Race(torch.nn, np.float64)
    optimizer = getattr(optim, name)(mine.parameters, **settings)
    expected_optimizer = getattr(torch.optim, name)(reference.parameters, **settings)
    mine.run(optimizer, 5)
    reference.run(expected_optimizer, 5)
    state, expected_state = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(expected_optimizer.state_dict())
    assert state["state"].keys() == expected_state["state"].keys()
    for key, entry in expected_state["state"].items():
        assert state["state"][key].keys() == entry.keys()
        for part, value in entry.items():
            found = state["state"][key][part]
            assert (found.shape, f"torch.{found.dtype}") == (tuple(value.shape), str(value.dtype)), part
    (group,), (expected_group,) = state["param_groups"], expected_state["param_groups"]
    assert group.items() <= expected_group.items()

    optimizer = getattr(optim, name)(mine.parameters, lr=9.0)
    optimizer.load_state_dict(as_ours(expected_state))
    expected_optimizer = getattr(torch.optim, name)(reference.parameters, lr=9.0)
    expected_optimizer.load_state_dict(as_torch(state))
    np.testing.assert_allclose(mine.run(optimizer, 10), reference.run(expected_optimizer, 10), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(
    "act",
    [
        lambda optim, p: optim.SGD([]),
        lambda optim, p: optim.SGD([p * 2]),
        lambda optim, p: optim.SGD(p),
        lambda optim, p: optim.SGD([1]),
        lambda optim, p: optim.SGD([{"params": [p]}, {"params": [p]}]),
        lambda optim, p: optim.SGD([{"params": {p}}]),
        lambda optim, p: optim.SGD([p], lr=-1),
        lambda optim, p: optim.SGD([p], nesterov=True),
        lambda optim, p: optim.Adam([p], betas=(1.0, 0.9)),
        lambda optim, p: optim.Adam([p], eps=-1.0),
        lambda optim, p: optim.Adam([p]).load_state_dict(optim.Adam([{"params": []}]).state_dict()),
    ],
)
def test_the_same_is_refused_with_the_same_error(act):
    with pytest.raises((ValueError, TypeError)) as expected:
        act(torch.optim, torch.nn.Parameter(torch.ones(2)))
    with pytest.raises(expected.type):
        act(optim, nn.Parameter(tg.ones(2)))
