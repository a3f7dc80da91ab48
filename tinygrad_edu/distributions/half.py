"""Distributions of absolute values."""

import math
from typing import Any, ClassVar

from ..functions.creation import as_tensor, full_like, zeros_like
from ..functions.elementwise import where
from ..tensor import Tensor
from . import constraints
from .continuous import Cauchy
from .normal import Normal
from .transformed import TransformedDistribution
from .transforms import AbsTransform

__all__ = ["HalfCauchy", "HalfNormal"]


class Half(TransformedDistribution):
    """The absolute value of a distribution that is symmetric about 0: twice its density, from 0 on."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    base_dist: Normal | Cauchy
    of: ClassVar[type[Normal] | type[Cauchy]]

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        super().__init__(self.of(0, scale, validate_args), AbsTransform(), validate_args)

    @property
    def scale(self) -> Any:
        """That of the distribution on both sides."""
        return self.base_dist.scale

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.scale)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density, which is twice that of both sides."""
        if self._validate_args:
            self._validate_sample(value)
        return where(value >= 0, self.base_dist.log_prob(value) + math.log(2), -math.inf)

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Any:
        """That of both sides, less log 2."""
        return self.base_dist.entropy() - math.log(2)


class HalfNormal(Half):
    """The absolute value of a normal of mean 0."""

    of = Normal

    @property
    def mean(self) -> Any:
        """The expected value."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        return self.scale**2 * (1 - 2 / math.pi)


class HalfCauchy(Half):
    """The absolute value of a Cauchy distribution's values around 0."""

    of = Cauchy

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density, in the dtype of the scale."""
        if self._validate_args:
            self._validate_sample(value)
        return super().log_prob(as_tensor(value, dtype=self.scale.dtype))

    @property
    def mean(self) -> Any:
        """Infinite."""
        return full_like(self.scale, math.inf)

    @property
    def variance(self) -> Any:
        """Infinite."""
        return self.base_dist.variance
