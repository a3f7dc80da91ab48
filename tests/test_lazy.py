"""Lazy layers: what they become, when, and that optimizers and state_dicts follow."""

import copy
import pickle

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn

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
    assert lazy.has_uninitialized_params()
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
    if not wanted.state_dict():
        return
    lazy = make()
    lazy.load_state_dict(wanted.state_dict())
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
