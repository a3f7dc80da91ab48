"""Backward and what is built on it: gradients as values, Functions, hooks, products with Jacobians, checks."""

from ..grad_mode import enable_grad, no_grad, set_grad_enabled
from ..told import guard
from . import functional, graph
from .anomaly import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
    set_forward_lines,
)
from .backward import backward, grad
from .checkpoint import checkpoint, checkpoint_sequential
from .function import Function, FunctionCtx, once_differentiable
from .functional import hessian, hvp, jacobian, jvp, vhp, vjp
from .gradcheck import GradcheckError, gradcheck, gradgradcheck
from .graph import register_multi_grad_hook, save_on_cpu, saved_tensors_hooks
from .hooks import RemovableHandle
from .inference import inference_mode, is_inference_mode_enabled
from .variable import Variable

__all__ = [
    "Function",
    "FunctionCtx",
    "GradcheckError",
    "RemovableHandle",
    "Variable",
    "backward",
    "checkpoint",
    "checkpoint_sequential",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "hessian",
    "hvp",
    "inference_mode",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_inference_mode_enabled",
    "jacobian",
    "jvp",
    "no_grad",
    "once_differentiable",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
    "set_detect_anomaly",
    "set_forward_lines",
    "set_grad_enabled",
    "vhp",
    "vjp",
]

guard(globals(), __all__, __name__, held=False)
