"""Padding, folding, resampling and sampling against NumPy, by their definitions and by finite differences."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.functions import folding, resampling
from tinygrad_edu.kernels import resampling as kernels
from tinygrad_edu.kernels.windows import Window
from tinygrad_edu.nn import functional as F
from tinygrad_edu.nn.functional import pooling
from tinygrad_edu.testing import check_vjp

RNG = np.random.default_rng(0)


def values(*shape):
    return RNG.permutation(np.arange(np.prod(shape, dtype=int))).reshape(shape) / 4 - 1.1


def leaf(*shape):
    return tg.tensor(values(*shape), requires_grad=True)


@pytest.mark.parametrize(("mode", "theirs"), [("reflect", "reflect"), ("replicate", "edge"), ("circular", "wrap")])
def test_padding_is_that_of_numpy(mode, theirs):
    x = values(2, 3, 4, 5)
    out = F.pad(tg.tensor(x), (1, 2, 3, 0), mode)
    np.testing.assert_array_equal(out.numpy(), np.pad(x, [(0, 0), (0, 0), (3, 0), (1, 2)], theirs))


MIXTURES = {
    "nearest": kernels.nearest(5, 8, None, False),
    "linear": kernels.linear(5, 8, None, False),
    "cubic": kernels.cubic(5, 3, None, True),
    "antialiased": kernels.antialiased(9, 4, None, False, "bilinear"),
    "means": kernels.means(7, 3),
}


@pytest.mark.parametrize("name", MIXTURES)
@pytest.mark.parametrize("dim", [0, 1, 2])
def test_a_mixture_is_its_matrix(name, dim, monkeypatch):
    mixture = MIXTURES[name]
    inputs = mixture.shape[1]
    matrix = np.zeros(mixture.shape)
    np.add.at(matrix, (mixture.row, mixture.column), mixture.value)
    np.testing.assert_allclose(matrix.sum(1), 1)
    shape = [2, 3, 2]
    shape[dim] = inputs
    x = values(*shape)
    expected = np.moveaxis(np.tensordot(matrix, x, (1, dim)), 0, dim)
    np.testing.assert_allclose(resampling.mix(x, mixture=mixture, dim=dim), expected, 1e-12, 1e-12)
    monkeypatch.setattr(kernels, "BAND", 2)
    narrow = kernels.Mixture(mixture.row, mixture.column, mixture.value, mixture.shape)
    np.testing.assert_allclose(resampling.mix(x, mixture=narrow, dim=dim), expected, 1e-12, 1e-12)
    np.testing.assert_allclose(resampling.mix(x[:0], mixture=mixture, dim=dim) if dim else 0, 0)
    check_vjp(resampling.mix, [x], {"mixture": mixture, "dim": dim})


def test_infinity_stays_where_it_is_mixed_forward_and_back():
    x = np.zeros((1, 1, 9))
    x[..., 4] = np.inf
    expected = [False] * 7 + [True] * 4 + [False] * 7
    assert np.isinf(F.interpolate(tg.tensor(x), scale_factor=2, mode="linear").numpy())[0, 0].tolist() == expected
    back = resampling.mix(x, mixture=kernels.linear(5, 9, None, False).T, dim=2)
    assert np.isfinite(back[0, 0, [0, 1, 4]]).all()
    assert not np.isfinite(back[0, 0, 2])


def test_columns_and_back_are_adjoint():
    window, size = Window((2, 3), (2, 1), (1, 0), (1, 2)), (3, 2)
    settings = {"window": window, "size": size, "spatial": (5, 6)}
    x = values(2, 2, 5, 6)
    y = folding.columns(x, **settings)
    assert y.shape == (2, 12, 6)
    check_vjp(folding.columns, [x], settings)
    check_vjp(folding.from_columns, [values(*y.shape)], settings)
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (0, 0)])
    np.testing.assert_array_equal(y[1, 6:, 3], padded[1, 1, 2:4, 1:7:2].reshape(-1))


def test_what_is_placed_is_found_again():
    index = np.array([[2, 0], [3, 1]])
    x = values(2, 2)
    out = pooling.placed(x, index=index, size=4)
    np.testing.assert_array_equal(np.take_along_axis(out, index, -1), x)
    assert (out != 0).sum() == 4
    check_vjp(pooling.placed, [x], {"index": index, "size": 4})


def test_cells_of_adaptive_pools_overlap_where_they_must():
    x = tg.arange(7.0).reshape(1, 7)
    assert F.adaptive_avg_pool1d(x, 3).tolist() == [[1.0, 3.0, 5.0]]
    out, indices = F.adaptive_max_pool1d(x, 3, return_indices=True)
    assert out.tolist() == [[2.0, 4.0, 6.0]]
    assert indices.tolist() == [[2, 4, 6]]
    last = tg.tensor([[np.nan, 5.0, np.nan, 1.0, 1.0]])
    assert F.adaptive_max_pool1d(last, 2, return_indices=True)[1].tolist() == [[2, 2]]


def test_sampling_the_places_of_the_pixels_gives_the_pixels():
    x = values(2, 3, 4, 5)
    for corners in (False, True):
        grid = F.affine_grid(tg.tensor([[[1.0, 0, 0], [0, 1, 0]]] * 2).double(), x.shape, corners)
        for mode in ("bilinear", "nearest", "bicubic"):
            out = F.grid_sample(tg.tensor(x), grid, mode, align_corners=corners)
            np.testing.assert_allclose(out.numpy(), x, 1e-9, 1e-9)


def test_flipping_by_an_affine_grid():
    x = values(1, 2, 3, 3, 3)
    theta = tg.tensor([[[-1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0]]]).double()
    out = F.grid_sample(tg.tensor(x), F.affine_grid(theta, x.shape, False), align_corners=False)
    np.testing.assert_allclose(out.numpy(), x[:, :, ::-1, :, ::-1], 1e-9, 1e-9)


def test_one_pixel_has_no_corners_to_align():
    theta = tg.tensor([[[2.0, 0, 0.5], [0, 1, -0.5]]])
    with pytest.warns(UserWarning, match="a dimension of one pixel has no corners"):
        grid = F.affine_grid(theta, (1, 1, 2, 1), True)
    assert grid.tolist() == [[[[0.5, -1.5]], [[0.5, 0.5]]]]
    assert F.affine_grid(theta, (1, 1, 2, 1), False).tolist() == [[[[0.5, -1.0]], [[0.5, 0.0]]]]


def test_shuffles_undo_each_other():
    x = values(2, 12, 4, 6)
    np.testing.assert_array_equal(F.pixel_unshuffle(F.pixel_shuffle(tg.tensor(x), 2), 2).numpy(), x)
    np.testing.assert_array_equal(F.channel_shuffle(F.channel_shuffle(tg.tensor(x), 3), 4).numpy(), x)
    assert F.pixel_shuffle(tg.arange(4).reshape(4, 1, 1), 2).tolist() == [[[0, 1], [2, 3]]]
    assert F.channel_shuffle(tg.arange(6).reshape(1, 6, 1), 2).reshape(-1).tolist() == [0, 3, 1, 4, 2, 5]


GRID = RNG.uniform(-1.4, 1.4, (1, 2, 3, 2))

SMOOTH = {
    "reflect": lambda x: F.pad(x, (2, 1, 1, 3), "reflect"),
    "replicate": lambda x: F.pad(x, (2, 1, -1, 3), "replicate"),
    "circular": lambda x: F.pad(x, (2, 1, 1, 3), "circular"),
    "adaptive mean": lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
    "adaptive max": lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    "norm": lambda x: F.lp_pool2d(x * x + 1, 3, 2),
    "bilinear": lambda x: F.interpolate(x, (7, 3), mode="bilinear"),
    "bicubic": lambda x: F.interpolate(x, scale_factor=1.7, mode="bicubic", antialias=True),
    "nearest": lambda x: F.interpolate(x, scale_factor=2),
    "unfold": lambda x: F.unfold(x, 2, padding=1, stride=2),
    "fold": lambda x: F.fold(F.unfold(x, 2), (4, 5), 2),
    "conv": lambda x: F.conv2d(F.pad(x, (1, 1, 1, 1), "circular"), x[:, :, :2, :2]),
}


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_are_those_of_finite_differences(name):
    x = leaf(1, 2, 4, 5)
    assert gradcheck(SMOOTH[name], [x])
    assert gradgradcheck(SMOOTH[name], [x])


@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_derivatives_of_sampling(mode, padding):
    inputs = [leaf(1, 2, 3, 4), tg.tensor(GRID, requires_grad=True)]
    assert gradcheck(lambda x, grid: F.grid_sample(x, grid, mode, padding, False), inputs)
    assert gradgradcheck(lambda x, grid: F.grid_sample(x, grid, mode, padding, False), inputs)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtypes_are_kept(dtype):
    x = tg.tensor(values(1, 4, 5, 5).astype(dtype), requires_grad=True)
    grid = tg.tensor(GRID.astype(dtype))
    for out in (
        F.interpolate(x, 7, mode="bilinear"),
        F.adaptive_avg_pool2d(x, 3),
        F.pad(x, (1, 1, 1, 1), "reflect"),
        F.unfold(x, 3),
        F.grid_sample(x, grid, align_corners=False),
        F.pixel_shuffle(x, 2),
    ):
        (g,) = tg.autograd.grad(out.sum(), [x])
        assert out.dtype == g.dtype == dtype


X = tg.zeros(2, 3, 4, 5)

MISTAKES = [
    (lambda: F.pad(X, (1, 2, 3)), ValueError, "pair of widths"),
    (lambda: F.pad(X, (5, 0, 0, 0), "reflect"), ValueError, r"below the size 5 of dimension 3, got 5, 0"),
    (lambda: F.pad(X, (1, 1, 1, 1), "replicate", 2.0), ValueError, "takes no value, got 2.0"),
    (lambda: F.pad(X, (1, 1), "wrap"), ValueError, "modes constant, reflect, replicate, circular, got 'wrap'"),
    (lambda: F.pad(X, (6, 0, 0, 0), "circular"), ValueError, r"up to the size.*got 6, 0"),
    (lambda: F.pad(X, (1.5, 0), "reflect"), TypeError, "integers"),
    (lambda: F.interpolate(X), ValueError, "either size or scale_factor"),
    (lambda: F.interpolate(X, (0, 3)), ValueError, r"sizes of 1 or more, got \(0, 3\)"),
    (lambda: F.interpolate(X, scale_factor="2"), TypeError, "takes numbers, got '2'"),
    (lambda: F.interpolate(X, 2, mode="linear"), ValueError, r"'linear' takes .* 1 spatial, got \(2, 3, 4, 5\)"),
    (lambda: F.interpolate(X.long(), 2, mode="bilinear"), RuntimeError, "not implemented for int64"),
    (lambda: F.interpolate(X, (1, 2, 3)), ValueError, "2 integers"),
    (lambda: F.adaptive_avg_pool2d(X, (1, 2, 3)), ValueError, r"2 output sizes or one for all, got \(1, 2, 3\)"),
    (lambda: F.adaptive_max_pool2d(X, "2"), TypeError, "output_size takes"),
    (lambda: F.lp_pool2d(X, 0, 2), ValueError, "not 0"),
    (lambda: F.max_unpool2d(X, X.long()[0], 2), ValueError, "indices of the same shape"),
    (lambda: F.max_unpool2d(X, X.long() + 80, 2), RuntimeError, "invalid max index: 80; .* 0 to 79"),
    (lambda: F.max_unpool2d(X, X.long(), 2, output_size=(8, 12)), ValueError, r"less than a stride \(2, 2\) away"),
    (lambda: F.max_unpool2d(X, X.long(), 2, output_size=(6, 10)), ValueError, r"less than a stride \(2, 2\) away"),
    (lambda: F.max_unpool2d(X, X.long(), 2, output_size=(8,)), ValueError, "less than a stride"),
    (lambda: F.max_unpool2d(X, X, 2), TypeError, "indices of int64, got float32"),
    (lambda: F.unfold(X, 6), ValueError, r"size \(4, 5\) is too small"),
    (lambda: F.fractional_max_pool2d(X, 0, 2), ValueError, r"\(2, 2\) windows \(0, 0\) do not fit in \(4, 5\)"),
    (lambda: F.fractional_max_pool2d(X.long(), 2, 2), RuntimeError, "not implemented for int64"),
    (lambda: F.fractional_max_pool2d(X, 3, 3), ValueError, r"do not fit in \(4, 5\)"),
    (lambda: F.fractional_max_pool2d(X, 2), ValueError, "an output_size or an output_ratio"),
    (
        lambda: F.fractional_max_pool2d(X, 2, 2, _random_samples=tg.rand(2, 3, 1)),
        ValueError,
        r"the samples are \(2, 3, 2\)",
    ),
    (lambda: F.unfold(X[:, :0], 2), ValueError, r"takes images .*, got \(2, 0, 4, 5\)"),
    (lambda: F.unfold(X, (2, 0)), ValueError, "1 or more and padding 0 or more"),
    (lambda: F.unfold(X, 2, dilation=(0, 1)), ValueError, "1 or more and padding 0 or more"),
    (lambda: F.unfold(X, 2, padding=(1, -1)), ValueError, "1 or more and padding 0 or more"),
    (lambda: F.fold(X[0], (4, 4), 2), ValueError, "has 9 windows of 4 values"),
    (lambda: F.pixel_shuffle(X, 2), ValueError, r"channels that 4 divides, got \(2, 3, 4, 5\)"),
    (lambda: F.pixel_shuffle(X, 0), ValueError, "a factor of 1 or more, got 0"),
    (lambda: F.pixel_unshuffle(X, -1), ValueError, "a factor of 1 or more, got -1"),
    (lambda: F.pixel_shuffle(X, 1.5), TypeError, "upscale_factor is an integer, got 1.5"),
    (lambda: F.channel_shuffle(X, 2), ValueError, "2 groups do not divide the 3 channels"),
    (lambda: F.grid_sample(X, tg.zeros(2, 1, 1, 3)), ValueError, r"got \(2, 3, 4, 5\) and \(2, 1, 1, 3\)"),
    (lambda: F.grid_sample(X, tg.zeros(2, 1, 1, 2).double()), RuntimeError, "one float dtype, got float32 and float64"),
    (lambda: F.affine_grid(X[0], (2, 3, 4, 4)), ValueError, r"got \(3, 4, 5\)"),
    (lambda: F.conv2d(X, tg.zeros(1, 3, 2, 2).double()), RuntimeError, "one dtype of numbers, got float32, float64"),
    (
        lambda: nn.ConvTranspose2d(3, 1, 3, 2)(X, (5, 5)),
        ValueError,
        r"sizes from \[9, 11\] to \[10, 12\], not \(5, 5\)",
    ),
    (lambda: nn.ConvTranspose2d(3, 1, 3, padding="same"), TypeError, "padding takes"),
    (lambda: nn.ConstantPad2d((1, 2, 3), 0), ValueError, "padding takes an integer or 4 integers"),
]


@pytest.mark.parametrize(("mistake", "error", "told"), MISTAKES)
def test_a_mistake_is_told_with_what_came(mistake, error, told):
    with pytest.raises(error, match=told):
        mistake()


def test_convolutions_draw_their_parameters_within_the_bound_of_their_fan_in():
    for layer, fan_in in (
        (nn.Conv1d(4, 64, 5), 20),
        (nn.Conv3d(4, 64, 2, groups=2), 16),
        (nn.ConvTranspose2d(64, 4, 3), 36),
    ):
        for parameter in layer.parameters():
            assert abs(parameter).max().item() <= fan_in**-0.5
        assert layer.weight.std().item() == pytest.approx((1 / 3 / fan_in) ** 0.5, rel=0.1)


def test_a_mixture_shows_its_shape():
    assert repr(kernels.means(7, 3)) == "Mixture(3, 7)"


@pytest.mark.parametrize(
    "shuffle",
    [lambda x: F.pixel_shuffle(x, 1), lambda x: F.pixel_unshuffle(x, 1), lambda x: F.channel_shuffle(x, 1)],
)
def test_a_shuffle_by_one_is_a_copy(shuffle):
    x = tg.zeros(1, 4, 2, 2)
    shuffle(x).add_(1)
    assert not x.any()
