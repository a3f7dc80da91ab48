"""Several processes that train together, as PyTorch's programs ask for them: here there is one, which says so."""

import enum
from typing import Any

from ..data import Sampler

__all__ = [
    "DistributedSampler",
    "ProcessGroup",
    "ReduceOp",
    "Work",
    "ZeroRedundancyOptimizer",
    "all_gather",
    "all_reduce",
    "barrier",
    "broadcast",
    "destroy_process_group",
    "gather",
    "get_backend",
    "get_rank",
    "get_world_size",
    "init_process_group",
    "is_available",
    "is_initialized",
    "new_group",
    "reduce",
    "scatter",
]


class ProcessGroup:
    """Several processes, of which there are none."""


class Work:
    """What several processes are at, of which there are none."""


class ZeroRedundancyOptimizer:
    """An optimizer whose state several processes would share, if there were any.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, params: Any, *args: Any, **settings: Any) -> None:
        init_process_group()


def is_available() -> bool:
    """False."""
    return False


def is_initialized() -> bool:
    """False."""
    return False


def init_process_group(backend: str | None = None, *args: Any, **settings: Any) -> None:
    """Refuse: there is one process.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("there are no process groups: a program runs in one process; ask distributed.is_available()")


def destroy_process_group(group: Any = None) -> None:
    """Refuse: there is one process.

    Raises:
        RuntimeError: always.
    """
    init_process_group()


def barrier(group: Any = None) -> None:
    """Refuse: there is no other process to wait for.

    Raises:
        RuntimeError: always.
    """
    init_process_group()


def get_rank(group: Any = None) -> int:
    """0: the number of this process."""
    return 0


def get_world_size(group: Any = None) -> int:
    """1: the number of processes."""
    return 1


class ReduceOp(enum.Enum):
    """How numbers of several processes become one."""

    SUM, PRODUCT, MIN, MAX, AVG = range(5)


def refuse(*arguments: Any, **settings: Any) -> None:
    """Refuse: there is no other process.

    Raises:
        RuntimeError: always.
    """
    init_process_group()


all_gather = all_reduce = broadcast = gather = new_group = reduce = scatter = get_backend = refuse


class DistributedSampler(Sampler[int]):
    """The part of a data set that one of several processes has.

    Raises:
        RuntimeError: always: there is one process.
    """

    def __init__(self, dataset: Any, *args: Any, **settings: Any) -> None:
        init_process_group()
