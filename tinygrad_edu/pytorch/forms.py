"""Forms of a call that PyTorch still takes: numbers before the Tensors, `out=`, and `size_average=` of losses.

Programs of before 2020 write `p.add_(-rate, gradient)`, optimizers of their own above all. Only what fails as it stands
is tried in these forms.
"""

import functools
import inspect
import warnings
from collections.abc import Callable, Iterable
from types import FunctionType
from typing import Any

from ..autograd import no_grad
from ..functions.conversion import can_cast
from ..functions.creation import tensor
from ..nn.loss.base import Loss
from ..tensor import Tensor

__all__ = ["METHODS", "in_any_form", "loss_classes"]

# What the numbers before or between the Tensors are, in their order, and how many Tensors there are.
SCALED, PRODUCT = (("value",), 3), (("beta", "alpha"), 3)
ORDERS: dict[str, tuple[tuple[str, ...], int]] = {
    **dict.fromkeys(["add", "sub"], (("alpha",), 2)),
    **dict.fromkeys(["addcmul", "addcdiv"], SCALED),
    **dict.fromkeys(["addmm", "addmv", "addr", "addbmm", "baddbmm"], PRODUCT),
}
INTO = {"gelu", "hardshrink", "logsigmoid", "normalize", "softplus", "softshrink"}  # of nn.functional, with out=
OF_DATA = {"as_tensor", "asarray", "from_numpy", "is_tensor", "tensor"}  # those of torch that do not
ADDING = {"cumprod", "cumsum", "nansum", "prod", "sum"}  # what computes in the dtype of its out=
SPACED = {"arange", "linspace", "logspace", "range"}  # what fills an out= of as many elements, whatever its shape
CREATING = SPACED | {"empty", "eye", "full", "ones", "rand", "randint", "randn", "randperm", "zeros"}
# and what takes no out= of another dtype than its result's
KEEPING = {"abs", "amax", "amin", "ceil", "floor", "neg", "negative", "round", "sgn", "sign", "trunc"}
# and what takes two numbers for Tensors
OF_NUMBERS = {"add", "div", "divide", "floor_divide", "mul", "multiply", "sub", "subtract", "true_divide"}
OLD_REDUCTION = {"size_average", "reduce"}
METHODS = [form for name in ORDERS for form in (name, f"{name}_")]


def loss_classes() -> list[type[Loss]]:
    """Loss, and all losses that are made in a way of their own."""
    found = [Loss]
    for kind in found:
        found += kind.__subclasses__()
    return [kind for kind in dict.fromkeys(found) if "__init__" in vars(kind) and is_ours(kind)]


def is_ours(kind: type) -> bool:
    """Whether a class is of this package; one of a notebook has no file to tell it by."""
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


@functools.cache
def in_any_form(
    function: Callable[..., Any], name: str, path: str | None = None, writes: bool = False
) -> Callable[..., Any]:
    """The function or method of this name, which takes these forms, too, if there are any; `out=` if it `writes`.

    Of a function `path` is the module of PyTorch's that has it, where pickle finds it again.
    """
    order = ORDERS.get(name.removesuffix("_"))
    reduces = hasattr(function, "__wrapped__") or isinstance(function, FunctionType)
    reduces = reduces and "reduction" in inspect.signature(function).parameters
    writes = (writes and name not in OF_DATA) or name in INTO
    if order is None and not writes and not reduces:
        return function

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except TypeError:
            if "out" in named and writes:
                out = named.pop("out")
                if out is not None and name in ADDING | CREATING:
                    named.setdefault("dtype", out.dtype)
                result = call(*args, **named)
                if name in SPACED and out is not None and result.numel() == out.numel():
                    result = result.reshape(out.shape)
                return result if out is None else put(out, result, "dtype" in named or name in KEEPING)
            if reduces and not OLD_REDUCTION.isdisjoint(named):
                return call(*args, **in_one_word(named))
            if order is None or not is_older(args, named, *order):
                raise
        warnings.warn(f"{name} takes its numbers by name, after the Tensors: {' and '.join(order[0])}", stacklevel=2)
        tensors = [value for value in args if isinstance(value, Tensor)]
        numbers = [value for value in args if not isinstance(value, Tensor)]
        return function(*tensors, **dict(zip(order[0], numbers, strict=False)))

    taking = of_numbers(call) if writes and name in OF_NUMBERS else call
    if path is not None:
        taking.__module__, taking.__qualname__ = path, name
    return taking


def of_numbers(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which makes a Tensor of two numbers, too."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        if args and isinstance(args[0], int | float) and not any_tensor(args[1:]) and not any_tensor(named.values()):
            return function(tensor(args[0]), *args[1:], **named)
        return function(*args, **named)

    return call


def any_tensor(values: Iterable[Any]) -> bool:
    """Whether a Tensor is among them."""
    return any(isinstance(value, Tensor) for value in values)


def in_one_word(named: dict[str, Any], warned: bool = True) -> dict[str, Any]:
    """The arguments with `reduction` for `size_average` and `reduce`, which are on unless they are False."""
    average, reduce = (named.get(old) is not False for old in ("size_average", "reduce"))
    reduction = "none" if not reduce else "mean" if average else "sum"
    if warned:
        warnings.warn(f"size_average and reduce are now reduction={reduction!r}", stacklevel=3)
    return {name: value for name, value in named.items() if name not in OLD_REDUCTION} | {"reduction": reduction}


def is_older(args: tuple[Any, ...], named: dict[str, Any], names: tuple[str, ...], count: int) -> bool:
    """Whether these are so many Tensors, and among them numbers without names."""
    kinds = [isinstance(value, Tensor) for value in args]
    numbers = [value for value in args if isinstance(value, int | float | complex)]
    whole = sum(kinds) == count and sum(kinds) + len(numbers) == len(args)
    return whole and kinds[-1] and 0 < len(numbers) <= len(names) and not named


def put(out: Any, result: Any, exact: bool) -> Any:
    """Write a result, or each of several, where it is wanted; a Tensor of another shape gets this one.

    Raises:
        RuntimeError: a gradient would be lost, or out= is of a lower kind; or of another dtype, if that is `exact`.
    """
    if isinstance(out, tuple | list):
        made = getattr(type(result), "_make", type(out))
        return made([put(*pair, exact) for pair in zip(out, result, strict=True)])
    if out.requires_grad or result.requires_grad:
        raise RuntimeError("what is written to out= has no gradient; leave it out, or use no_grad()")
    if not can_cast(result.dtype, out.dtype) or (exact and result.dtype != out.dtype):
        raise RuntimeError(f"a result of {result.dtype} is not written to an out= of {out.dtype}")
    with no_grad():
        if out.shape == result.shape:
            return out.copy_(result)
        if out.numel():
            warnings.warn(f"out= of shape {tuple(out.shape)} was resized to {tuple(result.shape)}", stacklevel=4)
        out.data = result.to(out.dtype)
    return out
