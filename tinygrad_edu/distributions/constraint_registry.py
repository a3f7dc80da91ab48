"""Which transform of unconstrained numbers gives numbers of a set: what an optimizer moves, and what it stands for."""

from collections.abc import Callable
from typing import Any

from . import constraints
from .constraints import Constraint
from .transforms import (
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    SigmoidTransform,
    SoftmaxTransform,
    StackTransform,
    StickBreakingTransform,
    Transform,
    identity_transform,
)

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Maker = Callable[[Any], Transform]


class ConstraintRegistry:
    """Transforms by the class of a constraint; called with one, it gives the transform onto its set.

    >>> from tinygrad_edu import tensor
    >>> transform_to(constraints.greater_than(2.0))(tensor([0.0]))
    tensor([3.])
    """

    def __init__(self) -> None:
        self._registry: dict[type, Maker] = {}

    def register(self, constraint: Any, factory: Maker | None = None) -> Any:
        """Say which transform there is for a constraint, or for a class of them; a decorator without a factory.

        Raises:
            TypeError: it is no constraint.
        """
        if factory is None:
            return lambda factory: self.register(constraint, factory)
        kind = type(constraint) if isinstance(constraint, Constraint) else constraint
        if not isinstance(kind, type) or not issubclass(kind, Constraint):
            raise TypeError(f"a transform is registered for a Constraint, got {constraint!r:.60}")
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Constraint) -> Transform:
        """The transform onto a set.

        Raises:
            NotImplementedError: there is none.
        """
        if type(constraint) not in self._registry:
            raise NotImplementedError(f"there is no transform onto {constraint!r:.60}; add one with register")
        return self._registry[type(constraint)](constraint)


biject_to, transform_to = ConstraintRegistry(), ConstraintRegistry()


def onto_interval(constraint: Any) -> Transform:
    """A sigmoid, stretched and shifted."""
    low, high = constraint.lower_bound, constraint.upper_bound
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and (low, high) == (0, 1):
        return SigmoidTransform()
    return ComposeTransform([SigmoidTransform(), AffineTransform(low, high - low)])


def above(constraint: Any) -> Transform:
    """An exponential, shifted."""
    low = constraint.lower_bound
    if isinstance(low, (int, float)) and low == 0:
        return ExpTransform()
    return ComposeTransform([ExpTransform(), AffineTransform(low, 1)])


def below(constraint: Any) -> Transform:
    """An exponential, downwards from the bound."""
    return ComposeTransform([ExpTransform(), AffineTransform(constraint.upper_bound, -1)])


for registry in (biject_to, transform_to):
    registry.register(constraints.real, lambda constraint: identity_transform)
    registry.register(constraints.greater_than, above)
    registry.register(constraints.greater_than_eq, above)
    registry.register(constraints.less_than, below)
    registry.register(constraints.interval, onto_interval)
    registry.register(constraints.half_open_interval, onto_interval)

    def each(constraint: Any, registry: ConstraintRegistry = registry) -> Transform:
        """The transform of the elements."""
        return IndependentTransform(registry(constraint.base_constraint), constraint.reinterpreted_batch_ndims)

    def sections(constraint: Any, registry: ConstraintRegistry = registry) -> Transform:
        """The transforms of the sections."""
        return CatTransform([registry(part) for part in constraint.cseq], constraint.dim, constraint.lengths)

    def slices(constraint: Any, registry: ConstraintRegistry = registry) -> Transform:
        """The transforms of the slices."""
        return StackTransform([registry(part) for part in constraint.cseq], constraint.dim)

    registry.register(constraints.independent, each)
    registry.register(constraints.cat, sections)
    registry.register(constraints.stack, slices)
biject_to.register(constraints.simplex, lambda constraint: StickBreakingTransform())
transform_to.register(constraints.simplex, lambda constraint: SoftmaxTransform())
transform_to.register(constraints.positive_definite, lambda constraint: PositiveDefiniteTransform())
transform_to.register(constraints.positive_semidefinite, lambda constraint: PositiveDefiniteTransform())
transform_to.register(constraints.lower_cholesky, lambda constraint: LowerCholeskyTransform())
biject_to.register(constraints.corr_cholesky, lambda constraint: CorrCholeskyTransform())
transform_to.register(constraints.corr_cholesky, lambda constraint: CorrCholeskyTransform())
