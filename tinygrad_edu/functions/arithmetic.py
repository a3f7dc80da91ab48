"""Arithmetic with PyTorch's arguments: scaled sums, rounded quotients, extremes beside NaN, lengths, logs of sums.

What needs no word beyond its primitive's is that primitive: see ops/elementwise.py.
"""

from typing import Any, NamedTuple

import numpy

from ..backend import divide_into
from ..dtypes import bool_, check_kind, float64, int32, int64
from ..inplace import array_of, free_to_write, in_place, replace, written
from ..ops import elementwise as ops
from ..ops.comparison import isnan
from ..ops.elementary import exp, exp2
from ..ops.elementwise import check_divisor, masked, nothing, sign, where
from ..primitive import primitive
from ..recording import wrap
from ..tensor import Tensor, binary, method
from .conversion import result_type as meeting
from .conversion import to
from .elementwise import pow

__all__ = [
    "add",
    "copysign",
    "div",
    "float_power",
    "fmax",
    "fmin",
    "frexp",
    "gcd",
    "heaviside",
    "hypot",
    "lcm",
    "ldexp",
    "logaddexp",
    "logaddexp2",
    "nextafter",
    "rsub",
    "sub",
    "true_divide",
]


def times(alpha: Any, other: Any, dtype: Any) -> Any:
    """alpha * other, in the dtype of the sum that it is for.

    Raises:
        RuntimeError: alpha is of a higher kind than that dtype.
    """
    if dtype.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(f"alpha for a sum of {dtype} is an integer, got {alpha}")
    if dtype == bool_:
        alpha = bool(alpha)
    elif isinstance(alpha, bool):
        raise RuntimeError(f"alpha for a sum of {dtype} is a number, got {alpha}")
    return (to(other, dtype) if isinstance(other, Tensor) else other) * alpha


