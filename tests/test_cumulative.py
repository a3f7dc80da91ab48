"""Running sums, products and extremes, differences, integrals, derivatives and norms against NumPy and differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import tinygrad_edu as tg

SHAPES = [((), 0), ((4,), 0), ((3, 4), 0), ((3, 4), -1), ((2, 3, 2), 1), ((0,), 0), ((2, 0), 1), ((0, 2), -1)]
NUMBERS = st.floats(-3, 3)


def values(*shape):
    """Distinct and far from 0."""
    size = math.prod(shape)
    return np.random.default_rng(0).permutation(np.linspace(0.5, 2, size) * (-1) ** np.arange(size)).reshape(shape)


def logcumsumexp(x, axis):
    return np.logaddexp.accumulate(x, axis)


@pytest.mark.parametrize(("shape", "dim"), SHAPES)
@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (tg.cumsum, np.cumsum),
        (tg.cumprod, np.cumprod),
        (tg.logcumsumexp, logcumsumexp),
        (lambda x, dim: tg.cummax(x, dim).values, np.maximum.accumulate),
        (lambda x, dim: tg.cummin(x, dim).values, np.minimum.accumulate),
    ],
)
def test_scans(ours, theirs, shape, dim):
    x = values(*shape)
    out = ours(tg.tensor(x), dim)
    np.testing.assert_allclose(out.numpy(), theirs(np.atleast_1d(x), axis=dim).reshape(shape), 1e-12)
    if x.size:
        tg.autograd.gradcheck(lambda x: ours(x, dim), tg.tensor(x, requires_grad=True))
        tg.autograd.gradgradcheck(lambda x: ours(x, dim), tg.tensor(x, requires_grad=True))


@given(arrays(float, st.integers(1, 6), elements=st.sampled_from([-1.5, 0.0, 0.5, 2.0])))
def test_gradients_of_products_with_zeros(x):
    n = len(x)
    jacobian = [[np.prod(np.delete(x[: j + 1], i)) if i <= j else 0.0 for i in range(n)] for j in range(n)]
    leaf = tg.tensor(x, requires_grad=True)
    weights = np.cos(np.arange(n))
    tg.cumprod(leaf, 0).backward(tg.tensor(weights))
    np.testing.assert_allclose(leaf.grad.numpy(), weights @ np.array(jacobian), atol=1e-12)
    tg.autograd.gradgradcheck(lambda x: tg.cumprod(x, 0), tg.tensor(x, requires_grad=True))


@given(arrays(float, st.integers(1, 6), elements=NUMBERS))
def test_diff_undoes_cumsum(x):
    sums = tg.tensor(x).cumsum(0)
    np.testing.assert_allclose(tg.diff(sums, prepend=tg.zeros(1, dtype=tg.float64)).numpy(), x, atol=1e-12)


@given(arrays(float, st.integers(1, 8), elements=st.floats(-2000, 2000)))
def test_logcumsumexp_ends_with_logsumexp(x):
    leaf = tg.tensor(x, requires_grad=True)
    out = tg.logcumsumexp(leaf, 0)
    np.testing.assert_allclose(out[-1].item(), tg.logsumexp(leaf, 0).item(), 1e-12)
    out[-1].backward()
    np.testing.assert_allclose(leaf.grad.numpy(), tg.softmax(tg.tensor(x), 0).numpy(), atol=1e-12)


def test_extremes_so_far_take_the_last_of_equals():
    found = tg.cummax(tg.tensor([1.0, 3.0, 3.0, 2.0, math.nan, 5.0]), 0)
    assert found.indices.tolist() == [0, 1, 2, 2, 4, 4]
    np.testing.assert_array_equal(found.values.numpy(), [1, 3, 3, 3, np.nan, np.nan])


def test_integers_are_added_as_int64_and_stay_in_place():
    x = tg.tensor([100, 100], dtype=tg.int8)
    assert tg.cumsum(x, 0).dtype == tg.int64
    assert tg.cumsum(x, 0).tolist() == [100, 200]
    assert x.cumsum_(0) is x
    assert x.dtype == tg.int8


@pytest.mark.parametrize("n", [0, 1, 2, 5])
@pytest.mark.parametrize(("shape", "dim"), SHAPES[1:])
def test_diff(n, shape, dim):
    x = values(*shape)
    np.testing.assert_allclose(tg.diff(tg.tensor(x), n, dim).numpy(), np.diff(x, n, dim), atol=1e-12)


def test_integrals():
    y, x = values(3, 4), np.array([0.0, 1.0, 3.0, 3.5])
    at = tg.tensor(x, requires_grad=True)
    np.testing.assert_allclose(tg.trapezoid(tg.tensor(y), at).detach().numpy(), np.trapezoid(y, x))
    np.testing.assert_allclose(tg.trapezoid(tg.tensor(y), dx=0.5, dim=0).numpy(), np.trapezoid(y, dx=0.5, axis=0))
    np.testing.assert_allclose(
        tg.cumulative_trapezoid(tg.tensor(y), tg.tensor(x))[:, -1].numpy(), np.trapezoid(y, x), 1e-12
    )
    tg.autograd.gradcheck(tg.trapezoid, (tg.tensor(y, requires_grad=True), at))
    tg.autograd.gradcheck(tg.cumulative_trapezoid, (tg.tensor(y, requires_grad=True), at))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient(edge_order):
    x = values(4, 5)
    rows, columns = np.array([0.0, 1.0, 3.0, 3.5]), np.array([1.0, 2.0, 2.5, 4.0, 7.0])
    for spacing, points in [(0.5, (0.5,)), ((2, 3), (2, 3)), ((tg.tensor(rows), tg.tensor(columns)), (rows, columns))]:
        found = tg.gradient(tg.tensor(x), spacing=spacing, edge_order=edge_order)
        for ours, theirs in zip(found, np.gradient(x, *points, edge_order=edge_order), strict=True):
            np.testing.assert_allclose(ours.numpy(), theirs, 1e-10, 1e-12)
    tg.autograd.gradcheck(lambda x: tg.gradient(x, edge_order=edge_order), tg.tensor(x, requires_grad=True))


@pytest.mark.parametrize("p", [0, 1, 2, 3, 0.5, 1.5, -1, math.inf, -math.inf, "fro"])
def test_norm(p):
    x = values(3, 4)
    order = 2 if p == "fro" else p
    expected = [np.linalg.norm(row, order) for row in x]
    np.testing.assert_allclose(tg.norm(tg.tensor(x), p, dim=1).numpy(), expected, 1e-12)
    np.testing.assert_allclose(tg.norm(tg.tensor(x), p).item(), np.linalg.norm(x.reshape(-1), order), 1e-12)
    tg.autograd.gradcheck(lambda x: tg.norm(x, p, 1), tg.tensor(x, requires_grad=True))
    tg.autograd.gradgradcheck(lambda x: tg.norm(x, p, 1), tg.tensor(x, requires_grad=True))


@pytest.mark.parametrize("p", [0, 1, 2, 3, 0.5, 1.5, -1, math.inf, -math.inf])
def test_norm_has_a_finite_gradient_at_zero(p):
    for row in ([0.0, 0.0], [0.0, 2.0]):
        x = tg.tensor(row, requires_grad=True)
        x.norm(p).backward()
        assert np.isfinite(x.grad.numpy()).all()


def test_reductions_that_skip_nan():
    x = np.array([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    np.testing.assert_array_equal(tg.nansum(tg.tensor(x), 1).numpy(), np.nansum(x, 1))
    np.testing.assert_array_equal(tg.nanmean(tg.tensor(x), 1).numpy(), [2, np.nan])
    leaf = tg.tensor(x, requires_grad=True)
    tg.nanmean(leaf).backward()
    np.testing.assert_array_equal(leaf.grad.numpy(), [[0.5, 0, 0.5], [0, 0, 0]])
    assert tg.count_nonzero(tg.tensor([[0, 1], [2, 3]]), dim=0).tolist() == [1, 2]


def test_spread_and_mean():
    x = values(3, 4)
    for ours, theirs in ((tg.var_mean, np.var), (tg.std_mean, np.std)):
        spread, mean = ours(tg.tensor(x), 1, correction=0)
        np.testing.assert_allclose(spread.numpy(), theirs(x, 1), 1e-12)
        np.testing.assert_allclose(mean.numpy(), x.mean(1), 1e-12, 1e-12)
    assert tg.trace(tg.tensor(x)).item() == pytest.approx(np.trace(x))
    assert tg.aminmax(tg.tensor(x)) == (x.min(), x.max())


ERRORS = {
    "cumsum along what is not there": (IndexError, lambda: tg.ones(3).cumsum(1)),
    "cummax of 0-d along what is not there": (IndexError, lambda: tg.tensor(1.0).cummax(1)),
    "diff of a number": (RuntimeError, lambda: tg.diff(tg.tensor(1.0))),
    "diff less than never": (RuntimeError, lambda: tg.ones(3).diff(-1)),
    "diff with an odd end": (ValueError, lambda: tg.ones(3).diff(append=tg.ones(1, 1))),
    "trapezoid of bools": (RuntimeError, lambda: tg.trapezoid(tg.tensor([True, False]))),
    "trapezoid of a number": (IndexError, lambda: tg.trapezoid(tg.tensor(1.0))),
    "trapezoid with too few points": (ValueError, lambda: tg.trapezoid(tg.ones(3), tg.ones(2))),
    "trapezoid with two spacings": (TypeError, lambda: tg.trapezoid(tg.ones(3), tg.ones(3), dx=1)),
    "gradient of too few samples": (RuntimeError, lambda: tg.gradient(tg.ones(1))),
    "gradient of an unknown order": (RuntimeError, lambda: tg.gradient(tg.ones(5), edge_order=3)),
    "gradient with a spacing too many": (RuntimeError, lambda: tg.gradient(tg.ones(5), spacing=[1, 2])),
    "gradient with too few points": (ValueError, lambda: tg.gradient(tg.ones(5), spacing=[tg.ones(2)])),
    "norm of integers": (RuntimeError, lambda: tg.ones(3).long().norm()),
    "norm without a name": (RuntimeError, lambda: tg.ones(3, 3).norm("size")),
    "norm of a cube as a matrix": (RuntimeError, lambda: tg.ones(2, 2, 2).norm("fro", (0, 1, 2))),
    "norm in a narrower dtype": (RuntimeError, lambda: tg.ones(3, dtype=tg.float64).norm(dtype=tg.float32)),
    "largest of nothing": (IndexError, lambda: tg.ones(0).norm(math.inf)),
    "trace of a vector": (RuntimeError, lambda: tg.ones(3).trace()),
    "nanmean of integers": (RuntimeError, lambda: tg.ones(3).long().nanmean()),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    kind, call = ERRORS[name]
    with pytest.raises(kind, match=r"\w+ \w+"):
        call()
