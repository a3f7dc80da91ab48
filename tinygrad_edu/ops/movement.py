"""Operations that move elements and compute nothing, each beside its adjoint.

Those marked `view` share the memory of their input where the strides allow it.
"""

import math
from collections.abc import Callable
from typing import Any

from .. import backend
from ..kernels.expansion import expanded
from ..primitive import primitive
from .indexing import getitem, put

Shape = tuple[int, ...]


@primitive(formula=r"\bar{x} = \mathrm{reshape}(\bar{y})", view=True)
def reshape(x: Any, *, shape: Shape) -> Any:
    """The same elements in another shape; `(*) -> shape`; a view where the strides allow it."""
    return x.reshape(shape)


@primitive(formula=r"\bar{x} = \mathrm{permute}(\bar{y})", view=True)
def permute(x: Any, *, dims: Shape) -> Any:
    """The dimensions in another order; `(n0, n1, ...) -> (n[dims[0]], n[dims[1]], ...)`."""
    return x.transpose(dims)


def inverse(dims: Shape) -> Shape:
    """The order that undoes a permutation."""
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


reshape.vjp(x=lambda g, x_shape: reshape(g, shape=x_shape))
permute.vjp(x=lambda g, dims: permute(g, dims=inverse(dims)))


@primitive(formula=r"\bar{x} = \mathrm{sum\_to}(\bar{y})", view=True)
def broadcast_to(x: Any, *, shape: Shape) -> Any:
    """x repeated along new dimensions and those of size 1, without copying; `(*) -> shape`."""
    return expanded(x, shape)


@primitive(formula=r"\bar{x} = \mathrm{broadcast\_to}(\bar{y})", view=True)
def sum_to(x: Any, *, shape: Shape) -> Any:
    """x summed over what broadcasting from `shape` repeated; `(*) -> shape`; the adjoint of broadcast_to."""
    extra = x.ndim - len(shape)
    if x.size == math.prod(shape):
        return x.reshape(shape)
    if x.shape[extra:] == shape:  # a bias: only dimensions in front were added
        return backend.total(x, tuple(range(extra)))
    repeated = tuple([d for d in range(x.ndim) if d < extra or (shape[d - extra] == 1 and x.shape[d] != 1)])
    return (backend.total(x, repeated) if repeated else x).reshape(shape)


broadcast_to.vjp(x=lambda g, x_shape: sum_to(g, shape=x_shape))
sum_to.vjp(x=lambda g, x_shape: broadcast_to(g, shape=x_shape))


@primitive(formula=r"\bar{x} = \mathrm{put\_back}(\bar{y})", view=True)
def diagonal(x: Any, *, offset: int = 0, dim1: int = 0, dim2: int = 1, xp: Any) -> Any:
    """A diagonal of two dimensions as a new last one; `(n, m, ...) -> (..., k)`; a view."""
    x = xp.moveaxis(x, (dim1, dim2), (-2, -1))
    down, right = max(-offset, 0), max(offset, 0)
    k = max(min(x.shape[-2] - down, x.shape[-1] - right), 0)
    # NumPy's own diagonal cannot be written to
    return xp.einsum("...ii->...i", x[..., down : down + k, right : right + k])


@primitive(formula=r"\bar{x} = \mathrm{put\_back}(\bar{y})", view=True)
def unfold(x: Any, *, dim: int, size: int, step: int, xp: Any) -> Any:
    """Windows along a dimension, `step` apart, as a new last one; `(.., n, ..) -> (.., k, .., size)`; a view."""
    # windows that overlap share elements, so they are not to be written to
    windows = xp.lib.stride_tricks.sliding_window_view(x, size, dim, writeable=step >= size)
    return windows[(slice(None),) * dim + (slice(None, None, step),)]


def put_back(g: Any, shape: Shape, view: Callable[..., Any], **settings: Any) -> Any:
    """Zeros with g added at the places of which `view` is a view; `(*) -> shape`; the adjoint of the view."""
    places = view(backend.positions(math.prod(shape)).reshape(shape), **settings)
    return reshape(put(g, index=places, shape=(math.prod(shape),)), shape=shape)


diagonal.vjp(
    x=lambda g, x_shape, offset, dim1, dim2: put_back(g, x_shape, diagonal, offset=offset, dim1=dim1, dim2=dim2)
)
unfold.vjp(x=lambda g, x_shape, dim, size, step: put_back(g, x_shape, unfold, dim=dim, size=size, step=step))


@primitive(formula=r"\bar{x} = \mathrm{flip}(\bar{y})")
def flip(x: Any, *, dims: Shape, xp: Any) -> Any:
    """The elements in reverse order along some dimensions; `(*) -> (*)`; its own adjoint."""
    return xp.flip(x, dims).copy()


@primitive(formula=r"\bar{x} = \bar{y}[\mathrm{inside}]")
def pad(x: Any, *, widths: tuple[tuple[int, int], ...], value: float = 0.0, xp: Any) -> Any:
    """x with (before, after) elements of one value added along each dimension; its adjoint is a slice."""
    return xp.asarray(xp.pad(x, widths, constant_values=value), order="C")


def inside(widths: tuple[tuple[int, int], ...], shape: Shape) -> tuple[slice, ...]:
    """Where the elements of the padded array came from."""
    return tuple([slice(before, before + n) for (before, _), n in zip(widths, shape, strict=True)])


flip.vjp(x=lambda g, dims: flip(g, dims=dims))
pad.vjp(x=lambda g, widths, x_shape: getitem(g, index=inside(widths, x_shape)))


@primitive(formula=r"\bar{x}_i = \bar{y}[\mathrm{part}_i]", promotion="common")
def cat(*tensors: Any, dim: int, xp: Any) -> Any:
    """The tensors one after the other along a dimension; `(.., n_i, ..) -> (.., sum n_i, ..)`."""
    return xp.asarray(xp.concatenate(tensors, axis=dim), order="C")


def parts(g: Any, shapes: list[Shape], dim: int, needs: tuple[bool, ...]) -> list[Any]:
    """The slices of g that came from each tensor, where wanted."""
    pieces, start = [], 0
    for shape, needed in zip(shapes, needs, strict=True):
        index = (slice(None),) * dim + (slice(start, start + shape[dim]),)
        pieces.append(getitem(g, index=index) if needed else None)
        start += shape[dim]
    return pieces


cat.vjp(tensors=lambda g, tensors_shape, dim, needs: parts(g, tensors_shape, dim, needs))
