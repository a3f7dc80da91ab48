"""Relaxations of choices: samples near 0 and 1 through which gradients flow."""

import math
from collections.abc import Sequence
from typing import Any, ClassVar

from ..functions.conversion import finfo
from ..functions.creation import as_tensor
from ..functions.random import rand
from ..nn.functional import softplus
from ..tensor import Tensor
from . import constraints
from .categorical import Categorical
from .counts import Trial
from .distribution import Distribution, broadcast_all
from .transformed import TransformedDistribution
from .transforms import ExpTransform, SigmoidTransform

__all__ = ["ExpRelaxedCategorical", "LogitRelaxedBernoulli", "RelaxedBernoulli", "RelaxedOneHotCategorical"]


def clamped_rand(shape: Sequence[int], dtype: Any) -> Any:
    """Uniform numbers, neither 0 nor 1."""
    eps = finfo(dtype).eps
    return rand(shape, dtype=dtype).clamp(eps, 1 - eps)


class ExpRelaxedCategorical(Distribution):
    """The logarithm of a RelaxedOneHotCategorical."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.real_vector
    has_rsample = True
    _common = ("temperature",)

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        self.temperature = temperature
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The log-softmax of logits with Gumbel numbers added, over the temperature."""
        gumbel = -(-clamped_rand(self._extended_shape(sample_shape), self.logits.dtype).log()).log()
        scores = (self.logits + gumbel) / self.temperature
        return scores - scores.logsumexp(-1, keepdim=True)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        n = self.event_shape[0]
        logits, value = broadcast_all(self.logits, value)
        score = logits - value * self.temperature
        temperature = as_tensor(self.temperature, dtype=logits.dtype)
        return (score - score.logsumexp(-1, keepdim=True)).sum(-1) + math.lgamma(n) + (n - 1) * temperature.log()


class RelaxedOneHotCategorical(TransformedDistribution):
    """Vectors that sum to 1 and come nearer to one-hot ones as the temperature falls.

    Source: Maddison, Mnih and Teh, "The Concrete distribution" (2017), equation 10; Jang, Gu and Poole (2017).
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    support = constraints.simplex
    has_rsample = True
    base_dist: ExpRelaxedCategorical

    def __init__(
        self,
        temperature: Any,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(
            ExpRelaxedCategorical(temperature, probs, logits, validate_args), ExpTransform(), validate_args
        )

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self.base_dist.logits


class LogitRelaxedBernoulli(Trial):
    """The logit of a RelaxedBernoulli."""

    support = constraints.real
    has_rsample = True
    _common = ("temperature",)

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self.temperature = temperature
        super().__init__(self._set(probs, logits).shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The logits with logistic numbers added, over the temperature."""
        uniform = clamped_rand(self._extended_shape(sample_shape), self.logits.dtype)
        return (self.logits + uniform.log() - (-uniform).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        difference = logits - value * self.temperature
        return as_tensor(self.temperature, dtype=logits.dtype).log() + difference - 2 * softplus(difference)


class RelaxedBernoulli(TransformedDistribution):
    """Numbers between 0 and 1 that come nearer to the ends as the temperature falls.

    Source: Maddison, Mnih and Teh, "The Concrete distribution" (2017), appendix B.
    """

    arg_constraints: ClassVar[Any] = Trial.arg_constraints
    support = constraints.unit_interval
    has_rsample = True
    base_dist: LogitRelaxedBernoulli

    def __init__(
        self, temperature: Any, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        super().__init__(LogitRelaxedBernoulli(temperature, probs, logits), SigmoidTransform(), validate_args)

    @property
    def temperature(self) -> Any:
        """The temperature."""
        return self.base_dist.temperature

    @property
    def probs(self) -> Any:
        """The probability of 1."""
        return self.base_dist.probs

    @property
    def logits(self) -> Any:
        """The logarithm of its odds."""
        return self.base_dist.logits
