"""Which version of PyTorch this is like, and that it has no GPU."""

from .names import __version__

__all__ = ["__version__", "cuda", "hip"]

cuda = hip = None
