"""Attention, its module and the bilinear form beside PyTorch."""

import itertools

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import tinygrad_edu as tg

from .compare import hold
from .modules import hold_module

rng = np.random.default_rng(0)


def normal(*shape, dtype="float64"):
    return rng.standard_normal(shape).astype(dtype)


def sdpa(m, *inputs, **settings):
    return m.nn.functional.scaled_dot_product_attention(*inputs, **settings)


BATCHES = [((), ()), ((2,), (2,)), ((2, 3), (2, 3)), ((2, 1, 2), (2, 1, 2)), ((2,), (1,)), ((2, 3), (3,)), ((0,), (0,))]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("batches", BATCHES, ids=str)
def test_attention(batches, dtype):
    for L, S, E, V in [(3, 5, 4, 4), (5, 3, 4, 2), (1, 1, 1, 1), (3, 0, 2, 2), (0, 3, 2, 2), (2, 3, 0, 2)]:
        inputs = [normal(*batches[0], L, E), normal(*batches[1], S, E), normal(*batches[1], S, V)]
        inputs = [x.astype(dtype) for x in inputs]
        # causal with a negative scale gives NaN in PyTorch's kernel for four dimensions
        for settings in ({}, {"is_causal": True}, {"scale": -0.3}, {"scale": 1.5, "is_causal": True}):
            hold(lambda m, *xs, settings=settings: sdpa(m, *xs, **settings), *inputs)


def masks(shape, dtype):
    seen = rng.random(shape) < 0.6
    if seen.ndim > 1:
        seen[..., 0, :] = False  # a query that may look at nothing
    yield seen
    yield np.where(seen, normal(*shape), -np.inf).astype(dtype)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("batch", [(), (2,), (2, 3)], ids=str)
def test_masks(batch, dtype):
    inputs = [normal(*batch, L, 4, dtype=dtype) for L in (3, 5, 5)]
    for shape in [(3, 5), (1, 5), (3, 1), (5,), (*batch, 3, 5), (*batch[:-1], 1, 3, 5)][: 6 if batch else 4]:
        for mask in masks(shape, dtype):
            # a mask of one dimension PyTorch takes only where it has no kernel for the inputs
            hold(sdpa, *inputs, mask, lenient=len(shape) == 1)


@pytest.mark.parametrize("heads", [(4, 2, 2), (4, 1, 1), (4, 4, 4), (4, 2, 1), (4, 3, 3), (2, 4, 4)])
def test_grouped_queries(heads):
    query, key, value = (normal(2, H, L, 4) for H, L in zip(heads, (3, 5, 5), strict=True))
    hold(lambda m, *xs: sdpa(m, *xs, enable_gqa=True), query, key, value)
    hold(lambda m, *xs: sdpa(m, *xs, enable_gqa=True), query[0], key[0], value[0])


@pytest.mark.parametrize("settings", [{}, {"is_causal": True}, {"scale": -0.7}], ids=str)
def test_second_derivatives(settings):
    def slopes(m, *inputs):
        y = sdpa(m, *inputs, **settings)
        return m.autograd.grad((y * y).sum(), inputs, create_graph=True)

    with sdpa_kernel(SDPBackend.MATH):  # the other ways have no second derivative
        hold(slopes, normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 3))
        if not settings:
            hold(slopes, normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 3), normal(3, 5))


def test_scores_at_extremes():
    query, key, value = normal(3, 4), normal(5, 4), normal(5, 2)
    for factor in (1e3, 1e-30, 1e8):
        hold(sdpa, query * factor, key, value)
        hold(sdpa, (query * factor).astype("float32"), key.astype("float32"), value.astype("float32"), backward=False)
    for special in (np.inf, np.nan):
        mask = np.zeros((3, 5))
        mask[0, 1] = special
        hold(sdpa, query, key, value, mask)
    far = np.full((3, 5), -1e4)
    hold(sdpa, query, key, value, far)


