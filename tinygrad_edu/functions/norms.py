"""Lengths of vectors, and the distance between two."""

import math
from typing import Any

from ..backend import total
from ..dtypes import as_dtype, float16, float32
from ..ops.elementwise import abs, cast, masked, where
from ..ops.reduction import Dims, restored
from ..primitive import primitive
from ..tensor import Tensor, method
from .dims import as_dims
from .elementwise import pow
from .linalg.decompositions import svdvals
from .reduction import amax, amin, check_not_empty, numpy_names, sum

__all__ = ["dist", "norm", "nuclear_norm"]


def power_or_zero(x: Tensor, exponent: float) -> Tensor:
    """x to a power, for x >= 0; at 0, where it has no slope or an infinite one, the gradient is taken to be 0."""
    zero = x == 0
    return where(zero, 0.0 if exponent > 0 else math.inf, pow(where(zero, 1.0, x), exponent))


# fused: of small vectors it is four times as fast as the root of a sum with its slope at 0 masked
@primitive(formula=r"\bar{x} = \bar{y}\,x / y")
def euclidean(x: Any, *, dim: Dims = None, keepdim: bool = False, xp: Any) -> Any:
    """The root of the sum of squares over dimensions; `(*) -> (*)` without them; where it is 0 the gradient is 0."""
    if dim is None and not keepdim:
        return xp.sqrt(xp.vdot(x, x))  # without an array of squares: four times as fast for a large x
    return xp.sqrt(total(x * x, dim, keepdim))


def euclidean_gradient(g: Any, x: Any, out: Any, dim: Dims, keepdim: bool) -> Any:
    """Divided by infinity the gradient is 0, and so are its derivatives."""
    slope = g / where(out == 0, math.inf, out)
    return x * restored(slope, x.shape, dim, keepdim)


euclidean.vjp(x=lambda g, x, out, dim, keepdim: euclidean_gradient(g, x, out, dim, keepdim))


@numpy_names
def vector_norm(x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    r"""$(\sum_i |x_i|^p)^{1/p}$ over dimensions.

    `ord` is p; inf and -inf give the largest and the smallest |x|, 0 the number of nonzero elements. Where the norm
    is 0 its gradient is 0; the largest and the smallest share it among ties.

    Raises:
        RuntimeError: the Tensor holds no floats, or `dtype` is a narrower one.
        IndexError: nothing is left of a dimension for a norm that is not defined over nothing.
    """
    x = as_wide(x, dtype)
    dims = as_dims(dim, x.ndim)
    if ord < 0 or ord == math.inf:
        check_not_empty(x, dims, f"the {ord}-norm")
    # 300^2 overflows float16
    if x.dtype == float16:
        return cast(p_norm(cast(x, dtype=float32), ord, dims, keepdim), dtype=float16)
    return p_norm(x, ord, dims, keepdim)


def as_wide(x: Tensor, dtype: Any) -> Tensor:
    """A floating Tensor in a dtype as wide as its own, or wider.

    Raises:
        RuntimeError: it holds no floats, or the dtype is a narrower one.
    """
    wanted = x.dtype if dtype is None else as_dtype(dtype)
    if x.dtype.kind != "f" or wanted.itemsize < x.dtype.itemsize or wanted.kind != "f":
        raise RuntimeError(f"a norm is for floats, and of a dtype as wide; got {x.dtype} for a norm in {wanted}")
    return x if wanted == x.dtype else cast(x, dtype=wanted)


def p_norm(x: Tensor, p: float, dims: tuple[int, ...] | None, keepdim: bool) -> Tensor:
    """The norm of a floating Tensor."""
    if p == 2:
        result: Tensor = euclidean(x, dim=dims, keepdim=keepdim)
        return result
    size = abs(x)
    if p == math.inf:
        return amax(size, dims, keepdim)
    if p == -math.inf:
        return amin(size, dims, keepdim)
    if p == 1:
        return sum(size, dims, keepdim)
    if p == 0:
        return sum(cast(x != 0, dtype=x.dtype) + masked(x, False), dims, keepdim)  # a step: its gradient is 0
    return power_or_zero(sum(power_or_zero(size, p), dims, keepdim), 1 / p)


def put_back_dims(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """x with size 1 for dimensions that were reduced."""
    for dim in sorted(dims):
        x = x.unsqueeze(dim)
    return x


def nuclear_norm(input: Tensor, dim: Any = (-2, -1), keepdim: bool = False) -> Tensor:
    """The sum of the singular values of the matrices in two dimensions, by default the last.

    Raises:
        RuntimeError: the dimensions are not two, or the Tensor does not hold float32 or float64.
    """
    dims = as_dims(tuple(range(input.ndim)) if dim is None else dim, input.ndim)
    if dims is None or len(dims) != 2:
        raise RuntimeError(f"the nuclear norm is of matrices in two dimensions, got {dim} of {input.shape}")
    found = sum(svdvals(input.movedim(dims, (-2, -1))), -1)
    return put_back_dims(found, dims) if keepdim else found


@method
@numpy_names
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The vector norm over dimensions; "fro", the Frobenius norm of a matrix, is the 2-norm of its elements.

    "nuc", the nuclear norm, is the sum of a matrix's singular values.

    >>> from tinygrad_edu import tensor
    >>> norm(tensor([3.0, -4.0])), norm(tensor([3.0, -4.0]), 1)
    (tensor(5.), tensor(7.))

    Raises:
        RuntimeError: the Tensor holds no floats, or there is no norm of this name.
    """
    if p == "nuc":
        return nuclear_norm(as_wide(input, dtype), dim, keepdim)
    if isinstance(p, str) and p != "fro":
        raise RuntimeError(f'norm takes a number, "fro" or "nuc" as p, got {p!r}')
    if p == "fro" and isinstance(dim, (tuple, list)) and len(dim) > 2:
        raise RuntimeError(f"the Frobenius norm is of matrices in two dimensions, got {dim}")
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


@method
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of input - other, which broadcast; `(*), (*) -> ()`."""
    return vector_norm(input - other, p)
