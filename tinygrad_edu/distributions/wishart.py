"""Random covariances."""

import functools
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy

from ..functions.conversion import finfo
from ..functions.creation import as_tensor
from ..functions.diagonal import tril_indices
from ..functions.elementwise import where
from ..functions.linalg.decompositions import cholesky
from ..functions.linalg.determinants import slogdet
from ..functions.linalg.solving import inv, solve_triangular
from ..functions.matrices import cholesky_inverse
from ..functions.random import randn
from ..functions.sequences import arange
from ..functions.special import digamma, mvlgamma
from ..grad_mode import enable_grad
from ..tensor import Tensor
from . import constraints
from .distribution import check_one
from .exponential_family import ExponentialFamily
from .gamma import Chi2

__all__ = ["Wishart", "mvdigamma"]


def mvdigamma(x: Any, p: int) -> Any:
    """The derivative of mvlgamma; `(*) -> (*)`."""
    return digamma(x.unsqueeze(-1) - arange(p, dtype=x.dtype) / 2).sum(-1)


class Wishart(ExponentialFamily):
    r"""Sums of `df` matrices $x x^\top$ of normal vectors x (p) of mean 0 and covariance V; df need be no integer.

    $$p(X) = \frac{|X|^{(df - p - 1) / 2}\, e^{-\mathrm{tr}(V^{-1} X) / 2}}
    {2^{df\, p / 2}\, |V|^{df / 2}\, \Gamma_p(df / 2)}$$

    V is given by one of three matrices: itself, its inverse the precision, or its Cholesky factor `scale_tril`.

    Raises:
        ValueError: not exactly one of them is given, it is not square, or df is not above p - 1.

    Source: Anderson, "An Introduction to Multivariate Statistical Analysis" (2003), section 7.2.
    """

    support = constraints.positive_definite
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        df: Any,
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
        if matrix.ndim < 2 or matrix.shape[-1] != matrix.shape[-2]:
            raise ValueError(f"Wishart takes a matrix (*, p, p), got {matrix.shape}")
        p, df = matrix.shape[-1], as_tensor(df, dtype=matrix.dtype)
        if (df <= p - 1).any().item():
            raise ValueError(f"a Wishart of {p} by {p} matrices needs more than {p - 1} degrees of freedom, got {df}")
        if (df < p).any().item():
            warnings.warn(f"matrices of fewer than {p} degrees of freedom are close to singular", stacklevel=2)
        batch = numpy.broadcast_shapes(matrix.shape[:-2], df.shape)
        self.df = df.expand(batch)
        setattr(self, name, matrix.expand(*batch, -1, -1))
        super().__init__(batch, (p, p), validate_args)
        if name != "scale_tril":
            covariance = matrix if name == "covariance_matrix" else inv(matrix)
            self._factor = cholesky(covariance).expand(*batch, -1, -1)
        else:
            self._factor = self.scale_tril

    @property
    def arg_constraints(self) -> Any:
        """What the parameters must be; that of df depends on the size of the matrices."""
        return {
            "covariance_matrix": constraints.positive_definite,
            "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky,
            "df": constraints.greater_than(self._event_shape[-1] - 1),
        }

    @functools.cached_property
    def scale_tril(self) -> Any:
        """The Cholesky factor of V."""
        return self._factor

    @functools.cached_property
    def covariance_matrix(self) -> Any:
        """V."""
        with enable_grad():
            return self._factor @ self._factor.mT

    @functools.cached_property
    def precision_matrix(self) -> Any:
        """The inverse of V."""
        with enable_grad():
            return cholesky_inverse(self._factor)

    @property
    def mean(self) -> Any:
        """df V."""
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Any:
        """(df - p - 1) V; none (NaN) if that is not positive."""
        factor = self.df - self._event_shape[-1] - 1
        return where(factor > 0, factor, math.nan)[..., None, None] * self.covariance_matrix

    @property
    def variance(self) -> Any:
        """Of each element."""
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v**2 + diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2))

    def _half_log_det(self) -> Any:
        return self._factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)

    def _drawn(self, sample_shape: Sequence[int]) -> Any:
        """L A (L A)^T, L the factor of V, A lower triangular: chi numbers on the diagonal, normal ones below."""
        p, dtype = self._event_shape[-1], self.df.dtype
        squares = Chi2(self.df.unsqueeze(-1) - arange(p, dtype=dtype), False).rsample(sample_shape)
        a = squares.sqrt().clamp(min=finfo(dtype).eps).diag_embed()
        rows, columns = tril_indices(p, p, -1)
        a[..., rows, columns] = randn((*a.shape[:-2], len(rows)), dtype=dtype)
        factor = self._factor @ a
        return factor @ factor.mT

    def rsample(self, sample_shape: Sequence[int] = (), max_try_correction: int | None = None) -> Any:
        """Symmetric matrices; those that rounding leaves singular are drawn anew, up to so many times, or 10.

        Source: Bartlett, "On the theory of statistical regression" (1933).
        """
        drawn = self._drawn(sample_shape)
        for _ in range(10 if max_try_correction is None else max_try_correction):
            regular = self.support.check(drawn)
            if regular.all().item():
                break
            drawn = where(regular[..., None, None], drawn, self._drawn(sample_shape))
        return drawn

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        df, p = self.df, self._event_shape[-1]
        half = solve_triangular(self._factor, value, upper=False)
        trace = solve_triangular(self._factor, half.mT, upper=False).diagonal(dim1=-2, dim2=-1).sum(-1)
        norm = df * (p * math.log(2) / 2 + self._half_log_det()) + mvlgamma(df / 2, p)
        return (df - p - 1) / 2 * slogdet(value).logabsdet - trace / 2 - norm

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        df, p = self.df, self._event_shape[-1]
        scale = (p + 1) * (p * math.log(2) / 2 + self._half_log_det())
        return scale + mvlgamma(df / 2, p) - (df - p - 1) / 2 * mvdigamma(df / 2, p) + df * p / 2

    @property
    def _natural_params(self) -> Any:
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        p = self._event_shape[-1]
        half = y + (p + 1) / 2
        return half * (p * math.log(2) - slogdet(-2 * x).logabsdet) + mvlgamma(half, p)
