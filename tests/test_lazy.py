"""Lazy layers: what they become, when, and that optimizers and state_dicts follow."""

import copy
import pickle

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn.lazy import LazyModuleMixin

ROWS = [
    (lambda: nn.LazyLinear(3), (5, 4), nn.Linear(4, 3)),
    (lambda: nn.LazyLinear(3, bias=False), (5, 2, 4), nn.Linear(4, 3, bias=False)),
    (lambda: nn.LazyConv1d(6, 3, padding=1), (2, 4, 5), nn.Conv1d(4, 6, 3, padding=1)),
    (lambda: nn.LazyConv2d(6, 3, 2, groups=2), (2, 4, 5, 5), nn.Conv2d(4, 6, 3, 2, groups=2)),
    (lambda: nn.LazyConv2d(6, 3), (4, 5, 5), nn.Conv2d(4, 6, 3)),
    (lambda: nn.LazyConv3d(2, 2), (1, 3, 4, 4, 4), nn.Conv3d(3, 2, 2)),
    (lambda: nn.LazyConvTranspose1d(6, 3), (2, 4, 5), nn.ConvTranspose1d(4, 6, 3)),
    (lambda: nn.LazyConvTranspose2d(6, 3, groups=2), (2, 4, 5, 5), nn.ConvTranspose2d(4, 6, 3, groups=2)),
    (lambda: nn.LazyConvTranspose3d(2, 2), (1, 3, 4, 4, 4), nn.ConvTranspose3d(3, 2, 2)),
    (lambda: nn.LazyBatchNorm1d(), (5, 4), nn.BatchNorm1d(4)),
    (lambda: nn.LazyBatchNorm1d(affine=False), (5, 4, 3), nn.BatchNorm1d(4, affine=False)),
    (
        lambda: nn.LazyBatchNorm1d(affine=False, track_running_stats=False),
        (5, 4),
        nn.BatchNorm1d(4, affine=False, track_running_stats=False),
    ),
    (lambda: nn.LazyBatchNorm2d(momentum=None), (5, 4, 3, 3), nn.BatchNorm2d(4, momentum=None)),
    (lambda: nn.LazyBatchNorm3d(), (2, 4, 3, 3, 3), nn.BatchNorm3d(4)),
    (lambda: nn.LazyInstanceNorm1d(affine=True), (5, 4, 3), nn.InstanceNorm1d(4, affine=True)),
    (
        lambda: nn.LazyInstanceNorm2d(track_running_stats=True),
        (5, 4, 3, 3),
        nn.InstanceNorm2d(4, track_running_stats=True),
    ),
    (lambda: nn.LazyInstanceNorm3d(), (2, 4, 3, 3, 3), nn.InstanceNorm3d(4)),
]


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_a_lazy_layer_becomes_the_layer_for_its_first_input(row):
    make, shape, wanted = ROWS[row]
    lazy, x = make(), tg.randn(shape)
    held = list(lazy.parameters())
    assert {type(p) for p in held} <= {nn.parameter.UninitializedParameter}
    assert lazy.has_uninitialized_params() == bool(held or any(x.numel() == 0 for x in lazy.buffers()))
    assert type(lazy).__name__.startswith("Lazy")
    lazy.double()
    out = lazy(x.double())
    assert type(lazy) is type(wanted)
    assert repr(lazy) == repr(wanted)
    assert {type(p) for p in held} <= {nn.Parameter}
    sizes = {name: (p.shape, p.dtype) for name, p in lazy.state_dict().items()}
    assert sizes == {name: (p.shape, p.dtype) for name, p in copy.deepcopy(wanted).double().state_dict().items()}
    assert all(mine is before for mine, before in zip(lazy.parameters(), held, strict=True))
    eager = copy.deepcopy(wanted).double()
    eager.load_state_dict({**lazy.state_dict(), **first_state(wanted)})
    assert out.tolist() == eager(x.double()).tolist()
    assert not lazy._forward_pre_hooks


