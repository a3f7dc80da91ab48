"""Profiling as PyTorch's programs ask for it: Python's own profiler, with its table of functions."""

import contextlib
import cProfile
import enum
import io
import pstats
from collections.abc import Iterator
from typing import Any

__all__ = ["EventList", "ProfilerActivity", "profile", "record_function", "schedule"]


class ProfilerActivity(enum.Enum):
    """What is measured; here the CPU."""

    CPU = 0
    CUDA = 1


@contextlib.contextmanager
def record_function(name: str, args: str | None = None) -> Iterator[None]:
    """A block with a name, which Python's profiler does not show."""
    yield


def schedule(**settings: Any) -> None:
    """None: all steps are measured."""


class profile:  # noqa: N801
    """A block in which the time of each function is measured."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        self.measured = cProfile.Profile()

    def __enter__(self) -> "profile":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin to measure."""
        self.measured.enable()

    def stop(self) -> None:
        """Measure no longer."""
        self.measured.disable()

    def step(self) -> None:
        """Nothing to do: all steps are measured."""

    def key_averages(self, *arguments: Any, **settings: Any) -> "profile":
        """What was measured, as one table."""
        return self

    def table(self, sort_by: str | None = None, row_limit: int = 100, **settings: Any) -> str:
        """The functions that took longest, with those that they called."""
        told = io.StringIO()
        pstats.Stats(self.measured, stream=told).sort_stats("cumulative").print_stats(row_limit)
        return told.getvalue()


EventList = profile  # what key_averages gives
