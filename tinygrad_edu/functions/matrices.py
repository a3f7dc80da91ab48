"""The functions of linear algebra that PyTorch has at its top, and as methods, too; the others are in linalg.py."""

from typing import Any, NamedTuple

from ..dtypes import int32
from ..tensor import Tensor, method
from .creation import zeros
from .linalg import decompositions, elimination
from .linalg.determinants import det, logdet, slogdet
from .linalg.elimination import lu_factor, lu_unpack
from .linalg.products import householder_product, matrix_exp, matrix_power, multi_dot
from .linalg.pseudoinverse import pinv
from .linalg.solving import inv, solve_triangular
from .sequences import eye

__all__ = [
    "chain_matmul",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "lu",
    "lu_solve",
    "lu_unpack",
    "matrix_exp",
    "matrix_power",
    "orgqr",
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


@method
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SVD:
    """linalg.svd of each matrix, with U and V square unless `some`, and zeros in their place unless `compute_uv`."""
    if not compute_uv:
        m, n = input.shape[-2:]
        return SVD(input.new_zeros(m, m), decompositions.svdvals(input), input.new_zeros(n, n))
    U, S, Vh = decompositions.svd(input, full_matrices=not some)
    return SVD(U, S, Vh.mT)


@method
def triangular_solve(
    b: Tensor, A: Tensor, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Solution:
    """The X of A X = b for a triangular A, or of A^T X = b; linalg.solve_triangular."""
    a, is_upper = (A.mT, not upper) if transpose else (A, upper)
    return Solution(solve_triangular(a, b, upper=is_upper, unitriangular=unitriangular), A.clone())


@method
def cholesky_solve(B: Tensor, L: Tensor, upper: bool = False) -> Any:
    """The X of A X = B, of A's Cholesky factor: A = L L^T, or L^T L if it is `upper`."""
    lower = L.mT if upper else L
    return solve_triangular(lower.mT, solve_triangular(lower, B, upper=False), upper=True)


@method
def cholesky_inverse(L: Tensor, upper: bool = False) -> Any:
    """The inverse of A, of its Cholesky factor: A = L L^T, or L^T L if it is `upper`."""
    return cholesky_solve(eye(L.shape[-1], dtype=L.dtype), L, upper)


@method
def lu(A: Tensor, pivot: bool = True, get_infos: bool = False) -> Any:
    """linalg.lu_factor of each matrix; with `get_infos` also 0 for each."""
    found = lu_factor(A, pivot=pivot)
    return (*found, zeros(A.shape[:-2], dtype=int32)) if get_infos else tuple(found)


@method
def lu_solve(b: Tensor, LU_data: Tensor, LU_pivots: Tensor) -> Any:
    """The X of A X = b, of lu's result for A."""
    return elimination.lu_solve(LU_data, LU_pivots, b)


def chain_matmul(*matrices: Tensor) -> Any:
    """linalg.multi_dot of the arguments."""
    return multi_dot(matrices) if len(matrices) > 1 else matrices[0]


for function in (det, logdet, matrix_exp, matrix_power, slogdet):
    method(function)
