"""One epoch of a loader: which batches it has, and how far it is."""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..functions.random import Generator, drawing_from
from ..told import warn_user
from .collate import default_collate
from .fetching import Fetcher, StreamFetcher, batch_seed, draws_nothing, seeded

__all__ = ["Batches", "Epoch", "InProcess", "Order", "fetcher_of"]


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
        self.position = epoch.position
        self.order = Order(loader.sampler if loader.batch_sampler is None else loader.batch_sampler, epoch.seed)
        if not loader.streams:
            next(itertools.islice(self.order, self.position, self.position), None)  # go past what was handed out

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
        if self.loader.told_length is not None and self.position > self.loader.told_length:
            warn_user(
                f"the stream gave {self.position} batches, and its length told of {self.loader.told_length}; "
                "with workers each goes through all of it, unless it gives its share by get_worker_info()"
            )
        return batch

    def make(self) -> Any:
        """The next batch; the position goes past it, also if it cannot be made.

        Raises:
            StopIteration: there is none.
        """
        raise NotImplementedError


class InProcess(Batches):
    """Batches that are made in this process when they are asked for."""

    def __init__(self, loader: Any, epoch: Epoch) -> None:
        super().__init__(loader, epoch)
        self.draws = loader.collate_fn is not default_collate or not draws_nothing(loader.dataset)
        self.position = 0 if loader.streams else self.position
        with seeded(epoch.seed):
            self.fetcher = fetcher_of(loader)
        with contextlib.suppress(StopIteration):
            while self.position < epoch.position:  # a stream has no other way to come to where it was
                self.make()

    def make(self) -> Any:
        """Make the next batch."""
        indices = next(self.order)
        self.position += 1
        if not self.draws:
            return self.fetcher.fetch(indices)
        with seeded(batch_seed(self.epoch.seed, self.position)):
            return self.fetcher.fetch(indices)


def fetcher_of(loader: Any) -> Fetcher | StreamFetcher:
    """What makes the batches of a loader."""
    batched = loader.batch_sampler is not None
    if loader.streams:
        return StreamFetcher(loader.dataset, batched, loader.collate_fn, loader.drop_last)
    return Fetcher(loader.dataset, batched, loader.collate_fn)
