"""Whether a state_dict fits a module: every difference is told at once, before anything is changed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["KeysNotMatched", "compare_keys"]


class KeysNotMatched(NamedTuple):
    """The keys that a module wanted and a state_dict did not have, and the other way round."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"KeysNotMatched(missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys})"


def compare_keys(own: Mapping[str, Any], given: Mapping[str, Any], strict: bool, owner: str) -> KeysNotMatched:
    """The keys of one that the other does not have.

    Raises:
        TypeError: what is given is no mapping.
        RuntimeError: listing every key that is missing or unexpected, if `strict`, or of another shape.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"load_state_dict takes a dictionary of Tensors by name, got {type(given).__name__}")
    keys = KeysNotMatched([key for key in own if key not in given], [key for key in given if key not in own])
    told = []
    if strict and keys.unexpected_keys:
        told.append(f"Unexpected key(s) in state_dict: {quoted(keys.unexpected_keys)}.")
    if strict and keys.missing_keys:
        told.append(f"Missing key(s) in state_dict: {quoted(keys.missing_keys)}.")
    for key, value in given.items():
        if key in own and getattr(value, "shape", None) != own[key].shape:
            got = getattr(value, "shape", type(value).__name__)
            told.append(f"size mismatch for {key}: {got} in the state_dict, {own[key].shape} in the model.")
    if told:
        raise RuntimeError("\n\t".join([f"Error(s) in loading state_dict for {owner}, which is unchanged:", *told]))
    return keys


def quoted(names: list[str]) -> str:
    """`"a", "b"`."""
    return ", ".join(f'"{name}"' for name in names)
