"""What the functions of this family ask of their operands, and how LAPACK's failures are told."""

from collections.abc import Callable
from typing import Any

import numpy

from ...errors import LinAlgError, ShapeError
from ...ops.elementwise import masked
from ...ops.linear import swapped
from ...ops.movement import reshape
from ...tensor import Tensor

__all__ = ["NOT_FINITE", "check_matrices", "check_square", "column", "lapack", "triangle"]


NOT_FINITE = "the singular values did not converge, for the matrix holds NaN or infinity"


def check_matrices(x: Any, name: str) -> None:
    """Refuse what is no batch of float32 or float64 matrices.

    Raises:
        TypeError: it is no Tensor.
        ShapeError: it has fewer than two dimensions.
        RuntimeError: it does not hold floats, or float16, in which too few digits would be left.
    """
    if not isinstance(x, Tensor):
        raise TypeError(f"{name} takes Tensors, got {type(x).__name__}")
    if x.ndim < 2:
        raise ShapeError(f"{name} takes a matrix or a batch of them, with 2 dimensions or more; got {x.shape}")
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise RuntimeError(f"{name} takes float32 or float64, got {x.dtype}; convert with .float() or .double()")


def check_square(x: Any, name: str) -> None:
    """Refuse what is no batch of square matrices of float32 or float64.

    Raises:
        TypeError: it is no Tensor.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold such floats.
    """
    check_matrices(x, name)
    if x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"{name} takes square matrices, got {x.shape[-2]} by {x.shape[-1]} in {x.shape}")


def lapack(routine: Callable[..., Any], reason: str, *arrays: Any, **settings: Any) -> Any:
    """What a routine gives.

    Raises:
        LinAlgError: it failed on one of the matrices; the message names the first, and the reason.
    """
    try:
        with numpy.errstate(all="ignore"):  # NumPy's results in float64 may overflow float32
            return routine(*arrays, **settings)
    except numpy.linalg.LinAlgError:
        raise LinAlgError(f"{reason}{where(routine, arrays[0], arrays[1:], settings)}") from None


def where(routine: Callable[..., Any], matrices: Any, others: Any, settings: Any) -> str:
    """Which matrix of a batch a routine fails on."""
    batch = matrices.shape[:-2]
    sides = [numpy.broadcast_to(y, (*numpy.broadcast_shapes(batch, y.shape[:-2]), *y.shape[-2:])) for y in others]
    for place in numpy.ndindex(batch) if batch and all(y.shape[:-2] == batch for y in sides) else ():
        try:
            routine(matrices[place], *[y[place] for y in sides], **settings)
        except numpy.linalg.LinAlgError:
            return f" (batch element {place[0] if len(place) == 1 else place})"
    return ""


def column(g: Any) -> Any:
    """A number for each matrix of a batch, as 1-by-1 matrices; `(*) -> (*, 1, 1)`."""
    return reshape(g, shape=(*g.shape, 1, 1))


def triangle(x: Any, upper: bool, strict: bool = False) -> Any:
    """The elements in a triangle of each matrix, and 0 elsewhere; without the diagonal if `strict`."""
    keep = numpy.triu if upper else numpy.tril
    offset = int(strict) if upper else -int(strict)
    return masked(x, keep(numpy.ones(x.shape[-2:], bool), offset))


def symmetric(x: Any) -> Any:
    """(x + x^T) / 2."""
    return (x + swapped(x)) * 0.5
