"""Functions of PyTorch's nn.init that programs call by private names, or by those of before 0.4."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

from ..nn import init
from ..nn.init import fan, fans
from ..tensor import Tensor

__all__ = [
    "_calculate_correct_fan",
    "_calculate_fan_in_and_fan_out",
    "constant",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "orthogonal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
]


def deprecated(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function under its name without the underscore, with a warning."""
    name = function.__name__

    @functools.wraps(function)
    def call(*args: Any, **settings: Any) -> Tensor:
        told = f"nn.init.{name[:-1]} is now deprecated in favor of nn.init.{name}"
        warnings.warn(told, FutureWarning, stacklevel=2)
        return function(*args, **settings)

    return call


constant, normal = deprecated(init.constant_), deprecated(init.normal_)
uniform, orthogonal = deprecated(init.uniform_), deprecated(init.orthogonal_)
kaiming_normal, kaiming_uniform = deprecated(init.kaiming_normal_), deprecated(init.kaiming_uniform_)
xavier_normal, xavier_uniform = deprecated(init.xavier_normal_), deprecated(init.xavier_uniform_)


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and outputs an input."""
    return fans(tensor)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The one or the other."""
    return fan(tensor, mode.lower())
