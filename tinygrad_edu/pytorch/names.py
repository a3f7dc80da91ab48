"""Names at the top of PyTorch that are nothing of ours by themselves."""

from typing import Any

from .. import dtypes
from ..functions.device import device
from .dtypes import bfloat16, dtype, get_default_dtype
from .precision import autocast, is_autocast_enabled

__all__ = [
    "Device",
    "Number",
    "__version__",
    "autocast",
    "bfloat16",
    "dtype",
    "get_default_dtype",
    "get_num_interop_threads",
    "is_autocast_enabled",
    "layout",
    "memory_format",
    "set_default_tensor_type",
    "set_num_interop_threads",
]

__version__ = "2.13.0+tinygrad_edu"


Number = int | float | bool
Device = device | str | int | None
layout = memory_format = str


def set_default_tensor_type(t: Any) -> None:
    """Make floating Tensors of this type: `torch.DoubleTensor`, or its name."""
    name = t if isinstance(t, str) else t.__name__
    kinds = {"FloatTensor": dtypes.float32, "DoubleTensor": dtypes.float64, "HalfTensor": dtypes.float16}
    kind = kinds.get(name.rpartition(".")[2])
    if kind is None:
        raise TypeError(f"the default type of Tensors is a floating one, {', '.join(kinds)}, got {name}")
    dtypes.set_default_dtype(kind)


def get_num_interop_threads() -> int:
    """1: operations run one after the other."""
    return 1


def set_num_interop_threads(num: int) -> None:
    """Nothing to do: operations run one after the other."""
