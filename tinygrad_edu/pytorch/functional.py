"""Names in PyTorch's nn.functional that are elsewhere here."""

from ..ops.elementary import sigmoid, tanh

__all__ = ["sigmoid", "tanh"]
