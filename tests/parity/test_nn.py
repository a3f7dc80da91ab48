"""Our modules beside PyTorch's: the same names and displays and, from the same weights, outputs and gradients."""

import itertools
import math
from collections import OrderedDict

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import functional as F


def ours(array):
    return tg.tensor(np.asarray(array))


def theirs(array):
    return torch.tensor(np.asarray(array))


def values(tensor):
    return tensor.detach().numpy()


def as_arrays(state):
    return {name: values(tensor) for name, tensor in state.items()}


NETS = {
    "linear": (lambda nn: nn.Linear(6, 4), (3, 6)),
    "linear, no bias": (lambda nn: nn.Linear(6, 4, bias=False), (2, 3, 6)),
    "linear of a vector": (lambda nn: nn.Linear(6, 4), (6,)),
    "conv": (lambda nn: nn.Conv2d(3, 4, 3), (2, 3, 7, 6)),
    "conv of one image": (lambda nn: nn.Conv2d(3, 4, 3), (3, 7, 6)),
    "conv, all settings": (lambda nn: nn.Conv2d(4, 6, (3, 2), (2, 1), (1, 2), (1, 2), 2, False), (2, 4, 9, 8)),
    "conv, same": (lambda nn: nn.Conv2d(3, 4, (4, 3), padding="same", dilation=2), (2, 3, 9, 8)),
    "conv, valid": (lambda nn: nn.Conv2d(3, 3, 2, stride=2, padding="valid", groups=3), (2, 3, 9, 8)),
    "pool": (lambda nn: nn.MaxPool2d(2), (2, 3, 7, 6)),
    "pool, all settings": (lambda nn: nn.MaxPool2d((3, 2), 2, 1, (1, 2), ceil_mode=True), (2, 3, 9, 8)),
    "relu": (lambda nn: nn.ReLU(), (3, 4)),
    "flatten": (lambda nn: nn.Flatten(), (2, 3, 4)),
    "flatten, some": (lambda nn: nn.Flatten(0, 1), (2, 3, 4)),
    "dropout, evaluated": (lambda nn: nn.Dropout(0.5).eval(), (3, 4)),
    "dropout of everything": (lambda nn: nn.Dropout(1.0), (3, 4)),
    "identity": (lambda nn: nn.Identity(3, a=4), (3, 4)),
    "mlp": (lambda nn: nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)), (7, 6)),
    "lenet": (
        lambda nn: nn.Sequential(
            OrderedDict(
                features=nn.Sequential(
                    nn.Conv2d(1, 4, 5, padding=2),
                    nn.ReLU(inplace=True),
                    nn.MaxPool2d(2),
                    nn.Conv2d(4, 6, 3),
                    nn.ReLU(),
                    nn.MaxPool2d(2),
                ),
                flat=nn.Flatten(),
                head=nn.Sequential(nn.Linear(24, 10), nn.Dropout().eval()),
            )
        ),
        (3, 1, 12, 12),
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_from_the_same_weights_come_the_same_outputs_and_gradients(name):
    make, shape = NETS[name]
    mine, reference = make(nn), make(torch.nn)
    assert repr(mine) == repr(reference)
    assert list(mine.state_dict()) == list(reference.state_dict())
    for p, q in zip(mine.state_dict().values(), reference.state_dict().values(), strict=True):
        assert p.shape == tuple(q.shape)
        assert str(q.dtype) == f"torch.{p.dtype}"

    reference.load_state_dict({key: torch.tensor(array) for key, array in as_arrays(mine.state_dict()).items()})
    rng = np.random.default_rng(0)
    array = rng.standard_normal(shape).astype(np.float32)
    x, y = ours(array).requires_grad_(), theirs(array).requires_grad_()
    # a ReLU in place writes into what it is given, which must be no leaf
    out, expected = mine(x * 1), reference(y * 1)
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-4, atol=1e-5)
    g = rng.standard_normal(out.shape).astype(np.float32)
    out.backward(ours(g))
    expected.backward(theirs(g))
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-4, atol=1e-4)
    for (key, p), q in zip(mine.named_parameters(), reference.parameters(), strict=True):
        np.testing.assert_allclose(p.grad.numpy(), q.grad.numpy(), rtol=1e-4, atol=1e-4, err_msg=key)


@pytest.mark.parametrize("name", NETS)
def test_pytorchs_weights_come_in_too(name):
    make, shape = NETS[name]
    mine, reference = make(nn).double(), make(torch.nn).double()
    mine.load_state_dict({key: ours(values(tensor)) for key, tensor in reference.state_dict().items()})
    array = np.random.default_rng(1).standard_normal(shape)
    out, expected = mine(ours(array)), reference(theirs(array))
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("shape", [(3,), (5, 2, 3)], ids=str)
@pytest.mark.parametrize("biased", [False, True])
def test_linear_with_one_output(shape, biased):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape), rng.standard_normal(3), *([np.array(0.5)] if biased else [])]
    mine, reference = [ours(a).requires_grad_() for a in arrays], [theirs(a).requires_grad_() for a in arrays]
    out, expected = F.linear(*mine), torch.nn.functional.linear(*reference)
    (out**2).sum().backward()
    (expected**2).sum().backward()
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-12)
    for x, y in zip(mine, reference, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-12)


