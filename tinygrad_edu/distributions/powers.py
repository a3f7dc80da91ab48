"""Distributions that are powers and exponentials of others: heavy tails, life times, and shares between 0 and 1."""

import math
from typing import Any, ClassVar

from ..functions.creation import ones_like, zeros_like
from ..functions.elementwise import where
from ..functions.special import digamma, lgamma
from . import constraints
from .continuous import EULER, Exponential, Uniform
from .distribution import broadcast_all
from .gamma import Gamma
from .transformed import TransformedDistribution
from .transforms import AffineTransform, ExpTransform, PowerTransform

__all__ = ["InverseGamma", "Kumaraswamy", "Pareto", "Weibull"]


class Pareto(TransformedDistribution):
    r"""Values from `scale` on, of which $(scale / x)^{alpha}$ are larger than x."""

    arg_constraints: ClassVar[Any] = {"alpha": constraints.positive, "scale": constraints.positive}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale, self.alpha = broadcast_all(scale, alpha)
        base = Exponential(self.alpha, validate_args)
        super().__init__(base, [ExpTransform(), AffineTransform(0, self.scale)], validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From scale on."""
        return constraints.greater_than_eq(self.scale)

    @property
    def mean(self) -> Any:
        """The expected value, infinite if alpha is 1 or less."""
        alpha = self.alpha.clamp(min=1)
        return alpha * self.scale / (alpha - 1)

    @property
    def mode(self) -> Any:
        """scale."""
        return self.scale

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean, infinite if alpha is 2 or less."""
        alpha = self.alpha.clamp(min=2)
        return self.scale**2 * alpha / ((alpha - 1) ** 2 * (alpha - 2))

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return (self.scale / self.alpha).log() + 1 + 1 / self.alpha


class Weibull(TransformedDistribution):
    r"""Life times, of which $\exp(-(x / scale)^c)$ are longer than x, c the concentration."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive, "concentration": constraints.positive}
    support = constraints.positive

    def __init__(self, scale: Any, concentration: Any, validate_args: bool | None = None) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(ones_like(self.scale), validate_args)
        parts = [PowerTransform(1 / self.concentration), AffineTransform(0, self.scale)]
        super().__init__(base, parts, validate_args)

    @property
    def mean(self) -> Any:
        """The expected value."""
        return self.scale * lgamma(1 + 1 / self.concentration).exp()

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        return self.scale * ((self.concentration - 1) / self.concentration) ** (1 / self.concentration)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        c = self.concentration
        return self.scale**2 * (lgamma(1 + 2 / c).exp() - (2 * lgamma(1 + 1 / c)).exp())

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return EULER * (1 - 1 / self.concentration) + (self.scale / self.concentration).log() + 1


class Kumaraswamy(TransformedDistribution):
    r"""$P(X < x) = 1 - (1 - x^a)^b$ between 0 and 1, a and b the concentrations: near a Beta, and simpler."""

    arg_constraints: ClassVar[Any] = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        base = Uniform(zeros_like(self.concentration0), ones_like(self.concentration0), validate_args)
        parts = [
            PowerTransform(1 / self.concentration0),
            AffineTransform(1.0, -1.0),
            PowerTransform(1 / self.concentration1),
        ]
        super().__init__(base, parts, validate_args)

    def _moment(self, n: int) -> Any:
        a, b = self.concentration1, self.concentration0
        return b * (lgamma(1 + n / a) + lgamma(b) - lgamma(1 + n / a + b)).exp()

    @property
    def mean(self) -> Any:
        """The expected value."""
        return self._moment(1)

    @property
    def mode(self) -> Any:
        """The likeliest value; none (NaN) if a concentration is below 1."""
        a, b = self.concentration1, self.concentration0
        log_mode = (-b).log1p() / b - (-b * a).log1p()
        return where((a < 1) | (b < 1), math.nan, log_mode.exp())

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        return self._moment(2) - self.mean**2

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (digamma(b + 1) + EULER) - a.log() - b.log()


class InverseGamma(TransformedDistribution):
    """1 over the values of a gamma distribution."""

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.positive
    has_rsample = True
    base_dist: Gamma

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        super().__init__(Gamma(concentration, rate, validate_args), PowerTransform(-1.0), validate_args)

    @property
    def concentration(self) -> Any:
        """The gamma distribution's."""
        return self.base_dist.concentration

    @property
    def rate(self) -> Any:
        """The gamma distribution's."""
        return self.base_dist.rate

    @property
    def mean(self) -> Any:
        """The expected value, infinite if the concentration is 1 or less."""
        return where(self.concentration > 1, self.rate / (self.concentration - 1), math.inf)

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean, infinite if the concentration is 2 or less."""
        c = self.concentration
        return where(c > 2, self.rate**2 / ((c - 1) ** 2 * (c - 2)), math.inf)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        c = self.concentration
        return c + self.rate.log() + lgamma(c) - (1 + c) * digamma(c)
