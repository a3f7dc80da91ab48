"""Sets of samples: anything with a length and an index."""

import math
from collections.abc import Sequence
from typing import Any

from ..functions.random import Generator, randperm
from ..tensor import Tensor

__all__ = ["Dataset", "Subset", "TensorDataset", "random_split"]


class Dataset:
    """What a data set derives from: it defines `__getitem__`, which gives a sample, and `__len__`.

    >>> class Squares(Dataset):
    ...     def __getitem__(self, index):
    ...         return index, index**2
    ...     def __len__(self):
    ...         return 10
    >>> Squares()[3]
    (3, 9)
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__, which gives a sample")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not define __len__, the number of its samples")


class TensorDataset(Dataset):
    """Tensors whose first dimension runs over the samples; a sample is a tuple of one row of each.

    Raises:
        ValueError: there is no Tensor, or they do not have the same number of rows.

    >>> from tinygrad_edu import arange
    >>> squares = TensorDataset(arange(4), arange(4) ** 2)
    >>> len(squares), squares[3]
    (4, (tensor(3), tensor(9)))
    """

    def __init__(self, *tensors: Tensor) -> None:
        rows = {tensor.shape[0] if tensor.ndim else None for tensor in tensors}
        if len(rows) != 1 or None in rows:
            shapes = ", ".join(str(tensor.shape) for tensor in tensors) or "none"
            raise ValueError(f"TensorDataset needs Tensors of one length in their first dimension, got {shapes}")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].shape[0]


class Subset(Dataset):
    """The samples of a data set at these indices, in this order."""

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> Any:
        return self.dataset[self.indices[index]]

    def __len__(self) -> int:
        return len(self.indices)


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
    elif sum(lengths) == count and all(length >= 0 and length == round(length) for length in lengths):
        sizes = [int(length) for length in lengths]
    else:
        raise ValueError(
            f"random_split needs lengths that sum to {count}, the number of samples, or fractions that sum to 1; "
            f"got {list(lengths)}, which sum to {sum(lengths):g}"
        )
    order = iter(randperm(count, generator=generator).tolist())
    return [Subset(dataset, [next(order) for _ in range(size)]) for size in sizes]
