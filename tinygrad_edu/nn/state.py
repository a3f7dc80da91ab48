"""A module's state as a dictionary, and back: every difference is told at once, before anything is changed."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from ..functions.creation import as_tensor
from ..grad_mode import no_grad
from .members import BUFFER, PARAMETER, Members
from .parameter import Parameter, is_uninitialized

__all__ = ["KeysNotMatched", "Replacing", "hold", "load_state", "new_state", "save", "state_of"]

EXTRA = "_extra_state"
ASSIGN = "assign_to_params_buffers"  # in the metadata: whether given Tensors take the place of a module's


class KeysNotMatched(NamedTuple):
    """The keys that a module wanted and a state_dict did not have, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"_IncompatibleKeys(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def new_state() -> OrderedDict[str, Any]:
    """An empty state_dict; its `_metadata` is to have for each module the version of its part."""
    state = OrderedDict[str, Any]()
    vars(state)["_metadata"] = OrderedDict()
    return state


def state_of(module: Any, state: dict[str, Any], prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Add a module's parameters and persistent buffers, and those below it, to a state_dict."""
    metadata = {"version": module._version}
    if hasattr(state, "_metadata"):
        state._metadata[prefix[:-1]] = metadata
    for hook in list(module._state_dict_pre_hooks.values()):
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(state, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in list(module._state_dict_hooks.values()):
        given = hook(module, state, prefix, metadata)
        if given is not None and not isinstance(hook, Replacing):
            raise RuntimeError(f"a state_dict post-hook must return None, got {type(given).__name__}")
        state = state if given is None else given
    return state


class Replacing:
    """A hook after saving that may give another state_dict in place of the one that it is given."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        self.hook = hook

    def __call__(self, *args: Any) -> Any:
        """What the hook gives."""
        return self.hook(*args)


def save(module: Any, state: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Add what a module itself has to a state_dict."""
    for name, tensor in persistent(module).items():
        state[prefix + name] = tensor if keep_vars or is_uninitialized(tensor) else tensor.detach()
    if hasattr(module, "get_extra_state"):
        state[prefix + EXTRA] = module.get_extra_state()


class Part(dict[str, Any]):
    """The part of a state_dict that is below a module, and what is to be done once all of it is seen to fit."""

    def __init__(self, state: Mapping[str, Any], prefix: str, puts: list[Callable[[], None]]) -> None:
        super().__init__({key: value for key, value in state.items() if key.startswith(prefix)})
        self.puts = puts


def load_state(module: Any, state_dict: Mapping[Any, Any], strict: bool, assign: bool) -> KeysNotMatched:
    """Copy a state_dict into a module, or with `assign` put its Tensors in the place of the module's.

    Raises:
        TypeError: what is given is no mapping, or one of its keys is no name.
        RuntimeError: listing every key that is missing, unexpected, or of another shape.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}; it has Tensors by name")
    if strange := [key for key in state_dict if not isinstance(key, str)]:
        raise TypeError(f"the keys of a state_dict are names such as 'weight', got {strange[0]!r:.60}")
    keys, errors, puts = KeysNotMatched([], []), list[str](), list[Callable[[], None]]()
    metadata = getattr(state_dict, "_metadata", {})
    hold_all(module, Part(state_dict, "", puts), "", metadata, assign, keys, errors)
    hooks = [(part, hook) for part in from_below(module) for hook in list(part._load_state_dict_post_hooks.values())]
    if errors or not hooks:  # a hook may see to keys that do not match
        check(module, keys, errors, strict, ", which is unchanged")
    with no_grad():
        for act in puts:
            act()
    for part, hook in hooks:
        if hook(part, keys) is not None:
            raise RuntimeError("a hook after loading gives nothing: it changes the keys that it is given")
    check(module, keys, errors, strict)
    return keys


def hold_all(
    module: Any, state: Part, prefix: str, metadata: Any, assign: bool, keys: KeysNotMatched, errors: list[str]
) -> None:
    """Hold a module and all below it against a state_dict."""
    of_module = {**metadata.get(prefix[:-1], {}), **({ASSIGN: True} if assign else {})}
    module._load_from_state_dict(state, prefix, of_module, True, *keys, errors)
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            hold_all(child, Part(state, below, state.puts), below, metadata, assign, keys, errors)


def hold(
    module: Any, state: dict[str, Any], prefix: str, metadata: dict[str, Any], strict: bool, *told: list[str]
) -> None:
    """Hold what a module itself has against a state_dict: note what does not fit, and what is to be put where."""
    missing, unexpected, errors = told
    for hook in list(module._load_state_dict_pre_hooks.values()):
        hook(module, state, prefix, metadata, strict, *told)
    own, puts = persistent(module), list[Callable[[], None]]()
    for name, tensor in own.items():
        key = prefix + name
        if key not in state:
            missing.extend([key] if strict else [])
            continue
        value = state[key]
        got = getattr(value, "shape", type(value).__name__)
        if got == (1,) and tensor.ndim == 0:  # as PyTorch saved numbers before 0.4
            value, got = value[0], tensor.shape
        if got != tensor.shape:
            errors.append(
                f"size mismatch for {key}: copying a param with shape {got}, where the model has {tensor.shape}."
            )
        else:
            puts.append(partial(put, module, name, as_tensor(value), metadata.get(ASSIGN, False)))
    extra = prefix + EXTRA
    if hasattr(module, "set_extra_state"):
        if extra in state:
            puts.append(partial(module.set_extra_state, state[extra]))
        elif strict:
            missing.append(extra)
    if strict:
        known = {EXTRA} if hasattr(module, "set_extra_state") else set()
        unexpected.extend(key for key in state if not is_expected(module, key, prefix, known | set(own)))
    if isinstance(state, Part):
        state.puts.extend(puts)
    else:  # a module of another kind has made a dictionary of its own
        for act in puts:
            act()


def is_expected(module: Any, key: str, prefix: str, own: set[str]) -> bool:
    """Whether a key is a module's own, or below one of its modules, or elsewhere."""
    name, _, below = key.removeprefix(prefix).partition(".")
    return not key.startswith(prefix) or (name in module._modules if below else name in own)


def check(module: Any, keys: KeysNotMatched, errors: list[str], strict: bool, outcome: str = "") -> None:
    """Raise a RuntimeError where something does not fit."""
    told = []
    if strict and keys.missing_keys:
        told.append(f"Missing key(s) in state_dict: {quoted(keys.missing_keys)}.")
    if strict and keys.unexpected_keys:
        told.append(f"Unexpected key(s) in state_dict: {quoted(keys.unexpected_keys)}.")
    told += errors
    if told:
        raise RuntimeError(
            "\n\t".join([f"Error(s) in loading state_dict for {type(module).__name__}{outcome}:", *told])
        )


def from_below(module: Any) -> list[Any]:
    """All modules below this one, at every place where they are, each before what holds it; and this one."""
    return [*[part for child in module._modules.values() if child is not None for part in from_below(child)], module]


def persistent(module: Any) -> dict[str, Any]:
    """A module's own parameters and then buffers that its state_dict has."""
    members = {**Members(module, PARAMETER), **Members(module, BUFFER)}
    return {name: tensor for name, tensor in members.items() if tensor is not None}


def put(module: Any, name: str, value: Any, assign: bool) -> None:
    """Copy a value into a parameter or buffer, or put it in its place."""
    old = getattr(module, name)
    if not assign:
        old.copy_(value)
    elif not isinstance(old, Parameter):
        setattr(module, name, value)
    elif isinstance(value, Parameter):
        setattr(module, name, value.requires_grad_(old.requires_grad))
    else:
        setattr(module, name, Parameter(value.detach(), old.requires_grad))


def quoted(names: list[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
