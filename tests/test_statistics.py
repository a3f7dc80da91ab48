"""Order, search, counts and covariance against NumPy and differences."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import tinygrad_edu as tg

NAN = math.nan
FEW = st.sampled_from([-2.0, -0.5, 0.0, 1.0, 3.0])
MATRICES = arrays(float, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=FEW)
ROWS = arrays(float, st.integers(1, 12), elements=FEW)


def values(*shape):
    """Distinct."""
    size = math.prod(shape)
    return np.random.default_rng(0).permutation(np.linspace(-2, 2, size)).reshape(shape)


@given(MATRICES, st.sampled_from([0, 1]), st.booleans())
def test_sort_is_stable(x, dim, descending):
    found = tg.tensor(x).sort(dim, descending)
    order = np.argsort(-x if descending else x, dim, kind="stable")
    np.testing.assert_array_equal(found.indices.numpy(), order)
    np.testing.assert_array_equal(found.values.numpy(), np.take_along_axis(x, order, dim))
    np.testing.assert_array_equal(tg.msort(tg.tensor(x)).numpy(), np.sort(x, 0))


def test_nan_is_the_largest():
    x = tg.tensor([2.0, NAN, 1.0, NAN])
    assert x.argsort().tolist() == [2, 0, 1, 3]
    assert x.argsort(descending=True).tolist() == [1, 3, 0, 2]
    assert x.topk(2, largest=False).indices.tolist() == [2, 0]
    assert x.kthvalue(3).indices.item() == 1


@given(MATRICES, st.sampled_from([0, 1]))
def test_order_statistics_are_where_they_say(x, dim):
    ordered = np.sort(x, dim)
    n = x.shape[dim]
    for found, rank in [
        (tg.tensor(x).median(dim), (n - 1) // 2),
        (tg.tensor(x).nanmedian(dim), (n - 1) // 2),
        (tg.tensor(x).kthvalue(n, dim), n - 1),
        (tg.tensor(x).kthvalue(1, dim), 0),
    ]:
        np.testing.assert_array_equal(found.values.numpy(), ordered.take(rank, dim))
        at = np.take_along_axis(x, np.expand_dims(found.indices.numpy(), dim), dim)
        np.testing.assert_array_equal(found.values.numpy(), at.squeeze(dim))


@given(ROWS)
def test_mode(x):
    numbers, counts = np.unique(x, return_counts=True)
    found = tg.mode(tg.tensor(x))
    assert found.values.item() == numbers[counts.argmax()]
    assert found.indices.item() == np.flatnonzero(x == found.values.item())[-1]


def test_medians_with_nan():
    x = tg.tensor([[1.0, NAN, 3.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
    assert x.median(1).indices.tolist() == [1, 1]
    assert x.nanmedian(1).values.tolist() == [2.0, 2.0]
    assert math.isnan(x.median().item())
    assert x.nanmedian().item() == 2.0


def test_those_that_equal_the_median_share_its_gradient():
    x = tg.tensor([1.0, 2.0, 2.0, 5.0], requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.0, 0.5, 0.5, 0.0]


@given(MATRICES, st.floats(0, 1), st.sampled_from([None, 0, 1]))
def test_quantiles(x, q, dim):
    for interpolation in ("linear", "lower", "higher", "midpoint", "nearest"):
        rank = q * ((x.size if dim is None else x.shape[dim]) - 1)
        if rank != int(rank) and abs(rank - round(rank)) < 1e-9:
            continue  # within rounding of an element: which side it is on is not defined
        found = tg.quantile(tg.tensor(x), q, dim, interpolation=interpolation)
        np.testing.assert_allclose(found.numpy(), np.quantile(x, q, dim, method=interpolation), atol=1e-12)


def test_gradients_of_order_statistics():
    x = values(3, 5)
    for function in (
        lambda x: tg.quantile(x, tg.tensor([0.1, 0.55], dtype=tg.float64), 1),
        lambda x: tg.nanquantile(x, 0.3, 0, interpolation="midpoint"),
        lambda x: tg.median(x, 1).values,
        lambda x: tg.kthvalue(x, 2, 0).values,
        lambda x: tg.mode(x, 1).values,
        lambda x: tg.topk(x, 2).values,
        lambda x: tg.sort(x, 0, descending=True).values,
    ):
        tg.autograd.gradcheck(function, tg.tensor(x, requires_grad=True))
    q = tg.tensor([0.1, 0.6], dtype=tg.float64, requires_grad=True)
    tg.autograd.gradcheck(lambda q: tg.quantile(tg.tensor(x), q), q)


def test_covariance():
    x = values(3, 6)
    often, heavy = np.array([1, 2, 0, 3, 1, 1]), np.linspace(0.5, 2, 6)
    np.testing.assert_allclose(tg.cov(tg.tensor(x)).numpy(), np.cov(x), 1e-12)
    ours = tg.cov(tg.tensor(x), correction=0, fweights=tg.tensor(often), aweights=tg.tensor(heavy))
    np.testing.assert_allclose(ours.numpy(), np.cov(x, ddof=0, fweights=often, aweights=heavy), 1e-12)
    np.testing.assert_allclose(tg.corrcoef(tg.tensor(x)).numpy(), np.corrcoef(x), 1e-12)
    leaf, weights = tg.tensor(x, requires_grad=True), tg.tensor(heavy, requires_grad=True)
    tg.autograd.gradcheck(lambda x, w: tg.cov(x, aweights=w), (leaf, weights))
    tg.autograd.gradgradcheck(tg.cov, leaf)
    tg.autograd.gradcheck(tg.corrcoef, leaf)


@given(MATRICES, st.booleans())
def test_searchsorted(x, right):
    side = "right" if right else "left"
    edges, wanted = np.sort(x, 1), x[:, ::-1].copy()
    found = tg.searchsorted(tg.tensor(edges), tg.tensor(wanted), right=right)
    expected = [np.searchsorted(row, looked, side) for row, looked in zip(edges, wanted, strict=True)]
    np.testing.assert_array_equal(found.numpy(), expected)
    one = tg.searchsorted(tg.tensor(edges[0]), tg.tensor(wanted), side=side)
    np.testing.assert_array_equal(one.numpy(), np.searchsorted(edges[0], wanted, side))
    np.testing.assert_array_equal(
        one.numpy(), tg.bucketize(tg.tensor(wanted), tg.tensor(edges[0]), right=right).numpy()
    )


@given(MATRICES, st.sampled_from([None, 0, 1]))
def test_unique(x, dim):
    ours = tg.unique(tg.tensor(x), return_inverse=True, return_counts=True, dim=dim)
    theirs = np.unique(x, return_inverse=True, return_counts=True, axis=dim)
    for found, expected in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.reshape(found.shape))


@given(ROWS)
def test_unique_consecutive_tells_runs(x):
    numbers, inverse, counts = (y.numpy() for y in tg.unique_consecutive(tg.tensor(x), True, True))
    np.testing.assert_array_equal(np.repeat(numbers, counts), x)
    np.testing.assert_array_equal(numbers[inverse], x)
    assert (numbers[1:] != numbers[:-1]).all()


@given(arrays(np.int64, st.integers(0, 9), elements=st.integers(0, 6)), st.integers(0, 9))
def test_bincount(x, minlength):
    weights = np.cos(np.arange(len(x)))
    found = tg.bincount(tg.tensor(x), minlength=minlength)
    np.testing.assert_array_equal(found.numpy(), np.bincount(x, minlength=minlength))
    if len(x):
        found = tg.bincount(tg.tensor(x), tg.tensor(weights))
        np.testing.assert_allclose(found.numpy(), np.bincount(x, weights))


@given(ROWS, st.integers(1, 7))
def test_histc_counts_what_lies_in_its_range(x, bins):
    found = tg.histc(tg.tensor(x), bins, -2, 1).numpy()
    assert found.sum() == ((x >= -2) & (x <= 1)).sum()
    np.testing.assert_array_equal(tg.histc(tg.tensor(x), 4, -2, 2).numpy(), np.histogram(x, 4, (-2, 2))[0])


def test_membership_and_places():
    x = tg.tensor([[1, 0], [3, 4]])
    assert tg.isin(x, tg.tensor([3, 1])).tolist() == [[True, False], [True, False]]
    assert tg.isin(x, 4, invert=True).tolist() == [[True, True], [True, False]]
    assert tg.isin(3, x).item()
    assert not tg.isin(tg.tensor(NAN), tg.tensor([NAN])).item()
    assert tg.argwhere(x).tolist() == [[0, 0], [1, 0], [1, 1]]
    assert tg.nonzero(tg.tensor(7)).shape == (1, 0)
    assert [y.tolist() for y in tg.nonzero(tg.tensor(7), as_tuple=True)] == [[0]]


LINE = tg.arange(3)

ERRORS = {
    "kthvalue beyond the end": (RuntimeError, lambda: tg.ones(3).kthvalue(4)),
    "median of an empty dimension": (IndexError, lambda: tg.ones(0, 2).median(0)),
    "mode of an empty dimension": (IndexError, lambda: tg.ones(0).mode()),
    "quantile beyond 1": (RuntimeError, lambda: tg.ones(3).quantile(1.5)),
    "quantile of integers": (RuntimeError, lambda: LINE.quantile(0.5)),
    "quantile of nothing": (RuntimeError, lambda: tg.ones(0).quantile(0.5)),
    "quantile with an unknown interpolation": (RuntimeError, lambda: tg.ones(3).quantile(0.5, interpolation="cubic")),
    "quantile in two dtypes": (RuntimeError, lambda: tg.ones(3).quantile(tg.tensor([0.5], dtype=tg.float64))),
    "cov of a cube": (RuntimeError, lambda: tg.ones(2, 2, 2).cov()),
    "cov with weights of 0": (RuntimeError, lambda: tg.ones(3).cov(aweights=tg.zeros(3))),
    "cov with fractional counts": (RuntimeError, lambda: tg.ones(3).cov(fweights=tg.ones(3))),
    "cov with a weight too few": (RuntimeError, lambda: tg.ones(3).cov(aweights=tg.ones(2))),
    "searchsorted in rows that do not match": (ValueError, lambda: tg.searchsorted(tg.ones(2, 3), tg.ones(3, 1))),
    "searchsorted on two sides": (RuntimeError, lambda: tg.searchsorted(LINE, LINE, side="left", right=True)),
    "searchsorted with an odd sorter": (RuntimeError, lambda: tg.searchsorted(LINE, LINE, sorter=tg.arange(2))),
    "searchsorted with a wild sorter": (RuntimeError, lambda: tg.searchsorted(LINE, LINE, sorter=LINE + 1)),
    "bucketize between rows": (ValueError, lambda: tg.bucketize(LINE, tg.ones(2, 2))),
    "a gradient through unique": (RuntimeError, lambda: tg.ones(2, requires_grad=True).unique().sum().backward()),
    "unique of empty slices": (RuntimeError, lambda: tg.ones(2, 0).unique(dim=0)),
    "unique of a number's dimension": (IndexError, lambda: tg.tensor(1).unique(dim=0)),
    "bincount of fractions": (RuntimeError, lambda: tg.ones(3).bincount()),
    "bincount of negative numbers": (RuntimeError, lambda: (LINE - 1).bincount()),
    "bincount with a weight too few": (RuntimeError, lambda: LINE.bincount(tg.ones(2))),
    "histc without a bin": (RuntimeError, lambda: tg.ones(3).histc(0)),
    "histc of an endless range": (RuntimeError, lambda: tg.tensor([1.0, math.inf]).histc()),
    "topk of too many": (RuntimeError, lambda: tg.ones(3).topk(4)),
    "sort along what is not there": (IndexError, lambda: tg.ones(3).sort(1)),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    kind, call = ERRORS[name]
    with pytest.raises(kind, match=r"\w+ \w+"):
        call()
