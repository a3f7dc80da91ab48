"""Tensors of other dtypes, and what a dtype is."""

from typing import Any

import numpy

from ..dtypes import (
    as_dtype,
    bool_,
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote,
    uint8,
)
from ..dtypes import result_type as meeting_dtype
from ..ops import elementwise as ops
from ..tensor import Tensor, method
from .device import check_device, device

__all__ = [
    "can_cast",
    "finfo",
    "iinfo",
    "is_floating_point",
    "is_nonzero",
    "is_tensor",
    "numel",
    "promote_types",
    "result_type",
    "to",
]


def cast(input: Tensor, dtype: Any) -> Tensor:
    """The Tensor with this dtype, or itself if it has it; gradients are cast back, and end where floats do."""
    if dtype == input.dtype:
        return input
    return ops.cast(input if dtype.kind == "f" else input.detach(), dtype=dtype)


@method
def to(
    input: Tensor,
    *target: Any,
    dtype: Any = None,
    device: Any = None,
    other: Tensor | None = None,
    non_blocking: bool = False,
    copy: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """The Tensor with another dtype, or itself if it has that one; gradients are cast back.

    As in PyTorch it takes a dtype, a device, both, or another Tensor to be like; the device can only be the CPU.

    Raises:
        TypeError: it names no dtype that Tensors have.
        RuntimeError: it names another device than the CPU.
    """
    first, *flags = target or (dtype,)
    if first is None or is_device(first):  # then a dtype may follow
        check_device(first)
        first, flags = (flags[0], flags[1:]) if flags else (dtype, [])
    wanted = other if first is None else first
    wanted = wanted.dtype if isinstance(wanted, Tensor) else wanted
    check_device(device)
    copy = copy or flags[1:2] == [True]  # after non_blocking
    result = input if wanted is None else cast(input, dtype_of(wanted))
    return ops.clone(input) if copy and result is input else result


def dtype_of(wanted: Any) -> Any:
    """The dtype that is asked for.

    Raises:
        TypeError: there is none of this name.
    """
    try:
        return as_dtype(wanted)
    except TypeError as error:
        if not isinstance(wanted, str):
            raise
        raise TypeError(f"{error}; nor is it a device: the only one is 'cpu'") from None


def is_device(given: Any) -> bool:
    """Whether an argument names a device rather than a dtype."""
    return isinstance(given, device) or (isinstance(given, str) and given.partition(":")[0] in DEVICES)


DEVICES = {"cpu", "cuda", "mps", "meta", "xpu", "xla"}  # PyTorch's


def caster(name: str, dtype: Any) -> None:
    """Make `x.float()` and its like a method of Tensor."""

    def call(self: Tensor, memory_format: Any = None) -> Tensor:
        return cast(self, dtype)

    call.__name__ = name
    call.__doc__ = f"The Tensor as {dtype}."
    setattr(Tensor, name, call)


for name, dtype in {
    "bool": bool_,
    "byte": uint8,
    "char": int8,
    "double": float64,
    "float": float32,
    "half": float16,
    "int": int32,
    "long": int64,
    "short": int16,
}.items():
    caster(name, dtype)


NAMES = {
    bool_: "Bool",
    float16: "Half",
    float32: "Float",
    float64: "Double",
    int8: "Char",
    int16: "Short",
    int32: "Int",
    int64: "Long",
    uint8: "Byte",
}
OF_NAME = {f"{name}Tensor": dtype for dtype, name in NAMES.items()}


@method
def type(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """The name of the Tensor's type, such as "torch.FloatTensor"; or the Tensor as the dtype or type named.

    Tensor itself is the default type.

    Raises:
        TypeError: it names no dtype that Tensors have.
    """
    if dtype is None:
        return f"torch.{NAMES[input.dtype]}Tensor"
    if isinstance(dtype, str):
        dtype = OF_NAME.get(dtype.removeprefix("torch."), dtype)
    return cast(input, get_default_dtype() if dtype is Tensor else as_dtype(dtype))


@method
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """The Tensor with the dtype of another."""
    return cast(input, other.dtype)


def result_type(tensor1: Any, tensor2: Any) -> Any:
    """The dtype at which two Tensors or numbers meet."""
    return meeting_dtype([getattr(x, "_array", x) for x in (tensor1, tensor2)])


def promote_types(type1: Any, type2: Any) -> Any:
    """The smallest dtype that both can be converted to without a change of kind."""
    return promote(as_dtype(type1), as_dtype(type2))


RANK = {"b": 0, "u": 1, "i": 1, "f": 2}


def can_cast(from_: Any, to: Any) -> bool:
    """Whether a result of one dtype may be stored in a Tensor of another: no floats in integers, nor those in bools."""
    return RANK[as_dtype(from_).kind] <= RANK[as_dtype(to).kind]


@method
def is_floating_point(input: Tensor) -> bool:
    """Whether the Tensor holds floats."""
    return bool(input.dtype.kind == "f")


@method
def is_signed(input: Tensor) -> bool:
    """Whether the Tensor's dtype has negative numbers."""
    return input.dtype.kind in "if"


@method
def is_complex(input: Tensor) -> bool:
    """False: Tensors do not hold complex numbers."""
    return False


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor."""
    return isinstance(obj, Tensor)


@method
def is_nonzero(input: Tensor) -> bool:
    """Whether the only element is not 0.

    Raises:
        RuntimeError: there is not exactly one element.
    """
    return bool(input)


def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.numel()


@method
def element_size(self: Tensor) -> int:
    """The size of one element in bytes."""
    return int(self.dtype.itemsize)


FINFO = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")


class finfo:  # noqa: N801
    """The limits of a floating dtype: bits, eps, max, min, tiny, smallest_normal, resolution.

    Raises:
        TypeError: it is not a floating dtype.
    """

    def __init__(self, type: Any = None) -> None:
        dtype = as_dtype(get_default_dtype() if type is None else type)
        if dtype.kind != "f":
            raise TypeError(f"finfo is for floats, got {dtype}; use iinfo()")
        found = numpy.finfo(dtype)
        self.bits, self.dtype = int(found.bits), dtype.name
        self.eps, self.max, self.min = map(float, (found.eps, found.max, found.min))
        self.resolution = float(f"1e-{found.precision}")
        self.tiny = self.smallest_normal = float(found.tiny)

    def __repr__(self) -> str:
        shown = ", ".join([f"{name}={getattr(self, name):g}" for name in FINFO])
        return f"finfo({shown}, dtype={self.dtype})"


class iinfo:  # noqa: N801
    """The limits of an integer dtype: bits, max, min.

    Raises:
        TypeError: it is not an integer dtype.
    """

    def __init__(self, type: Any) -> None:
        dtype = as_dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"iinfo is for integers, got {dtype}; use finfo()")
        found = numpy.iinfo(dtype)
        self.bits, self.max, self.min, self.dtype = int(found.bits), int(found.max), int(found.min), dtype.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
