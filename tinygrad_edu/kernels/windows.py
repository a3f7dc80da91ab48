"""The geometry of a window that slides over spatial dimensions; convolution and pooling share it."""

from collections.abc import Sequence
from functools import lru_cache
from operator import index
from typing import NamedTuple

from ..errors import ShapeError

__all__ = ["Sizes", "Window", "inside", "per_dimension", "planar", "planar_settings", "reach"]

Sizes = tuple[int, ...]


class Window(NamedTuple):
    """A window's kernel and how it slides, with one number for each spatial dimension."""

    kernel: Sizes
    stride: Sizes
    padding: Sizes
    dilation: Sizes


def per_dimension(value: int | Sequence[int], dims: int, name: str) -> Sizes:
    """A setting as one integer for each spatial dimension; a single integer is meant for all of them.

    >>> per_dimension(3, 2, "kernel_size"), per_dimension((3, 5), 2, "kernel_size")
    ((3, 3), (3, 5))

    Raises:
        TypeError: the setting is not made of integers.
        ShapeError: it has neither one nor `dims` of them.
    """
    if type(value) is int:
        return (value,) * dims
    try:
        found = tuple(map(index, value if isinstance(value, (tuple, list)) else (value,)))
    except TypeError:
        raise TypeError(f"{name} takes an integer or {dims} integers, got {value!r}") from None
    if len(found) == 1:
        return found * dims
    if len(found) != dims:
        raise ShapeError(f"{name} takes an integer or {dims} integers, one for each spatial dimension, got {value!r}")
    return found


def planar(sizes: Sizes, fill: int) -> Sizes:
    """One dimension becomes two, rows of number `fill` and columns, which is what the kernels take."""
    return sizes if len(sizes) > 1 else (fill, *sizes)


@lru_cache(4096)
def planar_settings(stride: Sizes, padding: Sizes, dilation: Sizes) -> tuple[Sizes, Sizes, Sizes]:
    """The settings as the kernels take them."""
    return planar(stride, 1), planar(padding, 0), planar(dilation, 1)


def reach(kernel: int, dilation: int) -> int:
    """How many positions a dilated kernel spans: dilation (kernel - 1) + 1.

    >>> reach(3, dilation=2)
    5
    """
    return dilation * (kernel - 1) + 1


def inside(first: int, stride: int, count: int, size: int) -> tuple[slice, slice]:
    """Which of the positions first, first + stride, ... (`count` of them) fall inside range(size).

    Returns which they are and where they lie, as two slices; the others lie in the padding.

    >>> inside(-1, 2, count=4, size=4)
    (slice(1, 3, None), slice(1, 4, 2))
    """
    start = max(0, -(first // stride))
    stop = min(count, (size - 1 - first) // stride + 1)
    if start >= stop:
        return slice(0, 0), slice(0, 0)
    return slice(start, stop), slice(first + stride * start, first + stride * (stop - 1) + 1, stride)
