"""Functions of one argument that are made of others: parts of numbers, angles, what stands in for NaN and inf."""

import math
from typing import Any

import numpy

from ..dtypes import check_kind, float16, float32
from ..inplace import in_place
from ..ops import elementwise as ops
from ..ops.comparison import isinf, isnan
from ..primitive import primitive
from ..tensor import Tensor, method, unary

__all__ = [
    "deg2rad",
    "frac",
    "isneginf",
    "isposinf",
    "nan_to_num",
    "positive",
    "rad2deg",
    "round",
    "sgn",
    "sign",
    "signbit",
    "square",
]


@method
def frac(input: Tensor) -> Any:
    """x - trunc(x), elementwise; `(*) -> (*)`; the gradient is 1 everywhere.

    Raises:
        RuntimeError: the Tensor does not hold floats.
    """
    if input.dtype.kind != "f":
        raise RuntimeError(f"frac is for floats, got {input.dtype}")
    return input - ops.trunc(input)


@method
def deg2rad(input: Tensor) -> Any:
    """Degrees as radians, elementwise; `(*) -> (*)`."""
    return input * (math.pi / 180)


@method
def rad2deg(input: Tensor) -> Any:
    """Radians as degrees, elementwise; `(*) -> (*)`."""
    return input * (180 / math.pi)


@method
def positive(input: Tensor) -> Tensor:
    """The Tensor itself.

    Raises:
        RuntimeError: it holds bools.
    """
    if input.dtype.kind == "b":
        raise RuntimeError("positive is for numbers, got bools")
    return input


@method
def sign(input: Tensor) -> Any:
    """-1, 0 or 1, and 0 for NaN, elementwise; `(*) -> (*)`; its gradient is 0; a bool is its own sign."""
    return ops.clone(input) if input.dtype.kind == "b" else ops.sign(input)


@method
def sgn(input: Tensor) -> Any:
    """sign(x): the two differ for complex numbers only, which Tensors do not hold."""
    return sign(input)


@method
def square(input: Tensor) -> Any:
    """x * x, elementwise, bools as integers; `(*) -> (*)`."""
    return ops.square(input.to(numpy.int64) if input.dtype.kind == "b" else input)


@method
def round(input: Tensor, *, decimals: int = 0) -> Any:
    """x to so many decimals, halves to the even side, elementwise; `(*) -> (*)`; its gradient is 0."""
    if decimals:
        check_kind(input.dtype, "f", "round to decimals")
    if decimals and input.dtype == float16:  # whose products with powers of ten have lost the digit that decides
        return ops.round(input.to(float32), decimals=decimals).to(float16)
    return ops.round(input, decimals=decimals) if decimals else ops.round(input)


@method
def nan_to_num(input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None) -> Any:
    """Numbers in the place of NaN, inf and -inf, by default 0 and the largest and smallest of the dtype; elementwise.

    No gradient flows through what is replaced.
    """
    if input.dtype.kind != "f":
        return ops.clone(input)
    limits = numpy.finfo(input.dtype)
    high, low = (float(limits.max) if posinf is None else posinf, float(limits.min) if neginf is None else neginf)
    bounded = ops.where(input == math.inf, high, ops.where(input == -math.inf, low, input))
    return ops.where(isnan(input), 0.0 if nan is None else nan, bounded)


@primitive
def signbit(x: Any, *, xp: Any) -> Any:
    """Where x is negative, or -0.0, elementwise; `(*) -> (*)`, bool."""
    return xp.signbit(x) if x.dtype.kind == "f" else x < 0


@method
def isposinf(input: Tensor) -> Tensor:
    """Where the input is inf, elementwise; `(*) -> (*)`, bool."""
    return isinf(input) & (input > 0)


@method
def isneginf(input: Tensor) -> Tensor:
    """Where the input is -inf, elementwise; `(*) -> (*)`, bool."""
    return isinf(input) & (input < 0)


setattr(Tensor, signbit.name, unary(signbit))
for function in (deg2rad, frac, nan_to_num, rad2deg, round, sgn, sign, square):
    in_place(function, f"{function.__name__}_")
