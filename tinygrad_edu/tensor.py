"""Tensor: an array, and where it came from."""

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, TypeVar

import numpy
from numpy.typing import NDArray

from . import recording, writes
from .backend import to_numpy
from .dtypes import get_default_dtype
from .grad_mode import is_grad_enabled
from .graph import RETAIN, Leaf, Node, Output
from .ops import comparison, elementary, elementwise, linear, movement
from .primitive import Primitive
from .printing import tensor_text
from .recording import Recorded, UnsupportedOperandError, record, wrap
from .told import guarded, warn_user

__all__ = ["Tensor", "method"]

Array = NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])
NONE: dict[str, Any] = {}


def operator(primitive: Primitive, reflected: bool = False) -> Callable[["Tensor", Any], Any]:
    """An operator method of a primitive with two inputs; Python tries the other operand where it cannot serve."""

    def straight(self: "Tensor", other: Any) -> Any:
        try:
            return record(primitive, (self, other), NONE)
        except UnsupportedOperandError:
            return NotImplemented

    def swapped(self: "Tensor", other: Any) -> Any:
        try:
            return record(primitive, (other, self), NONE)
        except UnsupportedOperandError:
            return NotImplemented

    return swapped if reflected else straight


def binary(primitive: Primitive) -> Callable[["Tensor", Any], Any]:
    """A method of a primitive with two inputs."""

    def call(self: "Tensor", other: Any) -> Any:
        return record(primitive, (self, other), NONE)

    return named(call, primitive)


def unary(primitive: Primitive) -> Callable[["Tensor"], Any]:
    """A method of a primitive with one input."""

    def call(self: "Tensor") -> Any:
        return record(primitive, (self,), NONE)

    return named(call, primitive)


def with_settings(primitive: Primitive) -> Callable[..., Any]:
    """A method of a primitive with one input and settings."""

    def call(self: "Tensor", **settings: Any) -> Any:
        return record(primitive, (self,), settings)

    return named(call, primitive)


def named(call: Any, primitive: Primitive) -> Any:
    """Give a method the name and documentation of its primitive."""
    call.__name__ = primitive.name
    call.__qualname__ = f"Tensor.{primitive.name}"
    call.__doc__ = primitive.__doc__
    return call


# Called so often that guarding them would show; they see to their errors themselves.
LEAN = {"add_", "backward", "copy_", "detach", "expand", "fill_", "flatten", "mean", "mul_", "permute", "reshape"}
LEAN |= {"softmax", "squeeze", "sub_", "sum", "t", "to", "transpose", "unsqueeze", "view", "zero_"}


def method(function: Function, *names: str) -> Function:
    """Make a function, whose first argument is a Tensor, a method of Tensor too, under its name or those given."""
    for name in names or (function.__name__,):
        setattr(Tensor, name, function if name in LEAN or name.startswith("__") else guarded(function, held=True))
    return function


