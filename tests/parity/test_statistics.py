"""Order, search, counts and covariance beside PyTorch."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold
from .grids import DTYPES, FLOATS, SHAPES, dims_of, distinct, laid_out, slope, with_ties

INF, NAN = np.inf, np.nan
NUMBERS = DTYPES[:-1]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def with_nans(rng, dtype, shape):
    """Some NaN, but in no dimension NaN alone."""
    x = distinct(rng, dtype, shape)
    if dtype in FLOATS:
        x[sum(np.indices(shape)) % 3 == 1] = NAN
    return x


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("name", ["median", "nanmedian"])
def test_medians(name, dtype, rng):
    for shape in SHAPES:
        for x in [*laid_out(with_ties(rng, dtype, shape)), with_nans(rng, dtype, shape)]:
            if x.size or dtype in FLOATS:  # of no integers PyTorch makes up a median
                hold(lambda m, x: getattr(m, name)(x), x)
                hold(lambda m, x: getattr(x, name)(), x)
            for dim in dims_of(shape):
                hold(lambda m, x, d=dim: getattr(m, name)(x, d), x)
                hold(lambda m, x, d=dim: getattr(x, name)(dim=d, keepdim=True), x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_medians_of_what_is_no_number(dtype):
    x = np.full((2, 5), NAN, dtype)
    for name in ("median", "nanmedian"):  # which of them nanmedian finds is not defined
        hold(lambda m, x, n=name: [getattr(m, n)(x), getattr(m, n)(x, 1).values], x, backward=False)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_kthvalue(dtype, rng):
    for shape in SHAPES:
        for x in [*laid_out(distinct(rng, dtype, shape)), with_nans(rng, dtype, shape)]:
            if np.isnan(x).sum() > 1:
                x = np.where(np.isnan(x), np.arange(x.size).reshape(x.shape) + 50, x).astype(dtype)
            for k in (1, 2, 3, 5, 0, -1):
                hold(lambda m, x, k=k: m.kthvalue(x, k), x)
                for dim in dims_of(shape):
                    hold(lambda m, x, k=k, d=dim: m.kthvalue(x, k, d, True), x)
                    hold(lambda m, x, k=k, d=dim: x.kthvalue(k, dim=d), x)
    hold(lambda m, x: [m.kthvalue(x, k).values for k in (1, 2, 3, 4)], np.array([1, 3, 1, 2]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_mode(dtype, rng):
    for shape in SHAPES:
        for x in laid_out(with_ties(rng, dtype, shape)):
            hold(lambda m, x: m.mode(x), x)
            for dim in dims_of(shape):
                hold(lambda m, x, d=dim: m.mode(x, d), x)
                hold(lambda m, x, d=dim: x.mode(dim=d, keepdim=True), x)


INTERPOLATIONS = ["linear", "lower", "higher", "midpoint", "nearest", "cubic"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
@pytest.mark.parametrize("name", ["quantile", "nanquantile"])
def test_quantiles(name, interpolation, dtype, rng):
    how = {"interpolation": interpolation}
    for shape in SHAPES:
        for x in [*laid_out(distinct(rng, dtype, shape)), with_nans(rng, dtype, shape)]:
            for q in (0, 0.3, 0.5, 1.0, 1.5, -0.1):
                hold(lambda m, x, q=q: getattr(m, name)(x, q, **how), x)
                hold(lambda m, x, q=q: getattr(x, name)(q, keepdim=True, **how), x)
                for dim in dims_of(shape):
                    if x.size or dim < len(shape):  # where there is nothing PyTorch does not look at dim
                        hold(lambda m, x, q=q, d=dim: getattr(m, name)(x, q, d, **how), x)
                        hold(lambda m, x, q=q, d=dim: getattr(m, name)(x, q, dim=d, keepdim=True, **how), x)
            for q in ([], [0.25], [0.0, 0.4, 0.9, 1.0], 0.7, [[0.5]], [0.5, 2.0], [NAN]):
                q = np.array(q, dtype if dtype in FLOATS else "float32")
                hold(lambda m, x, q: getattr(m, name)(x, q, keepdim=True, **how), x, q)
                hold(lambda m, x, q: getattr(m, name)(x, q, dim=-1, **how), x, q)
                hold(lambda m, x, q: getattr(m, name)(x, q, dim=0, keepdim=True, **how), x, q)
    hold(lambda m, x, q: getattr(m, name)(x, q, **how), distinct(rng, dtype, (5,)), np.array([0.5], "float16"))


def test_quantiles_of_ties_and_infinities():
    for row in ([1.0, 1.0, 2.0, 2.0], [INF, 1.0, 2.0], [-INF, INF, 1.0], [-INF, -INF, 1.0]):
        for interpolation in INTERPOLATIONS[:-1]:
            for q in (0.0, 0.25, 0.5, 0.75, 1.0):
                x = np.array(row)
                hold(lambda m, x, q=q, i=interpolation: m.quantile(x, q, interpolation=i), x)
    hold(slope(lambda m, x: m.quantile(x, 0.3, 1)), np.random.default_rng(0).normal(size=(2, 5)))


WEIGHTS = [None, [1, 2, 0, 3], [0, 0, 0, 0], [1, -1, 1, 1], [1, 2]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_cov(dtype, rng):
    for shape in [(4,), (2, 4), (1, 4), (0, 4), (2, 0), (2, 1), (), (2, 2, 2), (0,)]:
        for x in laid_out(distinct(rng, dtype, shape) if dtype != "bool" else with_ties(rng, dtype, shape)):
            for correction in (0, 1, 2):
                if x.ndim < 3 and (x.shape or (1,))[-1] > correction:
                    hold(lambda m, x, c=correction: m.cov(x, correction=c), x)
            for f in WEIGHTS:
                for a in WEIGHTS:
                    if (x.shape or (1,))[-1] == 4:
                        frequencies = None if f is None else np.array(f)
                        importances = None if a is None else np.array(a, dtype if dtype in FLOATS else "float32") / 2
                        hold(
                            lambda m, x, f, a: [
                                x.cov(fweights=f, aweights=a),
                                m.cov(x, fweights=f, aweights=a, correction=0),
                            ],
                            x,
                            frequencies,
                            importances,
                        )
    hold(lambda m, x, w: m.cov(x, fweights=w), np.ones(3), np.ones(3))
    hold(lambda m, x, w: m.cov(x, aweights=w), np.ones(3), np.ones(3, int))


def test_too_few_observations(rng):
    for shape in [(2, 1), (2, 2), (1, 1)]:
        x = distinct(rng, "float64", shape)
        hold(lambda m, x: [m.cov(x, correction=5), m.cov(x, correction=2)], x, backward=False)
    hold(lambda m, x: [m.cov(x), m.corrcoef(x)], np.array(2.0), backward=False)
    hold(lambda m, x: m.cov(x), np.zeros((2, 0)), backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_corrcoef(dtype, rng):
    for shape in [(4,), (2, 4), (3, 5), (1, 4), (0, 4), (2, 2, 2)]:
        x = with_ties(rng, dtype, shape)
        hold(lambda m, x: [m.corrcoef(x), x.corrcoef()], x)
    constant = np.array([[1, 2, 4], [1, 1, 1]], dtype)
    hold(lambda m, x: m.corrcoef(x), constant, backward=False)


def test_second_derivatives_of_covariance(rng):
    x = rng.normal(size=(2, 4))
    hold(slope(lambda m, x: m.cov(x)), x)
    hold(slope(lambda m, x: m.corrcoef(x)), x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sorting(dtype, rng):
    for shape in SHAPES:
        for x in [
            *laid_out(with_ties(rng, dtype, shape)),
            with_nans(rng, dtype, shape) if dtype != "bool" else np.array(True),
        ]:
            hold(lambda m, x: [m.sort(x), x.sort(), m.argsort(x), x.argsort(), m.msort(x), x.msort()], x)
            for dim in dims_of(x.shape):
                for descending in (False, True):
                    hold(
                        lambda m, x, d=dim, r=descending: [x.sort(d, r), m.sort(x, dim=d, descending=r, stable=True)], x
                    )
                    hold(
                        lambda m, x, d=dim, r=descending: [
                            x.argsort(d, r),
                            m.argsort(x, dim=d, descending=r, stable=True),
                        ],
                        x,
                    )


@pytest.mark.parametrize("dtype", NUMBERS)
def test_topk(dtype, rng):
    for shape in SHAPES:
        for x in laid_out(distinct(rng, dtype, shape)):
            for k in (0, 1, 2, 3, 6, -1):
                if shape or k:
                    hold(lambda m, x, k=k: [m.topk(x, k), x.topk(k, largest=False)], x)
                for dim in dims_of(shape):
                    hold(lambda m, x, k=k, d=dim: [x.topk(k, d), m.topk(x, k, dim=d, largest=False, sorted=True)], x)
    if dtype in FLOATS:
        x = np.array([2.0, NAN, 1.0, INF, -INF], dtype)
        hold(lambda m, x: [x.topk(k, largest=b) for k in range(6) for b in (True, False)], x)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("largest", [True, False])
def test_few_of_many_are_those_of_a_sort(dtype, largest, rng):
    """Where a part of a row alone is put in order: the values of PyTorch, the first of equal ones, and NaN."""
    for shape, dim in [((70,), 0), ((3, 50), 1), ((50, 3), 0), ((2, 40, 3), 1)]:
        x = rng.standard_normal(shape).astype(dtype)
        for k in (1, 4, 10):
            hold(lambda m, x, k=k, dim=dim: m.topk(x, k, dim, largest).values, x)
        level, some = np.round(x, 1), x.copy()
        some[..., ::7] = NAN
        for kind in (x, level, some):
            order = tg.argsort(tg.tensor(kind), dim, descending=largest).narrow(dim, 0, 4)
            found = tg.topk(tg.tensor(kind), 4, dim, largest)
            assert tg.equal(found.indices, order)
            np.testing.assert_array_equal(found.values, np.take_along_axis(kind, order.numpy(), dim))


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("right", [False, True])
def test_searchsorted(right, dtype, rng):
    for other in NUMBERS:
        for shape in [(5,), (1,), (0,), (3, 4), (2, 3, 4)]:
            edges = np.sort(with_ties(rng, dtype, shape), -1)
            for values_shape in [(7,), (), (0,), (2, 2), (3, 5), (3, 0), (2, 3, 2), (1, 3, 2)]:
                values = with_ties(rng, other, values_shape)
                hold(lambda m, e, v: m.searchsorted(e, v, right=right), edges, values, backward=False)
    edges, values = np.sort(with_ties(rng, dtype, (6,))), with_ties(rng, dtype, (2, 3))
    for number in (1, 0.5, -2.0, 100, True):
        hold(lambda m, e, n=number: [m.searchsorted(e, n, right=right), m.bucketize(n, e, right=right)], edges)
    hold(lambda m, e, v: m.bucketize(v, e, out_int32=True, right=right), edges, values, backward=False)
    hold(lambda m, e, v: m.bucketize(v, e[None], right=right), edges, values, backward=False)
    hold(lambda m, e, v: m.searchsorted(e, v, out_int32=True, right=right), edges, values, backward=False)
    for side in ("left", "right", "up", None):
        hold(lambda m, e, v, s=side: m.searchsorted(e, v, right=right, side=s), edges, values, backward=False)
    mixed = with_ties(rng, dtype, (3, 4))
    order = np.argsort(mixed, -1)
    for sorter in (order, order[:, :2], order.astype("int32"), order + 1, order[0]):
        values = with_ties(rng, dtype, (3, 2))
        hold(lambda m, e, v, s: m.searchsorted(e, v, sorter=s, right=right), mixed, values, sorter, backward=False)
    hold(lambda m, e, v: m.searchsorted(e[0, 0], v), mixed, values, backward=False)


def test_search_among_what_is_no_number():
    for edges in ([1.0, 2.0, NAN], [1.0, NAN, 3.0, NAN], [-INF, 0.0, INF], [3.0, 1.0, 2.0, 0.0]):
        x = np.array([NAN, 0.0, 2.0, 4.0, INF, -INF])
        for right in (False, True):
            hold(lambda m, e, v, r=right: m.searchsorted(e, v, right=r), np.array(edges), x, backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_unique(dtype, rng):
    for shape in SHAPES:
        for x in [*laid_out(with_ties(rng, dtype, shape)), np.ones(shape, dtype)]:
            for name in ("unique", "unique_consecutive"):
                hold(lambda m, x, n=name: getattr(m, n)(x), x, backward=False)
                for dim in [None, *dims_of(shape)]:
                    hold(lambda m, x, n=name, d=dim: getattr(x, n)(dim=d), x, backward=False)
                    hold(lambda m, x, n=name, d=dim: getattr(m, n)(x, return_counts=True, dim=d), x, backward=False)
                    hold(lambda m, x, n=name, d=dim: getattr(x, n)(return_inverse=True, dim=d), x, backward=False)
                    both = {"return_inverse": True, "return_counts": True}
                    hold(lambda m, x, n=name, d=dim, b=both: getattr(m, n)(x, dim=d, **b), x, backward=False)
            hold(lambda m, x: [m.unique(x, True, True, True), m.unique_consecutive(x, True, True)], x, backward=False)
    rows = np.array([[1, 1], [0, 1], [1, 1], [0, 0], [0, 1]], dtype)
    for name in ("unique", "unique_consecutive"):
        for dim in (0, 1):
            program = {"return_inverse": True, "return_counts": True, "dim": dim}
            hold(lambda m, x, n=name, p=program: getattr(m, n)(x, **p), rows, backward=False)


def test_each_nan_is_distinct():
    x = np.array([NAN, 1.0, NAN, 1.0, 1.0])
    hold(lambda m, x: [m.unique(x), m.unique_consecutive(x, True, True)], x, backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bincount(dtype, rng):
    x = abs(with_ties(rng, dtype, (7,)).astype("int64")).astype(dtype)
    for weights in [None, *[with_ties(rng, kind, (7,)) for kind in DTYPES], np.ones(6)]:
        for minlength in (0, 3, 9, -1):
            hold(
                lambda m, x, w, n=minlength: [m.bincount(x, w, n), x.bincount(w, minlength=n)],
                x,
                weights,
                backward=False,
            )
    for odd in (x[:0], x[None], x[0], -x if dtype != "bool" else x):
        hold(lambda m, x: m.bincount(x, minlength=2), np.array(odd), backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_histc(dtype, rng):
    for shape in SHAPES:
        x = with_ties(rng, dtype, shape)
        for bins, low, high in [
            (4, 0, 0),
            (1, 0, 0),
            (5, -1, 2),
            (3, 0, 100),
            (4, 2, 1),
            (0, 0, 1),
            (3, 1, 1),
            (7, -2, 3),
        ]:
            hold(lambda m, x, s=(bins, low, high): m.histc(x, *s), x, backward=False)
            hold(lambda m, x, s=(bins, low, high): x.histc(bins=s[0], min=s[1], max=s[2]), x, backward=False)
        hold(lambda m, x: m.histc(x), x, backward=False)
    if dtype in FLOATS:
        for row in ([1, NAN, 2], [1, INF, 2], [1, 1, 1]):
            hold(lambda m, x: m.histc(x, 3), np.array(row, dtype), backward=False)
            hold(lambda m, x: m.histc(x, 3, 0, 2), np.array(row, dtype), backward=False)
        hold(lambda m, x: m.histc(x, 10, -3, 3), rng.normal(size=1000).astype(dtype), backward=False)


@pytest.mark.parametrize("first", DTYPES)
@pytest.mark.parametrize("invert", [False, True])
def test_isin(first, invert, rng):
    lenient = first == "bool"  # which PyTorch does not take
    for second in DTYPES:
        for shapes in [
            ((5,), (2,)),
            ((2, 3), (20,)),
            ((), (3,)),
            ((3,), ()),
            ((0,), (2,)),
            ((2,), (0,)),
            ((2, 2), (1, 3)),
        ]:
            x, y = with_ties(rng, first, shapes[0]), with_ties(rng, second, shapes[1])
            hold(lambda m, x, y: m.isin(x, y, invert=invert), x, y, backward=False, lenient=lenient or second == "bool")
    for number in (1, 0.5, 3.0):
        x = with_ties(rng, first, (4,))
        hold(lambda m, x, n=number: [m.isin(x, n, invert=invert), m.isin(n, x, invert=invert)], x, lenient=lenient)
    if first in FLOATS:
        x = np.array([1.0, NAN, INF], first)
        hold(lambda m, x: [m.isin(x, x), m.isin(x, x[:1].repeat(30))], x, backward=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_places_of_what_is_not_zero(dtype, rng):
    for shape in SHAPES:
        for x in [*laid_out(with_ties(rng, dtype, shape)), np.zeros(shape, dtype)]:
            hold(lambda m, x: [m.nonzero(x), x.nonzero(), *m.nonzero(x, as_tuple=True)], x, backward=False)
            hold(lambda m, x: [m.argwhere(x), x.argwhere(), *x.nonzero(as_tuple=True)], x, backward=False)


def test_the_results_have_names():
    for name in ("median", "nanmedian", "mode", "sort", "cummax", "cummin"):
        hold(lambda m, x, n=name: [getattr(m, n)(x, 0).values, getattr(m, n)(x, 0).indices], np.array([1.0, 3.0, 2.0]))
    assert torch.tensor([1.0]).kthvalue(1).values == 1


@pytest.mark.parametrize("dtype", ["int64", "bool", "float32"])
def test_the_median_of_nothing(dtype):
    hold(lambda m, x: [m.median(x), x.nanmedian()], np.zeros((0, 2), dtype), backward=False)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_histogram(dtype, rng):
    x = np.array([1, 2, 1, np.nan, 5, 0, 3, -1, 2.999], dtype)
    weight = rng.uniform(0.5, 2, len(x)).astype(dtype)
    edges = np.array([0, 1, 2.5, 3], dtype)
    cases = [
        lambda m, x, w, e: m.histogram(x, bins=4, range=(0.0, 3.0)),
        lambda m, x, w, e: m.histogram(x, 4, range=(0.0, 3.0), weight=w, density=True),
        lambda m, x, w, e: m.histogram(x, e, weight=w),
        lambda m, x, w, e: x.histogram(bins=e, density=True).hist,
        lambda m, x, w, e: [*x[:3].histogram(3), *x[:1].histogram(3), *x[:0].histogram(3)],
        lambda m, x, w, e: m.histogram(x[:3].reshape(3, 1), 2).bin_edges,
        lambda m, x, w, e: m.histogram(x, e[[3, 0]]),
    ]
    refused = [
        lambda m, x, w, e: m.histogram(x, 3),
        lambda m, x, w, e: m.histogram(x.long(), 3),
        lambda m, x, w, e: m.histogram(x[:3].half(), 3),
        lambda m, x, w, e: m.histogram(x[:3], 0),
        lambda m, x, w, e: m.histogram(x[:3], e[:1]),
        lambda m, x, w, e: m.histogram(x[:3], e[None]),
        lambda m, x, w, e: m.histogram(x[:3], e.half()),
        lambda m, x, w, e: m.histogram(x[:3], 3, weight=w[:2]),
        lambda m, x, w, e: m.histogram(x[:3], 3, range=(2.0, 1.0)),
        lambda m, x, w, e: m.histogram(x[:3], 3, range=(0.0, float("inf"))),
    ]
    for program in (*cases, *refused):
        hold(program, x, weight, edges, backward=False)
    many = rng.normal(size=1000).astype(dtype)
    hold(lambda m, x: [*m.histogram(x, 10), *m.histogram(x, 50, range=(-1.0, 1.0), density=True)], many, backward=False)
