"""CUDA's queues of work as PyTorch's programs name them: there is no device that works beside the program."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..cuda import current_device

__all__ = [
    "CUDAGraph",
    "Event",
    "Stream",
    "_initialized",
    "current_stream",
    "default_stream",
    "get_device_name",
    "stream",
]

_initialized = False


class Stream:
    """A queue of work on a device.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        current_device()


class Event(Stream):
    """A mark in a queue of work.

    Raises:
        RuntimeError: always.
    """


class CUDAGraph(Stream):
    """Work that is done again.

    Raises:
        RuntimeError: always.
    """


def stream(stream: Any) -> AbstractContextManager[None]:
    """A context in which nothing is other, as PyTorch's is for None."""
    return nullcontext()


def current_stream(device: Any = None) -> Any:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    current_device()


default_stream = get_device_name = current_stream
