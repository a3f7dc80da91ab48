"""Numbers between 0 and 1 whose likelihood is that of a Bernoulli trial, normalised."""

import functools
import math
from collections.abc import Sequence
from typing import Any

from ..functions.conversion import finfo
from ..functions.elementwise import where
from ..functions.random import rand
from ..grad_mode import enable_grad
from ..nn.functional import binary_cross_entropy_with_logits
from ..tensor import Tensor
from . import constraints
from .counts import Trial
from .distribution import broadcast_all
from .exponential_family import ExponentialFamily

__all__ = ["ContinuousBernoulli"]


def inner(probs: Any) -> Any:
    """Probabilities that are neither 0 nor 1."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(eps, 1 - eps)


class ContinuousBernoulli(Trial, ExponentialFamily):
    r"""$p(x) = C\,p^x (1 - p)^{1 - x}$ from 0 to 1, where $C = \log((1 - p) / p) / (1 - 2 p)$.

    p is `probs`, though it is the probability of nothing, and `logits` its logit. Between the two `lims`, where C and
    what follows from it are 0 / 0 or nearly, they are computed by their Taylor series about 1/2.

    Raises:
        ValueError: both or neither of probs and logits are given.

    Source: Loaiza-Ganem and Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational
    autoencoders" (2019), section 3.
    """

    support = constraints.unit_interval
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(
        self,
        probs: Any = None,
        logits: Any = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        self._lims = lims
        super().__init__(self._set(probs, logits).shape, validate_args=validate_args)
        if probs is not None:
            self.probs = inner(self.probs)

    @functools.cached_property
    def probs(self) -> Any:
        """The sigmoid of the logits, neither 0 nor 1."""
        with enable_grad():
            return inner(self.logits.sigmoid())

    def _split(self) -> Any:
        """Which probs are outside the limits, these, with the lower limit for the others, and their negative logits."""
        low, high = self._lims
        outside = (self.probs <= low) | (self.probs > high)
        p = where(outside, self.probs, low)
        return outside, p, (-p).log1p() - p.log()

    def _log_normaliser(self) -> Any:
        outside, p, ratio = self._split()
        x = (self.probs - 0.5) ** 2
        near = math.log(2) + (4 / 3 + 104 / 45 * x) * x
        return where(outside, ratio.abs().log() - (1 - 2 * p).abs().log(), near)

    @property
    def mean(self) -> Any:
        """The expected value."""
        outside, p, ratio = self._split()
        x = self.probs - 0.5
        return where(outside, p / (2 * p - 1) + 1 / ratio, 0.5 + (1 / 3 + 16 / 45 * x**2) * x)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        outside, p, ratio = self._split()
        x = (self.probs - 0.5) ** 2
        return where(outside, p * (p - 1) / (1 - 2 * p) ** 2 + ratio**-2, 1 / 12 - (1 / 15 - 128 / 945 * x) * x)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The inverse of the cumulative distribution at uniform numbers."""
        return self.icdf(rand(self._extended_shape(sample_shape), dtype=self.probs.dtype))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return self._log_normaliser() - binary_cross_entropy_with_logits(logits, value, reduction="none")

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less."""
        if self._validate_args:
            self._validate_sample(value)
        outside, p, _ = self._split()
        share = (p**value * (1 - p) ** (1 - value) + p - 1) / (2 * p - 1)
        return where(value <= 0, 0.0, where(value >= 1, 1.0, where(outside, share, value)))

    def icdf(self, value: Tensor) -> Any:
        """The value below which a sample is with the probability given."""
        outside, p, ratio = self._split()
        return where(outside, ((-p).log1p() - (value * (2 * p - 1) - p).log1p()) / ratio, value)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        zero = (-self.probs).log1p()
        return self.mean * (zero - self.probs.log()) - self._log_normaliser() - zero

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        near = (x.abs() < 0.1).detach()
        away = where(near, 1.0, x)
        return where(near, x / 2 + x**2 / 24 - x**4 / 2880, (away.expm1() / away).log())
