"""Compilation as PyTorch's programs ask for it: here they are given back what they had."""

from typing import Any, Final, Optional, Union

from ..nn import Module

__all__ = [
    "Dict",
    "Final",
    "List",
    "Optional",
    "ScriptModule",
    "Tuple",
    "Union",
    "_copy_to_script_wrapper",
    "_overload",
    "_overload_method",
    "_script_if_tracing",
    "annotate",
    "export",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "script",
    "script_if_tracing",
    "script_method",
    "trace",
    "unused",
]


class ScriptModule(Module):
    """A module that programs derive their compiled ones from; here it is like any other."""


def script(obj: Any, **settings: Any) -> Any:
    """The module or function itself."""
    return obj


def trace(func: Any, example_inputs: Any = None, **settings: Any) -> Any:
    """The module or function itself."""
    return func


def export(fn: Any) -> Any:
    """The method itself."""
    return fn


def ignore(drop: Any = False, **settings: Any) -> Any:
    """The method itself, or a decorator that gives it."""
    return drop if callable(drop) else export


def script_if_tracing(fn: Any) -> Any:
    """The function itself."""
    return fn


def unused(fn: Any) -> Any:
    """The method itself."""
    return fn


def is_scripting() -> bool:
    """False."""
    return False


def is_tracing() -> bool:
    """False."""
    return False


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself."""
    return the_value


List, Dict, Tuple = list, dict, tuple
script_method = interface = _overload = _overload_method = _copy_to_script_wrapper = export
_script_if_tracing = script_if_tracing
