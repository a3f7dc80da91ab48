"""The functions of linear algebra that PyTorch has at its top, and as methods, too; the others are in linalg.py."""

from typing import Any, NamedTuple

import numpy

from ..errors import LinAlgError
from ..recording import wrap
from ..tensor import Tensor, method
from .linalg import decompositions, elimination
from .linalg.determinants import det, logdet, slogdet
from .linalg.elimination import lu_factor_ex, lu_unpack
from .linalg.matrices import check_matrices, check_square
from .linalg.products import householder_product, matrix_exp, matrix_power, multi_dot, ormqr
from .linalg.pseudoinverse import pinv
from .linalg.solving import inv, solve_triangular
from .sequences import eye

__all__ = [
    "chain_matmul",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "geqrf",
    "inverse",
    "logdet",
    "lu",
    "lu_solve",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "orgqr",
    "ormqr",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
    "triangular_solve",
]

orgqr = householder_product


@method
def inverse(input: Tensor) -> Any:
    """The inverse of each matrix; `(*, n, n) -> (*, n, n)`; linalg.inv.

    Raises:
        LinAlgError: a matrix is singular.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    return inv(input)


@method
def pinverse(input: Tensor, rcond: float = 1e-15) -> Any:
    """The pseudoinverse of each matrix; `(*, m, n) -> (*, n, m)`; linalg.pinv with a relative bound.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: it has fewer than two dimensions.
        RuntimeError: it does not hold float32 or float64.
    """
    return pinv(input, rtol=rcond)


@method
def cholesky(input: Tensor, upper: bool = False) -> Any:
    """The lower triangular L of A = L L^T, or the U of A = U^T U; `(*, n, n) -> (*, n, n)`; linalg.cholesky.

    Raises:
        LinAlgError: a matrix is not positive-definite.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    return decompositions.cholesky(input, upper=upper)


class SVD(NamedTuple):
    """The left singular vectors as columns, the singular values, largest first, and the right vectors as columns."""

    U: Any
    S: Any
    V: Any


class Solution(NamedTuple):
    """The solution of triangular equations, and their coefficients."""

    solution: Any
    cloned_coefficient: Any


@method
def qr(input: Tensor, some: bool = True) -> Any:
    """linalg.qr of each matrix, with Q square unless `some`."""
    return decompositions.qr(input, "reduced" if some else "complete")


class Reflections(NamedTuple):
    """R, with the vectors of Householder's reflections below it, and their factors."""

    a: Any
    tau: Any


@method
def geqrf(input: Tensor) -> Reflections:
    """linalg.qr in the form that householder_product takes; `(*, m, n) -> (*, m, n), (*, min(m, n))`; no gradient.

    Raises:
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64.
    """
    check_matrices(input, "geqrf")
    packed, factors = numpy.linalg.qr(input.detach().numpy(), "raw")
    return Reflections(wrap(packed.swapaxes(-1, -2).astype(input.dtype)), wrap(factors.astype(input.dtype)))


@method
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVD:
    """linalg.svd of each matrix, with U and V square unless `some`, and zeros in their place unless `compute_uv`."""
    if not compute_uv:
        *batch, m, n = input.shape
        values = decompositions.svdvals(input)
        return SVD(input.new_zeros(*batch, m, m), values, input.new_zeros(*batch, n, n))
    U, S, Vh = decompositions.svd(input, full_matrices=not some)
    return SVD(U, S, Vh.mT)


@method
def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Solution:
    """The X of A X = b for a triangular A, or of A^T X = b; linalg.solve_triangular."""
    a, is_upper = (A.mT, not upper) if transpose else (A, upper)
    found = solve_triangular(a, b, upper=is_upper, unitriangular=unitriangular)
    return Solution(found, A.expand(*found.shape[:-2], *A.shape[-2:]).clone())


@method
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Any:
    """The X of A X = B, of A's Cholesky factor: A = L L^T, or L^T L if it is `upper`."""
    lower = L.mT if upper else L
    return solve_triangular(lower.mT, solve_triangular(lower, B, upper=False), upper=True)


@method
def cholesky_inverse(L: Tensor, upper: bool = False) -> Any:
    """The inverse of A, of its Cholesky factor: A = L L^T, or L^T L if it is `upper`.

    Raises:
        LinAlgError: L has a 0 on its diagonal, so that A is singular.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    check_square(L, "cholesky_inverse")
    if not L.detach().numpy().diagonal(0, -2, -1).all():
        raise LinAlgError("cholesky_inverse: there is a 0 on the diagonal of L, so that the matrix is singular")
    return cholesky_solve(eye(L.shape[-1], dtype=L.dtype), L, upper)


@method
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> Any:
    """linalg.lu_factor of each matrix, be it singular; with `get_infos` what lu_factor_ex tells of that, too."""
    found = lu_factor_ex(A, pivot=pivot)
    return tuple(found) if get_infos else (found.LU, found.pivots)


@method
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Any:
    """The X of A X = b, of lu's result for A."""
    return elimination.lu_solve(LU_data, LU_pivots, b)


def chain_matmul(*matrices: Tensor) -> Any:
    """linalg.multi_dot of the arguments, which are matrices.

    Raises:
        RuntimeError: there are none, they do not fit, or there are others than matrices.
    """
    if not matrices or any(x.ndim != 2 for x in matrices):
        raise RuntimeError(f"chain_matmul takes one matrix or more, got {[x.shape for x in matrices]}")
    return multi_dot(matrices) if len(matrices) > 1 else matrices[0]


for function in (det, logdet, matrix_exp, matrix_power, ormqr, slogdet):
    method(function)
method(householder_product, "orgqr")
