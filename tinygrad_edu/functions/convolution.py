"""Convolution and transposed convolution with PyTorch's arguments, in one, two and three dimensions."""

from collections.abc import Sequence
from typing import Any

from ..dtypes import check_kind, int64
from ..errors import ArgumentError, ShapeError
from ..kernels.windows import per_dimension, reach
from ..ops.convolution import conv, conv_input
from ..ops.indexing import getitem
from ..ops.movement import pad, reshape
from ..tensor import Tensor

__all__ = ["conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]

Setting = int | Sequence[int]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting | str = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over one dimension; `(B, C, L), (O, C / groups, K) -> (B, O, L')`; otherwise as conv2d."""
    return convolve(1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting | str = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    r"""Convolution over two dimensions, in deep learning's sense: the kernel is not flipped.

    `input (B, C, H, W), weight (O, C / groups, KH, KW), bias (O) -> (B, O, H', W')`, or `(C, H, W) -> (O, H', W')`.

    $y_{o,i} = b_o + \sum_{c,k} w_{o,c,k}\, x_{c,\ stride \cdot i + dilation \cdot k - padding}$, with zeros outside x
    and $H' = \lfloor (H + 2\,padding - dilation\,(KH - 1) - 1) / stride \rfloor + 1$. Padding "valid" is none, and
    "same" keeps H and W, with the odd row or column of zeros at the end.

    Raises:
        ShapeError: input and weight do not fit each other or the settings; "same" with a stride.
        TypeError: a setting is not made of integers.

    >>> import tinygrad_edu as tg
    >>> conv2d(tg.arange(9.0).reshape(1, 3, 3), tg.ones(1, 1, 2, 2))
    tensor([[[ 8., 12.],
             [20., 24.]]])

    Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998), section II.A.
    """
    return convolve(2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting | str = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """Convolution over three dimensions; `(B, C, D, H, W), (O, C / groups, *K) -> (B, O, D', H', W')`; as conv2d."""
    return convolve(3, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting = 0,
    output_padding: Setting = 0,
    groups: int = 1,
    dilation: Setting = 1,
) -> Tensor:
    """Transposed convolution; `(B, C, L), (C, O / groups, K) -> (B, O, L')`; otherwise as conv_transpose2d."""
    return transpose_convolve(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting = 0,
    output_padding: Setting = 0,
    groups: int = 1,
    dilation: Setting = 1,
) -> Tensor:
    r"""Transposed convolution: the adjoint of conv2d in its input, which enlarges where conv2d with a stride shrinks.

    `input (B, C, H, W), weight (C, O / groups, KH, KW), bias (O) -> (B, O, H', W')`, or `(C, H, W) -> (O, H', W')`.

    $y_{o,\ stride \cdot i + dilation \cdot k - padding} \mathrel{+}= w_{c,o,k}\, x_{c,i}$, plus $b_o$, with
    $H' = (H - 1)\,stride - 2\,padding + dilation\,(KH - 1) + output\_padding + 1$.

    Raises:
        ShapeError: input and weight do not fit each other or the settings; output_padding is not below stride or
            dilation; nothing is left of the output.
        TypeError: a setting is not made of integers.

    >>> import tinygrad_edu as tg
    >>> conv_transpose2d(tg.tensor([[[1.0, 2.0]]]), tg.ones(1, 1, 2, 2), stride=2)
    tensor([[[1., 1., 2., 2.],
             [1., 1., 2., 2.]]])

    Source: Zeiler et al., "Deconvolutional Networks" (2010).
    """
    return transpose_convolve(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Setting = 1,
    padding: Setting = 0,
    output_padding: Setting = 0,
    groups: int = 1,
    dilation: Setting = 1,
) -> Tensor:
    """Transposed convolution; `(B, C, D, H, W), (C, O / groups, *K) -> (B, O, D', H', W')`; as conv_transpose2d."""
    return transpose_convolve(3, input, weight, bias, stride, padding, output_padding, groups, dilation)


def convolve(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Setting,
    padding: Setting | str,
    dilation: Setting,
    groups: int,
) -> Tensor:
    """Convolution over `dims` dimensions, once for all of the public functions."""
    x = batched(input, weight, dims)
    check_dtypes(input, weight, bias)
    steps, spread = per_dimension(stride, dims, "stride"), per_dimension(dilation, dims, "dilation")
    uneven: tuple[int, ...] = ()
    if not isinstance(padding, str):
        margins = per_dimension(padding, dims, "padding")
    elif padding == "valid":
        margins = (0,) * dims
    elif padding != "same":
        raise ArgumentError(f'Invalid padding string {padding!r}; padding takes integers, "valid" or "same"')
    elif any(step != 1 for step in steps):
        raise ShapeError(
            f'padding "same" keeps the sizes, which a stride of {stride} does not; give padding in numbers'
        )
    else:
        totals = [reach(k, d) - 1 for k, d in zip(weight.shape[2:], spread, strict=True)]
        margins, uneven = tuple(t - t // 2 for t in totals), tuple(t % 2 for t in totals)

    inputs = (x, weight) if bias is None else (x, weight, bias)
    y: Tensor = conv(*inputs, stride=steps, padding=margins, dilation=spread, groups=groups)
    if any(uneven):
        # conv pads both sides alike: one zero too many at the start makes one output too many there
        y = getitem(y, index=(..., *[slice(odd, None) for odd in uneven]))
    if x is not input:
        y = reshape(y, shape=y.shape[1:])
    return y


def transpose_convolve(
    dims: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Setting,
    padding: Setting,
    output_padding: Setting,
    groups: int,
    dilation: Setting,
) -> Tensor:
    """Transposed convolution over `dims` dimensions, once for all of the public functions."""
    x = batched(input, weight, dims)
    check_dtypes(input, weight, bias)
    if input.dtype != int64:
        check_kind(input.dtype, "f", "transposed convolution")
    steps, spread = per_dimension(stride, dims, "stride"), per_dimension(dilation, dims, "dilation")
    margins, more = per_dimension(padding, dims, "padding"), per_dimension(output_padding, dims, "output_padding")
    if x.shape[1] != weight.shape[0]:
        raise ShapeError(
            f"weight {weight.shape} of a transposed convolution (in, out / groups, *kernel) takes {weight.shape[0]} "
            f"channels, but input {input.shape} has {x.shape[1]}"
        )
    if any(m < 0 or m >= max(s, d) for m, s, d in zip(more, steps, spread, strict=True)):
        raise ShapeError(
            f"output padding must be smaller than stride or dilation, and 0 or more, "
            f"got output_padding={more}, stride={steps}, dilation={spread}"
        )
    size = tuple(
        (n - 1) * s - 2 * p + reach(k, d) + m
        for n, k, s, p, m, d in zip(x.shape[2:], weight.shape[2:], steps, margins, more, spread, strict=True)
    )
    if min(size) < 1:
        raise ShapeError(
            f"input {input.shape} and weight {weight.shape} leave an output of size {size} "
            f"with stride={steps}, padding={margins}, dilation={spread}; take less padding"
        )
    late = [m // s for m, s in zip(more, steps, strict=True)]
    if any(late):
        # an output_padding of a stride or more (the dilation is larger) is an input that ends in zeros
        x = pad(x, widths=((0, 0), (0, 0), *[(0, n) for n in late]))
    y: Tensor = conv_input(x, weight, size=size, stride=steps, padding=margins, dilation=spread, groups=groups)
    if bias is not None:
        if bias.shape != y.shape[1:2]:
            raise ShapeError(f"the output has {y.shape[1]} channels, but bias has shape {bias.shape}")
        y = y + reshape(bias, shape=(-1, *[1] * dims))
    if input.ndim < x.ndim:
        y = reshape(y, shape=y.shape[1:])
    return y


def check_dtypes(input: Any, weight: Any, bias: Any) -> None:
    """Refuse to convolve Tensors of different dtypes, as PyTorch does, or bools.

    Raises:
        RuntimeError: they have different dtypes, or hold bools.
    """
    dtype = input.dtype
    if weight.dtype != dtype or (bias is not None and bias.dtype != dtype) or dtype.kind == "b":
        found = ", ".join(str(x.dtype) for x in (input, weight, bias) if x is not None)
        raise RuntimeError(
            f"a convolution takes input, weight and bias of one dtype of numbers, got {found}; convert with .to()"
        )


def batched(input: Any, weight: Any, dims: int) -> Any:
    """The input as a batch, of one where it is a single example `(C, *spatial)`.

    Raises:
        ShapeError: input or weight has the wrong number of dimensions.
    """
    if weight.ndim != dims + 2 or input.ndim not in (dims + 1, dims + 2):
        sizes, kernel = ", ".join("DHW"[3 - dims :]), ", ".join(f"K{n}" for n in "DHW"[3 - dims :])
        raise ShapeError(
            f"a {dims}-d convolution takes input (B, C, {sizes}) or (C, {sizes}) "
            f"and weight (channels, channels, {kernel}), got input {input.shape} and weight {weight.shape}"
        )
    return input if input.ndim == dims + 2 else reshape(input, shape=(1, *input.shape))
