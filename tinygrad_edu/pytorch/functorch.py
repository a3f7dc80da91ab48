"""functorch, torch.func's older name, and its functions that take modules apart."""

import copy
from collections.abc import Sequence
from typing import Any

from ..func import functional_call, stack_module_state
from ..nn.module import Module
from ..tensor import Tensor

__all__ = [
    "FunctionalModule",
    "FunctionalModuleWithBuffers",
    "combine_state_for_ensemble",
    "make_functional",
    "make_functional_with_buffers",
]

Tensors = tuple[Tensor, ...]


class FunctionalModuleWithBuffers(Module):
    """A module as a function of its parameters and buffers: `f(params, buffers, *args)`."""

    def __init__(self, stateless_model: Module) -> None:
        super().__init__()
        self.param_names = tuple(name for name, _ in stateless_model.named_parameters())
        self.buffer_names = tuple(name for name, _ in stateless_model.named_buffers())
        object.__setattr__(self, "stateless_model", stateless_model)  # whose parameters are no longer this one's

    def forward(self, params: Sequence[Tensor], buffers: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:
        """What the module gives with these in the places of its own."""
        state = zip(self.param_names + self.buffer_names, (*params, *buffers), strict=True)
        return functional_call(self.stateless_model, dict(state), args, kwargs)


class FunctionalModule(FunctionalModuleWithBuffers):
    """A module without buffers as a function of its parameters: `f(params, *args)`."""

    def forward(self, params: Sequence[Tensor], *args: Any, **kwargs: Any) -> Any:
        """What the module gives with these in the places of its own."""
        return super().forward(params, (), *args, **kwargs)


def make_functional_with_buffers(
    model: Module, disable_autograd_tracking: bool = False
) -> tuple[FunctionalModuleWithBuffers, Tensors, Tensors]:
    """(function, parameters, buffers) of a copy of a module."""
    model = copy.deepcopy(model)
    params = tuple(model.parameters())
    for p in params if disable_autograd_tracking else ():
        p.requires_grad_(False)
    return FunctionalModuleWithBuffers(model), params, tuple(model.buffers())


def make_functional(model: Module, disable_autograd_tracking: bool = False) -> tuple[FunctionalModule, Tensors]:
    """(function, parameters) of a copy of a module.

    Raises:
        RuntimeError: it has buffers.
    """
    if any(True for _ in model.buffers()):
        raise RuntimeError("make_functional takes a module without buffers; use make_functional_with_buffers")
    model = make_functional_with_buffers(model, disable_autograd_tracking)[0].stateless_model
    return FunctionalModule(model), tuple(model.parameters())


def combine_state_for_ensemble(models: Sequence[Module]) -> tuple[FunctionalModuleWithBuffers, Tensors, Tensors]:
    """(function, parameters, buffers) of several modules of one architecture, theirs stacked, to be called in vmap.

    Raises:
        RuntimeError: there are none, or they are not of one type, or some are in training and some are not.
    """
    if len({model.training for model in models}) > 1:
        raise RuntimeError("combine_state_for_ensemble takes models that are all in training, or none of them")
    state = stack_module_state(models)
    params, buffers = [tuple(x.detach() for x in part.values()) for part in state]
    return make_functional_with_buffers(models[0])[0], params, buffers
