"""Interpolation and grid sampling beside PyTorch, over random shapes and settings."""

import random

import numpy as np
import pytest

import tinygrad_edu as tg

from .compare import hold
from .grids import slope
from .test_spatial import functional, sizes, values

SPATIAL = {"linear": [1], "bilinear": [2], "bicubic": [2], "trilinear": [3]}
MIXING = [*SPATIAL, "lanczos"]


def draw(choice, mode):
    """A shape and settings that mode takes."""
    dims = choice.choice(SPATIAL.get(mode, [1, 2, 3]))
    shape = (choice.choice([1, 2]), 2, *sizes(choice, dims, 1, 7))
    settings = {"mode": mode}
    if choice.random() < 0.5:
        settings["size"] = choice.choice([choice.randint(1, 9), sizes(choice, dims, 1, 9)])
    else:
        factors = [0.5, 1, 1.5, 2, 2.6, 3]
        settings["scale_factor"] = choice.choice([choice.choice(factors), tuple(choice.choices(factors, k=dims))])
        settings["scale_factor"] = 2 if min(shape[2:]) < 2 else settings["scale_factor"]
        settings["recompute_scale_factor"] = choice.choice([None, False, True])
    if mode in SPATIAL:
        settings["align_corners"] = choice.choice([None, False, True])
    return shape, settings


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "area", *SPATIAL])
@pytest.mark.parametrize("seed", range(20))
def test_interpolate(mode, seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    shape, settings = draw(choice, mode)

    def program(m, x):
        return functional(m).interpolate(x, **settings)

    hold(program, values(rng, shape))
    hold(slope(program), values(rng, shape))
    hold(program, values(rng, shape, "float32"))
    if mode in ("nearest", "nearest-exact"):
        hold(program, rng.choice([np.nan, np.inf, 1.0], shape), backward=False)
        hold(program, rng.integers(0, 255, shape).astype("uint8"))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("seed", range(12))
def test_antialias(mode, seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    # not to a width of 1: there PyTorch repeats the first row when the height changes too
    shape, size = (2, 2, *sizes(choice, 2, 2, 12)), sizes(choice, 2, 2, 9)

    def program(m, x):
        return functional(m).interpolate(x, size, mode=mode, antialias=True)

    hold(program, values(rng, shape))
    hold(slope(program), values(rng, shape))


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize("size", [(3, 5), (9, 4), (6, 2), (20, 20)])
def test_images_of_bytes_are_rounded_as_pytorch_rounds_them(mode, antialias, size):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 6, 7)).astype("uint8")
    hold(lambda m, x: functional(m).interpolate(x, size, mode=mode, antialias=antialias), images)


def test_infinity_and_nan_reach_only_what_mixes_them():
    x = np.ones((1, 1, 9, 9))
    x[0, 0, 2, 3], x[0, 0, 7, 7] = np.inf, np.nan
    for mode in ("bilinear", "bicubic"):
        for size in ((18, 18), (4, 5), (300, 9)):
            hold(lambda m, x, o=mode, s=size: functional(m).interpolate(x, s, mode=o), x, backward=False)


def test_large_images_are_made_band_by_band():
    x = values(np.random.default_rng(0), (1, 1, 40, 300))
    for size in ((500, 20), (130, 129), (7, 900)):
        for mode in ("bilinear", "bicubic", "area", "nearest"):
            hold(lambda m, x, o=mode, s=size: functional(m).interpolate(x, s, mode=o), x)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"size": 3, "scale_factor": 2.0},
        {"size": (3, 3, 3)},
        {"scale_factor": (2.0,)},
        {"size": 0},
        {"scale_factor": 0.1},
        {"size": 2, "align_corners": True},
        {"size": 2, "mode": "linear"},
        {"size": 2, "mode": "trilinear"},
        {"size": 2, "mode": "lanczos"},
        {"size": 2, "mode": "lanczos", "antialias": True, "align_corners": True},
        {"size": 2, "mode": "cubic"},
        {"size": 2, "antialias": True},
        {"size": 2, "recompute_scale_factor": True},
        {"size": 2.5},
    ],
)
def test_interpolate_refuses_what_pytorch_refuses(settings):
    hold(lambda m, x: functional(m).interpolate(x, **settings), np.zeros((2, 2, 3, 3)))
    for shape in [(3, 3), (2, 0, 3, 3), (2, 2, 0, 3)]:
        hold(lambda m, x: functional(m).interpolate(x, 2), np.zeros(shape))


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("shape", [(1, 1, 5), (1, 1, 4, 3), (1, 1, 3, 4, 2)], ids=str)
def test_factors_that_make_no_whole_sizes_pick_by_the_factor(shape, mode):
    x = values(np.random.default_rng(0), shape)
    for factor in (0.3, 0.7, 1.3, 1.6, 1.9, 2.4, 2.9):
        if min(shape[2:]) * factor >= 1:
            for recompute in (None, True):
                settings = {"scale_factor": factor, "mode": mode, "recompute_scale_factor": recompute}
                backward = len(shape) < 5  # PyTorch's backward in three dimensions picks others than its forward
                hold(lambda m, x, settings=settings: functional(m).interpolate(x, **settings), x, backward=backward)


