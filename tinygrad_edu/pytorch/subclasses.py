"""Classes of Tensors that PyTorch's programs make in `__new__`, as PyTorch's own are made."""

from typing import Any

from ..nn import Parameter
from ..tensor import Tensor

__all__ = ["METHODS"]


def _make_subclass(cls: type[Tensor], data: Tensor, require_grad: bool = False) -> Tensor:
    """A Tensor of this class with the memory of another."""
    made = object.__new__(cls)
    Parameter.__init__(made, data, require_grad)  # type: ignore[arg-type]
    return made


def __init_subclass__(cls: type[Tensor], /, **settings: Any) -> None:  # noqa: N807
    """Leave what `__new__` made as it is, where a class has no `__init__` beside it."""
    super(Tensor, cls).__init_subclass__(**settings)
    if "__new__" in vars(cls) and "__init__" not in vars(cls):
        cls.__init__ = made_already  # type: ignore[method-assign]


def made_already(self: Tensor, *args: Any, **settings: Any) -> None:
    """Nothing."""


def as_subclass(self: Tensor, cls: Any) -> Tensor:
    """The same memory and history as a Tensor of this class.

    Raises:
        TypeError: it is no class of Tensors.
    """
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError(f"as_subclass takes a class of Tensors, got {cls!r:.60}")
    made: Tensor = self.view(self.shape)
    made.__class__ = cls
    return made


METHODS = {
    "_make_subclass": staticmethod(_make_subclass),
    "__init_subclass__": classmethod(__init_subclass__),
    "as_subclass": as_subclass,
}
