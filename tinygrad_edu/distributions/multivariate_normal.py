"""Normal vectors with a covariance."""

import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..functions.linalg.decompositions import cholesky
from ..functions.linalg.solving import inv, solve_triangular
from ..functions.matrices import cholesky_inverse
from ..functions.random import randn
from ..grad_mode import enable_grad
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, check_one

__all__ = ["MultivariateNormal", "mahalanobis"]


def mahalanobis(scale_tril: Any, difference: Any) -> Any:
    """The squared length of a vector before a triangular matrix, whose dtype counts, was applied to it."""
    column = difference.to(scale_tril.dtype).unsqueeze(-1)
    return (solve_triangular(scale_tril, column, upper=False) ** 2).sum((-2, -1))


class MultivariateNormal(Distribution):
    r"""$p(x) \propto \exp(-(x - loc)^\top \Sigma^{-1} (x - loc) / 2)$, given by one of three matrices.

    Those are the covariance $\Sigma$, its inverse the precision, or its Cholesky factor `scale_tril`.

    Raises:
        ValueError: not exactly one of them is given, or the dimensions do not fit.
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        check_one(**given)
        name, matrix = next((name, x) for name, x in given.items() if x is not None)
        if loc.ndim < 1 or matrix.shape[-2:] != (loc.shape[-1],) * 2:
            raise ValueError(
                f"MultivariateNormal takes loc (*, n) and a matrix (*, n, n), got {loc.shape} and {matrix.shape}"
            )
        batch = numpy.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand(*batch, -1)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, loc.shape[-1:], validate_args)
        if name != "scale_tril":
            covariance = matrix if name == "covariance_matrix" else inv(matrix)
            self._unbroadcasted_scale_tril = cholesky(covariance).expand(*batch, -1, -1)
        else:
            self._unbroadcasted_scale_tril = self.scale_tril

    @functools.cached_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance."""
        return self._unbroadcasted_scale_tril.expand(*self._batch_shape, -1, -1)

    @functools.cached_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        with enable_grad():
            return self.scale_tril @ self.scale_tril.mT

    @functools.cached_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        with enable_grad():
            return cholesky_inverse(self.scale_tril)

    @property
    def mean(self) -> Any:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """The covariance's diagonal."""
        return (self._unbroadcasted_scale_tril**2).sum(-1).expand(self._extended_shape())

    def _half_log_det(self) -> Any:
        return self._unbroadcasted_scale_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """loc + scale_tril z, z standard normal."""
        z = randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._unbroadcasted_scale_tril @ z.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        squared, n = mahalanobis(self._unbroadcasted_scale_tril, value - self.loc), self.event_shape[0]
        return -0.5 * (n * math.log(2 * math.pi) + squared) - self._half_log_det()

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return (self.event_shape[0] * (1 + math.log(2 * math.pi)) / 2 + self._half_log_det()).expand(self._batch_shape)
