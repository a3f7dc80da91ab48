"""PyTorch's second names for functions that stand elsewhere, and in-place methods of primitives."""

from typing import Any

from ..inplace import in_place
from ..ops import comparison, elementary
from ..ops.comparison import ge, gt, le, lt, ne
from ..ops.elementary import acos, acosh, asin, asinh, atan, atan2, atanh
from ..ops.elementwise import abs, mul, neg, trunc
from ..primitive import Primitive
from ..tensor import Tensor
from .arithmetic import div, sub
from .elementwise import clamp

__all__ = [
    "absolute",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctan2",
    "arctanh",
    "clip",
    "divide",
    "fix",
    "greater",
    "greater_equal",
    "less",
    "less_equal",
    "multiply",
    "negative",
    "not_equal",
    "subtract",
]

absolute, negative, fix = abs, neg, trunc
arccos, arccosh, arcsin, arcsinh = acos, acosh, asin, asinh
arctan, arctan2, arctanh = atan, atan2, atanh
subtract, multiply, divide = sub, mul, div
not_equal, less, less_equal, greater, greater_equal = ne, lt, le, gt, ge
clip = clamp

ALIASES: dict[str, Any] = {name: globals()[name] for name in __all__}

TWINS = [
    *[getattr(comparison, name) for name in ("bitwise_not", "eq", "ge", "gt", "le", "lt", "ne")],
    *[getattr(comparison, f"logical_{name}") for name in ("and", "not", "or", "xor")],
    *[x for x in vars(elementary).values() if isinstance(x, Primitive)],
]
for twin in TWINS:
    if not hasattr(Tensor, f"{twin.name}_"):  # inplace.py makes the commonest
        in_place(twin, f"{twin.name}_")
for alias, original in ALIASES.items():
    setattr(Tensor, alias, getattr(Tensor, original.__name__))
    setattr(Tensor, f"{alias}_", getattr(Tensor, f"{original.__name__}_"))
Tensor.__rdiv__ = Tensor.__rtruediv__  # type: ignore[attr-defined]