def tree(nn, tensor):
    """Members of every kind, shared and absent ones, in an order of their own."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.z = nn.Linear(2, 2)
            self.register_buffer("mean", tensor([1.0]))
            self.a = nn.Sequential(nn.ReLU(), self.z, nn.Linear(2, 2, bias=False))
            self.w = nn.Parameter(tensor([2.0]))
            self.register_buffer("scratch", tensor([3.0]), persistent=False)
            self.register_parameter("none", None)
            self.a[2].weight = self.z.weight
            self.rows = nn.ModuleList([nn.Identity(), nn.Linear(1, 1)])
            self.w = nn.Parameter(tensor([4.0]))
            self.mean = tensor([5.0])
            self.later = None
            self.later = nn.Linear(1, 1)
            self.z = nn.Linear(2, 1)
            del self.rows[0]

    return Net()


WALKS = {
    "named_parameters": lambda net: [name for name, _ in net.named_parameters()],
    "with duplicates": lambda net: [name for name, _ in net.named_parameters(remove_duplicate=False)],
    "not below": lambda net: [name for name, _ in net.named_parameters("p", recurse=False)],
    "parameters, not below": lambda net: [tuple(x.shape) for x in net.parameters(recurse=False)],
    "buffers, not below": lambda net: [tuple(x.shape) for x in net.buffers(recurse=False)],
    "named_buffers": lambda net: [name for name, _ in net.named_buffers()],
    "named_modules": lambda net: [name for name, _ in net.named_modules()],
    "named_modules, with duplicates": lambda net: [name for name, _ in net.named_modules(remove_duplicate=False)],
    "named_children": lambda net: [name for name, _ in net.named_children()],
    "state_dict": lambda net: list(net.state_dict(prefix="x.")),
    "repr": repr,
}


@pytest.mark.parametrize("name", WALKS)
def test_members_are_walked_in_pytorchs_order(name):
    mine, reference = tree(nn, tg.tensor), tree(torch.nn, torch.tensor)
    assert WALKS[name](mine) == WALKS[name](reference)


def class_weights(count, rng):
    return rng.uniform(0.5, 2, count)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(4,), (5, 4), (3, 4, 2), (2, 4, 3, 2)], ids=str)
@pytest.mark.parametrize(("kind", "ignore_index"), [("classes", -100), ("classes", 2), ("probabilities", -100)])
def test_cross_entropy(reduction, smoothing, weighted, shape, kind, ignore_index):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape) * 3
    if kind == "classes":
        target = rng.integers(0, 4, shape[:1] + shape[2:] if len(shape) > 1 else ())
        target[rng.random(target.shape) < 0.2] = ignore_index
        if target.ndim == 0:
            target = np.array(1)
    else:
        target = rng.dirichlet(np.ones(4), shape[:1] + shape[2:] if len(shape) > 1 else ())
        target = np.moveaxis(target, -1, min(1, len(shape) - 1))
    weight = class_weights(4, rng) if weighted else None
    results = []
    for library, tensor in ((nn, ours), (torch.nn, theirs)):
        settings = {"ignore_index": ignore_index, "reduction": reduction, "label_smoothing": smoothing}
        loss = library.CrossEntropyLoss(weight=None if weight is None else tensor(weight), **settings)
        logits = tensor(x).requires_grad_()
        out = loss(logits, tensor(target))
        (out**2).sum().backward()
        results.append((values(out), logits.grad.numpy()))
    (out, g), (expected, expected_g) = results
    assert out.shape == expected.shape
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(g, expected_g, rtol=1e-11, atol=1e-12)


@given(data=st.data())
def test_cross_entropy_of_extreme_logits_in_float32(data):
    rows, count = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
    cell = st.one_of(st.floats(-1e5, 1e5, width=32), st.sampled_from([-math.inf, 0.0, 88.0, 1e30, math.nan]))
    x = np.array(data.draw(st.lists(cell, min_size=rows * count, max_size=rows * count)), np.float32)
    x = x.reshape(rows, count)
    target = np.array(data.draw(st.lists(st.integers(0, count - 1), min_size=rows, max_size=rows)))
    mine, reference = ours(x).requires_grad_(), theirs(x).requires_grad_()
    out, expected = F.cross_entropy(mine, ours(target)), torch.nn.functional.cross_entropy(reference, theirs(target))
    out.backward()
    expected.backward()
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(mine.grad.numpy(), reference.grad.numpy(), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(4,), (5, 4), (3, 4, 2)], ids=str)
def test_nll_loss(reduction, weighted, shape):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    target = rng.integers(0, 4, shape[:1] + shape[2:]) if len(shape) > 1 else np.array(3)
    weight = class_weights(4, rng) if weighted else None
    w = [None, None] if weight is None else [ours(weight), theirs(weight)]
    out = F.nll_loss(ours(x), ours(target), w[0], 1, reduction)
    expected = torch.nn.functional.nll_loss(theirs(x), theirs(target), w[1], ignore_index=1, reduction=reduction)
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-12)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_mse_loss(reduction, weighted):
    rng = np.random.default_rng(0)
    x, y, weight = rng.standard_normal((3, 4, 5))
    w = [ours(weight), theirs(weight)] if weighted else [None, None]
    mine, reference = ours(x).requires_grad_(), theirs(x).requires_grad_()
    out = F.mse_loss(mine, ours(y), reduction=reduction, weight=w[0])
    expected = torch.nn.functional.mse_loss(reference, theirs(y), reduction=reduction, weight=w[1])
    out.sum().backward()
    expected.sum().backward()
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-12)
    np.testing.assert_allclose(mine.grad.numpy(), reference.grad.numpy(), rtol=1e-12)


@pytest.mark.parametrize("name", ["softmax", "log_softmax"])
@pytest.mark.parametrize(("shape", "dim"), [((3, 4), 0), ((3, 4), -1), ((2, 3, 4), 1), ((), 0), ((0, 3), 1)], ids=str)
def test_softmax(name, shape, dim):
    x = np.random.default_rng(0).standard_normal(shape) * 30
    mine, reference = ours(x).requires_grad_(), theirs(x).requires_grad_()
    out = getattr(F, name)(mine, dim)
    expected = getattr(torch.nn.functional, name)(reference, dim)
    np.testing.assert_allclose(values(out), values(expected), rtol=1e-12, atol=1e-12)
    (out**2).sum().backward()
    (expected**2).sum().backward()
    np.testing.assert_allclose(mine.grad.numpy(), reference.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", [2.0, 1, 3, 0.5, math.inf])
@pytest.mark.parametrize("max_norm", [0.5, 1e3])
def test_clipping(order, max_norm):
    rng = np.random.default_rng(0)
    gradients = [rng.standard_normal(shape) for shape in ((3, 4), (5,), ())]
    results = []
    for library, tensor in ((nn, ours), (torch.nn, theirs)):
        parameters = [library.Parameter(tensor(g * 0)) for g in gradients]
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = tensor(g)
        total = library.utils.clip_grad_norm_(parameters, max_norm, order)
        library.utils.clip_grad_value_(parameters, 0.3)
        results.append([values(total), *[p.grad.numpy() for p in parameters]])
    for mine, reference in zip(*results, strict=True):
        np.testing.assert_allclose(mine, reference, rtol=1e-12)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (name, arguments)
        for name, many in {
            "xavier_uniform_": [(), (2.0,)],
            "xavier_normal_": [()],
            "kaiming_uniform_": list(
                itertools.product([0, 0.2], ["fan_in", "fan_out"], ["leaky_relu", "relu", "tanh"])
            ),
            "kaiming_normal_": [(), (0.1, "fan_out", "selu")],
            "uniform_": [(), (-3, 2)],
            "normal_": [(), (1.0, 2.0)],
        }.items()
        for arguments in many
    ],
    ids=str,
)
def test_initial_values_have_pytorchs_distribution(name, arguments):
    tg.manual_seed(0)
    torch.manual_seed(0)
    mine = getattr(nn.init, name)(tg.empty(200, 30, 5), *arguments).numpy()
    reference = getattr(torch.nn.init, name)(torch.empty(200, 30, 5), *arguments).numpy()
    spread = reference.std()
    assert abs(mine.mean() - reference.mean()) < 0.05 * spread
    assert mine.std() == pytest.approx(spread, rel=0.03)
    if "uniform" in name:
        np.testing.assert_allclose([mine.min(), mine.max()], [reference.min(), reference.max()], atol=0.01 * spread)
    assert getattr(nn.init, name)(tg.empty(3, 2)).shape == (3, 2)


@pytest.mark.parametrize("name", ["kaiming_uniform_", "kaiming_normal_"])
def test_no_elements_are_told_and_left(name):
    for library, engine in ((nn, tg), (torch.nn, torch)):
        with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
            assert getattr(library.init, name)(engine.empty(0, 2)).shape == (0, 2)


@pytest.mark.parametrize("name", ["linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
def test_gains(name):
    assert nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
