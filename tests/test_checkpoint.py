"""Checkpoints: the same gradients with less memory, under dropout too, and errors where that cannot be."""

import gc
import tracemalloc
import weakref
from contextlib import contextmanager

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import checkpoint, checkpoint_sequential, grad, gradcheck, gradgradcheck
from tinygrad_edu.autograd.checkpoint import CheckpointError, set_checkpoint_early_stop
from tinygrad_edu.errors import GradientError


def leaf(*values):
    return tg.tensor([*values], dtype=tg.float64, requires_grad=True)


def network():
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2))


def gradients(run):
    """What a network's parameters and input get, and what the generator gives after that."""
    net = network()
    x = tg.ones(3, 4, requires_grad=True)
    tg.manual_seed(1)
    y = run(net, x)
    between = tg.rand(2)
    (y * y).sum().backward()
    return [y, between, tg.rand(2), x.grad, *[p.grad for p in net.parameters()]]


@pytest.mark.parametrize(
    "run",
    [
        lambda net, x: checkpoint(net, x),
        lambda net, x: checkpoint(net, x, use_reentrant=True),
        lambda net, x: checkpoint(lambda x: checkpoint(net[1:], net[0](x)), x),
        lambda net, x: checkpoint_sequential(net, 2, x, use_reentrant=False),
        lambda net, x: checkpoint_sequential(list(net), 3, x),
        lambda net, x: checkpoint_sequential(net, 9, x),
    ],
)
def test_the_same_numbers_as_without_even_under_dropout(run):
    for found, expected in zip(gradients(run), gradients(lambda net, x: net(x)), strict=True):
        np.testing.assert_array_equal(found.detach(), expected.detach())


def test_the_generator_goes_on_where_it_was_if_its_state_is_not_kept():
    net = nn.Dropout(0.5)
    found = []
    for keep in (True, False):
        tg.manual_seed(1)
        x = tg.ones(64, requires_grad=True)
        y = checkpoint(lambda x: net(x).exp(), x, preserve_rng_state=keep)
        y.sum().backward()
        found.append((y.detach() == 1).tolist() == (x.grad == 0).tolist())
    assert found == [True, False]


def test_gradients_of_every_order():
    w = leaf(0.5, -1.5)

    def part(x, *, scale):
        return (x * w).sin().exp() * scale, x.cos()

    assert gradcheck(lambda x, s: checkpoint(part, x, scale=s), [leaf(0.3, 0.7), leaf(2.0, 3.0)])
    assert gradgradcheck(lambda x, s: checkpoint(part, x, scale=s), [leaf(0.3, 0.7), leaf(2.0, 3.0)])
    assert gradgradcheck(lambda w: checkpoint(lambda: (w * w).exp()), [w])


def test_it_runs_twice_and_no_more():
    calls = []

    def part(x):
        calls.append(1)
        return x.exp().sin().exp()

    x = leaf(0.5)
    y = checkpoint(part, x)
    assert len(calls) == 1
    y.sum().backward(retain_graph=True)
    assert len(calls) == 2
    y.sum().backward()
    assert len(calls) == 3
    with pytest.raises(GradientError, match="retain_graph"):
        y.sum().backward()
    with tg.no_grad():
        assert not checkpoint(part, x).requires_grad
    assert len(calls) == 4


def held(run):
    """The bytes that a graph of a thousand operations holds."""
    x = tg.ones(10_000, requires_grad=True)
    tracemalloc.start()
    y = run(x)
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    y.sum().backward()
    return size, x.grad


def long_part(x):
    for _ in range(50):
        x = x.tanh()
    return x


def test_it_holds_little_memory():
    much, expected = held(long_part)
    little, found = held(lambda x: checkpoint(long_part, x))
    assert little < much / 20
    np.testing.assert_array_equal(found, expected)


