"""The memory under a Tensor, and Tensors that are given other memory: what PyTorch's older programs do with it."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy

from .. import writes
from ..grad_mode import is_grad_enabled
from ..recording import wrap
from ..tensor import Tensor, method
from .dims import as_new_sizes, as_sizes
from .strided import is_apart

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
def set_(
    self: Tensor,
    source: "Tensor | Storage | None" = None,
    storage_offset: int = 0,
    size: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
) -> Tensor:
    """Take another Tensor's memory and shape in place, or none; or, of the memory under one, what sizes and steps say.

    Raises:
        RuntimeError: the dtypes differ, or it would reach outside of the memory; or the Tensor requires grad, and
            gradients would pass the change by.
    """
    if is_grad_enabled() and self.requires_grad:
        raise RuntimeError("set_ is for Tensors that do not require grad; use it under no_grad(), or detach() it")
    if isinstance(source, Storage) or size is not None:
        taken = laid_out(self, source, storage_offset, size, stride)
    else:
        taken = self.new_empty(0) if source is None else source
    if taken.dtype != self.dtype:
        raise RuntimeError(f"set_ takes a Tensor of the same dtype, {self.dtype}, got {taken.dtype}")
    self.data = taken
    return self


def laid_out(self: Tensor, source: Any, start: int, size: Any, stride: Any) -> Tensor:
    """The elements of a memory from `start` on, by sizes and steps; without them all, in a row.

    Raises:
        RuntimeError: these reach outside.
    """
    memory = (source if isinstance(source, Storage) else Storage(source._array)).array.view(self.dtype)
    shape = (len(memory) - start,) if size is None else as_new_sizes(as_sizes((size,)))
    steps = [math.prod(shape[i + 1 :]) for i in range(len(shape))] if stride is None else list(stride)
    last = start + sum([(n - 1) * step for n, step in zip(shape, steps, strict=True)])
    if start < 0 or min(steps, default=0) < 0 or (0 not in shape and last >= len(memory)):
        raise RuntimeError(
            f"set_: sizes {shape} and steps {steps} from {start} reach outside of {len(memory)} elements"
        )
    apart = is_apart(shape, tuple(steps))
    strides = [step * memory.itemsize for step in steps]
    return wrap(numpy.lib.stride_tricks.as_strided(memory[start:], shape, strides, writeable=apart))
