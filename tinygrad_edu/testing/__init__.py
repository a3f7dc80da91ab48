"""Checks of gradients, layers and optimizers, for users, teachers and the engine's own tests.

What is checked may be made with this engine or written by hand. Every check raises an AssertionError that shows the
smallest counterexample, what was expected and given there, and the mistake that it looks like: a sum over a broadcast
dimension that is missing, gradients of several uses that are not added up, a transposed matmul, a factor of the batch
size or of 2, a sign, the gradient of another input, a gradient that comes in and is not multiplied with. Strategies for
hypothesis are in `.strategies`; hypothesis is in the extra `test`.
"""

from .differences import DifferenceErrors, difference_errors
from .gradients import check_gradient, numerical_gradient
from .layers import check_layer
from .optimizers import check_optimizer
from .vjp import check_vjp

__all__ = [
    "DifferenceErrors",
    "check_gradient",
    "check_layer",
    "check_optimizer",
    "check_vjp",
    "difference_errors",
    "numerical_gradient",
]
