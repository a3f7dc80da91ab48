"""Factors of matrices by Gaussian elimination: A = P L U, P an order of rows, L lower and U upper triangular."""

import math
from typing import Any, NamedTuple

import numpy

from ...dtypes import int32
from ...errors import LinAlgError, ShapeError
from ...kernels.elimination import eliminate, exchanges
from ...ops.indexing import getitem
from ...ops.linear import matmul, swapped
from ...ops.movement import cat
from ...primitive import primitive
from ...recording import wrap
from ...tensor import Tensor
from ..sequences import eye
from .matrices import check_matrices, triangle
from .solving import solve_triangular, triangular_solution

__all__ = ["LU", "LUFactor", "LUFactorInfo", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "lu_unpack"]


class LU(NamedTuple):
    """An order of rows as a matrix, a lower triangular factor and an upper one."""

    P: Any
    L: Any
    U: Any


class LUFactor(NamedTuple):
    """Both factors in one matrix, without L's diagonal of ones; and with which row each is exchanged, from 1 on."""

    LU: Any
    pivots: Any


class LUFactorInfo(NamedTuple):
    """An LUFactor, and which pivot is 0, from 1 on, or 0."""

    LU: Any
    pivots: Any
    info: Any


@primitive(formula=r"\bar{A} = L^{-\top} (\mathrm{tril}(L^\top \bar{L}) + \mathrm{triu}(\bar{U} U^\top)) U^{-\top}")
def eliminated(a: Any) -> Any:
    """Both factors of matrices whose rows are in order, in one; `(*, m, n) -> (*, m, n)`."""
    return eliminate(a)


def eliminated_gradient(g: Any, out: Any) -> Any:
    """The formula is that of the upper left square; rows below it, or columns right of it, follow from its factors."""
    m, n = out.shape[-2:]
    k = min(m, n)
    square = (..., slice(k), slice(k))
    beyond = (..., slice(k, m), slice(k)) if m > n else (..., slice(k), slice(k, n))
    packed, g_square = getitem(out, index=square), getitem(g, index=square)
    lower, upper = triangle(packed, False, True) + numpy.eye(k, dtype=out.dtype), triangle(packed, True, False)
    if m > n:  # L = A U^-1 there
        g_beyond = getitem(g, index=beyond)
        outer = swapped(triangular_solution(upper, swapped(g_beyond), upper=True, unitriangular=False))
        g_square = g_square - triangle(matmul(swapped(getitem(out, index=beyond)), outer), True, False)
    elif m < n:  # U = L^-1 A there
        outer = triangular_solution(swapped(lower), getitem(g, index=beyond), upper=True, unitriangular=True)
        g_square = g_square - triangle(matmul(outer, swapped(getitem(out, index=beyond))), False, True)
    below = triangle(matmul(swapped(lower), triangle(g_square, False, True)), False, True)
    inner = below + triangle(matmul(triangle(g_square, True, False), swapped(upper)), True, False)
    half = triangular_solution(swapped(lower), inner, upper=True, unitriangular=True)
    found = swapped(triangular_solution(upper, swapped(half), upper=True, unitriangular=False))
    return found if m == n else cat(found, outer, dim=out.ndim - (2 if m > n else 1))


eliminated.vjp(a=eliminated_gradient)


def order_of(pivots: Any, rows: int) -> Any:
    """The rows after all exchanges, counted from 0; `(*, k) -> (*, rows)`."""
    turns = pivots.reshape(math.prod(pivots.shape[:-1]), pivots.shape[-1])
    order = numpy.tile(numpy.arange(rows), (len(turns), 1))
    each = numpy.arange(len(turns))
    for k, chosen in enumerate(turns.T):
        order[:, k], order[each, chosen] = order[each, chosen], order[:, k].copy()
    return order.reshape(*pivots.shape[:-1], rows)


def in_order(x: Any, order: Any) -> Any:
    """The rows of matrices in an order of each's own."""
    batch = numpy.indices(order.shape, sparse=True)[:-1]
    return getitem(x, index=(*batch, order))


def lu_factor(A: Tensor, *, pivot: bool = True) -> LUFactor:
    """Both factors in one matrix, and the exchanges of rows; `(*, m, n) -> (*, m, n), (*, min(m, n))`.

    Raises:
        LinAlgError: a matrix is singular, so that lu_solve would divide by 0.
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64, or `pivot` is False.
    """
    return LUFactor(*lu_factor_ex(A, pivot=pivot, check_errors=True)[:2])


