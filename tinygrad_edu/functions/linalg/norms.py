"""Norms of matrices, and the condition number that follows from one."""

import math
from collections.abc import Callable
from typing import Any

from ...errors import ShapeError
from ...ops.elementwise import abs, where
from ...tensor import Tensor
from ..dims import as_dims
from ..norms import as_wide, nuclear_norm, put_back_dims, vector_norm
from ..reduction import amax, amin, numpy_names, sum
from .decompositions import svdvals
from .matrices import check_square
from .solving import inverse

__all__ = ["cond", "matrix_norm", "norm"]


def largest(x: Tensor) -> Any:
    """The largest along the last dimension of numbers that are not negative; 0 where there are none."""
    return amax(x, -1) if x.shape[-1] else x.new_zeros(x.shape[:-1])


def smallest(x: Tensor) -> Any:
    """The smallest along the last dimension."""
    return amin(x, -1)


NAMED = ("fro", "nuc")
BY_VALUES: dict[Any, Callable[..., Any]] = {2: largest, -2: smallest}  # of the singular values
BY_SUMS: dict[Any, tuple[int, Callable[..., Any]]] = {  # of |elements|, along one of the last two dimensions
    1: (-2, largest),
    -1: (-2, smallest),
    math.inf: (-1, largest),
    -math.inf: (-1, smallest),
}


@numpy_names
def matrix_norm(A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None) -> Any:
    """A norm of the matrices in two dimensions.

    "fro" is the 2-norm of the elements, "nuc" the sum of the singular values; 2 and -2 are the largest and the smallest
    of these, 1 and -1 those of the sums of |elements| down the columns, inf and -inf along the rows.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([[1.0, 0.0], [-3.0, 2.0]])
    >>> matrix_norm(x, 1), matrix_norm(x, float("inf"))
    (tensor(4.), tensor(5.))

    Raises:
        ShapeError: A has fewer than two dimensions.
        RuntimeError: there is no such norm, the dimensions are not two, or A does not hold floats.
        IndexError: nothing is left of a dimension for a norm that is not defined over nothing.
        TypeError: one dimension is named, and not two.
    """
    if isinstance(dim, int):
        raise TypeError(f"matrix_norm takes two dimensions, got {dim}")
    if A.ndim < 2:
        raise ShapeError(f"matrix_norm takes a Tensor with 2 dimensions or more, got {A.shape}")
    dims = as_dims(dim, A.ndim)
    if dims is None or len(dims) != 2:
        raise RuntimeError(f"matrix_norm takes two dimensions, got {dim!r}")
    x = as_wide(A, dtype)
    if ord == "fro":
        return vector_norm(x, 2, dims, keepdim)
    if ord == "nuc":
        return nuclear_norm(x, dims, keepdim)
    x = x.movedim(dims, (-2, -1))
    if ord in BY_VALUES:
        found = BY_VALUES[ord](svdvals(x))
    elif ord in BY_SUMS:
        along, extreme = BY_SUMS[ord]
        found = extreme(sum(abs(x), along))
    else:
        raise RuntimeError(f"matrix_norm takes 'fro', 'nuc', 1, -1, 2, -2, inf or -inf as ord, got {ord!r}")
    return put_back_dims(found, dims) if keepdim else found


@numpy_names
def norm(input: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of vectors along one dimension, or of matrices in two; of all elements as one vector by default.

    Without `dim` an `ord` is that of a vector for a Tensor of one dimension, and of a matrix for one of two.

    Raises:
        ShapeError: an `ord` without `dim` for a Tensor that is neither vector nor matrix.
        RuntimeError: there is no such norm, more than two dimensions are named, or the Tensor does not hold floats.
        IndexError: nothing is left of a dimension for a norm that is not defined over nothing.
    """
    dims = tuple(dim) if isinstance(dim, (tuple, list)) else tuple(range(input.ndim)) if dim is None else (dim,)
    if dim is None and ord is not None and input.ndim not in (1, 2):
        raise ShapeError(f"norm with ord={ord!r} and no dim takes a vector or a matrix, got {input.shape}")
    if dim is not None and len(dims) not in (1, 2):
        raise RuntimeError(f"norm takes one dimension or two, got {dim!r}")
    if ord is None:
        return vector_norm(input, 2, dim, keepdim, dtype=dtype)
    if len(dims) == 2 or isinstance(ord, str):
        return matrix_norm(input, ord, dims, keepdim, dtype=dtype)
    return vector_norm(input, ord, dims, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Any:
    """The condition number |A| |A^-1| of each matrix in a norm, by default 2; `(*, n, n) -> (*)`.

    In the norms 2 and -2 it is the quotient of the largest and the smallest singular value, and A may have any shape.
    It is infinite for singular matrices.

    Raises:
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold float32 or float64, or there is no such norm.
    """
    if p in (None, 2, -2):
        values = svdvals(A)
        if not A.numel():
            return A.new_zeros(A.shape[:-2])
        return values[..., 0] / values[..., -1] if p != -2 else values[..., -1] / values[..., 0]
    check_square(A, "cond")
    if p not in NAMED and p not in BY_VALUES and p not in BY_SUMS:
        raise RuntimeError(f"cond takes 'fro', 'nuc', 1, -1, 2, -2, inf or -inf as p, got {p!r}")
    if not A.numel():
        return A.new_zeros(A.shape[:-2])
    back = matrix_norm(inverse(A, strict=False), p)
    return where(back == math.inf, math.inf, matrix_norm(A, p) * back)
