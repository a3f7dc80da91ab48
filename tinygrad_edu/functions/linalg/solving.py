"""Systems of linear equations, and inverses."""

import math
from collections.abc import Sequence
from typing import Any

from ...errors import LinAlgError, ShapeError, broadcast_clash
from ...kernels.substitution import substitute
from ...ops.linear import matmul, swapped
from ...primitive import primitive
from ...tensor import Tensor
from ..linear import check_dtypes
from .matrices import check_square, lapack, triangle

__all__ = ["inv", "solve", "solve_triangular", "tensorinv", "tensorsolve"]


@primitive(formula=r"\bar{A} = -Y^\top \bar{Y}\,Y^\top")
def inverse(a: Any, *, strict: bool = True, xp: Any) -> Any:
    """The inverses of matrices; `(*, n, n) -> (*, n, n)`; of singular ones infinite, unless `strict`."""
    try:
        return lapack(xp.linalg.inv, "inv: the matrix is singular, so it has no inverse", a)
    except LinAlgError:
        if strict:
            raise
        if a.ndim == 2:
            return xp.full_like(a, xp.inf)
        return xp.stack([inverse.forward(part, strict=False, xp=xp) for part in a])


inverse.vjp(a=lambda g, out: -matmul(matmul(swapped(out), g), swapped(out)))


@primitive(formula=r"\bar{B} = A^{-\top} \bar{X},\ \bar{A} = -\bar{B}\,X^\top")
def solution(a: Any, b: Any, *, xp: Any) -> Any:
    """The X of A X = B; `(*, n, n), (*, n, k) -> (*, n, k)`; batches broadcast."""
    return lapack(xp.linalg.solve, "solve: the matrix is singular, so there is no one solution", a, b)


@primitive(formula=r"\bar{B} = A^{-\top} \bar{X},\ \bar{A} = -\mathrm{triangle}(\bar{B}\,X^\top)")
def triangular_solution(a: Any, b: Any, *, upper: bool, unitriangular: bool) -> Any:
    """The X of A X = B for a triangular A; `(*, n, n), (*, n, k) -> (*, n, k)`; batches broadcast."""
    return substitute(a, b, upper, unitriangular)


def solution_gradients(g: Any, a: Any, out: Any, needs: tuple[bool, bool]) -> tuple[Any, Any]:
    """The gradients of A, where wanted, and of B."""
    to_b = solution(swapped(a), g)
    return (-matmul(to_b, swapped(out)) if needs[0] else None), to_b


def triangular_gradients(
    g: Any, a: Any, out: Any, upper: bool, unitriangular: bool, needs: tuple[bool, bool]
) -> tuple[Any, Any]:
    """The gradients of A, where wanted, and of B."""
    to_b = triangular_solution(swapped(a), g, upper=not upper, unitriangular=unitriangular)
    return (-triangle(matmul(to_b, swapped(out)), upper, unitriangular) if needs[0] else None), to_b


solution.joint_vjp(lambda g, a, out, needs: solution_gradients(g, a, out, needs))
triangular_solution.joint_vjp(
    lambda g, a, out, upper, unitriangular, needs: triangular_gradients(g, a, out, upper, unitriangular, needs)
)


def inv(A: Tensor) -> Any:
    """The inverse of each matrix; `(*, n, n) -> (*, n, n)`.

    Raises:
        LinAlgError: a matrix is singular.
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    check_square(A, "inv")
    return inverse(A)


def is_vector(A: Tensor, B: Tensor) -> bool:
    """Whether B holds a vector for each matrix of A, and not a matrix, by PyTorch's rule."""
    return B.ndim == 1 or (A.ndim - 1 == B.ndim and B.shape == A.shape[:-1])


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Any:
    """The X of A X = B, or of X A = B if not `left`; `(*, n, n), (*, n, k) -> (*, n, k)`, or without k for vectors.

    >>> from tinygrad_edu import tensor
    >>> solve(tensor([[2.0, 0.0], [1.0, 1.0]]), tensor([2.0, 3.0]))
    tensor([1., 2.])

    Raises:
        LinAlgError: a matrix is singular.
        ShapeError: the shapes do not fit; X A = B has no vector for B.
        RuntimeError: they do not hold one of float32 and float64.
    """
    check_square(A, "solve")
    check_dtypes("solve", A, B)
    vector = is_vector(A, B)
    right = B.unsqueeze(-1) if vector else B
    check_sides(A, right, left, "solve")
    found = solution(A, right) if left else swapped(solution(swapped(A), swapped(right)))
    return found.squeeze(-1) if vector else found


