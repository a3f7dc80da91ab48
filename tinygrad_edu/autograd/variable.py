"""Variable, which made a Tensor part of the graph before PyTorch 0.4; programs of that time call it."""

from typing import Any

from ..tensor import Tensor

__all__ = ["Variable"]


class TensorsToo(type):
    """The class of a class whose objects are Tensors."""

    def __instancecheck__(cls, x: object) -> bool:
        return isinstance(x, Tensor)


class Variable(metaclass=TensorsToo):
    """`Variable(data)`: a Tensor's values, in the same memory, without their history; a leaf. All Tensors are such."""

    def __new__(cls, data: Tensor, requires_grad: bool = False) -> Any:
        """The leaf.

        Raises:
            TypeError: the data are no Tensor.
        """
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable takes a Tensor, got {type(data).__name__}")
        return data.detach().requires_grad_(requires_grad)
