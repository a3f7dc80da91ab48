"""Activations of straight pieces: hard forms of the smooth ones, shrinkage, thresholds; `(*) -> (*)`."""

from ..tensor import Tensor
from . import functional
from .module import Module

__all__ = ["Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "ReLU6", "Softshrink", "Tanhshrink", "Threshold"]


class Hardtanh(Module):
    """y = x held between min_val and max_val; `(*) -> (*)`.

    Raises:
        ValueError: min_val is not less than max_val.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if not min_val < max_val:
            raise ValueError(f"Hardtanh needs min_val < max_val, got {min_val} and {max_val}")
        self.min_val = min_val
        self.max_val = max_val
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x held between the bounds."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The bounds."""
        return f"min_val={self.min_val}, max_val={self.max_val}" + (", inplace=True" if self.inplace else "")


class ReLU6(Hardtanh):
    r"""$y = \min(\max(x, 0), 6)$; `(*) -> (*)`.

    Source: Krizhevsky, "Convolutional Deep Belief Networks on CIFAR-10" (2010).
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        """Whether it writes into its input."""
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    r"""$y = \min(\max(x + 3, 0), 6) / 6$; `(*) -> (*)`.

    Source: Courbariaux, Bengio and David, "BinaryConnect" (2015), equation 3, with other numbers.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """(x + 3) / 6 held between 0 and 1."""
        return functional.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    r"""$y = x \min(\max(x + 3, 0), 6) / 6$; `(*) -> (*)`.

    Source: Howard et al., "Searching for MobileNetV3" (2019), section 5.2.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x hardsigmoid(x)."""
        return functional.hardswish(input, self.inplace)


class Hardshrink(Module):
    """y = x, and 0 where |x| <= lambd; `(*) -> (*)`."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """x where it is large."""
        return functional.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The bound."""
        return str(self.lambd)


class Softshrink(Module):
    """y = x moved towards 0 by lambd, and not past it; `(*) -> (*)`; the proximal step of lambd |x|."""

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """x nearer to 0."""
        return functional.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The distance."""
        return str(self.lambd)


class Tanhshrink(Module):
    """y = x - tanh(x); `(*) -> (*)`."""

    def forward(self, input: Tensor) -> Tensor:
        """x - tanh(x)."""
        return functional.tanhshrink(input)


class Threshold(Module):
    """y = x where x is larger than the threshold, a value elsewhere; `(*) -> (*)`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """x, or the value."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The threshold and the value."""
        return f"threshold={self.threshold}, value={self.value}" + (", inplace=True" if self.inplace else "")
