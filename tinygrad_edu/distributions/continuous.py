"""Continuous distributions that are drawn by the inverse of their cumulative distribution."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from ..functions.conversion import finfo
from ..functions.creation import empty, full_like, zeros_like
from ..functions.random import rand
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all
from .exponential_family import ExponentialFamily

__all__ = ["Cauchy", "Exponential", "Gumbel", "Laplace", "Uniform"]

EULER = 0.57721566490153286061  # the Euler-Mascheroni constant


class Scattered(Distribution):
    """What is given by its place and its scale."""

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.real
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def _uniform(self, sample_shape: Sequence[int]) -> Any:
        limits = finfo(self.loc.dtype)
        return rand(self._extended_shape(sample_shape), dtype=self.loc.dtype).clamp(limits.tiny, 1 - limits.eps)

    def _standardised(self, value: Tensor) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return (value - self.loc) / self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The inverse of the cumulative distribution at uniform numbers."""
        return self.icdf(self._uniform(sample_shape))


class Uniform(Distribution):
    """Equally likely everywhere from `low` up to, but without, `high`.

    Raises:
        ValueError: low is not below high.
    """

    arg_constraints: ClassVar[Any] = {"low": constraints.dependent, "high": constraints.dependent}
    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low, self.high = broadcast_all(low, high)
        super().__init__(self.low.shape, validate_args=validate_args)
        if self._validate_args and not (self.low < self.high).all().item():
            raise ValueError(f"Uniform needs low < high, got {self.low} and {self.high}")

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From low to high."""
        return constraints.interval(self.low, self.high)

    @property
    def mean(self) -> Any:
        """The middle."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Any:
        """NaN: there is none."""
        return self.high * float("nan")

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Any:
        """A twelfth of the squared width."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """low + (high - low) u, u uniform in [0, 1)."""
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.low.dtype))

    def log_prob(self, value: Tensor) -> Any:
        """The negative logarithm of the width; -inf outside."""
        if self._validate_args:
            self._validate_sample(value)
        inside = ((self.low <= value) & (value < self.high)).to(self.low.dtype)
        return inside.log() - (self.high - self.low).log()

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        if self._validate_args:
            self._validate_sample(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        """The logarithm of the width."""
        return (self.high - self.low).log()


class Laplace(Scattered):
    r"""$p(x) = \exp(-|x - loc| / scale) / 2\,scale$."""

    @property
    def mean(self) -> Any:
        """loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return math.sqrt(2) * self.scale

    @property
    def variance(self) -> Any:
        """Twice the square of scale."""
        return 2 * self.scale**2

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        return -(2 * self.scale).log() - self._standardised(value).abs()

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        z = self._standardised(value)
        return 0.5 - 0.5 * z.sign() * (-z.abs()).expm1()

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        centered = value - 0.5
        return self.loc - self.scale * centered.sign() * (-2 * centered.abs()).log1p()

    def entropy(self) -> Any:
        """1 + log of twice the scale."""
        return 1 + (2 * self.scale).log()


class Gumbel(Scattered):
    r"""The largest of many: $P(X < x) = \exp(-\exp(-(x - loc) / scale))$."""

    @property
    def mean(self) -> Any:
        """The expected value."""
        return self.loc + self.scale * EULER

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def stddev(self) -> Any:
        """The square root of the variance."""
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        return self.stddev**2

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        z = -self._standardised(value)
        return z - z.exp() - self.scale.log()

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        return (-(-self._standardised(value)).exp()).exp()

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return self.scale.log() + (1 + EULER)


class Cauchy(Scattered):
    r"""$p(x) = 1 / \pi\,scale\,(1 + z^2)$, $z = (x - loc) / scale$: without mean and variance."""

    @property
    def mean(self) -> Any:
        """NaN: there is none."""
        return full_like(self.loc, float("nan"))

    @property
    def mode(self) -> Any:
        """loc."""
        return self.loc

    @property
    def variance(self) -> Any:
        """Infinite."""
        return full_like(self.loc, float("inf"))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        return -math.log(math.pi) - self.scale.log() - (self._standardised(value) ** 2).log1p()

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        return self._standardised(value).atan() / math.pi + 0.5

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return math.log(4 * math.pi) + self.scale.log()


class Exponential(ExponentialFamily):
    """How long an event that happens `rate` times per unit of time is waited for."""

    arg_constraints: ClassVar[Any] = {"rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """1 / rate."""
        return 1 / self.rate

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.rate)

    @property
    def stddev(self) -> Any:
        """1 / rate."""
        return 1 / self.rate

    @property
    def variance(self) -> Any:
        """1 / rate^2."""
        return self.rate**-2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Standard exponential numbers over rate."""
        return empty(self._extended_shape(sample_shape), dtype=self.rate.dtype).exponential_() / self.rate

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        if self._validate_args:
            self._validate_sample(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        return -(-value).log1p() / self.rate

    def entropy(self) -> Any:
        """1 - log rate."""
        return 1 - self.rate.log()

    @property
    def _natural_params(self) -> Any:
        return (-self.rate,)

    def _log_normalizer(self, x: Any) -> Any:
        return -(-x).log()
