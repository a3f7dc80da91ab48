"""Samplers: in which order the samples of a data set come, and how they are put together in batches."""

from collections.abc import Iterable, Iterator, Sized
from typing import Protocol

from ..functions.random import Generator, randint, randperm

__all__ = ["BatchSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler(Protocol):
    """What a sampler is: it gives indices anew each time it is iterated over, and tells how many."""

    def __iter__(self) -> Iterator[int]: ...

    def __len__(self) -> int: ...


class SequentialSampler:
    """The indices in order."""

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler:
    """The indices in random order; with `replacement` each is drawn anew, and `num_samples` of them.

    >>> list(RandomSampler("abcd", generator=Generator().manual_seed(3)))
    [3, 2, 1, 0]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        if num_samples is not None and num_samples < 1:
            raise ValueError(f"RandomSampler needs num_samples of 1 or more, got {num_samples}")
        self.data_source = data_source
        self.replacement = replacement
        self.num_samples = num_samples
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        size, wanted = len(self.data_source), len(self)
        if self.replacement:
            yield from randint(0, size, (wanted,), generator=self.generator).tolist()
            return
        for start in range(0, wanted, max(size, 1)):  # more than there are: one order after another
            yield from randperm(size, generator=self.generator).tolist()[: wanted - start]

    def __len__(self) -> int:
        return len(self.data_source) if self.num_samples is None else self.num_samples


class BatchSampler:
    """Lists of `batch_size` indices of another sampler; the last, shorter one is left out with `drop_last`.

    Raises:
        ValueError: the batch size is not a whole number of 1 or more.

    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[int], batch_size: int, drop_last: bool) -> None:
        if type(batch_size) is not int or batch_size < 1:  # True is no number of samples
            raise ValueError(f"batch_size must be a whole number of 1 or more, got {batch_size!r}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        batch: list[int] = []
        for index in self.sampler:
            batch.append(index)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]  # an iterable without a length says so here
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
