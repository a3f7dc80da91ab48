"""Convolution beside PyTorch: values, first and second derivatives, over random shapes and settings."""

import random
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu.functions import convolution as F

TORCH = torch.nn.functional


def draw(rng):
    """Shapes and settings of a convolution in which at least one window fits."""
    dims = rng.choice([1, 2, 2, 3])

    def each(low, high):
        return tuple(rng.randint(low, high) for _ in range(dims))

    groups, channels, outputs = rng.choice([1, 1, 2, 4]), rng.randint(1, 3), rng.randint(1, 3)
    kernel, stride, padding, dilation = each(1, 4), each(1, 4), each(0, 3), each(1, 3)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=True)]
    spatial = tuple(n + more for n, more in zip(least, each(0, 5 if dims < 3 else 2), strict=True))
    batch = rng.choice([(), (1,), (3,)])
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return dims, (*batch, groups * channels, *spatial), (groups * outputs, channels, *kernel), settings


def pair(rng, *shapes, dtype="float64"):
    """The same random leaves here and there."""
    arrays = [rng.standard_normal(shape).astype(dtype) for shape in shapes]
    return [tg.tensor(a, requires_grad=True) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]


def assert_close(ours, theirs, rtol=1e-9, atol=1e-9):
    for a, b in zip(ours, theirs, strict=True):
        assert a.shape == tuple(b.shape)
        assert str(a.dtype).removeprefix("torch.") == str(b.dtype).removeprefix("torch.")
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=rtol, atol=atol)


def assert_derivatives_agree(ours, theirs, our_inputs, their_inputs, rng):
    """Values, gradients, and the gradients of a random combination of the gradients."""
    assert_close([ours], [theirs])
    (g,), (their_g,) = pair(rng, ours.shape)
    first = tg.autograd.grad(ours, our_inputs, g, create_graph=True)
    their_first = torch.autograd.grad(theirs, their_inputs, their_g, create_graph=True)
    assert_close(first, their_first)
    weights, their_weights = pair(rng, *[x.shape for x in first])
    mixed = sum((x * w).sum() for x, w in zip(first, weights, strict=True))
    their_mixed = sum((x * w).sum() for x, w in zip(their_first, their_weights, strict=True))
    # the gradient of the bias depends on g alone
    assert_close(
        tg.autograd.grad(mixed, [*our_inputs[:2], g]), torch.autograd.grad(their_mixed, [*their_inputs[:2], their_g])
    )


@pytest.mark.parametrize("seed", range(150))
def test_conv(seed):
    dims, x_shape, w_shape, settings = draw(random.Random(seed))
    rng = np.random.default_rng(seed)
    inputs, their_inputs = pair(rng, x_shape, w_shape, w_shape[:1])
    y = getattr(F, f"conv{dims}d")(*inputs, **settings)
    their_y = getattr(TORCH, f"conv{dims}d")(*their_inputs, **settings)
    assert_derivatives_agree(y, their_y, inputs, their_inputs, rng)


@pytest.mark.parametrize("seed", range(30))
def test_gradients_by_themselves(seed):
    dims, x_shape, w_shape, settings = draw(random.Random(seed))
    x_shape = (1,) * (dims + 2 - len(x_shape)) + x_shape
    rng = np.random.default_rng(seed)
    inputs, their_inputs = pair(rng, x_shape, w_shape)
    (g,), (their_g,) = pair(rng, getattr(F, f"conv{dims}d")(*inputs, **settings).shape)
    found = []
    for nn, (x, w), slope in ((tg.nn, inputs, g), (torch.nn, their_inputs, their_g)):
        of_input, of_weight = (getattr(nn.grad, f"conv{dims}d_{which}") for which in ("input", "weight"))
        found.append([of_input(x.shape, w, slope, **settings), of_weight(x, w.shape, slope, **settings)])
    assert_close(*found)


