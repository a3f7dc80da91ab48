"""Two Tensors that change places, as PyTorch's `torch.utils` has it."""

import weakref

from ..graph import Leaf
from ..tensor import Tensor

__all__ = ["swap_tensors"]


def swap_tensors(t1: Tensor, t2: Tensor) -> None:
    """Let each Tensor be what the other was, wherever they are held: values, history, class, attributes.

    Raises:
        TypeError: one is no Tensor.
        RuntimeError: one is a view, which would still follow what it is a view of.
    """
    for x in (t1, t2):
        if not isinstance(x, Tensor):
            raise TypeError(f"swap_tensors takes two Tensors, got {type(x).__name__}")
        if x._view is not None:
            raise RuntimeError("swap_tensors: a view cannot become another Tensor; take its clone()")
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
    for x in (t1, t2):
        if isinstance(x._node, Leaf):
            x._node.tensor = weakref.ref(x)
