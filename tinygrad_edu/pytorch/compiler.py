"""What PyTorch's programs say to its compilers, of which there is none here."""

from types import SimpleNamespace
from typing import Any

from .jit import ignore as disable
from .jit import is_scripting as is_compiling
from .jit import unused as allow_in_graph

__all__ = ["allow_in_graph", "config", "disable", "is_compiling", "is_dynamo_compiling", "reset"]

config = SimpleNamespace()  # switches that are kept and change nothing
is_dynamo_compiling = is_compiling


def reset(*arguments: Any) -> None:
    """Nothing to do: nothing was compiled."""
