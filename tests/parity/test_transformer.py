"""Transformer layers, stacks and the whole, beside PyTorch's from the same weights."""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn

from .compare import as_array, assert_same, hold
from .modules import as_arrays, hold_module

rng = np.random.default_rng(0)
S, T, N, E, H, FF = 5, 4, 3, 8, 2, 12
SETTINGS = [
    {},
    {"norm_first": True, "activation": "gelu"},
    {"batch_first": True, "bias": False},
    {"batch_first": True, "layer_norm_eps": 0.1},
]


def normal(*shape):
    return rng.standard_normal(shape)


def causal(n):
    return np.triu(np.ones((n, n), bool), 1)


def padding(length):
    return np.arange(length) >= np.array([[length], [length - 2], [length - 1]])


def named(names, **fixed):
    """A call in which the last inputs have names."""

    def call(module, *inputs):
        plain = inputs[: len(inputs) - len(names)]
        return module(*plain, **dict(zip(names, inputs[len(plain) :], strict=True)), **fixed)

    return call


def floats(mask):
    return np.where(mask, -np.inf, 0.0)


ENCODER_CALLS = {
    "plain": ({}, {}),
    "causal": ({"src_mask": causal(S)}, {}),
    "causal, told": ({"src_mask": floats(causal(S))}, {"is_causal": True}),
    "padding": ({"src_key_padding_mask": padding(S)}, {}),
    "both": ({"src_mask": causal(S), "src_key_padding_mask": padding(S)}, {}),
    "heads": ({"src_mask": normal(N * H, S, S)}, {}),
}


def sequence(length, settings):
    return normal(N, length, E) if settings.get("batch_first") else normal(length, N, E)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_encoder_layer(settings, training):
    for masks, fixed in ENCODER_CALLS.values():
        hold_module(
            lambda nn: nn.TransformerEncoderLayer(E, H, FF, 0.0, **settings),
            sequence(S, settings),
            *masks.values(),
            call=named(list(masks), **fixed),
            training=training,
        )
    hold_module(lambda nn: nn.TransformerEncoderLayer(E, H, FF, 0.0, **settings), normal(S, E), training=training)


def test_activations():
    for activation in ("relu", "gelu"):
        hold_module(lambda nn, a=activation: nn.TransformerEncoderLayer(E, H, FF, 0.0, a), normal(S, N, E))
    hold_module(lambda nn: nn.TransformerEncoderLayer(E, H, FF, 0.0, nn.GELU()), normal(S, N, E))
    hold_module(lambda nn: nn.TransformerDecoderLayer(E, H, FF, 0.0, nn.Tanh()), normal(T, N, E), normal(S, N, E))
    hold_module(lambda nn: nn.TransformerEncoderLayer(E, H, FF, 0.0, lambda x: x * x), normal(S, N, E))


DECODER_CALLS = {
    "plain": ({}, {}),
    "causal": ({"tgt_mask": floats(causal(T))}, {"tgt_is_causal": True}),
    "memory": ({"memory_mask": normal(T, S), "memory_key_padding_mask": normal(N, S)}, {}),
    "all": (
        {"tgt_mask": causal(T), "memory_mask": causal(S)[:T], "tgt_key_padding_mask": padding(T),
         "memory_key_padding_mask": padding(S)},
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_decoder_layer(settings):
    for masks, fixed in DECODER_CALLS.values():
        hold_module(
            lambda nn: nn.TransformerDecoderLayer(E, H, FF, 0.0, **settings),
            sequence(T, settings),
            sequence(S, settings),
            *masks.values(),
            call=named(list(masks), **fixed),
        )
    hold_module(lambda nn: nn.TransformerDecoderLayer(E, H, FF, 0.0, **settings), normal(T, E), normal(S, E))


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize("training", [True, False])
def test_stacks(training, norm):
    def encoder(nn):
        return nn.TransformerEncoder(
            nn.TransformerEncoderLayer(E, H, FF, 0.0, batch_first=True), 2, nn.LayerNorm(E) if norm else None
        )

    def decoder(nn):
        return nn.TransformerDecoder(nn.TransformerDecoderLayer(E, H, FF, 0.0), 2, nn.LayerNorm(E) if norm else None)

    for masks in ({}, {"mask": causal(S)}, {"src_key_padding_mask": padding(S)}, {"mask": normal(S, S)}):
        hold_module(encoder, normal(N, S, E), *masks.values(), call=named(list(masks)), training=training)
    for masks in ({}, {"tgt_mask": causal(T)}, {"tgt_mask": floats(causal(T))}, {"tgt_key_padding_mask": padding(T)}):
        hold_module(
            decoder, normal(T, N, E), normal(S, N, E), *masks.values(), call=named(list(masks)), training=training
        )


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_transformer(settings):
    masks = {
        "src_mask": normal(S, S),
        "tgt_mask": causal(T),
        "memory_mask": normal(T, S),
        "src_key_padding_mask": padding(S),
        "tgt_key_padding_mask": padding(T),
        "memory_key_padding_mask": padding(S),
    }
    for names in ([], ["tgt_mask"], list(masks)):
        hold_module(
            lambda nn: nn.Transformer(E, H, 2, 1, FF, 0.0, **settings),
            sequence(S, settings),
            sequence(T, settings),
            *[masks[name] for name in names],
            call=named(names),
        )
    hold_module(lambda nn: nn.Transformer(E, H, 1, 1, FF, 0.0, **settings), normal(S, E), normal(T, E))


def evaluated(make, training=False):
    """Both libraries' module from the same weights, in evaluation."""
    mine = make(nn).double()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = make(torch.nn).double()
    reference.load_state_dict({name: torch.tensor(array) for name, array in as_arrays(mine.state_dict()).items()})
    return mine.train(training), reference.train(training)


@pytest.mark.parametrize("settings", [{"batch_first": True}, {"batch_first": True, "norm_first": True}, {}], ids=str)
@pytest.mark.parametrize("nested", [True, False])
def test_padding_in_evaluation_without_gradients(nested, settings):
    def make(nn):
        layer = nn.TransformerEncoderLayer(E, H, FF, **settings)
        return nn.TransformerEncoder(layer, 2, nn.LayerNorm(E), enable_nested_tensor=nested)

    mine, reference = evaluated(make)
    x = sequence(S, settings)
    for mask in (padding(S), padding(S)[:, ::-1].copy()):
        with tg.no_grad(), torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = mine(tg.tensor(x), src_key_padding_mask=tg.tensor(mask))
            expected = reference(torch.tensor(x), src_key_padding_mask=torch.tensor(mask))
        assert_same(found, expected, str(settings))


def test_masks_of_a_size():
    for n in (0, 1, 4):
        hold(lambda m, n=n: m.nn.Transformer.generate_square_subsequent_mask(n))
    assert as_array(nn.Transformer.generate_square_subsequent_mask(2, dtype=tg.float64)).dtype == "float64"


def test_bad_calls():
    for inputs in [
        (normal(S, N, E), normal(T, 2, E)),
        (normal(S, N, 4), normal(T, N, E)),
        (normal(S, E), normal(T, 4)),
    ]:
        hold(lambda m, src, tgt: m.nn.Transformer(E, H, 1, 1, FF).double()(src, tgt), *inputs)
    hold(lambda m: m.nn.TransformerEncoderLayer(E, H, activation="tanh"))
