"""Sets of samples: anything with a length and an index, and streams of samples."""

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from types import GenericAlias
from typing import Any, ClassVar, Generic, TypeVar

from ..functions.random import Generator, randperm
from ..tensor import Tensor
from ..told import warn_user

__all__ = [
    "ChainDataset",
    "ConcatDataset",
    "Dataset",
    "IterableDataset",
    "StackDataset",
    "Subset",
    "TensorDataset",
    "random_split",
]

Sample = TypeVar("Sample", covariant=True)


class Dataset(Generic[Sample]):
    """What a data set derives from: it defines `__getitem__`, which gives a sample, and `__len__`.

    With `__getitems__` it may give the samples of a list of indices at once. `a + b` are the samples of one after those
    of the other.

    >>> class Squares(Dataset[tuple[int, int]]):
    ...     def __getitem__(self, index):
    ...         return index, index**2
    ...     def __len__(self):
    ...         return 10
    >>> Squares()[3]
    (3, 9)
    """

    def __getitem__(self, index: Any) -> Sample:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__, which gives a sample")

    # no __len__: a set without one has no length, which len() and list() need to know

    def __add__(self, other: Any) -> "ConcatDataset":
        return ConcatDataset([self, other])


class IterableDataset(Dataset[Sample]):
    """A stream of samples: what derives from it defines `__iter__` instead of `__getitem__`.

    With workers each has a copy of it and goes through all of it, unless it gives only a share, which it learns of from
    `get_worker_info()`. `a + b` is one stream after the other.

    >>> class Countdown(IterableDataset[int]):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(Countdown() + Countdown())
    [3, 2, 1, 3, 2, 1]
    """

    def __iter__(self) -> Iterator[Sample]:
        raise NotImplementedError(f"{type(self).__name__} does not define __iter__, which gives its samples")

    def __add__(self, other: Any) -> "ChainDataset":  # type: ignore[override]  # PyTorch's
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors whose first dimension runs over the samples; a sample is a tuple of one row of each.

    Raises:
        ValueError: there is no Tensor, or they do not have the same number of rows.
        TypeError: something else than a Tensor is given.

    >>> from tinygrad_edu import arange
    >>> squares = TensorDataset(arange(4), arange(4) ** 2)
    >>> len(squares), squares[3]
    (4, (tensor(3), tensor(9)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        for tensor in tensors:
            if not hasattr(tensor, "ndim"):
                raise TypeError(
                    f"TensorDataset takes Tensors, got {type(tensor).__name__}; tensor() makes one of numbers"
                )
        rows = {tensor.shape[0] if tensor.ndim else None for tensor in tensors}
        if len(rows) != 1 or None in rows:
            shapes = ", ".join(str(tensor.shape) for tensor in tensors) or "none"
            raise ValueError(f"TensorDataset needs Tensors of one length in their first dimension, got {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


def samples(dataset: Any, indices: list[int]) -> Any:
    """The samples at these indices, asked for at once where the data set can."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(indices) if at_once is not None else [dataset[i] for i in indices]


class Subset(Dataset[Any]):
    """The samples of a data set at these indices, in this order."""

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # for annotations

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Sequence[int]) -> list[Any]:
        """The samples at these places, asked for at once where the data set can."""
        if type(self).__getitem__ is not Subset.__getitem__:  # a class derived from this one has its own samples
            return [self[i] for i in indices]
        return samples(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


class StackDataset(Dataset[Any]):
    """Data sets of one length side by side: a sample is a tuple, or a dict if they have names, of one of each.

    Raises:
        ValueError: there is none, they differ in length, or some have names and others not.

    >>> StackDataset("abc", [1, 2, 3])[1], StackDataset(letter="abc", number=[1, 2, 3])[1]
    (('b', 2), {'letter': 'b', 'number': 2})
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # for annotations

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError("StackDataset takes data sets, either all by position or all by name")
        self.datasets: tuple[Any, ...] | dict[str, Any] = args or kwargs
        lengths = [len(dataset) for dataset in args or kwargs.values()]
        if len(set(lengths)) != 1:
            raise ValueError(f"StackDataset needs data sets of one length, got {lengths}")

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)

    def __getitems__(self, indices: list[int]) -> list[Any]:
        """The samples at these places, asked for at once where a data set can.

        Raises:
            ValueError: a data set gives another number of samples.
        """
        if type(self).__getitem__ is not StackDataset.__getitem__:
            return [self[i] for i in indices]
        names = list(self.datasets) if isinstance(self.datasets, dict) else None
        datasets = self.datasets.values() if isinstance(self.datasets, dict) else self.datasets
        columns = [samples(dataset, indices) for dataset in datasets]
        for column in columns:
            if len(column) != len(indices):
                raise ValueError(f"a data set was asked for {len(indices)} samples at once and gave {len(column)}")
        rows = list(zip(*columns, strict=True))
        return [dict(zip(names, row, strict=True)) for row in rows] if names else rows

    def __len__(self) -> int:
        return len(next(iter(self.datasets.values())) if isinstance(self.datasets, dict) else self.datasets[0])


class ConcatDataset(Dataset[Any]):
    """The samples of one data set after those of another.

    Raises:
        ValueError: there is none, or one is a stream; ChainDataset chains those.

    >>> [ConcatDataset(["abc", "de"])[i] for i in (0, 3, -1)]
    ['a', 'd', 'e']
    """

    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)  # for annotations

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset needs one data set or more")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise ValueError("ConcatDataset needs data sets with an index; chain an IterableDataset with ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(len(dataset) for dataset in self.datasets))

    def __getitem__(self, index: Any) -> Any:
        if index < -len(self):
            raise ValueError(f"index {index} is out of range for {len(self)} samples")
        if index >= len(self):
            raise IndexError(f"index {index} is out of range for {len(self)} samples")
        index %= len(self)
        place = bisect.bisect_right(self.cumulative_sizes, index)
        return self.datasets[place][index - (self.cumulative_sizes[place - 1] if place else 0)]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]


