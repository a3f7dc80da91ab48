"""Constraints: the sets that a distribution's parameters and samples lie in."""

from typing import Any

from ..functions.comparison import isclose
from ..functions.conversion import finfo
from ..functions.creation import full
from ..functions.linalg.attempts import cholesky_ex
from ..functions.linalg.decompositions import eigvalsh
from ..functions.reduction import all as all_of
from ..tensor import Tensor
from .constraint import (
    Cat,
    Constraint,
    Dependent,
    IndependentConstraint,
    MixtureSameFamilyConstraint,
    Stack,
    dependent_property,
    is_dependent,
)

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "cat",
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
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


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
    """Vectors that sum to an upper bound or less, without negative numbers."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: int) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Any:
        """Which vectors are."""
        return all_of(value >= 0, dim=-1) & (value.sum(-1) <= self.upper_bound)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(upper_bound={self.upper_bound})"


class LowerTriangular(Constraint):
    """Matrices with zeros above the diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        """Which matrices are."""
        return all_of((value.tril() == value).flatten(-2), dim=-1)


class LowerCholesky(LowerTriangular):
    """Lower triangular matrices with a positive diagonal."""

    def check(self, value: Tensor) -> Any:
        """Which matrices are."""
        return super().check(value) & all_of(value.diagonal(dim1=-2, dim2=-1) > 0, dim=-1)


class CorrCholesky(LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1: factors of correlation matrices."""

    def check(self, value: Tensor) -> Any:
        """Which matrices are, to some rounding."""
        tolerance = finfo(value.dtype).eps * value.shape[-1] * 10
        return super().check(value) & all_of((value.norm(dim=-1) - 1).abs() <= tolerance, dim=-1)


class Square(Constraint):
    """Matrices with as many columns as rows.

    Raises:
        ValueError: a value has fewer than two dimensions.
    """

    event_dim = 2

    def check(self, value: Tensor) -> Any:
        """All or none."""
        if value.ndim < 2:
            raise ValueError(f"a matrix has two dimensions or more, got {value.shape}")
        return full(value.shape[:-2], value.shape[-2] == value.shape[-1], dtype=bool)


class Symmetric(Square):
    """Matrices that equal their transposes."""

    def check(self, value: Tensor) -> Any:
        """Which matrices do, to 1e-6 and 1e-5 of each element; none that is not square."""
        square = super().check(value)
        if not all_of(square).item():
            return square
        return all_of(isclose(value, value.mT, atol=1e-6).flatten(-2), dim=-1)


class PositiveSemidefinite(Symmetric):
    """Symmetric matrices without a negative eigenvalue."""

    def check(self, value: Tensor) -> Any:
        """Which matrices are symmetric, or, if they all are, have no negative eigenvalue."""
        symmetric = super().check(value)
        return all_of(eigvalsh(value.detach()) >= 0, dim=-1) if all_of(symmetric).item() else symmetric


class PositiveDefinite(Symmetric):
    """Symmetric matrices that have a Cholesky factor."""

    def check(self, value: Tensor) -> Any:
        """Which matrices are symmetric, or, if they all are, have a factor."""
        symmetric = super().check(value)
        return cholesky_ex(value.detach()).info == 0 if all_of(symmetric).item() else symmetric


dependent, real, boolean = Dependent(), Real(), Boolean()
interval, half_open_interval, integer_interval = Interval, HalfOpenInterval, IntegerInterval
multinomial = Multinomial
greater_than, greater_than_eq, less_than, independent = GreaterThan, GreaterThanEq, LessThan, IndependentConstraint
unit_interval, positive, nonnegative = Interval(0.0, 1.0), GreaterThan(0.0), GreaterThanEq(0.0)
positive_integer, nonnegative_integer = IntegerGreaterThan(1), IntegerGreaterThan(0)
simplex, one_hot, real_vector = Simplex(), OneHot(), IndependentConstraint(real, 1)
lower_triangular, lower_cholesky, corr_cholesky = LowerTriangular(), LowerCholesky(), CorrCholesky()
square, symmetric = Square(), Symmetric()
positive_semidefinite, positive_definite = PositiveSemidefinite(), PositiveDefinite()
cat, stack = Cat, Stack
