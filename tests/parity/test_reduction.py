"""Reductions beyond sums and extremes, and norms, beside PyTorch."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold
from .grids import DTYPES, FLOATS, SHAPES, dims_of, distinct, laid_out, slope, with_ties


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def with_nans(rng, dtype, shape):
    x = with_ties(rng, dtype, shape)
    if dtype in FLOATS:
        x[rng.random(shape) < 0.3] = np.nan
    return x


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["nansum", "nanmean", "count_nonzero"])
def test_reductions_that_look_at_each_element(name, dtype, rng):
    for shape in SHAPES:
        for x in laid_out(with_nans(rng, dtype, shape)):
            # where all are NaN or none are there, PyTorch's gradient of nanmean is 0 / 0
            backward = name != "nanmean" or not np.isnan(x).any()
            hold(lambda m, x: getattr(m, name)(x), x, backward=backward)
            hold(lambda m, x: getattr(x, name)(), x, backward=backward)
            for dim in [*dims_of(shape), (0, -1), (0, 1), [0], ()]:
                hold(lambda m, x, d=dim: getattr(m, name)(x, dim=d), x, backward=backward)
                if name != "count_nonzero":
                    hold(lambda m, x, d=dim: getattr(x, name)(d, True), x, backward=backward)


def test_the_gradient_of_nanmean(rng):
    x = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, 2.0]])
    hold(lambda m, x: [m.nanmean(x), m.nanmean(x, 1), x.nanmean(dim=(0, 1), keepdim=True)], x)


@pytest.mark.parametrize("name", ["nansum", "nanmean"])
def test_the_dtype_to_add_in(name, rng):
    for dtype in DTYPES:
        for wanted in ("float64", "float32"):
            hold(lambda m, x, w=wanted: getattr(x, name)(dtype=getattr(m, w)), with_nans(rng, dtype, (3,)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_aminmax(dtype, rng):
    for shape in SHAPES:
        for x in [with_ties(rng, dtype, shape), with_nans(rng, dtype, shape)]:
            backward = not (x != x).any()  # PyTorch's gradient of an extreme is NaN everywhere where one is
            hold(lambda m, x: m.aminmax(x), x, backward=backward)
            for dim in dims_of(shape):
                hold(lambda m, x, d=dim: m.aminmax(x, dim=d), x, backward=backward)
                hold(lambda m, x, d=dim: x.aminmax(dim=d, keepdim=True), x, backward=backward)
    hold(lambda m, x: m.aminmax(x, keepdim=True), with_ties(rng, dtype, (2, 3)))
    hold(lambda m, x: [m.aminmax(x).min, m.aminmax(x).max], with_ties(rng, dtype, (2, 3)))


@pytest.mark.parametrize("name", ["var_mean", "std_mean"])
def test_spread_and_mean(name, rng):
    for dtype in DTYPES:
        x = with_ties(rng, dtype, (4, 3))
        hold(lambda m, x: getattr(m, name)(x), x)
    for dtype in FLOATS:
        for x in laid_out(with_ties(rng, dtype, (4, 3))):
            hold(lambda m, x: getattr(m, name)(x, 0), x)
            hold(lambda m, x: getattr(m, name)(x, (0, 1), keepdim=True), x)
            hold(lambda m, x: getattr(m, name)(x, dim=1, correction=0), x)
            hold(lambda m, x: getattr(m, name)(x, False), x)
            hold(lambda m, x: getattr(m, name)(x, unbiased=False), x)
            hold(lambda m, x: getattr(m, name)(x, 0, False, True), x)
        hold(lambda m, x: getattr(m, name)(x), np.ones(4, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_trace(dtype, rng):
    for shape in [(2, 3), (3, 3), (1, 1), (0, 3), (3,), (), (2, 2, 2)]:
        for x in laid_out(with_ties(rng, dtype, shape)):
            hold(lambda m, x: [m.trace(x), x.trace()], x, lenient=dtype == "bool")


ORDERS = [0, 1, 2, 3, 0.5, 1.5, 2.5, -1, -2.5, np.inf, -np.inf, "fro", None, True]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", ORDERS)
def test_norm(p, dtype, rng):
    for shape in SHAPES:
        for x in [with_ties(rng, dtype, shape), distinct(rng, dtype, shape), np.zeros(shape, dtype)]:
            backward = p != 0  # PyTorch gives None
            hold(lambda m, x: m.norm(x, p), x, backward=backward)
            hold(lambda m, x: x.norm(p), x, backward=backward)
            for dim in [*dims_of(shape), (0, -1), (0, 1), [0]]:
                hold(lambda m, x, d=dim: m.norm(x, p, d), x, backward=backward)
                hold(lambda m, x, d=dim: m.norm(x, p=p, dim=d, keepdim=True), x, backward=backward)


@pytest.mark.parametrize("p", ORDERS)
def test_the_second_derivative_of_norm(p, rng):
    if p not in (0, np.inf, -np.inf):
        hold(slope(lambda m, x: m.norm(x, p, 1)), distinct(rng, "float64", (3, 4)))


def test_norms_at_the_edges():
    for p in (0, 1, 2, 3, np.inf, -np.inf):
        for x in ([np.inf, 1.0], [-np.inf, 1.0], [np.nan, 1.0], [1e200, 1e200], [1e-200, 1e-200]):
            hold(lambda m, x, p=p: m.norm(x, p), np.array(x), backward=False)
    # where float16 overflows on the way to PyTorch's gradient, but not to ours
    hold(lambda m, x: [m.norm(x), m.norm(x, 2), m.norm(x, 3, 0)], np.array([300, 400], "float16"), backward=False)
    hold(lambda m, x: [x.norm(dtype=m.float64), m.norm(x, 1, 0, dtype=m.float64)], np.ones(3, "float32"))
    hold(lambda m, x: x.norm(dtype=m.float32), np.ones(3))
    hold(lambda m, x: m.norm(x, "size"), np.ones((3, 3)))


def test_norm_with_p_0_has_no_slope():
    x = tg.tensor([0.0, 2.0, 3.0], requires_grad=True)
    x.norm(0).backward()
    np.testing.assert_array_equal(x.grad.numpy(), 0)


@pytest.mark.parametrize("p", [0, 1, 2, 3, 0.5, np.inf, -np.inf])
def test_dist(p, rng):
    for dtype in DTYPES:
        for shapes in [((3,), (3,)), ((2, 3), (3,)), ((), (3,)), ((3, 1), (1, 2)), ((3,), (2,))]:
            x, y = (with_ties(rng, dtype, shape) for shape in shapes)
            hold(lambda m, x, y: [m.dist(x, y, p), x.dist(y, p=p)], x, y, backward=p != 0)
    hold(lambda m, x, y: m.dist(x, y), np.ones(2, "float32"), np.zeros(2))
    hold(lambda m, x, y: m.dist(x, y), np.ones(2), np.ones(2))


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (0, 2)])
def test_truth_over_no_dimensions(shape, keepdim):
    x = (np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape).astype("uint8")
    hold(lambda m, x: [m.any(x, (), keepdim), x.all(dim=[], keepdim=keepdim), (x > 0).all(())], x)


@pytest.mark.parametrize("name", ["sum", "amax", "argmax", "softmax", "cumsum", "mean", "sort"])
def test_true_is_no_dimension(name):
    for library in (torch, tg):
        with pytest.raises(TypeError):
            getattr(library, name)(library.ones(2, 2), dim=True)
        with pytest.raises(TypeError):
            library.ones(3, 4).topk(2, True)


def test_nanmean_gives_floats():
    hold(lambda m, x: m.nanmean(x, dtype=m.int64), np.ones(2))
    hold(lambda m, x: m.nanmean(x, dtype=m.float64), np.ones(2, "float32"))


@pytest.mark.parametrize("size", [(3, 4), (1, 4), (4,), (3, 1), (1,), (), (2, 3, 4), (3,), (3, 2)])
def test_sum_to_size(size):
    x = np.arange(12.0).reshape(3, 4)
    hold(lambda m, x: [x.sum_to_size(*(size or (size,))) * 1, x.sum_to_size(size) * 2], x)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["var", "std", "var_mean", "std_mean"])
def test_of_nothing_there_is_no_variance_whatever_the_correction(name):
    for correction in (-2, -1, 0, 1):
        hold(lambda m, x, c=correction: getattr(m, name)(x, correction=c), np.zeros(0), backward=False)
        hold(lambda m, x, c=correction: getattr(m, name)(x, dim=1, correction=c), np.zeros((2, 0)), backward=False)
