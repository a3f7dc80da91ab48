"""Activations that PyTorch has beside its other functions; their twins in nn.functional are these very functions."""

import math
from typing import Any

import numpy

from ..dtypes import check_kind
from ..errors import ShapeError
from ..inplace import replace
from ..ops.comparison import logical_not
from ..ops.elementwise import masked, where
from ..tensor import Tensor, method
from . import piecewise, smooth
from .random import Generator, rand

__all__ = [
    "celu",
    "celu_",
    "hardshrink",
    "prelu",
    "relu_",
    "rrelu",
    "rrelu_",
    "selu",
    "selu_",
    "threshold",
    "threshold_",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def applied(operation: Any, input: Tensor, inplace: bool = False, **settings: Any) -> Any:
    """What an activation gives for floats, or the input itself with that written into it.

    Raises:
        TypeError: the input is no Tensor.
        RuntimeError: it does not hold floats.
    """
    name = operation.__name__
    check_floating(input, name)
    for key, value in settings.items():
        if isinstance(value, numpy.generic):
            settings[key] = value.item()  # its dtype does not count
        elif isinstance(value, complex):
            raise TypeError(f"{name} takes a real number as {key}, got {value}")
    result = operation(input, **settings) if settings else operation(input)
    return replace(input, result, f"{name}_") if inplace else result


def check_floating(input: Any, name: str) -> None:
    """Refuse what an activation has no value for.

    Raises:
        TypeError: the input is no Tensor.
        RuntimeError: it does not hold floats.
    """
    if kind_of(input, name) != "f":
        check_kind(input.dtype, "f", name)


def kind_of(input: Any, name: str) -> str:
    """The kind of numbers that a Tensor holds: "f", "i", "u" or "b".

    Raises:
        TypeError: it is no Tensor.
    """
    if not isinstance(input, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(input).__name__}; make one of it with tensor(..)")
    kind: str = input.dtype.kind
    return kind


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Any:
    r"""$\max(0, x) + \min(0, \alpha\,(e^{x/\alpha} - 1))$, elementwise; `(*) -> (*)`.

    Raises:
        RuntimeError: alpha is 0.
    """
    if not alpha:
        raise RuntimeError("celu divides by alpha, which is 0")
    return applied(smooth.elu, input, inplace, alpha=alpha, input_scale=1 / alpha)


def celu_(input: Tensor, alpha: float = 1.0) -> Any:
    """`celu`, written into the input."""
    return celu(input, alpha, True)


def selu(input: Tensor, inplace: bool = False) -> Any:
    r"""$\lambda\,(\max(0, x) + \min(0, \alpha\,(e^x - 1)))$, elementwise; `(*) -> (*)`.

    With these $\lambda = 1.0507...$ and $\alpha = 1.6733...$ mean 0 and variance 1 are a fixed point of a layer.
    """
    return applied(smooth.elu, input, inplace, alpha=SELU_ALPHA, scale=SELU_SCALE)


def selu_(input: Tensor) -> Any:
    """`selu`, written into the input."""
    return selu(input, True)


@method
def hardshrink(input: Tensor, lambd: float = 0.5) -> Any:
    """x, and 0 where |x| <= lambd, elementwise; `(*) -> (*)`."""
    return applied(piecewise.hardshrink, input, lambd=lambd)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Any:
    """x where it is larger than the threshold, a value elsewhere, elementwise; `(*) -> (*)`; integers too.

    Raises:
        RuntimeError: the Tensor holds bools.
    """
    if kind_of(input, "threshold") == "b":
        raise RuntimeError("threshold is for numbers, got bools")
    result = piecewise.threshold(input, threshold=threshold, value=value)
    return replace(input, result, "threshold_") if inplace else result


def threshold_(input: Tensor, threshold: float, value: float) -> Any:
    """`threshold`, written into the input."""
    return thresholded(input, threshold, value, True)


thresholded = threshold  # by a name that no argument has


@method
def prelu(input: Tensor, weight: Tensor) -> Any:
    """x where it is positive, w x elsewhere; `input (B, C, ..), weight (C) or of one number -> (B, C, ..)`.

    Raises:
        ShapeError: the weight does not have one number, or one for each channel.
        RuntimeError: the two hold different dtypes.
    """
    check_floating(input, "prelu")
    check_floating(weight, "prelu")
    channels = input.shape[1] if input.ndim > 1 else 1
    size = weight.numel()
    if weight.ndim > 1 or size not in (1, channels) or (size != 1 and not input.ndim):
        raise ShapeError(
            f"prelu takes a weight of 1 number, or of {channels}, one for each channel of the input {input.shape}; "
            f"got {weight.shape}"
        )
    if weight.dtype != input.dtype:
        raise RuntimeError(f"prelu takes a weight of the input's {input.dtype}, got {weight.dtype}")
    if size != 1:
        weight = weight.reshape(size, *[1] * (input.ndim - 2))
    elif weight.ndim > input.ndim:
        weight = weight.reshape(())
    positive = input > 0
    return masked(input, positive) + masked(input, logical_not(positive)) * weight


def rrelu(
    input: Tensor,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Any:
    """x where it is positive, a x elsewhere; in training each a is uniform in [lower, upper), else their middle.

    Raises:
        RuntimeError: lower > upper, or one of them is not finite.
    """
    if not -math.inf < lower <= upper < math.inf:
        raise RuntimeError(f"rrelu needs finite bounds, lower <= upper, got {lower} and {upper}")
    if not training:
        return applied(piecewise.leaky_relu, input, inplace, negative_slope=(lower + upper) / 2)
    check_floating(input, "rrelu")
    drawn = rand(input.shape, dtype=input.dtype, generator=generator) * (upper - lower) + lower
    slopes = where(input <= 0, drawn, 1.0)
    return input.mul_(slopes) if inplace else input * slopes


def rrelu_(input: Tensor, lower: float = 1 / 8, upper: float = 1 / 3, training: bool = False) -> Any:
    """`rrelu`, written into the input."""
    return rrelu(input, lower, upper, training, True)


def relu_(input: Tensor) -> Any:
    """max(x, 0), written into the input; `(*) -> (*)`."""
    return input.relu_()
