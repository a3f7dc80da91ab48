"""Parameter and Buffer: Tensors that belong to a Module, the one to be learned, the other not."""

from typing import Any

from ..functions.creation import empty
from ..tensor import Tensor

__all__ = [
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "clear_gradients",
    "is_uninitialized",
]


class Parameter(Tensor):
    """A Tensor that a Module lists among its parameters once it is assigned to an attribute; it shares the memory.

    >>> from tinygrad_edu import zeros
    >>> Parameter(zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)

    Raises:
        TypeError: `data` is no Tensor.
        RuntimeError: it requires grad and does not hold floats.
    """

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"a Parameter is made of a Tensor, got {type(data).__name__}; use Parameter(tensor(...))")
        self._array = data._array
        self._node = None
        self._view = None
        self.requires_grad_(requires_grad)

    def __repr__(self) -> str:
        return f"Parameter containing:\n{super().__repr__()}"


class Buffer(Tensor):
    """A Tensor that a Module lists among its buffers once it is assigned to an attribute; it shares the memory.

    The state_dict has it if it is persistent.

    >>> from tinygrad_edu import nn, zeros
    >>> net = nn.Module()
    >>> net.mean = Buffer(zeros(2))
    >>> list(net.state_dict())
    ['mean']

    Raises:
        TypeError: `data` is no Tensor.
    """

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        if data is None:
            data = empty(0)
        if not isinstance(data, Tensor):
            raise TypeError(f"a Buffer is made of a Tensor, got {type(data).__name__}; use Buffer(tensor(...))")
        self._array = data._array
        self._node = None
        self._view = None
        self.persistent = persistent
        self.requires_grad_(data.requires_grad)


class Uninitialized(Tensor):
    """What a parameter and a buffer have in common before their shape is known."""

    becomes: type = Tensor

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become a parameter or buffer of this shape, whose values are those that are in memory."""
        self.data = empty(shape, device=device, dtype=dtype or self.dtype)
        self.__class__ = self.becomes

    def share_memory_(self) -> Any:
        """Refuse: there is no memory yet.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("Can't share memory on an uninitialized parameter or buffer; call the module before")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class UninitializedParameter(Uninitialized, Parameter):
    """A parameter of a lazy module, of which neither shape nor values are known yet."""

    becomes = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        Parameter.__init__(self, empty(0, device=device, dtype=dtype), requires_grad)


class UninitializedBuffer(Uninitialized, Buffer):
    """A buffer of a lazy module, of which neither shape nor values are known yet."""

    def __init__(
        self, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True
    ) -> None:
        Buffer.__init__(self, empty(0, device=device, dtype=dtype), persistent=persistent)
        self.requires_grad_(requires_grad)


def is_uninitialized(x: Any) -> bool:
    """Whether it is a parameter or buffer whose shape is not known yet."""
    return isinstance(x, Uninitialized)


def clear_gradients(parameters: Any, set_to_none: bool = True) -> None:
    """Forget the gradients of these parameters, or set them to zero in the memory that they have."""
    for p in parameters:
        if set_to_none:
            p.grad = None
        elif p.grad is not None:
            p.grad = p.grad.detach().zero_()
