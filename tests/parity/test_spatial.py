"""Padding, pooling to a size, unpooling and folding beside PyTorch, over random shapes and settings."""

import itertools
import random

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold
from .grids import slope

EXTREMES = [np.nan, np.inf, -np.inf, 0.0, 1.0]


def functional(m):
    return m.nn.functional


def values(rng, shape, dtype="float64"):
    return rng.standard_normal(shape).astype(dtype)


def sizes(choice, count, low, high):
    return tuple(choice.randint(low, high) for _ in range(count))


def batched(choice, dims, low=1, high=6):
    """A batch, or a single example, of that many spatial dimensions."""
    return (*choice.choice([(), (2,), (0,)]), 2, *sizes(choice, dims, low, high))


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
@pytest.mark.parametrize("seed", range(30))
def test_pad(mode, seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    dims = choice.choice([1, 2, 3])
    shape = batched(choice, dims, 1, 5)
    widths = sizes(choice, 2 * dims, 0, 3)
    hold(lambda m, x: functional(m).pad(x, widths, mode), values(rng, shape))
    hold(slope(lambda m, x: functional(m).pad(x, widths, mode)), values(rng, shape))
    for dtype in ("float32", "float16", "int64", "uint8"):
        x = abs(values(rng, shape) * 3).astype(dtype)
        hold(lambda m, x: functional(m).pad(x, widths, mode), x, backward=dtype == "float32")


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate"])
@pytest.mark.parametrize("seed", range(30))
def test_pad_by_negative_widths_cuts_off(mode, seed):
    # the values alone: PyTorch's gradient of "reflect" over three dimensions is not the adjoint of its values then
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    dims = choice.choice([1, 2, 3])
    shape = batched(choice, dims, 1, 5)
    widths = sizes(choice, 2 * dims, -2, 3)
    hold(lambda m, x: functional(m).pad(x, widths, mode), values(rng, shape), backward=False)


def test_pad_around_the_end_after_a_cut():
    rng = np.random.default_rng(0)
    for widths in [(-1, 2), (2, -1), (-2, -1), (0, 3, -1, 1), (-1, 1, 3, -1)]:
        hold(
            lambda m, x, w=widths: functional(m).pad(x, w, "circular"),
            values(rng, (2, 3, 5, 5)[: 2 + len(widths) // 2]),
        )


def test_pad_around_the_end_without_channels():
    for shape in ((2, 0, 4), (0, 4), (0, 3, 4)):
        hold(lambda m, x: functional(m).pad(x, (1, 2), "circular"), np.zeros(shape))


@pytest.mark.parametrize("widths", [(0, 0), (1, 0), (-1, 1), (0, 0, 1, 1), (1, 2, 0, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_pad_of_sizes_of_nothing(mode, widths):
    for shape in ((2, 3, 0), (1, 2, 3, 0), (1, 2, 0, 3), (2, 0, 3)):
        hold(lambda m, x: functional(m).pad(x, widths, mode), np.zeros(shape))


@pytest.mark.parametrize("widths", [(1,), (1, 1, 1), (5, 0), (-3, -3), (1, 1, 1, 1, 1, 1)])
@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular", "mirror"])
def test_pad_refuses_what_pytorch_refuses(mode, widths):
    hold(lambda m, x: functional(m).pad(x, widths, mode), np.zeros((2, 3, 4)))
    hold(lambda m, x: functional(m).pad(x, widths, mode, 1.0), np.zeros((2, 3, 4)))
    hold(lambda m, x: functional(m).pad(x, widths, mode), np.zeros((2, 0, 4)))


@pytest.mark.parametrize("seed", range(40))
def test_adaptive_pools(seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    dims = choice.choice([1, 2, 3])
    shape = batched(choice, dims)
    size = choice.choice(
        [choice.randint(1, 7), tuple(choice.choice([1, 2, 3, 5, *[None] * (dims > 1)]) for _ in range(dims))]
    )

    def mean(m, x):
        return getattr(functional(m), f"adaptive_avg_pool{dims}d")(x, size)

    def largest(m, x):
        return getattr(functional(m), f"adaptive_max_pool{dims}d")(x, size, return_indices=True)

    for program in (mean, slope(mean), largest, slope(lambda m, x: largest(m, x)[0])):
        hold(program, values(rng, shape))
    for special in (EXTREMES, [0.0, 1.0]):
        hold(largest, rng.choice(special, shape))
    hold(mean, rng.choice([np.inf, 0.0, 1.0], shape), backward=False)
    for dtype in ("float32", "float16"):
        hold(mean, values(rng, shape, dtype))
        hold(largest, values(rng, shape, dtype))


@pytest.mark.parametrize("name", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((4, 5), 2),
        ((2, 3, 0, 5), 2),
        ((2, 0, 4, 5), 2),
        ((2, 0, 4, 5), 3),
        ((0, 4, 5), 2),
        ((0, 4, 4), 2),
        ((0, 4, 4), 1),
        ((2, 3, 4, 5), (1, 2, 3)),
        ((2, 3, 4, 5), -1),
        ((3, 4, 5), 2.5),
    ],
)
def test_adaptive_pools_refuse_what_pytorch_refuses(name, shape, size):
    hold(lambda m, x: getattr(functional(m), name)(x, size), np.zeros(shape), backward=False)


@pytest.mark.parametrize("p", [1, 2, 3.0, 1.5, float("inf"), -float("inf")])
@pytest.mark.parametrize("dims", [1, 2, 3])
def test_pools_by_norms(dims, p):
    rng = np.random.default_rng(0)

    def program(m, x, **settings):
        return getattr(functional(m), f"lp_pool{dims}d")(x, p, 2, **settings)

    x = abs(values(rng, (2, 2, *[5] * dims)))
    for settings in ({}, {"stride": 1}, {"ceil_mode": True}):
        hold(lambda m, x, s=settings: program(m, x, **s), x)
        hold(lambda m, x, s=settings: program(m, x, **s), x[0].astype("float32"))
        if np.isfinite(p):
            hold(slope(lambda m, x, s=settings: program(m, x, **s)), x)
    if p in (1, 2, 3.0):
        hold(program, values(rng, (2, 2, *[5] * dims)) * (rng.random((2, 2, *[5] * dims)) > 0.5))


@pytest.mark.parametrize("seed", range(30))
def test_unpooling(seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    dims = choice.choice([1, 2, 3])
    shape = (*choice.choice([(), (2,)]), 2, *sizes(choice, dims, 4, 7))
    kernel, stride, padding = choice.choice([2, 3]), choice.choice([None, 1, 2]), choice.choice([0, 1])
    size = choice.choice([None, shape[-dims:]])

    def program(m, x):
        F = functional(m)
        y, indices = getattr(F, f"max_pool{dims}d")(x, kernel, stride, padding, return_indices=True)
        return getattr(F, f"max_unpool{dims}d")(y, indices, kernel, stride, padding, size)

    hold(program, values(rng, shape))
    hold(slope(program), values(rng, shape))
    hold(program, values(rng, shape, "float32"))


def test_unpooling_takes_what_pytorchs_takes():
    indices = np.array([[[0, 3, 2, 1]]])  # no place twice: which value stays there, PyTorch's threads race for
    for dtype in ("float64", "float32"):
        hold(
            lambda m, x, i: functional(m).max_unpool1d(x, i, 2), np.arange(1, 5, dtype=dtype).reshape(1, 1, 4), indices
        )
    x = np.arange(1.0, 5).reshape(1, 1, 4)
    for wrong in (indices * 9, -indices, indices.astype("int32"), indices[..., :2]):
        hold(lambda m, x, i: functional(m).max_unpool1d(x, i, 2), x, wrong)
    for size in ((9,), (8,), (1, 1, 7), (10,), (6,), (1, 8), ()):
        hold(lambda m, x, i, s=size: functional(m).max_unpool1d(x, i, 2, output_size=s), x, indices)


SETTINGS = list(itertools.product([2, (3, 1)], [1, (2, 1)], [0, (1, 2)], [1, (2, 3)]))


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("shape", [(2, 2, 6, 5), (3, 7, 4), (0, 2, 6, 6)])
def test_folding(shape, settings):
    rng = np.random.default_rng(0)

    def back(m, x):
        F = functional(m)
        return F.fold(F.unfold(x, *settings), shape[-2:], *settings)

    for program in (lambda m, x: functional(m).unfold(x, *settings), back):
        hold(program, values(rng, shape))
        hold(program, rng.choice(EXTREMES, shape), backward=False)
        hold(program, values(rng, shape, "float32"))
        hold(slope(program), values(rng, shape))


@pytest.mark.parametrize(
    ("shape", "kernel", "settings"),
    [
        ((2, 2, 3, 3), 4, {}),
        ((2, 2, 3, 3), 2, {"stride": 0}),
        ((2, 2, 3, 3), 2, {"dilation": 0}),
        ((2, 2, 3, 3), 2, {"padding": -1}),
        ((2, 2, 3, 3), 0, {}),
        ((2, 2, 3, 0), 1, {}),
        ((2, 3), 2, {}),
        ((2, 2, 3, 3), (1, 2, 3), {}),
    ],
)
def test_folding_refuses_what_pytorch_refuses(shape, kernel, settings):
    hold(lambda m, x: functional(m).unfold(x, kernel, **settings), np.zeros(shape))


@pytest.mark.parametrize("shape", [(2, 8, 4), (2, 9, 4), (2, 8, 5), (8, 4), (8, 0), (2, 2, 8, 4)])
def test_fold_takes_the_columns_of_an_image(shape):
    hold(lambda m, x: functional(m).fold(x, (3, 3), 2), np.ones(shape))


def test_shuffles():
    rng = np.random.default_rng(0)
    for shape in [(2, 12, 4, 6), (12, 2, 2), (1, 2, 12, 2, 4), (0, 12, 2, 2), (2, 5, 3, 3), (3, 4)]:
        for factor in (1, 2, 3, -1):
            for name in ("pixel_shuffle", "pixel_unshuffle", "channel_shuffle"):
                hold(
                    lambda m, x, n=name, f=factor: getattr(functional(m), n)(x, f),
                    values(rng, shape),
                    lenient=0 in shape,
                )
    hold(slope(lambda m, x: functional(m).pixel_shuffle(x, 2)), values(rng, (2, 8, 3, 3)))


def test_convolutions_and_pools_mind_their_dtypes():
    x, w = np.zeros((1, 2, 4, 4)), np.zeros((3, 2, 2, 2))
    for m in (torch, tg):
        for wrong in ("float32", "int64"):
            with pytest.raises(RuntimeError, match=r"dtype|type"):
                m.nn.functional.conv2d(m.from_numpy(x), m.from_numpy(w.astype(wrong)))
        with pytest.raises(RuntimeError, match=r"dtype|type"):
            m.nn.functional.conv_transpose2d(m.from_numpy(x), m.from_numpy(w[:2].astype("float32")))
        with pytest.raises(RuntimeError, match=r"dtype|type"):
            m.nn.functional.conv2d(m.from_numpy(x), m.from_numpy(w), m.from_numpy(np.zeros(3, "float32")))
    for name in ("max_pool2d", "avg_pool2d"):
        hold(lambda m, x, n=name: getattr(m.nn.functional, n)(x, 2, ()), x)
        for shape in [(2, 0, 4, 4), (0, 4, 4), (0, 2, 4, 4), (2, 2, 0, 4)]:
            hold(lambda m, x, n=name: getattr(m.nn.functional, n)(x, 2), np.zeros(shape))
