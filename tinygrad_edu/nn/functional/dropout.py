"""Dropout without state."""

from typing import Any

from ...functions.creation import zeros_like
from ...functions.random import rand
from ...tensor import Tensor

__all__ = ["checked_probability", "dropout"]


def checked_probability(p: float) -> float:
    """The probability itself.

    Raises:
        ValueError: it is not between 0 and 1.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"a dropout probability is between 0 and 1, got {p}")
    return p


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Each element 0 with probability p, else divided by 1 - p; the input itself when not training; `(*) -> (*)`.

    Raises:
        ValueError: p is no probability.
    """
    checked_probability(p)
    if not training or p == 0:
        return input
    mask = zeros_like(input) if p == 1 else (rand(input.shape) >= p).to(input.dtype) / (1 - p)
    return input.mul_(mask) if inplace else input * mask
