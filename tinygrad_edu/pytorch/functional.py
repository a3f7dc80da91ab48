"""Names in PyTorch's nn.functional that are elsewhere here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from ..nn.functional import (
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
    conv1d,
    max_pool1d,
    max_pool2d,
    max_pool3d,
)
from ..ops.elementary import sigmoid, tanh
from ..tensor import Tensor

__all__ = [
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d_with_indices",
    "conv_tbc",
    "max_pool1d_with_indices",
    "max_pool2d_with_indices",
    "max_pool3d_with_indices",
    "sigmoid",
    "tanh",
]


def with_indices(pool: Callable[..., Any]) -> Callable[..., Any]:
    """The pooling that also tells where each value was found."""

    @wraps(pool)
    def call(*args: Any, **named: Any) -> Any:
        return pool(*args, **(named | {"return_indices": True}))

    call.__module__, call.__qualname__ = __name__, f"{pool.__name__}_with_indices"
    return call


max_pool1d_with_indices, max_pool2d_with_indices, max_pool3d_with_indices = map(
    with_indices, (max_pool1d, max_pool2d, max_pool3d)
)
adaptive_max_pool1d_with_indices, adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices = map(
    with_indices, (adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d)
)


def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolution over time of `(T, B, C), weight (K, C, O) -> (T', B, O)`, for what lies in that order."""
    return conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad).permute(2, 0, 1)
