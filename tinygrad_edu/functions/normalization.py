"""Batch, layer, group, instance and root-mean-square norm, and renorm: groups of elements brought to one scale."""

import math
from collections.abc import Sequence
from operator import index
from typing import Any

import numpy

from ..dtypes import float16, float32
from ..errors import ShapeError
from ..grad_mode import no_grad
from ..inplace import in_place
from ..kernels.standardization import Layout, inverse_deviations, moments
from ..ops.elementwise import where
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_dim
from .norms import vector_norm
from .standardization import scale_to_rms, standardize, standardize_by

__all__ = ["batch_norm", "group_norm", "instance_norm", "layer_norm", "renorm", "rms_norm"]


def checked(input: Any, name: str, least: int = 0, **parameters: Any) -> None:
    """Refuse what a norm is not defined for.

    Raises:
        TypeError: the input is no Tensor.
        RuntimeError: it does not hold floats, or a parameter has another dtype.
        ShapeError: it has too few dimensions.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(input).__name__}")
    if input.dtype.kind != "f":
        raise RuntimeError(f"{name} is not implemented for {input.dtype} but for floats; convert it with .float()")
    if input.ndim < least:
        raise ShapeError(f"{name} takes an input of {least} dimensions or more, got {input.shape}")
    taken = (float16, float32) if input.dtype == float16 else (input.dtype,)
    for what, parameter in parameters.items():
        if parameter is not None and parameter.dtype not in taken:
            raise RuntimeError(f"{name} takes a {what} of the input's {input.dtype}, got {parameter.dtype}")


def check_shape(name: str, wanted: tuple[int, ...], **parameters: Any) -> None:
    """Refuse parameters of a wrong shape.

    Raises:
        ShapeError: one has another shape.
    """
    for what, parameter in parameters.items():
        if parameter is not None and parameter.shape != wanted:
            raise ShapeError(f"{name} takes a {what} of shape {wanted}, got {parameter.shape}")


def check_both(running_mean: Any, running_var: Any, name: str) -> None:
    """Refuse one running statistic without the other.

    Raises:
        ValueError: one is None.
    """
    if (running_mean is None) != (running_var is None):
        raise ValueError(f"{name} takes running_mean and running_var both, or neither")


def by_own(input: Tensor, weight: Any, bias: Any, layout: Layout, eps: float, statistics: Any = None) -> Tensor:
    """The input standardised group by group with its own statistics, then scaled and shifted."""
    average, var = moments(input._array, layout) if statistics is None else statistics
    rstd = inverse_deviations(var, eps)
    if weight is None:
        spot = layout.spot if layout.by_rows() else (1,) * len(layout.view)
        plain = Layout(layout.view, spot, layout.dims)
        one, zero = numpy.ones(spot[-1], input.dtype), numpy.zeros(spot[-1], input.dtype)
        result = standardize(input, one, zero, layout=plain, eps=eps, mean=average, rstd=rstd)
        return result if bias is None else shifted(result, bias, layout)
    if bias is None:
        bias = numpy.zeros(weight.shape, weight.dtype)
    return standardize(input, weight, bias, layout=layout, eps=eps, mean=average, rstd=rstd)


def shifted(x: Tensor, bias: Any, layout: Layout) -> Tensor:
    """x plus a bias that stands at its place in the layout."""
    return (x.reshape(layout.view) + bias.reshape(layout.spot)).reshape(x.shape)


def by_running(input: Tensor, weight: Any, bias: Any, running_mean: Any, running_var: Any, eps: float) -> Tensor:
    """The input standardised channel by channel with statistics that are no functions of it."""
    if input.dtype == float16:
        weight, bias = (None if h is None else h.to(float32) for h in (weight, bias))
        return by_running(input.to(float32), weight, bias, running_mean.to(float32), running_var.to(float32), eps).to(
            float16
        )
    weight = numpy.ones(running_mean.shape, input.dtype) if weight is None else weight
    bias = numpy.zeros(running_mean.shape, input.dtype) if bias is None else bias
    return standardize_by(input, weight, bias, running_mean, running_var, eps=float(eps))


def update(running_mean: Any, running_var: Any, average: Any, var: Any, momentum: float, count: int) -> None:
    """Move running statistics the part `momentum` of the way to those of a batch; the variance is the unbiased one.

    A batch of nothing leaves them where they are.
    """
    if not count:
        return
    with no_grad():
        unbiased = var * (count / (count - 1)) if count > 1 else var * math.nan
        running_mean.mul_(1 - momentum).add_(wrap(average.astype(running_mean.dtype)), alpha=momentum)
        running_var.mul_(1 - momentum).add_(wrap(unbiased.astype(running_var.dtype)), alpha=momentum)


def batch_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each channel; `(B, C, ..) -> (B, C, ..)`.

    In training $\mu$ and $\sigma^2$ are those of the batch, and the running ones move the part `momentum` of the way to
    them; else the running ones are taken. PyTorch's nn.functional has the same with other places of the arguments.

    Raises:
        ShapeError: the input has no channels, or a parameter does not have as many numbers.
        RuntimeError: the dtypes differ, or running statistics are wanted and not there.
    """
    if input.shape == (0,):
        return input.clone()  # nothing, which needs no channels
    checked(input, "batch_norm", 2, weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    channels = input.shape[1]
    check_shape("batch_norm", (channels,), weight=weight, bias=bias, running_mean=running_mean, running_var=running_var)
    check_both(running_mean, running_var, "batch_norm")
    if not training:
        if running_mean is None:
            raise RuntimeError("batch_norm in evaluation takes running_mean and running_var, and got None")
        return by_running(input, weight, bias, running_mean, running_var, eps)
    layout = Layout((input.shape[0], channels, math.prod(input.shape[2:])), (1, channels, 1), (0, 2))
    average, var = moments(input._array, layout)
    if running_mean is not None:
        update(
            running_mean, running_var, average.reshape(-1), var.reshape(-1), momentum, input.numel() // (channels or 1)
        )
    return by_own(input, weight, bias, layout, eps, (average, var))


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enable: bool = False,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ over the last dimensions; `(.., *normalized_shape)`.

    Raises:
        ShapeError: the input does not end in normalized_shape, or weight or bias has another shape.
        RuntimeError: the dtypes differ.
    """
    checked(input, "layer_norm")
    shape = trailing(input, normalized_shape, "layer_norm")
    for parameter in (weight, bias):
        if parameter is not None and (parameter.shape != shape or parameter.dtype != input.dtype):
            checked(input, "layer_norm", weight=weight, bias=bias)
            check_shape("layer_norm", shape, weight=weight, bias=bias)
    n = math.prod(shape)
    rows = math.prod(input.shape[: input.ndim - len(shape)])
    return by_own(input, weight, bias, Layout((rows, n), (1, n), (1,)), eps)


def trailing(input: Tensor, normalized_shape: Any, name: str) -> tuple[int, ...]:
    """The last sizes of the input, which are to be normalised over.

    Raises:
        TypeError: they are no integers.
        ShapeError: they are none, or others than the input's.
    """
    try:
        shape = tuple([index(n) for n in normalized_shape])
    except TypeError:
        raise TypeError(f"{name} takes normalized_shape as a sequence of sizes, got {normalized_shape!r}") from None
    if not shape or input.shape[-len(shape) :] != shape:
        raise ShapeError(f"{name} over {shape} takes an input (..., {str(shape)[1:-1].strip(',')}), got {input.shape}")
    return shape


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = False,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each image's groups of channels; `(B, C, ..)`.

    Raises:
        ShapeError: the groups do not divide the channels, or a parameter does not have as many numbers as channels.
        RuntimeError: the dtypes differ.
    """
    checked(input, "group_norm", 2, weight=weight, bias=bias)
    batch, channels, *sizes = input.shape
    num_groups = index(num_groups)
    if num_groups < 1 or channels % num_groups:
        raise ShapeError(f"group_norm takes a number of groups that divides {channels} channels, got {num_groups}")
    check_shape("group_norm", (channels,), weight=weight, bias=bias)
    each = channels // num_groups
    view = batch, num_groups, each, math.prod(sizes)
    return by_own(input, weight, bias, Layout(view, (1, num_groups, each, 1), (2, 3)), eps)


def instance_norm(
    input: Tensor,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    use_input_stats: bool,
    momentum: float,
    eps: float,
    cudnn_enabled: bool = False,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each image's channels; `(B, C, ..) -> (B, C, ..)`.

    Without `use_input_stats` the running statistics are taken, else these move towards the batch's mean statistics.
    PyTorch's nn.functional has the same with other places of the arguments.

    Raises:
        ShapeError: the input has no channels, or a parameter does not have as many numbers.
        RuntimeError: the dtypes of input, weight and bias differ, or running statistics are wanted and not there.
    """
    checked(input, "instance_norm", 2, weight=weight, bias=bias)
    batch, channels, *sizes = input.shape
    check_shape(
        "instance_norm", (channels,), weight=weight, bias=bias, running_mean=running_mean, running_var=running_var
    )
    check_both(running_mean, running_var, "instance_norm")
    if not use_input_stats:
        if running_mean is None or running_var is None:
            raise RuntimeError("instance_norm takes running_mean and running_var, or use_input_stats=True")
        kind = float32 if input.dtype == float16 else input.dtype
        return by_running(input, weight, bias, running_mean.to(kind), running_var.to(kind), eps)
    n = math.prod(sizes)
    layout = Layout((batch, channels, n), (1, channels, 1), (2,))
    average, var = moments(input._array, layout)
    if running_mean is not None:
        update(running_mean, running_var, average.mean(axis=(0, 2)), var.mean(axis=(0, 2)), momentum, n)
    return by_own(input, weight, bias, layout, eps, (average, var))


def rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    r"""$x / \sqrt{\mathrm{mean}(x^2) + \epsilon} \cdot w$ over the last dimensions; `(.., *normalized_shape)`.

    `eps` is by default the dtype's distance from 1 to the next number. The result has the input's dtype, whatever the
    weight's is.

    Raises:
        ShapeError: the input does not end in normalized_shape, or the weight has another shape.
        RuntimeError: the input does not hold floats.
    """
    checked(input, "rms_norm")
    shape = trailing(input, normalized_shape, "rms_norm")
    check_shape("rms_norm", shape, weight=weight)
    wide = float32 if input.dtype == float16 else input.dtype
    if eps is None:
        eps = numpy.finfo(wide).eps
    if weight is not None and weight.dtype not in (input.dtype, wide):
        return (rms_norm(input.to(wide), shape, eps=eps) * weight).to(input.dtype)
    return scale_to_rms(input, numpy.ones(shape, input.dtype) if weight is None else weight, eps=float(eps))


@method
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Each slice along a dimension scaled so that its p-norm is at most maxnorm; `(*) -> (*)`.

    Raises:
        RuntimeError: p is not positive, maxnorm is negative, or the Tensor has fewer than two dimensions.
    """
    if not p > 0 or not maxnorm >= 0 or input.ndim < 2:
        raise RuntimeError(
            f"renorm takes p > 0, maxnorm >= 0 and two dimensions or more, got {p}, {maxnorm} and {input.shape}"
        )
    dim = as_dim(dim, input.ndim)
    dims = [d for d in range(input.ndim) if d != dim]
    wide = input.to(float32) if input.dtype == float16 else input
    length = vector_norm(wide, p, dims, keepdim=True)
    return (wide * where(length > maxnorm, maxnorm / (length + 1e-7), 1.0)).to(input.dtype)


in_place(renorm, "renorm_")
