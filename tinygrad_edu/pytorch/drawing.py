"""What distributions of programs' own import from PyTorch's."""

from typing import Any

import numpy

from ..distributions.distribution import broadcast_all
from ..distributions.distribution import sum_rightmost as _sum_rightmost
from ..distributions.multivariate_normal import mahalanobis as _batch_mahalanobis
from ..distributions.transform import Inverse as _InverseTransform
from ..functions.diagonal import tril_indices
from ..functions.linalg.decompositions import cholesky
from ..functions.linalg.solving import solve_triangular
from ..functions.random import randn
from ..functions.sequences import eye
from ..grad_mode import enable_grad
from ..nn import functional as F
from ..ops.elementary import log, log1p
from ..tensor import Tensor

__all__ = [
    "_InverseTransform",
    "_batch_mahalanobis",
    "_batch_mv",
    "_precision_to_scale_tril",
    "_standard_normal",
    "_sum_rightmost",
    "broadcast_all",
    "clamp_probs",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]


class lazy_property:  # noqa: N801
    """A property that is worked out once, with gradients, and then kept in the object."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped, self.__doc__ = wrapped, wrapped.__doc__

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self
        with enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def _standard_normal(shape: Any, dtype: Any, device: Any = None) -> Any:
    """Draws of the standard normal distribution."""
    return randn(*shape, dtype=dtype)


def clamp_probs(probs: Tensor) -> Any:
    """Probabilities kept off 0 and 1 by the dtype's eps."""
    eps = float(numpy.finfo(probs.dtype).eps)
    return probs.clamp(eps, 1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Any:
    """log p, or log p - log(1 - p) of binary ones."""
    p = clamp_probs(probs)
    return log(p) - log1p(-p) if is_binary else log(p)


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    """The softmax over the last dimension, or the sigmoid of binary ones."""
    return logits.sigmoid() if is_binary else F.softmax(logits, -1)


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Any:
    """The elements of matrices up to a diagonal, row by row; `(*, n, n) -> (*, m)`.

    Raises:
        ValueError: there is no such diagonal.
    """
    n = mat.shape[-1]
    if not -n <= diag < n:
        raise ValueError(f"matrices of {n} columns have the diagonals {-n} to {n - 1}, got {diag}")
    rows, columns = tril_indices(n, n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Any:
    """Matrices with these elements up to a diagonal, row by row, and zeros elsewhere; `(*, m) -> (*, n, n)`.

    Raises:
        ValueError: no matrix has as many.
    """
    count = vec.shape[-1]
    n = next((n for n in range(count + abs(diag) + 1, -1, -1) if tril_indices(n, n, diag).shape[1] == count), None)
    if n is None:
        raise ValueError(f"no square matrix has {count} elements up to its diagonal {diag}")
    rows, columns = tril_indices(n, n, diag)
    out = vec.new_zeros(*vec.shape[:-1], n, n)
    out[..., rows, columns] = vec
    return out


def _batch_mv(bmat: Any, bvec: Any) -> Any:
    """Matrices times vectors; `(*, n, n), (*, n) -> (*, n)`."""
    return (bmat @ bvec.unsqueeze(-1)).squeeze(-1)


def _precision_to_scale_tril(P: Any) -> Any:
    """The Cholesky factor of the inverse of matrices, which are not inverted; `(*, n, n) -> (*, n, n)`.

    With P turned by 180 degrees as L L^T, the factor is the inverse of L, turned by 180 degrees and transposed.
    """
    turned = cholesky(P.flip((-2, -1))).flip((-2, -1)).mT
    return solve_triangular(turned, eye(P.shape[-1], dtype=P.dtype), upper=False)
