"""Reductions over dimensions, each beside its adjoint.

`dim` is a tuple of dimensions counted from the left, or None for all; `keepdim` leaves them with size 1. Ties of `amax`
and `amin` share the gradient evenly, as in PyTorch.
"""

import math
from typing import Any

from .. import backend
from ..primitive import primitive
from .elementary import exp
from .elementwise import cast, masked, where
from .indexing import getitem
from .movement import broadcast_to, cat, permute, reshape

Dims = tuple[int, ...] | None
Shape = tuple[int, ...]


def spread(g: Any, shape: Shape, dim: Dims, keepdim: bool) -> Any:
    """The adjoint of a sum: g repeated along the dimensions that were summed over."""
    return broadcast_to(restored(g, shape, dim, keepdim), shape=shape)


def restored(y: Any, shape: Shape, dim: Dims, keepdim: bool) -> Any:
    """A reduction's output with the reduced dimensions back, of size 1."""
    if keepdim or dim is None:
        return y
    return reshape(y, shape=tuple([1 if d in dim else n for d, n in enumerate(shape)]))


def size(shape: Shape, dim: Dims) -> int:
    """How many elements each output is made of."""
    return math.prod(shape if dim is None else [shape[d] for d in dim])


@primitive(formula=r"\bar{x} = \mathrm{spread}(\bar{y})")
def sum(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The sum over dimensions; `(*) -> (*)` without them."""
    return backend.total(x, dim, keepdim)


@primitive(formula=r"\bar{x} = \mathrm{spread}(\bar{y}) / n")
def mean(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The mean over dimensions, NaN over none; `(*) -> (*)` without them."""
    if x.dtype.char == "e":
        x = x.astype("float32")  # where neither sum nor size overflows
        return (backend.total(x, dim, keepdim) / size(x.shape, dim)).astype("float16")
    return backend.total(x, dim, keepdim) / size(x.shape, dim)


def share(g: Any, n: int) -> Any:
    """g / n."""
    return g * (1 / n) if g.dtype.char == "e" and n else g / n  # float16 ends at 65504, which n may pass


sum.vjp(x=lambda g, x_shape, dim, keepdim: spread(g, x_shape, dim, keepdim))
mean.vjp(x=lambda g, x_shape, dim, keepdim: spread(share(g, size(x_shape, dim)), x_shape, dim, keepdim))


@primitive(formula=r"\bar{x}_i = \bar{y} \prod_{j \ne i} x_j")
def prod(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The product over dimensions; `(*) -> (*)` without them; the gradient is right at zeros too."""
    return backend.product(x, dim, keepdim)


def product_of_others(x: Any) -> Any:
    """For each element along the last dimension the product of all the others.

    By pairs: the others of an element are its partner and the others of its pair. No division, so zeros are no special
    case, and every higher derivative is right.
    """
    n = x.shape[-1]
    if n <= 1:
        return where(False, x, 1.0)
    half = n // 2
    left, right = getitem(x, index=(..., slice(half))), getitem(x, index=(..., slice(half, 2 * half)))
    odd = getitem(x, index=(..., slice(2 * half, n)))
    others = product_of_others(cat(left * right, odd, dim=x.ndim - 1))
    of_pairs = getitem(others, index=(..., slice(half)))
    of_odd = getitem(others, index=(..., slice(half, None)))
    return cat(of_pairs * right, of_pairs * left, of_odd, dim=x.ndim - 1)


def prod_gradient(g: Any, x: Any, dim: Dims, keepdim: bool) -> Any:
    """`product_of_others` over any dimensions: they are moved to the end and made one."""
    reduced = tuple(range(x.ndim)) if dim is None else dim
    order = tuple([d for d in range(x.ndim) if d not in reduced]) + reduced
    back = tuple(sorted(range(x.ndim), key=order.__getitem__))
    moved = permute(x, dims=order)
    flat = reshape(moved, shape=(*moved.shape[: x.ndim - len(reduced)], size(x.shape, reduced)))
    others = permute(reshape(product_of_others(flat), shape=moved.shape), dims=back)
    return restored(g, x.shape, dim, keepdim) * others


prod.vjp(x=lambda g, x, dim, keepdim: prod_gradient(g, x, dim, keepdim))


@primitive(formula=r"\bar{x} = \bar{y}\,[x = y] / \#[x = y]")
def amax(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest element over dimensions, NaN if there is one; `(*) -> (*)` without them."""
    return x.max(axis=dim, keepdims=keepdim)


@primitive(formula=r"\bar{x} = \bar{y}\,[x = y] / \#[x = y]")
def amin(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest element over dimensions, NaN if there is one; `(*) -> (*)` without them."""
    return x.min(axis=dim, keepdims=keepdim)


def share_among_ties(g: Any, x: Any, out: Any, dim: Dims, keepdim: bool) -> Any:
    """The gradient of an extreme, divided evenly among the elements that reach it."""
    y = restored(out, x.shape, dim, keepdim)
    tied = (x == y) | ((x != x) & (y != y))  # a NaN is reached by every NaN
    count = sum(cast(tied, dtype=g.dtype), dim=dim, keepdim=True)
    return masked(restored(g, x.shape, dim, keepdim) / count, tied)


amax.vjp(x=lambda g, x, out, dim, keepdim: share_among_ties(g, x, out, dim, keepdim))
amin.vjp(x=lambda g, x, out, dim, keepdim: share_among_ties(g, x, out, dim, keepdim))


@primitive(formula=r"\bar{x} = \bar{y}\,e^{x - y}", promotion="float")
def logsumexp(x: Any, *, dim: Dims = None, keepdim: bool = False, xp: Any) -> Any:
    """ln(sum(exp(x))) over dimensions, without overflow; `(*) -> (*)` without them."""
    top = x.max(axis=dim, keepdims=True, initial=-xp.inf)
    top = xp.where(xp.isfinite(top), top, 0)  # inf - inf would be NaN
    out = xp.log(xp.exp(x - top).sum(axis=dim, keepdims=True)) + top
    return out if keepdim else out.squeeze(dim)


logsumexp.vjp(
    x=lambda g, x, out, dim, keepdim: restored(g, x.shape, dim, keepdim) * exp(x - restored(out, x.shape, dim, keepdim))
)


@primitive
def argmax(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first largest element, along one dimension or in the flattened tensor; int64."""
    return x.argmax(axis=dim, keepdims=keepdim)


@primitive
def argmin(x: Any, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The index of the first smallest element, along one dimension or in the flattened tensor; int64."""
    return x.argmin(axis=dim, keepdims=keepdim)


@primitive
def any(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether some element is nonzero; `(*) -> (*)` without the dimensions, bool."""
    return x.astype(bool).any(axis=dim, keepdims=keepdim)


@primitive
def all(x: Any, *, dim: Dims = None, keepdim: bool = False) -> Any:
    """Whether every element is nonzero; `(*) -> (*)` without the dimensions, bool."""
    return x.astype(bool).all(axis=dim, keepdims=keepdim)
