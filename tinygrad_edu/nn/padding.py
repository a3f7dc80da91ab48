"""Padding layers: functional.pad by one mode, around a fixed number of dimensions."""

from collections.abc import Sequence

from ..kernels.windows import Sizes, per_dimension
from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = [
    "CircularPad1d",
    "CircularPad2d",
    "CircularPad3d",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad1d",
    "ZeroPad2d",
    "ZeroPad3d",
]

Widths = int | Sequence[int]


class _Pad(Module):
    """Values around the last dimensions; `padding` is one width, or (before, after) of the last dimension first.

    Raises:
        ValueError: there are neither one nor two widths for each dimension.
        ShapeError: in forward, the widths do not fit the input.
    """

    dims: int
    mode: str
    padding: Sizes

    def __init__(self, padding: Widths) -> None:
        super().__init__()
        self.padding = per_dimension(padding, 2 * self.dims, "padding")

    def forward(self, input: Tensor) -> Tensor:
        """The input with values around it."""
        return functional.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class _ConstantPad(_Pad):
    """One value around the last dimensions."""

    def __init__(self, padding: Widths, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input with the value around it."""
        return functional.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The widths and the value."""
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    """Zeros around the last dimensions."""

    def __init__(self, padding: Widths) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The widths."""
        return f"{self.padding}"


class CircularPad1d(_Pad):
    """What stands at the other end, around one dimension; `(.., L) -> (.., before + L + after)`."""

    dims, mode = 1, "circular"


class CircularPad2d(_Pad):
    """What stands at the other end, around two dimensions; `(.., H, W) -> (.., H', W')`."""

    dims, mode = 2, "circular"


class CircularPad3d(_Pad):
    """What stands at the other end, around three dimensions; `(.., D, H, W) -> (.., D', H', W')`."""

    dims, mode = 3, "circular"


class ConstantPad1d(_ConstantPad):
    """One value around one dimension; `(.., L) -> (.., before + L + after)`."""

    dims, mode = 1, "constant"


class ConstantPad2d(_ConstantPad):
    """One value around two dimensions; `(.., H, W) -> (.., H', W')`."""

    dims, mode = 2, "constant"


class ConstantPad3d(_ConstantPad):
    """One value around three dimensions; `(.., D, H, W) -> (.., D', H', W')`."""

    dims, mode = 3, "constant"


class ReflectionPad1d(_Pad):
    """Mirror images around one dimension; `(.., L) -> (.., before + L + after)`."""

    dims, mode = 1, "reflect"


class ReflectionPad2d(_Pad):
    """Mirror images around two dimensions; `(.., H, W) -> (.., H', W')`."""

    dims, mode = 2, "reflect"


class ReflectionPad3d(_Pad):
    """Mirror images around three dimensions; `(.., D, H, W) -> (.., D', H', W')`."""

    dims, mode = 3, "reflect"


class ReplicationPad1d(_Pad):
    """The outermost values repeated around one dimension; `(.., L) -> (.., before + L + after)`."""

    dims, mode = 1, "replicate"


class ReplicationPad2d(_Pad):
    """The outermost values repeated around two dimensions; `(.., H, W) -> (.., H', W')`."""

    dims, mode = 2, "replicate"


class ReplicationPad3d(_Pad):
    """The outermost values repeated around three dimensions; `(.., D, H, W) -> (.., D', H', W')`."""

    dims, mode = 3, "replicate"


class ZeroPad1d(_ZeroPad, ConstantPad1d):
    """Zeros around one dimension; `(.., L) -> (.., before + L + after)`."""


class ZeroPad2d(_ZeroPad, ConstantPad2d):
    """Zeros around two dimensions; `(.., H, W) -> (.., H', W')`."""


class ZeroPad3d(_ZeroPad, ConstantPad3d):
    """Zeros around three dimensions; `(.., D, H, W) -> (.., D', H', W')`."""
