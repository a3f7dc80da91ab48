"""Convolution layers and their transposes, in one, two and three dimensions."""

import math
from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError
from ..functions.creation import empty
from ..kernels.windows import Sizes, per_dimension, reach
from ..tensor import Tensor
from . import functional, init
from .module import Module
from .parameter import Parameter

__all__ = ["Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]

Setting = int | Sequence[int]

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _ConvNd(Module):
    """What all convolution layers are made of: the settings and the parameters."""

    dims: int
    transposed = False
    bias: Parameter | None
    padding: Any  # a number for each dimension, "same" or "valid"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Setting,
        stride: Setting,
        padding: Any,
        dilation: Setting,
        output_padding: Setting,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if groups < 1:
            raise ValueError(f"groups must be a positive integer, got {groups}")
        if in_channels % groups or out_channels % groups:
            raise ValueError(
                f"groups must divide in_channels and out_channels, got {groups} for {in_channels} and {out_channels}"
            )
        modes = PADDING_MODES[:1] if self.transposed else PADDING_MODES
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes} in {self._get_name()}, got {padding_mode!r}")
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = per_dimension(kernel_size, self.dims, "kernel_size")
        self.stride = per_dimension(stride, self.dims, "stride")
        named = isinstance(padding, str) and not self.transposed
        self.padding = padding if named else per_dimension(padding, self.dims, "padding")
        self.dilation = per_dimension(dilation, self.dims, "dilation")
        self.output_padding = per_dimension(output_padding, self.dims, "output_padding")
        self.groups = groups
        self.padding_mode = padding_mode
        self._reversed_padding_repeated_twice = self._widths()
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        shape = (channels[0], channels[1] // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def _widths(self) -> list[int]:
        """The padding as functional.pad takes it: (before, after) of the last dimension first.

        Raises:
            ValueError: the padding is no number and neither "same" nor "valid"; it is "same" and there is a stride.
        """
        if self.padding == "same":
            if any(step != 1 for step in self.stride):
                raise ValueError(f"padding='same' keeps the sizes, which a stride of {self.stride} does not")
            totals = [reach(k, d) - 1 for k, d in zip(self.kernel_size, self.dilation, strict=True)]
            return [width for total in reversed(totals) for width in (total // 2, total - total // 2)]
        if self.padding == "valid":
            return [0, 0] * self.dims
        if isinstance(self.padding, str):
            raise ValueError(f"Invalid padding string {self.padding!r}; padding takes integers, 'same' or 'valid'")
        return [width for p in reversed(self.padding) for width in (p, p)]

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the gain sqrt(2 / (1 + 5)) makes it 1 / sqrt(fan_in)
        if self.bias is not None:
            init.fan_in_uniform_(self.bias, self.weight)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = functional.pad(input, self._reversed_padding_repeated_twice, self.padding_mode)
            padding = (0,) * self.dims
        return CONVOLUTIONS[self.dims](input, weight, bias, self.stride, padding, self.dilation, self.groups)

    def forward(self, input: Tensor) -> Tensor:
        """The input convolved with the weight, plus the bias."""
        return self._conv_forward(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        zeros, ones = (0,) * self.dims, (1,) * self.dims
        if self.padding != zeros:
            text += f", padding={self.padding}"
        if self.dilation != ones:
            text += f", dilation={self.dilation}"
        if self.output_padding != zeros:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text if self.padding_mode == "zeros" else f"{text}, padding_mode={self.padding_mode}"


CONVOLUTIONS = {1: functional.conv1d, 2: functional.conv2d, 3: functional.conv3d}
TRANSPOSES = {1: functional.conv_transpose1d, 2: functional.conv_transpose2d, 3: functional.conv_transpose3d}


class _Straight(_ConvNd):
    """A convolution's constructor."""

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
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )


class _Transposed(_ConvNd):
    """A transposed convolution's constructor and forward."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Setting,
        stride: Setting = 1,
        padding: Setting = 0,
        output_padding: Setting = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Setting = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """The input's transposed convolution with the weight, plus the bias; of a given size, if it can be."""
        more = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return TRANSPOSES[self.dims](
            input, self.weight, self.bias, self.stride, self.padding, more, self.groups, self.dilation
        )

    def _output_padding(self, input: Tensor, output_size: Sequence[int]) -> Sizes:
        """What has to be added at the end for the output to have this size.

        Raises:
            ValueError: it is not a size that the stride leaves open.
        """
        sizes = tuple(output_size)[input.ndim - self.dims if len(output_size) == input.ndim else 0 :]
        least = [
            (n - 1) * s - 2 * p + reach(k, d)
            for n, s, p, k, d in zip(
                input.shape[-self.dims :], self.stride, self.padding, self.kernel_size, self.dilation, strict=True
            )
        ]
        if len(sizes) != self.dims or any(
            not low <= n < low + s for n, low, s in zip(sizes, least, self.stride, strict=True)
        ):
            most = [low + s - 1 for low, s in zip(least, self.stride, strict=True)]
            raise ShapeError(f"input {input.shape} makes sizes from {least} to {most}, not {tuple(output_size)}")
        return tuple([n - low for n, low in zip(sizes, least, strict=True)])


class Conv1d(_Straight):
    """Convolution over one dimension; `(B, C, L) -> (B, O, L')`, or without B; otherwise as Conv2d.

    Parameters: `weight (out_channels, in_channels / groups, K)` and, if `bias`, `bias (out_channels)`.
    """

    dims = 1


class Conv2d(_Straight):
    r"""Convolution over two dimensions; `(B, C, H, W) -> (B, O, H', W')`, or without B.

    $y_{o,i} = b_o + \sum_{c,k} w_{o,c,k}\, x_{c,\ stride \cdot i + dilation \cdot k - padding}$ with
    $H' = \lfloor (H + 2\,padding - dilation\,(KH - 1) - 1) / stride \rfloor + 1$.

    Parameters: `weight (out_channels, in_channels / groups, KH, KW)` and, if `bias`, `bias (out_channels)`, both drawn
    uniformly from $\pm 1 / \sqrt{fan_{in}}$, $fan_{in} = KH\,KW\,in\_channels / groups$. Each setting is a number for
    both dimensions, or a pair; the padding may be "same" or "valid" too. What stands in the padding says
    `padding_mode`: "zeros", or as functional.pad has it "reflect", "replicate" or "circular".

    Raises:
        ValueError: the groups do not divide the channels; "same" with a stride; there is no such padding_mode.
        ShapeError: in forward, the input's channels or sizes do not fit.

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), section II.A.
    """

    dims = 2


class Conv3d(_Straight):
    """Convolution over three dimensions; `(B, C, D, H, W) -> (B, O, D', H', W')`, or without B; otherwise as Conv2d.

    Parameters: `weight (out_channels, in_channels / groups, KD, KH, KW)` and, if `bias`, `bias (out_channels)`.
    """

    dims = 3


class ConvTranspose1d(_Transposed):
    """Transposed convolution; `(B, C, L) -> (B, O, L')`, or without B; otherwise as ConvTranspose2d.

    Parameters: `weight (in_channels, out_channels / groups, K)` and, if `bias`, `bias (out_channels)`.
    """

    dims = 1


class ConvTranspose2d(_Transposed):
    r"""Transposed convolution, which enlarges where Conv2d with a stride shrinks; `(B, C, H, W) -> (B, O, H', W')`.

    $y_{o,\ stride \cdot i + dilation \cdot k - padding} \mathrel{+}= w_{c,o,k}\, x_{c,i}$, plus $b_o$, with
    $H' = (H - 1)\,stride - 2\,padding + dilation\,(KH - 1) + output\_padding + 1$. In place of `output_padding`, a call
    may name the `output_size` that it wants, one of those that a convolution with this stride shrinks to the input's.

    Parameters: `weight (in_channels, out_channels / groups, KH, KW)` and, if `bias`, `bias (out_channels)`, both drawn
    uniformly from $\pm 1 / \sqrt{KH\,KW\,out\_channels / groups}$.

    Raises:
        ValueError: the groups do not divide the channels; the padding_mode is not "zeros".
        ShapeError: in forward, the input's channels or sizes do not fit, or the output cannot have that size.

    Source: Zeiler et al., "Deconvolutional Networks" (2010).
    """

    dims = 2


class ConvTranspose3d(_Transposed):
    """Transposed convolution; `(B, C, D, H, W) -> (B, O, D', H', W')`, or without B; otherwise as ConvTranspose2d.

    Parameters: `weight (in_channels, out_channels / groups, KD, KH, KW)` and, if `bias`, `bias (out_channels)`.
    """

    dims = 3
