"""Several processes that train together, as PyTorch's programs ask for them: here there is one, which says so."""

import enum
import itertools
from collections.abc import Iterator
from typing import Any

from ..data import Sampler
from ..functions.random import Generator, randperm

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
    """The indices that one of several processes has: every `num_replicas`-th from its `rank` on.

    All have as many: the first indices come again at the end, or those that are too many are left out with `drop_last`.
    The order is shuffled by the seed and the epoch, which `set_epoch` tells.

    >>> list(DistributedSampler(range(5), 2, 1, shuffle=False))
    [1, 3, 0]

    Raises:
        RuntimeError: the number of processes or of this one is not given: there are no groups that could tell.
        ValueError: there is no process of this number.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None or rank is None:
            init_process_group()
            return
        if not 0 <= rank < num_replicas:
            raise ValueError(f"DistributedSampler: of {num_replicas} processes there is none of the rank {rank}")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last, self.epoch = shuffle, seed, drop_last, 0
        count = len(dataset)
        self.num_samples = count // num_replicas if drop_last else -(-count // num_replicas)
        self.total_size = self.num_samples * num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch comes, and so which order."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        order = list(range(len(self.dataset)))
        if self.shuffle:
            order = randperm(len(order), generator=Generator().manual_seed(self.seed + self.epoch)).tolist()
        again = itertools.islice(itertools.cycle(order), self.total_size)
        return itertools.islice(again, self.rank, None, self.num_replicas)

    def __len__(self) -> int:
        return self.num_samples