def test_attention_of_bad_inputs():
    x = normal(2, 3, 4)
    for inputs in [
        (x, normal(2, 3, 5), x),
        (x, x, normal(2, 4, 4)),
        (x, x.astype("float32"), x),
        (x[0, 0], x, x),
        (x.astype("int64"),) * 3,
        (x, normal(3, 3, 4), normal(3, 3, 4)),
        (x, x, x, np.ones((3, 4), bool)),
        (x, x, x, np.ones((2, 2, 3, 3), bool)),
        (x, x, x, np.ones((3, 3), int)),
        (x, x, x, np.ones((3, 3), bool), 0.0, True),
        (x, x, x, None, 1.5),
        (x, x, x, None, 0.0, False, 1.0),
    ]:
        hold(sdpa, *inputs)


# the module

E = 8
SELF = (5, 2, E)


def attend(**settings):
    def call(module, *inputs):
        query, key, value = inputs[:3] if len(inputs) >= 3 else inputs[:1] * 3
        return module(query, key, value, **settings)

    return call


MODULES = {
    "plain": {},
    "no bias": {"bias": False},
    "one head": {"num_heads": 1},
    "bias_kv": {"add_bias_kv": True},
    "zero attention": {"add_zero_attn": True},
    "both": {"add_bias_kv": True, "add_zero_attn": True},
    "other sizes": {"kdim": 3, "vdim": 5},
    "other sizes, bias_kv": {"kdim": 3, "vdim": 5, "add_bias_kv": True, "bias": False},
    "batch first": {"batch_first": True, "add_zero_attn": True},
}
CALLS = [{}, {"need_weights": False}, {"average_attn_weights": False}]
L, S, N, H = 3, 5, 2, 4


def attention_masks(L, S, N, H):
    causal = np.triu(np.ones((L, S), bool), 1)
    padding = np.zeros((N, S), bool)
    padding[1, -2:] = True
    floats = normal(L, S)
    return [
        {},
        {"attn_mask": causal},
        {"attn_mask": np.where(causal, -np.inf, floats)},
        {"attn_mask": rng.random((N * H, L, S)) < 0.2},
        {"key_padding_mask": padding},
        {"key_padding_mask": normal(N, S)},
        {"key_padding_mask": padding, "attn_mask": causal},
        {"attn_mask": causal, "is_causal": True},
        {"key_padding_mask": padding, "attn_mask": causal, "is_causal": True},
    ]


def hold_attention(settings, inputs, masks, calls=CALLS):
    """Masks go in as arrays, so that each library makes its own Tensors of them."""
    for mask, more in itertools.product(masks, calls):
        arrays = {name: x for name, x in mask.items() if isinstance(x, np.ndarray)}
        rest = {name: x for name, x in mask.items() if name not in arrays}

        def call(module, *found, names=tuple(arrays), more=rest | more):
            given = found[: len(found) - len(names)]
            query, key, value = given if len(given) == 3 else given * 3
            return module(query, key, value, **dict(zip(names, found[len(given) :], strict=True)), **more)

        hold_module(
            lambda nn: nn.MultiheadAttention(E, **{"num_heads": H} | settings), *inputs, *arrays.values(), call=call
        )


@pytest.mark.parametrize("name", MODULES)
def test_module(name):
    settings = MODULES[name]
    sizes = (E, settings.get("kdim", E), settings.get("vdim", E))
    inputs = [normal(n, N, size) for n, size in zip((L, S, S), sizes, strict=True)]
    if settings.get("batch_first"):
        inputs = [x.swapaxes(0, 1) for x in inputs]
    hold_attention(settings, inputs, attention_masks(L, S, N, settings.get("num_heads", H)))
    hold_attention(settings, [x[0] if settings.get("batch_first") else x[:, 0] for x in inputs], [{}])


