"""Sums, products and quotients written into an array's own memory: what an optimizer's step is made of.

A RuntimeWarning that leaves a function of this file came before anything was written, so the call can be repeated.
"""

from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from .constants import constant_for

__all__ = ["add_into", "add_product_into", "add_quotient_into", "divide_into", "move_towards", "multiply_into"]

Array = NDArray[Any]

BLOCK = 1 << 16  # so many products stay in the cache until they are added: twice as fast for a large parameter

add, multiply, divide = numpy.add, numpy.multiply, numpy.divide


def multiply_into(target: Array, values: Any) -> Array:
    """target *= values."""
    try:
        return multiply(target, values, target)
    except RuntimeWarning:  # where warnings are errors: it tells, after the write, that numbers became inf or NaN
        return target


def divide_into(target: Array, values: Any) -> Array:
    """target /= values."""
    try:
        return divide(target, values, target)
    except RuntimeWarning:
        return target


def sum_into(target: Array, values: Any) -> Array:
    """target += values."""
    try:
        return add(target, values, target)
    except RuntimeWarning:
        return target


def add_into(target: Array, values: Any, factor: float) -> Array:
    """target += factor * values."""
    if factor == 1:
        return sum_into(target, values)
    if target.size > BLOCK and in_step(target, values):
        return in_blocks(add_into, target, values, factor=factor)
    return sum_into(target, values * constant_for(target, factor))


def add_product_into(target: Array, x: Array, y: Array, factor: float) -> Array:
    """target += factor * x * y."""
    if target.size > BLOCK and in_step(target, x, y):
        return in_blocks(add_product_into, target, x, y, factor=factor)
    product = x * y
    if factor != 1:
        product *= constant_for(target, factor)
    return sum_into(target, product)


def add_quotient_into(target: Array, x: Array, y: Array, factor: float) -> Array:
    """target += factor * x / y."""
    if target.size > BLOCK and in_step(target, x, y):
        return in_blocks(add_quotient_into, target, x, y, factor=factor)
    quotient = x / y
    if factor != 1:
        quotient *= constant_for(target, factor)
    return sum_into(target, quotient)


def move_towards(target: Array, end: Array, weight: float) -> Array:
    """target += weight * (end - target)."""
    if target.size > BLOCK and in_step(target, end):
        return in_blocks(move_towards, target, end, factor=weight)
    way = end - target
    way *= constant_for(target, weight)
    return sum_into(target, way)


def in_step(target: Array, *values: Any) -> bool:
    """Whether arrays can be walked through together, block by block, without reading what was written."""
    return target.flags.c_contiguous and all(
        getattr(x, "shape", ()) == target.shape and x.flags.c_contiguous and not numpy.may_share_memory(target, x)
        for x in values
    )


def in_blocks(write: Callable[..., Array], target: Array, *values: Array, factor: float) -> Array:
    """Do a write part by part."""
    flat = [x.reshape(-1) for x in (target, *values)]
    with numpy.errstate(all="ignore"):
        for start in range(0, target.size, BLOCK):
            write(*[x[start : start + BLOCK] for x in flat], factor)
    return target
