"""Arithmetic, rounding, comparison and logic, elementwise."""

import math
from typing import Any

from ..graph import Graph, Value
from ..table import row, rows

rows(
    {
        "acos": "Acos",
        "acosh": "Acosh",
        "asin": "Asin",
        "asinh": "Asinh",
        "atan": "Atan",
        "atanh": "Atanh",
        "cos": "Cos",
        "cosh": "Cosh",
        "div": "Div",
        "exp": "Exp",
        "log": "Log",
        "pow": "Pow",
        "reciprocal": "Reciprocal",
        "sign": "Sign",
        "sin": "Sin",
        "sinh": "Sinh",
        "sqrt": "Sqrt",
        "sub": "Sub",
        "tan": "Tan",
    }
)


def is_bool(x: Value) -> bool:
    """Whether it holds bools."""
    return bool(x.dtype == bool)


# arithmetic: of bools, a sum is "or" and a product is "and"


@row
def add(g: Graph, x: Value, y: Value) -> Any:
    return g.Or(x, y) if is_bool(x) else g.Add(x, y)


@row
def mul(g: Graph, x: Value, y: Value) -> Any:
    return g.And(x, y) if is_bool(x) else g.Mul(x, y)


@row
def maximum(g: Graph, x: Value, y: Value) -> Any:
    return g.Or(x, y) if is_bool(x) else g.Max(x, y)


@row
def minimum(g: Graph, x: Value, y: Value) -> Any:
    return g.And(x, y) if is_bool(x) else g.Min(x, y)


@row
def neg(g: Graph, x: Value) -> Any:
    return g.Neg(x)


@row(name="abs")
def absolute(g: Graph, x: Value) -> Any:
    return x if is_bool(x) else g.Abs(x)


@row
def square(g: Graph, x: Value) -> Any:
    return g.Mul(x, x)


@row
def rsqrt(g: Graph, x: Value) -> Any:
    return g.Reciprocal(g.Sqrt(x))


@row
def expm1(g: Graph, x: Value) -> Any:
    return g.Sub(g.Exp(x), 1.0)


@row
def exp2(g: Graph, x: Value) -> Any:
    return g.Pow(2.0, x)


@row
def log1p(g: Graph, x: Value) -> Any:
    return g.Log(g.Add(x, 1.0))


@row
def log2(g: Graph, x: Value) -> Any:
    return g.Div(g.Log(x), math.log(2))


@row
def log10(g: Graph, x: Value) -> Any:
    return g.Div(g.Log(x), math.log(10))


@row
def atan2(g: Graph, y: Value, x: Value) -> Any:
    half_turn = g.Where(g.Less(y, 0.0), g.constant(-math.pi, x.dtype), g.constant(math.pi, x.dtype))
    angle = g.Atan(g.Div(y, x))
    beside = g.Where(g.Less(x, 0.0), g.Add(angle, half_turn), angle)
    return g.Where(g.Equal(x, 0.0), g.Mul(g.Sign(y), math.pi / 2), beside)


@row
def hypot(g: Graph, x: Value, y: Value) -> Any:
    return g.Sqrt(g.Add(g.Mul(x, x), g.Mul(y, y)))


@row
def copysign(g: Graph, x: Value, y: Value) -> Any:
    size = g.Abs(x)
    return g.Where(g.Less(y, 0.0), g.Neg(size), size)


@row
def logaddexp(g: Graph, x: Value, y: Value) -> Any:
    return g.Add(g.Max(x, y), g.Log(g.Add(g.Exp(g.Neg(g.Abs(g.Sub(x, y)))), 1.0)))


@row
def logaddexp2(g: Graph, x: Value, y: Value) -> Any:
    less = g.Neg(g.Abs(g.Sub(x, y)))
    return g.Add(g.Max(x, y), g.Div(g.Log(g.Add(g.Pow(2.0, less), 1.0)), math.log(2)))


@row
def step(g: Graph, x: Value, y: Value) -> Any:
    return g.Where(g.Equal(x, 0), y, g.cast(g.Greater(x, 0), x.dtype))


# quotients that are rounded: Mod of integers has the sign of the divisor, of floats that of the dividend


@row
def floor_divide(g: Graph, x: Value, y: Value) -> Any:
    return g.Floor(g.Div(x, y)) if x.dtype.kind == "f" else g.Div(g.Sub(x, g.Mod(x, y)), y)


@row
def remainder(g: Graph, x: Value, y: Value) -> Any:
    return g.Sub(x, g.Mul(y, g.Floor(g.Div(x, y)))) if x.dtype.kind == "f" else g.Mod(x, y)


@row
def fmod(g: Graph, x: Value, y: Value) -> Any:
    return g.Mod(x, y, fmod=1)


