"""Special functions beside Python's own, closed forms, sums of integrals and recurrences, over all of their ranges."""

import math
from statistics import NormalDist

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import special

EULER = 0.5772156649015329
WIDE = np.concatenate([np.linspace(-6, 6, 97), [-37.0, -26.0, -12.5, -9.0, 9.0, 26.0]])
POSITIVE = np.concatenate([np.geomspace(1e-3, 200, 60), [0.5, 1.0, 1.5, 2.0, 3.0, 12.0]])
PROBABILITIES = np.concatenate(
    [np.geomspace(1e-300, 0.1, 50), np.linspace(0.1, 0.9, 9), 1 - np.geomspace(1e-15, 0.1, 20)]
)
ANGLES = np.cos(np.linspace(0, 2 * np.pi, 400, endpoint=False))


def mean_over_a_circle(weight, scaled):
    """What Bessel's integral is, which a sum over so many points of a circle is to the last digit."""
    return lambda x: np.mean(weight * math.exp(-abs(x) if scaled else 0.0) * np.exp(x * ANGLES))


def upper(n, x):
    """The share of a gamma distribution of the whole concentration n that is above x."""
    return math.fsum(math.exp(k * math.log(x) - x - math.lgamma(k + 1)) for k in range(n))


KNOWN = {
    "erf": (special.erf, math.erf, WIDE),
    "erfc": (special.erfc, math.erfc, WIDE),
    "erfcx": (special.erfcx, lambda x: math.exp(x * x) * math.erfc(x), WIDE[abs(WIDE) < 5.5]),
    "ndtr": (special.ndtr, lambda x: 0.5 * math.erfc(-x / math.sqrt(2)), WIDE),
    "log_ndtr": (
        special.log_ndtr,
        lambda x: (
            math.log(0.5 * math.erfc(-x / math.sqrt(2))) if x < 0 else math.log1p(-0.5 * math.erfc(x / math.sqrt(2)))
        ),
        WIDE,
    ),
    "ndtri": (special.ndtri, NormalDist().inv_cdf, PROBABILITIES[PROBABILITIES != 0.5]),
    "erfinv": (
        special.erfinv,
        lambda y: NormalDist().inv_cdf(0.5 + 0.5 * y) / math.sqrt(2),
        np.concatenate([np.linspace(-0.999, 0.999, 40), [1e-3, 0.75, -0.75]]),
    ),
    "gammaln": (special.gammaln, math.lgamma, np.concatenate([POSITIVE[POSITIVE % 1 != 0], [-0.5, -3.7]])),
    "i0": (special.i0, mean_over_a_circle(1, False), np.linspace(-30, 30, 61)),
    "i0e": (special.i0e, mean_over_a_circle(1, True), np.linspace(-30, 30, 61)),
    "i1": (special.i1, mean_over_a_circle(ANGLES, False), np.linspace(-30, 30, 60)),
    "i1e": (special.i1e, mean_over_a_circle(ANGLES, True), np.linspace(-30, 30, 60)),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_is_known(name):
    fn, known, points = KNOWN[name]
    np.testing.assert_allclose(fn(tg.tensor(points)).numpy(), [known(x) for x in points], rtol=3e-12, atol=1e-300)


@pytest.mark.parametrize("n", [1, 2, 5, 30, 200])
def test_shares_of_gamma_distributions(n):
    x = np.concatenate([n * np.array([0.02, 0.2, 0.7, 0.95, 1.0, 1.05, 1.5, 3.0]), n + np.array([0.5, 10.0])])
    a, above = tg.full((len(x),), float(n), dtype=tg.float64), np.array([upper(n, y) for y in x])
    np.testing.assert_allclose(special.gammaincc(a, tg.tensor(x)).numpy(), above, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(special.gammainc(a, tg.tensor(x)).numpy(), 1 - above, rtol=1e-9, atol=1e-12)


def test_derivatives_of_gamma_step_by_powers():
    x = tg.tensor(POSITIVE)
    np.testing.assert_allclose((special.digamma(x + 1) - special.digamma(x)).numpy(), 1 / POSITIVE, 1e-9, 1e-13)
    for n in (1, 2, 5):
        step = (-1) ** n * math.factorial(n) / POSITIVE ** (n + 1)
        found = special.polygamma(n, x + 1) - special.polygamma(n, x)
        np.testing.assert_allclose(found.numpy(), step, 1e-7, 1e-13)
    np.testing.assert_allclose(special.digamma(tg.tensor([1.0, 0.5])).numpy(), [-EULER, -EULER - 2 * math.log(2)], 1e-6)
    ones = tg.ones(1, dtype=tg.float64)
    assert special.polygamma(1, ones).item() == pytest.approx(math.pi**2 / 6, rel=1e-13)


def test_sums_of_powers():
    s, q = tg.tensor(POSITIVE[POSITIVE > 1]), tg.tensor(1.25, dtype=tg.float64)
    step = special.zeta(s, q) - special.zeta(s, q + 1)
    np.testing.assert_allclose(step.numpy(), 1.25 ** -s.numpy(), 1e-9)
    even = special.zeta(tg.tensor([2.0, 4.0], dtype=tg.float64), tg.tensor([1.0, 1.0], dtype=tg.float64))
    np.testing.assert_allclose(even.numpy(), [math.pi**2 / 6, math.pi**4 / 90], 1e-13)
