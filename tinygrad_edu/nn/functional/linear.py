"""The affine map without state."""

import math
from typing import Any

from ...errors import ShapeError
from ...ops.linear import linear as affine
from ...tensor import Tensor

__all__ = ["linear"]


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
