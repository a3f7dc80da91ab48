"""Activations without state."""

import warnings
from typing import Any

from ...functions.softmax import log_softmax as log_softmax_along
from ...functions.softmax import softmax as softmax_along
from ...tensor import Tensor

__all__ = ["log_softmax", "relu", "softmax"]


def relu(input: Tensor, inplace: bool = False) -> Any:
    """max(x, 0), elementwise; `(*) -> (*)`; with `inplace` it is written into the input."""
    return input.relu_() if inplace else input.relu()


def implied_dim(input: Tensor, name: str) -> int:
    """The dimension that PyTorch takes where none is given, with its warning."""
    warnings.warn(f"{name} without dim= guesses the dimension; say which, often dim=-1", stacklevel=3)
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along a dimension; `(*) -> (*)`."""
    return softmax_along(input, implied_dim(input, "softmax") if dim is None else dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """x - ln(sum(exp(x))) along a dimension; `(*) -> (*)`."""
    return log_softmax_along(input, implied_dim(input, "log_softmax") if dim is None else dim, dtype)
