"""Convolution against its definition in loops, its adjoints against their defining identity, and its edges."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.functions import convolution as F
from tinygrad_edu.kernels import convolution as kernels
from tinygrad_edu.ops.convolution import conv, conv_input, conv_weight

CONVS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSES = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


def terms(x, w, size, stride, padding, dilation, groups):
    """Every (output, input, weight) place of which a convolution's sum has a term."""
    outputs, channels, *kernel = w
    for o, c in itertools.product(range(outputs), range(channels)):
        channel = o // (outputs // groups) * channels + c
        for i, k in itertools.product(np.ndindex(*size), np.ndindex(*kernel)):
            place = tuple(a * s + b * d - p for a, b, s, d, p in zip(i, k, stride, dilation, padding, strict=True))
            if all(0 <= a < n for a, n in zip(place, x[2:], strict=True)):
                yield (o, *i), (channel, *place), (o, c, *k)


def by_definition(x, w, stride, padding, dilation, groups):
    size = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x.shape[2:], w.shape[2:], stride, padding, dilation, strict=True)
    ]
    y = np.zeros((len(x), len(w), *size))
    for to, source, tap in terms(x.shape, w.shape, size, stride, padding, dilation, groups):
        y[(slice(None), *to)] += x[(slice(None), *source)] * w[tap]
    return y


def transpose_by_definition(x, w, size, stride, padding, dilation, groups):
    y = np.zeros((len(x), w.shape[1] * groups, *size))
    for source, to, tap in terms(y.shape, w.shape, x.shape[2:], stride, padding, dilation, groups):
        y[(slice(None), *to)] += x[(slice(None), *source)] * w[tap]
    return y


@st.composite
def geometries(draw):
    """Shapes and settings in which at least one window fits."""
    dims = draw(st.integers(1, 3))

    def each(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    groups, channels, outputs, images = (draw(st.integers(*bounds)) for bounds in [(1, 3), (1, 2), (1, 2), (0, 3)])
    kernel, stride, padding, dilation = each(1, 3), each(1, 3), each(0, 3), each(1, 3)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    spatial = tuple(n + more for n, more in zip(least, each(0, 4 if dims < 3 else 2), strict=True))
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return (images, groups * channels, *spatial), (groups * outputs, channels, *kernel), settings


def random(*shapes, dtype="float64"):
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def leaves(*arrays):
    return [tg.tensor(x, requires_grad=True) for x in arrays]


@given(geometries(), st.sampled_from([1, 60, kernels.BLOCK]), st.booleans(), st.sampled_from([0, kernels.TURNED]))
def test_conv_is_its_definition_and_its_adjoints_fit(geometry, block, images_as_rows, turned):
    """<conv(x, w), y> = <x, conv_input(y, w)> = <w, conv_weight(y, x)> for all x, w and y defines the adjoints."""
    x_shape, w_shape, settings = geometry
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "BLOCK", block)
        patch.setattr(kernels, "are_small", lambda *_: images_as_rows)
        patch.setattr(kernels, "TURNED", turned)
        kernels.strips.cache_clear()
        x, w = random(x_shape, w_shape)
        out = conv(x, w, **settings)
        np.testing.assert_allclose(out, by_definition(x, w, **settings), rtol=1e-10, atol=1e-10)

        (y,) = random(out.shape)
        gx = conv_input(y, w, size=x_shape[2:], **settings)
        gw = conv_weight(y, x, kernel=w_shape[2:], **settings)
        assert (gx.shape, gw.shape) == (x_shape, w_shape)
        np.testing.assert_allclose([(x * gx).sum(), (w * gw).sum()], (out * y).sum(), rtol=1e-9, atol=1e-9)
    kernels.strips.cache_clear()


SETTINGS = [
    ((2, 4, 5), (6, 2, 3), {"stride": 2, "padding": 1, "groups": 2}),
    ((2, 2, 5, 4), (3, 2, 3, 2), {"padding": (1, 0)}),
    ((1, 4, 6, 5), (4, 1, 2, 3), {"stride": (2, 3), "padding": 1, "dilation": (2, 1), "groups": 4}),
    ((2, 2, 3, 3), (2, 2, 1, 1), {}),
    ((1, 2, 4, 3, 3), (2, 1, 2, 2, 2), {"stride": (2, 1, 1), "dilation": (1, 2, 1), "groups": 2}),
]


@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), SETTINGS)
def test_first_and_second_derivatives_are_those_of_finite_differences(x_shape, w_shape, settings):
    function = CONVS[len(x_shape) - 2]
    inputs = leaves(*random(x_shape, w_shape, w_shape[:1]))
    assert gradcheck(lambda *xs: function(*xs, **settings), inputs)
    assert gradgradcheck(lambda *xs: function(*xs, **settings), inputs)


