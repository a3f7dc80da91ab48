"""Singular vectors of the largest values alone, found by random directions.

Halko, Martinsson and Tropp, "Finding structure with randomness" (2009), algorithms 4.4 and 5.1.
"""

from typing import Any

from ..errors import ShapeError
from ..ops.linear import matmul
from ..tensor import Tensor
from .linalg.decompositions import qr
from .linalg.decompositions import svd as svd_of
from .matrices import SVD
from .random import randn
from .reduction import mean

__all__ = ["pca_lowrank", "svd_lowrank"]


def basis(A: Tensor, count: int, rounds: int) -> Any:
    """Orthonormal columns that nearly span what A's largest singular values reach; `(*, m, n) -> (*, m, count)`."""
    directions = randn(*A.shape[:-2], A.shape[-1], count, dtype=A.dtype)
    found = qr(matmul(A, directions)).Q
    for _ in range(rounds):
        found = qr(matmul(A, qr(matmul(A.mT, found)).Q)).Q
    return found


def svd_lowrank(A: Tensor, q: int | None = 6, niter: int = 2, M: Tensor | None = None) -> SVD:
    """(U, S, V) of the q largest singular values of A - M; `(*, m, n) -> (*, m, q), (*, q), (*, n, q)`.

    More rounds bring them nearer; q should be a little above the rank that is wanted.

    Raises:
        ShapeError: A has fewer than two dimensions.
        RuntimeError: it does not hold float32 or float64.
    """
    if A.ndim < 2:
        raise ShapeError(f"svd_lowrank takes a matrix or a batch of them, got {A.shape}")
    if M is not None:
        A = A - M
    if A.shape[-2] < A.shape[-1]:
        V, S, U = svd_lowrank(A.mT, q, niter)
        return SVD(U, S, V)
    reach = basis(A, 6 if q is None else q, niter)
    U, S, Vh = svd_of(matmul(reach.mT, A), full_matrices=False)
    return SVD(matmul(reach, U), S, Vh.mT)


def pca_lowrank(A: Tensor, q: int | None = None, center: bool = True, niter: int = 2) -> SVD:
    """svd_lowrank of the rows of A about their mean, if `center`: V holds the principal directions.

    `(*, m, n) -> (*, m, q), (*, q), (*, n, q)`; q is 6 by default, or what is smallest of that, m and n.

    Raises:
        ShapeError: A has fewer than two dimensions.
        ValueError: q is negative or more than m or n; or niter is negative.
        RuntimeError: A does not hold float32 or float64.
    """
    if A.ndim < 2:
        raise ShapeError(f"pca_lowrank takes a matrix or a batch of them, got {A.shape}")
    smaller = min(A.shape[-2:])
    count = min(6, smaller) if q is None else q
    if not 0 <= count <= smaller or niter < 0:
        raise ValueError(f"pca_lowrank takes a q of 0 to {smaller} and no negative niter, got {q} and {niter}")
    return svd_lowrank(A - mean(A, -2, keepdim=True) if center else A, count, niter)
