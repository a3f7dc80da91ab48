"""Functions of PyTorch's nn.init that programs call by their private names."""

from ..nn.init import fan, fans
from ..tensor import Tensor

__all__ = ["_calculate_correct_fan", "_calculate_fan_in_and_fan_out"]


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and outputs an input."""
    return fans(tensor)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    """The one or the other."""
    return fan(tensor, mode.lower())
