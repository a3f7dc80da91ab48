"""The gamma distribution, and those made of its samples: beta and Dirichlet. Gradients flow to their samples."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..errors import GradientError
from ..functions.conversion import finfo
from ..functions.creation import as_tensor
from ..functions.elementwise import where
from ..functions.incomplete import igamma
from ..functions.indexing import one_hot
from ..functions.joining import stack
from ..functions.random import Generator, source_of
from ..functions.special import digamma, lgamma, xlogy
from ..kernels import gamma as kernels
from ..primitive import primitive
from ..tensor import Tensor
from . import constraints
from .distribution import broadcast_all
from .exponential_family import ExponentialFamily

__all__ = ["Beta", "Chi2", "Dirichlet", "Gamma"]


@primitive(formula=r"\bar{c} = -\bar{x}\,\partial_c P(c, x) / p(x)")
def drawn_gamma(concentration: Any, *, sample: Any) -> Any:
    """A sample of gamma distributions of rate 1, as a function of their concentrations; `(*) -> (*)`."""
    return sample


@primitive
def drawn_gamma_slope(concentration: Any, *, sample: Any, xp: Any) -> Any:
    """How a sample moves with its concentration; `(*) -> (*)`."""
    return kernels.gamma_slope(*[xp.asarray(x, "float64") for x in (concentration, sample)]).astype(sample.dtype)


def refused(g: Any) -> Any:
    """No second derivative.

    Raises:
        GradientError: always.
    """
    raise GradientError("a sample of a gamma, beta or Dirichlet distribution can be differentiated once only")


drawn_gamma.vjp(
    concentration=lambda g, concentration, sample: g * drawn_gamma_slope(concentration, sample=sample),
)
drawn_gamma_slope.vjp(concentration=refused)


def standard_gamma(concentration: Any, shape: Sequence[int], generator: Generator | None = None) -> Any:
    """Numbers from gamma distributions of rate 1, all positive; gradients flow through their distribution function.

    Source: Figurnov et al., "Implicit Reparameterization Gradients" (2018), equation 5.
    """
    shapes = concentration.detach().double().numpy()
    drawn = numpy.asarray(source_of(generator).standard_gamma(shapes, tuple(shape) or None))
    dtype = concentration.detach().numpy().dtype
    limits = numpy.finfo(dtype)
    return drawn_gamma(concentration.expand(drawn.shape), sample=drawn.clip(limits.tiny, limits.max).astype(dtype))


class Gamma(ExponentialFamily):
    r"""$p(x) = rate^{c}\, x^{c - 1} e^{-rate\, x} / \Gamma(c)$, c the concentration."""

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive, "rate": constraints.positive}
    support = constraints.nonnegative
    has_rsample = True
    _mean_carrier_measure = 0

    def __init__(self, concentration: Any, rate: Any, validate_args: bool | None = None) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """concentration / rate."""
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Any:
        """concentration / rate^2."""
        return self.concentration / self.rate**2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Positive numbers."""
        drawn = standard_gamma(self.concentration, self._extended_shape(sample_shape)) / self.rate
        return drawn.clamp(min=finfo(drawn.dtype).tiny)

    def log_prob(self, value: Tensor | float) -> Any:
        """The logarithm of the density, in the dtype of the parameters; numbers are values, too."""
        value = as_tensor(value, dtype=self.rate.dtype)
        if self._validate_args:
            self._validate_sample(value)
        c, rate = self.concentration, self.rate
        return xlogy(c, rate) + xlogy(c - 1, value) - rate * value - lgamma(c)

    def cdf(self, value: Tensor) -> Any:
        """The probability of a value or less; it has no derivative for the concentration."""
        if self._validate_args:
            self._validate_sample(value)
        return igamma(self.concentration, self.rate * value)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        c = self.concentration
        return c - self.rate.log() + lgamma(c) + (1 - c) * digamma(c)

    @property
    def _natural_params(self) -> Any:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x + 1) - (x + 1) * (-y).log()


class Chi2(Gamma):
    """The sum of the squares of `df` standard normal numbers."""

    arg_constraints: ClassVar[Any] = {"df": constraints.positive}

    def __init__(self, df: Any, validate_args: bool | None = None) -> None:
        (df,) = broadcast_all(df)
        super().__init__(df / 2, 0.5, validate_args)

    @property
    def df(self) -> Any:
        """Twice the concentration."""
        return self.concentration * 2


class Beta(ExponentialFamily):
    r"""$p(x) = x^{a - 1} (1 - x)^{b - 1} / B(a, b)$, a and b the concentrations at 1 and at 0."""

    arg_constraints: ClassVar[Any] = {"concentration1": constraints.positive, "concentration0": constraints.positive}
    support = constraints.unit_interval
    has_rsample = True

    def __init__(self, concentration1: Any, concentration0: Any, validate_args: bool | None = None) -> None:
        self.concentration1, self.concentration0 = broadcast_all(concentration1, concentration0)
        super().__init__(self.concentration1.shape, validate_args=validate_args)

    def _as_dirichlet(self) -> "Dirichlet":
        return Dirichlet(stack([self.concentration1, self.concentration0], -1), False)

    @property
    def mean(self) -> Any:
        """a / (a + b)."""
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        """The likeliest value."""
        return self._as_dirichlet().mode[..., 0]

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Numbers between 0 and 1."""
        return self._as_dirichlet().rsample(sample_shape)[..., 0]

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        return self._as_dirichlet().log_prob(stack([value, 1 - value], -1))

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        return self._as_dirichlet().entropy()

    @property
    def _natural_params(self) -> Any:
        return self.concentration1, self.concentration0

    def _log_normalizer(self, x: Any, y: Any) -> Any:
        return lgamma(x) + lgamma(y) - lgamma(x + y)


class Dirichlet(ExponentialFamily):
    r"""Vectors that sum to 1: $p(x) = \prod x_i^{c_i - 1} \Gamma(\sum c_i) / \prod \Gamma(c_i)$, c the concentration.

    Raises:
        ValueError: the concentration has no dimensions.
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.independent(constraints.positive, 1)}
    support = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        if concentration.ndim < 1:
            raise ValueError(f"Dirichlet takes a Tensor (*, n), got {concentration}")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args)

    @property
    def mean(self) -> Any:
        """The concentrations over their sum."""
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Any:
        """The likeliest vector; where all concentrations are below 1, the corner at the largest."""
        above = (self.concentration - 1).clamp(min=0)
        mode = above / above.sum(-1, keepdim=True)
        corner = one_hot(self.concentration.argmax(-1), self.event_shape[0]).to(mode.dtype)
        return where((self.concentration < 1).all(-1, keepdim=True), corner, mode)

    @property
    def variance(self) -> Any:
        """Of each element."""
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Vectors that sum to 1."""
        drawn = standard_gamma(self.concentration, self._extended_shape(sample_shape))
        return drawn / drawn.sum(-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return xlogy(c - 1, value).sum(-1) + lgamma(c.sum(-1)) - lgamma(c).sum(-1)

    def entropy(self) -> Any:
        """The expected negative logarithm of the density."""
        c, n = self.concentration, self.event_shape[0]
        total = c.sum(-1)
        normaliser = lgamma(c).sum(-1) - lgamma(total)
        return normaliser - (n - total) * digamma(total) - ((c - 1) * digamma(c)).sum(-1)

    @property
    def _natural_params(self) -> Any:
        return (self.concentration,)

    def _log_normalizer(self, x: Any) -> Any:
        return lgamma(x).sum(-1) - lgamma(x.sum(-1))
