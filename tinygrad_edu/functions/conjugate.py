"""What programs ask of numbers that may be complex: here all are real, and their own conjugates."""

from ..tensor import Tensor, method

__all__ = ["adjoint", "conj", "is_complex", "isreal", "real"]


@method
def is_complex(input: Tensor) -> bool:
    """False."""
    return False


@method
def conj(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return input


@method
def isreal(input: Tensor) -> Tensor:
    """True everywhere."""
    return input.new_ones(input.shape, dtype=bool)


def real(input: Tensor) -> Tensor:
    """The Tensor itself."""
    return input


@method
def adjoint(input: Tensor) -> Tensor:
    """The matrices transposed; `(*, m, n) -> (*, n, m)`; also as `x.mH`."""
    return input.mT


Tensor.real = property(real)  # type: ignore[attr-defined]
Tensor.mH = Tensor.H = property(adjoint)  # type: ignore[attr-defined]
