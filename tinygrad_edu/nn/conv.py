"""Convolution layers."""

import math
from collections.abc import Sequence
from typing import Any

from ..functions.creation import empty
from ..kernels.windows import per_dimension
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["Conv2d"]

Setting = int | Sequence[int]


class Conv2d(Module):
    r"""Convolution over two dimensions; `(B, C, H, W) -> (B, O, H', W')`, or without B.

    $y_{o,i} = b_o + \sum_{c,k} w_{o,c,k}\, x_{c,\ stride \cdot i + dilation \cdot k - padding}$ with
    $H' = \lfloor (H + 2\,padding - dilation\,(KH - 1) - 1) / stride \rfloor + 1$.

    Parameters: `weight (out_channels, in_channels / groups, KH, KW)` and, if `bias`, `bias (out_channels)`, both drawn
    uniformly from $\pm 1 / \sqrt{fan_{in}}$, $fan_{in} = KH\,KW\,in\_channels / groups$. Each setting is a number for
    both dimensions, or a pair; the padding may be "same" or "valid" too.

    Raises:
        ValueError: the groups do not divide the channels; "same" with a stride; a padding_mode other than "zeros".
        ShapeError: in forward, the input's channels or sizes do not fit.

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), section II.A.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Setting,
        stride: Setting = 1,
        padding: Setting | str = 0,
        dilation: Setting = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        *,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups must divide in_channels and out_channels, got {groups} for {in_channels} and {out_channels}"
            )
        if padding_mode != "zeros":
            raise ValueError(f"padding_mode 'zeros' is what there is, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_dimension(kernel_size, 2, "kernel_size")
        self.stride = per_dimension(stride, 2, "stride")
        self.padding = padding if isinstance(padding, str) else per_dimension(padding, 2, "padding")
        self.dilation = per_dimension(dilation, 2, "dilation")
        if isinstance(padding, str) and padding not in ("same", "valid"):
            raise ValueError(f"padding takes integers, 'same' or 'valid', got {padding!r}")
        if padding == "same" and self.stride != (1, 1):
            raise ValueError(f"padding 'same' keeps the sizes, which a stride of {self.stride} does not")
        self.groups = groups
        self.padding_mode = padding_mode
        self.weight = Parameter(empty(out_channels, in_channels // groups, *self.kernel_size, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the gain sqrt(2 / (1 + 5)) makes it 1 / sqrt(fan_in)
        if self.bias is not None:
            init.fan_in_uniform_(self.bias, self.weight)

    def forward(self, input: Tensor) -> Tensor:
        """The input convolved with the weight, plus the bias."""
        return functional.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        if self.padding != (0, 0):
            text += f", padding={self.padding}"
        if self.dilation != (1, 1):
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text if self.bias is not None else f"{text}, bias=False"
