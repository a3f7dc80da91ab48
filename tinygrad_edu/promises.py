"""Plain arguments held to what is annotated, where one of another kind would pass unnoticed: `keepdim="no"` is true.

Only bools, integers and floats are looked at, and only at the public name of a function: whatever else is wrong fails
by itself, and inside the package functions are called as they are.
"""

import inspect
import sys
from collections.abc import Callable
from operator import index
from typing import Any, NamedTuple, get_args

__all__ = ["Promise", "check", "promised"]

NEEDED = {bool: "True or False", int: "an integer", float: "a number"}
LOOSE = {"add_zero_attn", "full", "inplace", "return_indices"}  # PyTorch asks only whether they are true


class Promise(NamedTuple):
    """That an argument, at this place among the positional ones or of this name, is of a kind; or None, if it may."""

    place: int
    name: str
    kind: type
    at_once: frozenset[type]  # the types of values that need no second look


def promised(function: Callable[..., Any]) -> list[Promise]:
    """What a function's annotations promise of those of its arguments that are bools, integers or floats."""
    function = inspect.unwrap(function)
    code, found = function.__code__, list[Promise]()
    for place, name in enumerate(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]):
        annotation = None if name in LOOSE else function.__annotations__.get(name)
        for kind in NEEDED:
            if annotation is kind or annotation == kind | None:
                at_once = {kind, *get_args(annotation), *({int} if kind is float else ())}
                found.append(
                    Promise(place if place < code.co_argcount else sys.maxsize, name, kind, frozenset(at_once))
                )
    return found


def check(function: Callable[..., Any], promise: Promise, value: Any) -> None:
    """Look a second time at a value that is of none of the usual types.

    Raises:
        TypeError: it is not of the promised kind.
    """
    if promise.kind is bool:
        fits = False
    elif promise.kind is int:
        fits = not isinstance(value, bool) and is_index(value)
    else:
        fits = isinstance(value, (bool, int, float)) or is_number(value)
    if not fits:
        came = " ".join(repr(value).split())[:60] if getattr(value, "ndim", 0) == 0 else f"one of shape {value.shape}"
        raise TypeError(f"{function.__name__}: {promise.name} is {NEEDED[promise.kind]}, got {came}")


def is_index(value: Any) -> bool:
    """Whether a value stands for an integer: one of NumPy's, or a Tensor of one."""
    try:
        index(value)
    except (RuntimeError, TypeError):
        return False
    return True


def is_number(value: Any) -> bool:
    """Whether a value, of NumPy's or a Tensor, is one number."""
    return getattr(value, "ndim", 1) == 0 and getattr(getattr(value, "dtype", None), "kind", "") in {*"biuf"}
