"""Elementwise functions whose arguments need a word more than a primitive's: powers, bounds, choices, dtypes."""

import math
from typing import Any

import numpy

from ..backend import to_numpy
from ..dtypes import as_dtype, bool_, float16, float32, float64, int32, int64
from ..dtypes import result_type as meeting_dtype
from ..inplace import in_place
from ..ops import elementwise as ops
from ..ops.comparison import isnan
from ..ops.elementary import sqrt
from ..recording import wrap
from ..tensor import Tensor, method

__all__ = ["allclose", "clamp", "clone", "equal", "isclose", "masked_fill", "pow", "result_type", "to", "where"]

FAST_POWERS = {1: ops.clone, 2: ops.square, 0.5: sqrt, -1: ops.reciprocal}


def pow(input: Any, exponent: Any) -> Tensor:
    """input to the power of exponent, elementwise; either may be a number."""
    if isinstance(exponent, (int, float)) and isinstance(input, Tensor):
        fast = FAST_POWERS.get(exponent)
        whole = input.dtype.kind in "iu" and type(exponent) is int and exponent > 0
        if fast is not None and (whole or input.dtype.kind == "f"):
            return fast(input)
    return ops.pow(input, exponent)


method(pow, "pow", "__pow__")


def reflected_pow(self: Tensor, base: Any) -> Tensor:
    """base to the power of this Tensor."""
    return pow(base, self)


method(reflected_pow, "__rpow__")


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype at which two Tensors or numbers meet."""
    return meeting_dtype([getattr(x, "_array", x) for x in (tensor1, tensor2)])


@method
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The elements held between min and max, numbers or Tensors; where min > max it is max.

    Raises:
        RuntimeError: both are None.
    """
    if min is None and max is None:
        raise RuntimeError("clamp needs min, max, or both")
    if not isinstance(min, Tensor) and not isinstance(max, Tensor):
        meeting = meeting_dtype([input._array, *[bound for bound in (min, max) if bound is not None]])
        return ops.clamp(to(input, meeting), low=min, high=max)
    result = input
    if min is not None:
        result = ops.where((result < min) & ~isnan(result), min, result)
    if max is not None:
        result = ops.where((result > max) & ~isnan(result), max, result)
    return result


in_place(clamp, "clamp_")


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, other elsewhere, elementwise; without them the indices where it holds."""
    if input is None:
        return tuple([wrap(index) for index in numpy.nonzero(condition._array)])
    return ops.where(condition, input, other)


def chosen(input: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The input where the condition holds, other elsewhere."""
    return ops.where(condition, input, other)


method(chosen, "where")


def as_element(value: Any, dtype: Any) -> Any:
    """A number as an array of this dtype.

    Raises:
        RuntimeError: it is infinite or NaN, and the dtype is not a floating one.
    """
    if dtype.kind in "iu" and not math.isfinite(value):
        raise RuntimeError(f"{value} cannot be stored in a Tensor of {dtype}")
    return numpy.array(value).astype(dtype)


@method
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """value where the mask holds, the input elsewhere.

    Raises:
        TypeError: the mask does not hold bools.
        RuntimeError: the value is a Tensor with dimensions.
    """
    if mask.dtype != bool_:
        raise TypeError(f"a mask holds bools, this one {mask.dtype}; compare, or use .bool()")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"masked_fill takes a number or a Tensor without dimensions, got {value.shape}; use where()")
    value = to(value, input.dtype) if isinstance(value, Tensor) else wrap(as_element(value, input.dtype))
    return ops.where(mask, value, input)


@method
def clone(input: Tensor) -> Tensor:
    """A copy that gradients flow through."""
    return ops.clone(input)


@method
def to(input: Tensor, dtype: Any = None, *, copy: bool = False) -> Tensor:
    """The Tensor with another dtype, or itself if it has that one; gradients are cast back.

    Raises:
        TypeError: it names no dtype that Tensors have.
    """
    wanted = dtype.dtype if isinstance(dtype, Tensor) else input.dtype if dtype is None else as_dtype(dtype)
    if wanted != input.dtype:
        # whole numbers have no gradient
        return ops.cast(input if wanted.kind == "f" else input.detach(), dtype=wanted)
    return ops.clone(input) if copy else input


for name, dtype in {
    "float": float32,
    "double": float64,
    "half": float16,
    "long": int64,
    "int": int32,
    "bool": bool_,
}.items():
    setattr(Tensor, name, lambda self, dtype=dtype: to(self, dtype))


@method
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Tensor:
    """Where |input - other| <= atol + rtol * |other|, elementwise."""
    with numpy.errstate(invalid="ignore"):
        return wrap(to_numpy(numpy.isclose(input._array, other._array, rtol, atol, equal_nan)))


@method
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements are close, as in isclose."""
    return bool(isclose(input, other, rtol, atol, equal_nan)._array.all())


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two Tensors have the same shape and the same elements."""
    return input.shape == other.shape and bool((input._array == other._array).all())
