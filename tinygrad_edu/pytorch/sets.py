"""The classes of constraints under PyTorch's names, by which libraries find and change them."""

from ..distributions.constraint import Cat, Dependent, IndependentConstraint, Stack, dependent_property
from ..distributions.constraints import (
    Boolean,
    CorrCholesky,
    GreaterThan,
    GreaterThanEq,
    HalfOpenInterval,
    IntegerGreaterThan,
    IntegerInterval,
    Interval,
    LessThan,
    LowerCholesky,
    LowerTriangular,
    Multinomial,
    OneHot,
    PositiveDefinite,
    PositiveSemidefinite,
    Real,
    Simplex,
    Square,
    Symmetric,
)

__all__ = [
    "_Boolean",
    "_Cat",
    "_CorrCholesky",
    "_Dependent",
    "_DependentProperty",
    "_GreaterThan",
    "_GreaterThanEq",
    "_HalfOpenInterval",
    "_IndependentConstraint",
    "_IntegerGreaterThan",
    "_IntegerInterval",
    "_Interval",
    "_LessThan",
    "_LowerCholesky",
    "_LowerTriangular",
    "_Multinomial",
    "_OneHot",
    "_PositiveDefinite",
    "_PositiveSemidefinite",
    "_Real",
    "_Simplex",
    "_Square",
    "_Stack",
    "_Symmetric",
]

_Dependent, _DependentProperty, _IndependentConstraint = Dependent, dependent_property, IndependentConstraint
_Cat, _Stack = Cat, Stack
_Boolean, _Real, _OneHot, _Simplex, _Multinomial = Boolean, Real, OneHot, Simplex, Multinomial
_IntegerInterval, _IntegerGreaterThan = IntegerInterval, IntegerGreaterThan
_Interval, _HalfOpenInterval = Interval, HalfOpenInterval
_GreaterThan, _GreaterThanEq, _LessThan = GreaterThan, GreaterThanEq, LessThan
_LowerTriangular, _LowerCholesky, _CorrCholesky = LowerTriangular, LowerCholesky, CorrCholesky
_Square, _Symmetric = Square, Symmetric
_PositiveSemidefinite, _PositiveDefinite = PositiveSemidefinite, PositiveDefinite
