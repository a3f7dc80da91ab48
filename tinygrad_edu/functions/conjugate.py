"""What programs ask of numbers that may be complex: here all are real, and their own conjugates."""

import math
from typing import Any

from ..dtypes import get_default_dtype
from ..ops.comparison import isnan
from ..ops.elementwise import masked, where
from ..tensor import Tensor, method

__all__ = ["adjoint", "angle", "conj", "is_complex", "isreal", "real"]


def itself(input: Any, name: str) -> Tensor:
    """The Tensor that is given.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(input).__name__} {input!r:.60}")
    return input


@method
def is_complex(input: Tensor) -> bool:
    """False."""
    return False


@method
def conj(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return itself(input, "conj")


@method
def angle(input: Tensor) -> Any:
    """0 of what is not negative, pi of what is, elementwise; NaN of NaN; the gradient is 0."""
    x: Any = input if input.dtype.kind == "f" else input.to(get_default_dtype())
    return where(isnan(x), math.nan, (x < 0).to(x.dtype) * math.pi + masked(x, False))


@method
def isreal(input: Tensor) -> Tensor:
    """True everywhere."""
    return input.new_ones(input.shape, dtype=bool)


def real(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return itself(input, "real")


@method
def adjoint(input: Tensor) -> Tensor:
    """The matrices transposed; `(*, m, n) -> (*, n, m)`; also as `x.mH`."""
    return input.mT


Tensor.real = property(real)  # type: ignore[attr-defined]


def transposed(input: Tensor) -> Tensor:
    """A matrix transposed; a Tensor without dimensions itself.

    Raises:
        RuntimeError: it has one dimension, or more than two.
    """
    if input.ndim not in (0, 2):
        raise RuntimeError(f"x.H is of matrices, got {input.shape}; use x.mH")
    return input.t()


Tensor.mH, Tensor.H = property(adjoint), property(transposed)  # type: ignore[attr-defined]
