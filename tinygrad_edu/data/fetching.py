"""How a batch is made: its samples are fetched and collated, and its random numbers are its own."""

import contextlib
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy

from ..functions.random import Generator, drawing_from
from .collate import default_collate
from .dataset import Subset, TensorDataset

__all__ = ["Fetcher", "StreamFetcher", "batch_seed", "draws_nothing", "seed_all", "seeded"]

GOLDEN = (
    0x9E3779B97F4A7C15  # 2^64 over the golden ratio: steps that are far from each other, SplitMix, Steele et al. 2014
)


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
    """Makes batches of the next samples of a stream; raises StopIteration at its end."""

    def __init__(self, dataset: Any, batched: bool, collate_fn: Callable[[Any], Any], drop_last: bool) -> None:
        self.samples = iter(dataset)
        self.batched = batched
        self.collate_fn = collate_fn
        self.drop_last = drop_last

    def fetch(self, indices: Any) -> Any:
        """The batch of as many samples as there are indices, or of fewer at the end."""
        if not self.batched:
            return self.collate_fn(next(self.samples))
        batch = [sample for _, sample in zip(indices, self.samples, strict=False)]
        if not batch or (self.drop_last and len(batch) < len(indices)):
            raise StopIteration
        return self.collate_fn(batch)


def collated(dataset: Any, indices: list[int]) -> Any:
    """The batch of these samples, put together by default_collate."""
    # One gather from each Tensor instead of many; a class derived from these may have another __getitem__.
    if type(dataset) is Subset:
        return collated(dataset.dataset, [dataset.indices[i] for i in indices])
    if type(dataset) is TensorDataset:
        return list(dataset[indices])
    return default_collate(samples(dataset, indices))


def samples(dataset: Any, indices: list[int]) -> Any:
    """These samples, at once where the data set can."""
    if type(dataset) is Subset:
        return samples(dataset.dataset, [dataset.indices[i] for i in indices])
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if at_once is not None else [dataset[i] for i in indices]


def draws_nothing(dataset: Any) -> bool:
    """Whether no code of the user's is run for a sample."""
    while type(dataset) is Subset:
        dataset = dataset.dataset
    return type(dataset) is TensorDataset


def batch_seed(seed: int, position: int) -> int:
    """The seed of the batch at this position of the epoch with this seed."""
    return (seed + (position + 1) * GOLDEN) % 2**63


def seed_all(seed: int) -> None:
    """Seed Python's random numbers and NumPy's global ones."""
    random.seed(seed)
    numpy.random.seed([seed % 2**32, seed >> 32, 1])  # one word more: both are the same generator


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within a `with` block all random numbers are those of this seed; after it they go on where they were."""
    state, numpy_state = random.getstate(), numpy.random.get_state(legacy=False)
    seed_all(seed)
    try:
        with drawing_from(Generator().manual_seed(seed)):
            yield
    finally:
        random.setstate(state)
        numpy.random.set_state(numpy_state)
