"""Special functions that ONNX has, or that a few of its operators make."""

import math
from typing import Any

from ..graph import Graph, UntranslatableError, Value
from ..table import row


@row
def erf(g: Graph, x: Value) -> Any:
    return g.Erf(x)


@row
def erfc(g: Graph, x: Value) -> Any:
    return g.Sub(1.0, g.Erf(x))


@row
def ndtr(g: Graph, x: Value) -> Any:
    return g.Mul(g.Add(g.Erf(g.Div(x, math.sqrt(2))), 1.0), 0.5)


@row
def sinc(g: Graph, x: Value, *, n: int = 0) -> Any:
    if n:
        raise UntranslatableError("the derivatives of sinc have no operators")
    z = g.Mul(x, math.pi)
    zero = g.Equal(x, 0.0)
    return g.Where(zero, g.constant(1.0, x.dtype), g.Div(g.Sin(z), g.Where(zero, g.constant(1.0, x.dtype), z)))


@row
def log_odds(g: Graph, x: Value) -> Any:
    return g.Log(g.Div(x, g.Sub(1.0, x)))


@row
def entr(g: Graph, x: Value) -> Any:
    above = g.Mul(g.Neg(x), g.Log(g.Where(g.Greater(x, 0.0), x, g.constant(1.0, x.dtype))))
    return g.Where(g.Less(x, 0.0), g.constant(-math.inf, x.dtype), above)


def times_log(g: Graph, x: Value, y: Value, log: Any) -> Any:
    """x times a logarithm of y, and 0 where x = 0 unless y is NaN."""
    nothing = g.And(g.Equal(x, 0.0), g.Not(g.IsNaN(y)))
    return g.Where(nothing, g.constant(0.0, x.dtype), g.Mul(x, log))


@row
def xlogy(g: Graph, x: Value, y: Value) -> Any:
    return times_log(g, x, y, g.Log(y))


@row
def xlog1py(g: Graph, x: Value, y: Value) -> Any:
    return times_log(g, x, y, g.Log(g.Add(y, 1.0)))


@row
def determinant(g: Graph, a: Value) -> Any:
    return g.Det(a)


@row
def bernoulli_entropy(g: Graph, x: Value, y: Value) -> Any:
    of_one, of_zero = (g.Max(g.Log(p), -100.0) for p in (x, g.Sub(1.0, x)))
    return g.Neg(g.Add(g.Mul(y, of_one), g.Mul(g.Sub(1.0, y), of_zero)))
