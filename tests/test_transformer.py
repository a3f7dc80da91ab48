"""Transformer layers and stacks by their formulas and properties."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.nn import functional as F

E, H, FF = 6, 2, 5


def normal(*shape, seed=0):
    return tg.tensor(np.random.default_rng(seed).standard_normal(shape))


def assert_close(found, expected):
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), 1e-10, 1e-12)


@pytest.mark.parametrize("norm_first", [False, True])
def test_encoder_layer_is_its_formula(norm_first):
    layer, x = nn.TransformerEncoderLayer(E, H, FF, 0.0, norm_first=norm_first).double(), normal(4, 2, E)

    def attention(x):
        return layer.self_attn(x, x, x)[0]

    def feed(x):
        return layer.linear2(layer.linear1(x).relu())

    if norm_first:
        y = x + attention(layer.norm1(x))
        expected = y + feed(layer.norm2(y))
    else:
        y = layer.norm1(x + attention(x))
        expected = layer.norm2(y + feed(y))
    assert_close(layer(x), expected)


@pytest.mark.parametrize("norm_first", [False, True])
def test_decoder_layer_is_its_formula(norm_first):
    layer = nn.TransformerDecoderLayer(E, H, FF, 0.0, F.gelu, norm_first=norm_first).double()
    x, memory = normal(3, 2, E), normal(4, 2, E, seed=1)

    def feed(x):
        return layer.linear2(F.gelu(layer.linear1(x)))

    def around(block, norm, x):
        return x + block(norm(x)) if norm_first else norm(x + block(x))

    expected = around(lambda x: layer.self_attn(x, x, x)[0], layer.norm1, x)
    expected = around(lambda x: layer.multihead_attn(x, memory, memory)[0], layer.norm2, expected)
    assert_close(layer(x, memory), around(feed, layer.norm3, expected))


def test_a_causal_stack_sees_no_later_position():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(E, H, FF, 0.0), 2).double()
    x = normal(5, 1, E).requires_grad_()
    for settings in ({}, {"is_causal": True}):
        mask = nn.Transformer.generate_square_subsequent_mask(5)
        out = encoder(x, mask, **settings)
        for i in range(5):
            (g,) = tg.autograd.grad(out[i, 0, 0], x, retain_graph=True)
            assert not g[i + 1 :].any()
            assert g[: i + 1].abs().sum(-1).all()
        assert_close(out, encoder(x, mask < 0))


def test_an_encoder_without_positions_follows_the_order_of_its_input():
    encoder, x = nn.TransformerEncoder(nn.TransformerEncoderLayer(E, H, FF, 0.0), 2).double(), normal(5, 1, E)
    order = [2, 4, 0, 1, 3]
    assert_close(encoder(x[order]), encoder(x)[order])


def test_padding_changes_nothing_before_it():
    tg.manual_seed(0)
    model = nn.Transformer(E, H, 1, 1, FF, 0.0, batch_first=True).double()
    src, tgt = normal(1, 3, E), normal(1, 4, E, seed=1)
    longer = tg.cat([src, normal(1, 2, E, seed=2)], 1)
    padding = tg.tensor([[False, False, False, True, True]])
    found = model(longer, tgt, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    assert_close(found, model(src, tgt))


def test_padding_is_zero_in_evaluation_where_no_gradient_is_wanted():
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(E, H, FF, batch_first=True), 1).double().eval()
    x, padding = normal(2, 3, E), tg.tensor([[False, True, True], [False, False, False]])
    with tg.no_grad():
        found = encoder(x, src_key_padding_mask=padding)
        scattered = encoder(x, src_key_padding_mask=padding.flip(1))
    expected = encoder(x, src_key_padding_mask=padding)
    assert not found[0, 1:].any()
    assert expected[0, 1:].all()
    assert scattered.all()
    assert_close(found[1], expected[1])


def test_the_layers_of_a_stack_share_nothing():
    layer = nn.TransformerEncoderLayer(E, H, FF)
    encoder = nn.TransformerEncoder(layer, 3)
    assert len(list(encoder.parameters())) == 3 * len(list(layer.parameters()))
    for x, y in zip(encoder.layers[0].parameters(), encoder.layers[2].parameters(), strict=True):
        assert x is not y
        np.testing.assert_array_equal(x.detach().numpy(), y.detach().numpy())


@pytest.mark.parametrize("norm_first", [False, True])
def test_gradients(norm_first):
    tg.manual_seed(1)
    model = nn.Transformer(4, 2, 1, 1, 3, 0.0, "gelu", norm_first=norm_first).double()
    src, tgt = normal(3, 1, 4).requires_grad_(), normal(2, 1, 4, seed=1).requires_grad_()
    mask = nn.Transformer.generate_square_subsequent_mask(2)
    assert gradcheck(lambda src, tgt: model(src, tgt, tgt_mask=mask), (src, tgt))


def test_own_encoder_and_decoder():
    class Same(nn.Module):
        def forward(self, src, **settings):
            return src

    class Sum(nn.Module):
        def forward(self, tgt, memory, **settings):
            return tgt + memory.sum(0)

    model = nn.Transformer(E, H, custom_encoder=Same(), custom_decoder=Sum())
    src, tgt = normal(3, 2, E), normal(4, 2, E)
    assert_close(model(src, tgt), tgt + src.sum(0))


def test_dropout_is_of_training_only():
    layer, x = nn.TransformerEncoderLayer(E, H, FF, 0.5), tg.ones(3, 2, E)
    assert not (layer(x) == layer(x)).all()
    layer.eval()
    assert (layer(x) == layer(x)).all()


def test_errors_say_what_is_needed():
    with pytest.raises(RuntimeError, match='"relu", "gelu"'):
        nn.TransformerDecoderLayer(E, H, activation="tanh")
    with pytest.raises(ValueError, match="num_heads must divide"):
        nn.TransformerEncoderLayer(5, 2)
    with pytest.raises(ValueError, match="probability"):
        nn.TransformerEncoderLayer(E, H, dropout=1.5)
    model = nn.Transformer(E, H, 1, 1, FF)
    with pytest.raises(ShapeError, match="equal to d_model, 6; got src"):
        model(tg.ones(3, 2, 5), tg.ones(3, 2, E))
    with pytest.raises(ShapeError, match=r"batch number .* at dimension 1"):
        model(tg.ones(3, 2, E), tg.ones(3, 1, E))
