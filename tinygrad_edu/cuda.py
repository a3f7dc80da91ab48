"""The GPU that is not there, for programs that ask before they use it."""

from typing import Any

__all__ = [
    "OutOfMemoryError",
    "current_device",
    "device_count",
    "empty_cache",
    "get_rng_state_all",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_reserved",
    "memory_allocated",
    "memory_reserved",
    "reset_peak_memory_stats",
    "set_rng_state_all",
    "synchronize",
]


class OutOfMemoryError(RuntimeError):
    """What a GPU without room raises; here nothing does."""


def is_available() -> bool:
    """False."""
    return False


def is_bf16_supported() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def current_device() -> int:
    """Not possible.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("there is no CUDA device: Tensors are on the CPU; ask cuda.is_available() first")


def synchronize(device: Any = None) -> None:
    """Not possible.

    Raises:
        RuntimeError: always.
    """
    current_device()


def empty_cache() -> None:
    """Nothing to do."""


def manual_seed(seed: int) -> None:
    """Nothing to do: without a device nothing is drawn there."""


def manual_seed_all(seed: int) -> None:
    """Nothing to do: without devices nothing is drawn there."""


def memory_allocated(device: Any = None) -> int:
    """0."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def memory_reserved(device: Any = None) -> int:
    """0."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """0."""
    return 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing to do."""


def ipc_collect() -> None:
    """Nothing to do."""


def get_rng_state_all() -> list[Any]:
    """The states of no devices."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Nothing to do: there are no devices."""
