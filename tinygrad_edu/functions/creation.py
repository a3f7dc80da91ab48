"""Making Tensors from data, and filled with one value or a sequence."""

import math
from typing import Any

import numpy

from ..backend import to_numpy
from ..dtypes import as_dtype, get_default_dtype, int64, result_type
from ..recording import wrap
from ..tensor import Tensor
from .dims import as_new_sizes

__all__ = [
    "arange",
    "as_tensor",
    "empty",
    "empty_like",
    "eye",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "tensor",
    "zeros",
    "zeros_like",
]


NUMBERS = {"b": False, "i": 0, "u": 0, "f": 0.0}


def as_array(data: Any, dtype: Any) -> Any:
    """A new array of data, with PyTorch's dtype for Python numbers: floats are float32, integers int64.

    Raises:
        ValueError: nested lists of different lengths.
        TypeError: data that are no numbers.
        RuntimeError: an integer that int64 cannot hold.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(data, Tensor):
        return numpy.array(data._array, wanted)
    held: list[Any] = []  # arrays, whose dtypes count
    data = unwrapped(data, held)
    try:
        array = numpy.array(data)
    except ValueError as error:
        raise ValueError(f"tensor() needs nested lists of equal lengths: {error}") from None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise TypeError(f"tensor() takes numbers, got {type(data).__name__} ({array.dtype})")
    if not held and array.dtype.kind == "u":
        raise RuntimeError(f"tensor() takes integers below 2^63, got {data!r:.60}")
    if wanted is None:
        as_dtype(array.dtype)
        wanted = result_type([*held, NUMBERS[array.dtype.kind]]) if array.size or held else get_default_dtype()
    with numpy.errstate(over="ignore"):
        return array.astype(wanted, copy=False)


def unwrapped(data: Any, held: list[Any]) -> Any:
    """Nested lists with arrays in the place of Tensors; the arrays are noted in `held`."""
    if isinstance(data, (list, tuple)):
        return [unwrapped(item, held) for item in data]
    if isinstance(data, (Tensor, numpy.ndarray, numpy.generic)):
        data = to_numpy(getattr(data, "_array", data))
        held.append(data)
    return data


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A new Tensor with a copy of numbers, nested lists, an array or a Tensor.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor(1.5).dtype
    (dtype('int64'), dtype('float32'))

    Raises:
        ValueError: nested lists of different lengths.
        TypeError: data that are no numbers.
    """
    return finished(as_array(data, dtype), requires_grad)


def finished(array: Any, requires_grad: bool) -> Any:
    """A Tensor over this array, that requires grad if asked to."""
    result = wrap(array)
    return result.requires_grad_() if requires_grad else result


def as_tensor(data: Any, dtype: Any = None) -> Any:
    """A Tensor of the data without a copy where it can be had: a Tensor is returned itself, an array is shared."""
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, numpy.ndarray):
        return wrap(to_numpy(data).astype(as_dtype(data.dtype if dtype is None else dtype), copy=False))
    return tensor(data, dtype)


def from_numpy(array: Any) -> Tensor:
    """A Tensor that shares the memory of a NumPy array.

    Raises:
        TypeError: it is no array, or one of a dtype that Tensors do not have.
    """
    if not isinstance(array, numpy.ndarray):
        raise TypeError(f"from_numpy takes a NumPy array, got {type(array).__name__}; use tensor()")
    if not array.dtype.isnative:
        raise ValueError(f"from_numpy shares memory, and cannot with bytes in the order of {array.dtype}; use tensor()")
    as_dtype(array.dtype)
    return wrap(to_numpy(array))


def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of this size filled with one value."""
    sizes = as_new_sizes((size,))
    wanted = as_array(fill_value, dtype).dtype
    return finished(numpy.full(sizes, to_numpy(getattr(fill_value, "_array", fill_value)), wanted), requires_grad)


def zeros(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of zeros."""
    return finished(numpy.zeros(as_new_sizes(size), as_dtype(dtype or get_default_dtype())), requires_grad)


def ones(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor of ones."""
    return finished(numpy.ones(as_new_sizes(size), as_dtype(dtype or get_default_dtype())), requires_grad)


def empty(*size: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A Tensor whose elements are whatever was in the memory."""
    return finished(numpy.empty(as_new_sizes(size), as_dtype(dtype or get_default_dtype())), requires_grad)


def zeros_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Zeros in the shape and dtype of another Tensor."""
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def ones_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Ones in the shape and dtype of another Tensor."""
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def empty_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Unset elements in the shape and dtype of another Tensor."""
    return empty(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """One value in the shape and dtype of another Tensor."""
    return full(input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The numbers from start (or 0) up to, but without, end.

    Raises:
        RuntimeError: the step is 0, or leads away from the end, or there is no end.
    """
    start, end = (0, start) if end is None else (start, end)
    if step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"arange from {start} to {end} cannot be walked in steps of {step}")
    whole = all(isinstance(x, int) for x in (start, end, step))
    wanted = as_dtype(dtype) if dtype is not None else int64 if whole else get_default_dtype()
    steps = (end - start) / step
    if not math.isfinite(steps):
        raise RuntimeError(f"arange from {start} to {end} in steps of {step} would not end")
    values = start + step * numpy.arange(math.ceil(steps))
    return finished(values.astype(wanted), requires_grad)


def linspace(start: float, end: float, steps: int, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """So many numbers from start to end, both included, evenly spaced."""
    if steps < 0:
        raise RuntimeError(f"linspace needs a number of steps that is not negative, got {steps}")
    values = numpy.linspace(start, end, steps)
    return finished(values.astype(as_dtype(dtype or get_default_dtype())), requires_grad)


def eye(n: int, m: int | None = None, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """The identity matrix, `(n, m)`; m is n by default."""
    n, m = as_new_sizes((n, n if m is None else m))
    return finished(numpy.eye(n, m, dtype=as_dtype(dtype or get_default_dtype())), requires_grad)
