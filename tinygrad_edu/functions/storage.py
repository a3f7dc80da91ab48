"""The memory under a Tensor, and Tensors that are given other memory: what PyTorch's older programs do with it."""

import math
from collections.abc import Iterator
from typing import Any

import numpy

from .. import writes
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_new_sizes, as_sizes

__all__ = ["is_storage"]


class Storage:
    """All elements in the memory that Tensors share, in a row; `untyped` in bytes.

    >>> from tinygrad_edu import arange
    >>> x = arange(4).reshape(2, 2)
    >>> x.t().storage().tolist()
    [0, 1, 2, 3]
    """

    def __init__(self, array: numpy.ndarray, untyped: bool = False) -> None:
        memory = writes.owner(array)
        order = sorted(range(memory.ndim), key=lambda dim: -memory.strides[dim])
        self.array = memory.transpose(order).reshape(-1).view(numpy.uint8 if untyped else array.dtype)

    def data_ptr(self) -> int:
        """The address of the first element."""
        return int(self.array.__array_interface__["data"][0])

    def nbytes(self) -> int:
        """The size in bytes."""
        return self.array.nbytes

    def size(self) -> int:
        """The number of elements."""
        return len(self.array)

    def element_size(self) -> int:
        """The size of an element in bytes."""
        return self.array.itemsize

    def tolist(self) -> list[Any]:
        """The elements."""
        return list(self.array.tolist())

    def untyped(self) -> "Storage":
        """The same memory in bytes."""
        return Storage(self.array, True)

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, place: Any) -> Any:
        found = self.array[place]
        return found.tolist() if isinstance(place, slice) else found.item()

    def __setitem__(self, place: Any, value: Any) -> None:
        """Write to the memory, as in place to a Tensor of it."""
        self.array[place] = value
        writes.note_write(self.array)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Storage) and (self.data_ptr(), self.nbytes()) == (other.data_ptr(), other.nbytes())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{self.tolist()}, a storage of {len(self)} {self.array.dtype.name}"


def is_storage(obj: Any) -> bool:
    """Whether an object is the memory under a Tensor."""
    return isinstance(obj, Storage)


@method
def storage(self: Tensor) -> Storage:
    """The memory under the Tensor, as elements of its dtype."""
    return Storage(self._array)


@method
def untyped_storage(self: Tensor) -> Storage:
    """The memory under the Tensor, as bytes."""
    return Storage(self._array, True)


@method
def resize_(self: Tensor, *sizes: Any) -> Tensor:
    """Take another shape in place: of the elements so far, in order, and after them of zeros.

    Raises:
        RuntimeError: the Tensor requires grad, or a size is negative.
    """
    shape = as_new_sizes(as_sizes(sizes))
    if self.requires_grad:
        raise RuntimeError("resize_ is for Tensors that do not require grad; use reshape(), or detach() it")
    if math.prod(shape) <= self.numel() and self._array.flags.c_contiguous:
        array = self._array.reshape(-1)[: math.prod(shape)].reshape(shape)
    else:
        array = numpy.resize(numpy.append(self._array, self._array.dtype.type(0)), shape)
        array.reshape(-1)[self.numel() :] = 0
    self.data = wrap(array)
    return self


@method
def resize_as_(self: Tensor, the_template: Tensor) -> Tensor:
    """Take the shape of another Tensor in place, as resize_."""
    return resize_(self, *the_template.shape)


@method
def set_(self: Tensor, source: Tensor | None = None) -> Tensor:
    """Take another Tensor's memory and shape in place, or none.

    Raises:
        RuntimeError: the dtypes differ.
    """
    taken = self.new_empty(0) if source is None else source
    if taken.dtype != self.dtype:
        raise RuntimeError(f"set_ takes a Tensor of the same dtype, {self.dtype}, got {taken.dtype}")
    self.data = taken
    return self
