"""Student's t distribution, and the F distribution of its squares."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from ..functions.conversion import finfo
from ..functions.creation import full_like
from ..functions.elementwise import where
from ..functions.random import randn
from ..functions.special import digamma, lgamma
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all
from .gamma import Chi2, Gamma

__all__ = ["FisherSnedecor", "StudentT"]


class StudentT(Distribution):
    r"""$p(x) \propto (1 + z^2 / df)^{-(df + 1) / 2}$, $z = (x - loc) / scale$: with heavier tails for smaller `df`."""

    arg_constraints: ClassVar[Any] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support: Any = constraints.real
    has_rsample = True

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0, validate_args: bool | None = None) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """loc; none (NaN) if df is 1 or less."""
        return where(self.df <= 1, full_like(self.loc, math.nan), self.loc)

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """scale^2 df / (df - 2); infinite if df is 2 or less, none (NaN) if it is 1 or less."""
        finite = self.scale**2 * self.df / where(self.df > 2, self.df - 2, 1.0)
        return where(self.df > 2, finite, where(self.df > 1, math.inf, math.nan))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Normal numbers over the square root of the mean of the squares of `df` others."""
        shape = self._extended_shape(sample_shape)
        z = randn(shape, dtype=self.df.dtype) * (Chi2(self.df, False).rsample(sample_shape) / self.df).rsqrt()
        return self.loc + self.scale * z

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        z, half = (value - self.loc) / self.scale, (self.df + 1) / 2
        norm = self.scale.log() + 0.5 * self.df.log() + 0.5 * math.log(math.pi) + lgamma(self.df / 2) - lgamma(half)
        return -half * (z**2 / self.df).log1p() - norm

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        half = (self.df + 1) / 2
        beta = lgamma(self.df / 2) + 0.5 * math.log(math.pi) - lgamma(half)
        return self.scale.log() + half * (digamma(half) - digamma(self.df / 2)) + 0.5 * self.df.log() + beta


class FisherSnedecor(Distribution):
    """The ratio of two variances of normal numbers, of `df1` and `df2` degrees of freedom."""

    arg_constraints: ClassVar[Any] = {"df1": constraints.positive, "df2": constraints.positive}
    support: Any = constraints.positive
    has_rsample = True

    def __init__(self, df1: Any, df2: Any, validate_args: bool | None = None) -> None:
        self.df1, self.df2 = broadcast_all(df1, df2)
        super().__init__(self.df1.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """The expected value; none (NaN) if df2 is 2 or less."""
        return where(self.df2 > 2, self.df2 / (self.df2 - 2), math.nan)

    @property
    def mode(self) -> Any:
        """The likeliest value; none (NaN) if df1 is 2 or less."""
        return where(self.df1 > 2, (self.df1 - 2) / self.df1 * self.df2 / (self.df2 + 2), math.nan)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean; none (NaN) if df2 is 4 or less."""
        m, n = self.df1, self.df2
        return where(n > 4, 2 * n**2 * (m + n - 2) / (m * (n - 2) ** 2 * (n - 4)), math.nan)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Ratios of gamma numbers."""
        above, below = (Gamma(df / 2, df, False).rsample(sample_shape) for df in (self.df1, self.df2))
        tiny = finfo(below.dtype).tiny
        return (above / below.clamp(min=tiny)).clamp(min=tiny)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        a, b, ratio = self.df1 / 2, self.df2 / 2, self.df1 / self.df2
        spread = lgamma(a + b) - lgamma(a) - lgamma(b)
        return spread + a * ratio.log() + (a - 1) * value.log() - (a + b) * (ratio * value).log1p()
