"""Orthogonal weights: matrices whose columns, or whose rows if they are fewer, have length 1 and right angles."""

from typing import Any, TypeVar

import numpy

from ...errors import ShapeError
from ...functions.creation import from_numpy, zeros_like
from ...functions.joining import cat
from ...functions.linalg.decompositions import qr
from ...functions.linalg.products import householder_product, matrix_exp
from ...functions.linalg.solving import solve
from ...functions.random import randn
from ...functions.sequences import eye
from ...grad_mode import no_grad
from ...ops.linear import matmul
from ...tensor import Tensor
from ..module import Module
from .parametrize import register_parametrization

__all__ = ["orthogonal"]

M = TypeVar("M", bound=Module)


def cayley(A: Any) -> Any:
    """(I - A / 2)^-1 (I + A / 2)."""
    one = eye(A.shape[-1], dtype=A.dtype)
    return solve(one - A / 2, one + A / 2)


def reflections(X: Any) -> Any:
    """The product of reflections along the columns below the diagonal, each column times its sign on the diagonal."""
    A = X.tril(-1)
    Q = householder_product(A, 2 / (1 + (A * A).sum(-2)))
    return Q * X.detach().diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


ROTATIONS = {"matrix_exp": matrix_exp, "cayley": cayley}


class _Orthogonal(Module):
    """An orthogonal matrix of any one, times `base`, if there is one, which is what it began with."""

    def __init__(self, shape: tuple[int, ...], orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.shape, self.orthogonal_map = shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        """The orthogonal matrix; `(*, m, n) -> (*, m, n)`."""
        wide = X.shape[-2] < X.shape[-1]
        tall = X.mT if wide else X
        if self.orthogonal_map in ROTATIONS:
            lower = tall.tril()
            n, k = lower.shape[-2:]
            if n > k:
                lower = cat([lower, lower.new_zeros(*lower.shape[:-1], n - k)], -1)
            Q = ROTATIONS[self.orthogonal_map](lower - lower.mT)[..., :k]
        else:
            Q = reflections(tall)
        if hasattr(self, "base"):
            Q = matmul(self.base, Q)
        return Q.mT if wide else Q

    def right_inverse(self, value: Tensor) -> Tensor:
        """What is computed to the value if it is orthogonal, and to the orthogonal matrix of its QR factors if not.

        Raises:
            ShapeError: the value has another shape.
            NotImplementedError: without a base there is none for rotations.
        """
        if value.shape != self.shape:
            raise ShapeError(f"an orthogonal weight of shape {self.shape} cannot be given the value of {value.shape}")
        with no_grad():
            wide = value.shape[-2] < value.shape[-1]
            tall: Any = value.mT if wide else value
            if hasattr(self, "base"):
                self.base = completed(tall)
                unchanged = zeros_like(value)  # of which every map makes the identity
                unchanged.diagonal(dim1=-2, dim2=-1).fill_(-1)
                return unchanged
            if self.orthogonal_map in ROTATIONS:
                raise NotImplementedError(
                    f"{self.orthogonal_map} has no inverse; assign to an orthogonal weight made with use_trivialization"
                )
            found = reflected(tall)
            return found.mT if wide else found


def completed(Q: Any) -> Any:
    """The orthogonal square matrix that begins with the columns of Q, made orthogonal where they are not."""
    n, k = Q.shape[-2:]
    error = (matmul(Q.mT, Q) - eye(k, dtype=Q.dtype)).abs().max() if Q.numel() else 0
    if n == k and float(error) < 10 * n * numpy.finfo(Q.numpy().dtype).eps:
        return Q.clone()
    found, R = qr(cat([Q, randn(*Q.shape[:-1], n - k, dtype=Q.dtype)], -1))
    return found * R.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)


def reflected(Q: Any) -> Any:
    """The matrix whose reflections give Q: LAPACK's, with the signs of R on the diagonal."""
    raw, scales = numpy.linalg.qr(Q.numpy(), "raw")
    columns = numpy.swapaxes(raw, -1, -2)
    places = numpy.arange(Q.shape[-1])
    # without a reflection, where the scale is 0, the sign is the other
    signs = numpy.sign(columns[..., places, places]) * numpy.where(scales == 0, -1, 1)
    made = columns.copy()
    made[..., places, places] = signs
    return from_numpy(made.astype(Q.numpy().dtype))


def orthogonal(
    module: M, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> M:
    r"""Keep a weight orthogonal: $W^\top W = I$, or $W W^\top = I$ if it has fewer rows than columns.

    It is computed of any matrix by the `orthogonal_map`: "matrix_exp" and "cayley" rotate by what is skew-symmetric in
    it, "householder" reflects along its columns. The default is "matrix_exp" for square weights, otherwise
    "householder". With `use_trivialization` the result is multiplied with a fixed orthogonal matrix, that of the weight
    so far, from which training starts.

    Raises:
        ValueError: the module has no such matrix, or there is no such map.

    Source: Lezcano-Casado, "Trivializations for Gradient-Based Optimization on Manifolds" (2019).
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor) or weight.ndim < 2:
        raise ValueError(f"{type(module).__name__} has no parameter or buffer {name!r} of two dimensions or more")
    chosen = orthogonal_map or ("matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder")
    if chosen not in (*ROTATIONS, "householder"):
        raise ValueError(f'orthogonal_map is one of "matrix_exp", "cayley" and "householder", got {orthogonal_map!r}')
    part = _Orthogonal(tuple(weight.shape), chosen, use_trivialization)
    return register_parametrization(module, name, part, unsafe=True)
