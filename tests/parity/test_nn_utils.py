"""nn.utils beside PyTorch's: vectors of parameters, norms of gradients, weights that are computed before each call."""

import math
import pickle
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn

from .compare import hold
from .modules import hold_module


def test_parameters_as_a_vector():
    mine, reference = nn.Linear(3, 2), torch.nn.Linear(3, 2)
    vector = np.arange(8.0, dtype=np.float32)
    nn.utils.vector_to_parameters(tg.tensor(vector), mine.parameters())
    torch.nn.utils.vector_to_parameters(torch.tensor(vector), reference.parameters())
    for p, q in zip(mine.parameters(), reference.parameters(), strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())
    np.testing.assert_array_equal(nn.utils.parameters_to_vector(mine.parameters()).detach().numpy(), vector)


@pytest.mark.parametrize("order", [1, 2, 3.5, math.inf])
def test_total_norm(order):
    hold(lambda m, x, y: m.nn.utils.get_total_norm([x, y], order), np.arange(6.0).reshape(2, 3) - 2, np.array([3.0]))


COMPUTED = {
    "weight_norm": lambda nn: nn.utils.weight_norm(nn.Linear(4, 3)),
    "weight_norm, conv": lambda nn: nn.utils.weight_norm(nn.Conv2d(4, 3, 2), dim=1),
    "weight_norm, last": lambda nn: nn.utils.weight_norm(nn.Linear(4, 3), dim=-2),
    "weight_norm, whole": lambda nn: nn.utils.weight_norm(nn.Linear(4, 3), dim=None),
    "spectral_norm": lambda nn: nn.utils.spectral_norm(nn.Linear(4, 3)),
    "spectral_norm, transposed": lambda nn: nn.utils.spectral_norm(nn.ConvTranspose2d(4, 3, 2)),
    "spectral_norm, rows last": lambda nn: nn.utils.spectral_norm(nn.Conv2d(4, 3, 2), dim=2),
    "spectral_norm, often": lambda nn: nn.utils.spectral_norm(nn.Conv2d(4, 3, 2), n_power_iterations=3),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", COMPUTED)
def test_computed_weights(name, training):
    shape = (2, 4, 5, 4) if "Conv" in repr(COMPUTED[name](nn)) else (2, 4)
    hold_module(COMPUTED[name], np.random.default_rng(0).standard_normal(shape), training=training, steps=3)


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_calls_are_differentiated_by_the_weights_that_they_had(kind):
    twice = lambda module, x: module(x).tanh() + module(x * 2)  # noqa: E731
    hold_module(COMPUTED[kind], np.random.default_rng(0).standard_normal((2, 4)), call=twice)


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_one_of_two_computed_weights_is_taken_off(kind):
    names = []
    for m in (tg, torch):
        layer = m.nn.LSTM(3, 4)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # PyTorch would like another module to be used
            for name in ("weight_ih_l0", "weight_hh_l0"):
                getattr(m.nn.utils, kind)(layer, name)
            getattr(m.nn.utils, f"remove_{kind}")(layer, "weight_hh_l0")
        names.append(sorted(layer.state_dict()))
    assert names[0] == names[1]


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_a_computed_weight_becomes_a_parameter_again(kind):
    def make(nn):
        module = getattr(nn.utils, kind)(nn.Linear(4, 3))
        return getattr(nn.utils, f"remove_{kind}")(module)

    mine = make(nn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PyTorch would like another module to be used
        reference = make(torch.nn)
    assert list(mine.state_dict()) == list(reference.state_dict())
    x = tg.tensor(np.random.default_rng(0).standard_normal((2, 4)))
    assert isinstance(mine.weight, nn.Parameter)
    assert mine.double()(x).shape == (2, 3)
    with pytest.raises(ValueError, match=f"there is no {kind} on Linear.weight"):
        getattr(nn.utils, f"remove_{kind}")(nn.Linear(2, 2))
    with pytest.raises(RuntimeError, match=f"{kind} is on Linear.weight already"):
        getattr(nn.utils, kind)(getattr(nn.utils, kind)(nn.Linear(2, 2)))


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_taking_it_off_changes_no_output(kind):
    module = getattr(nn.utils, kind)(nn.Linear(4, 3)).eval()
    x = tg.tensor(np.random.default_rng(0).standard_normal((2, 4)).astype(np.float32))
    before = module(x)
    np.testing.assert_allclose(
        getattr(nn.utils, f"remove_{kind}")(module)(x).detach().numpy(), before.detach().numpy(), 1e-6
    )


def test_clipping_by_a_known_norm():
    def program(m, x, y):
        for p in (x, y):
            p.grad = p.detach() * 2
        m.nn.utils.clip_grads_with_norm_([x, y], 1.5, m.tensor(4.0, dtype=m.float64))
        return x.grad, y.grad, m.nn.utils.clip_grad_norm_(iter([x, y]), 0.5, foreach=False)

    hold(program, np.arange(6.0).reshape(2, 3), np.array([3.0]), backward=False)


@pytest.mark.parametrize("compute", [nn.utils.weight_norm, nn.utils.spectral_norm])
def test_a_module_with_a_computed_weight_is_pickled(compute):
    layer = compute(nn.Linear(3, 2))
    x = tg.ones(1, 3)
    again = pickle.loads(pickle.dumps(layer.eval()))
    np.testing.assert_array_equal(again(x).detach().numpy(), layer(x).detach().numpy())