@pytest.mark.parametrize(("x_shape", "w_shape", "settings"), SETTINGS)
def test_derivatives_of_the_transpose_are_those_of_finite_differences(x_shape, w_shape, settings):
    function = TRANSPOSES[len(x_shape) - 2]
    groups = settings.get("groups", 1)
    inputs = leaves(*random(x_shape, (x_shape[1], 2, *w_shape[2:]), (2 * groups,)))
    assert gradcheck(lambda *xs: function(*xs, **settings), inputs)
    assert gradgradcheck(lambda *xs: function(*xs, **settings), inputs)


@given(geometries(), st.data())
def test_conv_transpose_is_its_definition(geometry, data):
    (images, channels, *spatial), (_, _, *kernel), settings = geometry
    dims, groups = len(kernel), settings["groups"]
    more = tuple(
        data.draw(st.integers(0, max(s, d) - 1)) for s, d in zip(settings["stride"], settings["dilation"], strict=True)
    )
    size = [
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + m
        for n, k, s, p, d, m in zip(
            spatial, kernel, settings["stride"], settings["padding"], settings["dilation"], more, strict=True
        )
    ]
    x, w, b = random((images, channels, *spatial), (channels, 2, *kernel), (2 * groups,))
    if min(size) < 1:
        with pytest.raises(ValueError, match="leave an output of size"):
            TRANSPOSES[dims](x, w, b, output_padding=more, **settings)
        return
    y = TRANSPOSES[dims](x, w, b, output_padding=more, **settings)
    expected = transpose_by_definition(x, w, size, **settings) + b.reshape(-1, *[1] * dims)
    np.testing.assert_allclose(y, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (4, 3)])
