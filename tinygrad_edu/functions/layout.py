"""How a Tensor lies in memory, and what PyTorch's programs ask about that."""

import math
from collections.abc import Iterable
from operator import index
from typing import Any, Self

import numpy

from .. import writes
from ..dtypes import as_dtype, get_default_dtype
from ..tensor import Tensor, method
from .creation import from_numpy
from .dims import as_dim

__all__ = [
    "Size",
    "channels_last",
    "channels_last_3d",
    "contiguous_format",
    "from_dlpack",
    "frombuffer",
    "is_same_size",
    "preserve_format",
    "strided",
]

strided = "torch.strided"  # the one layout there is
contiguous_format, preserve_format = "torch.contiguous_format", "torch.preserve_format"
channels_last, channels_last_3d = "torch.channels_last", "torch.channels_last_3d"  # taken, and changing nothing


class Size(tuple[int, ...]):
    """A shape, as Tensor.size() gives it: a tuple that knows how many elements it stands for.

    >>> Size([2, 3]).numel()
    6

    Raises:
        TypeError: a size is no integer.
    """

    __slots__ = ()

    def __new__(cls, sizes: Iterable[Any] = ()) -> Self:
        """The sizes, one after the other."""
        try:
            return super().__new__(cls, map(index, sizes))
        except TypeError:
            raise TypeError(f"Size takes a sequence of integers, got {sizes!r:.60}") from None

    def numel(self) -> int:
        """The product of the sizes."""
        return math.prod(self)

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return Size(found) if isinstance(place, slice) else found

    def __add__(self, other: Any) -> "Size":
        return Size(super().__add__(tuple(other)))

    def __radd__(self, other: Any) -> "Size":
        return Size((*other, *self))

    def __mul__(self, times: Any) -> "Size":
        return Size(super().__mul__(times))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


@method
def size(self: Tensor, dim: int | None = None) -> Any:
    """The shape, or the size of one dimension.

    Raises:
        IndexError: there is no such dimension.
    """
    return Size(self.shape) if dim is None else self.shape[as_dim(dim, self.ndim)]


@method
def stride(self: Tensor, dim: int | None = None) -> Any:
    """How many elements lie between neighbours, along each dimension or one.

    Raises:
        IndexError: there is no such dimension.
    """
    array = self._array
    if array.flags.c_contiguous:  # of a dimension of one element, or an empty Tensor, NumPy tells something else
        found = tuple([math.prod([max(n, 1) for n in self.shape[d + 1 :]]) for d in range(self.ndim)])
    else:
        found = tuple([n // array.itemsize for n in array.strides])
    return found if dim is None else found[as_dim(dim, self.ndim)]


@method
def is_contiguous(self: Tensor, memory_format: Any = None) -> bool:
    """Whether the elements lie in order, without gaps."""
    return bool(self._array.flags.c_contiguous)


@method
def storage_offset(self: Tensor) -> int:
    """How many elements of its memory stand before its first one."""
    start, memory = (a.__array_interface__["data"][0] for a in (self._array, writes.owner(self._array)))
    return int(start - memory) // self.dtype.itemsize if self.numel() else 0


@method
def data_ptr(self: Tensor) -> int:
    """The address of the first element, 0 if there is none."""
    return int(self._array.__array_interface__["data"][0]) if self.numel() else 0


@method
def detach_(self: Tensor) -> Tensor:
    """Forget how this Tensor was computed: from now on it is a leaf that does not require grad.

    Raises:
        RuntimeError: it is a view, whose source would still know.
    """
    if self._view is not None and self.requires_grad:
        raise RuntimeError("detach_() cannot be applied to a view, whose source keeps its history; use detach()")
    self._node = self._view = None
    return self


@method
def share_memory_(self: Tensor) -> Tensor:
    """The Tensor itself, for PyTorch's programs: threads share all memory."""
    return self


@method
def is_shared(self: Tensor) -> bool:
    """False: the memory is this process's own."""
    return False


@method
def apply_(self: Tensor, callable: Any) -> Tensor:
    """Replace each element by a function of it; slow, and unknown to gradients.

    Raises:
        RuntimeError: the Tensor requires grad.
    """
    if self.requires_grad:
        raise RuntimeError("apply_ runs a function of Python, which has no gradient; detach() the Tensor")
    values = numpy.array([callable(value) for value in self.reshape(-1).tolist()])
    return self.copy_(from_numpy(values.astype(self.dtype)).reshape(self.shape))


@method
def map_(self: Tensor, tensor: Tensor, callable: Any) -> Tensor:
    """Replace each element by a function of it and of another Tensor's; slow, and unknown to gradients.

    Raises:
        RuntimeError: a Tensor requires grad.
    """
    if self.requires_grad or tensor.requires_grad:
        raise RuntimeError("map_ runs a function of Python, which has no gradient; detach() the Tensors")
    others = iter(tensor.expand(self.shape).reshape(-1).tolist())
    return apply_(self, lambda value: callable(value, next(others)))


@method
def is_same_size(self: Tensor, other: Tensor) -> bool:
    """Whether the shapes are equal."""
    return self.shape == other.shape


def from_dlpack(ext_tensor: Any) -> Tensor:
    """A Tensor over the memory of another library's array, or of what its `to_dlpack` gave, by the DLPack protocol.

    Raises:
        TypeError: the object does not speak it.
    """
    if type(ext_tensor).__name__ == "PyCapsule":
        ext_tensor = Capsule(ext_tensor)
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(f"from_dlpack takes an array with __dlpack__, got {type(ext_tensor).__name__}")
    return from_numpy(numpy.from_dlpack(ext_tensor))


class Capsule:
    """A capsule of the protocol as an object that speaks it; the memory is the CPU's."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **settings: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def frombuffer(
    buffer: Any, *, dtype: Any = None, count: int = -1, offset: int = 0, requires_grad: bool = False
) -> Tensor:
    """A Tensor over the bytes of a buffer, from `offset` bytes on, of `count` elements, or of all with -1.

    Raises:
        ValueError: the buffer has not so many bytes, or not a whole number of elements.
        TypeError: it is no buffer.
    """
    wanted = as_dtype(dtype) if dtype is not None else get_default_dtype()
    size = memoryview(buffer).nbytes - offset
    if offset < 0 or size <= 0 or (count < 0 and size % wanted.itemsize) or count * wanted.itemsize > size:
        raise ValueError(f"frombuffer: {max(size, 0)} bytes from {offset} on do not hold {count} elements of {wanted}")
    found = from_numpy(numpy.frombuffer(buffer, wanted, count, offset))
    return found.requires_grad_() if requires_grad else found


def is_view(self: Tensor) -> bool:
    """Whether this Tensor was made as a view of another."""
    return self._view is not None


def base(self: Any) -> Tensor | None:
    """The Tensor that this is a view of, and that is none itself; None of one that is no view."""
    source = self
    while source._view is not None:
        source = source._view.source
    return None if source is self else source


Tensor.layout = strided  # type: ignore[attr-defined]
Tensor.itemsize = property(lambda self: self.dtype.itemsize, doc="The size of one element in bytes.")  # type: ignore[attr-defined]
Tensor.nbytes = property(lambda self: self._array.nbytes, doc="The size of all elements in bytes.")  # type: ignore[assignment]
Tensor._is_view = is_view  # type: ignore[attr-defined]
Tensor._base = property(base)  # type: ignore[attr-defined]
method(Tensor.requires_grad_)  # held to its bool
method(Tensor.numel, "nelement")
method(Tensor.dim, "ndimension")
