"""Random numbers as PyTorch's programs set them aside."""

import contextlib
from collections.abc import Iterator
from typing import Any

from ..functions.random import get_rng_state as state_of_stream
from ..functions.random import packed, set_rng_state
from ..tensor import Tensor

__all__ = ["fork_rng", "get_device_states", "get_rng_state", "set_device_states"]


def get_rng_state() -> Tensor:
    """Where the default generator's stream is, as a Tensor of bytes, which programs copy and save."""
    return packed(state_of_stream())


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **settings: Any) -> Iterator[None]:
    """A block after which the default generator is where it was before."""
    before = state_of_stream()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)


def get_device_states(*arguments: Any) -> tuple[list[int], list[Any]]:
    """Of which devices, and in what states, the random numbers are: there is none but the CPU."""
    return [], []


def set_device_states(devices: Any, states: Any, **settings: Any) -> None:
    """Nothing to do."""
