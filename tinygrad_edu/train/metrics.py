"""How good predictions are."""

from ..tensor import Tensor

__all__ = ["accuracy"]


def accuracy(scores: Tensor, labels: Tensor) -> float:
    """The share, from 0 to 1, of samples whose highest score is that of their label; `(B, classes), (B,) -> number`.

    >>> from tinygrad_edu import tensor
    >>> accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1]))
    0.5
    """
    right = scores.argmax(dim=1) == labels
    return float(right.sum().item()) / len(labels)
