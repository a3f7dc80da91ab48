"""The gradients of convolutions by themselves: of a sum of products with `grad_output`, in the input or the weight."""

from collections.abc import Sequence
from typing import Any

from ..kernels.windows import per_dimension
from ..ops.convolution import conv_input, conv_weight
from ..tensor import Tensor

__all__ = ["conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input", "conv3d_weight"]

Setting = int | Sequence[int]


def conv1d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv1d in an input of this size; otherwise as conv2d_input."""
    return conv2d_input(input_size, weight, grad_output, stride, padding, dilation, groups)


def conv1d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv1d in a weight of this size; otherwise as conv2d_weight."""
    return conv2d_weight(input, weight_size, grad_output, stride, padding, dilation, groups)


def conv2d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv2d in an input of this size: where each number of the output came from.

    >>> from tinygrad_edu import ones
    >>> conv2d_input((1, 1, 1, 4), ones(1, 1, 1, 2), ones(1, 1, 1, 3))
    tensor([[[[1., 2., 2., 1.]]]])

    Raises:
        ShapeError: the sizes are not those of a convolution with these settings.
    """
    settings = of_each(len(weight.shape) - 2, stride, padding, dilation)
    out: Tensor = conv_input(grad_output, weight, size=tuple(input_size[2:]), groups=groups, **settings)
    return out


def conv2d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv2d in a weight of this size: the input beside the output, for each place in the kernel.

    Raises:
        ShapeError: the sizes are not those of a convolution with these settings.
    """
    settings = of_each(len(weight_size) - 2, stride, padding, dilation)
    out: Tensor = conv_weight(grad_output, input, kernel=tuple(weight_size[2:]), groups=groups, **settings)
    return out


def conv3d_input(
    input_size: Sequence[int],
    weight: Tensor,
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv3d in an input of this size; otherwise as conv2d_input."""
    return conv2d_input(input_size, weight, grad_output, stride, padding, dilation, groups)


def conv3d_weight(
    input: Tensor,
    weight_size: Sequence[int],
    grad_output: Tensor,
    stride: Setting = 1,
    padding: Setting = 0,
    dilation: Setting = 1,
    groups: int = 1,
) -> Tensor:
    """The gradient of conv3d in a weight of this size; otherwise as conv2d_weight."""
    return conv2d_weight(input, weight_size, grad_output, stride, padding, dilation, groups)


def of_each(dims: int, stride: Setting, padding: Setting, dilation: Setting) -> dict[str, Any]:
    """The settings of a convolution, a number for each dimension."""
    return {
        "stride": per_dimension(stride, dims, "stride"),
        "padding": per_dimension(padding, dims, "padding"),
        "dilation": per_dimension(dilation, dims, "dilation"),
    }