def lu_factor_ex(A: Tensor, *, pivot: bool = True, check_errors: bool = False) -> LUFactorInfo:
    """lu_factor(A), be A singular; and for each matrix which pivot is the first to be 0, counted from 1, or 0.

    Raises:
        LinAlgError: a matrix is singular, and `check_errors` is on.
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64, or `pivot` is False.
    """
    check_matrices(A, "lu")
    if not pivot:
        raise RuntimeError("lu exchanges rows, so that no pivot is 0; pivot=False is not possible")
    turns = exchanges(A.detach().numpy())
    packed = eliminated(in_order(A, order_of(turns, A.shape[-2])))
    found = packed.detach().numpy().diagonal(axis1=-2, axis2=-1) == 0
    info = numpy.where(found.any(-1), found.argmax(-1) + 1 if found.shape[-1] else 0, 0).astype(int32)
    if check_errors and info.any():
        place = tuple(int(i) for i in numpy.argwhere(info)[0])
        told = f" of matrix {', '.join(map(str, place))}" if place else ""
        raise LinAlgError(
            f"lu_factor: pivot {info[place]}{told} is 0, so lu_solve would divide by it; see lu_factor_ex"
        )
    return LUFactorInfo(packed, wrap((turns + 1).astype(int32)), wrap(info))


def lu(A: Tensor, *, pivot: bool = True) -> LU:
    """The factors of A = P L U, `(*, m, n) -> (*, m, m), (*, m, k), (*, k, n)`, k the smaller of m and n.

    Raises:
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64, or `pivot` is False.
    """
    return lu_unpack(*lu_factor_ex(A, pivot=pivot)[:2])


def check_pivots(pivots: Tensor, packed: Tensor) -> None:
    """Raise where these are not the exchanges of rows of matrices like those.

    Raises:
        ShapeError: there is not one for each step of each matrix.
        RuntimeError: they are not int32, or name rows that are not there.
    """
    *batch, m, n = packed.shape
    if pivots.dtype != int32:
        raise RuntimeError(f"pivots are int32, as lu_factor gives them, got {pivots.dtype}; convert with .int()")
    if pivots.shape != (*batch, min(m, n)):
        raise ShapeError(f"of matrices {packed.shape} there are pivots {(*batch, min(m, n))}, got {pivots.shape}")
    rows = pivots.numpy()
    if rows.size and not 1 <= rows.min() <= rows.max() <= m:
        raise RuntimeError(f"pivots count the {m} rows from 1, got {rows.min()} to {rows.max()}")


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> LU:
    """The factors that lu_factor has put into one matrix, and its exchanges as a matrix; empty what is not wanted.

    Raises:
        ShapeError: there is not one pivot for each step of each matrix.
        RuntimeError: the pivots are not int32, or name rows that are not there.
    """
    check_matrices(LU_data, "lu_unpack")
    m, n = LU_data.shape[-2:]
    k = min(m, n)
    packed: Any = LU_data
    order_matrix = lower = upper = LU_data.new_empty(0)
    if unpack_pivots:
        check_pivots(LU_pivots, LU_data)
        order = order_of(LU_pivots.numpy() - 1, m)
        order_matrix = in_order(eye(m, dtype=LU_data.dtype).expand(*order.shape[:-1], m, m), order).mT
    if unpack_data:
        lower = packed[..., :k].tril(-1) + eye(m, k, dtype=LU_data.dtype)
        upper = packed[..., :k, :].triu()
    return LU(order_matrix, lower, upper)


def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor, *, left: bool = True, adjoint: bool = False) -> Any:
    """The X of A X = B, of lu_factor's result for A; of X A = B if not `left`; with A^T for A if `adjoint`.

    Raises:
        ShapeError: the shapes do not fit.
        RuntimeError: the dtypes differ, or the pivots are not those of lu_factor.
    """
    if not left:
        return lu_solve(LU, pivots, B.mT, adjoint=not adjoint).mT
    P, L, U = lu_unpack(LU, pivots)
    if adjoint:
        half = solve_triangular(U.mT, B, upper=False)
        return matmul(P, solve_triangular(L.mT, half, upper=True, unitriangular=True))
    return solve_triangular(U, solve_triangular(L, matmul(P.mT, B), upper=False, unitriangular=True), upper=True)
