"""The switches of PyTorch's backends, which programs set: they are kept and change nothing."""

from types import SimpleNamespace

from .cuda import is_available

__all__ = ["cuda", "cudnn", "mps"]

cudnn = SimpleNamespace(
    allow_tf32=False,
    benchmark=False,
    deterministic=False,
    enabled=False,
    is_available=is_available,
    version=lambda: None,
)
mps = SimpleNamespace(is_available=is_available, is_built=is_available)
cuda = SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False), is_built=is_available)
