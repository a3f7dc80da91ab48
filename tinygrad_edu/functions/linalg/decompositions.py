"""Factors of matrices: Cholesky's, orthogonal and triangular ones, eigenvectors, singular vectors.

Where factors are determined up to signs, or up to a rotation for equal eigenvalues, a gradient has a meaning only for
what does not depend on that choice; for vectors of equal eigenvalues or singular values it is NaN or infinite.
"""

from typing import Any, NamedTuple

import numpy

from ...errors import ArgumentError, GradientError, LinAlgError
from ...ops.elementwise import masked
from ...ops.indexing import getitem
from ...ops.linear import matmul, swapped
from ...primitive import primitive
from ...tensor import Tensor
from ..joining import cat
from .matrices import NOT_FINITE, check_matrices, check_square, lapack, symmetric, triangle
from .solving import inverse, triangular_solution

__all__ = ["QR", "SVD", "Eigh", "cholesky", "eigh", "eigvalsh", "qr", "svd", "svdvals"]


class Eigh(NamedTuple):
    """The eigenvalues of symmetric matrices, smallest first, and their eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


class QR(NamedTuple):
    """An orthogonal factor and an upper triangular one."""

    Q: Any
    R: Any


class SVD(NamedTuple):
    """The left singular vectors as columns, the singular values, largest first, and the right vectors as rows."""

    U: Any
    S: Any
    Vh: Any


def spread(x: Any, n: int) -> Any:
    """Which elements of n-by-n matrices lie off the diagonal, kept, and 0 on it."""
    return masked(x, ~numpy.eye(n, dtype=bool))


def gaps(values: Any) -> Any:
    """values[j] - values[i], and 1 on the diagonal; `(*, n) -> (*, n, n)`."""
    n = values.shape[-1]
    return rows(values) - swapped(rows(values)) + numpy.eye(n, dtype=values.dtype)


def rows(values: Any) -> Any:
    """Values along the columns of matrices with one row; `(*, n) -> (*, 1, n)`."""
    return getitem(values, index=(..., None, slice(None)))


@primitive(formula=r"\bar{A} = L^{-\top} \Phi(L^\top \bar{L})\,L^{-1}")
def lower_factor(a: Any, *, xp: Any) -> Any:
    """The lower triangular L of A = L L^T, from the lower triangle of A; `(*, n, n) -> (*, n, n)`."""
    reason = "cholesky: the matrix is not positive-definite, so it has no such factor"
    factor = lapack(xp.linalg.cholesky, reason, a)
    if xp.isnan(factor).any():  # which LAPACK lets pass
        raise LinAlgError(reason)
    return factor


def lower_factor_gradient(g: Any, out: Any) -> Any:
    r"""$\Phi$ takes the lower triangle with half the diagonal; the result is symmetric, as the matrix is."""
    product = triangle(matmul(swapped(out), g), upper=False)
    halved = product - masked(product, numpy.eye(out.shape[-1], dtype=bool)) * 0.5
    across = inverse(out)
    return matmul(matmul(swapped(across), symmetric(halved)), across)


lower_factor.vjp(a=lambda g, out: lower_factor_gradient(g, out))


def cholesky(A: Tensor, *, upper: bool = False) -> Any:
    """The lower triangular L of A = L L^T, or with `upper` the U of A = U^T U; `(*, n, n) -> (*, n, n)`.

    Only that triangle of A is read.

    Raises:
        LinAlgError: a matrix is not positive-definite.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    check_square(A, "cholesky")
    return swapped(lower_factor(swapped(A))) if upper else lower_factor(A)


@primitive(formula=r"\bar{A} = (\bar{Q} + Q\,\Phi(R \bar{R}^\top - \bar{Q}^\top Q))\,R^{-\top}")
def tall_factors(a: Any, *, mode: str, xp: Any) -> Any:
    """Q and R of matrices with as many rows as columns or more; `(*, m, n) -> (*, m, k), (*, k, n)`."""
    return tuple(xp.linalg.qr(a, mode))


def tall_factors_gradient(g: Any, out: Any, mode: str) -> Any:
    r"""$\Phi$ copies the lower triangle to the upper one.

    Raises:
        GradientError: the columns that `complete` adds to Q are not determined by A.
    """
    (g_q, g_r), (q, r) = g, out
    if q.shape[-1] != r.shape[-1]:
        raise GradientError("qr with mode='complete' and more rows than columns has no derivative; use mode='reduced'")
    inner = 0 if g_r is None else matmul(r, swapped(g_r))
    if g_q is not None:
        inner = inner - matmul(swapped(g_q), q)
    right = matmul(q, triangle(inner, upper=False) + swapped(triangle(inner, upper=False, strict=True)))
    if g_q is not None:
        right = right + g_q
    return swapped(triangular_solution(r, swapped(right), upper=True, unitriangular=False))


