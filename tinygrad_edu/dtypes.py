"""Element types, under PyTorch's names, and the type at which operands meet.

They are NumPy's own dtype objects. Operands meet as in PyTorch: a tensor with dimensions counts before one without, and
that before a Python number, unless the other is of a higher kind (bool < integer < float). So float32 stays float32
beside any Python number, and beside an int64 tensor.
"""

from collections.abc import Iterable
from typing import Any

import numpy

__all__ = [
    "as_dtype",
    "bool_",
    "check_kind",
    "float16",
    "float32",
    "float64",
    "get_default_dtype",
    "int8",
    "int16",
    "int32",
    "int64",
    "result_type",
    "set_default_dtype",
    "uint8",
]

Dtype = numpy.dtype[Any]

float64, float32, float16 = (numpy.dtype(name) for name in ("float64", "float32", "float16"))
int64, int32, int16, int8, uint8 = (numpy.dtype(name) for name in ("int64", "int32", "int16", "int8", "uint8"))
bool_ = numpy.dtype("bool")
SUPPORTED = {
    dtype: dtype for dtype in (float64, float32, float16, int64, int32, int16, int8, uint8, bool_)
}  # whatever equals one, as that one itself: the engine compares by identity

default = [float32]


def get_default_dtype() -> Dtype:
    """The dtype of Python floats made into Tensors, and of integers where a function needs floats."""
    return default[0]


def set_default_dtype(dtype: Any) -> None:
    """Change the default floating dtype.

    Raises:
        TypeError: the dtype is not a floating one.
    """
    dtype = as_dtype(dtype)
    if dtype.kind != "f":
        raise TypeError(f"the default dtype must be a floating one, got {dtype}")
    default[0] = dtype


KINDS_IN_WORDS = {"f": "floats", "iu": "integers", "biu": "integers and bools", "iuf": "integers and floats"}


def check_kind(dtype: Any, kinds: str, name: str) -> None:
    """Raise RuntimeError unless a function, told by its name, takes such numbers: bools b, integers i, u, floats f."""
    if dtype.kind not in kinds:
        raise RuntimeError(
            f"{name} is not implemented for {dtype} but for {KINDS_IN_WORDS[kinds]}; convert it with .float()"
        )


def check_fits(array: Any, dtype: Any) -> None:
    """Raise RuntimeError if one of these numbers is out of the range of an integer dtype; as NaN is of every one."""
    limits = numpy.iinfo(dtype)
    # a negative integer stands for its bits among the unsigned, as in PyTorch
    lowest = limits.min if array.dtype.kind == "f" else limits.min or -limits.max
    if not (lowest <= array.min() and array.max() <= limits.max):
        told = f"{array.min()} to {array.max()}" if array.ndim else f"{array}"
        raise RuntimeError(f"a Tensor of {dtype} cannot hold {told}; take a wider dtype")


def as_dtype(dtype: Any, otherwise: Dtype | None = None) -> Dtype:
    """Whatever names a dtype, as one of those supported; Python's float is float64. None is the other one, if given.

    Raises:
        TypeError: it names none, or one that Tensors do not have, such as complex128.
    """
    if dtype is None and otherwise is not None:
        return otherwise
    try:
        if isinstance(dtype, (numpy.generic, numpy.ndarray)) or hasattr(type(dtype), "__primitive__"):
            raise TypeError  # they have one, and name none
        found = numpy.dtype(dtype)
    except (TypeError, ValueError):
        raise TypeError(f"{dtype!r} is not a dtype of Tensors; use one such as tinygrad_edu.float32") from None
    known = SUPPORTED.get(found) or SUPPORTED.get(found.newbyteorder("="))
    if known is None:
        raise TypeError(f"a Tensor cannot hold {found}; it holds {', '.join(map(str, SUPPORTED))}")
    return known


KINDS = {"b": 0, "i": 1, "u": 1, "f": 2}


def result_type(operands: Iterable[Any]) -> Dtype:
    """The dtype at which arrays, and Python numbers among them, meet."""
    arrays: list[Dtype] = []
    scalars: list[Dtype] = []
    numbers: list[Dtype] = []
    for x in operands:
        if isinstance(x, bool):
            numbers.append(bool_)
        elif isinstance(x, int):
            numbers.append(int64)
        elif isinstance(x, float):
            numbers.append(default[0])
        elif not hasattr(x, "dtype"):
            raise TypeError(f"Tensors meet Tensors, arrays and numbers, got {type(x).__name__} {x!r:.60}")
        else:
            (arrays if x.ndim else scalars).append(x.dtype)
    found: Dtype | None = None
    for group in (arrays, scalars, numbers):
        if group:
            meet = group[0]
            for dtype in group[1:]:
                meet = promote(meet, dtype)
            if found is None or KINDS[meet.kind] > KINDS[found.kind]:
                found = meet
    return default[0] if found is None else found


def promote(a: Dtype, b: Dtype) -> Dtype:
    """The smallest dtype for both; an integer beside a float takes the float's."""
    if a == b or a.kind == "f" != b.kind:
        return a
    if b.kind == "f" != a.kind:
        return b
    return numpy.promote_types(a, b)