class ChainDataset(IterableDataset[Any]):
    """One stream of samples after another.

    Raises:
        TypeError: when it comes to one that is not an IterableDataset.
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.streams():
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.streams())

    def streams(self) -> Iterator[Any]:
        """The data sets, each of which must be a stream."""
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(f"ChainDataset takes IterableDatasets, got {type(dataset).__name__}")
            yield dataset


def random_split(dataset: Any, lengths: Sequence[float], generator: Generator | None = None) -> list[Subset]:
    """Split a data set into parts that do not overlap, each sample in one of them by chance.

    `lengths` are numbers of samples, or fractions that sum to 1: each part then gets its share rounded down, and the
    samples that are left go to the first parts, one each.

    Raises:
        ValueError: the lengths do not sum to the length of the data set, or are not fractions that sum to 1.

    >>> from tinygrad_edu import Generator
    >>> [len(part) for part in random_split(range(10), [0.75, 0.25], Generator().manual_seed(0))]
    [8, 2]
    """
    count = len(dataset)
    if math.isclose(sum(lengths), 1) and all(0 <= length <= 1 for length in lengths):
        sizes = [math.floor(count * length) for length in lengths]
        for k in range(count - sum(sizes)):
            sizes[k % len(sizes)] += 1
        for k in [k for k, size in enumerate(sizes) if size == 0]:
            warn_user(f"random_split leaves part {k} empty: {lengths[k]:g} of {count} samples is less than one")
    elif sum(lengths) == count and all(length >= 0 and length == round(length) for length in lengths):
        sizes = [int(length) for length in lengths]
    else:
        raise ValueError(
            f"random_split needs lengths that sum to {count}, the number of samples, or fractions that sum to 1; "
            f"got {list(lengths)}, which sum to {sum(lengths):g}"
        )
    order = iter(randperm(count, generator=generator).tolist())
    return [Subset(dataset, [next(order) for _ in range(size)]) for size in sizes]
