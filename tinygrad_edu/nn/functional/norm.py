"""Norms without state, with nn.functional's order of arguments."""

import math
from typing import Any

from ...errors import ShapeError
from ...functions import normalization
from ...functions.movement import unsqueeze
from ...functions.norms import norm
from ...functions.pooling import avg_pool2d
from ...tensor import Tensor
from .padding import pad

__all__ = ["batch_norm", "group_norm", "instance_norm", "local_response_norm", "normalize"]


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each channel; `(B, C, ..) -> (B, C, ..)`.

    In training $\mu$ and $\sigma^2$ are those of the batch, and the running ones move the part `momentum` of the way to
    them, in place; else the running ones are taken.

    Raises:
        ValueError: in training there is one value for each channel, or eps is not positive.
        ShapeError: the input has no channels, or a parameter does not have as many numbers.
        RuntimeError: the dtypes differ, or running statistics are wanted and not there.
    """
    if training:
        check_several(input, (0, *range(2, input.ndim)), "batch_norm")
        if eps <= 0:
            raise ValueError(f"batch_norm in training takes eps > 0, got {eps}")
    elif eps < 0:
        raise ValueError(f"batch_norm takes eps >= 0, got {eps}")
    return normalization.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps)


def check_several(input: Tensor, dims: tuple[int, ...], name: str) -> None:
    """Refuse to take the variance of one value.

    Raises:
        ValueError: the dimensions to normalise over hold one.
    """
    if math.prod([input.shape[d] for d in dims]) == 1:
        raise ValueError(f"{name} in training takes more than one value for each channel, got {input.shape}")


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each image's groups of channels; `(B, C, ..)`.

    Raises:
        ValueError: there is one image, with one value in each group.
        ShapeError: the groups do not divide the channels, or a parameter does not have as many numbers as channels.
        RuntimeError: the dtypes differ.
    """
    out = normalization.group_norm(input, num_groups, weight, bias, eps)
    if 0 < input.numel() == num_groups:
        raise ValueError(f"group_norm takes more than one value for each group, got {input.shape} for {num_groups}")
    return out


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    r"""$(x - \mu) / \sqrt{\sigma^2 + \epsilon} \cdot w + b$ for each image's channels; `(B, C, ..) -> (B, C, ..)`.

    Without `use_input_stats` the running statistics are taken, else they move towards the batch's mean statistics.

    Raises:
        ValueError: there is one value for each channel.
        ShapeError: the input has no channels, or a parameter does not have as many numbers.
        RuntimeError: the dtypes differ, or running statistics are wanted and not there.
    """
    if use_input_stats:
        check_several(input, tuple(range(2, input.ndim)), "instance_norm")
    return normalization.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    r"""$x_c\,(k + \frac{\alpha}{size} \sum x_{c'}^2)^{-\beta}$, over the `size` channels around c; `(B, C, ..)`.

    Raises:
        ShapeError: the input has fewer than three dimensions.
    """
    if input.ndim < 3:
        raise ShapeError(f"local_response_norm takes (B, C, ..) with three dimensions or more, got {input.shape}")
    if not input.numel():
        return input
    square = unsqueeze((input * input).flatten(2), 1)  # (B, 1, C, n)
    square = pad(square, (0, 0, size // 2, (size - 1) // 2))
    mean = avg_pool2d(square, (size, 1), 1).reshape(input.shape)
    return input / (mean * alpha + k) ** beta


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Any:
    r"""$x / \max(\|x\|_p, \epsilon)$ along a dimension, or over several; `(*) -> (*)`.

    Raises:
        RuntimeError: the Tensor does not hold floats.
    """
    return input / norm(input, p, dim, keepdim=True).clamp_min(eps)
