"""Following a function of NumPy: what it is given looks like arrays, and the engine records what it does with them.

It need not understand every function. Where one fails, or gives something that is no longer of this kind, nothing is
told about the way; where the recorded gradient is not that of the differences, what was recorded is not used.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy
from numpy.lib.mixins import NDArrayOperatorsMixin

from ..functions.creation import tensor
from ..functions.joining import cat, stack
from ..ops.elementwise import where
from ..tensor import Tensor

__all__ = ["followed"]

# What NumPy calls otherwise than a Tensor's method.
METHODS = {
    "absolute": "abs",
    "add": "__add__",
    "subtract": "__sub__",
    "multiply": "__mul__",
    "divide": "__truediv__",
    "power": "__pow__",
    "float_power": "__pow__",
    "negative": "__neg__",
    "matmul": "__matmul__",
    "dot": "__matmul__",
    "less": "__lt__",
    "less_equal": "__le__",
    "greater": "__gt__",
    "greater_equal": "__ge__",
    "equal": "__eq__",
    "not_equal": "__ne__",
    "logical_not": "logical_not",
    "invert": "__invert__",
    "arctan": "atan",
    "arcsin": "asin",
    "arccos": "acos",
    "max": "amax",
    "amax": "amax",
    "min": "amin",
    "transpose": "permute",
    "copy": "clone",
    "clip": "clamp",
}


def followed(function: Callable[..., Any], values: Sequence[Any]) -> Any:
    """What a function of arrays gives for Tensors."""
    return plain(function(*[Followed(x) if isinstance(x, Tensor) else x for x in values]))


class Followed(NDArrayOperatorsMixin):
    """A Tensor in the clothes of an array."""

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        """A function of elements, in place where NumPy would write to this."""
        (target,) = named.pop("out", (None,))
        if method != "__call__" or named or not (target is None or isinstance(target, Followed)):
            raise TypeError(f"{ufunc.__name__} cannot be followed here")
        found = call(ufunc.__name__, inputs, {})
        if target is None:
            return found
        target.value = plain(found)
        return target

    def __array_function__(self, function: Any, kinds: Any, args: Sequence[Any], named: dict[str, Any]) -> Any:
        """A function of arrays."""
        name = function.__name__
        if name in ("concatenate", "stack"):
            joined = cat if name == "concatenate" else stack
            return Followed(joined([as_tensor(x) for x in args[0]], *args[1:], **renamed(named)))
        if name == "where":
            return Followed(where(*map(as_tensor, args)))
        if name in ("zeros_like", "ones_like", "empty_like"):
            return Followed(tensor(numpy.full(plain(args[0]).shape, float(name == "ones_like"))))
        return call(name, args, named)

    def __getattr__(self, name: str) -> Any:
        """What arrays have: shapes as they are, functions that are followed."""
        if name.startswith("__"):
            raise AttributeError(name)
        if name in ("shape", "ndim", "dtype"):
            return getattr(self.value, name)
        if name == "size":
            return self.value.numel()
        if name == "T":
            return Followed(self.value.T)
        return lambda *args, **named: call(name, (self, *args), named)

    def __getitem__(self, index: Any) -> "Followed":
        return Followed(self.value[plain(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.value.is_leaf:  # the caller's own: arrays are given as copies
            self.value = self.value.clone()
        self.value[plain(index)] = plain(value)

    def __len__(self) -> int:
        return len(self.value)


def call(name: str, args: Sequence[Any], named: dict[str, Any]) -> Any:
    """A function of NumPy's name, as a Tensor's method."""
    first, rest = as_tensor(args[0]), list(map(plain, args[1:]))
    if name == "astype":
        return Followed(first)
    if name in ("var", "std"):
        spread = ((first - first.mean(*rest, **{**renamed(named), "keepdim": True})) ** 2).mean(*rest, **renamed(named))
        return Followed(spread if name == "var" else spread.sqrt())
    if name == "permute" or (name == "transpose" and not rest):
        return Followed(first.permute(tuple(reversed(range(first.ndim)))))
    found = getattr(first, METHODS.get(name, name))(*rest, **renamed(named))
    return Followed(found) if isinstance(found, Tensor) else found


def renamed(named: dict[str, Any]) -> dict[str, Any]:
    """Arguments by PyTorch's names; those that NumPy passes on unset are left out."""
    names = {"axis": "dim", "keepdims": "keepdim", "a_min": "min", "a_max": "max"}
    return {names.get(name, name): plain(x) for name, x in named.items() if x is not None and name != "out"}


def as_tensor(x: Any) -> Tensor:
    """The Tensor of anything."""
    found = plain(x)
    if isinstance(found, Tensor):
        return found
    array = numpy.asarray(found)
    return tensor(array.astype(numpy.float64) if array.dtype.kind in "iu" else array)


def plain(x: Any) -> Any:
    """What is within the clothes, also in lists and tuples of indices."""
    if isinstance(x, Followed):
        return x.value
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x
