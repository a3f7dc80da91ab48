"""NumPy's warnings of overflow and the like, switched off for the price of an assignment, and a shorter buffer."""

import functools
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

import numpy

__all__ = ["QUIET", "quiet", "warnings_of_numpy"]

Function = TypeVar("Function", bound=Callable[..., Any])

BUFFER = 2048  # numbers: NumPy writes out in it what broadcasts along shorter rows, in its own of 8192 longer ones too


def found() -> tuple[ContextVar[Any], Any]:
    """The variable in which NumPy notes what it warns of in this thread, and its value where it warns of nothing.

    `numpy.errstate` makes such a value anew each time, which takes longer than a small operation.
    """
    context = copy_context()
    context.run(numpy.seterr, all="ignore")
    context.run(numpy.setbufsize, BUFFER)
    noted = [(variable, value) for variable, value in context.items() if value is not variable.get(None)]
    return noted[0] if noted else (ContextVar("warnings_of_numpy"), None)  # kept elsewhere: then NumPy may warn


warnings_of_numpy, QUIET = found()


def quiet(function: Function) -> Function:
    """The function, in which NumPy warns of nothing and broadcasts by short buffers."""

    @functools.wraps(function)
    def call(*args: Any, **named: Any) -> Any:
        token = warnings_of_numpy.set(QUIET)
        try:
            return function(*args, **named)
        finally:
            warnings_of_numpy.reset(token)

    return call  # type: ignore[return-value]
