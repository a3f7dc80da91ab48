"""What programs ask of every Tensor in case it were complex, on a device, or a view that must not be one."""

from typing import Any

from ..functions.norms import norm
from ..functions.splitting import chunk, split
from ..tensor import Tensor

__all__ = [
    "METHODS",
    "get_device",
    "is_conj",
    "is_neg",
    "is_signed",
    "norm_except_dim",
    "resolve_conj",
    "resolve_neg",
    "unsafe_chunk",
    "unsafe_split",
]


def is_conj(input: Tensor) -> bool:
    """False: no Tensor waits to be conjugated."""
    return False


def is_neg(input: Tensor) -> bool:
    """False: no Tensor waits to be negated."""
    return False


def resolve_conj(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return input


resolve_neg = resolve_conj
unsafe_chunk, unsafe_split = chunk, split  # views, to which one may write all the same


def is_signed(input: Tensor) -> bool:
    """Whether the dtype has negative numbers."""
    return bool(input.dtype.kind in "if")


def get_device(input: Tensor) -> int:
    """-1: the CPU has no number."""
    return -1


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Any:
    """The norms of the slices along a dimension, over all others, which keep the size 1; of all if it is -1."""
    return norm(v, pow) if dim == -1 else norm(v, pow, [d for d in range(v.ndim) if d != dim], keepdim=True)


METHODS = {name: globals()[name] for name in ("is_conj", "is_neg", "resolve_conj", "resolve_neg")}
METHODS |= {"unsafe_chunk": chunk, "unsafe_split": split}
