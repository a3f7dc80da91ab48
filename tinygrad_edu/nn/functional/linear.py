"""The affine map and the bilinear form without state."""

import math
from typing import Any

from ...errors import ShapeError
from ...ops.linear import linear as affine
from ...ops.linear import matmul
from ...tensor import Tensor

__all__ = ["bilinear", "linear"]


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    r"""$y = x W^\top + b$ over the last dimension; `input (.., in), weight (out, in), bias (out) -> (.., out)`.

    A `weight (in)`, with a bias of one number, is for a single output: `(.., in) -> (..)`.

    Raises:
        ShapeError: the sizes do not fit.
    """
    try:
        if weight.ndim == 1:
            return input @ weight if bias is None else input @ weight + bias
        return affine(input, weight) if bias is None else affine(input, weight, bias)
    except ShapeError as error:
        raise explained(input, weight, bias) from error


def explained(input: Tensor, weight: Tensor, bias: Tensor | None) -> ShapeError:
    """Why a linear map failed, and what may mend it."""
    wanted = weight.shape[-1] if weight.ndim else 1
    if weight.ndim not in (1, 2):
        return ShapeError(f"Linear expects a weight (out, in), got {weight.shape}")
    if bias is not None and input.shape[-1:] == (wanted,):
        return ShapeError(f"Linear expects a bias of {weight.shape[:-1]} for weight {weight.shape}, got {bias.shape}")
    flat = math.prod(input.shape[1:]) == wanted
    advice = "flatten it first?" if flat else f"its last dimension must be {wanted}"
    return ShapeError(f"Linear expects (..., {wanted}), got {input.shape}; {advice}")


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Any:
    r"""$y_o = x_1^\top W_o\, x_2 + b_o$; `(.., in1), (.., in2), weight (out, in1, in2), bias (out) -> (.., out)`.

    Raises:
        ShapeError: the sizes do not fit.
    """
    if weight.ndim != 3:
        raise ShapeError(f"Bilinear expects a weight (out, in1, in2), got {weight.shape}")
    out, in1, in2 = weight.shape
    batch = input1.shape[:-1]
    if input1.shape[-1:] != (in1,) or input2.shape[-1:] != (in2,) or input2.shape[:-1] != batch:
        raise ShapeError(
            f"Bilinear expects (..., {in1}) and (..., {in2}) with one batch, got {input1.shape} and {input2.shape}"
        )
    if bias is not None and bias.shape != (out,):
        raise ShapeError(f"Bilinear expects a bias of ({out},) for weight {weight.shape}, got {bias.shape}")
    rows = math.prod(batch)
    half = matmul(input1.reshape(rows, in1), weight.permute(1, 0, 2).reshape(in1, out * in2))
    y = matmul(half.reshape(rows, out, in2), input2.reshape(rows, in2, 1)).reshape(*batch, out)
    return y if bias is None else y + bias
