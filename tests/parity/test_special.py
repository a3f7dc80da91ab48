"""Special functions beside PyTorch, and beside mpmath, which PyTorch brings along, to units in the last place."""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
import tinygrad_edu.special

from .compare import hold
from .grids import DTYPES, FLOATS, SHAPES, slope, with_ties

mpmath = pytest.importorskip("mpmath")

UNARY = [
    *["digamma", "entr", "erf", "erfc", "erfcx", "erfinv", "exp2", "expit", "expm1", "gammaln", "i0", "i0e", "i1"],
    *["i1e", "log1p", "log_ndtr", "logit", "ndtr", "ndtri", "psi", "round", "sinc"],
]
TOP = ["digamma", "erf", "erfc", "erfinv", "i0", "lgamma", "logit", "sinc"]
# Where PyTorch's own derivatives are NaN, or far off, at integers and at the ends of domains.
AWAY = {"digamma": 0.125, "psi": 0.125, "gammaln": 0.125, "lgamma": 0.125}

ROUGH = {
    "digamma",
    "psi",
}  # whose derivative PyTorch computes to ten digits; tests/test_special.py holds ours to differences


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", UNARY)
def test_unary(name, dtype, rng):
    for shape in SHAPES:
        x = with_ties(rng, dtype, shape)
        if dtype in FLOATS:
            x = np.array(x + np.array(AWAY.get(name, 0), dtype))
        hold(lambda m, x: getattr(m.special, name)(x), x, lenient=True, backward=name not in ROUGH)


@pytest.mark.parametrize("name", TOP)
def test_functions_and_methods(name, rng):
    x = rng.uniform(0.1, 0.9, (3, 4))
    rough = name in ROUGH
    hold(lambda m, x: [getattr(m, name)(x), getattr(x, name)(), getattr(m, name)(input=x)], x, backward=not rough)
    hold(lambda m, x: getattr(x.clone(), f"{name}_")(), x, backward=not rough)


@pytest.mark.parametrize("name", [name for name in UNARY if name not in ("entr", "round", "gammaln", *ROUGH)])
def test_second_derivatives(name, rng):
    for low, high in [(0.05, 0.95), *([(1.1, 6.0), (-3.9, -3.1)] if name not in ("erfinv", "ndtri", "logit") else [])]:
        x = rng.uniform(low, high, 20)
        if name == "log1p" and low < -1:
            continue
        hold(slope(lambda m, x: getattr(m.special, name)(x)), x)


def test_functions_of_several_arguments(rng):
    x = rng.uniform(2.1, 9, (2, 3))
    for n in (0, 2, 3, 4):
        hold(lambda m, x, n=n: [m.polygamma(n, x), m.special.polygamma(n, x), x.polygamma(n)], x, backward=n > 1)
        hold(lambda m, x, n=n: x.clone().polygamma_(n), x, backward=n > 1)
    for p in (1, 2, 4):
        hold(lambda m, x, p=p: [m.mvlgamma(x, p), x.mvlgamma(p), m.special.multigammaln(x, p=p)], x)
        hold(lambda m, x, p=p: x.clone().mvlgamma_(p), x)
    hold(lambda m, x: [x.logit(0.1), m.logit(x, eps=1e-6), m.special.logit(x - 2, 0.3)], rng.uniform(0, 1, 9))
    hold(lambda m, x: m.polygamma(-1, x), x)
    hold(lambda m, x: m.mvlgamma(x, 0), x)


@pytest.mark.parametrize("name", ["xlogy", "xlog1py"])
def test_products_with_a_logarithm(name, rng):
    for first in DTYPES:
        for second in DTYPES:
            x, y = with_ties(rng, first, (3, 1)), abs(with_ties(rng, second, (4,)).astype(float)).astype(second)
            if first in FLOATS and second in FLOATS and first != second:
                continue  # PyTorch computes the gradient in the narrower of the two
            hold(lambda m, x, y: getattr(m.special, name)(x, y), x, y, lenient=True)
    edges = np.array([0.0, 1.0, 2.0, np.inf, np.nan, 0.5])
    x, y = (part.copy() for part in np.meshgrid(edges, edges))
    hold(lambda m, x, y: getattr(m.special, name)(x, y), x, y, backward=False)
    for number in (2, 0.0, 2.5):
        hold(lambda m, y, n=number: [getattr(m.special, name)(n, y), getattr(m.special, name)(y, n)], edges[1:3])
    hold(lambda m, x, y: [m.xlogy(x, y), x.xlogy(y), x.clone().xlogy_(y)], edges[:3], edges[1:4])


ENDS = np.array([0.0, 1.0, -1.0, np.inf, np.nan, 0.5, 1e5, 1e-300])


@pytest.mark.parametrize("name", ["gammainc", "gammaincc"])
def test_incomplete_gamma_functions(name, rng):
    a, x = rng.uniform(0.1, 30, (3, 1)), rng.uniform(0.1, 40, (1, 40))
    hold(lambda m, x, a: getattr(m.special, name)(a.detach(), x), x, a)
    hold(slope(lambda m, x, a: getattr(m.special, name)(a.detach(), x)), x, a)
    # PyTorch's are right to eleven digits where a is large
    a, x = (part.reshape(-1) for part in np.meshgrid(ENDS, ENDS[[0, 1, 2, 3, 4, 5, 7]]))
    hold(lambda m, a, x: getattr(m.special, name)(a, x), a[a != 1e5], x[a != 1e5], backward=False)
    for dtypes in (("float32", "float32"), ("float32", "float64"), ("int64", "float32"), ("int64", "int64")):
        a, x = (rng.uniform(1, 9, 5).astype(dtype) for dtype in dtypes)
        hold(lambda m, a, x: getattr(m.special, name)(a, x), a, x, backward=False)


