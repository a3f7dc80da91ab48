"""Products of vectors and matrices, under their many names."""

import math
from typing import Any

from ..dtypes import promote
from ..errors import ShapeError
from ..inplace import in_place
from ..ops import linear as ops
from ..ops.elementwise import masked
from ..ops.movement import permute, reshape
from ..tensor import Tensor, method
from .dims import as_dim

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "bmm",
    "cross",
    "dot",
    "ger",
    "inner",
    "kron",
    "matmul",
    "mm",
    "mv",
    "outer",
    "tensordot",
    "vdot",
]


@method
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product; `(.., n, k), (.., k, m) -> (.., n, m)`; vectors `(k)` on either side; batches broadcast.

    Raises:
        ShapeError: the inner sizes differ, or a side has no dimensions.
        RuntimeError: the two have different dtypes.
    """
    check_dtypes("matmul", input, other)
    return ops.matmul(input, other)


def check_dtypes(name: str, *tensors: Any) -> None:
    """Refuse to multiply matrices of different dtypes, as PyTorch does.

    Raises:
        TypeError: an operand is no Tensor.
        RuntimeError: they have different dtypes.
    """
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name} takes Tensors, got {type(x).__name__}")
    if len({x.dtype for x in tensors}) > 1:
        found = ", ".join(str(x.dtype) for x in tensors)
        raise RuntimeError(f"{name} takes Tensors of one dtype, got {found}; convert with .to()")


def product(x: Tensor, y: Tensor, ndims: tuple[int, int], name: str) -> Tensor:
    """matmul of Tensors with just so many dimensions.

    Raises:
        ShapeError: they have others.
    """
    check_dtypes(name, x, y)
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
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors; `(k), (k) -> ()`; without complex numbers it is dot."""
    return product(input, other, (1, 1), "vdot")


@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of two vectors' elements; `(n), (m) -> (n, m)`."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise ShapeError(f"outer takes two vectors, got {input.shape} and {vec2.shape}")
    return input.unsqueeze(1) * vec2


ger = outer
method(outer, "ger")


@method
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sums of products over the last dimension of both; `(.., k), (*, k) -> (.., *)`; a number multiplies.

    Raises:
        ShapeError: the last sizes differ.
        RuntimeError: the two have different dtypes.
    """
    if not input.ndim or not other.ndim:
        return input * other
    check_dtypes("inner", input, other)
    if input.shape[-1] != other.shape[-1]:
        raise ShapeError(f"inner takes Tensors of one last size, got {input.shape} and {other.shape}")
    return tensordot(input, other, ([-1], [-1]))


def added(input: Tensor, found: Any, beta: float, alpha: float, name: str) -> Any:
    """beta * input + alpha * found; where beta is 0 the input does not count, be it NaN.

    Factors of integers are cut to integers, as in PyTorch.

    Raises:
        ShapeError: the input is not of found's shape and does not broadcast to it.
        RuntimeError: the dtypes differ.
    """
    check_dtypes(name, input, found)
    if input.dtype.kind != "f":
        kind = bool if input.dtype.kind == "b" else int
        beta, alpha = kind(beta), kind(alpha)
    if input.shape != found.shape:
        input = input.broadcast_to(found.shape)
    if alpha != 1:
        found = found * alpha
    if beta == 0:  # the input still has a gradient, 0
        return masked(input, False) + found
    return (input if beta == 1 else input * beta) + found


@method
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta * input + alpha * (mat1 @ mat2); `(n, m), (n, k), (k, m) -> (n, m)`; the input broadcasts.

    Raises:
        ShapeError: the shapes do not fit.
        RuntimeError: the dtypes differ.
    """
    return added(input, product(mat1, mat2, (2, 2), "addmm"), beta, alpha, "addmm")


@method
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta * input + alpha * (mat @ vec); `(n), (n, k), (k) -> (n)`; the input broadcasts."""
    return added(input, product(mat, vec, (2, 1), "addmv"), beta, alpha, "addmv")


@method
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta * input + alpha * outer(vec1, vec2); `(n, m), (n), (m) -> (n, m)`; the input broadcasts; dtypes may differ.

    Raises:
        ShapeError: the shapes do not fit.
        RuntimeError: beta or alpha is a float among integers, or True or False among numbers.
    """
    dtype = promote(promote(vec1.dtype, vec2.dtype), input.dtype)
    kind, factors = dtype.kind, {type(beta), type(alpha)}
    if (kind != "f" and float in factors) or (kind != "b" and bool in factors):
        raise RuntimeError(f"addr of {dtype} takes numbers of its kind for beta and alpha, got {beta} and {alpha}")
    return added(input.to(dtype), outer(vec1.to(dtype), vec2.to(dtype)), beta, alpha, "addr")


