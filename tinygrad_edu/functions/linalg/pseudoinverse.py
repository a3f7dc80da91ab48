"""Moore and Penrose's inverse, and what rests on it: ranks and least squares."""

from typing import Any, NamedTuple

import numpy

from ...dtypes import int64
from ...errors import ShapeError
from ...ops.elementwise import abs
from ...ops.linear import matmul, swapped
from ...primitive import primitive
from ...recording import wrap
from ...tensor import Tensor
from ..linear import check_dtypes
from ..reduction import sum
from .decompositions import eigvalsh, svdvals
from .matrices import NOT_FINITE, check_matrices, check_square, lapack
from .solving import is_vector

__all__ = ["LeastSquares", "lstsq", "matrix_rank", "pinv"]


class LeastSquares(NamedTuple):
    """The solution of a least-squares problem, its squared residuals, the rank and the singular values of A."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def threshold(largest: Any, size: tuple[int, int], atol: Any, rtol: Any) -> Any:
    """Up to where a singular value counts as 0: max(atol, rtol * the largest); `(*) -> (*)`.

    rtol is the larger size times the dtype's precision by default, and 0 where there is a positive atol.
    """
    if rtol is None:
        rtol = max(size) * float(numpy.finfo(largest.dtype).eps)
        if atol is not None:
            rtol = numpy.where(as_array(atol) > 0, 0.0, rtol)
    return numpy.maximum(0.0 if atol is None else as_array(atol), as_array(rtol) * largest).astype(largest.dtype)


def as_array(x: Any) -> Any:
    """A number, or the array of a Tensor."""
    return x._array if isinstance(x, Tensor) else x


# one rule for every rank: the singular values may be equal, or 0
@primitive(
    formula=r"\bar{A} = -P^\top \bar{P} P^\top + (I - A P)\,\bar{P}^\top P P^\top + P^\top P\,\bar{P}^\top (I - P A)"
)
def pseudoinverse(a: Any, *, atol: Any, rtol: Any, hermitian: bool, xp: Any) -> Any:
    """The P with A P A = A, P A P = P, and A P and P A symmetric; `(*, m, n) -> (*, n, m)`."""
    if hermitian:
        s, v = lapack(xp.linalg.eigh, NOT_FINITE, a)
        u, size = v, xp.abs(s)
    else:
        u, s, vh = lapack(xp.linalg.svd, NOT_FINITE, a, full_matrices=False)
        v, size = swapped(vh), s
    largest = size.max(-1, initial=0)
    kept = size > threshold(largest, a.shape[-2:], atol, rtol)[..., None]
    return (v * xp.where(kept, 1 / xp.where(kept, s, 1), 0).astype(a.dtype)[..., None, :]) @ swapped(u)


def pseudoinverse_gradient(g: Any, a: Any, out: Any) -> Any:
    """The derivative at constant rank (Golub and Pereyra 1973, equation 4.12)."""
    p, pt, gt = out, swapped(out), swapped(g)
    right = matmul(gt, matmul(p, pt))
    left = matmul(matmul(pt, p), gt)
    across = matmul(matmul(pt, g), pt)
    return right - matmul(a, matmul(p, right)) + left - matmul(matmul(left, p), a) - across


pseudoinverse.vjp(a=lambda g, a, out: pseudoinverse_gradient(g, a, out))


def pinv(A: Tensor, rcond: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Any:
    """The pseudoinverse of each matrix; `(*, m, n) -> (*, n, m)`; of symmetric ones by eigenvalues if `hermitian`.

    Singular values up to max(atol, rtol * the largest) count as 0; both may be Tensors, one value for each matrix.
    `rcond` is NumPy's name for rtol.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: A has fewer than two dimensions; or `hermitian`, and it is not square.
        RuntimeError: it does not hold float32 or float64.
    """
    (check_square if hermitian else check_matrices)(A, "pinv")
    return pseudoinverse(A, atol=atol, rtol=rtol if rcond is None else rcond, hermitian=bool(hermitian))


def matrix_rank(A: Tensor, tol: Any = None, hermitian: bool = False, *, atol: Any = None, rtol: Any = None) -> Tensor:
    """How many singular values are not 0, as for pinv; `(*, m, n) -> (*)`; int64, no gradient.

    `tol` is an absolute bound, NumPy's name for it.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: A has fewer than two dimensions; or `hermitian`, and it is not square.
        RuntimeError: it does not hold float32 or float64.
    """
    (check_square if hermitian else check_matrices)(A, "matrix_rank")
    if tol is not None:
        atol, rtol = tol, 0.0
    values = abs(eigvalsh(A.detach())) if hermitian else svdvals(A.detach())
    size = values._array
    bound = threshold(size.max(-1, initial=0), (A.shape[-2], A.shape[-1]), atol, rtol)
    return wrap(numpy.asarray((size > bound[..., None]).sum(-1, dtype=int64)))


DRIVERS = ("gels", "gelsd", "gelss", "gelsy")


def lstsq(A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None) -> LeastSquares:
    """(solution, residuals, rank, singular_values) of the X of least |A X - B|; `(*, m, n), (*, m, k) -> (*, n, k)`.

    It is the pseudoinverse of A times B: the shortest X where several serve. What is told beside it depends on the
    driver, as in PyTorch, where "gelsy" is the default: residuals from the others, if m > n and every A has full rank;
    ranks from all but "gels"; singular values from "gelsd" and "gelss"; else they are empty.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: the shapes do not fit.
        RuntimeError: they do not hold one of float32 and float64, or there is no such driver.
    """
    check_matrices(A, "lstsq")
    check_dtypes("lstsq", A, B)
    driver = "gelsy" if driver is None else driver
    if driver not in DRIVERS:
        raise RuntimeError(f"lstsq takes one of {', '.join(DRIVERS)} as driver, got {driver!r}")
    vector = is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    if right.ndim < 2 or right.shape[-2] != A.shape[-2]:
        raise ShapeError(f"lstsq takes as many rows in B as in A, got {B.shape} for {A.shape}")
    m, n = A.shape[-2:]
    if driver == "gelsd" and rcond is not None and rcond >= 1:  # LAPACK takes what could leave nothing for a slip
        rcond = float(numpy.finfo(A.dtype).eps)
    found = matmul(pinv(A, rtol=rcond), right)
    ranks = matrix_rank(A, rtol=rcond)
    residuals = found.reshape(-1)[:0]
    if m > n and driver != "gelsy" and bool((ranks._array == n).all()):
        off = matmul(A, found) - right
        residuals = sum(off * off, -2)
    rank = wrap(numpy.empty(0, int64)) if driver == "gels" else ranks
    values = svdvals(A.detach()) if driver in ("gelsd", "gelss") else A.new_empty(0)
    return LeastSquares(found.squeeze(-1) if vector else found, residuals, rank, values)
