"""Modules as functions of their parameters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..functions.joining import stack
from ..tensor import Tensor

if TYPE_CHECKING:
    from ..nn.module import Module

__all__ = ["functional_call", "stack_module_state"]

State = Mapping[str, Tensor]


def functional_call(
    module: "Module",
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs) with the Tensors of a dict, or of several, in the places of parameters and buffers.

    The module is as before afterwards. What is not named stays its own, and a name that the module has not is passed
    over; with `strict` exactly its state must be named. Where a parameter stands in several places,
    naming one is enough, unless not `tie_weights`.

    >>> from tinygrad_edu import nn, ones
    >>> functional_call(nn.Linear(2, 1), {"weight": ones(1, 2), "bias": ones(1)}, ones(1, 2))
    tensor([[3.]])

    Raises:
        ValueError: two dicts name one Tensor.
        RuntimeError: `strict`, and a name is not the module's, or one is missing.
        TypeError: what is given for a name is no Tensor.
    """
    dicts = (
        [parameter_and_buffer_dicts] if isinstance(parameter_and_buffer_dicts, Mapping) else parameter_and_buffer_dicts
    )
    given: dict[str, Tensor] = {}
    for state in dicts:
        if twice := given.keys() & state.keys():
            raise ValueError(f"{sorted(twice)} are named by two dicts; name each once")
        given.update(state)
    known = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    unknown, missing = given.keys() - known.keys(), known.keys() - given.keys()
    if strict and (unknown or missing):
        told = f"it has no {sorted(unknown)}" if unknown else f"{sorted(missing)} are missing"
        raise RuntimeError(f"functional_call of {type(module).__name__}: {told}; its state is {list(known)}")
    for name, tensor in given.items():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"functional_call takes Tensors, got {type(tensor).__name__} for {name!r}")
    given = {name: tensor for name, tensor in given.items() if name in known}
    named = {known[name]: tensor for name, tensor in given.items()}
    wanted = {name: given.get(name, named[x]) for name, x in known.items() if x in named} if tie_weights else given
    try:
        for name, tensor in wanted.items():
            put(module, name, tensor)
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        for name in wanted:
            put(module, name, known[name])


def put(module: "Module", name: str, tensor: Tensor) -> None:
    """Set a member of a module, or of one below it, whatever kind of Tensor this is."""
    path, _, last = name.rpartition(".")
    vars(module.get_submodule(path))[last] = tensor


def stack_module_state(models: "Sequence[Module]") -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(parameters, buffers) of several modules of one architecture, each name's stacked, for functional_call in vmap.

    Raises:
        RuntimeError: there are no modules, or they are not of one type.
    """
    if not models or len({type(model) for model in models}) > 1:
        raise RuntimeError(f"stack_module_state takes modules of one type, got {[type(m).__name__ for m in models]}")
    parameters = [dict(model.named_parameters()) for model in models]
    buffers = [dict(model.named_buffers()) for model in models]
    return (
        {
            name: stack([found[name] for found in parameters]).detach().requires_grad_(first.requires_grad)
            for name, first in parameters[0].items()
        },
        {name: stack([found[name] for found in buffers]).detach() for name in buffers[0]},
    )
