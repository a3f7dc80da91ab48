"""Determinants, and their logarithms."""

import math
from typing import Any, NamedTuple

import numpy

from ...ops.elementwise import where
from ...ops.linear import matmul, swapped
from ...ops.reduction import sum
from ...primitive import primitive
from ...tensor import Tensor
from .matrices import NOT_FINITE, check_square, column, lapack
from .solving import inverse

__all__ = ["SignAndLog", "det", "logdet", "slogdet"]


class SignAndLog(NamedTuple):
    """The sign of a determinant, 0 of a singular matrix, and the logarithm of its absolute value."""

    sign: Any
    logabsdet: Any


@primitive(formula=r"\bar{A} = \bar{y}\,\mathrm{cofactors}(A)")
def determinant(a: Any, *, xp: Any) -> Any:
    """The determinants of matrices; `(*, n, n) -> (*)`."""
    return lapack(xp.linalg.det, "det", a)


# by the singular values, the products without each of them: A need not have an inverse
@primitive(formula=r"\bar{A} = (\mathrm{tr}(\bar{C}^\top C)\,I - C\,\bar{C}^\top)\,A^{-\top}")
def cofactors(a: Any, *, xp: Any) -> Any:
    """The derivative of the determinant by each element, which is det(A) A^-T; `(*, n, n) -> (*, n, n)`."""
    finite = xp.isfinite(a).all((-2, -1), keepdims=True)
    u, s, vh = lapack(xp.linalg.svd, NOT_FINITE, xp.where(finite, a, 0))
    without = xp.where(xp.eye(a.shape[-1], dtype=bool), xp.ones_like(s[..., None]), s[..., None, :]).prod(-1)
    sign = xp.linalg.det(u) * xp.linalg.det(vh)
    return xp.where(finite, (u * (without * sign[..., None])[..., None, :]) @ vh, xp.nan).astype(a.dtype)


def cofactors_gradient(g: Any, a: Any, out: Any) -> Any:
    """Of matrices that have an inverse; inverse raises LinAlgError for the others."""
    trace = sum(g * out, dim=(a.ndim - 2, a.ndim - 1), keepdim=True)
    identity = numpy.eye(a.shape[-1], dtype=a.dtype)
    return matmul(trace * identity - matmul(out, swapped(g)), swapped(inverse(a)))


determinant.vjp(a=lambda g, a: column(g) * cofactors(a))
cofactors.vjp(a=lambda g, a, out: cofactors_gradient(g, a, out))


@primitive(formula=r"\bar{A} = \bar{y}\,A^{-\top}")
def log_determinant(a: Any, *, xp: Any) -> Any:
    """The signs of determinants and the logarithms of their absolute values; `(*, n, n) -> (*), (*)`."""
    sign, log = lapack(xp.linalg.slogdet, "slogdet", a)
    return xp.asarray(sign), xp.asarray(log)


def log_determinant_gradient(g: Any, a: Any) -> Any:
    """The sign does not count: it moves in steps. Of a singular matrix the gradient is infinite."""
    return column(g[1]) * swapped(inverse(a, strict=False))


log_determinant.vjp(a=lambda g, a: log_determinant_gradient(g, a))


def det(A: Tensor) -> Any:
    """The determinant of each matrix; `(*, n, n) -> (*)`.

    The gradient is right for singular matrices too; the second derivative is not defined in terms of an inverse there.

    Raises:
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    check_square(A, "det")
    return determinant(A)


def slogdet(A: Tensor) -> SignAndLog:
    """(sign, logabsdet) of the determinant of each matrix, which itself may overflow; `(*, n, n) -> (*), (*)`.

    Raises:
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    check_square(A, "slogdet")
    return SignAndLog(*log_determinant(A))


def logdet(input: Tensor) -> Any:
    """The logarithm of the determinant of each matrix, NaN where that is negative; `(*, n, n) -> (*)`.

    Raises:
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64.
    """
    sign, log = slogdet(input)
    return where(sign == -1, math.nan, log)