def check_sides(A: Tensor, B: Tensor, left: bool, name: str) -> None:
    """Refuse a right-hand side that does not fit the matrices.

    Raises:
        ShapeError: it has too few dimensions, another size, or another batch.
    """
    if B.ndim < 2:
        raise ShapeError(f"{name} of {A.shape} takes a matrix B here, with 2 dimensions or more; got {B.shape}")
    if A.shape[-1] != B.shape[-2 if left else -1]:
        told = "rows" if left else "columns"
        raise ShapeError(f"{name} takes as many {told} in B as in A, got {B.shape} for {A.shape}")
    if clash := broadcast_clash([A.shape[:-2], B.shape[:-2]]):
        raise ShapeError(f"{name} of batches that do not fit, {A.shape} and {B.shape}: {clash}")


def solve_triangular(A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """The X of A X = B, or of X A = B if not `left`, for a triangular A; `(*, n, n), (*, n, k) -> (*, n, k)`.

    Only that triangle of A is read; not its diagonal if `unitriangular`, when it is taken to be 1. Where the diagonal
    is 0 the result is infinite or NaN.

    Raises:
        ShapeError: the shapes do not fit.
        RuntimeError: they do not hold one of float32 and float64.
    """
    check_square(A, "solve_triangular")
    check_dtypes("solve_triangular", A, B)
    check_sides(A, B, left, "solve_triangular")
    if left:
        return triangular_solution(A, B, upper=upper, unitriangular=unitriangular)
    return swapped(triangular_solution(swapped(A), swapped(B), upper=not upper, unitriangular=unitriangular))


def tensorsolve(A: Tensor, B: Tensor, dims: Sequence[int] | None = None) -> Any:
    """The X of tensordot(A, X, X.ndim) = B, after `dims` of A are moved to its end; `A.shape[B.ndim:]`.

    Raises:
        LinAlgError: there is not one.
        ShapeError: the sizes of A beyond B's dimensions do not multiply to what the others do, or these to B's.
        RuntimeError: they do not hold one of float32 and float64.
    """
    if dims is not None:
        A = A.movedim(tuple(dims), tuple(range(-len(dims), 0)))
    rows, columns = A.shape[: B.ndim], A.shape[B.ndim :]
    n = math.prod(columns)
    if math.prod(rows) != n or B.numel() != n:
        raise ShapeError(f"tensorsolve of {B.shape}: {rows} and {columns} of A must hold as many elements as B")
    return solve(A.reshape(n, n), B.reshape(n)).reshape(columns)


def tensorinv(A: Tensor, ind: int = 2) -> Any:
    """The inverse of the map that tensordot(A, ., A.ndim - ind) is; `A.shape[ind:] + A.shape[:ind]`.

    Raises:
        LinAlgError: there is none.
        ShapeError: the first `ind` sizes do not multiply to what the others do.
        RuntimeError: ind is not positive, or A does not hold float32 or float64.
    """
    if ind <= 0:
        raise RuntimeError(f"tensorinv takes a positive ind, got {ind}")
    rows, columns = A.shape[:ind], A.shape[ind:]
    if math.prod(rows) != math.prod(columns):
        raise ShapeError(
            f"tensorinv of {A.shape} with ind={ind}: {rows} and {columns} hold different numbers of elements"
        )
    return inv(A.reshape(math.prod(rows), math.prod(columns))).reshape(*columns, *rows)
