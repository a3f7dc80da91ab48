"""A module's state as a dictionary, and back: every difference is told at once, before anything is changed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..functions.creation import as_tensor
from ..graph import no_grad
from .members import BUFFER, PARAMETER, Members
from .parameter import Parameter

__all__ = ["KeysNotMatched", "load_state", "state_of"]

EXTRA = "_extra_state"


class KeysNotMatched(NamedTuple):
    """The keys that a module wanted and a state_dict did not have, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def state_of(module: Any, state: dict[str, Any], prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Add a module's parameters and persistent buffers, and those below it, to a state_dict."""
    for hook in list(module._state_hooks["before saving"].values()):
        hook(module, prefix, keep_vars)
    for name, tensor in persistent(module).items():
        state[prefix + name] = tensor if keep_vars else tensor.detach()
    if has_extra_state(module):
        state[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in list(module._state_hooks["after saving"].values()):
        hook(module, state, prefix, {})
    return state


def has_extra_state(module: Any) -> bool:
    """Whether a subclass says what its extra state is."""
    return hasattr(module, "get_extra_state")


def load_state(module: Any, state_dict: Mapping[str, Any], strict: bool, assign: bool) -> KeysNotMatched:
    """Copy a state_dict into a module, or with `assign` put its Tensors in the place of the module's.

    Raises:
        TypeError: what is given is no mapping.
        RuntimeError: listing every key that is missing, unexpected, or of another shape.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"load_state_dict takes a dictionary of Tensors by name, got {type(state_dict).__name__}")
    given, keys, errors = dict(state_dict), KeysNotMatched([], []), list[str]()
    places = [(f"{name}." if name else "", part) for name, part in module.named_modules(remove_duplicate=False)]
    for prefix, part in places:
        for hook in list(part._state_hooks["before loading"].values()):
            hook(part, given, prefix, {}, strict, *keys, errors)
    own = {f"{prefix}{name}": (part, name) for prefix, part in places for name in persistent(part)}
    extras = {prefix + EXTRA: part for prefix, part in places if has_extra_state(part)}
    keys.missing_keys.extend(key for key in (*own, *extras) if key not in given)
    keys.unexpected_keys.extend(key for key in given if key not in own and key not in extras)
    if strict and keys.unexpected_keys:
        errors.append(f"Unexpected key(s) in state_dict: {quoted(keys.unexpected_keys)}.")
    if strict and keys.missing_keys:
        errors.append(f"Missing key(s) in state_dict: {quoted(keys.missing_keys)}.")
    for key, (part, name) in own.items():
        wanted, got = getattr(part, name).shape, getattr(given.get(key), "shape", type(given.get(key)).__name__)
        if key in given and got != wanted:
            errors.append(f"size mismatch for {key}: {got} in the state_dict, {wanted} in the model.")
    if errors:
        told = f"Error(s) in loading state_dict for {type(module).__name__}, which is unchanged:"
        raise RuntimeError("\n\t".join([told, *errors]))
    values = {key: as_tensor(value) for key, value in given.items() if key in own}
    with no_grad():
        for key, value in values.items():
            part, name = own[key]
            put(part, name, value, assign)
    for key, part in extras.items():
        if key in given:
            part.set_extra_state(given[key])
    for _, part in places:
        for hook in list(part._state_hooks["after loading"].values()):
            hook(part, keys)
    return keys


def persistent(module: Any) -> dict[str, Any]:
    """A module's own parameters and then buffers that its state_dict has."""
    members = {**Members(module, PARAMETER), **Members(module, BUFFER)}
    return {name: tensor for name, tensor in members.items() if tensor is not None}


def put(module: Any, name: str, value: Any, assign: bool) -> None:
    """Copy a value into a parameter or buffer, or put it in its place."""
    old = getattr(module, name)
    if not assign:
        old.copy_(value)
    elif isinstance(old, Parameter):
        setattr(module, name, Parameter(value.detach(), old.requires_grad))
    else:
        setattr(module, name, value)


def quoted(names: list[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
