"""Products of vectors and of several matrices, and matrices of powers."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ...dtypes import check_kind, int64
from ...errors import ShapeError
from ...ops.elementwise import masked
from ...ops.linear import matmul
from ...tensor import Tensor
from .. import diagonal as diagonals
from .. import linear
from ..creation import ones
from ..cumulative import cumprod
from ..joining import cat
from ..linear import check_dtypes
from ..reduction import sum
from ..sequences import eye
from .matrices import check_matrices
from .solving import inv

__all__ = [
    "cross",
    "diagonal",
    "householder_product",
    "matrix_exp",
    "matrix_power",
    "multi_dot",
    "ormqr",
    "vander",
    "vecdot",
]


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Any:
    """The inner products of vectors along a dimension; `(.., n, ..), (.., n, ..) -> (.., ..)`; the others broadcast.

    Raises:
        ShapeError: the sizes differ along the dimension, or the others do not broadcast.
        RuntimeError: they do not hold floats of one dtype.
    """
    check_dtypes("vecdot", x, y)
    if x.dtype.kind != "f":
        raise RuntimeError(f"vecdot takes floats, got {x.dtype}")
    return sum(x * y, dim)


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Any:
    """The cross products of vectors of size 3 along a dimension, by default the last.

    Raises:
        ShapeError: the dimension does not have size 3 in both, or the others do not broadcast.
    """
    return linear.cross(input, other, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """A diagonal of two dimensions as a new last one, by default of the last two; `(*, n, m) -> (*, k)`; a view.

    Raises:
        IndexError: there is no such dimension.
        RuntimeError: they are one.
    """
    return diagonals.diagonal(A, offset, dim1, dim2)


def matrix_power(A: Tensor, n: int) -> Any:
    """A multiplied with itself n times, by repeated squaring; `(*, m, m) -> (*, m, m)`; below 0 of the inverse.

    Raises:
        ShapeError: the matrices are not square.
        LinAlgError: n is negative and a matrix is singular.
        RuntimeError: n is negative and A does not hold float32 or float64.
    """
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"matrix_power takes square matrices, got {A.shape}")
    if n == 0:
        return masked(A, False) + eye(A.shape[-1], dtype=A.dtype)
    square, n = (inv(A), -n) if n < 0 else (A, n)
    found = None
    while True:
        if n & 1:
            found = square if found is None else matmul(found, square)
        n >>= 1
        if not n:
            return found.clone() if found is A else found
        square = matmul(square, square)


def householder_product(A: Tensor, tau: Tensor) -> Any:
    r"""The first n columns of $H_1 \cdots H_k$, $H_i = I - \tau_i v_i v_i^\top$; `(*, m, n), (*, k) -> (*, m, n)`.

    $v_i$ is 0 above the diagonal of A, 1 on it, and A's column i below it.

    Raises:
        ShapeError: A has more columns than rows, tau more elements than A columns, or another batch.
        RuntimeError: the dtypes differ.
    """
    check_dtypes("householder_product", A, tau)
    fits = A.ndim > 1 and tau.ndim == A.ndim - 1 and A.shape[:-2] == tau.shape[:-1]
    if not fits or A.shape[-2] < A.shape[-1] or tau.shape[-1] > A.shape[-1]:
        raise ShapeError(f"householder_product takes (*, m, n) and (*, k) with m >= n >= k, got {A.shape}, {tau.shape}")
    one = eye(*A.shape[-2:], dtype=A.dtype)
    vectors, out = A.tril(-1) + one, one
    for i in range(tau.shape[-1] - 1, -1, -1):
        v = vectors[..., i : i + 1]
        out = out - matmul(v * tau[..., i : i + 1].unsqueeze(-1), matmul(v.mT, out))
    return out.expand(*A.shape[:-2], *out.shape[-2:]) if not tau.shape[-1] else out


def ormqr(input: Tensor, tau: Tensor, other: Tensor, left: bool = True, transpose: bool = False) -> Any:
    r"""Q times other, or other times Q if not `left`, of Q = $H_1 \cdots H_k$ as in householder_product, m by m.

    `(*, m, k), (*, k), (*, m, n) -> (*, m, n)`; with Q^T for Q if `transpose`.

    Raises:
        ShapeError: the shapes do not fit.
        RuntimeError: the dtypes differ.
    """
    check_dtypes("ormqr", input, tau, other)
    check_matrices(input, "ormqr")
    if not left:
        return ormqr(input, tau, other.mT, True, not transpose).mT
    m, k = input.shape[-2], tau.shape[-1]
    batch = input.shape[:-2]
    fits = tau.shape[:-1] == batch == other.shape[:-2] and k == min(input.shape[-2:])
    if not fits or other.ndim < 2 or other.shape[-2] != m:
        raise ShapeError(f"ormqr takes (*, m, k), (*, k) and (*, m, n), got {input.shape}, {tau.shape}, {other.shape}")
    vectors, out = input.tril(-1) + eye(*input.shape[-2:], dtype=input.dtype), other
    for i in range(k) if transpose else range(k - 1, -1, -1):
        v = vectors[..., i : i + 1]
        out = out - matmul(v * tau[..., i : i + 1].unsqueeze(-1), matmul(v.mT, out))
    return out


def matrix_exp(A: Tensor) -> Any:
    r"""$\sum_k A^k / k!$ of each matrix; `(*, n, n) -> (*, n, n)`.

    The sum up to k = 18 of A halved until no column's sum is above 1, squared as often.

    Raises:
        ShapeError: the matrices are not square.
        RuntimeError: they do not hold floats.

    Source: Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited" (2005).
    """
    check_kind(A.dtype, "f", "matrix_exp")
    if A.ndim < 2 or A.shape[-1] != A.shape[-2]:
        raise ShapeError(f"matrix_exp takes square matrices, got {A.shape}")
    largest = A.detach().abs().sum(-2).max().item() if A.numel() else 0.0
    halvings = max(0, math.frexp(largest)[1]) if math.isfinite(largest) else 0
    x, one = A * 0.5**halvings, eye(A.shape[-1], dtype=A.dtype)
    out = one + x / 18
    for k in range(17, 0, -1):
        out = one + matmul(x, out) / k
    for _ in range(halvings):
        out = matmul(out, out)
    return out


def multi_dot(tensors: Sequence[Tensor]) -> Any:
    """The product of two matrices or more in the order that needs the fewest multiplications.

    The first and the last may be vectors; `(n0, n1), (n1, n2), .., (nk-1, nk) -> (n0, nk)`.

    Raises:
        ShapeError: neighbours do not fit, or there are others than matrices.
        RuntimeError: there are fewer than two, or of different dtypes.
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot takes two Tensors or more, got {len(tensors)}")
    check_dtypes("multi_dot", *tensors)
    shapes = [x.shape for x in tensors]
    ends = (0, len(tensors) - 1)
    if any(x.ndim != 2 and not (x.ndim == 1 and i in ends) for i, x in enumerate(tensors)):
        raise ShapeError(f"multi_dot takes matrices, and vectors at both ends, got {shapes}")
    matrices = list(tensors)
    matrices[0] = matrices[0] if matrices[0].ndim == 2 else matrices[0].unsqueeze(0)
    matrices[-1] = matrices[-1] if matrices[-1].ndim == 2 else matrices[-1].unsqueeze(1)
    if any(x.shape[1] != y.shape[0] for x, y in pairwise(matrices)):
        raise ShapeError(f"multi_dot: each Tensor has as many columns as the next has rows, got {shapes}")
    sizes = [*[x.shape[0] for x in matrices], matrices[-1].shape[1]]
    found = chained(matrices, cheapest_splits(sizes), 0, len(matrices))
    return found.reshape(tensors[0].shape[:-1] + tensors[-1].shape[1:])


