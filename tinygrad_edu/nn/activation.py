"""Activations: functions of each element."""

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["ReLU"]


class ReLU(Module):
    r"""The rectified linear unit, $y = \max(x, 0)$; `(*) -> (*)`; with `inplace` it is written into the input.

    Source: Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines" (2010).
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """max(x, 0)."""
        return functional.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it writes into its input."""
        return "inplace=True" if self.inplace else ""
