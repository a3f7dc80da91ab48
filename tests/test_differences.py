"""How wrong differences are: by their order at large steps, by rounding at small ones, least where theory says."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.testing import difference_errors

POINTS = np.linspace(0.1, 1.1, 20)


def test_errors_fall_with_the_step_and_with_its_square():
    found = difference_errors(tg.exp, POINTS, [1e-2, 1e-3])
    size = np.sqrt(np.mean(np.exp(POINTS) ** 2))  # of every derivative of exp
    assert found.forward == pytest.approx([size * 1e-2 / 2, size * 1e-3 / 2], rel=1e-2)
    assert found.central == pytest.approx([size * 1e-4 / 6, size * 1e-6 / 6], rel=1e-2)


def test_a_parabola_is_no_error_for_central_differences():
    found = difference_errors(lambda x: x * x, [0.5, 2.0], [0.25])
    assert found.forward == pytest.approx([0.25])
    assert found.central == pytest.approx([0.0], abs=1e-15)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_least_errors_are_where_theory_has_them(dtype):
    found = difference_errors(tg.exp, POINTS, dtype=dtype)
    assert found.eps == np.finfo(dtype).eps
    for errors, power in ((found.forward, 1 / 2), (found.central, 1 / 3)):
        best = found.steps[errors.argmin()]
        assert found.eps**power / 10 < best < found.eps**power * 10
        assert found.eps ** (1 - power) / 30 < errors.min() < found.eps ** (1 - power) * 30


def test_differences_are_computed_in_the_dtype_asked_for():
    seen = set()

    def fn(x):
        seen.add((x.dtype, x.requires_grad))
        return x * x

    difference_errors(fn, [1.0], [0.1], dtype=np.float32)
    assert seen == {(tg.float64, True), (tg.float32, False)}


def test_a_function_that_is_not_elementwise_is_told():
    with pytest.raises(ValueError, match="one number for each point"):
        difference_errors(lambda x: x.sum(), [1.0, 2.0])
