"""One epoch of a loader: which batches it has, and how far it is."""

import collections
import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..functions.random import Generator, drawing_from
from ..told import warn_user
from .pool import Pool, error_of
from .seeding import Streams, batch_seed
from .worker import END, RAISED

__all__ = ["Batches", "Epoch", "FromWorkers", "InProcess"]


@dataclass
class Epoch:
    """What an epoch follows from, and how many of its batches were handed out."""

    seed: int
    generators: list[dict[str, Any]] = field(default_factory=list)  # their states at its start
    position: int = 0


class Order:
    """The indices of each batch of an epoch, from a sampler that draws from a stream of the epoch's own."""

    def __init__(self, sampler: Iterable[Any], seed: int) -> None:
        self.stream = Generator().manual_seed(seed)
        with drawing_from(self.stream):
            self.indices = iter(sampler)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with drawing_from(self.stream):
            return next(self.indices)


class Batches:
    """The batches of one epoch of a loader, one after the other."""

    def __init__(self, loader: Any, epoch: Epoch) -> None:
        self.loader = loader
        self.epoch = epoch
        self.position = 0 if loader.streams else epoch.position
        self.order = Order(loader.sampler if loader.batch_sampler is None else loader.batch_sampler, epoch.seed)
        next(itertools.islice(self.order, self.position, self.position), None)  # go past what was handed out
        self.begin()
        with contextlib.suppress(StopIteration):
            while self.position < epoch.position:  # a stream has no other way to come to where it was
                self.make()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __len__(self) -> int:
        return len(self.loader)

    def __next__(self) -> Any:
        try:
            batch = self.make()
        except StopIteration:
            self.loader.complete(self.epoch)
            raise
        self.epoch.position = self.position
        told = self.loader.told_length
        if told is not None and self.position > told:
            warn_user(
                f"the stream gave {self.position} batches, and its length told of {told}; "
                "with workers each goes through all of it, unless it gives its share by get_worker_info()"
            )
        return batch

    def begin(self) -> None:
        """Get ready for the first batch."""
        raise NotImplementedError

    def make(self) -> Any:
        """The next batch; the position goes past it, also if it cannot be made.

        Raises:
            StopIteration: there is none.
        """
        raise NotImplementedError


class InProcess(Batches):
    """Batches that are made in this process when they are asked for."""

    def begin(self) -> None:
        """Get ready for the first batch."""
        recipe = self.loader.recipe
        self.streams = Streams() if recipe.draws else None
        with contextlib.nullcontext() if self.streams is None else self.streams.seeded(self.epoch.seed):
            self.fetcher = recipe.fetcher()

    def make(self) -> Any:
        """Make the next batch."""
        indices = next(self.order)
        number, self.position = self.position, self.position + 1
        if self.streams is None:
            return self.fetcher.fetch(indices)
        with self.streams.seeded(batch_seed(self.epoch.seed, number)):
            return self.fetcher.fetch(indices)


class FromWorkers(Batches):
    """Batches that workers make ahead of time: each is asked for some, in turn, and for one more when one has come."""

    def begin(self) -> None:
        """Ask for the first batches."""
        loader = self.loader
        self.pool: Pool = loader.pool()
        self.timeout = loader.timeout or None
        self.in_order = loader.in_order
        self.persistent = loader.persistent_workers
        self.numbers = itertools.count(self.position)
        self.due: collections.deque[int] = collections.deque()  # who was asked
        self.ended: set[int] = set()
        self.turn = self.pool.begin(self.epoch.seed)
        for _, worker_id in itertools.product(range(loader.prefetch_factor), range(loader.num_workers)):
            self.ask(worker_id)

    def _shutdown_workers(self) -> None:
        """End the workers; PyTorch's name."""
        self.pool.close()

    def ask(self, worker_id: int) -> None:
        """Ask a worker for one batch more, if there is one."""
        try:
            indices = next(self.order)
        except StopIteration:
            return
        self.pool.ask(worker_id, next(self.numbers), indices)
        self.due.append(worker_id)

    def make(self) -> Any:
        """Wait for the next batch, in order unless that is not wanted."""
        while self.due:
            if self.pool.turn != self.turn:
                raise RuntimeError("the workers of this loop have gone, or have gone on to a newer loop")
            worker_id = self.due[0] if self.in_order else self.pool.first_ready(dict.fromkeys(self.due), self.timeout)
            kind, content = self.pool.receive(worker_id, self.timeout)
            self.due.remove(worker_id)
            if kind == END:
                self.ended.add(worker_id)
                continue
            self.position += 1
            if worker_id not in self.ended:
                self.ask(worker_id)
            if kind == RAISED:
                raise error_of(*content)
            return content
        if not self.persistent:
            self.pool.close()
        raise StopIteration
