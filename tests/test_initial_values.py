"""Where the parameters of layers start, and start again when they are reset: at a number, or at drawn ones."""

import math

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn


def within(fan):
    """Uniform up to 1 / sqrt(fan)."""
    return fan**-0.5


def xavier(fan_in, fan_out):
    return math.sqrt(6 / (fan_in + fan_out))


DRAWN = {
    "uniform_": {},
    "normal_": {},
    "trunc_normal_": {},
    "xavier_uniform_": {},
    "xavier_normal_": {},
    "kaiming_uniform_": {},
    "kaiming_normal_": {},
    "orthogonal_": {},
    "sparse_": {"sparsity": 0.5},
}


@pytest.mark.parametrize("name", DRAWN)
def test_values_are_drawn_from_the_generator_that_is_given(name):
    draw = getattr(nn.init, name)
    chance = tg.get_rng_state()
    first, again, other = (
        draw(tg.empty(6, 5), **DRAWN[name], generator=tg.Generator().manual_seed(seed)).tolist() for seed in (1, 1, 2)
    )
    assert tg.get_rng_state() == chance
    assert first == again != other


NORMAL = "normal"
# a number that all elements are, the bound of a uniform distribution, or NORMAL: a standard normal one
LAYERS = {
    "Linear": (lambda: nn.Linear(50, 60), {"weight": [within(50)], "bias": [within(50)]}),
    "Linear without bias": (lambda: nn.Linear(50, 60, bias=False), {"weight": [within(50)]}),
    "Bilinear": (lambda: nn.Bilinear(20, 30, 40), {"weight": [within(20)], "bias": [within(20)]}),
    "Conv1d": (lambda: nn.Conv1d(20, 60, 3), {"weight": [within(60)], "bias": [within(60)]}),
    "Conv2d": (lambda: nn.Conv2d(20, 60, 3, groups=2), {"weight": [within(90)], "bias": [within(90)]}),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(20, 60, 3), {"weight": [within(540)], "bias": [within(540)]}),
    "Embedding": (lambda: nn.Embedding(50, 60), {"weight": NORMAL}),
    "EmbeddingBag": (lambda: nn.EmbeddingBag(50, 60), {"weight": NORMAL}),
    "PReLU": (lambda: nn.PReLU(), {"weight": 0.25}),
    "PReLU of channels": (lambda: nn.PReLU(5, 0.5), {"weight": 0.5}),
    "BatchNorm2d": (
        lambda: nn.BatchNorm2d(5),
        {"weight": 1, "bias": 0, "running_mean": 0, "running_var": 1, "num_batches_tracked": 0},
    ),
    "InstanceNorm1d": (lambda: nn.InstanceNorm1d(5, affine=True), {"weight": 1, "bias": 0}),
    "LayerNorm": (lambda: nn.LayerNorm((2, 3)), {"weight": 1, "bias": 0}),
    "LayerNorm without bias": (lambda: nn.LayerNorm(3, bias=False), {"weight": 1}),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), {"weight": 1, "bias": 0}),
    "RMSNorm": (lambda: nn.RMSNorm(4), {"weight": 1}),
    **{
        name: (
            lambda name=name: getattr(nn, name)(30, 64),
            {key: [within(64)] for key in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")},
        )
        for name in ("RNN", "LSTM", "GRU")
    },
    **{
        name: (
            lambda name=name: getattr(nn, name)(30, 64),
            {key: [within(64)] for key in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")},
        )
        for name in ("RNNCell", "LSTMCell", "GRUCell")
    },
    "AdaptiveLogSoftmaxWithLoss": (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(64, 100, [40], div_value=2.0),
        {"head.weight": [within(64)], "tail.0.0.weight": [within(64)], "tail.0.1.weight": [within(32)]},
    ),
}
ATTENTION = {
    "of one size": (
        lambda: nn.MultiheadAttention(40, 4),
        {
            "in_proj_weight": [xavier(40, 120)],
            "in_proj_bias": 0,
            "out_proj.weight": [within(40)],
            "out_proj.bias": 0,
        },
    ),
    "of several sizes": (
        lambda: nn.MultiheadAttention(40, 4, kdim=30, vdim=50, bias=False),
        {
            "q_proj_weight": [xavier(40, 40)],
            "k_proj_weight": [xavier(30, 40)],
            "v_proj_weight": [xavier(50, 40)],
            "out_proj.weight": [within(40)],
        },
    ),
}


def filled(make):
    tg.manual_seed(0)
    return make()


@pytest.mark.parametrize("name", [*LAYERS, *ATTENTION])
def test_where_parameters_start(name):
    make, expected = {**LAYERS, **ATTENTION}[name]
    state = filled(make).state_dict()
    assert list(state) == list(expected)
    for key, value in state.items():
        if isinstance(expected[key], list):
            (bound,) = expected[key]
            assert 0.75 * bound < value.max().item() <= bound
            assert 0.75 * bound < -value.min().item() <= bound
            assert value.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.2)
        elif expected[key] == NORMAL:
            assert value.mean().item() == pytest.approx(0, abs=0.1)
            assert value.std().item() == pytest.approx(1, rel=0.1)
        else:
            assert (value == expected[key]).all()


@pytest.mark.parametrize("name", LAYERS)
def test_parameters_that_are_reset_start_anew(name):
    make, _ = LAYERS[name]
    layer, drawn = filled(make), filled(make).state_dict()
    with tg.no_grad():
        for value in layer.state_dict().values():
            value.fill_(7)
    tg.manual_seed(0)
    layer.reset_parameters()
    for key, value in layer.state_dict().items():
        assert value.tolist() == drawn[key].tolist(), key


def test_the_padding_of_a_table_starts_at_zero():
    for kind in (nn.Embedding, nn.EmbeddingBag):
        table = kind(4, 3, padding_idx=1)
        assert table.weight[1].tolist() == [0.0, 0.0, 0.0]
        assert (table.weight != 0).sum().item() == 9
