"""Dtypes as PyTorch's programs ask about them: `x.dtype.is_floating_point`, and "torch.float32" as text."""

from typing import Any

import numpy

from ..dtypes import SUPPORTED
from ..dtypes import get_default_dtype as default_dtype
from ..functions import conversion

__all__ = [
    "bfloat16",
    "cdouble",
    "cfloat",
    "complex64",
    "complex128",
    "dtype",
    "float4_e2m1fn_x2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "get_default_dtype",
    "promote_types",
    "result_type",
    "uint16",
    "uint32",
    "uint64",
]


class dtype:  # noqa: N801
    """One of NumPy's dtypes, with what PyTorch's know; it is taken where NumPy's are, and equal to it."""

    is_complex = False

    def __init__(self, dtype: numpy.dtype[Any]) -> None:
        self.dtype = dtype

    @property
    def is_floating_point(self) -> bool:
        """Whether its numbers are floats."""
        return self.dtype.kind == "f"

    @property
    def is_signed(self) -> bool:
        """Whether its numbers can be negative."""
        return self.dtype.kind in "if"

    def __getattr__(self, name: str) -> Any:
        if "dtype" not in vars(self):
            raise AttributeError(name)
        return getattr(self.dtype, name)

    def __eq__(self, other: object) -> bool:
        return bool(self.dtype == other)

    def __hash__(self) -> int:
        return hash(self.dtype)

    def __repr__(self) -> str:
        return f"torch.{self.dtype.name}"

    def __copy__(self, memo: Any = None) -> "dtype":
        return self

    __deepcopy__ = __copy__

    def __reduce__(self) -> Any:
        return self.dtype.__reduce__()  # a file holds NumPy's


class Absent(dtype):
    """A dtype that Tensors here have not: programs may name it, and no Tensor can be of it."""

    is_floating_point = is_signed = is_complex = False

    def __init__(self, name: str, itemsize: int) -> None:
        self.name, self.itemsize = name, itemsize
        self.is_floating_point, self.is_complex = "float" in name, "complex" in name
        self.is_signed = self.is_floating_point or self.is_complex

    __eq__, __hash__, __reduce__ = object.__eq__, object.__hash__, object.__reduce__

    def __repr__(self) -> str:
        return f"torch.{self.name}"


bfloat16 = Absent("bfloat16", 2)
float8_e4m3fn, float8_e4m3fnuz = Absent("float8_e4m3fn", 1), Absent("float8_e4m3fnuz", 1)
float8_e5m2, float8_e5m2fnuz = Absent("float8_e5m2", 1), Absent("float8_e5m2fnuz", 1)
float8_e8m0fnu, float4_e2m1fn_x2 = Absent("float8_e8m0fnu", 1), Absent("float4_e2m1fn_x2", 1)
uint16, uint32, uint64 = Absent("uint16", 2), Absent("uint32", 4), Absent("uint64", 8)
complex64 = cfloat = Absent("complex64", 8)
complex128 = cdouble = Absent("complex128", 16)
OF = {found: dtype(found) for found in SUPPORTED}


def promote_types(type1: Any, type2: Any) -> dtype:
    """The smallest dtype that both can be converted to without a change of kind."""
    return OF[conversion.promote_types(type1, type2)]


def result_type(tensor1: Any, tensor2: Any) -> dtype:
    """The dtype at which two Tensors or numbers meet."""
    return OF[conversion.result_type(tensor1, tensor2)]


def get_default_dtype() -> dtype:
    """The dtype of Python floats made into Tensors."""
    return OF[default_dtype()]
