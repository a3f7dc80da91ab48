"""Distances between vectors: of two Tensors, row by row or each with each, and among the rows of one."""

import math
from typing import Any

import numpy

from ..errors import ShapeError, broadcast_clash
from ..grad_mode import no_grad
from ..ops.elementwise import abs, clamp, where
from ..ops.linear import matmul, swapped
from ..ops.movement import reshape
from ..primitive import primitive
from ..tensor import Tensor
from .linear import check_dtypes
from .movement import broadcast_tensors
from .norms import power_or_zero, vector_norm
from .reduction import sum

__all__ = ["cdist", "cosine_similarity", "pairwise_distance", "pdist"]

BY_PRODUCTS = {  # of so many rows; None leaves the choice to the default
    "use_mm_for_euclid_dist_if_necessary": 25,
    None: 25,
    "use_mm_for_euclid_dist": 0,
    "donot_use_mm_for_euclid_dist": math.inf,
}


def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = "use_mm_for_euclid_dist_if_necessary"
) -> Any:
    """The p-norm of the difference of each row of x1 and each of x2; `(.., n, k), (.., m, k) -> (.., n, m)`.

    Where two rows are equal the gradient is 0; with p = inf each of the largest differences has all of it. More than 25
    rows have their 2-norms computed by a product of matrices, many times quicker, and right to the root of the
    precision only where rows lie close together; `compute_mode` is PyTorch's: "donot_use_mm_for_euclid_dist" takes all
    differences, "use_mm_for_euclid_dist" none.

    Raises:
        ShapeError: the rows differ in length, the batches do not broadcast, or a Tensor has fewer than two dimensions.
        RuntimeError: p is negative or NaN, or they do not hold floats of one dtype.
        ValueError: there is no such mode.
    """
    check_dtypes("cdist", x1, x2)
    if min(x1.ndim, x2.ndim) < 2 or x1.shape[-1] != x2.shape[-1]:
        raise ShapeError(f"cdist takes (.., n, k) and (.., m, k), got {x1.shape} and {x2.shape}")
    if clash := broadcast_clash([x1.shape[:-2], x2.shape[:-2]]):
        raise ShapeError(f"cdist of batches that do not fit, {x1.shape} and {x2.shape}: {clash}")
    if x1.dtype.kind != "f" or not p >= 0:
        raise RuntimeError(f"cdist takes floats and a norm p >= 0, got {x1.dtype} and p={p}")
    if compute_mode not in BY_PRODUCTS:
        raise ValueError(f"cdist takes one of {', '.join(map(str, BY_PRODUCTS))} as compute_mode, got {compute_mode!r}")
    if p == 2 and max(x1.shape[-2], x2.shape[-2]) > BY_PRODUCTS[compute_mode]:
        return euclidean(x1, x2)
    return lengths(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


def lengths(differences: Tensor, p: float) -> Any:
    """The p-norms of vectors, 0 of those without elements; `(.., k) -> (..)`."""
    if not differences.shape[-1]:
        return sum(differences, -1)
    return farthest(abs(differences)) if p == math.inf else vector_norm(differences, p, dim=-1)


# not amax, whose ties share the gradient
@primitive(formula=r"\bar{x}_i = \bar{y}\,[x_i = y]")
def farthest(x: Any) -> Any:
    """The largest element of each vector; each that is as large has the whole gradient; `(.., k) -> (..)`."""
    return x.max(-1)


farthest.vjp(x=lambda g, x, out: where(x == unsqueezed(out), unsqueezed(g), 0.0))


def unsqueezed(x: Any) -> Any:
    """With one more dimension, the last."""
    return reshape(x, shape=(*x.shape, 1))


def euclidean(x: Tensor, y: Tensor) -> Tensor:
    """The lengths of the differences, by |x - y|^2 = |x|^2 + |y|^2 - 2 x y."""
    squares = sum(x * x, -1, True) + sum(y * y, -1).unsqueeze(-2) - matmul(x, swapped(y)) * 2
    return power_or_zero(clamp(squares, low=0), 0.5)


def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> Any:
    """The p-norm of x1 - x2 + eps along the last dimension; `(*, D), (*, D) -> (*)`; eps keeps it off 0.

    >>> from tinygrad_edu import tensor
    >>> pairwise_distance(tensor([[0.0, 0.0]]), tensor([[3.0, 4.0]]))
    tensor([5.0000])

    Raises:
        ShapeError: the shapes do not broadcast.
    """
    return vector_norm(x1 - x2 + eps, p, dim=-1, keepdim=keepdim)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Any:
    r"""The cosine of the angle between vectors along a dimension, $\frac{x_1 x_2}{|x_1| |x_2|}$; `(*), (*) -> (*)`.

    The lengths are taken to be at least eps, which their gradient ignores.

    Raises:
        ShapeError: the shapes do not broadcast.
        IndexError: there is no such dimension.
        RuntimeError: they do not hold floats, or eps is negative.
    """
    if not eps >= 0:
        raise RuntimeError(f"cosine_similarity takes eps >= 0, got {eps}")
    x1, x2 = broadcast_tensors(x1, x2)
    return sum(over_length(x1, dim, eps) * over_length(x2, dim, eps), dim)


def over_length(x: Tensor, dim: int, eps: float) -> Any:
    """Vectors over their lengths, which are taken to be at least eps."""
    length = vector_norm(x, 2, dim, keepdim=True).clone()
    with no_grad():
        length.clamp_min_(eps)
    return x / length


def pdist(input: Tensor, p: float = 2) -> Any:
    """The p-norm of the difference of each two rows, (0, 1), (0, 2) ... (n - 2, n - 1); `(n, k) -> (n (n - 1) / 2)`.

    Where two rows are equal the gradient is 0; with p = inf each of the largest differences has all of it.

    Raises:
        ShapeError: the input is not `(n, k)`.
        RuntimeError: p is negative, or it does not hold floats.
    """
    if input.ndim != 2:
        raise ShapeError(f"pdist takes (n, k), got {input.shape}")
    if p < 0:
        raise RuntimeError(f"pdist takes a norm p >= 0, got {p}")
    first, second = numpy.triu_indices(len(input), 1)
    return lengths(input[first] - input[second], p)