def first_state(layer):
    """The running statistics before any batch."""
    return {name: x for name, x in layer.state_dict().items() if "running" in name or "num_batches" in name}


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_a_lazy_layer_becomes_the_layer_of_a_state(row):
    make, shape, wanted = ROWS[row]
    lazy = make()
    lazy.load_state_dict(wanted.state_dict())
    if not wanted.state_dict():  # which does not tell the size
        assert type(lazy) is type(make())
        return
    assert type(lazy) is type(wanted)
    x = tg.randn(shape)
    assert lazy.eval()(x).tolist() == copy.deepcopy(wanted).eval()(x).tolist()


def test_an_optimizer_made_before_the_first_input_moves_the_layer():
    net = nn.Sequential(nn.LazyLinear(4), nn.ReLU(), nn.LazyLinear(1))
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    x = tg.ones(3, 2)
    before = net(x).sum()
    before.backward()
    optimizer.step()
    assert net(x).sum() < before
    assert repr(nn.LazyLinear(4)) == "LazyLinear(in_features=0, out_features=4, bias=True)"


def test_copies_of_a_layer_that_waits_become_layers_of_their_own():
    lazy = nn.LazyConv2d(3, 2)
    for again in (copy.deepcopy(lazy), pickle.loads(pickle.dumps(lazy))):
        again(tg.ones(1, 5, 4, 4))
        assert type(again) is nn.Conv2d
        assert again.in_channels == 5
    assert type(lazy) is nn.LazyConv2d
    lazy(tg.ones(1, 2, 4, 4))
    assert lazy.in_channels == 2


class Scale(LazyModuleMixin, nn.Module):
    """x times a factor for each of its last sizes."""

    def __init__(self):
        super().__init__()
        self.factor = nn.parameter.UninitializedParameter()
        self.calls = nn.parameter.UninitializedBuffer(dtype=tg.float64)

    def initialize_parameters(self, x, bias=None):
        if self.has_uninitialized_params():
            self.factor.materialize(x.shape[-1:])
            self.calls.materialize(())
            nn.init.constant_(self.factor, 2)
            nn.init.zeros_(self.calls)

    def forward(self, x, bias=None):
        self.calls += 1
        return x * self.factor


def test_a_lazy_module_of_ones_own():
    module = Scale()
    factor = module.factor
    optimizer = tg.optim.SGD(module.parameters(), 0.1)
    assert isinstance(module.state_dict()["factor"], nn.parameter.UninitializedParameter)
    assert repr(factor) == "<UninitializedParameter>"
    with pytest.raises(RuntimeError, match="share memory"):
        module.share_memory()
    assert module(x=tg.ones(2, 3)).tolist() == [[2, 2, 2]] * 2
    assert not module.has_uninitialized_params()
    assert not module._forward_pre_hooks
    assert module.factor is factor
    assert type(factor) is nn.Parameter
    assert (module.calls.item(), module.calls.dtype) == (1, tg.float64)
    module(tg.ones(3)).sum().backward()
    optimizer.step()
    assert module.factor.tolist() == pytest.approx([1.9] * 3)


def test_a_lazy_module_is_made_for_a_state():
    state = {"factor": tg.tensor([1.0, 5.0]), "calls": tg.tensor(7.0)}
    module = Scale()
    module.load_state_dict(state)
    assert module(tg.ones(2)).tolist() == [1, 5]
    assert module.calls.item() == 8
    with pytest.raises(RuntimeError, match="size mismatch for factor"):
        module.load_state_dict(Scale().state_dict())
    waiting = Scale().half()
    waiting.load_state_dict(Scale().state_dict())
    assert waiting.has_uninitialized_params()
    waiting.factor.materialize(4)
    assert waiting.factor.dtype == tg.float16


def test_a_lazy_module_that_makes_nothing():
    class Nothing(LazyModuleMixin, nn.Module):
        def __init__(self):
            super().__init__()
            self.factor = nn.parameter.UninitializedParameter()

    with pytest.raises(NotImplementedError, match="how its parameters are made"):
        Nothing()(1)
    Nothing.initialize_parameters = lambda self, x: None
    with pytest.raises(RuntimeError, match="uninitialized parameters after"):
        Nothing()(1)


def test_the_first_input_by_its_name():
    layer = nn.LazyBatchNorm1d()
    assert layer(input=tg.ones(2, 3)).shape == (2, 3)
    assert type(layer) is nn.BatchNorm1d