def add(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input + alpha * other, elementwise; `(*), (*) -> (*)`.

    Raises:
        RuntimeError: alpha is of a higher kind than the sum.
    """
    return ops.add(input, other if alpha == 1 and alpha is not True else times(alpha, other, meeting(input, other)))


def sub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """input - alpha * other, elementwise; `(*), (*) -> (*)`.

    Raises:
        TypeError: both are bools, whose difference is not one; use ^ or logical_xor.
        RuntimeError: alpha is of a higher kind than the difference.
    """
    return ops.sub(input, other if alpha == 1 and alpha is not True else times(alpha, other, meeting(input, other)))


def rsub(input: Any, other: Any, *, alpha: float = 1) -> Any:
    """other - alpha * input, elementwise; `(*), (*) -> (*)`."""
    return sub(other, input, alpha=alpha)


@primitive(formula=r"\bar{x} = 0,\ \bar{y} = 0", promotion="common", kinds="iuf")
def quotient(x: Any, y: Any, *, rounding_mode: str, xp: Any) -> Any:
    """x / y rounded down ("floor") or towards 0 ("trunc"), elementwise; `(*), (*) -> (*)`; its gradients are 0."""
    check_divisor(x, y)
    down = xp.floor_divide(x, y)
    if rounding_mode == "floor":
        return down
    return xp.trunc(x / y) if x.dtype.kind == "f" else down + ((x % y != 0) & ((x < 0) != (y < 0)))


quotient.vjp(x=nothing, y=nothing)


def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """input / other, integers as floats; or the quotient rounded down ("floor") or towards 0 ("trunc"); elementwise.

    Raises:
        ValueError: there is no such rounding mode.
        RuntimeError: integers are divided by 0 and rounded.
    """
    if rounding_mode is None:
        return ops.div(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(f"div rounds by 'floor', 'trunc' or not at all (None), got {rounding_mode!r}")
    return quotient(input, other, rounding_mode=rounding_mode)


def div_(self: Tensor, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """self /= other, in this Tensor's memory."""
    if rounding_mode is None and free_to_write(self, other):
        return written(self, divide_into, array_of(other))
    return replace(self, div(self, other, rounding_mode=rounding_mode), "div_")


def true_divide(dividend: Any, divisor: Any) -> Any:
    """The quotient, integers as floats, elementwise; `(*), (*) -> (*)`."""
    return ops.div(dividend, divisor)


def float_power(input: Any, exponent: Any) -> Any:
    """input to the power of exponent, in float64, elementwise; `(*), (*) -> (*)`."""
    base, power = [to(x, float64) if isinstance(x, Tensor) else x for x in (input, exponent)]
    return pow(base, power)


def fmax(input: Tensor, other: Tensor) -> Any:
    """The larger of both, the other one if one is NaN; the gradient of a tie goes to the input; elementwise."""
    return where((input >= other) | isnan(other), input, other)


def fmin(input: Tensor, other: Tensor) -> Any:
    """The smaller of both, the other one if one is NaN; the gradient of a tie goes to the input; elementwise."""
    return where((input <= other) | isnan(other), input, other)


@primitive(formula=r"\bar{x} = \bar{z}\,x / z,\ \bar{y} = \bar{z}\,y / z", promotion="common", kinds="f")
def hypot(x: Any, y: Any, *, xp: Any) -> Any:
    """sqrt(x^2 + y^2) without overflow, elementwise; `(*), (*) -> (*)`; the gradient at the origin is NaN."""
    return xp.hypot(x, y)


@primitive(formula=r"\bar{x} = \bar{z}\,\mathrm{sign}(x)\,\mathrm{sign}(y),\ \bar{y} = 0", promotion="float")
def copysign(x: Any, y: Any, *, xp: Any) -> Any:
    """|x| with the sign of y, elementwise; `(*), (*) -> (*)`; the gradient where x = 0 is 0."""
    return xp.copysign(x, y)


@primitive(
    formula=r"\bar{x} = \bar{z} / (1 + e^{y-x}),\ \bar{y} = \bar{z} / (1 + e^{x-y})", promotion="common", kinds="f"
)
def logaddexp(x: Any, y: Any, *, xp: Any) -> Any:
    """ln(exp(x) + exp(y)) without overflow, elementwise; `(*), (*) -> (*)`."""
    return xp.logaddexp(x, y)


@primitive(
    formula=r"\bar{x} = \bar{z} / (1 + 2^{y-x}),\ \bar{y} = \bar{z} / (1 + 2^{x-y})", promotion="common", kinds="f"
)
def logaddexp2(x: Any, y: Any, *, xp: Any) -> Any:
    """The logarithm to base 2 of 2^x + 2^y without overflow, elementwise; `(*), (*) -> (*)`."""
    return xp.logaddexp2(x, y)


hypot.vjp(x=lambda g, x, out: g * (x / out), y=lambda g, y, out: g * (y / out))
copysign.vjp(x=lambda g, x, out: g * sign(x) * sign(out), y=nothing)
logaddexp.vjp(x=lambda g, x, y: g / (exp(y - x) + 1), y=lambda g, x, y: g / (exp(x - y) + 1))
logaddexp2.vjp(x=lambda g, x, y: g / (exp2(y - x) + 1), y=lambda g, x, y: g / (exp2(x - y) + 1))


@primitive(promotion="common")
def step(x: Any, y: Any, *, xp: Any) -> Any:
    """0 where x < 0, y where x = 0, 1 where x > 0, 0 for NaN, elementwise; `(*), (*) -> (*)`; no gradient."""
    return xp.where(x == 0, y, (x > 0).astype(x.dtype))


@primitive(formula=r"\bar{x} = \bar{z}\,[x \ne y],\ \bar{y} = 0", promotion="common", kinds="f")
def nextafter(x: Any, y: Any, *, xp: Any) -> Any:
    """The next float after x towards y, y itself where they are equal, elementwise; `(*), (*) -> (*)`."""
    return xp.nextafter(x, y)


nextafter.vjp(x=lambda g, x, y: masked(g, x != y), y=nothing)


@primitive(promotion="common")
def gcd(x: Any, y: Any, *, xp: Any) -> Any:
    """The greatest common divisor of integers, elementwise; `(*), (*) -> (*)`."""
    return xp.gcd(x, y)


@primitive(promotion="common")
def lcm(x: Any, y: Any, *, xp: Any) -> Any:
    """The least common multiple of integers, elementwise; `(*), (*) -> (*)`."""
    return xp.lcm(x, y)


def heaviside(input: Tensor, values: Tensor) -> Any:
    """0 where the input is negative, 1 where it is positive, values where it is 0, elementwise; no gradient.

    Raises:
        RuntimeError: the two have different dtypes.
    """
    if input.dtype != values.dtype:
        raise RuntimeError(f"heaviside takes two Tensors of one dtype, got {input.dtype} and {values.dtype}")
    return step(input, values)


def ldexp(input: Tensor, other: Tensor) -> Any:
    """input * 2^other, elementwise; `(*), (*) -> (*)`; integers beside floats do not change their dtype."""
    if not (input.dtype.kind == "f" != other.dtype.kind):
        return input * pow(2.0, other)
    out, most = input, numpy.finfo(input.dtype).maxexp - 1
    for _ in range(3):  # in steps that take the least number beyond the largest, as 2^other alone may overflow
        step = ops.clamp(to(other, int64), low=-most, high=most)
        out, other = out * pow(2.0, to(step, input.dtype)), other - step
    return out


class Frexp(NamedTuple):
    """A fraction of at least 1/2 and below 1 in size, and the power of 2 to multiply it with."""

    mantissa: Any
    exponent: Any


def frexp(input: Tensor) -> Frexp:
    """(mantissa, exponent) with input = mantissa * 2^exponent, elementwise; `(*) -> (*), (*)`; exponents are int32.

    Raises:
        RuntimeError: the Tensor does not hold floats.
    """
    check_kind(input.dtype, "f", "frexp")
    exponent = wrap(numpy.asarray(numpy.frexp(input._array)[1], int32))
    return Frexp(ldexp(input, -exponent), exponent)


for function in (add, sub, div, true_divide, float_power, fmax, fmin, frexp, heaviside, ldexp):
    method(function)
for found in (copysign, gcd, hypot, lcm, logaddexp, logaddexp2, nextafter):
    setattr(Tensor, found.name, binary(found))
method(div_, "div_", "__itruediv__")


def float_power_(self: Tensor, exponent: Any) -> Tensor:
    """`float_power`, written into this Tensor.

    Raises:
        RuntimeError: it does not hold float64, which the result is of.
    """
    if self.dtype != float64:
        raise RuntimeError(f"float_power_ is for a Tensor of float64, got {self.dtype}")
    return replace(self, float_power(self.clone() if self.requires_grad else self, exponent), "float_power_")


method(float_power_)
for twin in (copysign, gcd, heaviside, hypot, lcm, ldexp, nextafter, true_divide):
    in_place(twin, f"{twin.__name__}_")
