"""Checks of gradients, for users, teachers and the engine's own tests; strategies for hypothesis are in `.strategies`.

Every check raises an AssertionError that says where the first disagreement is and what was expected there.
"""

from .gradients import check_gradient, numerical_gradient
from .vjp import check_vjp

__all__ = ["check_gradient", "check_vjp", "numerical_gradient"]
