"""Random numbers as PyTorch's programs set them aside."""

import contextlib
from collections.abc import Iterator
from typing import Any

from ..functions.random import get_rng_state, set_rng_state

__all__ = ["fork_rng"]


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True, **settings: Any) -> Iterator[None]:
    """A block after which the default generator is where it was before."""
    before = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(before)
