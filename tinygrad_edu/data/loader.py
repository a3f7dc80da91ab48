"""The DataLoader: from a set of samples to batches of Tensors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy

from ..functions.creation import as_tensor, tensor
from ..functions.joining import stack
from ..functions.random import Generator
from ..tensor import Tensor
from .dataset import Subset, TensorDataset
from .sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader", "default_collate"]


class DataLoader:
    """Batches of the samples of a data set, anew in each `for` loop, in a new order if `shuffle`.

    `sampler` gives the order instead of `shuffle`; `batch_sampler` gives lists of indices instead of the four options
    `batch_size`, `shuffle`, `sampler` and `drop_last`. `collate_fn` makes a batch from a list of samples. With
    `batch_size=None` the samples come one by one as they are. Batches are made in this process, so `num_workers` is 0.

    Raises:
        ValueError: an option that cannot be, or that another one rules out.

    >>> from tinygrad_edu import arange
    >>> for x, y in DataLoader(TensorDataset(arange(3), arange(3) ** 2), batch_size=2):
    ...     print(x, y)
    tensor([0, 1]) tensor([0, 1])
    tensor([2]) tensor([4])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        *,
        generator: Generator | None = None,
    ) -> None:
        if num_workers != 0:
            raise ValueError(f"DataLoader makes batches in this process: num_workers must be 0, got {num_workers!r}")
        if sampler is not None and shuffle:
            raise ValueError("DataLoader takes shuffle=True or a sampler, which gives the order itself, not both")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError("DataLoader takes no batch_size, shuffle, sampler or drop_last beside a batch_sampler")
        if batch_size is None and drop_last:
            raise ValueError("DataLoader has no last batch to drop with batch_size=None")
        if sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.collate_fn = collate_fn
        self.generator = generator

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            return (self.dataset[index] for index in self.sampler)
        if self.collate_fn is None:
            return (fetch(self.dataset, indices) for indices in self.batch_sampler)
        return (self.collate_fn([self.dataset[i] for i in indices]) for indices in self.batch_sampler)

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]


def fetch(dataset: Any, indices: Sequence[int]) -> Any:
    """The batch of these samples."""
    # One gather from each Tensor instead of many; a class derived from these may have another __getitem__.
    if type(dataset) is Subset:
        return fetch(dataset.dataset, [dataset.indices[i] for i in indices])
    if type(dataset) is TensorDataset:
        return list(dataset[indices])
    return default_collate([dataset[i] for i in indices])


def default_collate(batch: Sequence[Any]) -> Any:
    """One batch from a list of samples: what is a number or a Tensor in a sample gets one dimension more, in front.

    Tensors and arrays are stacked, numbers become a Tensor (a float a float64, as in PyTorch), tuples, lists and dicts
    are gone into, and strings stay a list.

    Raises:
        ValueError: the samples are not of one length, or their Tensors not of one shape.
        TypeError: a sample holds something else.

    >>> default_collate([{"x": 1, "name": "a"}, {"x": 2, "name": "b"}])
    {'x': tensor([1, 2]), 'name': ['a', 'b']}
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, numpy.ndarray | numpy.generic):
        return stack([as_tensor(x) for x in batch])
    if isinstance(first, float):
        return tensor(batch, dtype=numpy.float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, str | bytes):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([sample[key] for sample in batch]) for key in first}
    if isinstance(first, tuple | list):
        if {len(sample) for sample in batch} != {len(first)}:
            raise ValueError(f"samples of one batch must have one length, got {sorted({len(s) for s in batch})}")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        f"a sample may hold Tensors, arrays, numbers, strings, tuples, lists and dicts, not {type(first).__name__}; "
        f"give DataLoader a collate_fn that knows what to do with it"
    )
