"""What all losses have: a reduction."""

from ..module import Module

__all__ = ["Loss"]


class Loss(Module):
    """A loss with its reduction: "mean", "sum" or "none"."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction
