"""Activations that look along a dimension or have parameters: softmax and its kin, GLU, PReLU."""

from typing import Any

from ..errors import ShapeError
from ..functions.creation import empty
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["GLU", "LogSoftmax", "PReLU", "Softmax", "Softmax2d", "Softmin"]


class AlongDim(Module):
    """An activation along a dimension; where it is None, PyTorch's guess is taken, with a warning."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Softmax(AlongDim):
    r"""$y_i = e^{x_i} / \sum_j e^{x_j}$ along a dimension; `(*) -> (*)`.

    Source: Bridle, "Probabilistic Interpretation of Feedforward Classification Network Outputs" (1990).
    """

    def forward(self, input: Tensor) -> Tensor:
        """Numbers that sum to 1."""
        return functional.softmax(input, self.dim)


class LogSoftmax(AlongDim):
    r"""$y_i = x_i - \ln \sum_j e^{x_j}$ along a dimension; `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Tensor:
        """The logarithm of the softmax."""
        return functional.log_softmax(input, self.dim)


class Softmin(AlongDim):
    r"""$y_i = e^{-x_i} / \sum_j e^{-x_j}$ along a dimension; `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Tensor:
        """Numbers that sum to 1, large where the input is small."""
        return functional.softmin(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at each place; `(B, C, H, W) -> (B, C, H, W)`, or without B.

    Raises:
        ShapeError: in forward, the input is of other dimensions.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Channels that sum to 1."""
        if input.ndim not in (3, 4):
            raise ShapeError(f"Softmax2d expects (B, C, H, W) or (C, H, W), got {input.shape}")
        return functional.softmax(input, -3)


class GLU(Module):
    r"""The gated linear unit, $y = a\,\sigma(b)$, a and b being the halves along a dimension; `(.., 2 n) -> (.., n)`.

    Raises:
        RuntimeError: in forward, the dimension cannot be halved.

    Source: Dauphin, Fan, Auli and Grangier, "Language Modeling with Gated Convolutional Networks" (2017).
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """One half, gated by the other."""
        return functional.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class PReLU(Module):
    r"""A leaky ReLU that learns its slopes: $y = \max(0, x) + w \min(0, x)$; `(B, C, ..) -> (B, C, ..)`.

    Parameters: `weight (num_parameters)`, one slope for all channels or one for each, which start at `init`.

    Raises:
        ShapeError: in forward, there are neither one slope nor as many as channels.

    Source: He, Zhang, Ren and Sun, "Delving Deep into Rectifiers" (2015), equation 1.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the slopes to where they start."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """x, or its slope times x."""
        return functional.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many slopes."""
        return f"num_parameters={self.num_parameters}"
