"""A layer and the batch norm behind it as one layer, for evaluation."""

import copy
from typing import Any, TypeVar

from ...functions.creation import ones_like, zeros_like
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter

__all__ = ["fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"]

M = TypeVar("M", bound=Module)


def fuse_conv_bn_eval(conv: M, bn: Any, transpose: bool = False) -> M:
    r"""A convolution that does what a convolution and a batch norm do in evaluation.

    >>> from tinygrad_edu import nn, ones
    >>> conv, bn = nn.Conv2d(1, 2, 3).eval(), nn.BatchNorm2d(2).eval()
    >>> (fuse_conv_bn_eval(conv, bn)(ones(1, 1, 4, 4)) - bn(conv(ones(1, 1, 4, 4)))).abs().max().item() < 1e-6
    True

    Raises:
        ValueError: one of them is in training, or the batch norm has no running statistics.
    """
    return fused(conv, bn, transpose)


def fuse_linear_bn_eval(linear: M, bn: Any) -> M:
    """A linear layer that does what a linear layer and a batch norm do in evaluation.

    Raises:
        ValueError: one of them is in training, the batch norm has no running statistics or another number of features.
    """
    if bn.num_features not in (1, linear.out_features):
        raise ValueError(f"a batch norm of {bn.num_features} features is not for {linear.out_features} outputs")
    return fused(linear, bn, False)


def fused(layer: M, bn: Any, transpose: bool) -> M:
    """A copy of the layer with the parameters of both."""
    if layer.training or bn.training:
        raise ValueError("layers are fused for evaluation: call eval() on both first")
    if bn.running_mean is None or bn.running_var is None:
        raise ValueError("a batch norm without running statistics cannot be fused: it needs a batch to know them")
    whole: Any = copy.deepcopy(layer)
    whole.weight, whole.bias = fuse_conv_bn_weights(
        whole.weight, whole.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return whole


def fuse_conv_bn_weights(
    conv_w: Tensor,
    conv_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
    transpose: bool = False,
) -> tuple[Parameter, Parameter]:
    r"""The weight and bias of both: $w\,s$ and $(b - \mu)\,s + \beta$ with $s = \gamma / \sqrt{\sigma^2 + \epsilon}$.

    The channels that are put out are the weight's first dimension, or in a transposed convolution its second.
    """
    zeros = zeros_like(bn_rm)
    scale = (ones_like(bn_rm) if bn_w is None else bn_w) * (bn_rv + bn_eps).rsqrt()
    shape = [1] * conv_w.ndim
    shape[1 if transpose else 0] = -1
    before, after = (zeros if b is None else b for b in (conv_b, bn_b))
    weight = (conv_w * scale.reshape(shape)).to(conv_w.dtype)
    bias = ((before - bn_rm) * scale + after).to((conv_w if conv_b is None else conv_b).dtype)
    return Parameter(weight.detach(), conv_w.requires_grad), Parameter(bias.detach(), before.requires_grad)


def fuse_linear_bn_weights(
    linear_w: Tensor,
    linear_b: Tensor | None,
    bn_rm: Tensor,
    bn_rv: Tensor,
    bn_eps: float,
    bn_w: Tensor | None,
    bn_b: Tensor | None,
) -> tuple[Parameter, Parameter]:
    """fuse_conv_bn_weights of a linear layer."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)
