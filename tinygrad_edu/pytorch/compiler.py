"""What PyTorch's programs say to its compilers, of which there is none here."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from .jit import ignore as disable
from .jit import is_scripting as is_compiling
from .jit import unused as allow_in_graph

__all__ = [
    "TransformGetItemToIndex",
    "allow_in_graph",
    "config",
    "disable",
    "is_compiling",
    "is_dynamo_compiling",
    "is_exporting",
    "mark_dynamic",
    "mark_static",
    "mark_static_address",
    "maybe_mark_dynamic",
    "reset",
]

config = SimpleNamespace()  # switches that are kept and change nothing
is_dynamo_compiling = is_exporting = is_compiling
TransformGetItemToIndex = nullcontext  # a block in which Tensors index Tensors under vmap, as they do anyway


def reset(*arguments: Any) -> None:
    """Nothing to do: nothing was compiled."""


mark_dynamic = mark_static = mark_static_address = maybe_mark_dynamic = reset