def test_same_padding_keeps_the_sizes_and_puts_the_odd_zero_last(dims, kernel, dilation):
    x, w = random((2, 2, *[5] * dims), (3, 2, *[kernel] * dims))
    y = CONVS[dims](x, w, padding="same", dilation=dilation)
    total = dilation * (kernel - 1)
    padded = np.pad(x, [(0, 0)] * 2 + [(total // 2, total - total // 2)] * dims)
    np.testing.assert_allclose(y, CONVS[dims](padded, w, padding="valid", dilation=dilation), rtol=1e-12)
    assert y.shape == (2, 3, *[5] * dims)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("functions", [CONVS, TRANSPOSES])
def test_an_example_without_batch_is_a_batch_of_one(dims, functions):
    x, w, b = random((2, *[4] * dims), (2, 2, *[3] * dims), (2,))
    batch = functions[dims](x[None], w, b, padding=1)
    np.testing.assert_array_equal(functions[dims](x, w, b, padding=1), batch[0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtype_is_kept_forward_and_backward(dtype):
    x, w, b = leaves(*random((2, 2, 5, 5), (3, 2, 3, 3), (3,), dtype=dtype))
    for y in (F.conv2d(x, w, b), F.conv_transpose2d(x, w.transpose(0, 1), b)):
        assert y.dtype == dtype
        for leaf, g in zip((x, w, b), tg.autograd.grad(y.sum(), (x, w, b)), strict=True):
            assert (g.dtype, g.shape) == (dtype, leaf.shape)


def test_float16_is_summed_in_float32():
    x, w = np.ones((1, 1, 3, 1), "float16"), np.array([2048, 1, 1], "float16").reshape(1, 1, 3, 1)
    assert F.conv2d(x, w).item() == 2050  # in float16, 2048 + 1 is 2048


def test_tensors_in_tensors_out_as_arrays_in_arrays_out():
    x, w, b = random((2, 2, 6, 6), (4, 2, 3, 3), (4,))
    out = F.conv2d(x, w, b, stride=2)
    assert type(out) is np.ndarray
    np.testing.assert_array_equal(F.conv2d(*map(tg.tensor, (x, w, b)), stride=2).numpy(), out)


def test_the_bias_is_added_once_in_every_block_and_strip(monkeypatch):
    monkeypatch.setattr(kernels, "BLOCK", 1)
    kernels.strips.cache_clear()
    x, w, b = random((3, 2, 9, 4), (2, 2, 3, 3), (2,))
    np.testing.assert_allclose(F.conv2d(x, w, b), F.conv2d(x, w) + b[:, None, None], rtol=1e-12)
    kernels.strips.cache_clear()


def test_many_images_of_few_positions():
    """As deep in a network: images are the rows of one, in blocks as large as the weight."""
    x, w, y = random((9, 8, 2, 2), (90, 8, 3, 3), (9, 90, 2, 2), dtype="float32")
    assert kernels.are_small(9, (2, 2), 90)
    settings = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1)}
    out = np.concatenate([conv(a[None], w, **settings) for a in x])
    np.testing.assert_allclose(conv(x, w, **settings), out, rtol=1e-5, atol=1e-5)
    gx = np.concatenate([conv_input(b[None], w, size=(2, 2), **settings) for b in y])
    np.testing.assert_allclose(conv_input(y, w, size=(2, 2), **settings), gx, rtol=1e-5, atol=1e-4)
    gw = np.sum([conv_weight(b[None], a[None], kernel=(3, 3), **settings) for a, b in zip(x, y, strict=True)], axis=0)
    np.testing.assert_allclose(conv_weight(y, x, kernel=(3, 3), **settings), gw, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_reach_exactly_the_outputs_that_see_them(value):
    (w,) = random((1, 1, 3, 3))
    x = np.zeros((1, 1, 7, 7))
    x[0, 0, 3, 3] = value
    seen = np.zeros((7, 7), bool)
    seen[2:5, 2:5] = True
    np.testing.assert_array_equal(~np.isfinite(F.conv2d(x, w, padding=1)[0, 0]), seen)


def test_inputs_in_any_memory_order_are_read_and_never_written():
    (x,) = random((6, 5, 2, 3))
    x = x.transpose(2, 3, 0, 1)[:, :, ::-1]
    w = np.broadcast_to(np.arange(4.0)[::-1, None], (3, 3, 4, 1))
    y = np.broadcast_to(np.float64(1.5), (2, 3, 5, 5))
    settings = {"stride": (1, 1), "padding": (1, 0), "dilation": (1, 1), "groups": 1}
    for array in (x, w, y):
        array.setflags(write=False)
    copies = [np.array(a) for a in (x, w, y)]
    np.testing.assert_array_equal(conv(x, w, **settings), conv(*copies[:2], **settings))
    np.testing.assert_array_equal(
        conv_input(y, w, size=(6, 5), **settings), conv_input(copies[2], copies[1], size=(6, 5), **settings)
    )
    np.testing.assert_array_equal(
        conv_weight(y, x, kernel=(4, 1), **settings), conv_weight(copies[2], copies[0], kernel=(4, 1), **settings)
    )


@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_own_their_memory_so_that_a_leaf_takes_them_without_a_copy(stride):
    x, w = random((2, 3, 6, 6), (4, 3, 3, 3))
    settings = {"stride": (stride, stride), "padding": (1, 1), "dilation": (1, 1)}
    y = conv(x, w, **settings)
    for array in (y, conv_input(y, w, size=(6, 6), **settings), conv_weight(y, x, kernel=(3, 3), **settings)):
        assert array.base is None


def test_an_output_does_not_share_memory_with_its_inputs():
    x, w = np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1))
    assert not np.shares_memory(F.conv2d(x, w), x)


X, W = np.zeros((2, 4, 5, 6)), np.zeros((6, 2, 3, 3))

MISTAKES = [
    (lambda: F.conv2d(X, W), ValueError, r"takes 2 channels in each of 1 groups.*\(2, 4, 5, 6\) has 4"),
    (lambda: F.conv2d(X, np.zeros((3, 2, 3, 3)), groups=2), ValueError, "3 output channels, which 2 groups"),
    (lambda: F.conv1d(X, W), ValueError, r"1-d convolution takes input \(B, C, W\).*\(2, 4, 5, 6\)"),
    (lambda: F.conv2d(X, W[0]), ValueError, "2-d convolution takes input"),
    (lambda: F.conv2d(X, W, dilation=3, groups=2), ValueError, r"spans \(7, 7\).*only \(5, 6\) large"),
    (lambda: F.conv2d(X[:, :, :0], W, padding=2, groups=2), ValueError, r"\(2, 4, 0, 6\)"),
    (lambda: F.conv2d(X, W, stride=0, groups=2), ValueError, r"non-positive stride .*stride=\(0, 0\)"),
    (lambda: F.conv2d(X, W, dilation=0, groups=2), ValueError, r"must be 1 or more.*dilation=\(0, 0\)"),
    (lambda: F.conv2d(X, W, groups=0), ValueError, "groups=0"),
    (lambda: F.conv2d(X, W, padding=-1, groups=2), ValueError, r"padding=\(-1, -1\)"),
    (lambda: F.conv2d(X, W, stride=(1, 2, 3), groups=2), ValueError, "stride takes an integer or 2 integers"),
    (lambda: F.conv2d(X, W, stride=1.5, groups=2), TypeError, "stride takes an integer or 2 integers.*got 1.5"),
    (lambda: F.conv2d(X, W, padding="some", groups=2), ValueError, "Invalid padding string 'some'"),
    (lambda: F.conv2d(X, W, padding="same", stride=2, groups=2), ValueError, '"same" keeps the sizes'),
    (lambda: F.conv2d(X, W, np.zeros(5), groups=2), ValueError, r"6 output channels, but bias has shape \(5,\)"),
    (lambda: F.conv_transpose2d(X, W), ValueError, "takes 6 channels, but input .* has 4"),
    (lambda: F.conv_transpose2d(X, W[:4], output_padding=1), ValueError, "smaller than stride or dilation"),
    (lambda: F.conv_transpose2d(X, W[:4], padding=4), ValueError, "leave an output of size"),
    (lambda: F.conv_transpose2d(X, W[:4], np.zeros(3)), ValueError, "2 channels, but bias"),
    (
        lambda: conv_input(X, W[:4], size=(9, 9), stride=(1, 1), padding=(0, 0), dilation=(1, 1)),
        ValueError,
        r"\(2, 4, 5, 6\) is not the shape.*\(2, 4, 7, 7\)",
    ),
]


@pytest.mark.parametrize(("mistake", "error", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_shapes(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()
