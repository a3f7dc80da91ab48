"""Constants, and settings that PyTorch's programs make; those that change nothing here say so."""

import ctypes
import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compile",
    "e",
    "get_float32_matmul_precision",
    "get_num_threads",
    "inf",
    "nan",
    "newaxis",
    "pi",
    "set_float32_matmul_precision",
    "set_num_threads",
    "use_deterministic_algorithms",
]

e, inf, nan, pi, newaxis = math.e, math.inf, math.nan, math.pi, None


@functools.cache
def blas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """How NumPy's OpenBLAS tells and sets its number of threads; None where NumPy came with another library."""
    import pathlib  # it takes long, and few programs come here

    folder = pathlib.Path(numpy.__file__).parent
    for file in [*folder.parent.glob("numpy.libs/*openblas*"), *folder.glob(".dylibs/*openblas*")]:
        library = ctypes.CDLL(str(file))
        for names in ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"):
            get, put = (getattr(library, names.format(word), None) for word in ("get", "set"))
            if get is not None and put is not None:
                return get, put
    return None


def get_num_threads() -> int:
    """How many threads a product of matrices may use; 1 where that cannot be known."""
    found = blas()
    return found[0]() if found else 1


def set_num_threads(num: int) -> None:
    """Set how many threads a product of matrices may use; everything else uses one.

    It takes effect with the OpenBLAS of NumPy's wheels; with another library, set OMP_NUM_THREADS before the start.

    Raises:
        RuntimeError: it is not a positive number.
    """
    if operator.index(num) < 1:
        raise RuntimeError(f"set_num_threads takes a positive number, got {num!r}")
    if found := blas():
        found[1](num)


deterministic = [True]


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same bits in every run, which is always so here: the mode is only kept."""
    deterministic[0] = bool(mode)


def are_deterministic_algorithms_enabled() -> bool:
    """What use_deterministic_algorithms was told last."""
    return deterministic[0]


PRECISIONS = ("highest", "high", "medium")
precision = ["highest"]


def set_float32_matmul_precision(precision_: str) -> None:
    """Allow coarser products of float32, which the CPU has none of: the setting is only kept.

    Raises:
        ValueError: it is not "highest", "high" or "medium".
    """
    if precision_ not in PRECISIONS:
        raise ValueError(f"a precision is one of {', '.join(PRECISIONS)}, got {precision_!r}")
    precision[0] = precision_


def get_float32_matmul_precision() -> str:
    """What set_float32_matmul_precision was told last."""
    return precision[0]


def compile(model: Any = None, **settings: Any) -> Any:
    """The function or module as it is: there is no compiler. Also a decorator, with or without settings."""
    return (lambda function: function) if model is None else model
