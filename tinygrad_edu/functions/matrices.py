"""The functions of linear algebra that PyTorch has at its top, and as methods, too; the others are in linalg.py."""

from typing import Any

from ..tensor import Tensor, method
from .linalg import decompositions
from .linalg.determinants import det, logdet, slogdet
from .linalg.products import matrix_exp, matrix_power
from .linalg.pseudoinverse import pinv
from .linalg.solving import inv

__all__ = ["cholesky", "det", "inverse", "logdet", "matrix_exp", "matrix_power", "pinverse", "slogdet"]


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


for function in (det, logdet, matrix_exp, matrix_power, slogdet):
    method(function)
