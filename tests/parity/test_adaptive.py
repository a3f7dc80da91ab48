"""The adaptive softmax, fractional pooling and fused layers beside PyTorch's."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn

from .compare import hold
from .grids import distinct, slope, with_ties
from .modules import hold_module

RNG = np.random.default_rng(0)
X = RNG.standard_normal((5, 8))


@pytest.mark.filterwarnings("ignore:Initializing zero-element")
@pytest.mark.parametrize("settings", [{}, {"div_value": 2.0, "head_bias": True}])
@pytest.mark.parametrize("classes", [(1, 5, 9, 3, 4), (0, 1, 2, 3, 0), (8, 9, 8, 9, 8)])
def test_adaptive_softmax(classes, settings):
    def make(nn):
        return nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4, 8], **settings)

    hold_module(make, X, np.array(classes))
    hold_module(make, X[0], np.array(classes[0]))
    hold_module(lambda nn: nn.AdaptiveLogSoftmaxWithLoss(8, 10, [1, 2, 9], **settings), X, np.array(classes))
    hold_module(make, X, call=lambda module, x: module.log_prob(x))
    hold_module(make, X, call=lambda module, x: module.predict(x))


@pytest.mark.parametrize("cutoffs", [[], [0, 3], [3, 3], [5, 3], [3, 10], [2.5]])
def test_cutoffs_that_are_none(cutoffs):
    for nn_ in (nn, torch.nn):
        with pytest.raises(ValueError, match="cutoffs"):
            nn_.AdaptiveLogSoftmaxWithLoss(8, 10, cutoffs)


@pytest.mark.parametrize(
    ("x", "y"), [(X, [1, 2]), (X[0], [1]), (X, 1), (X, [[1]]), (X, [1, 2, 3, 4, 10]), (X, [-1] * 5)]
)
def test_targets_that_do_not_fit(x, y):
    for m in (tg, torch):
        layer = m.nn.AdaptiveLogSoftmaxWithLoss(8, 10, [4]).double()
        with pytest.raises(RuntimeError):
            layer(m.tensor(x), m.tensor(y))


SIZES = {2: [(3, 4), (1, 1), (6, 5), (7, 2)], 3: [(2, 3, 2), (1, 4, 3), (4, 3, 1)]}


@pytest.mark.parametrize("make", [with_ties, distinct])
@pytest.mark.parametrize("kernel", [1, 2])
@pytest.mark.parametrize("dims", [2, 3])
def test_fractional_pooling(dims, kernel, make):
    shape = {2: (2, 3, 8, 6), 3: (2, 2, 5, 6, 4)}[dims]
    for dtype in ("float64", "float32"):
        x = make(RNG, dtype, shape)
        samples = RNG.random((*shape[:2], dims)).astype(dtype)
        for size in SIZES[dims]:

            def program(m, x, size=size, samples=samples):
                pool = getattr(m.nn.functional, f"fractional_max_pool{dims}d")
                return pool(x, kernel, size, return_indices=True, _random_samples=m.tensor(samples))

            hold(program, x, lenient=dims == 3)  # where PyTorch refuses windows that just fit
            if dtype == "float64":
                hold(slope(lambda m, x, program=program: program(m, x)[0]), x, lenient=dims == 3)
    x = np.where(RNG.random(shape) < 0.2, np.nan, make(RNG, "float64", shape))
    one = RNG.random((1, shape[1], dims))
    pool = f"fractional_max_pool{dims}d_with_indices"
    hold(
        lambda m, x: getattr(m.nn.functional, pool)(
            x, kernel, output_ratio=(0.5,) * dims, _random_samples=m.tensor(one)
        ),
        x[0],
    )


def test_fractional_pooling_to_nothing():
    for m in (tg, torch):
        assert m.nn.FractionalMaxPool2d(2, output_size=(0, 1))(m.ones(3, 4, 8, 8)).shape == (3, 4, 0, 1)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"output_size": 2, "output_ratio": 0.5},
        {"output_ratio": 1.5},
        {"output_ratio": (0.5, 0.5, 0.5)},
        {"output_size": 8},
    ],
)
def test_windows_that_do_not_fit(settings):
    for m in (tg, torch):
        with pytest.raises((ValueError, RuntimeError)):
            m.nn.FractionalMaxPool2d(3, **settings)(m.ones(1, 1, 6, 6))


def test_fractional_layers_draw_their_windows():
    for m in (tg, torch):
        x = m.arange(1000.0).reshape(1, 1, 10, 10, 10)
        layer = m.nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0.6, 0.3))
        assert repr(layer) == "FractionalMaxPool3d()"
        assert {tuple(layer(x).shape) for _ in range(3)} == {(1, 1, 5, 6, 3)}
        assert len({layer(x).sum().item() for _ in range(10)}) > 1


LAYERS = {
    "conv": (lambda nn: nn.Conv2d(3, 4, 3), lambda nn, **k: nn.BatchNorm2d(4, **k), (2, 3, 5, 5)),
    "conv without bias": (lambda nn: nn.Conv1d(3, 4, 3, bias=False), lambda nn, **k: nn.BatchNorm1d(4, **k), (2, 3, 5)),
    "transposed": (lambda nn: nn.ConvTranspose2d(3, 4, 3), lambda nn, **k: nn.BatchNorm2d(4, **k), (2, 3, 5, 5)),
    "linear": (lambda nn: nn.Linear(3, 4), lambda nn, **k: nn.BatchNorm1d(4, **k), (2, 3)),
}


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_fused_layers(name, affine):
    layer, norm, shape = LAYERS[name]
    if name == "linear" and not affine:
        pytest.skip("PyTorch does not fuse it")

    def make(nn_):
        pair = nn_.Sequential(layer(nn_), norm(nn_, affine=affine))
        library = tg if nn_ is nn else torch
        for x in pair[1].parameters():
            nn_.init.uniform_(x, 0.5, 2)
        pair.train()
        pair(library.tensor(RNG.standard_normal((4, *shape[1:])).astype("float32")))
        pair.eval()
        if name == "linear":
            return nn_.utils.fuse_linear_bn_eval(*pair)
        fused = nn_.utils.fuse_conv_bn_eval(*pair, transpose=name == "transposed")
        x = library.tensor(RNG.standard_normal(shape).astype("float32"))
        np.testing.assert_allclose(fused(x).detach().numpy(), pair(x).detach().numpy(), 1e-4, 1e-5)
        return fused

    hold_module(make, RNG.standard_normal(shape))


def test_layers_in_training_are_not_fused():
    for nn_ in (nn, torch.nn):
        with pytest.raises((ValueError, AssertionError)):
            nn_.utils.fuse_conv_bn_eval(nn_.Conv1d(1, 1, 1), nn_.BatchNorm1d(1).eval())
        with pytest.raises((ValueError, AssertionError)):
            nn_.utils.fuse_conv_bn_eval(
                nn_.Conv1d(1, 1, 1).eval(), nn_.BatchNorm1d(1, track_running_stats=False).eval()
            )
        with pytest.raises((ValueError, AssertionError)):
            nn_.utils.fuse_linear_bn_eval(nn_.Linear(1, 3).eval(), nn_.BatchNorm1d(2).eval())


@pytest.mark.parametrize("settings", [((1,), 3), ((), 3), (2, (3,)), (2, ())], ids=str)
def test_fractional_pooling_takes_a_size_for_each_dimension(settings):
    for dims in (2, 3):
        name = f"fractional_max_pool{dims}d"
        hold(lambda m, x, name=name: getattr(m.nn.functional, name)(x, *settings), np.ones((1, 2, *[7] * dims)))
