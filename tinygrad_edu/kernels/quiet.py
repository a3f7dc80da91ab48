"""NumPy's warnings of overflow and the like, switched off for the price of an assignment."""

from contextvars import ContextVar, copy_context
from typing import Any

import numpy

__all__ = ["QUIET", "warnings_of_numpy"]


def found() -> tuple[ContextVar[Any], Any]:
    """The variable in which NumPy notes what it warns of in this thread, and its value where it warns of nothing.

    `numpy.errstate` makes such a value anew each time, which takes longer than a small operation.
    """
    context = copy_context()
    context.run(numpy.seterr, all="ignore")
    (noted,) = [(variable, value) for variable, value in context.items() if value is not variable.get(None)]
    return noted


warnings_of_numpy, QUIET = found()
