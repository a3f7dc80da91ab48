"""One of several classes, as its number or one-hot."""

import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar

from ..functions.conversion import finfo
from ..functions.creation import full, full_like
from ..functions.elementwise import where
from ..functions.indexing import gather, one_hot
from ..functions.layout import Size
from ..functions.movement import broadcast_tensors
from ..functions.sampling import multinomial
from ..functions.sequences import arange, eye
from ..functions.softmax import softmax
from ..functions.special import lgamma
from ..grad_mode import enable_grad, no_grad
from ..tensor import Tensor
from . import constraints
from .distribution import Distribution, check_one

__all__ = ["Categorical", "Multinomial", "OneHotCategorical", "OneHotCategoricalStraightThrough"]


class Categorical(Distribution):
    """The numbers 0 to K - 1, with probabilities in proportion to `probs`, or to the exponentials of `logits`.

    The last dimension of either is that of the classes; `probs` and `logits` are then normalised.

    >>> from tinygrad_edu import tensor
    >>> Categorical(tensor([1.0, 3.0])).probs
    tensor([0.2500, 0.7500])

    Raises:
        ValueError: both or neither are given, or they have no dimensions.
    """

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support = True

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        check_one(probs=probs, logits=logits)
        given = logits if probs is None else probs
        if not isinstance(given, Tensor) or given.ndim < 1:
            raise ValueError(f"{type(self).__name__} takes a Tensor (*, classes), got {given!r:.60}")
        if probs is not None:
            self.probs = probs / probs.sum(-1, keepdim=True)
        else:
            self.logits = given - given.logsumexp(-1, keepdim=True)
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @functools.cached_property
    def probs(self) -> Any:
        """The probabilities."""
        with enable_grad():
            return softmax(self.logits, -1)

    @functools.cached_property
    def logits(self) -> Any:
        """Their logarithms."""
        with enable_grad():
            eps = finfo(self.probs.dtype).eps
            return self.probs.clamp(eps, 1 - eps).log()

    @property
    def param_shape(self) -> Size:
        """The shape of probs and logits."""
        return Size((*self.batch_shape, self._num_events))

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The numbers 0 to K - 1."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def mean(self) -> Any:
        """NaN: the classes are no quantities."""
        return full(self.batch_shape, float("nan"), dtype=self._parameter().dtype)

    @property
    def variance(self) -> Any:
        """NaN: the classes are no quantities."""
        return self.mean

    def _parameter(self) -> Any:
        return self.probs if "probs" in vars(self) else self.logits

    @property
    def mode(self) -> Any:
        """The likeliest class."""
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Numbers of classes."""
        with no_grad():
            count = Size(sample_shape).numel()
            drawn = multinomial(self.probs.reshape(-1, self._num_events), count, True)
            return drawn.t().reshape(self._extended_shape(sample_shape))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the class's probability."""
        if self._validate_args:
            self._validate_sample(value)
        place, logits = broadcast_tensors(value.long().unsqueeze(-1), self.logits)
        return gather(logits, -1, place[..., :1]).squeeze(-1)

    def entropy(self) -> Any:
        """The expected negative logarithm of the probability."""
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(self.probs * logits).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        """The numbers 0 to K - 1, along a new first dimension."""
        values = arange(self._num_events).reshape(-1, *[1] * len(self.batch_shape))
        return values.expand(-1, *self.batch_shape) if expand else values


class OfClasses(Distribution):
    """A distribution of vectors with a number for each class, which a Categorical draws."""

    arg_constraints: ClassVar[Any] = {"probs": constraints.simplex, "logits": constraints.real_vector}

    def __init__(
        self, probs: Tensor | None = None, logits: Tensor | None = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        super().__init__(self._categorical.batch_shape, self._categorical.param_shape[-1:], validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def param_shape(self) -> Size:
        """The shape of probs and logits."""
        return self._categorical.param_shape


class OneHotCategorical(OfClasses):
    """A Categorical whose classes are vectors with a 1 in one place.

    Raises:
        ValueError: as for Categorical.
    """

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def mean(self) -> Any:
        """The probabilities."""
        return self.probs

    @property
    def mode(self) -> Any:
        """The likeliest class."""
        return self._as_vectors(self._categorical.mode)

    @property
    def variance(self) -> Any:
        """Of each element."""
        return self.probs * (1 - self.probs)

    def _as_vectors(self, classes: Any) -> Any:
        return one_hot(classes, self.event_shape[0]).to(self.probs.dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Vectors with a 1 in one place."""
        return self._as_vectors(self._categorical.sample(sample_shape))

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the class's probability."""
        if self._validate_args:
            self._validate_sample(value)
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        """The Categorical's."""
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        """All vectors, along a new first dimension."""
        n = self.event_shape[0]
        values = eye(n, dtype=self.probs.dtype).reshape(n, *[1] * len(self.batch_shape), n)
        return values.expand(n, *self.batch_shape, n) if expand else values


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """A OneHotCategorical whose samples pass their gradients to the probabilities as if they were these.

    Source: Bengio, Leonard and Courville, "Estimating or propagating gradients through stochastic neurons" (2013).
    """

    has_rsample = True

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Vectors with a 1 in one place, and the gradient of the probabilities."""
        return self.sample(sample_shape) + (self.probs - self.probs.detach())


class Multinomial(OfClasses):
    """How often each class comes among `total_count` draws from a Categorical.

    Raises:
        NotImplementedError: `total_count` is no integer: all of a batch have as many draws.
        ValueError: it is negative, or as for Categorical.
    """

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError(f"a Multinomial has one number of draws, an integer, got {total_count!r:.60}")
        if total_count < 0:
            raise ValueError(f"a Multinomial has 0 draws or more, got {total_count}")
        self.total_count = total_count
        super().__init__(probs, logits, validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts that sum to total_count."""
        return constraints.multinomial(self.total_count)

    @property
    def mean(self) -> Any:
        """total_count probs."""
        return self.total_count * self.probs

    @property
    def variance(self) -> Any:
        """total_count probs (1 - probs), for each class by itself."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """Counts."""
        drawn = self._categorical.sample((self.total_count, *sample_shape))
        return one_hot(drawn, self.event_shape[0]).sum(0).to(self.probs.dtype)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the probability of the counts."""
        if self._validate_args:
            self._validate_sample(value)
        ways = lgamma(value.sum(-1) + 1) - lgamma(value + 1).sum(-1)
        impossible = (value == 0) & (self.logits == -math.inf)
        return ways + (where(impossible, 0.0, self.logits) * value).sum(-1)

    def entropy(self) -> Any:
        """The expected negative logarithm of the probability, by sums over the counts of each class."""
        n, probs = self.total_count, self.probs.unsqueeze(-1)
        counts = arange(n + 1, dtype=probs.dtype)
        total = lgamma(full_like(counts[-1], n + 1))
        ways = total - lgamma(counts + 1) - lgamma(n - counts + 1)
        chances = (ways + counts * probs.log() + (n - counts) * (-probs).log1p()).exp()
        orders = (chances * lgamma(counts + 1)).sum((-2, -1))
        return n * self._categorical.entropy() - total + orders
