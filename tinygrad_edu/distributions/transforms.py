"""Transforms of samples, which know by how much they stretch: the logarithm of the Jacobian's determinant."""

import math
from typing import Any

import numpy

from ..functions.conversion import finfo
from ..functions.creation import as_tensor
from ..functions.elementwise import clone
from ..functions.reduction import all as all_of
from ..nn.functional import softplus
from ..tensor import Tensor
from . import constraints
from .constraint import joined
from .distribution import Distribution, sum_rightmost
from .transform import ComposeTransform, IndependentTransform, Transform, identity_transform
from .vectors import (
    CatTransform,
    CorrCholeskyTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    ReshapeTransform,
    StackTransform,
    StickBreakingTransform,
)

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


class ExpTransform(Transform):
    """exp x."""

    bijective, sign = True, 1
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.exp()

    def _inverse(self, y: Any) -> Any:
        return y.log()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """x."""
        return x


class SigmoidTransform(Transform):
    """1 / (1 + exp -x)."""

    bijective, sign = True, 1
    codomain = constraints.unit_interval

    def _call(self, x: Any) -> Any:
        limits = finfo(x.dtype)
        return x.sigmoid().clamp(limits.tiny, 1 - limits.eps)

    def _inverse(self, y: Any) -> Any:
        limits = finfo(y.dtype)
        y = y.clamp(limits.tiny, 1 - limits.eps)
        return y.log() - (-y).log1p()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of y (1 - y)."""
        return -softplus(-x) - softplus(x)


class TanhTransform(Transform):
    """tanh x; `cache_size=1` spares its inverse, which is coarse near -1 and 1."""

    bijective, sign = True, 1
    codomain = constraints.interval(-1.0, 1.0)

    def _call(self, x: Any) -> Any:
        return x.tanh()

    def _inverse(self, y: Any) -> Any:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of 1 - y^2, in a form that does not cancel."""
        return 2 * (math.log(2) - x - softplus(-2 * x))


class SoftplusTransform(Transform):
    """log(1 + exp x)."""

    bijective, sign = True, 1
    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return softplus(x)

    def _inverse(self, y: Any) -> Any:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of the sigmoid."""
        return -softplus(-x)


class AffineTransform(Transform):
    """loc + scale x."""

    bijective = True

    def __init__(self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.loc = loc
        self.scale = scale
        self.domain = self.codomain = joined(constraints.real, event_dim)

    @property
    def event_dim(self) -> int:
        """How many dimensions an event has."""
        return self.domain.event_dim

    @property
    def sign(self) -> Any:
        """The scale's."""
        return as_tensor(self.scale).sign() if isinstance(self.scale, Tensor) else math.copysign(1, self.scale)

    def _call(self, x: Any) -> Any:
        return self.loc + self.scale * x

    def _inverse(self, y: Any) -> Any:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of |scale|."""
        stretched = as_tensor(self.scale, dtype=x.dtype).abs().log()
        # an event of x may be broadcast to that of the scale
        shape = numpy.broadcast_shapes(x.shape, stretched.shape) if self.event_dim else x.shape
        return sum_rightmost(stretched.expand(shape), self.event_dim)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AffineTransform):
            return False
        pairs = ((self.loc, other.loc), (self.scale, other.scale))
        return all(bool(all_of(as_tensor(a) == as_tensor(b))) for a, b in pairs)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "AffineTransform()"


class PowerTransform(Transform):
    """x to a power, for positive x."""

    bijective = True
    domain = codomain = constraints.positive

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = as_tensor(exponent)

    @property
    def sign(self) -> Any:
        """The exponent's."""
        return self.exponent.sign()

    def _call(self, x: Any) -> Any:
        return x**self.exponent

    def _inverse(self, y: Any) -> Any:
        return y ** (1 / self.exponent)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of |exponent y / x|."""
        return (self.exponent * y / x).abs().log()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PowerTransform) and bool(all_of(self.exponent == other.exponent))

    __hash__ = object.__hash__


class AbsTransform(Transform):
    """|x|, of which the inverse gives the positive of the two."""

    codomain = constraints.positive

    def _call(self, x: Any) -> Any:
        return x.abs()

    def _inverse(self, y: Any) -> Any:
        return clone(y)


class SoftmaxTransform(Transform):
    """The softmax of a vector; its inverse is the logarithm."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Any) -> Any:
        return x.softmax(-1)

    def _inverse(self, y: Any) -> Any:
        return y.log()


class CumulativeDistributionTransform(Transform):
    """The probability that a distribution has of values up to x; what it makes of its own samples is uniform.

    >>> from tinygrad_edu import tensor
    >>> from tinygrad_edu.distributions import Exponential
    >>> CumulativeDistributionTransform(Exponential(1.0))(tensor([0.0, 1.0]))
    tensor([0.0000, 0.6321])

    Raises:
        TypeError: it is given no distribution.
    """

    bijective, sign = True, 1
    codomain = constraints.unit_interval

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        if not isinstance(distribution, Distribution):
            raise TypeError(f"CumulativeDistributionTransform takes a Distribution, got {distribution!r:.60}")
        self.distribution = distribution

    @property
    def domain(self) -> Any:  # type: ignore[override]
        """The distribution's support."""
        return self.distribution.support

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of the density."""
        return self.distribution.log_prob(x)
