"""Tensors among the objects of Python and NumPy: numbers, sequences and keys, copied, pickled, in NumPy's functions."""

import copy
from collections.abc import Iterator
from numbers import Number
from typing import Any

import numpy
from numpy.typing import NDArray

from . import writes
from .errors import GradientError, ShapeError
from .recording import wrap
from .tensor import Tensor

__all__: list[str] = []

Array = NDArray[Any]
OWN = {"_array", "_node", "_view", "_kept", "_generation", "_inference"}  # the rest of a Tensor's dict is the user's


def number(self: Tensor, what: str) -> Any:
    """The only element.

    Raises:
        ShapeError: there is not exactly one.
    """
    if self._array.size != 1:
        raise ShapeError(f"a Tensor of shape {self.shape} is not one {what}; only a Tensor of one element is")
    return self._array.item()


def as_int(self: Tensor) -> int:
    """int(self)."""
    return int(number(self, "int"))


def as_float(self: Tensor) -> float:
    """float(self)."""
    return float(number(self, "float"))


def as_complex(self: Tensor) -> complex:
    """complex(self)."""
    return complex(number(self, "complex number"))


def as_truth(self: Tensor) -> bool:
    """bool(self).

    Raises:
        RuntimeError: there is not exactly one element.
    """
    if self._array.size != 1:
        raise RuntimeError(f"the truth of {self._array.size} elements is not one; use .any() or .all()")
    return bool(self._array)


def as_index(self: Tensor) -> int:
    """operator.index(self), for list[self] and range(self).

    Raises:
        TypeError: the Tensor does not hold one integer.
    """
    if self.dtype.kind not in "iub" or self._array.size != 1:
        raise TypeError(f"only integers serve as an index, this Tensor holds {self.dtype} of shape {self.shape}")
    return int(self._array.item())


def length(self: Tensor) -> int:
    """len(self), the size of the first dimension.

    Raises:
        TypeError: there are no dimensions.
    """
    if not self.ndim:
        raise TypeError("a Tensor without dimensions has no length")
    return self.shape[0]


def iterate(self: Tensor) -> Iterator[Any]:
    """iter(self): the slices along the first dimension.

    Raises:
        TypeError: there are no dimensions.
    """
    if not self.ndim:
        raise TypeError("a Tensor without dimensions cannot be iterated over")
    return iter(self.unbind(0))


def backwards(self: Tensor) -> Tensor:
    """reversed(self): the slices along the first dimension, the last first."""
    return self.flip(0) if self.ndim else self


def contains(self: Tensor, value: Any) -> bool:
    """Whether any element equals a number or Tensor.

    Raises:
        RuntimeError: the value is neither.
    """
    if not isinstance(value, (Tensor, Number)):
        raise RuntimeError(f"`in` a Tensor seeks a number or a Tensor, got {type(value).__name__}")
    return bool((self == value).any())


def delete(self: Tensor, index: Any) -> None:
    """Not possible.

    Raises:
        TypeError: always.
    """
    raise TypeError("the elements of a Tensor cannot be deleted; select those to keep")


def formatted(self: Tensor, spec: str) -> str:
    """format(self, spec): of a Tensor without dimensions, that of its number.

    Raises:
        TypeError: the Tensor has dimensions, and the specification says something.
    """
    if type(self) is Tensor and not self.ndim:
        return format(self.item(), spec)
    if spec:
        raise TypeError(f"{spec!r} formats one number, this {type(self).__name__} has shape {self.shape}")
    return repr(self)


# copies


def attributes(self: Tensor) -> dict[str, Any]:
    """What the user has set on this Tensor."""
    return {name: value for name, value in vars(self).items() if name not in OWN}


def restore(kind: type[Tensor], array: Array, requires_grad: bool, own: dict[str, Any]) -> Tensor:
    """A leaf as it was pickled."""
    result = object.__new__(kind)
    result._array, result._node, result._view = array, None, None
    vars(result).update(own)
    return result.requires_grad_() if requires_grad else result


def reduce(self: Tensor) -> Any:
    """How copy.copy and pickle make it again: as a leaf, without its gradient."""
    return restore, (type(self), self._array, self.requires_grad, attributes(self))


def deepcopy(self: Tensor, memo: dict[int, Any]) -> Tensor:
    """copy.deepcopy(self), with its gradient; Tensors that share memory are copied into memory that they share.

    Raises:
        RuntimeError: it is no leaf.
    """
    if not self.is_leaf:
        raise GradientError("only a leaf can be deep-copied; detach() what was computed")
    array = self._array
    memory = writes.owner(array)
    result = restore(type(self), view_into(copy.deepcopy(memory, memo), array, memory), self.requires_grad, {})
    memo[id(self)] = result
    vars(result).update(copy.deepcopy(attributes(self), memo))
    if self.grad is not None:
        result.grad = copy.deepcopy(self.grad, memo)
    return result


def view_into(copied: Array, array: Array, memory: Array) -> Array:
    """The part of a copied memory that an array is of the memory itself."""
    if array is memory:
        return copied
    start = array.__array_interface__["data"][0] - memory.__array_interface__["data"][0]
    found: Array = numpy.ndarray(array.shape, array.dtype, copied.reshape(-1, order="A"), start, array.strides)
    found.flags.writeable = array.flags.writeable
    return found


# NumPy


def as_array(self: Tensor, dtype: Any = None, copy: bool | None = None) -> Array:
    """numpy.asarray(self)."""
    array = self.numpy() if dtype is None else self.numpy().astype(dtype, copy=False)
    return array.copy() if copy else array


def wrap_array(self: Tensor, array: Array, context: Any = None, return_scalar: bool = False) -> Tensor:
    """What a function of NumPy gave for a Tensor, as a Tensor."""
    found: Tensor = wrap(numpy.asarray(array))
    return found


def dlpack(self: Tensor, **settings: Any) -> Any:
    """The memory, for other libraries, by the DLPack protocol.

    Raises:
        RuntimeError: the Tensor requires grad.
    """
    return self.numpy().__dlpack__(**settings)


def dlpack_device(self: Tensor) -> Any:
    """Where the memory is: on the CPU."""
    return self._array.__dlpack_device__()


for function, name in {
    as_array: "__array__",
    as_complex: "__complex__",
    as_float: "__float__",
    as_index: "__index__",
    as_int: "__int__",
    as_truth: "__bool__",
    backwards: "__reversed__",
    contains: "__contains__",
    deepcopy: "__deepcopy__",
    delete: "__delitem__",
    dlpack: "__dlpack__",
    dlpack_device: "__dlpack_device__",
    formatted: "__format__",
    iterate: "__iter__",
    length: "__len__",
    reduce: "__reduce__",
    wrap_array: "__array_wrap__",
}.items():
    setattr(Tensor, name, function)
