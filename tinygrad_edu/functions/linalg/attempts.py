"""Factors and inverses that tell which matrices have none, instead of stopping: PyTorch's names that end in `_ex`."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy

from ...dtypes import int32
from ...errors import LinAlgError
from ...recording import wrap
from ...tensor import Tensor
from ..elementwise import where
from ..sequences import eye
from .decompositions import cholesky
from .elimination import lu_factor_ex
from .solving import inv, is_vector, solve

__all__ = ["CholeskyFactor", "Inverse", "Solved", "cholesky_ex", "inv_ex", "solve_ex"]


class CholeskyFactor(NamedTuple):
    """A triangular factor, and up to which order the matrix is not positive-definite, or 0."""

    L: Any
    info: Any


class Inverse(NamedTuple):
    """An inverse, and which pivot is 0, from 1 on, or 0."""

    inverse: Any
    info: Any


class Solved(NamedTuple):
    """A solution, and which pivot is 0, from 1 on, or 0."""

    result: Any
    info: Any


def attempted(
    compute: Callable[[Tensor], Any], failures: Callable[[Tensor], Tensor], A: Tensor, strict: bool, dims: int = 2
) -> tuple[Any, Tensor]:
    """What comes of each matrix, NaN in its `dims` dimensions where that fails, and how each fails, 0 if it does not.

    Raises:
        LinAlgError: one fails, if `strict`.
    """
    try:
        return compute(A), wrap(numpy.zeros(A.shape[:-2], int32))
    except LinAlgError:
        if strict:
            raise
    info = failures(A.detach())
    fails = (info != 0).reshape(*info.shape, 1, 1)
    found = compute(where(fails, eye(A.shape[-1], dtype=A.dtype), A))
    return where(fails if dims == 2 else fails.squeeze(-1), numpy.nan, found), info


def orders(A: Tensor) -> Tensor:
    """The first order of each matrix at which its upper left corner is not positive-definite, or 0."""
    found = numpy.zeros(A.shape[:-2], int32)
    for place in numpy.ndindex(found.shape):
        matrix = A[place]
        found[place] = next((k for k in range(1, len(matrix) + 1) if not is_positive(matrix[:k, :k])), 0)
    return wrap(found)


def is_positive(matrix: Tensor) -> bool:
    """Whether a matrix is positive-definite."""
    try:
        cholesky(matrix)
    except LinAlgError:
        return False
    return True


def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> CholeskyFactor:
    """cholesky(A), and for each matrix 0, or at which order it turns out not to be positive-definite: its L is NaN.

    Raises:
        LinAlgError: one is not positive-definite, and `check_errors` is on.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    return CholeskyFactor(
        *attempted(partial(cholesky, upper=upper), lambda a: orders(a.mT if upper else a), A, check_errors)
    )


def inv_ex(A: Tensor, *, check_errors: bool = False) -> Inverse:
    """inv(A), and for each matrix 0, or which pivot of its elimination is 0: its inverse is NaN.

    Raises:
        LinAlgError: one is singular, and `check_errors` is on.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    return Inverse(*attempted(inv, zero_pivots, A, check_errors))


def zero_pivots(A: Tensor) -> Tensor:
    """Which pivot of each matrix is the first to be 0."""
    info: Tensor = lu_factor_ex(A).info
    return info


def solve_ex(A: Tensor, B: Tensor, *, left: bool = True, check_errors: bool = False) -> Solved:
    """solve(A, B), and for each matrix 0, or which pivot of its elimination is 0: its solution is NaN.

    Raises:
        LinAlgError: one is singular, and `check_errors` is on.
        ShapeError: the shapes do not fit.
        RuntimeError: they do not hold one of float32 and float64.
    """
    dims = 1 if is_vector(A, B) else 2
    return Solved(*attempted(lambda a: solve(a, B, left=left), zero_pivots, A, check_errors, dims))