@method
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta * input + alpha * bmm(batch1, batch2); `(B, n, m), (B, n, k), (B, k, m) -> (B, n, m)`."""
    return added(input, product(batch1, batch2, (3, 3), "baddbmm"), beta, alpha, "baddbmm")


@method
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta * input + alpha * the sum of bmm(batch1, batch2); `(n, m), (B, n, k), (B, k, m) -> (n, m)`."""
    if (batch1.ndim, batch2.ndim) != (3, 3) or batch1.shape[0] != batch2.shape[0]:
        raise ShapeError(f"addbmm takes (B, n, k) and (B, k, m), got {batch1.shape} and {batch2.shape}")
    return added(input, tensordot(batch1, batch2, ([0, 2], [0, 1])), beta, alpha, "addbmm")


for function in (addbmm, addmm, addmv, addr, baddbmm):
    in_place(function, f"{function.__name__}_")


def chosen_dims(dims: Any, x: Tensor) -> list[int]:
    """One dimension or several of x, counted from the left."""
    return [as_dim(int(d), x.ndim) for d in ([dims] if isinstance(dims, int) else dims)]


def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Any:
    """Sums of products over pairs of dimensions; `dims` is how many, last of a and first of b, or two lists of them.

    Raises:
        ShapeError: two paired dimensions have different sizes.
        RuntimeError: dims does not pair dimensions, or the dtypes differ.
    """
    check_dtypes("tensordot", a, b)
    if isinstance(dims, Tensor):
        dims = dims.item() if dims.numel() == 1 else dims.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise RuntimeError(f"tensordot takes 0 to {min(a.ndim, b.ndim)} dimensions of these Tensors, got {dims}")
        dims = (list(range(a.ndim - dims, a.ndim)), list(range(dims)))
    of_a, of_b = (chosen_dims(part, x) for part, x in zip(dims, (a, b), strict=True))
    if len(of_a) != len(of_b):
        raise RuntimeError(f"tensordot pairs dimensions, got {len(of_a)} and {len(of_b)} of them")
    # a size of 1 stands for a sum over the other's, as in PyTorch
    for d, e in zip(of_a, of_b, strict=True):
        if a.shape[d] != b.shape[e]:
            if a.shape[d] == 1:
                b = b.sum(e, keepdim=True, dtype=b.dtype)
            elif b.shape[e] == 1:
                a = a.sum(d, keepdim=True, dtype=a.dtype)
            else:
                raise ShapeError(f"tensordot pairs dimension {d} of {a.shape} with {e} of {b.shape}: sizes differ")
    left = [d for d in range(a.ndim) if d not in of_a]
    right = [d for d in range(b.ndim) if d not in of_b]
    inner_size = math.prod([a.shape[d] for d in of_a])
    sizes = [a.shape[d] for d in left], [b.shape[d] for d in right]
    x = reshape(permute(a, dims=(*left, *of_a)), shape=(math.prod(sizes[0]), inner_size))
    y = reshape(permute(b, dims=(*of_b, *right)), shape=(inner_size, math.prod(sizes[1])))
    return reshape(ops.matmul(x, y), shape=(*sizes[0], *sizes[1]))


@method
def kron(input: Tensor, other: Tensor) -> Any:
    """Kronecker's product: each element of the input times all of the other; sizes multiply."""
    ndim = max(input.ndim, other.ndim)
    x = reshape(input, shape=(1,) * (ndim - input.ndim) + input.shape)
    y = reshape(other, shape=(1,) * (ndim - other.ndim) + other.shape)
    sizes = tuple([n * m for n, m in zip(x.shape, y.shape, strict=True)])
    x = reshape(x, shape=tuple([size for n in x.shape for size in (n, 1)]))
    y = reshape(y, shape=tuple([size for n in y.shape for size in (1, n)]))
    return reshape(x * y, shape=sizes)


@method
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Any:
    """The cross product of vectors of size 3 along a dimension, by default the first of that size.

    Raises:
        ShapeError: the dimension does not have size 3 in both, or the others do not broadcast.
        RuntimeError: no dimension is given, and none has size 3; or the dtypes differ.
    """
    check_dtypes("cross", input, other)
    if input.ndim != other.ndim:
        raise ShapeError(f"cross takes Tensors of as many dimensions, got {input.shape} and {other.shape}")
    if dim is None:
        found = [d for d, n in enumerate(input.shape) if n == 3]
        if not found:
            raise RuntimeError(f"cross needs a dimension of size 3, got {input.shape}")
        dim = found[0]
    dim = as_dim(dim, input.ndim)
    if input.shape[dim] != 3 or other.shape[dim] != 3:
        raise ShapeError(f"cross needs size 3 along dimension {dim}, got {input.shape} and {other.shape}")
    return input.roll(-1, dim) * other.roll(1, dim) - input.roll(1, dim) * other.roll(-1, dim)