def test_what_the_module_says_of_itself():
    names = ["embed_dim", "kdim", "vdim", "num_heads", "head_dim", "dropout", "batch_first", "add_zero_attn"]
    found = []
    for m in (tg, torch):
        module = m.nn.MultiheadAttention(E, H, 0.5, kdim=3, batch_first=True, dtype=m.float64)
        found.append([getattr(module, name) for name in names])
        assert {x.dtype for x in module.parameters()} == {m.float64}
        for sizes in ((E, -H), (E, 0), (0, H), (-E, H)):
            with pytest.raises(ValueError, match=r"num_heads"):
                m.nn.MultiheadAttention(*sizes)
    assert found[0] == found[1]


@pytest.mark.parametrize("settings", [{}, {"add_bias_kv": True}, {"batch_first": True}], ids=str)
def test_self_attention(settings):
    x = normal(N, S, E) if settings.get("batch_first") else normal(S, N, E)
    hold_attention(settings, [x], attention_masks(S, S, N, H))
    hold_attention(
        settings, [normal(S, E)], [{}, {"key_padding_mask": np.arange(S) > 2}, {"attn_mask": normal(H, S, S)}]
    )


def test_queries_that_see_nothing():
    x, nothing = normal(S, N, E), np.ones((N, S), bool)
    hold_attention({}, [x], [{"key_padding_mask": nothing}, {"attn_mask": np.ones((S, S), bool)}])


def test_bad_calls_of_the_module():
    def program(sizes, mask, padding):
        def run(m, *arrays):
            module = m.nn.MultiheadAttention(E, H).double()
            return module(*arrays)

        return run

    x = normal(*SELF)
    for inputs in [
        (x, x, x[0]),
        (x[..., :4], x, x),
        (x, x[:3], x),
        (x, x[:, :1], x[:, :1]),
        (x, x, x, np.ones((2, 4), bool)),
        (x, x, x, None, False, np.ones((5, 4), bool)),
        (x, x, x, None, False, np.ones((4, 5, 5), bool)),
        (x, x, x, None, False, np.ones((5, 5), int)),
        (x, x, x, None, False, None, True, True),
        (x[None], x[None], x[None]),
    ]:

        def run(m, *arrays):
            try:
                return m.nn.MultiheadAttention(E, H).double()(*arrays)
            except AssertionError as error:  # PyTorch's way of refusing
                raise ValueError from error

        hold(run, *inputs)


def test_static_keys_and_values():
    names = ["in_proj_weight", "in_proj_bias", "out_proj_weight", "out_proj_bias"]
    weights = [normal(3 * E, E), normal(3 * E), normal(E, E), normal(E)]

    def program(m, x, fixed, *found):
        w = dict(zip(names, found, strict=True))
        return m.nn.functional.multi_head_attention_forward(
            x, x, x, E, H, w["in_proj_weight"], w["in_proj_bias"], None, None, True, 0.0, w["out_proj_weight"],
            w["out_proj_bias"], static_k=fixed, static_v=fixed * 2,
        )  # fmt: skip

    hold(program, normal(L, N, E), normal(N * H, 7, E // H), *weights)


# the bilinear form


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("batch", [(), (3,), (2, 3), (0,)], ids=str)
def test_bilinear(batch, bias):
    hold_module(lambda nn: nn.Bilinear(3, 4, 5, bias=bias), normal(*batch, 3), normal(*batch, 4))


def test_bilinear_of_bad_inputs():
    def program(m, x, y, w, b=None):
        return m.nn.functional.bilinear(x, y, w, b)

    x, y, w = normal(2, 3), normal(2, 4), normal(5, 3, 4)
    for inputs in [(x, y, w), (x, y, w, normal(5)), (y, x, w), (x, y[:1], w), (x, y, w[0]), (x, y, w, normal(4))]:
        hold(program, *inputs)


def test_dropout_of_weights_keeps_their_mean():
    def mean(m, n=400):
        query, key, value = m.zeros(n, 3, 4), m.zeros(n, 50, 4), m.ones(n, 50, 1)
        return sdpa(m, query, key, value, dropout_p=0.3)

    for found in (mean(tg).numpy(), mean(torch).numpy()):
        assert abs(found.mean() - 1) < 0.02
        assert abs(found.std() - np.sqrt(0.3 / 0.7 / 50)) < 0.01
