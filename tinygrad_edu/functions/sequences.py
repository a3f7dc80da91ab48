"""Evenly spaced numbers, and the identity matrix."""

import math
from typing import Any

import numpy

from ..dtypes import as_dtype, get_default_dtype, int64
from ..errors import ShapeError
from ..tensor import Tensor
from .creation import finished
from .dims import check_room

__all__ = ["arange", "eye", "linspace", "logspace"]


def number(x: Any) -> Any:
    """A Python number from one, or from a Tensor or array of one element.

    Raises:
        TypeError: it is none.
    """
    found = x.item() if hasattr(x, "item") else x
    if not isinstance(found, (int, float)):
        raise TypeError(f"a number is needed, got {type(x).__name__} {x!r:.60}")
    return found


def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """The numbers from start (or 0) up to, but without, end.

    Raises:
        RuntimeError: the step is 0, or leads away from the end.
        TypeError: there is no end.
    """
    if start is None and end is None:
        raise TypeError("arange takes an end, or a start and an end, got neither")
    start, end, step = map(number, (0, start, step) if end is None else (start or 0, end, step))
    if not all(map(math.isfinite, (start, end, step))) or step == 0 or (end - start) * step < 0:
        raise RuntimeError(f"arange from {start} to {end} cannot be walked in steps of {step}")
    whole = all(isinstance(x, int) for x in (start, end, step))
    wanted = as_dtype(dtype) if dtype is not None else int64 if whole else get_default_dtype()
    if wanted == int64 and int(step):  # PyTorch counts in integers there, and otherwise in floats
        start, end, step, whole = int(start), int(end), int(step), True
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    check_room(count, f"arange from {start} to {end} in steps of {step}")
    if wanted.kind in "iu":
        start, step = int(start), int(step)
    return finished((start + step * numpy.arange(count)).astype(wanted), requires_grad, device)


def spaced(start: Any, end: Any, steps: int, dtype: Any) -> Any:
    """Evenly spaced numbers as PyTorch rounds them: from either end to the middle, by a step in their own dtype.

    Raises:
        RuntimeError: the number of steps is negative.
    """
    steps = int(steps)
    if steps < 0:
        raise RuntimeError(f"a number of steps is not negative, got {steps}")
    check_room(steps, f"{steps} steps")
    kind = numpy.float64 if dtype.kind != "f" else dtype.type
    first, last = (int(x) if dtype.kind in "iu" else float(kind(x)) for x in map(number, (start, end)))
    step = float(kind((last - first) / max(steps - 1, 1)))
    i = numpy.arange(steps, dtype=numpy.longdouble)  # PyTorch rounds the sum alone, not the product before it
    return numpy.where(i < steps // 2 + (steps == 1), first + step * i, last - step * (steps - 1 - i))


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """So many numbers from start to end, both included, evenly spaced.

    Raises:
        RuntimeError: the number of steps is negative.
    """
    wanted = as_dtype(dtype, get_default_dtype())
    with numpy.errstate(invalid="ignore"):  # of a number that an integer dtype cannot hold
        return finished(spaced(start, end, steps, wanted).astype(wanted), requires_grad, device)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """So many powers of the base, from base^start to base^end, their exponents evenly spaced.

    Raises:
        RuntimeError: the number of steps is negative.
    """
    wanted = as_dtype(dtype, get_default_dtype())
    with numpy.errstate(over="ignore", invalid="ignore"):
        powers = numpy.power(float(base), spaced(start, end, steps, wanted).astype(float))
        return finished(powers.astype(wanted), requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """The identity matrix, `(n, m)`; m is n by default.

    Raises:
        ShapeError: a size is negative.
    """
    if n < 0 or (m is not None and m < 0):
        raise ShapeError(f"eye takes sizes that are not negative, got {n} and {m}")
    return finished(numpy.eye(n, m, dtype=as_dtype(dtype, get_default_dtype())), requires_grad, device)
