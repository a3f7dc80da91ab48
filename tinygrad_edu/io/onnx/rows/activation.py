"""Activations."""

import math
from typing import Any

from ..graph import Graph, Value
from ..table import row, rows
from .elementwise import clamp

rows({"hardswish": "HardSwish", "sigmoid": "Sigmoid", "tanh": "Tanh"})


@row
def relu(g: Graph, x: Value) -> Any:
    return g.Relu(x) if x.dtype.kind == "f" else g.Max(x, 0)


@row
def leaky_relu(g: Graph, x: Value, *, negative_slope: float = 0.01) -> Any:
    return g.LeakyRelu(x, alpha=float(negative_slope))


@row
def hardtanh(g: Graph, x: Value, *, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    return clamp(g, x, low=min_val, high=max_val)


@row
def hardsigmoid(g: Graph, x: Value) -> Any:
    return g.HardSigmoid(x, alpha=1 / 6, beta=0.5)


@row
def hardshrink(g: Graph, x: Value, *, lambd: float = 0.5) -> Any:
    return g.Shrink(x, lambd=float(lambd), bias=0.0)


@row
def softshrink(g: Graph, x: Value, *, lambd: float = 0.5) -> Any:
    return g.Shrink(x, lambd=float(lambd), bias=float(lambd))


@row
def threshold(g: Graph, x: Value, *, threshold: float, value: float) -> Any:
    return g.Where(g.LessOrEqual(x, threshold), g.constant(value, x.dtype), x)


@row
def elu(g: Graph, x: Value, *, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0) -> Any:
    if input_scale == 1:
        return g.Elu(x, alpha=float(alpha)) if scale == 1 else g.Selu(x, alpha=float(alpha), gamma=float(scale))
    if scale == 1 and math.isclose(alpha * input_scale, 1):
        return g.Celu(x, alpha=float(alpha))
    below = g.Sub(g.Exp(g.Mul(g.Min(x, 0.0), input_scale)), 1.0)
    return g.Add(g.Mul(g.Relu(x), scale), g.Mul(below, alpha * scale))


@row
def softplus(g: Graph, x: Value, *, beta: float = 1.0, threshold: float = 20.0) -> Any:
    z = x if beta == 1 else g.Mul(x, beta)
    y = g.Softplus(z) if beta == 1 else g.Div(g.Softplus(z), beta)
    # beyond 20 both give x, to the last digit of a float32
    return y if threshold >= 20 else g.Where(g.Greater(z, threshold), x, y)


@row
def log_sigmoid(g: Graph, x: Value) -> Any:
    return g.Neg(g.Softplus(g.Neg(x)))


@row
def silu(g: Graph, x: Value) -> Any:
    return g.Mul(x, g.Sigmoid(x))


@row
def gelu(g: Graph, x: Value, *, approximate: str = "none") -> Any:
    if g.opset >= 20:
        return g.Gelu(x, approximate=approximate)
    if approximate == "tanh":
        inner = g.Mul(g.Add(x, g.Mul(g.Mul(g.Mul(x, x), x), 0.044715)), math.sqrt(2 / math.pi))
        return g.Mul(g.Mul(x, 0.5), g.Add(g.Tanh(inner), 1.0))
    return g.Mul(g.Mul(x, 0.5), g.Add(g.Erf(g.Div(x, math.sqrt(2))), 1.0))
