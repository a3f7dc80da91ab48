"""One operation on each Tensor of a list, as PyTorch's newer optimizers write it: `_foreach_mul_(tensors, 0.9)`."""

from collections.abc import Callable
from typing import Any

from ..functions.norms import norm
from ..tensor import Tensor

__all__: list[str] = []

# fmt: off
NAMES = [
    "abs", "add", "addcdiv", "addcmul", "clamp_max", "clamp_min", "copy", "div", "erf", "exp", "lerp", "log", "maximum",
    "minimum", "mul", "neg", "pow", "reciprocal", "round", "rsqrt", "sigmoid", "sign", "sqrt", "sub", "tanh", "zero",
]
# fmt: on


def on_each(name: str) -> Callable[..., Any]:
    """The function that calls a method of each Tensor of a list, with its own part of every other list."""
    by_value = name.removesuffix("_") in ("addcdiv", "addcmul")

    def call(tensors: Any, *others: Any, **named: Any) -> list[Tensor]:
        found = []
        for i, x in enumerate(tensors):
            given = [part[i] if isinstance(part, list | tuple) else part for part in others]
            named_here = {"value": given.pop(), **named} if by_value and len(given) == 3 else named
            if hasattr(x, name):
                found.append(getattr(x, name)(*given, **named_here))
            else:  # maximum_, which PyTorch has for lists alone
                found.append(x.copy_(getattr(x, name.removesuffix("_"))(*given, **named_here)))
        return found

    return call


def __getattr__(name: str) -> Any:
    method = name.removeprefix("_foreach_")
    if method == name or method.removesuffix("_") not in NAMES:
        raise AttributeError(name)
    return on_each(method)


def _foreach_norm(tensors: Any, ord: Any = 2, dtype: Any = None) -> list[Any]:
    """The norm of each Tensor."""
    return [norm(x, ord, dtype=dtype) for x in tensors]


def _group_tensors_by_device_and_dtype(tensorlistlist: Any, with_indices: bool = False) -> dict[Any, Any]:
    """Lists of values beside a first one, of Tensors, by their devices and dtypes; and at which places they were."""
    groups: dict[Any, Any] = {}
    for place, x in enumerate(tensorlistlist[0]):
        lists, places = groups.setdefault((x.device, x.dtype), ([[] for _ in tensorlistlist], []))
        for kept, values in zip(lists, tensorlistlist, strict=True):
            kept.extend(values[place : place + 1])
        if with_indices:
            places.append(place)
    return groups