class Tensor(Recorded):
    """A multi-dimensional array of one dtype that knows how it was computed.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __primitive__ = staticmethod(record)
    __array_priority__ = 1000  # ndarray * Tensor is left to the Tensor

    _kept: Any = None  # the gradient of a Tensor that is no leaf of a graph; a leaf's is with its Leaf

    def __init__(self, *data: Any) -> None:
        """Tensor(2, 3) is of that shape and uninitialised, Tensor(values) copies them; both of the default dtype."""
        sizes = data[0] if data and isinstance(data[0], tuple) and hasattr(data[0], "numel") else data or (0,)
        if sizes is data and len(data) == 1 and hasattr(data[0], "__len__"):
            self._array = numpy.array(to_numpy(data[0]), get_default_dtype())
        else:
            self._array = numpy.empty(sizes, get_default_dtype())
        self._node = None
        self._view = None

    if TYPE_CHECKING:  # what the functions of higher floors add
        nbytes: int

        def __getattr__(self, name: str) -> Callable[..., Any]: ...
        def __getitem__(self, index: Any) -> "Tensor": ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __iter__(self) -> Iterator[Any]: ...
        def __len__(self) -> int: ...
        def __int__(self) -> int: ...
        def __float__(self) -> float: ...
        def __bool__(self) -> bool: ...
        def __pow__(self, exponent: Any) -> "Tensor": ...
        def __rpow__(self, base: Any) -> "Tensor": ...
        def __index__(self) -> int: ...

    # what it holds

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each dimension."""
        return self._array.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    @property
    def dtype(self) -> Any:
        """The type of the elements."""
        return self._array.dtype

    @property
    def T(self) -> "Tensor":
        """The dimensions in reverse order; a view."""
        return movement.permute(self, dims=tuple(reversed(range(self.ndim))))

    @property
    def mT(self) -> "Tensor":
        """The last two dimensions exchanged; a view."""
        return self.transpose(-2, -1)

    @property
    def data(self) -> "Tensor":
        """The same memory without its history; assigning to it replaces the array."""
        return self.detach()

    @data.setter
    def data(self, other: "Tensor") -> None:
        if not isinstance(other, Tensor):
            raise TypeError(f"the data of a Tensor is a Tensor, got {type(other).__name__}")
        if self._node is not None and other.dtype.kind != "f":
            raise RuntimeError(f"this Tensor requires grad, and its data must be floats, got {other.dtype}")
        self._array = other._array
        if isinstance(self._node, Leaf):
            self._node.shape, self._node.dtype = self.shape, self._array.dtype

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    def detach(self) -> "Tensor":
        """A Tensor over the same memory that no gradient flows through."""
        return wrap(self._array)

    def numpy(self, *, force: bool = False) -> Array:
        """The array itself, not a copy.

        Raises:
            RuntimeError: the Tensor requires grad, and a write to the array would pass autograd by, unless `force`.
        """
        if not force and self.requires_grad and is_grad_enabled():
            raise RuntimeError("this Tensor requires grad; take its array with .detach().numpy()")
        return self._array

    def item(self) -> Any:
        """The only element, as a Python number.

        Raises:
            RuntimeError: there is not exactly one.
        """
        if self._array.size != 1:
            raise RuntimeError(f"item() is for a Tensor of one element, this one has shape {self.shape}")
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
        return self._array.tolist()

    # how it was computed

    @property
    def requires_grad(self) -> bool:
        """Whether gradients are computed for it."""
        if self._view is not None:
            self._view.renew(self)
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if not self.is_leaf:
            raise RuntimeError("requires_grad can be set on a leaf only; use detach() for what was computed")
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Ask for gradients, or no longer, of a leaf.

        Raises:
            RuntimeError: the Tensor was computed from others, or does not hold floats.
        """
        if not self.is_leaf:
            if not requires_grad:
                raise RuntimeError("only a leaf can stop requiring grad; use detach() for what was computed")
        elif not requires_grad:
            self._kept, self._node = self.grad, None
        elif self._node is None:
            if self.dtype.kind != "f":
                raise RuntimeError(f"only a Tensor of floats can require grad, this one holds {self.dtype}")
            self._node, self._view = Leaf(self.shape, self._array.dtype, weakref.ref(self)), None
            self._node.grad = self._kept
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether it was not computed from a Tensor that requires grad."""
        return not self.requires_grad or isinstance(self._node, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the call that computed it; None for a leaf."""
        node = None if self.is_leaf else self._node
        return node.parents[0] if isinstance(node, Output) else node

    @property
    def grad(self) -> Any:
        """The accumulated gradient, a Tensor of the same shape; None at first."""
        if isinstance(self._node, Leaf):
            return self._node.grad
        if self._kept is None and self._node is not None and RETAIN not in (self._node.hooks or ()):
            warn_user("backward leaves no .grad in a Tensor that is no leaf, unless retain_grad() is called before")
        return self._kept

    @grad.setter
    def grad(self, value: "Tensor | None") -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"a gradient is a Tensor or None, got {type(value).__name__}")
            if value is self:
                raise RuntimeError("a Tensor cannot be its own gradient")
            if (value.shape, value.dtype) != (self.shape, self.dtype):
                raise RuntimeError(f"a gradient for {self.dtype} {self.shape} cannot be {value.dtype} {value.shape}")
        if isinstance(self._node, Leaf):
            self._node.grad = value
        else:
            self._kept = value

    @grad.deleter
    def grad(self) -> None:
        self.grad = None

    @property
    def _grad(self) -> Any:  # PyTorch's name for `.grad` read without a warning
        return self._node.grad if isinstance(self._node, Leaf) else self._kept

    @_grad.setter
    def _grad(self, value: "Tensor | None") -> None:
        self.grad = value

    @property
    def _version(self) -> int:
        return writes.version(self._array)

    # operators

    def __pos__(self) -> Self:
        return self

    def __repr__(self) -> str:
        name = type(self).__name__
        word = "tensor" if name in ("Tensor", "Parameter") else name
        return tensor_text(self._array, self._node if self.requires_grad else None, word)

    __hash__ = object.__hash__

    __add__, __radd__ = operator(elementwise.add), operator(elementwise.add, reflected=True)
    __sub__, __rsub__ = operator(elementwise.sub), operator(elementwise.sub, reflected=True)
    __mul__, __rmul__ = operator(elementwise.mul), operator(elementwise.mul, reflected=True)
    __truediv__, __rtruediv__ = operator(elementwise.div), operator(elementwise.div, reflected=True)
    __floordiv__, __rfloordiv__ = operator(elementwise.floor_divide), operator(elementwise.floor_divide, reflected=True)
    __mod__, __rmod__ = operator(elementwise.remainder), operator(elementwise.remainder, reflected=True)
    __matmul__, __rmatmul__ = operator(linear.matmul), operator(linear.matmul, reflected=True)
    __and__, __rand__ = operator(comparison.bitwise_and), operator(comparison.bitwise_and, reflected=True)
    __or__, __ror__ = operator(comparison.bitwise_or), operator(comparison.bitwise_or, reflected=True)
    __xor__, __rxor__ = operator(comparison.bitwise_xor), operator(comparison.bitwise_xor, reflected=True)
    __eq__, __ne__ = operator(comparison.eq), operator(comparison.ne)
    __lt__, __le__ = operator(comparison.lt), operator(comparison.le)
    __gt__, __ge__ = operator(comparison.gt), operator(comparison.ge)
    __neg__, __abs__, __invert__ = unary(elementwise.neg), unary(elementwise.abs), unary(comparison.bitwise_not)


recording.Tensor = Tensor
Tensor.__init__ = guarded(Tensor.__init__)  # type: ignore[method-assign]


for family in (elementary, elementwise, comparison):
    for found in [x for x in vars(family).values() if isinstance(x, Primitive)]:
        made = binary if len(found.inputs) > 1 else with_settings if found.settings else unary
        setattr(Tensor, found.name, made(found))
