"""Comparisons of whole Tensors, and shifts of bits."""

from typing import Any

import numpy

from ..backend import to_numpy
from ..errors import ShapeError, broadcast_clash
from ..inplace import in_place
from ..primitive import primitive
from ..recording import wrap
from ..tensor import Tensor, binary, method, operator

__all__ = ["allclose", "bitwise_left_shift", "bitwise_right_shift", "equal", "isclose"]


@method
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|, elementwise; `(*), (*) -> (*)`, bool.

    Raises:
        ShapeError: the two do not broadcast.
        RuntimeError: they have different dtypes, or a tolerance is negative.
    """
    if input.dtype != other.dtype:
        raise RuntimeError(f"isclose takes two Tensors of one dtype, got {input.dtype} and {other.dtype}")
    if clash := broadcast_clash([input.shape, other.shape]):
        raise ShapeError(f"isclose of {input.shape} and {other.shape}: {clash}")
    if not (rtol >= 0 and atol >= 0):
        raise RuntimeError(f"tolerances are 0 or more, got rtol={rtol}, atol={atol}")
    x, y = input._array, other._array
    with numpy.errstate(invalid="ignore", over="ignore"):
        if x.dtype.kind != "f":
            x, y = x.astype(float), y.astype(float)
        near = numpy.isfinite(y) & (abs(x - y) <= atol + abs(rtol * y)) if rtol or atol else False
        both_nan = equal_nan & numpy.isnan(x) & numpy.isnan(y)
    return wrap(to_numpy((x == y) | near | both_nan))


@method
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements are close, as in isclose."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two Tensors have the same shape and the same elements.

    Raises:
        TypeError: the other is no Tensor.
    """
    if not isinstance(other, Tensor):
        raise TypeError(f"equal takes two Tensors, got {type(other).__name__}")
    return input.shape == other.shape and bool((input._array == other._array).all())


@primitive(promotion="common", kinds="iu")
def bitwise_left_shift(x: Any, y: Any) -> Any:
    """x << y of integers, elementwise; `(*), (*) -> (*)`."""
    return x << y


@primitive(promotion="common", kinds="iu")
def bitwise_right_shift(x: Any, y: Any) -> Any:
    """x >> y of integers, elementwise; `(*), (*) -> (*)`; the sign is kept."""
    return x >> y


for shift in (bitwise_left_shift, bitwise_right_shift):
    setattr(Tensor, shift.name, binary(shift))
    in_place(shift, f"{shift.name}_")
method(binary(bitwise_left_shift), "__lshift__")
method(binary(bitwise_right_shift), "__rshift__")
method(operator(bitwise_left_shift, reflected=True), "__rlshift__")
method(operator(bitwise_right_shift, reflected=True), "__rrshift__")
method(vars(Tensor)["bitwise_left_shift_"], "__ilshift__")
method(vars(Tensor)["bitwise_right_shift_"], "__irshift__")