@row
def quotient(g: Graph, x: Value, y: Value, *, rounding_mode: str) -> Any:
    if rounding_mode == "floor":
        return floor_divide(g, x, y)
    return trunc(g, g.Div(x, y)) if x.dtype.kind == "f" else g.Div(g.Sub(x, g.Mod(x, y, fmod=1)), y)


# rounding: integers stay as they are


@row
def floor(g: Graph, x: Value) -> Any:
    return g.Floor(x) if x.dtype.kind == "f" else x


@row
def ceil(g: Graph, x: Value) -> Any:
    return g.Ceil(x) if x.dtype.kind == "f" else x


@row
def trunc(g: Graph, x: Value) -> Any:
    return g.Where(g.Less(x, 0.0), g.Ceil(x), g.Floor(x)) if x.dtype.kind == "f" else x


@row(name="round")
def rounded(g: Graph, x: Value, *, decimals: int = 0) -> Any:
    if x.dtype.kind != "f":
        return x
    return g.Div(g.Round(g.Mul(x, 10.0**decimals)), 10.0**decimals) if decimals else g.Round(x)


# choices


@row
def where(g: Graph, condition: Value, x: Value, y: Value) -> Any:
    condition = g.cast(condition, bool)
    if is_bool(x):
        return g.Or(g.And(condition, x), g.And(g.Not(condition), y))
    return g.Where(condition, x, y)


@row
def masked(g: Graph, x: Value, mask: Value) -> Any:
    mask = g.cast(mask, bool)
    return g.And(x, mask) if is_bool(x) else g.Where(mask, x, g.constant(0, x.dtype))


@row
def clone(g: Graph, x: Value) -> Any:
    return x


@row
def clamp(g: Graph, x: Value, *, low: Any = None, high: Any = None) -> Any:
    return g.Clip(x, *[None if bound is None else g.constant(bound, x.dtype) for bound in (low, high)])


@row
def cast(g: Graph, x: Value, *, dtype: Any) -> Any:
    return g.cast(x, dtype)


# comparison and logic: ONNX orders no bools and, in its runtime, no small integers


def compared(name: str, operator: str) -> None:
    """Enter the row of a comparison."""

    def compare(g: Graph, x: Value, y: Value) -> Any:
        wide = x.dtype.itemsize < 4 and x.dtype.kind != "f" and not (is_bool(x) and operator == "Equal")
        result = getattr(g, operator)(*[g.cast(z, "int32") if wide else z for z in (x, y)])
        return g.Not(result) if name == "ne" else result

    row(name=name)(compare)


for name, operator in {
    "eq": "Equal",
    "ge": "GreaterOrEqual",
    "gt": "Greater",
    "le": "LessOrEqual",
    "lt": "Less",
    "ne": "Equal",
}.items():
    compared(name, operator)


@row
def isnan(g: Graph, x: Value) -> Any:
    return g.IsNaN(x if x.dtype.kind == "f" else g.cast(x, "float32"))


@row
def isinf(g: Graph, x: Value) -> Any:
    return g.IsInf(x if x.dtype.kind == "f" else g.cast(x, "float32"))


@row
def isfinite(g: Graph, x: Value) -> Any:
    return g.Not(g.Or(isnan(g, x), isinf(g, x)))


@row
def signbit(g: Graph, x: Value) -> Any:
    return g.Less(x, 0)


@row
def logical_not(g: Graph, x: Value) -> Any:
    return g.Not(g.cast(x, bool))


@row
def logical_and(g: Graph, x: Value, y: Value) -> Any:
    return g.And(g.cast(x, bool), g.cast(y, bool))


@row
def logical_or(g: Graph, x: Value, y: Value) -> Any:
    return g.Or(g.cast(x, bool), g.cast(y, bool))


@row
def logical_xor(g: Graph, x: Value, y: Value) -> Any:
    return g.Xor(g.cast(x, bool), g.cast(y, bool))


@row
def bitwise_and(g: Graph, x: Value, y: Value) -> Any:
    return g.And(x, y) if is_bool(x) else g.BitwiseAnd(x, y)


@row
def bitwise_or(g: Graph, x: Value, y: Value) -> Any:
    return g.Or(x, y) if is_bool(x) else g.BitwiseOr(x, y)


@row
def bitwise_xor(g: Graph, x: Value, y: Value) -> Any:
    return g.Xor(x, y) if is_bool(x) else g.BitwiseXor(x, y)


@row
def bitwise_not(g: Graph, x: Value) -> Any:
    return g.Not(x) if is_bool(x) else g.BitwiseNot(x)


@row
def bitwise_left_shift(g: Graph, x: Value, y: Value) -> Any:
    return g.Mul(x, g.Pow(2, y))


@row
def bitwise_right_shift(g: Graph, x: Value, y: Value) -> Any:
    return floor_divide(g, x, g.Pow(2, y))
