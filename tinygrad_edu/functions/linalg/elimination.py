"""Factors of matrices by Gaussian elimination: A = P L U, P an order of rows, L lower and U upper triangular."""

import math
from typing import Any, NamedTuple

import numpy

from ...dtypes import int32
from ...errors import GradientError
from ...kernels.elimination import eliminate, exchanges
from ...ops.indexing import getitem
from ...ops.linear import matmul, swapped
from ...primitive import primitive
from ...recording import wrap
from ...tensor import Tensor
from ..sequences import eye
from .matrices import check_matrices, triangle
from .solving import solve_triangular, triangular_solution

__all__ = ["LU", "LUFactor", "lu", "lu_factor", "lu_solve", "lu_unpack"]


class LU(NamedTuple):
    """An order of rows as a matrix, a lower triangular factor and an upper one."""

    P: Any
    L: Any
    U: Any


class LUFactor(NamedTuple):
    """Both factors in one matrix, without L's diagonal of ones; and with which row each is exchanged, from 1 on."""

    LU: Any
    pivots: Any


@primitive(formula=r"\bar{A} = L^{-\top} (\mathrm{tril}(L^\top \bar{L}) + \mathrm{triu}(\bar{U} U^\top)) U^{-\top}")
def eliminated(a: Any) -> Any:
    """Both factors of matrices whose rows are in order, in one; `(*, m, n) -> (*, m, n)`."""
    return eliminate(a)


def eliminated_gradient(g: Any, out: Any) -> Any:
    """The gradient of square matrices.

    Raises:
        GradientError: they are not square.
    """
    n = out.shape[-1]
    if out.shape[-2] != n:
        raise GradientError(f"the factors of lu have a derivative for square matrices, not for {tuple(out.shape[-2:])}")
    lower, upper = triangle(out, False, True) + numpy.eye(n, dtype=out.dtype), triangle(out, True, False)
    below = triangle(matmul(swapped(lower), triangle(g, False, True)), False, True)
    inner = below + triangle(matmul(triangle(g, True, False), swapped(upper)), True, False)
    half = triangular_solution(swapped(lower), inner, upper=True, unitriangular=True)
    return swapped(triangular_solution(upper, swapped(half), upper=True, unitriangular=False))


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
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64, or `pivot` is False.
    """
    check_matrices(A, "lu")
    if not pivot:
        raise RuntimeError("lu exchanges rows, so that no pivot is 0; pivot=False is not possible")
    turns = exchanges(A.detach().numpy())
    packed = eliminated(in_order(A, order_of(turns, A.shape[-2])))
    return LUFactor(packed, wrap((turns + 1).astype(int32)))


def lu(A: Tensor, *, pivot: bool = True) -> LU:
    """The factors of A = P L U, `(*, m, n) -> (*, m, m), (*, m, k), (*, k, n)`, k the smaller of m and n.

    Raises:
        ShapeError: these are no matrices.
        RuntimeError: they do not hold float32 or float64, or `pivot` is False.
    """
    return lu_unpack(*lu_factor(A, pivot=pivot))


def lu_unpack(LU_data: Tensor, LU_pivots: Tensor, unpack_data: bool = True, unpack_pivots: bool = True) -> LU:
    """The factors that lu_factor has put into one matrix, and its exchanges as a matrix; all three in any case."""
    m, n = LU_data.shape[-2:]
    k = min(m, n)
    order = order_of(LU_pivots.numpy() - 1, m)
    packed: Any = LU_data
    one = eye(m, k, dtype=LU_data.dtype)
    placed = in_order(eye(m, dtype=LU_data.dtype).expand(*order.shape[:-1], m, m), order).mT
    return LU(placed, packed[..., :k].tril(-1) + one, packed[..., :k, :].triu())


def lu_solve(LU: Tensor, pivots: Tensor, B: Tensor) -> Any:
    """The X of A X = B, of lu_factor's result for A."""
    P, L, U = lu_unpack(LU, pivots)
    return solve_triangular(U, solve_triangular(L, matmul(P.mT, B), upper=False, unitriangular=True), upper=True)
