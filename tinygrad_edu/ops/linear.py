"""Products of matrices: matmul, and the affine map of a layer."""

import math
from typing import Any

from ..errors import broadcast_clash
from ..kernels.products import LARGE, add_row, few_columns
from ..primitive import primitive
from .movement import permute, reshape

Shape = tuple[int, ...]


def flat(x: Any) -> Any:
    """All dimensions but the last made one: one large matrix product is faster than many small ones."""
    return x if x.ndim == 2 else reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


def swapped(x: Any) -> Any:
    """The transposed matrices of a batch."""
    return permute(x, dims=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


@primitive(formula=r"\bar{x} = \bar{z}\,y^\top,\ \bar{y} = x^\top \bar{z}", promotion="one", kinds="iuf")
def matmul(x: Any, y: Any, *, xp: Any) -> Any:
    """The matrix product; `(.., n, k), (.., k, m) -> (.., n, m)`; vectors `(k)` on either side; batches broadcast."""
    if x.ndim > 2 and y.ndim == 2:
        return (x.reshape(math.prod(x.shape[:-1]), len(y)) @ y).reshape(*x.shape[:-1], y.shape[1])
    if x.ndim == y.ndim == 2:
        return x.dot(y)  # what @ gives in half the time where it is small, a sixth where it is an outer product
    return xp.matmul(x, y)


def matmul_left(g: Any, x_shape: Shape, y: Any) -> Any:
    """The gradient of the left factor, before it is summed over what was broadcast."""
    if y.ndim == 1:
        return reshape(g, shape=(*g.shape, 1)) * y
    if len(x_shape) == 1:
        return reshape(matmul(y, reshape(g, shape=(*g.shape, 1))), shape=y.shape[:-1])
    return matmul(g, swapped(y))


def matmul_right(g: Any, x: Any, y_shape: Shape) -> Any:
    """The gradient of the right factor, before it is summed over what was broadcast."""
    if len(y_shape) == 1:
        return g * x if x.ndim == 1 else matmul(reshape(g, shape=(math.prod(g.shape),)), flat(x))
    if x.ndim == 1:
        return reshape(x, shape=(x.shape[0], 1)) * reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]))
    if len(y_shape) == 2:
        return matmul(swapped(flat(x)), flat(g))
    return matmul(swapped(x), g)


def inner_misfit(x: Shape, y: Shape) -> str | None:
    """Why matrices of these shapes cannot be multiplied."""
    if not x or not y:
        return "a number is no matrix; use *"
    inner = y[-2] if len(y) > 1 else y[-1]
    if x[-1] != inner:
        return f"the last size of {x} and the {'second to last' if len(y) > 1 else 'only'} one of {y} must be equal"
    return broadcast_clash([x[:-2], y[:-2]])


matmul.misfit = inner_misfit
matmul.vjp(x=matmul_left, y=matmul_right)


# fused: one node and one pass instead of transpose, matmul and add, which is a third of a small layer's time
@primitive(
    formula=r"\bar{x} = \bar{y}\,W,\ \bar{W} = \bar{y}^\top x,\ \bar{b} = \sum \bar{y}", promotion="one", kinds="iuf"
)
def linear(x: Any, weight: Any, bias: Any = None, *, xp: Any) -> Any:
    """x W^T + b; `x (.., in), weight (out, in), bias (out) -> (.., out)`."""
    if not x.ndim == weight.ndim == 2:
        y = matmul.forward(x, weight.T)
    elif bias is not None and len(x) < len(weight):
        # BLAS is a tenth faster with the larger matrix on the left; the sum puts the elements back in order
        return xp.add(few_columns(weight, x.T).T, bias, order="C")
    else:
        y = x.dot(weight.T)
    if bias is None:
        return y
    return add_row(y, bias, y) if y.size >= LARGE else xp.add(y, bias, y)


def linear_weight(g: Any, x: Any) -> Any:
    """The gradient of a layer's weight."""
    if x.ndim != 2:
        g, x = flat(g), flat(x)
    return g.T @ x if len(x) > 1 else matmul(g.T, x)


def layer_misfit(x: Shape, weight: Shape, bias: Shape = ()) -> str | None:
    """Why a layer of this weight cannot take such inputs."""
    if len(weight) != 2 or not x or x[-1] != weight[1]:
        return f"a weight {weight} (out, in) takes inputs (.., {weight[-1]}), got {x}"
    return f"a bias for {weight[0]} outputs has shape ({weight[0]},), got {bias}" if bias else None


linear.misfit = layer_misfit
linear.vjp(
    x=lambda g, weight: g @ weight if g.ndim <= 2 else matmul(g, weight),
    weight=linear_weight,
    bias=lambda g: g,
)
