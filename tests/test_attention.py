"""Attention by its properties, against NumPy, and its derivatives against finite differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.kernels import attention as kernels
from tinygrad_edu.kernels import softmax as softmax_kernels
from tinygrad_edu.nn import functional as F
from tinygrad_edu.nn.functional.attention import attend, attention_weights
from tinygrad_edu.ops.softmax import softmax_adjoint
from tinygrad_edu.testing import check_vjp

sdpa = F.scaled_dot_product_attention


def normal(*shape, seed=0, dtype="float64"):
    return tg.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def oracle(query, key, value, bias=0.0, scale=None):
    """Row by row in float64, as the formula says."""
    query, key, value = (np.asarray(x, "float64") for x in (query, key, value))
    scores = np.einsum("...le,...se->...ls", query, key) * (query.shape[-1] ** -0.5 if scale is None else scale) + bias
    out = np.zeros((*scores.shape[:-1], value.shape[-1]))
    for place in np.ndindex(*scores.shape[:-1]):
        row = scores[place]
        if row.size and row.max() > -np.inf:
            weights = np.exp(row - row.max())
            out[place] = weights / weights.sum() @ value[place[:-1]]
    return out


sizes = st.integers(1, 5)


@given(sizes, sizes, sizes, st.sampled_from([(), (2,), (2, 3)]), st.booleans(), st.integers(0, 99))
def test_attention_is_its_formula(L, S, E, batch, is_causal, seed):
    query, key, value = (normal(*batch, n, E, seed=seed + i) for i, n in enumerate((L, S, S)))
    bias = np.triu(np.full((L, S), -np.inf), 1) if is_causal else 0.0
    # a sum of values around 1 may cancel, so the last digits of 1 count, not those of the sum
    np.testing.assert_allclose(
        sdpa(query, key, value, is_causal=is_causal).numpy(), oracle(query, key, value, bias), 1e-12, 1e-14
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("size", [1.0, 30.0, 1e3, 1e6])
def test_large_scores_neither_overflow_nor_vanish(size, dtype):
    query, key, value = (normal(6, 4, seed=i, dtype=dtype) for i in range(3))
    found = sdpa(query * size, key, value)
    assert found.dtype == dtype
    np.testing.assert_allclose(
        found.numpy(), oracle(query * size, key, value), 1e-4 * min(size, 1e3) if dtype == "float32" else 1e-9, 1e-4
    )
    # scores far below 0, of which none can be told from 0 without a shift
    low = sdpa(query, key, value, tg.full((6, 6), -100 * size, dtype=dtype)).numpy()
    np.testing.assert_allclose(low, sdpa(query, key, value).numpy(), 1e-2 * size, 1e-3 if size < 1e4 else 10)


@pytest.mark.parametrize("size", [1.0, 10.0, 40.0])
def test_gradients_of_large_scores(size):
    exact = [normal(2, 70, 4, seed=i).requires_grad_() for i in range(3)]
    single = [x.detach().float().requires_grad_() for x in exact]
    for query, key, value in (exact, single):
        sdpa(query * size, key, value, is_causal=True).backward(normal(2, 70, 4, seed=3).to(query.dtype) * 1e-20)
    for x, y in zip(exact, single, strict=True):
        np.testing.assert_allclose(y.grad.numpy(), x.grad.numpy(), 1e-3, 1e-5 * float(x.grad.abs().max()))


@pytest.mark.parametrize("size", [60.0, 1e3, 1e30])
def test_a_masked_score_may_be_too_large_for_a_power(size):
    query, value, g = (normal(5, 4, seed=i, dtype="float32") for i in range(3))
    keys = [normal(5, 4, seed=3, dtype="float32") * tg.tensor([[1.0]] * 4 + [[factor]]) for factor in (1.0, size)]
    for key in (keys[0].requires_grad_(), keys[1].requires_grad_()):
        sdpa(query, key, value, is_causal=True).backward(g * tg.tensor([[1.0]] * 4 + [[0.0]]))
    few, many = (sdpa(query, key, value, is_causal=True)[:4] for key in keys)
    np.testing.assert_allclose(many.detach().numpy(), few.detach().numpy(), 1e-6)
    np.testing.assert_allclose(keys[1].grad.numpy()[:4], keys[0].grad.numpy()[:4], 1e-5, 1e-7)


@pytest.mark.parametrize(("power", "unit"), [(np.exp, 1.0), (np.exp2, math.log2(math.e))])
def test_powers_to_either_base_give_the_same(monkeypatch, power, unit):
    arrays = [np.random.default_rng(i).standard_normal((2, 70, 4)) for i in range(4)]
    wanted = kernels.attend(*arrays[:3], 0.5, True), *kernels.attend_adjoint(*arrays, 0.5, True)
    monkeypatch.setattr(kernels, "power", power)
    monkeypatch.setattr(kernels, "UNIT", unit)
    found = kernels.attend(*arrays[:3], 0.5, True), *kernels.attend_adjoint(*arrays, 0.5, True)
    for x, y in zip(found, wanted, strict=True):
        np.testing.assert_allclose(x, y, 1e-12, 1e-13)


def test_both_ways_to_the_weights_agree(monkeypatch):
    query, key = np.random.default_rng(0).standard_normal((2, 2, 3, 5))
    quick = kernels.attention_weights(query, key, None, 0.5, True)
    monkeypatch.setattr(softmax_kernels, "LEAST", math.inf)
    np.testing.assert_allclose(kernels.attention_weights(query, key, None, 0.5, True), quick, 1e-14)


def test_the_fused_primitive_is_its_composed_form():
    query, key, bias = (normal(2, 3, 4), normal(2, 5, 4, seed=1), normal(3, 5, seed=2))

    def composed(query, key, bias):
        return ((query @ key.mT) * 0.5 + bias).softmax(-1)

    def fused(query, key, bias):
        return attention_weights(query, key, bias, scale=0.5)

    results = []
    for program in (composed, fused):
        inputs = [x.clone().requires_grad_() for x in (query, key, bias)]
        weights = program(*inputs)
        slopes = tg.autograd.grad((weights * weights).sum(), inputs, create_graph=True)
        second = tg.autograd.grad(sum([(x * x).sum() for x in slopes], start=tg.zeros(())), inputs)
        results.append([weights, *slopes, *second])
    for x, y in zip(*results, strict=True):
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), 1e-10, 1e-12)


def test_the_primitives_rules():
    query, key, bias = normal(2, 3, 4).numpy(), normal(1, 5, 4, seed=1).numpy(), normal(3, 5, seed=2).numpy()
    for is_causal in (False, True):
        settings = {"scale": 0.7, "is_causal": is_causal}
        check_vjp(attention_weights, [query, key], settings)
        check_vjp(attention_weights, [query, key, bias], settings)
    check_vjp(softmax_adjoint, [normal(2, 3).numpy(), normal(2, 3, seed=1).numpy()])


@pytest.mark.parametrize("is_causal", [False, True])
def test_derivatives(is_causal):
    inputs = [normal(2, n, 3, seed=n).requires_grad_() for n in (2, 4, 4)]
    mask = normal(2, 4).requires_grad_()

    def program(query, key, value, *mask):
        return sdpa(query, key, value, *mask, is_causal=is_causal)

    inputs += [] if is_causal else [mask]
    assert gradcheck(program, inputs)
    assert gradgradcheck(program, inputs)


@pytest.mark.parametrize("is_causal", [False, True])
@pytest.mark.parametrize(("queries", "keys"), [(5, 5), (3, 7), (7, 3)])
def test_in_blocks_attention_is_its_composed_form(monkeypatch, is_causal, queries, keys):
    monkeypatch.setattr(kernels, "BLOCK", 2)
    monkeypatch.setattr(kernels, "CACHED", 2)
    shapes = (3, 2, queries, 4), (3, 2, keys, 4), (3, 2, keys, 3)
    inputs = [normal(*shape, seed=i).requires_grad_() for i, shape in enumerate(shapes)]
    results = []
    for found in (
        attend(*inputs, scale=0.5, is_causal=is_causal),
        attention_weights(*inputs[:2], scale=0.5, is_causal=is_causal) @ inputs[2],
    ):
        slopes = tg.autograd.grad((found * found).sum(), inputs, create_graph=True)
        second = tg.autograd.grad(sum([(x * x).sum() for x in slopes], start=tg.zeros(())), inputs)
        results.append([found, *slopes, *second])
    for x, y in zip(*results, strict=True):
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), 1e-10, 1e-12)


def test_attention_over_a_batch_that_broadcasts():
    query, key, value = inputs = [normal(3, 1, 5, 4), normal(2, 6, 4, seed=1), normal(6, 3, seed=2)]
    composed = attention_weights(query, key, scale=0.5) @ value
    np.testing.assert_allclose(sdpa(*inputs).numpy(), composed.numpy(), 1e-12)
    assert gradcheck(lambda *xs: sdpa(*xs, is_causal=True), [x.requires_grad_() for x in inputs])


def test_attention_keeps_what_it_was_given_and_no_weights():
    inputs = [normal(2, 8, 4, seed=i).requires_grad_() for i in range(3)]
    kept = []
    with tg.autograd.graph.saved_tensors_hooks(lambda t: kept.append(t.shape) or t, lambda t: t):
        sdpa(*inputs, is_causal=True)
    assert kept == [(2, 8, 4)] * 3


# properties


def test_no_query_sees_a_later_key():
    query, key, value = (normal(2, 6, 4, seed=i).requires_grad_() for i in range(3))
    out = sdpa(query, key, value, is_causal=True)
    for i in range(6):
        for g in tg.autograd.grad(out[:, i].sum(), [key, value], retain_graph=True):
            assert not g[:, i + 1 :].any()
        assert g[:, : i + 1].all()  # of the values


def test_the_order_of_keys_does_not_matter_and_that_of_queries_is_kept():
    query, key, value, order = normal(4, 3), normal(6, 3, seed=1), normal(6, 2, seed=2), [3, 1, 5, 0, 4, 2]
    out = sdpa(query, key, value).numpy()
    np.testing.assert_allclose(sdpa(query, key[order], value[order]).numpy(), out, 1e-12)
    np.testing.assert_allclose(sdpa(query[[2, 0, 3, 1]], key, value).numpy(), out[[2, 0, 3, 1]], 1e-12)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_a_query_that_may_see_nothing_gives_zero_and_no_nan(dtype):
    seen = np.ones((3, 4), bool)
    seen[1] = False
    for mask in (seen, np.where(seen, 0, -np.inf).astype(dtype)):
        inputs = [normal(2, n, 3, seed=n, dtype=dtype).requires_grad_() for n in (3, 4, 4)]
        out = sdpa(*inputs, tg.tensor(mask))
        out.sum().backward()
        assert not out[:, 1].any()
        assert out[:, 0].any()
        assert not inputs[0].grad[:, 1].any()
        assert all(x.grad.isfinite().all() for x in inputs)


def test_a_bool_mask_is_one_of_minus_infinity():
    query, key, value, seen = normal(3, 4), normal(5, 4), normal(5, 4), normal(3, 5) > 0
    floats = tg.where(seen, 0.0, -math.inf).double()
    np.testing.assert_array_equal(sdpa(query, key, value, seen).numpy(), sdpa(query, key, value, floats).numpy())


def test_a_group_of_queries_shares_its_keys():
    query, key, value = normal(6, 3, 4), normal(2, 5, 4, seed=1), normal(2, 5, 4, seed=2)
    found = sdpa(query, key, value, enable_gqa=True).numpy()
    for head in range(6):
        np.testing.assert_allclose(found[head], sdpa(query[head], key[head // 3], value[head // 3]).numpy(), 1e-12)


def test_dropout_scales_what_stays():
    tg.manual_seed(0)
    out = sdpa(tg.zeros(50, 1, 2), tg.zeros(50, 20, 2), tg.ones(50, 20, 1), dropout_p=0.25)
    assert set(np.round(out.numpy().ravel() * 20 * 0.75)) <= set(range(21))
    assert abs(out.mean().item() - 1) < 0.05
    assert not sdpa(tg.ones(2, 2), tg.ones(2, 2), tg.ones(2, 2), dropout_p=1.0).any()


x = normal(2, 3, 4)
ERRORS = [
    (lambda: sdpa(x, normal(2, 3, 5), x), ShapeError, "one last size"),
    (lambda: sdpa(x, x, normal(2, 4, 4)), ShapeError, "must be equal"),
    (lambda: sdpa(x, normal(3, 3, 4), x), ShapeError, "do not broadcast"),
    (lambda: sdpa(x[0, 0], x, x), ShapeError, r"query \(.., length, embedding\)"),
    (lambda: sdpa(x, x, x, tg.ones(3, 4) > 0), ShapeError, r"mask \(.., 3, 3\)"),
    (lambda: sdpa(x, x, x, tg.ones(5, 2, 3, 3) > 0), ShapeError, r"mask \(.., 3, 3\)"),
    (lambda: sdpa(x, x.float(), x), RuntimeError, "one dtype"),
    (lambda: sdpa(x.long(), x.long(), x.long()), RuntimeError, "floats"),
    (lambda: sdpa(x, x, x, tg.ones(3, 3).long()), RuntimeError, "holds bools or float64"),
    (lambda: sdpa(x, x, x, tg.ones(3, 3) > 0, is_causal=True), RuntimeError, "attn_mask should not be set"),
    (lambda: sdpa(x, x, x, dropout_p=1.5), ValueError, "between 0 and 1"),
    (lambda: sdpa(x, x, [1.0]), TypeError, "list as value"),
    (lambda: sdpa(x, x, x, [True]), TypeError, "as attn_mask, got list"),
    (lambda: sdpa(x[0], x[0], x[0], enable_gqa=True), ShapeError, "enable_gqa"),
    (lambda: sdpa(normal(4, 3, 4), normal(3, 3, 4), normal(3, 3, 4), enable_gqa=True), ShapeError, "multiple"),
    (lambda: nn.MultiheadAttention(6, 4), ValueError, "num_heads must divide"),
    (lambda: nn.MultiheadAttention(0, 1), ValueError, "positive"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x, x[:1]), ShapeError, "key and value"),
    (lambda: nn.MultiheadAttention(8, 2)(x, x, x), ShapeError, r"queries \(.., 8\)"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x[:, :1], x[:, :1]), ShapeError, "same batch"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x[0], x[0]), ShapeError, "dimensions"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x, x, is_causal=True), RuntimeError, "generate_square_subsequent_mask"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x, x, attn_mask=tg.ones(3, 3)), ShapeError, r"attn_mask takes shape \(2"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x, x, tg.ones(2, 2)), ShapeError, r"key_padding_mask takes shape \(3, 2"),
    (lambda: nn.MultiheadAttention(4, 2)(x, x, x, tg.ones(3, 2).long()), RuntimeError, "holds bools or floats"),
    (lambda: F.multi_head_attention_forward(x, x, x, 4, 2, None, None, None, None, False, 0.0, x[0], None), ValueError,
     "in_proj_weight"),
    (lambda: F.multi_head_attention_forward(x, x, x, 4, 3, normal(12, 4), None, None, None, False, 0.0, x[0], None),
     ValueError, "num_heads must divide"),
    (lambda: nn.Bilinear(0, 2, 3), ValueError, "positive"),
    (lambda: nn.Bilinear(4, 3, 2)(x, x), ShapeError, r"\(..., 4\) and \(..., 3\)"),
    (lambda: F.bilinear(x, x, x[0]), ShapeError, r"weight \(out, in1, in2\)"),
    (lambda: F.bilinear(x, x, normal(2, 4, 4), normal(3)), ShapeError, r"bias of \(2,\)"),
]  # fmt: skip


@pytest.mark.parametrize("row", range(len(ERRORS)))
def test_errors_say_what_is_needed(row):
    call, kind, words = ERRORS[row]
    with pytest.raises(kind, match=words):
        call()


# the module


def test_heads_are_attentions_of_parts():
    tg.manual_seed(0)
    module = nn.MultiheadAttention(6, 3, batch_first=True).double()
    query, other = normal(2, 4, 6), normal(2, 5, 6, seed=1)
    projected = [
        F.linear(x, w, b)
        for x, w, b in zip(
            (query, other, other), module.in_proj_weight.chunk(3), module.in_proj_bias.chunk(3), strict=True
        )
    ]
    parts = [sdpa(*[x[..., 2 * h : 2 * h + 2] for x in projected]) for h in range(3)]
    out, weights = module(query, other, other)
    np.testing.assert_allclose(out.detach().numpy(), module.out_proj(tg.cat(parts, -1)).detach().numpy(), 1e-10, 1e-12)
    np.testing.assert_allclose(weights.sum(-1).detach().numpy(), np.ones((2, 4)), 1e-12)


def test_with_and_without_weights_the_output_is_one():
    module, x, mask = nn.MultiheadAttention(6, 3).double(), normal(4, 2, 6), normal(4, 4) > 1.5
    with_weights, weights = module(x, x, x, attn_mask=mask)
    without, nothing = module(x, x, x, attn_mask=mask, need_weights=False)
    np.testing.assert_allclose(with_weights.detach().numpy(), without.detach().numpy(), 1e-10)
    assert nothing is None
    assert not weights.detach().numpy()[:, mask.numpy()].any()


def test_padding_is_not_seen():
    module, x = nn.MultiheadAttention(4, 2).double(), normal(5, 1, 4)
    padding = tg.tensor([[False, False, False, True, True]])
    for need_weights in (True, False):
        out, _ = module(x, x, x, key_padding_mask=padding, need_weights=need_weights)
        shorter, _ = module(x[:3], x[:3], x[:3])
        np.testing.assert_allclose(out[:3].detach().numpy(), shorter.detach().numpy(), 1e-10)


@pytest.mark.parametrize("settings", [{}, {"kdim": 3, "vdim": 5, "add_bias_kv": True, "add_zero_attn": True}], ids=str)
def test_gradients_of_the_module(settings):
    module = nn.MultiheadAttention(4, 2, **settings).double()
    inputs = [normal(n, 1, size, seed=n) for n, size in zip((2, 3, 3), (4, module.kdim, module.vdim), strict=True)]

    def program(*parameters):
        return module(*inputs)[0]  # which uses these very parameters

    assert gradcheck(program, list(module.parameters()))


def test_xavier_and_zero():
    tg.manual_seed(0)
    module = nn.MultiheadAttention(64, 4)
    assert not module.in_proj_bias.any()
    assert not module.out_proj.bias.any()
    bound = math.sqrt(6 / (64 + 192))
    assert 0.95 * bound < module.in_proj_weight.abs().max().item() <= bound


def test_dropout_only_in_training():
    module, x = nn.MultiheadAttention(4, 2, dropout=0.5).double(), normal(6, 1, 4)
    module.eval()
    np.testing.assert_array_equal(*[module(x, x, x)[0].detach().numpy() for _ in range(2)])
    module.train()
    tg.manual_seed(0)
    out, weights = module(x, x, x, average_attn_weights=False)
    assert (weights == 0).any()
    assert out.shape == x.shape


def test_bilinear_against_einsum():
    layer, x, y = nn.Bilinear(3, 4, 5).double(), normal(2, 6, 3), normal(2, 6, 4)
    expected = np.einsum("abi,oij,abj->abo", x, layer.weight.detach(), y) + layer.bias.detach().numpy()
    np.testing.assert_allclose(layer(x, y).detach().numpy(), expected, 1e-12)
    x, y = x.requires_grad_(), y.requires_grad_()
    assert gradcheck(F.bilinear, (x, y, layer.weight, layer.bias))
    assert gradgradcheck(F.bilinear, (x[:1], y[:1], layer.weight))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_of_every_size_is_that_of_shifted_rows(dim, dtype):
    for size in (1, 40, 1e3):
        x = (np.random.default_rng(0).standard_normal((5, 6)) * size).astype(dtype)
        wide = x.astype("float64")
        e = np.exp(wide - wide.max(dim, keepdims=True))
        found = tg.tensor(x).softmax(dim)
        assert found.dtype == dtype
        rtol, atol = {"float64": (1e-13, 1e-300), "float32": (1e-5, 1e-37), "float16": (2e-3, 1e-7)}[dtype]
        np.testing.assert_allclose(found.numpy(), e / e.sum(dim, keepdims=True), rtol, atol)
    for far in (-500.0, 500.0):  # nothing is left of exp, or nothing but infinity
        found = tg.full((2, 4), far, dtype=getattr(tg, dtype)).softmax(dim)
        np.testing.assert_array_equal(found.numpy(), np.full((2, 4), 1 / (2, 4)[dim]))
    assert tg.full((2, 4), -math.inf).softmax(dim).isnan().all()


@pytest.mark.parametrize(("shape", "dim"), [((70, 1000), 1), ((7, 20, 500), 2), ((7, 20, 500), 1), ((500, 140), 0)])
def test_softmax_of_many_rows_is_taken_in_blocks(shape, dim):
    x, g = np.random.default_rng(0).standard_normal((2, *shape))
    e = np.exp(x)
    weights = e / e.sum(dim, keepdims=True)
    scores = tg.tensor(x).requires_grad_()
    found = scores.softmax(dim)
    np.testing.assert_allclose(found.detach().numpy(), weights, 1e-12)
    found.backward(tg.tensor(g))
    slopes = weights * (g - (g * weights).sum(dim, keepdims=True))
    np.testing.assert_allclose(scores.grad.numpy(), slopes, 1e-9, 1e-15)


@pytest.mark.parametrize("size", [1, 300])
def test_cross_entropy_of_many_rows_is_taken_in_blocks(size):
    rng = np.random.default_rng(0)
    x, labels, g = rng.standard_normal((300, 400)) * size, rng.integers(0, 400, 300), rng.standard_normal(300)
    shifted = x - x.max(1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    scores = tg.tensor(x).requires_grad_()
    found = F.cross_entropy(scores, tg.tensor(labels), reduction="none")
    np.testing.assert_allclose(found.detach().numpy(), -logs[np.arange(300), labels], 1e-9, 1e-9)
    found.backward(tg.tensor(g))
    slopes = np.exp(logs)
    slopes[np.arange(300), labels] -= 1
    np.testing.assert_allclose(scores.grad.numpy(), slopes * g[:, None], 1e-9, 1e-12)
    scores.grad = None
    F.cross_entropy(scores, tg.tensor(labels)).backward()
    np.testing.assert_allclose(scores.grad.numpy(), slopes / 300, 1e-9, 1e-12)
