"""Activations: hand-worked values, the fused ones beside their composed form, derivatives, errors, chance."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, tensor
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.kernels.exponential import UNIT, power
from tinygrad_edu.nn import functional as F
from tinygrad_edu.special import ndtr

POINTS = [-7.3, -3.4, -2.1, -0.7, -0.2, 0.3, 0.9, 2.2, 3.6, 6.5]  # between the kinks

COMPOSED = {
    "leaky_relu": (lambda x: F.leaky_relu(x, 0.2), lambda x: tg.where(x > 0, x, x * 0.2)),
    "elu": (lambda x: F.elu(x, 1.5), lambda x: tg.where(x > 0, x, (x.exp() - 1) * 1.5)),
    "celu": (lambda x: F.celu(x, 2.0), lambda x: tg.where(x > 0, x, ((x / 2).exp() - 1) * 2)),
    "selu": (F.selu, lambda x: tg.where(x > 0, x, (x.exp() - 1) * 1.6732632423543772) * 1.0507009873554805),
    "softplus": (F.softplus, lambda x: (x.exp() + 1).log()),
    "logsigmoid": (F.logsigmoid, lambda x: -((-x).exp() + 1).log()),
    "silu": (F.silu, lambda x: x * x.sigmoid()),
    "gelu": (F.gelu, lambda x: x * ndtr(x)),
    "gelu, tanh": (
        lambda x: F.gelu(x, "tanh"),
        lambda x: x * 0.5 * (1 + ((x + x**3 * 0.044715) * math.sqrt(2 / math.pi)).tanh()),
    ),
    "hardtanh": (F.hardtanh, lambda x: x.clamp(-1, 1)),
    "relu6": (F.relu6, lambda x: x.clamp(0, 6)),
    "hardsigmoid": (F.hardsigmoid, lambda x: (x + 3).clamp(0, 6) / 6),
    "hardswish": (F.hardswish, lambda x: x * (x + 3).clamp(0, 6) / 6),
    "hardshrink": (F.hardshrink, lambda x: tg.where(x.abs() > 0.5, x, 0.0)),
    "softshrink": (F.softshrink, lambda x: x.sign() * (x.abs() - 0.5).clamp(min=0)),
    "threshold": (lambda x: F.threshold(x, 0.5, 9.0), lambda x: tg.where(x > 0.5, x, 9.0)),
}


def test_power_is_the_exponential_function():
    x = np.linspace(-80, 80, 1001)
    np.testing.assert_allclose(power(UNIT * x), np.exp(x), 1e-13)
    np.testing.assert_allclose(power(np.float32(UNIT) * x.astype("float32") / 8), np.exp(x / 8), 4e-6)
    x = np.linspace(-110, 80, 1001)  # with results that are denormal in float32
    np.testing.assert_allclose(power(np.float32(UNIT) * x.astype("float32")), np.exp(x), 3e-5, 3e-45)
    assert np.isnan(power(np.full(1000, np.nan, "float32"))).all()


def derivatives(function, x):
    """A function's values and its first three derivatives, as far as they depend on x."""
    x = tensor(x, dtype=tg.float64, requires_grad=True)
    found = [function(x)]
    while len(found) < 4:
        if not found[-1].requires_grad:
            return [*found, *[x.detach() * 0] * (4 - len(found))]
        found += tg.autograd.grad(found[-1].sum(), x, create_graph=True)
    return found


@pytest.mark.parametrize("name", COMPOSED)
def test_fused_is_composed(name):
    fused, composed = COMPOSED[name]
    for mine, expected in zip(derivatives(fused, POINTS), derivatives(composed, POINTS), strict=True):
        np.testing.assert_allclose(mine.detach().numpy(), expected.detach().numpy(), 1e-9, 1e-11)


@pytest.mark.parametrize("name", [*COMPOSED, "mish", "softsign", "tanhshrink", "glu"])
def test_derivatives(name):
    function = COMPOSED[name][0] if name in COMPOSED else getattr(F, name)
    x = tensor(POINTS, dtype=tg.float64, requires_grad=True)
    assert gradcheck(function, (x,))
    assert gradgradcheck(function, (x,))


KINKS = {  # where, and the slope there, which is PyTorch's
    "relu": (F.relu, [0.0], [0.0]),
    "relu6": (F.relu6, [0.0, 6.0], [0.0, 0.0]),
    "leaky_relu": (F.leaky_relu, [0.0], [0.01]),
    "elu": (lambda x: F.elu(x, 2.0), [0.0], [2.0]),
    "hardtanh": (F.hardtanh, [-1.0, 1.0], [0.0, 0.0]),
    "hardsigmoid": (F.hardsigmoid, [-3.0, 3.0], [0.0, 0.0]),
    "hardswish": (F.hardswish, [-3.0, 3.0], [0.0, 1.0]),
    "hardshrink": (F.hardshrink, [-0.5, 0.5], [0.0, 0.0]),
    "softshrink": (F.softshrink, [-0.5, 0.5], [0.0, 0.0]),
    "threshold": (lambda x: F.threshold(x, 1.0, 5.0), [1.0], [0.0]),
}


@pytest.mark.parametrize("name", KINKS)
def test_the_slope_at_a_kink(name):
    function, where, slopes = KINKS[name]
    x = tensor(where, requires_grad=True)
    function(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes)


