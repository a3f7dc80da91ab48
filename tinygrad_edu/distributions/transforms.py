"""Transforms of samples, which know by how much they stretch: the logarithm of the Jacobian's determinant."""

import math
from typing import Any

from ..functions.conversion import finfo
from ..functions.creation import as_tensor
from ..functions.elementwise import clone
from ..functions.reduction import all as all_of
from ..nn.functional import softplus
from ..tensor import Tensor
from . import constraints
from .constraints import Constraint
from .distribution import sum_rightmost

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "ComposeTransform",
    "ExpTransform",
    "IndependentTransform",
    "PowerTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


class Transform:
    """A function of samples: a subclass defines `_call`, and `_inverse` and `log_abs_det_jacobian` if it has them.

    With `cache_size=1` the last input and output are kept, so that the inverse of that output is exactly the input.

    Raises:
        ValueError: `cache_size` is neither 0 nor 1.
    """

    bijective = False
    domain: Constraint = constraints.real
    codomain: Constraint = constraints.real

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"a transform keeps no pair or one: cache_size is 0 or 1, got {cache_size!r}")
        self._cache_size = cache_size
        self._pair: Any = (None, None)

    @property
    def inv(self) -> "Transform":
        """The inverse."""
        return Inverse(self)

    @property
    def sign(self) -> Any:
        """1 where it increases, -1 where it decreases."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def __call__(self, x: Any) -> Any:
        """The transformed samples."""
        if self._cache_size and x is self._pair[0]:
            return self._pair[1]
        y = self._call(x)
        if self._cache_size:
            self._pair = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._pair[1]:
            return self._pair[0]
        x = self._inverse(y)
        if self._cache_size:
            self._pair = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: give it a method _call()")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of |dy/dx|; of the determinant, where events have dimensions."""
        raise NotImplementedError(f"{type(self).__name__} has no Jacobian's determinant")

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and type(self).__init__ is Transform.__init__)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Inverse(Transform):
    """The inverse of a transform."""

    def __init__(self, of: Transform) -> None:
        super().__init__()
        self.of = of
        self.bijective = of.bijective
        self.domain, self.codomain = of.codomain, of.domain

    @property
    def inv(self) -> Transform:
        """The transform itself."""
        return self.of

    @property
    def sign(self) -> Any:
        """The transform's."""
        return self.of.sign

    def _call(self, x: Any) -> Any:
        return self.of._inv_call(x)

    def _inverse(self, y: Any) -> Any:
        return self.of(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The negative of the transform's."""
        return -self.of.log_abs_det_jacobian(y, x)

    def __repr__(self) -> str:
        return f"_InverseTransform({self.of})"


class ComposeTransform(Transform):
    """Transforms one after the other."""

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = parts
        self.bijective = all(part.bijective for part in parts)
        self.domain = parts[0].domain if parts else constraints.real
        self.codomain = parts[-1].codomain if parts else constraints.real

    @property
    def sign(self) -> Any:
        """The product of the parts'."""
        return math.prod(part.sign for part in self.parts)

    @property
    def event_dim(self) -> int:
        """How many dimensions an input that all parts can take has."""
        dims = 0
        for part in reversed(self.parts):
            dims = max(dims, part.codomain.event_dim) + part.domain.event_dim - part.codomain.event_dim
        return dims

    def _call(self, x: Any) -> Any:
        for part in self.parts:
            x = part(x)
        return x

    def _inverse(self, y: Any) -> Any:
        for part in reversed(self.parts):
            y = part.inv(y)
        return y

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The sum of the parts'."""
        if not self.parts:
            return x * 0
        total, dims = 0, self.event_dim
        for part in self.parts:
            y = part(x)
            total = total + sum_rightmost(part.log_abs_det_jacobian(x, y), dims - part.domain.event_dim)
            dims, x = dims + part.codomain.event_dim - part.domain.event_dim, y
        return total

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform whose inputs' last dimensions, which it treats one by one, count as one event."""

    def __init__(self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.bijective = base_transform.bijective
        self.domain = constraints.independent(base_transform.domain, reinterpreted_batch_ndims)
        self.codomain = constraints.independent(base_transform.codomain, reinterpreted_batch_ndims)

    @property
    def sign(self) -> Any:
        """The transform's."""
        return self.base_transform.sign

    def _call(self, x: Any) -> Any:
        return self.base_transform(x)

    def _inverse(self, y: Any) -> Any:
        return self.base_transform.inv(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The transform's, summed over these dimensions."""
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)


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
        self.domain = self.codomain = constraints.joined(constraints.real, event_dim)

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
        stretched = (as_tensor(self.scale, dtype=x.dtype).abs().log()).expand(x.shape)
        return sum_rightmost(stretched, self.event_dim)

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