@pytest.mark.parametrize("seed", range(150))
def test_conv_transpose(seed):
    choice = random.Random(seed)
    dims, x_shape, (_, outputs, *kernel), settings = draw(choice)
    rng = np.random.default_rng(seed)
    channels = x_shape[-dims - 1]
    shapes = x_shape, (channels, outputs, *kernel), (outputs * settings["groups"],)
    inputs, their_inputs = pair(rng, *shapes)
    settings["output_padding"] = tuple(
        choice.randint(0, max(s, d) - 1) for s, d in zip(settings["stride"], settings["dilation"], strict=True)
    )
    try:
        their_y = getattr(TORCH, f"conv_transpose{dims}d")(*their_inputs, **settings)
    except RuntimeError:
        with pytest.raises(ValueError, match="leave an output of size"):
            getattr(F, f"conv_transpose{dims}d")(*inputs, **settings)
        return
    y = getattr(F, f"conv_transpose{dims}d")(*inputs, **settings)
    assert_derivatives_agree(y, their_y, inputs, their_inputs, rng)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_named_padding(seed, padding):
    dims, x_shape, w_shape, settings = draw(random.Random(seed))
    settings |= {"stride": 1, "padding": padding}
    x_shape = (*x_shape[:-dims], *[n + 12 for n in x_shape[-dims:]])
    inputs, their_inputs = pair(np.random.default_rng(seed), x_shape, w_shape)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch says that it copies its input
        their_y = getattr(TORCH, f"conv{dims}d")(*their_inputs, **settings)
    assert_close([getattr(F, f"conv{dims}d")(*inputs, **settings)], [their_y])


@pytest.mark.parametrize("shape", [(64, 3, 32, 32), (7, 16, 32, 32), (2, 64, 8, 8), (1, 8, 90, 80)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_layers_of_real_size_in_float32(shape, stride, kernel):
    """Many blocks of images, and images of many strips."""
    rng = np.random.default_rng(0)
    inputs, their_inputs = pair(rng, shape, (16, shape[1], kernel, kernel), (16,), dtype="float32")
    y = F.conv2d(*inputs, stride, kernel // 2)
    their_y = TORCH.conv2d(*their_inputs, stride, kernel // 2)
    assert_close([y], [their_y], rtol=1e-4, atol=1e-4)
    (g,), (their_g,) = pair(rng, y.shape, dtype="float32")
    for ours, theirs in zip(
        tg.autograd.grad(y, inputs, g), torch.autograd.grad(their_y, their_inputs, their_g), strict=True
    ):
        # a weight's gradient sums up to 65,536 products: compare on the scale of the whole gradient
        assert_close([ours], [theirs], rtol=1e-4, atol=1e-4 * float(theirs.abs().max()))


@pytest.mark.parametrize("empty", [(0, 3, 5, 5), (0, 3, 1, 5)])
def test_an_empty_batch_gives_an_empty_output_and_zero_gradients(empty):
    inputs, their_inputs = pair(np.random.default_rng(0), empty, (4, 3, 3, 3), (4,))
    y, their_y = F.conv2d(*inputs, padding=1), TORCH.conv2d(*their_inputs, padding=1)
    assert_close([y], [their_y])
    assert_close(tg.autograd.grad(y.sum(), inputs), torch.autograd.grad(their_y.sum(), their_inputs))


@pytest.mark.parametrize(
    ("x_shape", "w_shape", "settings"),
    [
        ((1, 4, 5, 5), (2, 3, 3, 3), {}),
        ((1, 4, 5, 5), (3, 2, 3, 3), {"groups": 2}),
        ((1, 2, 5, 5), (2, 2, 6, 6), {}),
        ((1, 2, 5, 5), (2, 2, 3, 3), {"dilation": 3}),
        ((1, 2, 5, 5), (2, 2, 3, 3), {"stride": 0}),
        ((1, 2, 5, 5), (2, 2, 3, 3), {"stride": 2, "padding": "same"}),
        ((1, 2, 5), (2, 2, 3, 3), {}),
        ((5, 5), (2, 2, 3, 3), {}),
    ],
)
def test_what_pytorch_refuses_is_refused(x_shape, w_shape, settings):
    inputs, their_inputs = pair(np.random.default_rng(0), x_shape, w_shape)
    with pytest.raises(RuntimeError):
        TORCH.conv2d(*their_inputs, **settings)
    with pytest.raises(ValueError, match=r"\(|same"):
        F.conv2d(*inputs, **settings)
