"""Backward step by step: the gradients of the steps are those of backward, and nothing in the graph changes."""

import gc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.viz.replay import look, replay
from tinygrad_edu.viz.trace import Tracer


def steps_of(loss, **names):
    tracer = Tracer(names, False, None)
    graph = tracer.trace([loss])
    return graph, replay([loss._node], [np.ones(loss.shape, np.float32)], tracer.ids)


def leaf(*values):
    return tg.tensor(values[0] if len(values) == 1 else list(values), requires_grad=True)


def test_steps_of_an_expression_as_drawn_by_hand():
    a, b = leaf(2.0), leaf(-3.0)
    graph, steps = steps_of((a * b + a) * 10.0, a=a, b=b)
    told = [
        (s.kind, graph.vertices[s.vertex].name or graph.vertices[s.vertex].operation, s.label, s.after.numbers)
        for s in steps
    ]
    assert told == [
        ("seed", "mul", "", 1.0),
        ("rule", "mul", "x", 10.0),
        ("rule", "add", "x", 10.0),
        ("rule", "add", "y", 10.0),
        ("rule", "mul", "x", -30.0),
        ("add", "mul", "x", -20.0),
        ("rule", "mul", "y", 20.0),
        ("leaf", told[7][1], "", told[7][3]),
        ("leaf", told[8][1], "", told[8][3]),
    ]
    assert {name: value for kind, name, _, value in told if kind == "leaf"} == {"a": -20.0, "b": 20.0}


def test_a_sum_over_what_was_broadcast_is_a_step_of_its_own():
    x, bias = leaf([[1.0, 2.0], [3.0, 4.0]]), leaf(1.0, 1.0)
    _, steps = steps_of((x + bias).sum(), x=x, bias=bias)
    (step,) = [s for s in steps if s.kind == "sum"]
    assert (step.before.shape, step.after.shape, step.after.numbers) == ((2, 2), (2,), [2.0, 2.0])


class Several(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.norm, self.out = nn.LSTMCell(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)

    def forward(self, x):
        h, c = self.cell(x)
        h, c = self.cell(x, (h, c))
        first, second = self.norm(h).split(2, 1)
        return self.out(tg.cat([first * second, second], 1)) + c.max(1, keepdim=True).values


@pytest.mark.parametrize("seed", range(3))
def test_gradients_are_those_of_backward_and_nothing_changes(seed):
    tg.manual_seed(seed)
    model = Several()
    x = tg.randn(5, 3, requires_grad=True)
    loss = model(x).square().mean()
    called = []
    x.register_hook(called.append)
    versions = [p._version for p in model.parameters()]
    graph, steps = steps_of(loss, x=x, **dict(model.named_parameters()))
    assert not called
    assert [p._version for p in model.parameters()] == versions
    assert all(p.grad is None for p in model.parameters())
    loss.backward()
    arrived = {graph.vertices[s.vertex].name: s.after for s in steps if s.kind == "leaf"}
    grads = {"x": x.grad, **{name: p.grad for name, p in model.named_parameters()}}
    assert arrived.keys() == grads.keys()
    for name, grad in grads.items():
        assert arrived[name].shape == grad.shape
        assert arrived[name].norm == pytest.approx(float(grad.norm()), rel=1e-5)
        assert arrived[name].mean == pytest.approx(float(grad.mean()), rel=1e-4, abs=1e-7)
    with pytest.raises(RuntimeError, match="freed"):
        steps_of(loss)


def test_nothing_is_held_when_the_steps_are_gone():
    gc.collect()
    x = leaf(1.0, 2.0)
    loss = x.exp().sum()
    before = len([o for o in gc.get_objects() if isinstance(o, tg.Tensor)])
    steps_of(loss)
    gc.collect()
    assert len([o for o in gc.get_objects() if isinstance(o, tg.Tensor)]) == before


def test_what_is_seen_of_an_array():
    small = look(np.array([[1.0, -2.0]]))
    assert (small.numbers, small.least, small.most, small.norm) == ([[1.0, -2.0]], -2.0, 1.0, pytest.approx(5**0.5))
    large = look(np.linspace(-1, 2, 100 * 50).reshape(100, 50))
    assert (len(large.shades), len(large.shades[0])) == (16, 16)
    assert large.shades[-1][-1] == 100
    assert large.shades[0][0] == -50
    bad = look(np.full(20, np.nan))
    assert bad.shades[0][0] is None
    assert look(np.array([np.inf] * 20)).shades[0][0] == 100
    assert look(np.zeros((0, 3))).shape == (0, 3)
    assert look(np.ones(5, bool)).numbers == [True] * 5
