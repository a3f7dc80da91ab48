"""Fused layers: norms and attention."""

import math
from typing import Any

import numpy

from ..graph import Graph, Value
from ..sizes import Size
from ..table import row


@row(ignores=("mean", "rstd"))  # which are those of x
def standardize(
    g: Graph, x: Value, weight: Value, bias: Value, *, layout: Any, eps: float, mean: Any, rstd: Any
) -> Any:
    view, spot, dims = layout
    if len(view) == 2:
        return layer_norm(g, x, weight, bias, layout, eps)
    if dims == tuple(range(2, len(view))):
        return instance_norm(g, x, weight, bias, layout, eps)
    seen = g.reshape(x, view)
    centred = g.Sub(seen, g.ReduceMean(seen, g.axes(dims)))
    var = g.ReduceMean(g.Mul(centred, centred), g.axes(dims))
    out = g.Div(centred, g.Sqrt(g.Add(var, eps)))
    scaled = g.Add(g.Mul(out, g.Reshape(weight, g.ints(spot))), g.Reshape(bias, g.ints(spot)))
    return g.reshape(scaled, x.shape)


def layer_norm(g: Graph, x: Value, weight: Value, bias: Value, layout: Any, eps: float) -> Any:
    """Over the last dimensions, each element of them with a weight of its own."""
    n = layout.view[1]
    own = layout.spot[1] != 1 or n == 1
    axis = x.ndim - (weight.ndim if own else 1)
    if axis > 0 and (own or x.shape[axis] == n):
        if not own:
            weight, bias = (g.constant(numpy.full((n,), value, x.dtype)) for value in (1, 0))
        return g.LayerNormalization(x, weight, bias, axis=axis, epsilon=float(eps))
    wide = (n,)
    if not own:
        weight, bias = (g.constant(numpy.full(wide, value, x.dtype)) for value in (1, 0))
    seen = [g.reshape(x, layout.view), g.Reshape(weight, g.ints(wide)), g.Reshape(bias, g.ints(wide))]
    return g.reshape(g.LayerNormalization(*seen, axis=1, epsilon=float(eps)), x.shape)


def instance_norm(g: Graph, x: Value, weight: Value, bias: Value, layout: Any, eps: float) -> Any:
    """Over all but the batch and the groups; with a group of its own for each channel ONNX scales it too."""
    view, spot, _ = layout
    groups = view[1]
    own = len(view) == 3 and x.ndim > 2
    one, zero = (g.constant(numpy.full((groups,), value, x.dtype)) for value in (1, 0))
    if own and spot[1] == groups:
        return g.InstanceNormalization(x, weight, bias, epsilon=float(eps))
    if own:
        return g.InstanceNormalization(x, one, zero, epsilon=float(eps))
    rest = view[2] if len(view) == 3 else math.prod(view[2:]) if all(isinstance(n, int) for n in view[2:]) else -1
    seen = g.Reshape(x, g.ints((0, groups, rest)) if isinstance(view[0], Size) else g.ints((view[0], groups, rest)))
    out = g.reshape(g.InstanceNormalization(seen, one, zero, epsilon=float(eps)), x.shape)
    if math.prod(spot) == 1:
        return out
    channels = (1, x.shape[1], *[1] * (x.ndim - 2))
    return g.Add(g.Mul(out, g.Reshape(weight, g.ints(channels))), g.Reshape(bias, g.ints(channels)))


@row
def standardize_by(g: Graph, x: Value, weight: Value, bias: Value, mean: Value, var: Value, *, eps: float) -> Any:
    return g.BatchNormalization(x, weight, bias, mean, var, epsilon=eps)


@row
def scale_to_rms(g: Graph, x: Value, weight: Value, *, eps: float) -> Any:
    wide, w = [g.cast(h, numpy.dtype("float32")) if h.dtype == "float16" else h for h in (x, weight)]
    square = g.ReduceMean(g.Mul(wide, wide), g.axes(tuple(range(x.ndim - weight.ndim, x.ndim))))
    out = g.Mul(g.Div(wide, g.Sqrt(g.Add(square, eps))), w)
    return out if wide is x else g.cast(out, x.dtype)


@row
def attention_weights(
    g: Graph, query: Value, key: Value, bias: Value | None = None, *, scale: float, is_causal: bool = False
) -> Any:
    n = key.ndim
    scores = g.MatMul(g.Mul(query, scale), g.Transpose(key, perm=(*range(n - 2), n - 1, n - 2)))
    if bias is not None:
        scores = g.Add(scores, bias)
    if is_causal:
        square = g.Expand(g.constant(-math.inf, query.dtype), g.ints((query.shape[-2], key.shape[-2])))
        scores = g.Add(scores, g.Trilu(square, g.constant(numpy.int64(1)), upper=1))
    weights = g.Softmax(scores, axis=-1)
    if bias is None or (bias.array is not None and not numpy.isneginf(bias.array).all(-1).any()):
        return weights
    top = g.ReduceMax(scores, g.axes((-1,)))
    return g.Where(g.Equal(top, -math.inf), g.constant(0, query.dtype), weights)


@row
def attend(g: Graph, query: Value, key: Value, value: Value, *, scale: float, is_causal: bool) -> Any:
    return g.MatMul(attention_weights(g, query, key, scale=scale, is_causal=is_causal), value)