def test_incomplete_gamma_functions_under_their_other_names(rng):
    a, x = rng.uniform(1, 9, (2, 5))
    hold(lambda m, a, x: [m.igamma(a, x), m.igammac(a, x), a.igamma(x), a.igammac(x)], a, x, backward=False)
    hold(lambda m, a, x: [a.clone().igamma_(x), a.clone().igammac_(x)], a, x, backward=False)


@pytest.mark.parametrize("size", [0.5, 3, 30, 99.5, 100, 1e3, 1e5, 1e8])
def test_incomplete_gamma_functions_are_right(size, rng):
    a = size * rng.uniform(1, 1.2, 12)
    x = abs(a + rng.normal(size=12) * 3 * np.sqrt(a))
    lower, upper = tg.igamma(tg.tensor(a), tg.tensor(x)).numpy(), tg.igammac(tg.tensor(a), tg.tensor(x)).numpy()
    with mpmath.workdps(40):
        for p, q, b, y in zip(lower, upper, map(mpmath.mpf, a), map(mpmath.mpf, x), strict=True):
            log_gamma, width = mpmath.loggamma(b), mpmath.sqrt(b)
            ends = [max(y - 5 * k * width, 0) for k in range(8, -1, -1)] if size > 20 else [0, y / 2, y]
            if size > 20 and y > b:
                ends = [y + 5 * k * width for k in range(9)]
            part = mpmath.quad(lambda t, b=b, c=log_gamma: mpmath.exp((b - 1) * mpmath.log(t) - t - c), ends)
            exact = (1 - part, part) if size > 20 and y > b else (part, 1 - part)
            assert abs(p - exact[0]) + abs(q - exact[1]) < 4e-13


def test_zeta(rng):
    s, q = rng.uniform(1.01, 12, (4, 1)), rng.uniform(0.01, 30, (1, 30))
    hold(lambda m, q, s: m.special.zeta(s.detach(), q), q, s)
    hold(slope(lambda m, q, s: m.special.zeta(s.detach(), q)), q, s)
    s = np.array([0.0, 0.5, 1, 2, 3, 20, -1, np.inf, np.nan])
    q = np.array([0.0, -1, -1.5, 0.5, 1, 2, 100, 1e10, np.inf, np.nan])
    s, q = (part.reshape(-1) for part in np.meshgrid(s, q))
    hold(lambda m, s, q: m.special.zeta(s, q), s, q, backward=False)
    hold(lambda m, q: [m.special.zeta(2, q), m.special.zeta(q, 3), m.special.zeta(q.long(), q.int())], q[-3:] + 1)
    with pytest.raises(RuntimeError, match="first argument is not implemented"):
        tg.special.zeta(tg.tensor([2.0], requires_grad=True), 3).backward()
    s, q = np.array([200.0, 171, 171]), np.array([-1.5, -0.5, -2.5])
    assert tg.special.zeta(tg.tensor(s), tg.tensor(q)).tolist() == [2.0**201, 0, 0]


def normal(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


EXACT = {
    "erf": (mpmath.erf, -6, 6, 2),
    "erfc": (mpmath.erfc, -6, 26, 5),
    "erfcx": (lambda x: mpmath.exp(x * x) * mpmath.erfc(x), -25, 60, 7),
    "ndtr": (normal, -37, 8, 6),
    "log_ndtr": (lambda x: mpmath.log(normal(x)), -40, 8, 6),
    "erfinv": (mpmath.erfinv, -0.999, 0.999, 4),
    "ndtri": (lambda p: mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1), 1e-3, 1 - 1e-3, 5),
    "gammaln": (mpmath.loggamma, 1e-3, 40, 4),
    "digamma": (mpmath.digamma, 1e-3, 40, 4),
    "i0": (lambda x: mpmath.besseli(0, x), -100, 100, 5),
    "i1": (lambda x: mpmath.besseli(1, x), -100, 100, 5),
    "i0e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(0, x), -100, 100, 5),
    "i1e": (lambda x: mpmath.exp(-abs(x)) * mpmath.besseli(1, x), -100, 100, 5),
    "sinc": (mpmath.sincpi, -5, 5, 3),
}


@pytest.mark.parametrize("name", EXACT)
def test_units_in_the_last_place(name, rng):
    function, low, high, most = EXACT[name]
    seams = np.arange(math.ceil(low * 8), math.floor(high * 8) + 1) / 8
    x = np.concatenate([rng.uniform(low, high, 400), seams, rng.uniform(max(low, -2), min(high, 2), 400)])
    ours = getattr(tg.special, name)(tg.tensor(x)).numpy()
    with mpmath.workdps(60):
        exact = [function(mpmath.mpf(float(v))) for v in x]
        off = [float(abs(mpmath.mpf(float(y)) - e)) for y, e in zip(ours, exact, strict=True)]
    assert (np.array(off) <= most * np.spacing(np.abs(np.array([float(e) for e in exact])))).all()


def test_names_are_those_of_pytorch():
    assert not [name for name in tg.special.__all__ if not hasattr(torch.special, name)]