def cheapest_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to cut each run of matrices i to j - 1 in two; matrix i is sizes[i] by sizes[i + 1].

    Cormen, Leiserson, Rivest and Stein, Introduction to Algorithms, section "Matrix-chain multiplication".
    """
    count = len(sizes) - 1
    cost = {(i, i + 1): 0 for i in range(count)}
    splits = {}
    for length in range(2, count + 1):
        for i in range(count - length + 1):
            j = i + length
            cost[i, j], splits[i, j] = min(
                (cost[i, k] + cost[k, j] + sizes[i] * sizes[k] * sizes[j], k) for k in range(i + 1, j)
            )
    return splits


def chained(matrices: list[Tensor], splits: dict[tuple[int, int], int], start: int, stop: int) -> Any:
    """The product of some of the matrices."""
    if stop - start == 1:
        return matrices[start]
    middle = splits[start, stop]
    return matmul(chained(matrices, splits, start, middle), chained(matrices, splits, middle, stop))


def vander(x: Tensor, N: int | None = None) -> Any:
    """The powers 0 to N - 1 of each element, N being their number by default; `(*, n) -> (*, n, N)`.

    Raises:
        RuntimeError: N is less than 2, or the Tensor holds bools or float16.
    """
    if x.dtype.kind == "b" or (x.dtype.kind == "f" and x.dtype.itemsize < 4):
        raise RuntimeError(f"vander takes float32, float64 or integers, got {x.dtype}")
    x = x if x.ndim else x.unsqueeze(0)
    count = x.shape[-1] if N is None else N
    if count <= 1:
        raise RuntimeError(f"vander takes an N of 2 or more, got {count}")
    dtype = x.dtype if x.dtype.kind == "f" else int64
    powers = cumprod(x.unsqueeze(-1).expand(*x.shape, count - 1), -1)
    return cat([ones(*x.shape, 1, dtype=dtype), powers], -1)
