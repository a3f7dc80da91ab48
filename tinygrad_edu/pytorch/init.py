"""Functions of PyTorch's nn.init that programs call by private names, or by those of before 0.4."""

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

constant, normal, uniform, orthogonal = init.constant_, init.normal_, init.uniform_, init.orthogonal_
kaiming_normal, kaiming_uniform = init.kaiming_normal_, init.kaiming_uniform_
xavier_normal, xavier_uniform = init.xavier_normal_, init.xavier_uniform_


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and outputs an input."""
    return fans(tensor)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The one or the other."""
    return fan(tensor, mode.lower())
