"""Making Tensors from data, and filled with one value or a sequence.

`device`, `layout`, `pin_memory` and `memory_format` are accepted as PyTorch's programs pass them: there is one device,
the CPU, and another is a RuntimeError; the others have no meaning here.
"""

from typing import Any

import numpy

from ..backend import to_numpy
from ..dtypes import as_dtype, check_fits, get_default_dtype, result_type
from ..errors import DtypeError
from ..recording import as_element, wrap
from ..tensor import Tensor, method
from ..wording import in_our_words
from .device import check_device
from .dims import as_new_sizes

__all__ = [
    "as_tensor",
    "asarray",
    "empty",
    "empty_like",
    "from_numpy",
    "full",
    "full_like",
    "ones",
    "ones_like",
    "scalar_tensor",
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
        RuntimeError: a number that the integers of the dtype, or of int64, cannot hold.
    """
    wanted = None if dtype is None else as_dtype(dtype)
    if isinstance(data, Tensor):
        return numpy.array(data._array, wanted)
    held: list[Any] = []  # arrays, whose dtypes count
    data = unwrapped(data, held)
    try:
        array = numpy.array(data)
    except ValueError as error:
        raise ValueError(f"tensor() needs nested lists of equal lengths: {in_our_words(error)}") from None
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise DtypeError(f"tensor() takes numbers, got {type(data).__name__} ({array.dtype})")
    if not held and array.dtype.kind == "u" and (wanted is None or wanted.kind != "f"):
        raise RuntimeError(f"tensor() takes integers below 2^63, got {data!r:.60}")
    if wanted is None:
        as_dtype(array.dtype)
        wanted = result_type([*held, NUMBERS[array.dtype.kind]]) if array.size or held else get_default_dtype()
    elif not held and wanted.kind in "iu" and array.size:
        check_fits(array, wanted)
    with numpy.errstate(over="ignore"):
        return array.astype(wanted, copy=False)


def unwrapped(data: Any, held: list[Any]) -> Any:
    """Nested lists with arrays, or a number, in the place of Tensors; the arrays are noted in `held`."""
    if isinstance(data, (list, tuple)):
        return [unwrapped(item, held) for item in data]
    if isinstance(data, (Tensor, numpy.ndarray, numpy.generic)):
        found = to_numpy(getattr(data, "_array", data))
        found = found.astype(found.dtype.newbyteorder("="), copy=False)
        held.append(found)
        return found.reshape(()) if isinstance(data, Tensor) and found.size == 1 else found
    return data


def tensor(
    data: Any, dtype: Any = None, requires_grad: bool = False, *, device: Any = None, pin_memory: bool = False
) -> Tensor:
    """A new Tensor with a copy of numbers, nested lists, an array or a Tensor.

    >>> tensor([[1, 2], [3, 4]]).dtype, tensor(1.5).dtype
    (dtype('int64'), dtype('float32'))

    Raises:
        ValueError: nested lists of different lengths.
        TypeError: data that are no numbers.
        RuntimeError: another device than the CPU.
    """
    return finished(as_array(data, dtype), requires_grad, device)


def finished(array: Any, requires_grad: bool, device: Any = None) -> Any:
    """A Tensor over this array, that requires grad if asked to.

    Raises:
        RuntimeError: another device than the CPU.
    """
    if device is not None:
        check_device(device)
    result = wrap(array)
    return result.requires_grad_() if requires_grad else result


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Any:
    """A Tensor of the data without a copy where it can be had: a Tensor is returned itself, an array is shared."""
    check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, numpy.ndarray):
        return wrap(to_numpy(data).astype(as_dtype(data.dtype if dtype is None else dtype), copy=False))
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None, requires_grad: bool | None = None
) -> Any:
    """as_tensor, or with `copy=True` always a copy; with `requires_grad=False` without history.

    Raises:
        ValueError: `copy` is False, and there must be one.
    """
    result = as_tensor(obj, dtype, device)
    is_shared = isinstance(obj, (Tensor, numpy.ndarray)) and result.dtype == obj.dtype
    if copy is False and not is_shared:
        raise ValueError(f"asarray(copy=False) shares memory of Tensors and arrays of the same dtype, got {obj!r:.80}")
    result = result.clone() if copy else result
    if requires_grad is False and result.requires_grad:
        return result.detach()
    return result.requires_grad_() if requires_grad else result


def from_numpy(array: Any) -> Tensor:
    """A Tensor that shares the memory of a NumPy array; one that cannot be written to makes such a Tensor.

    Raises:
        TypeError: it is no array, or one of a dtype that Tensors do not have.
        ValueError: its bytes are in another order than the machine's.
    """
    if not isinstance(array, numpy.ndarray):
        raise TypeError(f"from_numpy takes a NumPy array, got {type(array).__name__}; use tensor()")
    if not array.dtype.isnative:
        raise ValueError(f"from_numpy shares memory, and cannot with bytes in the order of {array.dtype}; use tensor()")
    as_dtype(array.dtype)
    return wrap(to_numpy(array))


Size = Any  # sizes one by one, or one sequence of them


def shape_of(sizes: tuple[Any, ...], size: Size) -> tuple[int, ...]:
    """The sizes given one by one, as one sequence, or by the keyword `size`."""
    return as_new_sizes(sizes if size is None else (size,))


def full(
    size: Size,
    fill_value: Any,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A Tensor of this size filled with one value, of its dtype.

    Raises:
        RuntimeError: the value has dimensions, or is out of the range of the dtype.
    """
    sizes = as_new_sizes((size,))
    if isinstance(fill_value, numpy.generic):
        fill_value = fill_value.item()  # a number, whose dtype does not count
    plain = dtype is not None and isinstance(fill_value, (bool, int, float))
    value = as_element(fill_value, as_dtype(dtype)) if plain else as_array(fill_value, dtype)
    if value.ndim:
        raise RuntimeError(f"full takes one value, got shape {value.shape}")
    return finished(numpy.full(sizes, value), requires_grad, device)


def zeros(
    *sizes: Any,
    size: Size = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A Tensor of zeros."""
    array = numpy.zeros(shape_of(sizes, size), as_dtype(dtype, get_default_dtype()))
    return finished(array, requires_grad, device)


def ones(
    *sizes: Any,
    size: Size = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """A Tensor of ones."""
    array = numpy.ones(shape_of(sizes, size), as_dtype(dtype, get_default_dtype()))
    return finished(array, requires_grad, device)


def empty(
    *sizes: Any,
    size: Size = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A Tensor whose elements are whatever was in the memory."""
    array = numpy.empty(shape_of(sizes, size), as_dtype(dtype, get_default_dtype()))
    return finished(array, requires_grad, device)


def zeros_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Zeros in the shape and dtype of another Tensor; keywords as for zeros."""
    return zeros(input.shape, dtype=as_dtype(dtype, input.dtype), **named)


def ones_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Ones in the shape and dtype of another Tensor; keywords as for ones."""
    return ones(input.shape, dtype=as_dtype(dtype, input.dtype), **named)


def empty_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Unset elements in the shape and dtype of another Tensor; keywords as for empty."""
    return empty(input.shape, dtype=as_dtype(dtype, input.dtype), **named)


def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """One value in the shape and dtype of another Tensor; keywords as for full."""
    return full(input.shape, fill_value, dtype=as_dtype(dtype, input.dtype), **named)


@method
def new_zeros(self: Tensor, *sizes: Any, size: Size = None, dtype: Any = None, **named: Any) -> Tensor:
    """Zeros of this size, in the dtype of this Tensor unless another is given; keywords as for zeros."""
    return zeros(*sizes, size=size, dtype=as_dtype(dtype, self.dtype), **named)


@method
def new_ones(self: Tensor, *sizes: Any, size: Size = None, dtype: Any = None, **named: Any) -> Tensor:
    """Ones of this size, in the dtype of this Tensor unless another is given; keywords as for ones."""
    return ones(*sizes, size=size, dtype=as_dtype(dtype, self.dtype), **named)


@method
def new_empty(self: Tensor, *sizes: Any, size: Size = None, dtype: Any = None, **named: Any) -> Tensor:
    """Unset elements of this size, in the dtype of this Tensor unless another is given; keywords as for empty."""
    return empty(*sizes, size=size, dtype=as_dtype(dtype, self.dtype), **named)


@method
def new_full(self: Tensor, size: Size, fill_value: Any, *, dtype: Any = None, **named: Any) -> Tensor:
    """One value of this size, in the dtype of this Tensor unless another is given; keywords as for full."""
    return full(size, fill_value, dtype=as_dtype(dtype, self.dtype), **named)


@method
def new_tensor(self: Tensor, data: Any, *, dtype: Any = None, **named: Any) -> Tensor:
    """The data copied, in the dtype of this Tensor unless another is given; keywords as for tensor."""
    return tensor(data, dtype=as_dtype(dtype, self.dtype), **named)


def scalar_tensor(s: Any, *, dtype: Any = None, **named: Any) -> Tensor:
    """A number as a Tensor without dimensions, of the default dtype unless another is given; keywords as for full."""
    return full((), s, dtype=as_dtype(dtype, get_default_dtype()), **named)
