"""Pooling beside PyTorch: values, indices, first and second derivatives, over random shapes and settings."""

import random

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu.functions import pooling as F

TORCH = torch.nn.functional

SPECIAL = {"distinct": None, "ties": [0.0, 1.0], "infinities": [-np.inf, 0.0, np.inf], "nans": [np.nan, 0.0, 1.0]}


def draw(rng, dilations):
    """A shape and settings in which at least one window fits and none lies in the padding alone."""
    dims = rng.choice([1, 2, 2, 3])

    def each(low, high):
        return tuple(rng.randint(low, high) for _ in range(dims))

    kernel, stride = each(1, 4), each(1, 4)
    dilation = tuple(rng.choice(dilations) for _ in range(dims))
    padding = tuple(rng.randint(0, k // 2) for k in kernel)
    # PyTorch's avg_pool3d wants the kernel to fit without the padding
    least = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    shape = tuple(n + more for n, more in zip(least, each(0, 5 if dims < 3 else 2), strict=True))
    settings = {"kernel_size": kernel, "stride": rng.choice([None, stride]), "padding": padding}
    return dims, (*rng.choice([(), (1,), (3,)]), 2, *shape), settings | {"ceil_mode": rng.random() < 0.5}, dilation


def pair(array):
    return tg.tensor(array, requires_grad=True), torch.tensor(array, requires_grad=True)


def assert_equal(ours, theirs):
    assert ours.shape == tuple(theirs.shape)
    np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


def assert_derivatives_agree(y, their_y, x, their_x, rng):
    g, their_g = pair(rng.standard_normal(y.shape))
    (gx,) = tg.autograd.grad(y, x, g, create_graph=True)
    (their_gx,) = torch.autograd.grad(their_y, their_x, their_g, create_graph=True)
    assert_equal(gx, their_gx)
    h, their_h = pair(rng.standard_normal(x.shape))
    assert_equal(*tg.autograd.grad(gx, g, h), *torch.autograd.grad(their_gx, their_g, their_h))


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("seed", range(40))
def test_max_pool(seed, kind):
    dims, shape, settings, dilation = draw(random.Random(seed), [1, 2])
    rng = np.random.default_rng(seed)
    x, their_x = pair(rng.choice(SPECIAL[kind], shape) if SPECIAL[kind] else rng.standard_normal(shape))
    settings["dilation"] = dilation
    y, indices = getattr(F, f"max_pool{dims}d")(x, **settings, return_indices=True)
    their_y, their_indices = getattr(TORCH, f"max_pool{dims}d")(their_x, **settings, return_indices=True)
    assert_equal(y, their_y)
    assert_equal(indices, their_indices)
    assert indices.dtype == tg.int64
    assert_derivatives_agree(y, their_y, x, their_x, rng)


@pytest.mark.parametrize("seed", range(80))
def test_avg_pool(seed):
    choice = random.Random(seed)
    dims, shape, settings, _ = draw(choice, [1])
    settings["count_include_pad"] = choice.random() < 0.5
    if dims > 1:
        settings["divisor_override"] = choice.choice([None, None, 5])
    rng = np.random.default_rng(seed)
    x, their_x = pair(rng.standard_normal(shape))
    y = getattr(F, f"avg_pool{dims}d")(x, **settings)
    their_y = getattr(TORCH, f"avg_pool{dims}d")(their_x, **settings)
    assert_equal(y, their_y)
    assert_derivatives_agree(y, their_y, x, their_x, rng)


@pytest.mark.parametrize("pool", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize(
    "arguments",
    [{"kernel_size": 6}, {"kernel_size": 3, "padding": 2}, {"kernel_size": 2, "stride": 0}, {"kernel_size": 0}],
)
def test_what_pytorch_refuses_is_refused(pool, arguments):
    x, their_x = pair(np.zeros((1, 1, 5, 5)))
    with pytest.raises(RuntimeError):
        getattr(TORCH, pool)(their_x, **arguments)
    with pytest.raises(ValueError, match=r"got|small"):
        getattr(F, pool)(x, **arguments)