def test_memory_returns_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        for consumed in (True, False):
            x = leaf(0.5, 1.0)
            middle = x * 2
            kept = weakref.ref(middle._node)
            y = checkpoint(lambda x: x.exp().sin(), middle)
            if consumed:
                y.sum().backward()
            del y, middle
            assert kept() is None
    finally:
        gc.enable()


def test_what_was_overwritten_since_is_told():
    x, w = leaf(0.5, 1.0), leaf(2.0, 3.0)
    middle = x * 2
    y = checkpoint(lambda x: (x + 1).exp(), middle)
    middle.add_(1)
    with pytest.raises(GradientError, match=r"computed from again was overwritten .* at .*test_checkpoint.py"):
        y.sum().backward()
    y = checkpoint(lambda x: x * w, x)
    with tg.no_grad():
        w.mul_(2)
    with pytest.raises(GradientError, match="overwritten"):
        y.sum().backward()


def test_writes_within_are_right_or_refused():
    def doubled_in_place(x):
        y = x * 3
        y.mul_(y)
        return y

    def spoilt(x):
        y = x * 3
        z = y.exp()
        z2 = y * y
        y.add_(1)
        return z + z2

    x = leaf(0.5, 1.0)
    (g,) = grad(checkpoint(doubled_in_place, x).sum(), x)
    assert g.tolist() == [9, 18]
    y = checkpoint(spoilt, x)
    with pytest.raises(GradientError, match="overwritten"):
        y.sum().backward()


def test_a_function_that_does_something_else_the_second_time():
    times = []

    def part(x):
        times.append(1)
        return x.exp() if len(times) == 1 else x.exp().sin()

    y = checkpoint(part, leaf(0.5), early_stop=False)
    with pytest.raises(GradientError, match="recorded 1 operations, and"):
        y.sum().backward()
    times.clear()
    x = leaf(0.5)
    checkpoint(part, x).sum().backward()  # what it needs comes first
    assert x.grad.tolist() == x.exp().tolist()
    times.clear()
    with set_checkpoint_early_stop(False):
        y = checkpoint(part, leaf(0.5))
    with pytest.raises(CheckpointError, match=r"recorded 1 operations, and 2 .* \(exp and then exp, sin\)"):
        y.sum().backward()


def test_a_function_that_does_the_same_with_other_shapes():
    x, times = leaf(0.5, 1.0), []

    def part(x):
        times.append(1)
        return x[: len(times)].exp().sum()

    with pytest.raises(CheckpointError, match="1 of other kinds or shapes when it was computed again; it must"):
        checkpoint(part, x).backward()


def test_the_function_runs_in_the_contexts_given():
    order = []

    @contextmanager
    def noted(name):
        order.append(name)
        yield

    y = checkpoint(lambda x: x.exp(), leaf(0.5), context_fn=lambda: (noted("first"), noted("again")))
    assert order == ["first"]
    y.sum().backward()
    assert order == ["first", "again"]
    with pytest.raises(ValueError, match="context_fn"):
        checkpoint(lambda x: x, leaf(0.5), use_reentrant=True, context_fn=lambda: (noted("a"), noted("b")))


def test_a_function_that_raises_leaves_the_modes_as_they_were():
    def part(x):
        raise KeyError("mine")

    with pytest.raises(KeyError):
        checkpoint(part, leaf(0.5))
    x = leaf(0.5)
    y = (x * x).sum()
    assert isinstance(y.grad_fn.saved, tuple)
    with pytest.raises(ValueError, match="at least one segment"):
        checkpoint_sequential([part], 0, x)


def test_the_picture_of_a_checkpointed_graph():
    x = leaf(0.5)
    y = checkpoint(lambda x: x.exp().sin(), x)
    assert [v.operation for v in tg.viz.trace(y).vertices if v.kind == "operation"] == ["exp", "sin"]
    y.sum().backward()
    np.testing.assert_allclose(x.grad, np.cos(np.exp(0.5)) * np.exp(0.5))
