"""Products of vectors and matrices, under their many names."""

from typing import Any

from ..errors import ShapeError
from ..ops import linear as ops
from ..tensor import Tensor, method

__all__ = ["bmm", "dot", "matmul", "mm", "mv", "outer"]


@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; `(.., n, k), (.., k, m) -> (.., n, m)`; vectors `(k)` on either side; batches broadcast.

    Raises:
        ShapeError: the inner sizes differ, or a side has no dimensions.
    """
    return ops.matmul(input, other)


def product(x: Tensor, y: Tensor, ndims: tuple[int, int], name: str) -> Tensor:
    """matmul of Tensors with just so many dimensions.

    Raises:
        ShapeError: they have others.
    """
    if (x.ndim, y.ndim) != ndims or (ndims == (3, 3) and x.shape[0] != y.shape[0]):
        raise ShapeError(f"{name} takes Tensors of {ndims[0]} and {ndims[1]} dimensions, got {x.shape} and {y.shape}")
    return ops.matmul(x, y)


@method
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices; `(n, k), (k, m) -> (n, m)`."""
    return product(input, mat2, (2, 2), "mm")


@method
def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of matrices; `(B, n, k), (B, k, m) -> (B, n, m)`."""
    return product(input, mat2, (3, 3), "bmm")


@method
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """A matrix times a vector; `(n, k), (k) -> (n)`."""
    return product(input, vec, (2, 1), "mv")


@method
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The inner product of two vectors; `(k), (k) -> ()`."""
    return product(input, tensor, (1, 1), "dot")


@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors' elements; `(n), (m) -> (n, m)`."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise ShapeError(f"outer takes two vectors, got {input.shape} and {vec2.shape}")
    return input.unsqueeze(1) * vec2
