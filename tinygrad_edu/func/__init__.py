"""Transformations of functions: a function in, the function of its gradients, Jacobians or batches out.

They nest in any order, and with autograd: what they give can be differentiated by what stands outside. `vmap` runs the
function in a loop, once for each element of the batch; it saves the writing, not the time.
"""

from ..told import guard
from .batches import vmap
from .gradients import grad, grad_and_value, linearize, vjp
from .jacobians import hessian, jacfwd, jacrev, jvp
from .modules import functional_call, stack_module_state

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "stack_module_state",
    "vjp",
    "vmap",
]

guard(globals(), __all__, __name__, held=False)
