"""What programs say to PyTorch's tracer of graphs, of which there is none here."""

from .jit import unused as wrap

__all__ = ["wrap"]
