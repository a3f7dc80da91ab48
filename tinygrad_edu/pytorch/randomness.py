"""Random numbers as PyTorch's programs set them aside."""

import contextlib
from collections.abc import Iterator
from typing import Any

from ..functions.random import get_rng_state, set_rng_state

__all__ = ["fork_rng", "get_device_states", "set_device_states"]


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **settings: Any) -> Iterator[None]:
    """A block after which the default generator is where it was before."""
    before = get_rng_state()
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
