"""Interpolation along one dimension: ONNX's Resize where it does the same, and else a product with the matrix."""

import math
from typing import Any

import numpy

from ....kernels.resampling import Mixture, cubic, linear, nearest
from ..graph import Graph, Value
from ..table import row
from .movement import fixed


def alike(a: Mixture, b: Mixture) -> bool:
    """Whether two matrices are the same, but for rounding."""
    return (
        a.shape == b.shape
        and numpy.array_equal(a.row, b.row)
        and numpy.array_equal(a.column, b.column)
        and bool(numpy.abs(a.value - b.value).max(initial=0) < 1e-6)
    )


def resize_attributes(mixture: Mixture) -> dict[str, Any] | None:
    """How Resize makes the same, if it does."""
    m, n = mixture.shape
    if mixture.picked is not None and alike(mixture, nearest(n, m, None, False)):
        return {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    for aligned in (False, True):
        where = {"coordinate_transformation_mode": "align_corners" if aligned else "half_pixel"}
        if alike(mixture, linear(n, m, None, aligned)):
            return {"mode": "linear", **where}
        if alike(mixture, cubic(n, m, None, aligned)):
            return {"mode": "cubic", "cubic_coeff_a": -0.75, **where}
    return None


@row
def mix(g: Graph, x: Value, *, mixture: Mixture, dim: int) -> Any:
    outputs, inputs = mixture.shape
    attributes = resize_attributes(mixture) if x.dtype == numpy.float32 and x.ndim == 4 else None
    if attributes is not None and inputs == outputs:
        return x
    if attributes is not None:
        return g.Resize(x, None, None, g.ints((*x.shape[:dim], outputs, *x.shape[dim + 1 :])), **attributes)
    if mixture.picked is not None:
        return g.Gather(x, mixture.picked.astype("int64"), axis=dim)
    matrix = numpy.zeros(mixture.shape, x.dtype)
    numpy.add.at(matrix, (mixture.row, mixture.column), mixture.value.astype(x.dtype))
    if dim == x.ndim - 1:
        return g.MatMul(x, matrix.T.copy())
    if dim == x.ndim - 2:
        return g.MatMul(matrix, x)
    after = x.shape[dim + 1 :]
    wide = g.reshape(x, (*x.shape[: dim + 1], math.prod(fixed(after, "an interpolation"))))
    return g.reshape(g.MatMul(matrix, wide), (*x.shape[:dim], outputs, *after))