def test_older_names():
    x = values(np.random.default_rng(0), (2, 2, 4, 5))
    hold(lambda m, x: functional(m).upsample(x, scale_factor=2), x)
    hold(lambda m, x: functional(m).upsample(x, (3, 7), mode="bilinear", align_corners=True), x)
    hold(lambda m, x: functional(m).upsample_nearest(x, (3, 7)), x)
    hold(lambda m, x: functional(m).upsample_bilinear(x, scale_factor=2), x)


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("seed", range(4))
def test_grid_sample(mode, padding, corners, seed):
    choice, rng = random.Random(seed), np.random.default_rng(seed)
    dims = 2 if mode == "bicubic" else choice.choice([2, 3])
    x = values(rng, (2, choice.choice([1, 3]), *sizes(choice, dims, 1, 5)))
    for places in (
        rng.uniform(-2.5, 2.5, (2, *sizes(choice, dims, 1, 4), dims)),
        rng.choice([-1.0, -0.5, 0.0, 1 / 3, 1.0], (2, *sizes(choice, dims, 1, 4), dims)),
    ):

        def program(m, x, grid):
            return functional(m).grid_sample(x, grid, mode, padding, corners)

        hold(program, x, places)
        hold(program, x.astype("float32"), places.astype("float32"), backward=False)


@pytest.mark.parametrize(
    "shapes", [((2, 0, 3, 4), (2, 2, 2, 2)), ((0, 2, 3, 4), (0, 2, 2, 2)), ((2, 2, 3, 4), (2, 0, 3, 2))]
)
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
def test_grid_sample_of_nothing(mode, shapes):
    x, grid = map(np.zeros, shapes)
    hold(lambda m, x, grid: m.nn.functional.grid_sample(x, grid, mode, align_corners=False), x, grid)


def test_grid_sample_at_what_is_no_place():
    x = np.arange(1.0, 10).reshape(1, 1, 3, 3)
    places = np.array([np.nan, np.inf, -np.inf, 1e20, 0.3])
    grid = np.stack(np.broadcast_arrays(places[:, None], [0.1, 0.2]), -1)[None]
    for mode in ("bilinear", "nearest"):
        for padding in ("zeros", "border", "reflection"):
            hold(
                lambda m, x, g, o=mode, p=padding: functional(m).grid_sample(x, g, o, p, False), x, grid, backward=False
            )


@pytest.mark.parametrize(
    ("shape", "grid", "settings"),
    [
        ((2, 1, 3, 3), (1, 4, 4, 2), {}),
        ((2, 1, 3, 3), (2, 4, 4, 3), {}),
        ((2, 1, 3, 3), (2, 4, 2), {}),
        ((2, 1, 0, 3), (2, 4, 4, 2), {}),
        ((2, 1, 3), (2, 4, 1), {}),
        ((1, 1, 2, 2, 2), (1, 1, 1, 1, 3), {"mode": "bicubic"}),
        ((2, 1, 3, 3), (2, 4, 4, 2), {"mode": "cubic"}),
        ((2, 1, 3, 3), (2, 4, 4, 2), {"padding_mode": "wrap"}),
    ],
)
def test_grid_sample_refuses_what_pytorch_refuses(shape, grid, settings):
    hold(lambda m, x, g: functional(m).grid_sample(x, g, **settings), np.zeros(shape), np.zeros(grid))


@pytest.mark.filterwarnings("ignore:a dimension of one pixel")
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("size", [(2, 3, 4, 5), (1, 1, 3, 2, 4), (2, 1, 1, 3)])
def test_affine_grid(size, corners):
    dims = len(size) - 2
    rng = np.random.default_rng(0)
    hold(lambda m, t: functional(m).affine_grid(t, size, corners), values(rng, (size[0], dims, dims + 1)))
    hold(lambda m, t: functional(m).affine_grid(t, size, corners), values(rng, (size[0], dims, dims + 1), "float32"))
    for wrong in ((3, dims, dims + 1), (size[0], dims, dims), (dims, dims + 1)):
        hold(lambda m, t: functional(m).affine_grid(t, size, corners), np.zeros(wrong))


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("size", [(2, 1, 28, 28), (1, 3, 32, 17), (1, 1, 64, 40), (1, 2, 5, 6, 7)])
def test_pixels_that_stay_where_they_are_meet_the_same_side_of_the_kink(size, corners):
    """A spatial transformer's first map, the identity: its gradient hangs on the last digit of each place."""
    import torch

    dims = len(size) - 2
    start = np.tile(np.eye(dims, dims + 1, dtype="float32"), (size[0], 1, 1))
    grids = [functional(m).affine_grid(m.tensor(start), size, corners) for m in (tg, torch)]
    np.testing.assert_array_equal(*[grid.numpy() for grid in grids])

    def program(m, x, theta):
        return functional(m).grid_sample(x, functional(m).affine_grid(theta, size, corners), align_corners=corners)

    x = 0.1 * np.random.default_rng(0).standard_normal(size)  # sums of thousands, whose last digits differ
    hold(program, x.astype("float32"), start)


def test_grid_sample_in_three_dimensions_at_what_is_no_place():
    x = np.arange(1.0, 28).reshape(1, 1, 3, 3, 3)
    places = np.array([np.nan, np.inf, -np.inf, 1e20, 0.3])
    for axis in range(3):
        grid = np.full((1, 1, 1, 5, 3), 0.1)
        grid[..., axis] = places
        for mode in ("bilinear", "nearest"):
            for padding in ("zeros", "border", "reflection"):
                hold(
                    lambda m, *xs, o=(mode, padding): functional(m).grid_sample(*xs, *o, False), x, grid, backward=False
                )


@pytest.mark.parametrize("place", [np.nan, np.inf, -np.inf])
def test_gradients_of_a_place_outside_a_solid_are_zeros(place):
    grid = np.full((1, 1, 1, 1, 3), 0.1)
    grid[..., 1] = place
    hold(lambda m, *xs: functional(m).grid_sample(*xs, align_corners=False), np.ones((1, 1, 2, 2, 2)), grid)
