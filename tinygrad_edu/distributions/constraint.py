"""What constraints share, and those made of others: of arrays of a set's elements, of parts with a set each."""

from collections.abc import Callable, Sequence
from typing import Any

from ..functions.joining import cat, stack
from ..functions.reduction import all as all_of
from ..tensor import Tensor

__all__ = [
    "Cat",
    "Constraint",
    "Dependent",
    "IndependentConstraint",
    "MixtureSameFamilyConstraint",
    "Stack",
    "dependent_property",
    "is_dependent",
    "joined",
]


class Constraint:
    """A set: `check(value)` tells of each event, the last `event_dim` dimensions, whether it lies in it."""

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Any:
        """True for each event that lies in the set.

        Raises:
            NotImplementedError: a subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what lies in it: give it a method check()")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Dependent(Constraint):
    """A set that depends on other parameters, and that only an instance knows; what is known without one may be said.

    Raises:
        NotImplementedError: `is_discrete` or `event_dim` is asked for, and was not said.
    """

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> None:
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    @property
    def is_discrete(self) -> Any:
        """Whether its elements stand apart."""
        return self._said("is_discrete")

    @property
    def event_dim(self) -> Any:
        """How many dimensions an element has."""
        return self._said("event_dim")

    def _said(self, name: str) -> Any:
        value = getattr(self, f"_{name}")
        if value is NotImplemented:
            raise NotImplementedError(f"{name} depends on the distribution's parameters: ask an instance's constraint")
        return value

    def __call__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented) -> Any:
        """A set that depends on other parameters, of which this is known: `dependent(event_dim=1)`."""
        return Dependent(
            is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Tensor) -> Any:
        """Not possible.

        Raises:
            ValueError: always.
        """
        raise ValueError("a dependent constraint cannot be checked without the distribution's parameters")


class dependent_property(property, Dependent):  # noqa: N801
    """A property that gives a set which depends on the instance's parameters; a decorator, with or without settings."""

    def __init__(
        self,
        fn: Callable[..., Any] | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        super().__init__(fn)
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    def __call__(self, fn: Callable[..., Any]) -> "dependent_property":  # type: ignore[override]
        """The property that a function computes."""
        return dependent_property(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


class IndependentConstraint(Constraint):
    """A set of arrays whose elements all lie in another.

    Raises:
        TypeError: the other is no constraint.
        ValueError: the number of dimensions is negative, or that of the value checked is too small.
    """

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        if not isinstance(base_constraint, Constraint):
            raise TypeError(f"independent takes a Constraint, got {type(base_constraint).__name__}")
        if reinterpreted_batch_ndims < 0:
            raise ValueError(f"independent joins 0 dimensions or more, got {reinterpreted_batch_ndims}")
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> Any:
        """The other set's."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> Any:
        """The other set's, and those joined."""
        return self.base_constraint.event_dim + self.reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Any:
        """Which arrays have none outside."""
        inside = self.base_constraint.check(value)
        dims = self.reinterpreted_batch_ndims
        if inside.ndim < dims:
            raise ValueError(f"a value of {self} has {self.event_dim} dimensions or more, got {value.shape}")
        return all_of(inside.flatten(-dims), dim=-1) if dims else inside

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint}, {self.reinterpreted_batch_ndims})"


class MixtureSameFamilyConstraint(Constraint):
    """The set of values that lie in each of a mixture's components' sets.

    Raises:
        TypeError: the components' is no constraint.
        ValueError: the value checked has too few dimensions.
    """

    def __init__(self, base_constraint: Constraint) -> None:
        if not isinstance(base_constraint, Constraint):
            raise TypeError(f"a mixture's constraint takes a Constraint, got {type(base_constraint).__name__}")
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> Any:
        """The components'."""
        return self.base_constraint.is_discrete

    @property
    def event_dim(self) -> Any:
        """The components'."""
        return self.base_constraint.event_dim

    def check(self, value: Tensor) -> Any:
        """Which values lie in all, the components being the last dimension of the batch."""
        if value.ndim < self.event_dim:
            raise ValueError(f"a value of {self} has {self.event_dim} dimensions or more, got {value.shape}")
        return all_of(self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)), dim=-1)

    def __repr__(self) -> str:
        return f"MixtureSameFamilyConstraint({self.base_constraint})"


class OfParts(Constraint):
    """A set of arrays whose parts along a dimension lie in a set each.

    Raises:
        TypeError: one of them is no constraint.
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        if not all(isinstance(part, Constraint) for part in cseq):
            raise TypeError(f"{type(self).__name__} takes Constraints, got {cseq!r:.60}")
        self.cseq, self.dim = list(cseq), dim

    @property
    def is_discrete(self) -> Any:
        """Whether one of the parts' is."""
        return any(part.is_discrete for part in self.cseq)

    @property
    def event_dim(self) -> Any:
        """The largest of the parts'."""
        return max(part.event_dim for part in self.cseq)


class Cat(OfParts):
    """A set of arrays whose sections along a dimension, of these lengths, lie in a set each.

    Raises:
        TypeError: one of them is no constraint.
        ValueError: there are not as many lengths as sets, or the value checked is not as long as all together.
    """

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        super().__init__(cseq, dim)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.cseq):
            raise ValueError(f"cat takes a length for each constraint, got {len(self.lengths)} for {len(self.cseq)}")

    def check(self, value: Tensor) -> Any:
        """Which elements of each section lie in its set, side by side."""
        if not -value.ndim <= self.dim < value.ndim or value.shape[self.dim] != sum(self.lengths):
            raise ValueError(f"dimension {self.dim} must have {sum(self.lengths)} elements, got shape {value.shape}")
        sections = value.split(self.lengths, self.dim)
        return cat([part.check(section) for part, section in zip(self.cseq, sections, strict=True)], self.dim)


class Stack(OfParts):
    """A set of arrays whose slices along a dimension lie in a set each.

    Raises:
        TypeError: one of them is no constraint.
        ValueError: the value checked has not as many slices.
    """

    @property
    def event_dim(self) -> Any:
        """The largest of the parts', and one more where the slices are within an event."""
        dims = super().event_dim
        return dims + 1 if self.dim + dims < 0 else dims

    def check(self, value: Tensor) -> Any:
        """Which slices lie in their sets, side by side."""
        if not -value.ndim <= self.dim < value.ndim or value.shape[self.dim] != len(self.cseq):
            raise ValueError(f"dimension {self.dim} must have {len(self.cseq)} slices, got shape {value.shape}")
        slices = value.unbind(self.dim)
        return stack([part.check(found) for part, found in zip(self.cseq, slices, strict=True)], self.dim)


def joined(constraint: Constraint, dims: int) -> Constraint:
    """The set of arrays of so many dimensions whose elements lie in a set; of none the set itself."""
    return IndependentConstraint(constraint, dims) if dims else constraint


def is_dependent(constraint: Any) -> bool:
    """Whether a set is known to an instance only."""
    return isinstance(constraint, Dependent)
