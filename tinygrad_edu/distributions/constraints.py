"""Constraints: the sets that a distribution's parameters and samples lie in."""

from collections.abc import Callable
from typing import Any

from ..errors import LinAlgError
from ..functions.conversion import finfo
from ..functions.creation import tensor
from ..functions.linalg.decompositions import cholesky
from ..functions.reduction import all as all_of
from ..tensor import Tensor

__all__ = [
    "Constraint",
    "boolean",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "real",
    "real_vector",
    "simplex",
    "unit_interval",
]


class Constraint:
    """A set: `check(value)` tells of each event, the last `event_dim` dimensions, whether it lies in it."""

    is_discrete = False
    event_dim = 0

    def check(self, value: Tensor) -> Any:
        """True for each event that lies in the set.

        Raises:
            NotImplementedError: a subclass does not say.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say what lies in it: give it a method check()")

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Dependent(Constraint):
    """A set that depends on other parameters, and that only an instance knows."""

    def check(self, value: Tensor) -> Any:
        """Not possible.

        Raises:
            ValueError: always.
        """
        raise ValueError("a dependent constraint cannot be checked without the distribution's parameters")


class dependent_property(property, Dependent):  # noqa: N801
    """A property that gives a set which depends on the instance's parameters; a decorator, with or without settings."""

    def __init__(self, fn: Callable[..., Any] | None = None, *, is_discrete: bool = False, event_dim: int = 0) -> None:
        super().__init__(fn)
        self.is_discrete = is_discrete
        self.event_dim = event_dim

    def __call__(self, fn: Callable[..., Any]) -> "dependent_property":
        """The property that a function computes."""
        return dependent_property(fn, is_discrete=self.is_discrete, event_dim=self.event_dim)


class Real(Constraint):
    """All numbers but NaN."""

    def check(self, value: Tensor) -> Any:
        """Where it is not NaN."""
        return value == value


class Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Any:
        """Where it is 0 or 1."""
        return (value == 0) | (value == 1)


class Interval(Constraint):
    """From a lower to an upper bound, both included."""

    def __init__(self, lower_bound: Any, upper_bound: Any) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        """Where it is neither below nor above."""
        return (self.lower_bound <= value) & (value <= self.upper_bound)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lower_bound={self.lower_bound}, upper_bound={self.upper_bound})"


class HalfOpenInterval(Interval):
    """From a lower bound up to, but without, an upper bound."""

    def check(self, value: Tensor) -> Any:
        """Where it is neither below the one nor as large as the other."""
        return (self.lower_bound <= value) & (value < self.upper_bound)


class IntegerInterval(Interval):
    """The integers from a lower to an upper bound, both included."""

    is_discrete = True

    def check(self, value: Tensor) -> Any:
        """Where it is such an integer."""
        return (value % 1 == 0) & super().check(value)


class GreaterThan(Constraint):
    """Above a bound."""

    def __init__(self, lower_bound: Any) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Any:
        """Where it is."""
        return self.lower_bound < value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lower_bound={self.lower_bound})"


class GreaterThanEq(GreaterThan):
    """A bound and above."""

    def check(self, value: Tensor) -> Any:
        """Where it is."""
        return self.lower_bound <= value


class IntegerGreaterThan(GreaterThan):
    """The integers from a bound on."""

    is_discrete = True

    def check(self, value: Tensor) -> Any:
        """Where it is such an integer."""
        return (value % 1 == 0) & (value >= self.lower_bound)


class LessThan(Constraint):
    """Below a bound."""

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        """Where it is."""
        return value < self.upper_bound

    def __repr__(self) -> str:
        return f"{type(self).__name__}(upper_bound={self.upper_bound})"


class Simplex(Constraint):
    """Vectors of numbers that are not negative and sum to 1."""

    event_dim = 1

    def check(self, value: Tensor) -> Any:
        """Which vectors are, to 1e-6."""
        return all_of(value >= 0, dim=-1) & ((value.sum(-1) - 1).abs() < 1e-6)


class OneHot(Constraint):
    """Vectors of zeros and one 1."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Any:
        """Which vectors are."""
        return all_of((value == 0) | (value == 1), dim=-1) & (value.sum(-1) == 1)


class Multinomial(Constraint):
    """Vectors of counts that sum to an upper bound."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: int) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        """Which vectors are."""
        return all_of((value >= 0) & (value % 1 == 0), dim=-1) & (value.sum(-1) == self.upper_bound)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(upper_bound={self.upper_bound})"


class LowerCholesky(Constraint):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        """Which matrices are."""
        lower = all_of((value.tril() == value).flatten(-2), dim=-1)
        return lower & all_of(value.diagonal(dim1=-2, dim2=-1) > 0, dim=-1)


class CorrCholesky(LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1: factors of correlation matrices."""

    def check(self, value: Tensor) -> Any:
        """Which matrices are, to some rounding."""
        tolerance = finfo(value.dtype).eps * value.shape[-1] * 10
        return super().check(value) & all_of((value.norm(dim=-1) - 1).abs() <= tolerance, dim=-1)


class PositiveDefinite(Constraint):
    """Symmetric matrices that have a Cholesky factor."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        """Which matrices are symmetric, to 1e-6, or, if they all are, have a factor."""
        symmetric = all_of(((value - value.mT).abs() < 1e-6).flatten(-2), dim=-1)
        if not all_of(symmetric).item():
            return symmetric
        matrices = value.detach().reshape(-1, *value.shape[-2:])
        return tensor([has_factor(matrix) for matrix in matrices]).reshape(symmetric.shape)


def has_factor(matrix: Tensor) -> bool:
    """Whether a symmetric matrix is positive definite."""
    try:
        cholesky(matrix)
    except LinAlgError:
        return False
    return True


class IndependentConstraint(Constraint):
    """A set of arrays whose elements all lie in another."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        self.is_discrete = base_constraint.is_discrete
        self.event_dim = base_constraint.event_dim + reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Any:
        """Which arrays have none outside."""
        inside = self.base_constraint.check(value)
        dims = self.reinterpreted_batch_ndims
        return all_of(inside.flatten(-dims), dim=-1) if dims else inside

    def __repr__(self) -> str:
        return f"IndependentConstraint({self.base_constraint}, {self.reinterpreted_batch_ndims})"


def joined(constraint: Constraint, dims: int) -> Constraint:
    """The set of arrays of so many dimensions whose elements lie in a set; of none the set itself."""
    return IndependentConstraint(constraint, dims) if dims else constraint


def is_dependent(constraint: Any) -> bool:
    """Whether a set is known to an instance only."""
    return isinstance(constraint, Dependent)


dependent, real, boolean = Dependent(), Real(), Boolean()
interval, half_open_interval, integer_interval = Interval, HalfOpenInterval, IntegerInterval
multinomial = Multinomial
greater_than, greater_than_eq, less_than, independent = GreaterThan, GreaterThanEq, LessThan, IndependentConstraint
unit_interval, positive, nonnegative = Interval(0.0, 1.0), GreaterThan(0.0), GreaterThanEq(0.0)
positive_integer, nonnegative_integer = IntegerGreaterThan(1), IntegerGreaterThan(0)
simplex, one_hot, real_vector = Simplex(), OneHot(), IndependentConstraint(real, 1)
lower_cholesky, corr_cholesky, positive_definite = LowerCholesky(), CorrCholesky(), PositiveDefinite()
