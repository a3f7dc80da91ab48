"""Weights that a layer computes anew before each call, from parameters that take their place."""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ...functions.elementwise import clone
from ...functions.linear import dot, mv
from ...functions.norms import norm
from ...functions.random import randn
from ...grad_mode import no_grad
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter, UninitializedParameter

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class Computed:
    """The hook that gives a module's weight its value before each call: `compute(module, training)`."""

    def __init__(self, kind: str, name: str, compute: Callable[[Module, bool], Any], parts: list[str]) -> None:
        self.kind = kind
        self.name = name
        self.compute = compute
        self.parts = parts

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.compute(module, module.training))


def attach(module: M, hook: Computed) -> M:
    """Compute a weight before each call, and now."""
    setattr(module, hook.name, hook.compute(module, False))
    module.register_forward_pre_hook(hook)
    return module


def detach(module: M, kind: str, name: str) -> M:
    """Make a computed weight a parameter again.

    Raises:
        ValueError: it is not computed.
    """
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, Computed) and (hook.kind, hook.name) == (kind, name):
            with no_grad():
                weight = clone(hook.compute(module, False))
            for part in (name, *hook.parts):
                delattr(module, part)
            module.register_parameter(name, Parameter(weight))
            del module._forward_pre_hooks[key]
            return module
    raise ValueError(f"there is no {kind} on {type(module).__name__}.{name}")


def parameter_of(module: Module, kind: str, name: str) -> Parameter:
    """A parameter of a module, which is to be computed from others.

    Raises:
        RuntimeError: it is already.
        ValueError: the module has none of that name.
    """
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, Computed) and hook.name == name:
            raise RuntimeError(
                f"cannot register two {kind} hooks: {hook.kind} is on {type(module).__name__}.{name} already; "
                "remove it before"
            )
    weight = module._parameters.get(name)
    if isinstance(weight, UninitializedParameter):
        raise ValueError(f"the modules passed to {kind} can't have uninitialized parameters: call the layer first")
    if weight is None:
        raise ValueError(f"{type(module).__name__} has no parameter {name!r}; it has {list(module._parameters)}")
    return weight


def norm_beside(x: Any, dim: int | None) -> Any:
    """The norm over all dimensions but one, which keeps its place; over all if it is None."""
    if dim is None:
        return norm(x)
    return norm(x, 2, tuple([d for d in range(x.ndim) if d != dim % x.ndim]), keepdim=True)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    r"""Learn a weight's length and direction apart: $w = g\, v / \lVert v \rVert$, over all dimensions but `dim`.

    The parameter `weight` gives way to `weight_g`, its length `(out, 1, ..)`, and `weight_v`, its direction.

    >>> from tinygrad_edu import nn
    >>> sorted(nn.utils.weight_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'weight_g', 'weight_v']

    Raises:
        ValueError: the module has no such parameter.
        RuntimeError: the weight is computed already.

    Source: Salimans and Kingma, "Weight Normalization" (2016), equation 2.
    """
    dim = None if dim == -1 else dim  # PyTorch's way of saying so
    weight = parameter_of(module, "weight_norm", name)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(norm_beside(weight.detach(), dim)))
    module.register_parameter(f"{name}_v", Parameter(weight.detach()))

    compute = partial(with_length, name=name, dim=dim)
    return attach(module, Computed("weight_norm", name, compute, [f"{name}_g", f"{name}_v"]))


def with_length(module: Module, training: bool, name: str, dim: int | None) -> Any:
    """The direction with the length that is learned for it."""
    length, direction = getattr(module, f"{name}_g"), getattr(module, f"{name}_v")
    return direction * (length / norm_beside(direction, dim))


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight a parameter again.

    Raises:
        ValueError: weight_norm is not on it.
    """
    return detach(module, "weight_norm", name)


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    r"""Divide a weight by its largest singular value: $w / \sigma(w)$, $\sigma \approx u^\top w\, v$.

    The parameter `weight` gives way to `weight_orig`; the buffers `weight_u` and `weight_v` are improved by power
    iteration at each call in training. The weight is seen as a matrix with the rows of `dim` (0; 1 in a transposed
    convolution).

    Raises:
        ValueError: the module has no such parameter, or there are fewer than one iteration.
        RuntimeError: the weight is computed already.

    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), algorithm 1.
    """
    if n_power_iterations < 1:
        raise ValueError(f"spectral_norm needs one power iteration or more, got {n_power_iterations}")
    weight = parameter_of(module, "spectral_norm", name)
    rows = (1 if type(module).__name__.startswith("ConvTranspose") else 0) if dim is None else dim
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    height, width = matrix(weight, rows).shape
    module.register_buffer(f"{name}_u", unit(randn(height, dtype=weight.dtype), eps))
    module.register_buffer(f"{name}_v", unit(randn(width, dtype=weight.dtype), eps))
    compute = partial(divided, name=name, rows=rows, iterations=n_power_iterations, eps=eps)
    return attach(module, Computed("spectral_norm", name, compute, [f"{name}_orig", f"{name}_u", f"{name}_v"]))


def matrix(weight: Any, rows: int) -> Any:
    """A weight as a matrix with the rows of one dimension."""
    return weight.movedim(rows, 0).flatten(1)


def unit(x: Tensor, eps: float) -> Any:
    """A vector with length 1."""
    return x / norm(x).clamp_min(eps)


def divided(module: Module, training: bool, name: str, rows: int, iterations: int, eps: float) -> Any:
    """A weight divided by its largest singular value, whose vectors come nearer in training."""
    weight = getattr(module, f"{name}_orig")
    u, v = getattr(module, f"{name}_u"), getattr(module, f"{name}_v")
    if training:
        with no_grad():
            for _ in range(iterations):
                v.copy_(unit(mv(matrix(weight, rows).t(), u), eps))
                u.copy_(unit(mv(matrix(weight, rows), v), eps))
        u, v = u.clone(), v.clone()  # backward needs them as they are now
    return weight / dot(u, mv(matrix(weight, rows), v))


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight a parameter again.

    Raises:
        ValueError: spectral_norm is not on it.
    """
    return detach(module, "spectral_norm", name)
