"""Elementwise functions whose arguments need a word more than a primitive's: powers, bounds, choices."""

import math
from typing import Any

import numpy

from ..dtypes import bool_, check_kind
from ..dtypes import result_type as meeting_dtype
from ..errors import DtypeError
from ..inplace import in_place
from ..ops import elementwise as ops
from ..ops.comparison import isnan
from ..ops.elementary import sqrt
from ..recording import as_element, numbers_of, wrap
from ..tensor import Tensor, method
from .conversion import to

__all__ = [
    "clamp",
    "clamp_max",
    "clamp_min",
    "clone",
    "fill",
    "masked_fill",
    "pow",
    "where",
]

BOUNDS = {int, float, type(None)}
FAST_POWERS = {1: ops.clone, 2: ops.square, 0.5: sqrt, -1: ops.reciprocal}


def pow(input: Any, exponent: Any) -> Tensor:
    """input to the power of exponent, elementwise; either may be a number."""
    if isinstance(exponent, (int, float)) and isinstance(input, Tensor):
        if isinstance(exponent, bool) and input.dtype.kind == "b":
            return input | (not exponent)  # x to the power of True is x, to that of False True
        fast = FAST_POWERS.get(exponent)
        whole = input.dtype.kind in "iu" and type(exponent) is int and exponent > 0
        if exponent < 0 and input.dtype.kind == "u" and type(exponent) is int:
            raise RuntimeError(f"pow: {input.dtype} to the power of {exponent} is no integer; use .float()")
        if fast is not None and (whole or input.dtype.kind == "f"):
            return fast(input)
    elif isinstance(exponent, Tensor) and exponent.dtype.kind == "i" and (exponent._array < 0).any():
        return pow_of_integers(input, exponent)
    return ops.pow(input, exponent)


def pow_of_integers(base: Any, exponent: Tensor) -> Any:
    """A power whose exponents are integers, some negative; of an integer it is 0 then, unless of 1 or -1."""
    if isinstance(base, float) or (isinstance(base, Tensor) and base.dtype.kind == "f"):
        return ops.pow(base, exponent)
    whole = ops.pow(base, ops.where(exponent < 0, 0, exponent))
    alternating = ops.where((exponent & 1) == 1, -1, 1)
    fraction = ops.where(operand(base) == 1, 1, ops.where(operand(base) == -1, alternating, 0))
    return ops.where(exponent < 0, fraction, whole).to(whole.dtype)


method(pow, "pow", "__pow__")
method(in_place(pow, "pow_"), "__ipow__")


def reflected_pow(self: Tensor, base: Any) -> Tensor:
    """base to the power of this Tensor."""
    return pow(base, self)


method(reflected_pow, "__rpow__")


@method
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """The elements held between min and max, numbers or Tensors, elementwise; where min > max it is max.

    On a bound the gradient is the input's; a bound that is NaN makes the result NaN.

    Raises:
        RuntimeError: both are None.
    """
    if min is None and max is None:
        raise RuntimeError("clamp needs min, max, or both")
    if input.dtype.kind == "f" and type(min) in BOUNDS and type(max) in BOUNDS:
        return ops.clamp(input, low=min, high=max)
    min, max = as_number(min), as_number(max)
    meeting = meeting_dtype([getattr(x, "_array", x) for x in (input, min, max) if x is not None])
    if min is not None and max is not None:
        check_kind(meeting, "iuf", "clamp")
    result = to(input, meeting)
    if not isinstance(min, Tensor) and not isinstance(max, Tensor):
        return ops.clamp(result, low=min, high=max)
    if min is not None:
        result = bounded(result, min, result < min)
    if max is not None:
        result = bounded(result, max, result > max)
    return result


def as_number(x: Any) -> Any:
    """A number of Python's for one of NumPy's, whose dtype would count; anything else as it is."""
    return x.item() if isinstance(x, numpy.generic) else x


def bounded(x: Tensor, bound: Any, beyond: Tensor) -> Tensor:
    """x, the bound where it lies beyond; NaN without a gradient where either is NaN."""
    held = ops.where(beyond, bound, x)
    return masked_fill(held, isnan(x) | isnan(operand(bound)), math.nan) if held.dtype.kind == "f" else held


def operand(x: Any) -> Tensor:
    """A Tensor, or a number as one."""
    return x if isinstance(x, Tensor) else wrap(numpy.array(x))


@method
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """The elements, min where they are less, elementwise; `(*), (*) -> (*)`."""
    return clamp(input, min=min)


@method
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """The elements, max where they are more, elementwise; `(*), (*) -> (*)`."""
    return clamp(input, max=max)


for function in (clamp, clamp_min, clamp_max):
    in_place(function, f"{function.__name__}_")
method(clamp, "clip")
in_place(clamp, "clip_")


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """input where the condition holds, other elsewhere, elementwise; without them the indices where it holds.

    Raises:
        RuntimeError: the condition does not hold bools.
        TypeError: one of the two is left out.
    """
    if (input is None) != (other is None):
        raise TypeError("where takes both an input and an other, or neither of them")
    if input is None:
        return tuple([wrap(index) for index in numpy.nonzero(condition._array)])
    if condition._array.dtype.char not in "?B":  # uint8 as in PyTorch, where bools once were that
        raise DtypeError(f"the condition of where holds bools, this one {condition.dtype}; compare, or use .bool()")
    return ops.where(condition, input, other)


def chosen(input: Tensor, condition: Tensor, other: Any) -> Tensor:
    """The input where the condition holds, other elsewhere."""
    return where(condition, input, other)


method(chosen, "where")


@method
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """value where the mask holds, the input elsewhere.

    Raises:
        TypeError: the mask does not hold bools.
        RuntimeError: the value is a Tensor with dimensions.
    """
    if mask.dtype != bool_:
        raise DtypeError(f"a mask holds bools, this one {mask.dtype}; compare, or use .bool()")
    if isinstance(value, Tensor) and value.ndim:
        raise RuntimeError(f"masked_fill takes a number or a Tensor without dimensions, got {value.shape}; use where()")
    value = to(value, input.dtype) if isinstance(value, Tensor) else wrap(as_element(value, input.dtype))
    return ops.where(mask, value, input)


@method
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy that gradients flow through; `memory_format` is accepted and has no meaning here."""
    return ops.clone(input)


def fill(input: Tensor, value: Any) -> Tensor:
    """One value in the shape and dtype of a Tensor; a gradient flows to the value, if it is a Tensor.

    Raises:
        RuntimeError: the value has dimensions.
    """
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(f"fill takes a number or a Tensor without dimensions, got shape {value.shape}")
        return ops.where(False, input, to(value, input.dtype))
    return ops.where(False, input, wrap(numbers_of(value).astype(input.dtype)))
