"""The switches of PyTorch's backends, which programs set: they are kept and change nothing."""

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

from .cuda import is_available

__all__ = ["cuda", "cudnn", "mps"]

cudnn = SimpleNamespace(
    allow_tf32=False,
    benchmark=False,
    deterministic=False,
    enabled=False,
    flags=lambda **switches: nullcontext(),
    is_available=is_available,
    version=lambda: None,
)
mps = SimpleNamespace(is_available=is_available, is_built=is_available)


def ignore(*switches: Any, **named: Any) -> None:
    """Nothing to do: there is one way to compute attention."""


cuda = SimpleNamespace(
    enable_flash_sdp=ignore,
    enable_math_sdp=ignore,
    enable_mem_efficient_sdp=ignore,
    is_built=is_available,
    matmul=SimpleNamespace(allow_tf32=False),
)
