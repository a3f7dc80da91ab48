"""How a batch is made: its samples are fetched and collated."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy

from .collate import default_collate
from .dataset import Subset, TensorDataset, samples
from .transforms.transform import TransformedDataset

__all__ = ["Fetcher", "Recipe", "StreamFetcher"]


class Fetcher:
    """Makes batches of the samples of a data set with an index."""

    def __init__(self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any]) -> None:
        self.dataset = dataset
        self.batched = batched
        self.collate_fn = collate_fn

    def fetch(self, indices: Any) -> Any:
        """The batch of these samples."""
        try:
            if not self.batched:
                return self.collate_fn(self.dataset[indices])
            if self.collate_fn is default_collate:
                return collated(self.dataset, indices)
            return self.collate_fn(samples(self.dataset, indices))
        except StopIteration as error:  # it would end the epoch as if there were no more batches
            raise RuntimeError("a data set with an index, or its collate_fn, raised StopIteration") from error


class StreamFetcher:
    """Makes batches of the next samples of a stream."""

    def __init__(self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.samples = iter(dataset)
        self.batched = batched
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.ended = False

    def fetch(self, indices: Any) -> Any:
        """The batch of as many samples as there are indices, or of fewer at the end.

        Raises:
            StopIteration: the stream has ended.
        """
        batch = self.next_samples(len(indices) if self.batched else 1)
        if not batch:
            raise StopIteration
        return self.collate_fn(batch if self.batched else batch[0])

    def next_samples(self, count: int) -> list[Any]:
        """So many samples, or fewer at the end; a stream is not asked again once it has ended."""
        batch: list[Any] = []
        while len(batch) < count and not self.ended:
            try:
                batch.append(next(self.samples))
            except StopIteration:
                self.ended = True
        return [] if self.drop_last and len(batch) < count else batch


@dataclass(frozen=True)
class Recipe:
    """What a loader makes batches of, and how: all that a worker has to know of it."""

    dataset: Any
    batched: bool
    collate_fn: Callable[[Any], Any]
    drop_last: bool
    streams: bool  # whether the data set is a stream, without an index

    def fetcher(self) -> Fetcher | StreamFetcher:
        """What makes the batches of an epoch."""
        if self.streams:
            return StreamFetcher(self.dataset, self.batched, self.collate_fn, self.drop_last)
        return Fetcher(self.dataset, self.batched, self.collate_fn)

    @property
    def draws(self) -> bool:
        """Whether code of the user's is run for a batch, which may draw random numbers."""
        dataset = self.dataset
        while type(dataset) is Subset:
            dataset = dataset.dataset
        return not is_rows(dataset) or self.collate_fn is not default_collate


def collated(dataset: Any, indices: list[int]) -> Any:
    """The batch of these samples, put together by default_collate."""
    # One gather from each Tensor instead of many; a class derived from these may have another __getitem__.
    if type(dataset) is Subset:
        return collated(dataset.dataset, [dataset.indices[i] for i in indices])
    if is_rows(dataset):
        return list(dataset[row_numbers(indices)])
    if type(dataset) is TransformedDataset and dataset.batched:
        images, *rest = collated(dataset.dataset, indices)
        return [dataset.transform(images), *rest]
    return default_collate(samples(dataset, indices))


def row_numbers(indices: Any) -> Any:
    """Numbers of rows as an array: of a list each Tensor would look at every one."""
    return numpy.asarray(indices) if indices and all(type(i) is int for i in indices) else indices


def is_rows(dataset: Any) -> bool:
    """Whether its samples are rows of Tensors, and nothing else."""
    return getattr(type(dataset), "__getitem__", None) is TensorDataset.__getitem__
