"""Random Tensors, from one seeded generator unless another is given: the same seed gives the same bits."""

import functools
from typing import Any

import numpy

from ..dtypes import as_dtype, get_default_dtype, int64
from ..recording import wrap
from ..tensor import Tensor, method
from .creation import finished
from .dims import as_new_sizes

__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "initial_seed",
    "manual_seed",
    "normal",
    "rand",
    "rand_like",
    "randint",
    "randn",
    "randn_like",
    "randperm",
]


class Generator:
    """A stream of random numbers of its own; by PCG64, O'Neill 2014."""

    def __init__(self) -> None:
        self.seed = 0

    @functools.cached_property
    def source(self) -> "numpy.random.Generator":
        """NumPy's stream, made when the first number is drawn: importing it takes as long as half of this package."""
        return numpy.random.Generator(numpy.random.PCG64(self.seed))

    def manual_seed(self, seed: int) -> "Generator":
        """Start the stream anew at this seed."""
        self.seed = int(seed)
        # in place, so that whoever holds the stream follows; negative seeds are taken modulo 2^64, as in PyTorch
        self.source.bit_generator.state = numpy.random.PCG64(self.seed % 2**64).state
        return self

    def initial_seed(self) -> int:
        """The seed that the stream was last started at."""
        return self.seed

    def get_state(self) -> dict[str, Any]:
        """Where the stream is, to come back to with set_state."""
        return dict(self.source.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> "Generator":
        """Go back to where the stream was."""
        self.source.bit_generator.state = state
        return self


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew at this seed."""
    return default_generator.manual_seed(seed)


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.seed


def drawn(size: Any, dtype: Any, generator: Generator | None, draw: str) -> Any:
    """An array of draws in its dtype; float32 is drawn as such."""
    wanted = as_dtype(dtype or get_default_dtype())
    direct = wanted if wanted.itemsize >= 4 else numpy.dtype("float32")
    source = (generator or default_generator).source
    return getattr(source, draw)(as_new_sizes(size), dtype=direct).astype(wanted, copy=False)


def rand(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers in [0, 1)."""
    return finished(drawn(size, dtype, generator, "random"), requires_grad)


def randn(*size: Any, generator: Generator | None = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers from the standard normal distribution."""
    return finished(drawn(size, dtype, generator, "standard_normal"), requires_grad)


def rand_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of another Tensor."""
    return rand(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randn_like(input: Tensor, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """Standard normal numbers in the shape and dtype of another Tensor."""
    return randn(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad)


def randint(
    low: int, high: Any = None, size: Any = None, *, generator: Generator | None = None, dtype: Any = None
) -> Tensor:
    """Integers from low (or 0) up to, but without, high."""
    if size is None:
        low, high, size = 0, low, high
    if not low < high:
        raise RuntimeError(f"randint needs low < high, got {low} and {high}")
    source = (generator or default_generator).source
    return wrap(source.integers(low, high, as_new_sizes((size,))).astype(as_dtype(dtype or int64)))


def randperm(n: int, *, generator: Generator | None = None, dtype: Any = None) -> Tensor:
    """The integers from 0 to n - 1 in random order.

    Raises:
        RuntimeError: n is negative.
    """
    if n < 0:
        raise RuntimeError(f"randperm needs a count that is not negative, got {n}")
    return wrap((generator or default_generator).source.permutation(n).astype(as_dtype(dtype or int64)))


def normal(mean: Any, std: Any, size: Any = None, *, generator: Generator | None = None) -> Tensor:
    """Normal numbers with this mean and standard deviation, each a number or a Tensor."""
    if size is None:
        size = numpy.broadcast_shapes(getattr(mean, "shape", ()), getattr(std, "shape", ()))
    return randn(size, generator=generator) * std + mean


@method
def bernoulli(input: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives, else 0; no gradient.

    Raises:
        RuntimeError: an element is not between 0 and 1.
    """
    if not ((input._array >= 0) & (input._array <= 1)).all():
        raise RuntimeError("bernoulli needs probabilities from 0 to 1")
    draws = (generator or default_generator).source.random(input.shape)
    return wrap((draws < input._array).astype(input.dtype))


@method
def uniform_(self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers in [low, high)."""
    return self.copy_(wrap(drawn((self.shape,), self.dtype, generator, "random") * (high - low) + low))


@method
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    return self.copy_(wrap(drawn((self.shape,), self.dtype, generator, "standard_normal") * std + mean))
