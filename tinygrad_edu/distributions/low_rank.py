"""Normal vectors of many elements whose covariance a few directions and a diagonal make up."""

import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..errors import broadcast_clash
from ..functions.linalg.decompositions import cholesky
from ..functions.linalg.solving import solve_triangular
from ..functions.random import randn
from ..functions.sequences import eye
from ..grad_mode import enable_grad
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    r"""A MultivariateNormal of the covariance $W W^\top + D$: W (n, m) is `cov_factor`, D's diagonal `cov_diag`.

    No n by n matrix is factorised, only the m by m one $C = I + W^\top D^{-1} W$:

    $$\det(W W^\top + D) = \det C \det D, \qquad (W W^\top + D)^{-1} = D^{-1} - D^{-1} W C^{-1} W^\top D^{-1}$$

    Raises:
        ValueError: the dimensions do not fit.

    Source: Petersen and Pedersen, "The Matrix Cookbook" (2012), equations 24 and 159.
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support = constraints.real_vector
    has_rsample = True

    def __init__(self, loc: Tensor, cov_factor: Tensor, cov_diag: Tensor, validate_args: bool | None = None) -> None:
        shapes = f"loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
        n = loc.shape[-1:]
        if loc.ndim < 1 or cov_factor.ndim < 2 or cov_factor.shape[-2:-1] != n or cov_diag.shape[-1:] != n:
            raise ValueError(
                f"LowRankMultivariateNormal takes loc (*, n), cov_factor (*, n, m), cov_diag (*, n): {shapes}"
            )
        batches = [loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1]]
        if clash := broadcast_clash(batches):
            raise ValueError(f"the batches of a LowRankMultivariateNormal do not fit, {clash}: {shapes}")
        batch = numpy.broadcast_shapes(*batches)
        self.loc, self.cov_diag = loc.expand(*batch, -1), cov_diag.expand(*batch, -1)
        self.cov_factor = cov_factor.expand(*batch, -1, -1)
        super().__init__(batch, n, validate_args)
        scaled = cov_factor.mT / cov_diag.unsqueeze(-2)
        capacitance = scaled @ cov_factor + eye(cov_factor.shape[-1], dtype=loc.dtype)
        self._capacitance_tril = cholesky(capacitance).expand(*batch, -1, -1)

    def _scaled(self) -> Any:
        """The transposed factor times the diagonal's inverse, (m, n)."""
        return self.cov_factor.mT / self.cov_diag.unsqueeze(-2)

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
        return (self.cov_factor**2).sum(-1) + self.cov_diag

    @functools.cached_property
    def covariance_matrix(self) -> Any:
        """The covariance."""
        with enable_grad():
            return self.cov_factor @ self.cov_factor.mT + self.cov_diag.diag_embed()

    @functools.cached_property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance."""
        with enable_grad():
            half = solve_triangular(self._capacitance_tril, self._scaled(), upper=False)
            return (1 / self.cov_diag).diag_embed() - half.mT @ half

    @functools.cached_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of the covariance, by that of a matrix whose eigenvalues are all 1 or more."""
        with enable_grad():
            deviation = self.cov_diag.sqrt().unsqueeze(-1)
            scaled = self.cov_factor / deviation
            return deviation * cholesky(scaled @ scaled.mT + eye(self.event_shape[0], dtype=scaled.dtype))

    def _log_det(self) -> Any:
        """The logarithm of the covariance's determinant."""
        return 2 * self._capacitance_tril.diagonal(dim1=-2, dim2=-1).log().sum(-1) + self.cov_diag.log().sum(-1)

    def _squared_distance(self, x: Any) -> Any:
        """x times the precision times x."""
        return self._squared_lengths(x.unsqueeze(-1))

    def _squared_lengths(self, columns: Any) -> Any:
        """The sum of such squares over the columns of a matrix."""
        within = solve_triangular(self._capacitance_tril, self._scaled() @ columns, upper=False)
        return (columns**2 / self.cov_diag.unsqueeze(-1)).sum((-2, -1)) - (within**2).sum((-2, -1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """loc, random multiples of the factor's columns, and independent noise."""
        shape, dtype = self._extended_shape(sample_shape), self.loc.dtype
        along = randn((*shape[:-1], self.cov_factor.shape[-1], 1), dtype=dtype)
        return self.loc + (self.cov_factor @ along).squeeze(-1) + self.cov_diag.sqrt() * randn(shape, dtype=dtype)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        squared = self._squared_distance(value - self.loc)
        return -0.5 * (self.event_shape[0] * math.log(2 * math.pi) + self._log_det() + squared)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return 0.5 * (self.event_shape[0] * (1 + math.log(2 * math.pi)) + self._log_det())
