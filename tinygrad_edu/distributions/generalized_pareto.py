"""How far values that exceed a threshold exceed it."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from ..functions.comparison import isclose
from ..functions.creation import zeros_like
from ..functions.elementwise import where
from ..functions.random import rand
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    r"""$P(X > x) = (1 + c z)^{-1 / c}$, $z = (x - loc) / scale$, c the concentration; $e^{-z}$ where c is 0.

    Values begin at loc. Where c is positive, the tail is as heavy as Pareto's of alpha 1 / c; where it is negative,
    values end at loc - scale / c; -1 gives a uniform distribution and 0 an exponential one.

    Source: Pickands, "Statistical Inference Using Extreme Order Statistics" (1975).
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From loc on, up to an end if the concentration is negative."""
        negative = self.concentration < 0
        end = self.loc - self.scale / where(negative, self.concentration, -1.0)
        return constraints.interval(self.loc, where(negative, end, math.inf))

    @property
    def mean(self) -> Any:
        """The expected value; none (NaN) if the concentration is 1 or more."""
        c = self.concentration
        return where(c < 1, self.loc + self.scale / (1 - where(c < 1, c, 0.0)), math.nan)

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean; none (NaN) if the concentration is 1/2 or more."""
        finite = self.concentration < 0.5
        c = where(finite, self.concentration, 0.0)
        return where(finite, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), math.nan)

    def _split(self) -> Any:
        """Where the concentration counts as 0, and the others, with 1 in place of those."""
        zero = isclose(self.concentration, zeros_like(self.concentration))
        return zero, where(zero, 1.0, self.concentration)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The inverse of the cumulative distribution at uniform numbers."""
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.loc.dtype))

    def _standardised(self, value: Tensor) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        z = self._standardised(value)
        zero, c = self._split()
        power = 1 / c + 1
        # a uniform distribution has no power of z, not even at its end, where 1 + c z is 0
        bent = where(power == 0, power, power * where(power == 0, 1.0, c * z).log1p())
        return -self.scale.log() - where(zero, z, bent)

    def log_survival_function(self, value: Tensor) -> Any:
        """The logarithm of the probability of more than a value."""
        z = self._standardised(value)
        zero, c = self._split()
        return -where(zero, z, (c * z).log1p() / c)

    def log_cdf(self, value: Tensor) -> Any:
        """The logarithm of the probability of a value or less."""
        return (-self.log_survival_function(value).exp()).log1p()

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        return self.log_cdf(value).exp()

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        zero, c = self._split()
        above = (-value).log1p()
        return self.loc + self.scale * where(zero, -above, (-c * above).expm1() / c)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return self.scale.log() + self.concentration + 1
