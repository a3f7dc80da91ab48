"""What programs ask of PyTorch's inside: its core, its settings of building, its files' formats."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from ..nn.state import KeysNotMatched as _IncompatibleKeys
from ..printing import OPTIONS as PRINT_OPTS
from ..printing import elements

__all__ = [
    "DEFAULT_PROTOCOL",
    "FILE_LIKE",
    "MAP_LOCATION",
    "PRINT_OPTS",
    "Graph",
    "Value",
    "_IncompatibleKeys",
    "_get_tracing_state",
    "_log_api_usage_once",
    "_tensor_str",
    "add_safe_globals",
    "parallel_info",
    "safe_globals",
    "show",
    "to_dlpack",
]

DEFAULT_PROTOCOL = 2
FILE_LIKE = MAP_LOCATION = Graph = Value = Any


def _log_api_usage_once(event: str) -> None:
    """Nothing to do: nobody counts."""


def _get_tracing_state() -> None:
    """None: nothing is traced."""


def add_safe_globals(safe_globals: Any) -> None:
    """Nothing to do: no file's code is run, so that nothing needs to be called safe."""


def safe_globals(safe_globals: Any) -> AbstractContextManager[None]:
    """A context in which nothing is other: no file's code is run."""
    return nullcontext()


def show() -> str:
    """What this is made of."""
    from numpy import __version__ as version

    return f"tinygrad_edu on NumPy {version}\n"


def parallel_info() -> str:
    """How many threads there are."""
    from ..functions.settings import get_num_threads

    return f"get_num_threads() : {get_num_threads()}\n"


def to_dlpack(tensor: Any) -> Any:
    """The memory of a Tensor, for another library's from_dlpack."""
    return tensor.__dlpack__()


def _tensor_str(self: Any, indent: int) -> str:
    """The numbers of a Tensor as they are shown."""
    return elements(self.detach().numpy(), indent)
