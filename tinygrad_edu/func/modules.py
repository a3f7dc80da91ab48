"""Modules as functions of their parameters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..functions.joining import stack
from ..tensor import Tensor

if TYPE_CHECKING:
    from ..nn.module import Module

__all__ = ["functional_call", "stack_module_state"]

State = dict[str, Any]  # of Tensors; None where a module shall do without one

ABSENT = object()


def functional_call(
    module: "Module",
    parameter_and_buffer_dicts: State | Sequence[State],
    args: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """module(*args, **kwargs) with the Tensors of a dict, or of several, in the places of its own.

    The module is as before afterwards; what it has put in such a place, as running statistics, is in the dict. What is
    not named stays its own; with `strict` everything must be named, and nothing else. Where a parameter stands in
    several places, naming one is enough, unless not `tie_weights`.

    >>> from tinygrad_edu import nn, ones
    >>> functional_call(nn.Linear(2, 1), {"weight": ones(1, 2), "bias": ones(1)}, ones(1, 2))
    tensor([[3.]])

    Raises:
        ValueError: two dicts name one Tensor, or places of one parameter are given several.
        RuntimeError: a name is not the module's, or one is missing, and `strict`.
        TypeError: what is given for a name is no Tensor, or stands in the place of something else.
        AttributeError: a name is of a module that is not there.
    """
    given = merged(parameter_and_buffer_dicts)
    wanted = tied(module, given) if tie_weights else given
    if strict:
        known = [name for name, _ in places(module)]
        unexpected, missing = sorted(wanted.keys() - known), sorted(set(known) - wanted.keys())
        told = [("Unexpected", unexpected)] * bool(unexpected) + [("Missing", missing)] * bool(missing)
        if told:
            lines = [f"{word} key(s): {', '.join(map(repr, names))}." for word, names in told]
            raise RuntimeError(
                "\n".join([f"functional_call of {type(module).__name__}, whose state is {known}:", *lines])
            )
    before: State = {}
    try:
        for name, tensor in wanted.items():
            before[name] = swap(module, name, tensor)
        return module(*(args if isinstance(args, tuple) else () if args is None else (args,)), **(kwargs or {}))
    finally:
        for name, own in before.items():
            after = swap(module, name, own)
            if given.get(name, after) is not after:
                given[name] = after


def merged(dicts: Any) -> State:
    """One dict of several that have no name in common; the dict itself if it is one."""
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence) or not all(isinstance(state, Mapping) for state in dicts):
        raise ValueError(f"parameters and buffers are a dict, or a list of dicts, got {type(dicts).__name__}")
    names = [name for state in dicts for name in state]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{twice} appeared in multiple dictionaries; name each once")
    return {name: tensor for state in dicts for name, tensor in state.items()}


def places(module: "Module") -> list[tuple[str, Tensor]]:
    """Names and Tensors of all parameters and buffers, a shared one under each of its names."""
    return [*module.named_parameters(remove_duplicate=False), *module.named_buffers(remove_duplicate=False)]


def tied(module: "Module", given: State) -> State:
    """What is given, with the other names of parameters that stand in several places."""
    names: dict[Tensor, list[str]] = {}
    for name, own in places(module):
        names.setdefault(own, []).append(name)
    found = dict(given)
    for same in names.values():
        named = [name for name in same if name in given]
        if any(given[name] is not given[named[0]] for name in named):
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(named)}, which are one Tensor; "
                "name one of them, or pass tie_weights=False"
            )
        if named:
            found |= dict.fromkeys(same, given[named[0]])
    return found


def swap(module: "Module", name: str, tensor: Any) -> Any:
    """Put a Tensor in the place of one of a module, or of one below it, and return what was there, if anything."""
    path, _, last = name.rpartition(".")
    owner = module.get_submodule(path)
    if not isinstance(tensor, Tensor) and tensor is not None and tensor is not ABSENT:
        raise TypeError(f"functional_call takes Tensors, got {tensor!r} for {name!r}")
    own = getattr(owner, last, ABSENT)
    if not isinstance(own, Tensor) and own is not None and own is not ABSENT:
        raise TypeError(f"attribute {name!r} of {type(module).__name__} is no Tensor but {own!r}")
    if tensor is ABSENT:
        delattr(owner, last)
    elif last in owner._members:
        vars(owner)[last] = tensor
    else:
        setattr(owner, last, tensor)
    return own


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
