"""Batch normalisation by running statistics, which ONNX has one operator for.

Here it is a product and a sum whose factors are worked out from the statistics; it is known again by how they are made.
"""

from typing import Any, NamedTuple

import numpy

from ..graph import Graph, Value

__all__ = ["as_batch_norm", "batch_norm"]


class Statistics(NamedTuple):
    """What x is normalised by; weight and bias are None without them."""

    x: Value
    mean: Value
    var: Value
    weight: Value | None
    bias: Value | None
    eps: float


def made_by(value: Value, name: str) -> list[Value] | None:
    """The inputs of the call that made a value, if it was one of this primitive."""
    return value.call[1] if value.call is not None and value.call[0] == name else None


def as_batch_norm(scaled: Value, shift: Value) -> Statistics | None:
    """scaled + shift as a batch norm, if that is how both are made: see batch_norm in functions/normalization.py."""
    product, late = made_by(scaled, "mul"), made_by(shift, "reshape")
    if product is None or late is None or late[0].known is None or not product[0].ndim > 1:
        return None
    x, factor = product
    early = made_by(factor, "reshape")
    if early is None or factor.shape != (x.shape[1], *[1] * (x.ndim - 2)) or factor.shape != shift.shape:
        return None
    scale, offset = early[0], late[0]
    weighted = made_by(scale, "mul")
    root, weight = weighted if weighted is not None else (scale, None)
    inside = made_by(root, "rsqrt")
    sums = None if inside is None else made_by(inside[0], "add")
    if sums is None or sums[1].array is None or sums[1].array.ndim or sums[0].shape != scale.shape:
        return None
    mean, bias = mean_and_bias(offset, scale)
    if mean is None or mean.shape != scale.shape:
        return None
    return Statistics(x, mean, sums[0], weight, bias, float(sums[1].array))


def mean_and_bias(offset: Value, scale: Value) -> tuple[Value | None, Value | None]:
    """Of bias - mean * scale, or -mean * scale without a bias."""
    difference = made_by(offset, "sub")
    product = made_by(difference[1], "mul") if difference is not None else made_by(offset, "mul")
    if product is None or product[1] is not scale:
        return None, None
    if difference is not None:
        return product[0], difference[0]
    negated = made_by(product[0], "neg")
    return (None if negated is None else negated[0]), None


def batch_norm(
    g: Graph, x: Value, mean: Value, var: Value, weight: Value | None, bias: Value | None, eps: float
) -> Any:
    """One BatchNormalization."""
    one, zero = (g.constant(numpy.full(mean.shape, number, x.dtype)) for number in (1, 0))
    given = one if weight is None else weight, zero if bias is None else bias
    return g.BatchNormalization(x, *given, mean, var, epsilon=eps)
