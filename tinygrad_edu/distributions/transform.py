"""What transforms of samples share: inverses, one after the other, dimensions that count as one event."""

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy

from ..functions.layout import Size
from . import constraints
from .constraint import joined
from .constraints import Constraint
from .distribution import sum_rightmost

__all__ = ["ComposeTransform", "IndependentTransform", "Transform", "identity_transform"]


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
        super().__init__()  # a transform may be a Module, too
        self._keep(cache_size)

    def _keep(self, cache_size: int) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"a transform keeps no pair or one: cache_size is 0 or 1, got {cache_size!r}")
        self._cache_size = cache_size
        self._cached_x_y: Any = (None, None)

    @property
    def inv(self) -> "Transform":
        """The inverse."""
        return Inverse(self)

    @property
    def event_dim(self) -> int:
        """How many dimensions an event has.

        Raises:
            ValueError: it has others before than after.
        """
        if self.domain.event_dim != self.codomain.event_dim:
            raise ValueError(f"{type(self).__name__} changes it: ask its domain.event_dim or codomain.event_dim")
        return int(self.domain.event_dim)

    @property
    def sign(self) -> Any:
        """1 where it increases, -1 where it decreases."""
        raise NotImplementedError(f"{type(self).__name__} has no sign")

    def __call__(self, x: Any) -> Any:
        """The transformed samples."""
        if self._cache_size and x is self._cached_x_y[0]:
            return self._cached_x_y[1]
        y = self._call(x)
        if self._cache_size:
            self._cached_x_y = x, y
        return y

    def _inv_call(self, y: Any) -> Any:
        if self._cache_size and y is self._cached_x_y[1]:
            return self._cached_x_y[0]
        x = self._inverse(y)
        if self._cache_size:
            self._cached_x_y = x, y
        return x

    def _call(self, x: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: give it a method _call()")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no inverse")

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The logarithm of |dy/dx|; of the determinant, where events have dimensions."""
        raise NotImplementedError(f"{type(self).__name__} has no Jacobian's determinant")

    def with_cache(self, cache_size: int = 1) -> "Transform":
        """The same transform, which keeps its last input and output, or does not."""
        new = copy.copy(self)
        new._keep(cache_size)
        return new

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """The shape of what it makes of samples of a shape."""
        return broadcast_by(self, shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """The shape of what its inverse makes of samples of a shape."""
        return broadcast_by(self, shape)

    def __eq__(self, other: object) -> bool:
        return self is other or (type(self) is type(other) and type(self).__init__ is Transform.__init__)

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def broadcast_by(transform: Transform, shape: Sequence[int]) -> Size:
    """The shape, larger where a transform's own parameters are a batch."""
    own = [getattr(getattr(transform, name, None), "shape", ()) for name in ("loc", "scale", "exponent")]
    return Size(numpy.broadcast_shapes(tuple(shape), *own))


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

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """The transform's, backward."""
        return self.of.inverse_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """The transform's."""
        return self.of.forward_shape(shape)

    def with_cache(self, cache_size: int = 1) -> Transform:
        """The inverse of the transform that does."""
        return self.of.with_cache(cache_size).inv

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inverse) and self.of == other.of

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"_InverseTransform({self.of})"


class ComposeTransform(Transform):
    """Transforms one after the other."""

    def __init__(self, parts: list[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = parts
        self.bijective = all(part.bijective for part in parts)

    @property
    def sign(self) -> Any:
        """The product of the parts'."""
        return math.prod(part.sign for part in self.parts)

    @constraints.dependent_property
    def domain(self) -> Any:
        """The first part's, with as many dimensions as all parts need."""
        dims = 0
        for part in reversed(self.parts):
            dims = max(dims, part.codomain.event_dim) + part.domain.event_dim - part.codomain.event_dim
        first = self.parts[0].domain if self.parts else constraints.real
        return joined(first, dims - first.event_dim)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """The last part's, with as many dimensions as come out where all parts have as many as they need."""
        dims = 0
        for part in self.parts:
            dims = max(dims, part.domain.event_dim) + part.codomain.event_dim - part.domain.event_dim
        last = self.parts[-1].codomain if self.parts else constraints.real
        return joined(last, dims - last.event_dim)

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
        total, dims = 0, self.domain.event_dim
        for part in self.parts:
            y = part(x)
            total = total + sum_rightmost(part.log_abs_det_jacobian(x, y), dims - part.domain.event_dim)
            dims, x = dims + part.codomain.event_dim - part.domain.event_dim, y
        return total

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """Part by part."""
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """Part by part, backward."""
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ComposeTransform) and self.parts == other.parts

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "ComposeTransform(\n    " + ",\n    ".join(map(repr, self.parts)) + "\n)"


identity_transform = ComposeTransform([])


class IndependentTransform(Transform):
    """A transform whose inputs' last dimensions, which it treats one by one, count as one event.

    Raises:
        ValueError: an input has fewer.
    """

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

    def _checked(self, x: Any, dims: int) -> Any:
        if x.ndim < dims:
            raise ValueError(f"{self} takes events of {dims} dimensions, got {x.shape}")
        return x

    def _call(self, x: Any) -> Any:
        return self.base_transform(self._checked(x, self.domain.event_dim))

    def _inverse(self, y: Any) -> Any:
        return self.base_transform.inv(self._checked(y, self.codomain.event_dim))

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        """The transform's, summed over these dimensions."""
        return sum_rightmost(self.base_transform.log_abs_det_jacobian(x, y), self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Sequence[int]) -> Size:
        """The transform's."""
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Sequence[int]) -> Size:
        """The transform's."""
        return self.base_transform.inverse_shape(shape)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, IndependentTransform)
            and self.base_transform == other.base_transform
            and self.reinterpreted_batch_ndims == other.reinterpreted_batch_ndims
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"IndependentTransform({self.base_transform}, {self.reinterpreted_batch_ndims})"
