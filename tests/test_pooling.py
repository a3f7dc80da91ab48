"""Pooling against windows taken one by one, its routing of gradients, and its edges."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.functions import pooling as F
from tinygrad_edu.kernels import pooling as kernels
from tinygrad_edu.ops import pooling as ops

MAX = {1: F.max_pool1d, 2: F.max_pool2d, 3: F.max_pool3d}
AVG = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}


def count_windows(n, kernel, stride, padding, dilation, ceil_mode):
    """Windows that end inside the padded input; with ceil_mode, that start before the padding at its end."""
    starts = range(-padding, n + padding, stride)
    reach = dilation * (kernel - 1) + 1
    whole = sum(start + reach <= n + padding for start in starts)
    hangs_over = ceil_mode and whole * stride - padding < n and (n + 2 * padding - reach) % stride
    return whole + bool(hangs_over)


def windows(shape, kernel, stride, padding, dilation, ceil_mode=False):
    """(window, places inside, places inside the padded input) of every window, places in row-major order."""
    counts = [
        count_windows(*setting, ceil_mode) for setting in zip(shape, kernel, stride, padding, dilation, strict=True)
    ]
    for window in np.ndindex(*counts):
        taps = [
            [w * s - p + d * tap for tap in range(k)]
            for w, s, p, d, k in zip(window, stride, padding, dilation, kernel, strict=True)
        ]
        inside = [[a for a in along if 0 <= a < n] for along, n in zip(taps, shape, strict=True)]
        padded = [[a for a in along if a < n + p] for along, n, p in zip(taps, shape, padding, strict=True)]
        yield window, list(itertools.product(*inside)), math.prod(map(len, padded))


def table(found):
    """An array of the values found for each window."""
    return np.array([found[window] for window in sorted(found)]).reshape([n + 1 for n in max(found)])


def winner(x, places):
    """The place of the largest value: the first of equals, the last NaN."""
    if any(np.isnan(x[place]) for place in places):
        return [place for place in places if np.isnan(x[place])][-1]
    return max(places, key=lambda place: x[place])  # the first of equals


@st.composite
def geometries(draw, dilations=(1, 2)):
    dims = draw(st.integers(1, 3))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    kernel, stride = each(1, 4), each(1, 4)
    dilation = tuple(draw(st.sampled_from(dilations)) for _ in range(dims))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    shape = tuple(n + more for n, more in zip(least, each(0, 5 if dims < 3 else 2), strict=True))
    return shape, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}


def public(settings):
    return {"kernel_size" if name == "kernel" else name: value for name, value in settings.items()}


@given(geometries(), st.booleans(), st.sampled_from([[0.0, 1.0], [0.0, -np.inf, np.inf], [1.0, np.nan], None]))
def test_max_pool_finds_each_window_s_largest_and_routes_the_gradient_there(geometry, ceil_mode, values):
    shape, settings = geometry
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *shape)) if values is None else rng.choice(values, (2, *shape))
    y, indices = MAX[len(shape)](x, **public(settings), ceil_mode=ceil_mode, return_indices=True)
    g = rng.standard_normal(y.shape)
    gx = ops.max_pool_route(g, x, y, window=F.Window(**settings))

    expected = np.zeros_like(x)
    for c in range(2):
        found = {window: places for window, places, _ in windows(shape, **settings, ceil_mode=ceil_mode)}
        assert y.shape[1:] == table(dict.fromkeys(found, 0)).shape
        for window, places in found.items():
            if places:
                place = winner(x[c], places)
                np.testing.assert_equal(y[(c, *window)], x[(c, *place)])
                assert indices[(c, *window)] == np.ravel_multi_index(place, shape)
                expected[(c, *place)] += g[(c, *window)]
            else:
                assert y[(c, *window)] == -np.inf  # the taps of a dilated window may all lie in the padding
    np.testing.assert_allclose(gx, expected, atol=1e-12)


@given(geometries())
def test_route_and_pick_are_adjoint(geometry):
    shape, settings = geometry
    rng = np.random.default_rng(0)
    x = rng.integers(0, 3, (2, *shape)).astype(float)
    window = F.Window(**settings)
    y = MAX[len(shape)](x, **public(settings))
    a, b = rng.standard_normal(y.shape), rng.standard_normal(x.shape)
    routed, picked = ops.max_pool_route(a, x, y, window=window), ops.max_pool_pick(b, x, y, window=window)
    np.testing.assert_allclose((routed * b).sum(), (a * picked).sum(), rtol=1e-9, atol=1e-12)


@given(geometries(dilations=[1]), st.booleans(), st.booleans(), st.sampled_from([None, 3, -2]))
def test_avg_pool_is_the_mean_of_each_window_and_its_adjoint_fits(geometry, ceil_mode, count_include_pad, override):
    shape, settings = geometry
    dims = len(shape)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, *shape))
    named = {name: value for name, value in public(settings).items() if name != "dilation"}
    if dims > 1:
        named["divisor_override"] = override
    leaf = tg.tensor(x, requires_grad=True)
    y = AVG[dims](leaf, **named, ceil_mode=ceil_mode, count_include_pad=count_include_pad)

    means = {}
    for window, places, padded in windows(shape, **settings, ceil_mode=ceil_mode):
        divisor = (dims > 1 and override) or (padded if count_include_pad else len(places))
        means[window] = sum(x[(1, *place)] for place in places) / divisor
    np.testing.assert_allclose(y.detach().numpy()[1], table(means), rtol=1e-10, atol=1e-12)

    a = rng.standard_normal(y.shape)
    (gx,) = tg.autograd.grad(y, [leaf], tg.tensor(a))
    np.testing.assert_allclose((gx.numpy() * x).sum(), (a * y.detach().numpy()).sum(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "settings",
    [
        {"kernel_size": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "stride": 1},
    ],
)
def test_first_and_second_derivatives_are_those_of_finite_differences(dims, settings):
    rng = np.random.default_rng(0)
    size = {1: 7, 2: 5, 3: 4}[dims]
    # all values differ by far more than the differences' step, so no window is near a tie
    x = tg.tensor(rng.permutation(2 * size**dims).reshape(2, *[size] * dims).astype(float) / 10, requires_grad=True)
    for pool in (MAX[dims], AVG[dims]):
        assert gradcheck(lambda x, pool=pool: pool(x, **settings), [x])
        assert gradgradcheck(lambda x, pool=pool: pool(x, **settings) ** 2, [x])


def test_the_gradient_goes_to_the_first_of_equal_values():
    x = tg.zeros(1, 1, 4, 4, requires_grad=True)
    F.max_pool2d(x, 2).sum().backward()
    expected = np.zeros((4, 4))
    expected[::2, ::2] = 1
    np.testing.assert_array_equal(x.grad.numpy()[0, 0], expected)


def test_an_infinite_gradient_stays_where_it_belongs():
    x = np.arange(4.0).reshape(1, 2, 2)
    gx = ops.max_pool.rules["x"](
        np.full((1, 1, 1), np.inf), x, np.full((1, 1, 1), 3.0), F.Window(*[(2, 2)] * 2, (0, 0), (1, 1)), (1, 1)
    )
    np.testing.assert_array_equal(gx, [[[0, 0], [0, np.inf]]])


def test_blocks_make_no_difference(monkeypatch):
    x = np.random.default_rng(0).integers(0, 3, (5, 2, 6, 6)).astype(float)
    x[3, 1, 2, 2] = np.nan
    window = F.Window((3, 3), (2, 2), (1, 1), (1, 1))
    y = F.max_pool2d(x, 3, 2, 1)
    whole = ops.max_pool_route(y, x, y, window=window)
    monkeypatch.setattr(kernels, "BLOCK", 2 * 2 * 36)
    np.testing.assert_array_equal(ops.max_pool_route(y, x, y, window=window), whole)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("pools", [MAX, AVG])
def test_examples_without_batch_and_empty_batches(dims, pools):
    x = np.random.default_rng(0).standard_normal((3, *[5] * dims))
    np.testing.assert_array_equal(pools[dims](x, 2), pools[dims](x[None], 2)[0])
    empty = tg.zeros(0, 3, *[5] * dims, requires_grad=True)
    y = pools[dims](empty, 2)
    y.sum().backward()
    assert y.shape == (0, 3, *[2] * dims)
    assert empty.grad.shape == empty.shape


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("pool", [F.max_pool2d, F.avg_pool2d])
def test_dtype_is_kept_forward_and_backward(dtype, pool):
    x = tg.tensor(np.ones((1, 1, 5, 5), dtype), requires_grad=True)
    y = pool(x, 3, 2, 1)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == dtype


def test_float16_means_do_not_overflow():
    assert F.avg_pool2d(np.full((1, 2, 2), 60000, "float16"), 2).item() == 60000


def test_integers_have_a_maximum_and_a_mean_rounded_to_zero():
    x = np.array([[[-7, -4], [-2, -1]]])
    assert F.max_pool2d(x, 2).item() == -1
    assert F.avg_pool2d(x, 2).item() == -3


def test_inputs_in_any_memory_order_are_read_and_never_written():
    x = np.random.default_rng(0).standard_normal((5, 4, 3, 2)).transpose(3, 2, 1, 0)[..., ::-1]
    x.setflags(write=False)
    for pool in (F.max_pool2d, F.avg_pool2d):
        for kernel in (1, 2):
            y = pool(x, kernel)
            np.testing.assert_array_equal(y, pool(x.copy(), kernel))
            assert not np.shares_memory(y, x)


X = np.zeros((2, 3, 4, 5))

MISTAKES = [
    (lambda: F.max_pool2d(X[0, 0], 2), ValueError, r"2-d pooling takes \(B, C, H, W\) or \(C, H, W\), got \(4, 5\)"),
    (lambda: F.avg_pool3d(X[0], 2), ValueError, "3-d pooling takes"),
    (lambda: F.max_pool2d(X, 5), ValueError, r"\(2, 3, 4, 5\) is too small for this window: kernel=\(5, 5\)"),
    (lambda: F.max_pool2d(X, 3, dilation=2), ValueError, "too small"),
    (lambda: F.max_pool2d(X, 0), ValueError, "must be 1 or more"),
    (lambda: F.max_pool2d(X, 2, stride=0), ValueError, r"stride must be greater than zero.*stride=\(0, 0\)"),
    (lambda: F.avg_pool2d(X, 3, padding=2), ValueError, "at most half"),
    (lambda: F.avg_pool2d(X, 3, padding=-1), ValueError, "padding must be 0 or more"),
    (lambda: F.max_pool2d(X, (1, 2, 3)), ValueError, "kernel_size takes an integer or 2 integers"),
    (lambda: F.max_pool2d(X, 2.5), TypeError, "kernel_size takes an integer or 2 integers.*got 2.5"),
    (lambda: F.avg_pool2d(X, 2, divisor_override=0), ValueError, "divisor must be not zero"),
    (lambda: F.max_pool2d(X.astype(bool), 2), RuntimeError, "integers or floats, got bool"),
]


@pytest.mark.parametrize(("mistake", "error", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_shapes(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()
