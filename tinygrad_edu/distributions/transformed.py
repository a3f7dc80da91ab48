"""Distributions made of others: transformed, with joined dimensions, mixed."""

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from ..functions.indexing import take_along_dim
from ..functions.softmax import log_softmax
from ..grad_mode import no_grad
from ..tensor import Tensor
from . import constraints
from .categorical import Categorical
from .constraint import joined
from .distribution import Distribution, sum_rightmost
from .transforms import ComposeTransform, Transform

__all__ = ["Independent", "MixtureSameFamily", "TransformedDistribution"]


class Independent(Distribution):
    """A distribution whose last batch dimensions count as dimensions of an event, the log-probabilities summed.

    Raises:
        ValueError: there are not as many.
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int, validate_args: bool | None = None
    ) -> None:
        batch, event = base_distribution.batch_shape, base_distribution.event_shape
        kept = len(batch) - reinterpreted_batch_ndims
        if kept < 0:
            raise ValueError(f"{base_distribution} has {len(batch)} batch dimensions, not {reinterpreted_batch_ndims}")
        self.base_dist = base_distribution
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        super().__init__(batch[:kept], (*batch[kept:], *event), validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """The base's."""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Any:
        """The base's, of all elements together."""
        return joined(self.base_dist.support, self.reinterpreted_batch_ndims)

    @property
    def mean(self) -> Any:
        """The base's."""
        return self.base_dist.mean

    @property
    def mode(self) -> Any:
        """The base's."""
        return self.base_dist.mode

    @property
    def variance(self) -> Any:
        """The base's."""
        return self.base_dist.variance

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The base's."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The base's."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Any:
        """The sum of the base's."""
        return sum_rightmost(self.base_dist.log_prob(value), self.reinterpreted_batch_ndims)

    def entropy(self) -> Any:
        """The sum of the base's."""
        return sum_rightmost(self.base_dist.entropy(), self.reinterpreted_batch_ndims)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


class TransformedDistribution(Distribution):
    r"""What samples of a base become by transforms: $\log p(y) = \log p_{base}(x) - \sum \log |dy/dx|$.

    Raises:
        ValueError: the transforms are none.
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | list[Transform],
        validate_args: bool | None = None,
    ) -> None:
        self.transforms = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(part, Transform) for part in self.transforms):
            raise ValueError(f"TransformedDistribution takes Transforms, got {transforms!r:.60}")
        whole = ComposeTransform(self.transforms)
        new = whole.domain.event_dim - len(base_distribution.event_shape)
        self.base_dist = Independent(base_distribution, new) if new > 0 else base_distribution
        # scales and shifts may be a batch where the base is none
        base = self.base_dist.batch_shape + self.base_dist.event_shape
        shape = whole.forward_shape(base)
        needed = whole.inverse_shape(shape)
        if needed != base:
            self.base_dist = self.base_dist.expand(needed[: len(needed) - len(self.base_dist.event_shape)])
        dims = len(self.base_dist.event_shape)
        dims += sum(part.codomain.event_dim - part.domain.event_dim for part in self.transforms)
        super().__init__(shape[: len(shape) - dims], shape[len(shape) - dims :], validate_args)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> Self:
        """The same distributions, repeated without a copy to a larger batch."""
        return super().expand(batch_shape, _instance)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """The base's."""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Any:
        """The last transform's codomain."""
        if not self.transforms:
            return self.base_dist.support
        last = self.transforms[-1].codomain
        return joined(last, len(self.event_shape) - last.event_dim)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The base's, transformed."""
        with no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Any:
        """The base's, transformed."""
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Any) -> Any:
        for part in self.transforms:
            x = part(x)
        return x

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the density."""
        if self._validate_args:
            self._validate_sample(value)
        dims, total, y = len(self.event_shape), 0, value
        for part in reversed(self.transforms):
            x = part.inv(y)
            dims += part.domain.event_dim - part.codomain.event_dim
            total = total - sum_rightmost(part.log_abs_det_jacobian(x, y), dims - part.domain.event_dim)
            y = x
        return total + sum_rightmost(self.base_dist.log_prob(y), dims - len(self.base_dist.event_shape))

    def _rising(self, value: Any) -> Any:
        sign = ComposeTransform(self.transforms).sign
        return sign * (value - 0.5) + 0.5

    def cdf(self, value: Tensor) -> Any:
        """The base's at the value before the transforms."""
        for part in reversed(self.transforms):
            value = part.inv(value)
        return self._rising(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Any:
        """The base's, transformed."""
        return self._transformed(self.base_dist.icdf(self._rising(value)))


class MixtureSameFamily(Distribution):
    """A mixture: which of the components, the last batch dimension, a sample is drawn from, a Categorical says.

    Raises:
        ValueError: they are not as many.
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        count, batch = mixture_distribution._num_events, component_distribution.batch_shape
        if batch[-1:] != (count,):
            raise ValueError(f"a mixture of {count} components needs as many in the last batch dimension, got {batch}")
        self.mixture_distribution = mixture_distribution
        self.component_distribution = component_distribution
        self._dims = len(component_distribution.event_shape)
        super().__init__(batch[:-1], component_distribution.event_shape, validate_args)

    @constraints.dependent_property
    def support(self) -> Any:
        """Where the components all have theirs."""
        return constraints.MixtureSameFamilyConstraint(self.component_distribution.support)

    def _weights(self) -> Any:
        probs = self.mixture_distribution.probs
        return probs.reshape(*probs.shape, *[1] * self._dims)

    @property
    def mean(self) -> Any:
        """The weighted sum of the components' means."""
        return (self._weights() * self.component_distribution.mean).sum(-1 - self._dims)

    @property
    def variance(self) -> Any:
        """The mean of the variances, and the variance of the means."""
        centered = self.component_distribution.mean - self.mean.unsqueeze(-1 - self._dims)
        return (self._weights() * (self.component_distribution.variance + centered**2)).sum(-1 - self._dims)

    def sample(self, sample_shape: Sequence[int] = ()) -> Any:
        """A sample of each component, of which one is chosen."""
        with no_grad():
            chosen = self.mixture_distribution.expand(self.batch_shape).sample(sample_shape)
            drawn = self.component_distribution.sample(sample_shape)
            place = chosen.reshape(*chosen.shape, *[1] * (1 + self._dims))
            return take_along_dim(drawn, place, -1 - self._dims).squeeze(-1 - self._dims)

    def log_prob(self, value: Tensor) -> Any:
        """The logarithm of the weighted sum of the components' densities."""
        if self._validate_args:
            self._validate_sample(value)
        each = self.component_distribution.log_prob(value.unsqueeze(-1 - self._dims))
        return (each + log_softmax(self.mixture_distribution.logits, -1)).logsumexp(-1)

    def cdf(self, value: Tensor) -> Any:
        """The weighted sum of the components'."""
        return (self.component_distribution.cdf(value.unsqueeze(-1)) * self.mixture_distribution.probs).sum(-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamily(\n  {self.mixture_distribution},\n  {self.component_distribution})"
