"""Checks of gradients, for users, teachers and the engine's own tests; strategies for hypothesis are in `.strategies`.

Every check raises an AssertionError that says where the first disagreement is and what was expected there.
"""

from .differences import DifferenceErrors, difference_errors
from .gradients import check_gradient, numerical_gradient
from .vjp import check_vjp

__all__ = ["DifferenceErrors", "check_gradient", "check_vjp", "difference_errors", "numerical_gradient"]
