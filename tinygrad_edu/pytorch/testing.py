"""PyTorch's comparison of Tensors in tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from ..tensor import Tensor

__all__ = ["assert_close"]

# (relative, absolute): PyTorch's defaults
TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_dtype: bool = True,
    msg: Any = None,
    **settings: Any,
) -> None:
    """Hold Tensors, numbers, and lists and dictionaries of them, to each other within tolerances.

    Raises:
        AssertionError: they differ.
    """
    again = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan, "check_dtype": check_dtype, "msg": msg}
    if isinstance(expected, Mapping):
        assert_that(actual.keys() == expected.keys(), msg, f"keys {list(actual)} and {list(expected)} differ")
        for key in expected:
            assert_close(actual[key], expected[key], **again)
        return
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        assert_that(len(actual) == len(expected), msg, f"lengths {len(actual)} and {len(expected)} differ")
        for x, y in zip(actual, expected, strict=True):
            assert_close(x, y, **again)
        return
    x, y = [v.detach().numpy() if isinstance(v, Tensor) else numpy.asarray(v) for v in (actual, expected)]
    assert_that(x.shape == y.shape, msg, f"shapes {x.shape} and {y.shape} differ")
    assert_that(x.dtype == y.dtype or not check_dtype, msg, f"dtypes {x.dtype} and {y.dtype} differ")
    default = max(TOLERANCES.get(v.dtype.name, (0.0, 0.0)) for v in (x, y))
    relative, absolute = default[0] if rtol is None else rtol, default[1] if atol is None else atol
    close = numpy.isclose(x.astype(float), y.astype(float), relative, absolute, equal_nan)
    assert_that(bool(close.all()), msg, f"{(~close).sum()} of {close.size} elements differ: {x} and {y}")


def assert_that(holds: bool, msg: Any, told: str) -> None:
    """Tell what does not hold, in the words given if there are any."""
    if not holds:
        raise AssertionError(msg(told) if callable(msg) else told if msg is None else msg)
