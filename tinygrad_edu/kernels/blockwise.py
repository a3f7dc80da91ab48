"""Functions of one variable, computed in float64 block by block, and the polynomials that they are made of."""

import functools
from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["blockwise", "numbers", "polynomial"]

Array = NDArray[Any]

BLOCK = 1 << 13  # so many float64, and the few temporaries of their size, stay in the cache


def blockwise(kernel: Callable[..., Array]) -> Callable[..., Array]:
    """Let a function of a flat float64 array take an array of any shape and floating dtype."""

    @functools.wraps(kernel)
    def whole(x: Array, *settings: Any) -> Array:
        flat = x.reshape(-1)
        out = numpy.empty(flat.shape, x.dtype)
        with numpy.errstate(all="ignore"):
            for start in range(0, flat.size, BLOCK):
                part = slice(start, start + BLOCK)
                out[part] = kernel(flat[part].astype(numpy.float64, copy=False), *settings)
        return out.reshape(x.shape)

    return whole


def numbers(text: str) -> tuple[float, ...]:
    """The numbers in a table."""
    return tuple(map(float, text.split()))


def polynomial(t: Array, coefficients: tuple[float, ...]) -> Array:
    """The sum of coefficients[k] * t^k, by Horner's rule."""
    out = numpy.full_like(t, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        out *= t
        out += coefficient
    return out
