"""The choice among PyTorch's ways to compute attention, of which there is one here."""

import contextlib
import enum
from collections.abc import Iterator
from typing import Any

from ..functions.creation import ones
from ..tensor import Tensor

__all__ = ["SDPBackend", "causal_lower_right", "causal_upper_left", "sdpa_kernel"]


class SDPBackend(enum.Enum):
    """The ways, by name."""

    MATH = 0
    FLASH_ATTENTION = 1
    EFFICIENT_ATTENTION = 2
    CUDNN_ATTENTION = 3


@contextlib.contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[None]:
    """A block in which attention is computed as ever."""
    yield


def causal_upper_left(*size: int) -> Tensor:
    """The mask `(L, S)` with which each of L positions sees those up to its own, counted from the first."""
    return ones(size, dtype=bool).tril()


def causal_lower_right(*size: int) -> Tensor:
    """The mask `(L, S)` with which each of L positions sees those up to its own, counted from the last."""
    length, sources = size
    return ones(size, dtype=bool).tril(sources - length)
