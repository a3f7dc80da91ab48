"""Tensors of random numbers for tests, as PyTorch's programs ask for them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy

from ..dtypes import as_dtype, float64
from ..functions.conversion import to
from ..functions.device import check_device
from ..functions.random import rand, randint
from ..tensor import Tensor

__all__ = ["make_tensor"]


def make_tensor(
    *shape: Any,
    dtype: Any,
    device: Any = "cpu",
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """Numbers from `low` up to, but without, `high`: of -9 to 9 if nothing is said, and False and True of bools.

    With `noncontiguous` they do not lie side by side; with `exclude_zero` a zero becomes the smallest positive number.

    Raises:
        ValueError: low is not below high, a bound is NaN, or the dtype holds none of the numbers between; integers
            require grad; `noncontiguous` beside a `memory_format`.
    """
    check_device(device)
    dtype = as_dtype(dtype)
    sizes = tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
    if noncontiguous and memory_format is not None:
        raise ValueError("make_tensor takes noncontiguous=True or a memory_format, not both")
    if requires_grad and dtype.kind != "f":
        raise ValueError(f"a Tensor of {dtype} cannot require grad; take a float dtype")
    low, high = bounds(dtype, low, high)
    apart = noncontiguous and math.prod(sizes) > 1
    drawn = (*sizes[:-1], 2 * sizes[-1]) if apart else sizes
    if dtype.kind == "f":
        below = float(numpy.nextafter(dtype.type(high), dtype.type(low)))  # where rounding would reach the end
        x = to(low + (high - low) * rand(*drawn, dtype=float64), dtype).clamp(max=below)
    else:
        x = randint(int(low), int(high), drawn, dtype=dtype)
    if apart:
        x = x[..., 1::2]
    if exclude_zero:
        x[x == 0] = float(numpy.finfo(dtype).tiny) if dtype.kind == "f" else 1
    return x.requires_grad_(requires_grad)


def bounds(dtype: Any, low: float | None, high: float | None) -> tuple[float, float]:
    """The bounds, within what the dtype holds; those of integers are integers.

    Raises:
        ValueError: low is not below high, one is NaN, or the dtype holds none of the numbers between.
    """
    if dtype.kind == "b":
        least, most, usual = 0.0, 2.0, (0, 2)
    elif dtype.kind == "f":
        least, most, usual = float(numpy.finfo(dtype).min), float(numpy.finfo(dtype).max), (-9, 9)
    else:
        limits = numpy.iinfo(dtype)
        least, most, usual = limits.min, limits.max + (dtype != numpy.int64), (-9, 10)
    low, high = usual[0] if low is None else low, usual[1] if high is None else high
    if math.isnan(low) or math.isnan(high) or low >= high:
        raise ValueError(f"make_tensor needs a low below its high, got {low} and {high}")
    if high < least or low >= most:
        raise ValueError(f"{dtype} holds numbers from {least} to {most}, none from {low} to {high}")
    low, high = max(low, least), min(high, most)
    return (low, high) if dtype.kind == "f" else (math.ceil(low), math.ceil(high))
