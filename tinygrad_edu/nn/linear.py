"""The affine layer, the bilinear one, and the layer that does nothing."""

import math
from typing import Any

from ..functions.creation import empty
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["Bilinear", "Identity", "Linear", "NonDynamicallyQuantizableLinear"]


class Linear(Module):
    r"""An affine map of the last dimension: $y = x W^\top + b$; `(.., in_features) -> (.., out_features)`.

    Parameters: `weight (out_features, in_features)` and, if `bias`, `bias (out_features)`, both drawn uniformly from
    $\pm 1 / \sqrt{in\_features}$.

    Raises:
        ShapeError: in forward, the input's last dimension is not in_features.

    Source: LeCun, Bottou, Orr and Müller, "Efficient BackProp" (1998), section 4.6, for the scale of the weights.
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the gain sqrt(2 / (1 + 5)) makes it 1 / sqrt(fan_in)
        if self.bias is not None:
            init.fan_in_uniform_(self.bias, self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """x W^T + b."""
        return functional.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class NonDynamicallyQuantizableLinear(Linear):
    """Linear under the name that PyTorch gives to the one behind an attention, which shows when a module is printed."""


class Bilinear(Module):
    r"""A form of two inputs, linear in each: $y_o = x_1^\top W_o\, x_2 + b_o$; `(.., in1), (.., in2) -> (.., out)`.

    Parameters: `weight (out_features, in1_features, in2_features)` and, if `bias`, `bias (out_features)`, both drawn
    uniformly from $\pm 1 / \sqrt{in1\_features}$.

    Raises:
        ValueError: in1_features is not positive.
        ShapeError: in forward, the inputs' last dimensions are not those, or their others differ.
    """

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features < 1:
            raise ValueError(f"in1_features must be positive, got {in1_features}")
        self.in1_features = in1_features
        self.in2_features = in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_features, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.in1_features)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """x1^T W x2 + b."""
        return functional.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Identity(Module):
    """The input unchanged, whatever the arguments; it holds the place of a layer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """The input."""
        return input
