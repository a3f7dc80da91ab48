"""Events that happen or not, and how often: Bernoulli, geometric, binomial, negative binomial, Poisson."""

import functools
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..functions.conversion import finfo
from ..functions.creation import from_numpy, full_like, zeros_like
from ..functions.elementwise import where
from ..functions.random import rand, source_of
from ..functions.sampling import bernoulli, poisson
from ..functions.sequences import arange
from ..functions.special import lgamma, xlogy
from ..grad_mode import enable_grad, no_grad
from ..nn.functional import binary_cross_entropy_with_logits, softplus
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, broadcast_all, check_one
from .exponential_family import ExponentialFamily
from .gamma import Gamma

__all__ = ["Bernoulli", "Binomial", "Geometric", "NegativeBinomial", "Poisson"]


class Trial(Distribution):
    """What is given by the probability of an event, or by its logit."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.unit_interval, "logits": constraints.real}

    def _set(self, probs: Any, logits: Any) -> Any:
        check_one(probs=probs, logits=logits)
        name, value = ("logits", logits) if probs is None else ("probs", probs)
        (found,) = broadcast_all(value)
        setattr(self, name, found)
        return found

    @functools.cached_property
    def probs(self) -> Any:
        """The probability of the event."""
        with enable_grad():
            return self.logits.sigmoid()

    @functools.cached_property
    def logits(self) -> Any:
        """The logarithm of its odds."""
        with enable_grad():
            eps = finfo(self.probs.dtype).eps
            clamped = self.probs.clamp(eps, 1 - eps)
            return clamped.log() - (-clamped).log1p()

    @property
    def param_shape(self) -> Any:
        """The shape of probs and logits."""
        return self.batch_shape


class Bernoulli(Trial, ExponentialFamily):
    """1 with probability `probs`, else 0.

    Raises:
        ValueError: both or neither of probs and logits are given.
    """

    support = constraints.boolean
    has_enumerate_support = True
    _mean_carrier_measure = 0

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(self._set(probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """probs."""
        return self.probs

    @property
    def mode(self) -> Any:
        """The likelier; NaN where both are equally likely."""
        likelier = (self.probs >= 0.5).to(self.probs.dtype)
        return where(self.probs == 0.5, full_like(likelier, float("nan")), likelier)

    @property
    def variance(self) -> Any:
        """probs (1 - probs)."""
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Zeros and ones."""
        with no_grad():
            return bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of 0 or 1."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Any:
        """The expected negative logarithm of the probability."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        """0 and 1, along a new first dimension."""
        values = arange(2, dtype=self.probs.dtype).reshape(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values

    @property
    def _natural_params(self) -> Any:
        return (self.logits,)

    def _log_normalizer(self, x: Any) -> Any:
        return softplus(x)


class Geometric(Trial):
    """How often an event of probability `probs` fails to happen before it does.

    Raises:
        ValueError: both or neither of probs and logits are given, or a probability is 0.
    """

    support = constraints.nonnegative_integer

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: bool | None = None) -> None:
        super().__init__(self._set(probs, logits).shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not (self.probs > 0).all().item():
            raise ValueError(f"the parameter probs of Geometric must be positive, got {self.probs}")

    @property
    def mean(self) -> Any:
        """1 / probs - 1."""
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        """0."""
        return zeros_like(self.probs)

    @property
    def variance(self) -> Any:
        """The expected square of the distance from the mean."""
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Counts."""
        with no_grad():
            shape, dtype = self._extended_shape(sample_shape), self.probs.dtype
            uniform = rand(shape, dtype=dtype).clamp(min=finfo(dtype).tiny)
            return (uniform.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of so many failures."""
        if self._validate_args:
            self._validate_sample(value)
        value, probs = broadcast_all(value, self.probs)
        probs = where((probs == 1) & (value == 0), probs * 0, probs)  # 0 failures: no 0 times log 0
        return value * (-probs).log1p() + self.probs.log()

    def entropy(self) -> Any:
        """The expected negative logarithm of the probability."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs


class Binomial(Trial):
    """How many of `total_count` events of probability `probs` happen.

    Raises:
        ValueError: both or neither of probs and logits are given.
    """

    arg_constraints: ClassVar[Any] = {"total_count": constraints.nonnegative_integer, **Trial.arg_constraints}
    has_enumerate_support = True

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        found = self._set(probs, logits)
        total_count, found = broadcast_all(total_count, found)
        self.total_count = total_count.to(found.dtype)
        setattr(self, "logits" if probs is None else "probs", found)
        super().__init__(found.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The integers up to total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Any:
        """total_count probs."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        """The likeliest count."""
        likeliest = ((self.total_count + 1) * self.probs).floor()
        return where(likeliest > self.total_count, self.total_count, likeliest)

    @property
    def variance(self) -> Any:
        """total_count probs (1 - probs)."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Counts."""
        with no_grad():
            shape = self._extended_shape(sample_shape)
            counts, probs = self.total_count.long().numpy(), self.probs.double().numpy()
            drawn = source_of(None).binomial(counts, probs, shape or None)
            return from_numpy(numpy.asarray(drawn)).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of a count."""
        if self._validate_args:
            self._validate_sample(value)
        count = self.total_count
        ways = lgamma(count + 1) - lgamma(value + 1) - lgamma(count - value + 1)
        return ways + value * self.logits - count * softplus(self.logits)

    def enumerate_support(self, expand: bool = True) -> Any:
        """The counts, along a new first dimension.

        Raises:
            NotImplementedError: the total counts differ, and so would the numbers of counts.
        """
        total = int(self.total_count.max().item())
        if not (self.total_count == total).all().item():
            raise NotImplementedError("Binomial cannot enumerate its support: the total counts differ")
        values = arange(total + 1, dtype=self.logits.dtype).reshape(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values

    def entropy(self) -> Any:
        """The expected negative logarithm of the probability, a sum over all counts.

        Raises:
            NotImplementedError: the total counts differ.
        """
        each = self.log_prob(self.enumerate_support(False))
        return -(each.exp() * each).sum(0)


class Poisson(ExponentialFamily):
    """How many events happen of which `rate` are expected."""

    arg_constraints: ClassVar[Any] = {"rate": constraints.nonnegative}
    support = constraints.nonnegative_integer

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        (self.rate,) = broadcast_all(rate)
        super().__init__(self.rate.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """rate."""
        return self.rate

    @property
    def mode(self) -> Any:
        """rate, rounded down."""
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        """rate."""
        return self.rate

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Counts."""
        with no_grad():
            return poisson(self.rate.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of a count."""
        if self._validate_args:
            self._validate_sample(value)
        rate, value = broadcast_all(self.rate, value)
        return xlogy(value, rate) - rate - lgamma(value + 1)

    @property
    def _natural_params(self) -> Any:
        return (self.rate.log(),)

    def _log_normalizer(self, x: Any) -> Any:
        return x.exp()


class NegativeBinomial(Trial):
    """How often an event of probability `probs` happens before it has failed to `total_count` times.

    Raises:
        ValueError: both or neither of probs and logits are given.
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support = constraints.nonnegative_integer

    def __init__(
        self, total_count: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        found = self._set(probs, logits)
        self.total_count, found = broadcast_all(total_count, found)
        self.total_count = self.total_count.to(found.dtype)
        setattr(self, "logits" if probs is None else "probs", found)
        super().__init__(found.shape, validate_args=validate_args)

    @property
    def mean(self) -> Any:
        """total_count probs / (1 - probs)."""
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Any:
        """The likeliest count."""
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Any:
        """total_count probs / (1 - probs)^2."""
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Counts: those of a Poisson distribution whose rate is drawn from a gamma distribution."""
        with no_grad():
            return poisson(Gamma(self.total_count, (-self.logits).exp(), False).sample(sample_shape))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of a count."""
        if self._validate_args:
            self._validate_sample(value)
        count = self.total_count
        ways = lgamma(count + value) - lgamma(value + 1) - lgamma(count)
        ways = where(count + value == 0, zeros_like(ways), ways)
        return ways - count * softplus(self.logits) - value * softplus(-self.logits)