tall_factors.partial = True
tall_factors.vjp(a=lambda g, out, mode: tall_factors_gradient(g, out, mode))


@primitive(formula=r"\bar{A}\ \text{needs}\ Q")
def right_factor(a: Any, *, xp: Any) -> Any:
    """R alone; `(*, m, n) -> (*, k, n)`."""
    return xp.linalg.qr(a, "r")


def no_derivative(g: Any) -> Any:
    raise GradientError("the derivative of qr needs Q, which mode='r' does not compute; use mode='reduced'")


right_factor.vjp(a=lambda g: no_derivative(g))


def qr(A: Tensor, mode: str = "reduced") -> QR:
    """(Q, R) with A = Q R, the columns of Q orthonormal and R upper triangular; `(*, m, n) -> (*, m, k), (*, k, n)`.

    k is min(m, n), or m if the mode is "complete"; "r" leaves Q empty. The signs are LAPACK's.

    Raises:
        ShapeError: A has fewer than two dimensions.
        ValueError: there is no such mode.
        RuntimeError: A does not hold float32 or float64; in backward, the mode has no derivative.
    """
    check_matrices(A, "qr")
    if mode not in ("reduced", "complete", "r"):
        raise ArgumentError(f"qr takes 'reduced', 'complete' or 'r' as mode, got {mode!r}")
    m, n = A.shape[-2:]
    if mode == "r":
        return QR(A.new_empty(0), right_factor(A))
    if m >= n:
        return QR(*tall_factors(A, mode=mode))
    # a wide matrix has the Q of its first columns
    q, r = tall_factors(getitem(A, index=(..., slice(m))), mode="reduced")
    return QR(q, cat([r, matmul(swapped(q), getitem(A, index=(..., slice(m, n))))], -1))


@primitive(
    formula=r"\bar{A} = V\,(\mathrm{diag}\,\bar{\lambda} + (T - T^\top) / 2 (\lambda_j - \lambda_i))\,V^\top,"
    r"\ T = V^\top \bar{V}"
)
def eigenpairs(a: Any, *, uplo: str, xp: Any) -> Any:
    """The eigenvalues and eigenvectors of symmetric matrices; `(*, n, n) -> (*, n), (*, n, n)`."""
    return tuple(lapack(xp.linalg.eigh, "eigh: the eigenvalues did not converge", a, UPLO=uplo))


def eigenpairs_gradient(g: Any, out: Any) -> Any:
    """Of eigenvalues alone it is finite wherever they lie; symmetric, as the matrix is."""
    (g_values, g_vectors), (values, vectors) = g, out
    left = 0 if g_values is None else vectors * rows(g_values)
    if g_vectors is not None:
        turn = matmul(swapped(vectors), g_vectors)
        left = matmul(vectors, spread((turn - swapped(turn)) * 0.5 / gaps(values), values.shape[-1])) + left
    return matmul(left, swapped(vectors))


eigenpairs.partial = True
eigenpairs.vjp(a=lambda g, out: eigenpairs_gradient(g, out))


# the rule computes the vectors, which the forward does without
@primitive(formula=r"\bar{A} = V\,\mathrm{diag}\,\bar{\lambda}\,V^\top")
def eigenvalues(a: Any, *, uplo: str, xp: Any) -> Any:
    """The eigenvalues of symmetric matrices; `(*, n, n) -> (*, n)`."""
    return lapack(xp.linalg.eigvalsh, "eigvalsh: the eigenvalues did not converge", a, UPLO=uplo)


eigenvalues.vjp(a=lambda g, a, uplo: eigenpairs_gradient((g, None), eigenpairs(a, uplo=uplo)))


def triangle_name(uplo: Any, name: str) -> str:
    """Which triangle is meant, L or U.

    Raises:
        TypeError: it is no string.
        RuntimeError: it is neither.
    """
    if not isinstance(uplo, str):
        raise TypeError(f"{name} takes 'L' or 'U' as UPLO, got {type(uplo).__name__}")
    if uplo.upper() not in ("L", "U"):
        raise RuntimeError(f"{name} takes 'L' or 'U' as UPLO, got {uplo!r}")
    return uplo.upper()


