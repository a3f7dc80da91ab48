"""Variable, which made a Tensor part of the graph before PyTorch 0.4; programs of that time call it."""

from ..tensor import Tensor

__all__ = ["Variable"]


def Variable(data: Tensor, requires_grad: bool = False) -> Tensor:  # noqa: N802
    """The Tensor's values, in the same memory, without their history; a leaf."""
    return data.detach().requires_grad_(requires_grad)
