"""Running sums, products and extremes, differences and integrals beside PyTorch."""

import numpy as np
import pytest

from .compare import hold
from .grids import DTYPES, FLOATS, SHAPES, dims_of, distinct, laid_out, slope, with_ties

INF, NAN = np.inf, np.nan


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["cumsum", "cumprod", "logcumsumexp", "cummax", "cummin"])
def test_scans(name, dtype, rng):
    for shape in SHAPES:
        for x in laid_out(with_ties(rng, dtype, shape)):
            for dim in dims_of(shape):
                # what PyTorch has for floats alone, and dimensions that it does not look at where there is nothing
                lenient = name == "logcumsumexp" and dtype not in FLOATS
                if name in ("cummax", "cummin") and not x.size and dim == len(shape):
                    continue
                hold(lambda m, x, d=dim: getattr(m, name)(x, d), x, lenient=lenient)
                hold(lambda m, x, d=dim: getattr(x, name)(dim=d), x, lenient=lenient)


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_the_dtype_of_scans(name, rng):
    for dtype in DTYPES:
        for wanted in ("float64", "float32", "int64", "int32"):
            x = with_ties(rng, dtype, (3, 2))
            # in float32 PyTorch's gradient of a float64 rounds on the way, and to an integer it fails
            backward = wanted == "float64" or dtype == wanted
            hold(lambda m, x, w=wanted: getattr(x, name)(0, dtype=getattr(m, w)), x, backward=backward)
        hold(lambda m, x: getattr(x.clone(), name + "_")(0), with_ties(rng, dtype, (3, 2)), lenient=True)
        hold(lambda m, x: getattr(x.clone(), name + "_")(0) * 2, with_ties(rng, dtype, (3,)), lenient=True)


ZEROS = [[0.0, 2.0, 3.0], [2.0, 0.0, 3.0], [2.0, 3.0, 0.0], [0.0, 0.0, 3.0], [2.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize("row", ZEROS)
def test_products_with_zeros(row):
    x = np.array([row, [1.0, 2.0, 4.0]])
    hold(lambda m, x: m.cumprod(x, 1), x)
    hold(slope(lambda m, x: m.cumprod(x, 1)), x)
    hold(slope(lambda m, x: m.cumprod(x, 0)), x)


@pytest.mark.parametrize("name", ["cumsum", "logcumsumexp", "cummax", "cummin"])
def test_second_derivatives_of_scans(name, rng):
    x = distinct(rng, "float64", (3, 4))
    hold(slope(lambda m, x: getattr(m, name)(x, 1)), x)
    hold(slope(lambda m, x: getattr(m, name)(x, 0)), x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_scans_at_the_edges(dtype):
    rows = [
        [1, INF, 2, -INF, 3],
        [NAN, 1, NAN, 2, 3],
        [-INF, -INF, 1, 2, INF],
        [INF, INF, -INF, 0, 1],
        [-INF, 1, -INF, 1, -INF],
    ]
    x = np.array(rows, dtype)
    for name in ("cumsum", "cumprod", "cummax", "cummin", "logcumsumexp"):
        hold(lambda m, x, n=name: getattr(m, n)(x, 1), x, backward=False)
    for row in rows:
        hold(lambda m, x: [m.cummax(x, 0), m.cummin(x, 0)], np.array(row, dtype))


def test_sums_of_exponentials_do_not_overflow():
    for row in (
        [1000.0, 1001.0, 999.0],
        [-1000.0, -1001.0, -2000.0],
        [0.0, 1000.0, 0.0, -1000.0],
        [-INF, -1000.0, 5.0],
    ):
        x = np.array(row)
        hold(lambda m, x: m.logcumsumexp(x, 0), x, backward=row[0] != -INF)
    hold(lambda m, x: m.logcumsumexp(x, 0), np.linspace(-3, 3, 50).astype("float16"))


def test_long_sums_are_exact_enough(rng):
    for dtype in ("float16", "float32"):
        hold(lambda m, x: m.cumsum(x, 0), np.full(3000, 0.1, dtype))
        x = (1 + rng.normal(0, 0.01, 500)).astype(dtype)
        hold(lambda m, x: m.cumprod(x, 0), x, backward=dtype != "float16")  # theirs divides in float16


@pytest.mark.parametrize("dtype", DTYPES)
def test_diff(dtype, rng):
    for shape in SHAPES:
        for x in laid_out(with_ties(rng, dtype, shape)):
            for n in (0, 1, 2, 7, -1):
                for dim in dims_of(shape):
                    if n or dim < len(shape):  # which PyTorch does not look at for n = 0
                        hold(lambda m, x, n=n, d=dim: m.diff(x, n, d), x)
                hold(lambda m, x, n=n: x.diff(n=n), x)
    x = with_ties(rng, dtype, (2, 3))
    for second in ("float64", dtype):
        y = with_ties(rng, second, (2, 2))
        hold(lambda m, x, y: m.diff(x, prepend=y), x, y)
        hold(lambda m, x, y: m.diff(x, 2, 1, y, y), x, y)
        hold(lambda m, x, y: x.diff(append=y, dim=-1), x, y)
        hold(lambda m, x, y: m.diff(x, dim=0, append=y), x, y)
        hold(lambda m, x, y: m.diff(x, append=y[0]), x, y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["trapezoid", "cumulative_trapezoid"])
def test_integrals(name, dtype, rng):
    for shape in SHAPES:
        for y in laid_out(with_ties(rng, dtype, shape)):
            if dtype == "bool" and not y.size:
                continue  # PyTorch gives 0 there before it looks at the dtype
            hold(lambda m, y: getattr(m, name)(y), y)
            for dim in dims_of(shape):
                hold(lambda m, y, d=dim: getattr(m, name)(y, dim=d), y)
                hold(lambda m, y, d=dim: getattr(m, name)(y, dx=2, dim=d), y)
                hold(lambda m, y, d=dim: getattr(m, name)(y, dx=0.5, dim=d), y)
    y = with_ties(rng, dtype, (3, 4))
    for points in ("float64", "int64", dtype):
        for shape, dim in [((4,), 1), ((3,), 0), ((3, 4), 0), ((3, 4), -1), ((1, 4), 1), ((2, 3, 4), 2), ((3,), 1)]:
            x = with_ties(rng, points, shape)
            hold(lambda m, y, x, d=dim: getattr(m, name)(y, x, dim=d), y, x)
        hold(lambda m, y, x: getattr(m, name)(y[None], x=x, dim=1), y, with_ties(rng, points, (3, 4)))
    hold(lambda m, y: getattr(m, name)(y, m.ones(3), dx=1), y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("edge_order", [1, 2, 3])
def test_gradient(edge_order, dtype, rng):
    for shape in [(5,), (3, 4), (3, 3, 4), (2, 3), (1,), *[()] * (dtype not in ("bool", "uint8"))]:
        x = with_ties(rng, dtype, shape)
        hold(lambda m, x: m.gradient(x, edge_order=edge_order), x)
        hold(lambda m, x: m.gradient(x, spacing=2, edge_order=edge_order), x)
        hold(lambda m, x: m.gradient(x, spacing=m.tensor(0.5), edge_order=edge_order), x)
        for dim in dims_of(shape):
            hold(lambda m, x, d=dim: m.gradient(x, dim=d, edge_order=edge_order), x)
            hold(lambda m, x, d=dim: m.gradient(x, spacing=[0.5], dim=d, edge_order=edge_order), x)
    x = with_ties(rng, dtype, (4, 5))
    # of two dtypes PyTorch takes the lower for the edges
    points = dtype if dtype in FLOATS else "float64"
    rows, columns = np.array([0, 1, 3, 4], points), np.array([1, 2, 2.5, 4, 7], points)
    if dtype == "bool":
        return
    hold(lambda m, x, r, c: m.gradient(x, spacing=[r, c], edge_order=edge_order), x, rows, columns)
    hold(lambda m, x, r, c: m.gradient(x, spacing=(r,), dim=0, edge_order=edge_order), x, rows, columns)
    hold(lambda m, x, r, c: m.gradient(x, spacing=(c, r), dim=(1, 0), edge_order=edge_order), x, rows, columns)
    hold(lambda m, x, r, c: m.gradient(x, spacing=(r,), dim=1, edge_order=edge_order), x, rows, columns)
    hold(lambda m, x: m.gradient(x, spacing=[2, 0.5], edge_order=edge_order), x)
    hold(lambda m, x: m.gradient(x, spacing=[2, 0.5], dim=0, edge_order=edge_order), x)
    hold(lambda m, x: m.gradient(x, dim=(0, 0), edge_order=edge_order), x)
    hold(lambda m, x: m.gradient(x, dim=(1, 0), edge_order=edge_order), x)