def test_prelu_learns_its_slope():
    x = tensor([[-2.0, 3.0], [4.0, -1.0]], requires_grad=True)
    w = tensor([0.5, 0.1], requires_grad=True)
    y = F.prelu(x, w)
    y.sum().backward()
    assert y.tolist() == [[-1.0, 3.0], [4.0, pytest.approx(-0.1)]]
    assert w.grad.tolist() == [-2.0, -1.0]
    np.testing.assert_allclose(x.grad.numpy(), [[0.5, 1.0], [1.0, 0.1]])


def test_glu_gates_one_half_by_the_other():
    assert F.glu(tensor([3.0, 4.0, 0.0, 100.0])).tolist() == [1.5, 4.0]


def test_rrelu_draws_slopes():
    tg.manual_seed(0)
    x = tensor(np.full(4000, -2.0), requires_grad=True)
    y = F.rrelu(x, 0.25, 0.5, training=True)
    slopes = y.detach().numpy() / -2
    assert slopes.min() >= 0.25
    assert slopes.max() <= 0.5
    assert abs(slopes.mean() - 0.375) < 0.005
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), slopes)
    assert F.rrelu(tensor([5.0, 0.5]), training=True).tolist() == [5.0, 0.5]


def test_gumbel_softmax_samples_as_the_probabilities_say():
    tg.manual_seed(0)
    chances = np.array([0.1, 0.3, 0.6])
    logits = tensor(np.tile(np.log(chances), (20000, 1)), requires_grad=True)
    hard = F.gumbel_softmax(logits, tau=0.5, hard=True)
    np.testing.assert_allclose(np.sort(hard.detach().numpy(), 1), np.tile([0, 0, 1], (20000, 1)), atol=1e-12)
    assert abs(hard.detach().numpy().mean(0) - chances).max() < 0.015
    (hard * tensor(chances)).sum().backward()
    assert np.abs(logits.grad.numpy()).max() > 0
    soft = F.gumbel_softmax(logits, dim=0)
    np.testing.assert_allclose(soft.detach().numpy().sum(0), 1)
    assert soft.max().item() < 0.5  # of 20,000


REFUSED = {
    "no Tensor": (lambda: F.silu([1.0]), TypeError, "silu takes a Tensor, got list"),
    "integers": (lambda: F.elu(tensor([1, 2])), RuntimeError, "elu is not implemented for int64 but for floats"),
    "bounds the wrong way": (lambda: F.hardtanh(tensor([1.0]), 2, 1), ValueError, "min_val <= max_val, got 2 and 1"),
    "bools": (lambda: F.hardtanh(tensor([True])), RuntimeError, "not defined for bool"),
    "a form": (lambda: F.gelu(tensor([1.0]), "erf"), RuntimeError, 'approximate="none" or "tanh"'),
    "odd": (lambda: F.glu(tensor([1.0, 2.0, 3.0])), RuntimeError, "dimension 0 of .3,. is odd"),
    "nothing to halve": (lambda: F.glu(tensor(1.0)), RuntimeError, "without dimensions"),
    "slopes": (lambda: F.prelu(tg.ones(2, 3), tg.ones(2)), RuntimeError, "or of 3, one for each channel"),
    "slopes' dtype": (lambda: F.prelu(tg.ones(2), tg.ones(1, dtype=tg.float64)), RuntimeError, "float32, got float64"),
    "lambd": (lambda: F.softshrink(tensor([1.0]), -1), RuntimeError, "0 or more, got -1"),
    "lambd of halves": (lambda: F.softshrink(tg.ones(1).half(), 65507.0), RuntimeError, "that float16 can hold"),
    "alpha": (lambda: F.celu(tensor([1.0]), 0), RuntimeError, "alpha, which is 0"),
    "range": (lambda: F.rrelu(tensor([1.0]), 2, 1), RuntimeError, "lower <= upper"),
    "no end": (lambda: F.rrelu(tensor([1.0]), -math.inf, 1), RuntimeError, "finite bounds, .* got -inf and 1"),
    "no bound": (
        lambda: F.rrelu(tensor([1.0]), 0.0, math.nan, True),
        RuntimeError,
        "finite bounds, .* got 0.0 and nan",
    ),
    "a module's bounds": (lambda: nn.Hardtanh(1.0, 1.0), ValueError, "min_val < max_val"),
    "a matrix": (lambda: nn.Softmax2d()(tg.ones(2, 3)), ValueError, "Softmax2d expects"),
    "in place on a leaf": (
        lambda: F.leaky_relu_(tensor([1.0], requires_grad=True)),
        RuntimeError,
        "this leaf requires grad",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, kind, told = REFUSED[name]
    with pytest.raises(kind, match=told):
        call()


@pytest.mark.parametrize("name", [x for x in F.__all__ if x.endswith("_") and x[:-1] in F.__all__])
def test_what_is_written_into_the_input_is_what_the_function_gives(name):
    x = tensor([-2.0, -0.7, 0.0, 0.4, 3.0])
    rest = (0.1, 0.5) if name == "threshold_" else ()
    expected = getattr(F, name[:-1])(x, *rest)
    if name != "rrelu_":  # whose slopes are not drawn where it is not trained
        assert getattr(F, name)(x, *rest) is x
        assert x.tolist() == expected.tolist()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "softmin"])
@pytest.mark.parametrize(("shape", "dim"), [((), 0), ((2,), 0), ((2, 3), 1), ((2, 3, 4), 0), ((2, 3, 4, 5), 1)])
def test_the_dimension_that_is_guessed_is_told_to_be(name, shape, dim):
    x = tg.rand(*shape)
    with pytest.warns(UserWarning, match="Implicit dimension choice"):
        found = getattr(F, name)(x)
    assert found.tolist() == getattr(F, name)(x, dim=dim).tolist()
