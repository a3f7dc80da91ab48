"""The last step of errors in our own words: whatever else goes wrong within a public function is told as its own error.

A function checks what it must; what it does not check fails somewhere below, as an AttributeError for a string in the
place of a Tensor, or in NumPy. The public name of the function is therefore guarded: the failure is then explained
from its arguments. Inside the package functions are called as they are.
"""

import inspect
import opcode
import os
import sys
import warnings
from collections.abc import Callable
from types import FunctionType, TracebackType
from typing import Any, TypeVar

from .errors import PLAIN, describe
from .promises import Promise, check, promised
from .recording import Recorded, in_library
from .wording import in_our_words

__all__ = ["KINDS", "guard", "guard_methods", "guarded", "warn_user"]

Function = TypeVar("Function", bound=Callable[..., Any])
KINDS: tuple[type[Exception], ...] = (ValueError, TypeError, RuntimeError, IndexError)
AS: dict[type[Exception], type[Exception]] = {
    **dict(zip(KINDS, KINDS, strict=True)),
    MemoryError: RuntimeError,
    OverflowError: ValueError,
    ZeroDivisionError: ValueError,
}
RAISE = opcode.opmap["RAISE_VARARGS"]
NUMPY = "numpy" + os.sep
PYTHONS = (os.path.dirname(os.__file__) + os.sep, "<frozen ")  # where the modules that come with Python are
PACKAGES = os.sep + "site-packages" + os.sep  # which lie below them
OURS_AND_PYTHONS = {"builtins", "numpy", __name__.partition(".")[0]}  # where classes of exceptions come from
OF_A_CLASS = {"__init__", "forward"}  # told by the name of the class


def guard(names: dict[str, Any], listed: list[str], module: str, held: bool = True) -> None:
    """Guard the functions among the public names of a module, which may see to the kinds of arguments themselves."""
    for name in listed:
        if isinstance(names.get(name), FunctionType):
            names[name] = guarded(names[name], held)
            names[name].__module__, names[name].__qualname__ = module, name  # where pickle finds it, or its other name


def guard_methods(cls: type, *names: str) -> None:
    """Guard those of these methods that a class of this package defines itself."""
    if cls.__module__.partition(".")[0] == __name__.partition(".")[0]:
        for name in {*names} & vars(cls).keys():
            setattr(cls, name, guarded(vars(cls)[name]))


def guarded(function: Function, held: bool = False) -> Function:
    """The function, whose failures are all ValueError, TypeError, RuntimeError or IndexError, in words of ours.

    Where it is `held` to its annotations, plain arguments of another kind are refused.
    """
    promises: list[Promise] | None = None if held else []  # worked out at the first call: imports guard hundreds

    def call(*args: Any, **named: Any) -> Any:
        nonlocal promises
        try:
            if promises is None:
                promises = promised(function)
            for promise in promises:
                place, name, _, at_once = promise
                if given := args[place : place + 1]:
                    value = given[0]
                elif name in named:
                    value = named[name]
                else:
                    continue
                if type(value) not in at_once:
                    check(function, promise, value)
            return function(*args, **named)
        except Exception as error:
            if is_told(error):
                raise
            raise explained(function, args, named, error) from error

    # not by functools.wraps, which takes four times as long: an import guards hundreds of functions
    told: Any = call
    told.__name__, told.__doc__ = function.__name__, function.__doc__
    told.__module__, told.__qualname__ = function.__module__, function.__qualname__
    told.__annotations__, told.__wrapped__ = function.__annotations__, function
    return told


def warn_user(message: str) -> None:
    """Warn at the user's line: the first that is not in this package, through however many layers and guards."""
    level, frame = 1, sys._getframe()
    while in_library[frame.f_code.co_filename] and frame.f_back is not None:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, stacklevel=level)


def is_told(error: Exception) -> bool:
    """Whether it is told as it is: a statement of ours raised it, or the user's code that a function of ours called.

    So are a package and a file that are not there, and a warning, which the user has made an error. What fails in a
    module of Python's is told as it is where the user's code called it.
    """
    if isinstance(error, ImportError | OSError | Warning):
        return True
    place: TracebackType | None = error.__traceback__
    last = place
    while place is not None:
        code = place.tb_frame.f_code
        compiled = NUMPY in code.co_filename or code.co_filename.endswith(".pyx")  # NumPy's own, with or without a path
        pythons = code.co_filename.startswith(PYTHONS) and PACKAGES not in code.co_filename
        if not compiled and not pythons and code.co_name != "__getattr__":  # that of who asks for the attribute
            last = place
        place = place.tb_next
    assert last is not None
    code = last.tb_frame.f_code
    if not in_library[code.co_filename]:
        return True
    ours = isinstance(error, (*KINDS, LookupError, AttributeError, AssertionError))
    passed_on = type(error).__module__.partition(".")[0] not in OURS_AND_PYTHONS  # by a worker: it is the user's own
    return (ours or passed_on) and last.tb_next is None and code.co_code[last.tb_lasti] == RAISE


def explained(function: Callable[..., Any], args: Any, named: Any, error: Exception) -> Exception:
    """The error to raise instead: what was called with what, and what is wrong with it."""
    fitting = [ours for theirs, ours in AS.items() if isinstance(error, theirs)]
    name, shown = function.__name__, args
    if name in OF_A_CLASS:
        name, shown = type(args[0]).__name__, args[1:]
    told = [*map(brief, shown), *[f"{key}={brief(value)}" for key, value in named.items()]]
    reason = misplaced(function, args, named) or in_our_words(error)
    kind = fitting[0] if fitting else TypeError
    return kind(f"{name}({', '.join(told)}): {reason}")


def brief(value: Any) -> str:
    """`float32 (2, 3)` of a Tensor, and other values cut to a readable length."""
    value = getattr(value, "_array", value)
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return describe(value)
    try:
        shown = repr(value)
    except RecursionError:
        shown = "\n"
    if (" object" in shown and shown.startswith("<")) or ("\n" in shown and type(value) not in PLAIN):
        return f"a {type(value).__name__}"  # where it is says nothing, and all that is in a network is too much
    return " ".join(shown.split())[:60]


def misplaced(function: Callable[..., Any], args: Any, named: Any) -> str | None:
    """Which argument is no Tensor where the function takes one."""
    try:
        given = inspect.signature(function).bind(*args, **named).arguments
    except (TypeError, ValueError):
        return None
    for name, value in given.items():
        wanted = getattr(function.__annotations__.get(name), "__name__", "")
        if wanted == "Tensor" and not isinstance(value, Recorded | tuple):
            return f"{name} must be a Tensor, got {type(value).__name__}"
    return None
