"""Dropout without state: of elements, of whole channels, and the form that keeps mean and variance of a SELU's output.

Masks are drawn from the default generator; each function gives the input itself when not training.
"""

from typing import Any

from ...errors import ShapeError
from ...functions.activation import SELU_ALPHA, SELU_SCALE, check_floating
from ...functions.creation import zeros
from ...functions.random import rand
from ...tensor import Tensor
from ...told import warn_user

__all__ = [
    "alpha_dropout",
    "checked_probability",
    "dropout",
    "dropout1d",
    "dropout2d",
    "dropout3d",
    "feature_alpha_dropout",
]

FLOOR = -SELU_ALPHA * SELU_SCALE  # where a SELU saturates


def checked_probability(p: float) -> float:
    """The probability itself.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    return p


def kept(input: Tensor, shape: tuple[int, ...], p: float) -> Tensor:
    """1 with probability 1 - p, else 0, in a shape that broadcasts against the input."""
    return (rand(shape) >= p).to(input.dtype)


def masked(input: Tensor, shape: tuple[int, ...], p: float, inplace: bool) -> Any:
    """The input times a mask of this shape, whose mean is 1."""
    mask = zeros(shape, dtype=input.dtype) if p == 1 else kept(input, shape, p) / (1 - p)
    return input.mul_(mask) if inplace else input * mask


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element 0 with probability p, else divided by 1 - p; `(*) -> (*)`.

    Raises:
        ValueError: p is no probability.
        RuntimeError: the Tensor does not hold floats.
    """
    checked_probability(p)
    if not training or p == 0:
        return input
    check_floating(input, "dropout")
    return masked(input, input.shape, p, inplace)


def drop_channels(input: Tensor, p: float, training: bool, inplace: bool, batched: bool, name: str) -> Any:
    """Each channel of each image 0 with probability p, else divided by 1 - p."""
    checked_probability(p)
    if not isinstance(input, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(input).__name__}")
    if not training or p == 0:
        return input
    check_floating(input, name)
    return masked(input, channel_shape(input, batched, name), p, inplace)


def channel_shape(input: Tensor, batched: bool, name: str) -> tuple[int, ...]:
    """The shape of a mask with one value for each channel of each image.

    Raises:
        ShapeError: the input has no channels.
    """
    lead = 2 if batched else 1
    if input.ndim < lead:
        raise ShapeError(f"{name} takes an input with {'batch and ' if batched else ''}channels, got {input.shape}")
    return (*input.shape[:lead], *[1] * (input.ndim - lead))


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel 0 with probability p, else divided by 1 - p; `(B, C, L)` or `(C, L)`.

    Raises:
        ValueError: p is no probability.
        ShapeError: the input is of other dimensions.
    """
    checked_probability(p)
    if input.ndim not in (2, 3):
        raise ShapeError(f"dropout1d takes (B, C, L) or (C, L), got {input.shape}")
    return drop_channels(input, p, training, inplace, input.ndim == 3, "dropout1d")


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel 0 with probability p, else divided by 1 - p; `(B, C, H, W)`; three dimensions are `(B, C, L)`.

    Raises:
        ValueError: p is no probability.
        ShapeError: the input has fewer than two dimensions.
    """
    checked_probability(p)
    if input.ndim == 3:
        warn_user(
            "Received a 3-D input to dropout2d, assuming that channel-wise 1D dropout behavior is desired, on "
            "(B, C, L); use dropout1d"
        )
    elif input.ndim != 4:
        warn_user(f"Received a {input.ndim}-D input to dropout2d, which is for (B, C, H, W); use dropout")
    return drop_channels(input, p, training, inplace, True, "dropout2d")


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each channel 0 with probability p, else divided by 1 - p; `(B, C, D, H, W)` or `(C, D, H, W)`.

    Raises:
        ValueError: p is no probability.
        ShapeError: the input has no dimensions.
    """
    checked_probability(p)
    if input.ndim not in (4, 5):
        warn_user(f"Received a {input.ndim}-D input to dropout3d, which is for (B, C, D, H, W); use dropout")
    return drop_channels(input, p, training, inplace, input.ndim == 5, "dropout3d")


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    r"""Each element with probability p at -1.758, where a SELU saturates, then all scaled to the old mean and variance.

    $y = a\,(x\,m - 1.758\,(1 - m)) + b$ with $a = ((1 - p)(1 + 1.758^2 p))^{-1/2}$ and $b = 1.758\,a\,p$; `(*) -> (*)`.

    Raises:
        ValueError: p is no probability.
        RuntimeError: the Tensor does not hold floats.

    Source: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-Normalizing Neural Networks" (2017), section 2.
    """
    return saturated(input, p, training, inplace, "alpha_dropout")


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Any:
    """alpha_dropout of whole channels; `(B, C, ..) -> (B, C, ..)`.

    Raises:
        ValueError: p is no probability.
        RuntimeError: the Tensor does not hold floats.
        ShapeError: it has fewer than two dimensions.
    """
    return saturated(input, p, training, inplace, "feature_alpha_dropout")


def saturated(input: Tensor, p: float, training: bool, inplace: bool, name: str) -> Any:
    """The input with elements, or channels, at the floor of a SELU."""
    checked_probability(p)
    if not isinstance(input, Tensor):
        raise TypeError(f"{name} takes a Tensor, got {type(input).__name__}")
    if not training or p == 0:
        return input
    check_floating(input, name)
    shape = channel_shape(input, True, name) if name.startswith("feature") else input.shape
    if p == 1:
        return masked(input, shape, p, inplace)
    scale = ((1 - p) * (1 + FLOOR * FLOOR * p)) ** -0.5
    mask = kept(input, shape, p)
    shift = (1 - mask) * (FLOOR * scale) - FLOOR * scale * p
    return input.mul_(mask * scale).add_(shift) if inplace else input * (mask * scale) + shift