def eigh(A: Tensor, UPLO: str = "L") -> Eigh:
    """(eigenvalues, eigenvectors) of symmetric matrices, smallest first; `(*, n, n) -> (*, n), (*, n, n)`.

    Only the triangle that UPLO names, "L" or "U", is read.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64; or UPLO is neither.
    """
    check_square(A, "eigh")
    return Eigh(*eigenpairs(A, uplo=triangle_name(UPLO, "eigh")))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Any:
    """The eigenvalues of symmetric matrices, smallest first; `(*, n, n) -> (*, n)`.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64; or UPLO is neither.
    """
    check_square(A, "eigvalsh")
    return eigenvalues(A, uplo=triangle_name(UPLO, "eigvalsh"))


@primitive(
    formula=r"\bar{A} = U\,(\mathrm{diag}\,\bar{s} + F \circ (U^\top \bar{U})\,S + S\,F \circ (V^\top \bar{V}))\,V^\top"
)
def singular_factors(a: Any, *, full: bool, xp: Any) -> Any:
    """U, S and V^T of A = U diag(S) V^T; `(*, m, n) -> (*, m, k), (*, k), (*, k, n)`, square if `full`."""
    return tuple(lapack(xp.linalg.svd, NOT_FINITE, a, full_matrices=full))


def singular_factors_gradient(g: Any, out: Any) -> Any:
    """Of singular values alone it is finite wherever they lie.

    The vectors that full matrices add are an arbitrary basis; what depends on the choice has no gradient.
    """
    k = out[1].shape[-1]
    columns, lines = (..., slice(k)), (..., slice(k), slice(None))
    s, u, vh = rows(out[1]), getitem(out[0], index=columns), getitem(out[2], index=lines)
    g_u = None if g[0] is None else getitem(g[0], index=columns)
    g_v = None if g[2] is None else swapped(getitem(g[2], index=lines))
    left = 0 if g[1] is None else u * rows(g[1])
    squares = None if g_u is None and g_v is None else gaps(out[1] * out[1])
    if g_u is not None:
        left = matmul(u, turned(swapped(u), g_u, squares) * s) + left
        if u.shape[-2] > k:
            left = left + beyond(u, g_u) / s
    if g_v is not None:
        v = swapped(vh)
        left = matmul(u * s, turned(vh, g_v, squares)) + left
        if v.shape[-2] > k:
            return matmul(left, vh) + matmul(u / s, swapped(beyond(v, g_v)))
    return matmul(left, vh)


def turned(vectors: Any, g: Any, squares: Any) -> Any:
    """How the vectors of different singular values turn into each other."""
    product = matmul(vectors, g)
    return spread((product - swapped(product)) / squares, product.shape[-1])


def beyond(vectors: Any, g: Any) -> Any:
    """The part of a gradient that lies outside of the space of the vectors."""
    return g - matmul(vectors, matmul(swapped(vectors), g))


singular_factors.partial = True
singular_factors.vjp(a=lambda g, out: singular_factors_gradient(g, out))


# the rule computes the vectors, which the forward does without
@primitive(formula=r"\bar{A} = U\,\mathrm{diag}\,\bar{s}\,V^\top")
def singular_values(a: Any, *, xp: Any) -> Any:
    """The singular values of matrices; `(*, m, n) -> (*, k)`."""
    return lapack(xp.linalg.svd, NOT_FINITE, a, compute_uv=False)


singular_values.vjp(a=lambda g, a: singular_factors_gradient((None, g, None), singular_factors(a, full=False)))


def check_driver(driver: str | None, name: str) -> None:
    """Refuse a choice that only a GPU has.

    Raises:
        RuntimeError: a driver is named.
    """
    if driver is not None:
        raise RuntimeError(f"{name} has a choice of drivers on a GPU only, got {driver!r}; leave it out")


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """(U, S, Vh) with A = U diag(S) Vh, S largest first; `(*, m, n) -> (*, m, m), (*, k), (*, n, n)`, k = min(m, n).

    Without `full_matrices` only k columns of U and rows of Vh are computed. `driver` names one of a GPU.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: A has fewer than two dimensions.
        RuntimeError: it does not hold float32 or float64; or a driver is named.
    """
    check_matrices(A, "svd")
    check_driver(driver, "svd")
    return SVD(*singular_factors(A, full=bool(full_matrices)))


def svdvals(A: Tensor, *, driver: str | None = None) -> Any:
    """The singular values, largest first; `(*, m, n) -> (*, min(m, n))`.

    Raises:
        LinAlgError: a matrix holds NaN or infinity.
        ShapeError: A has fewer than two dimensions.
        RuntimeError: it does not hold float32 or float64; or a driver is named.
    """
    check_matrices(A, "svdvals")
    check_driver(driver, "svdvals")
    return singular_values(A)
