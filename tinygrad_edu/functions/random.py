"""Random Tensors, from one seeded generator unless another is given: the same seed gives the same bits."""

import contextvars
import functools
import os
from typing import Any

import numpy

from ..dtypes import as_dtype, get_default_dtype, int64
from ..ops.elementwise import where
from ..recording import wrap
from ..tensor import Tensor, method
from .creation import finished, shape_of
from .device import CPU, check_device, device
from .dims import as_new_sizes, check_room

__all__ = [
    "Generator",
    "bernoulli",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "multinomial",
    "normal",
    "poisson",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "seed",
    "set_rng_state",
]


class Generator:
    """A stream of random numbers of its own; by PCG64, O'Neill 2014."""

    def __init__(self, device: Any = None) -> None:
        check_device(device)
        self.seeded = 0

    @property
    def device(self) -> device:
        """Where its numbers are drawn: on the CPU."""
        return CPU

    @functools.cached_property
    def source(self) -> "numpy.random.Generator":
        """NumPy's stream, made when the first number is drawn: importing it takes as long as half of this package."""
        # negative seeds are taken modulo 2^64, as in PyTorch
        return numpy.random.Generator(numpy.random.PCG64(self.seeded % 2**64))

    def manual_seed(self, seed: int) -> "Generator":
        """Start the stream anew at this seed."""
        self.seeded = int(seed)
        if "source" in self.__dict__:  # in place, so that whoever holds the stream follows
            self.source.bit_generator.state = numpy.random.PCG64(self.seeded % 2**64).state
        return self

    def initial_seed(self) -> int:
        """The seed that the stream was last started at."""
        return self.seeded

    def seed(self) -> int:
        """Start the stream anew at a seed of the system's choice, which is returned."""
        self.manual_seed(int.from_bytes(os.urandom(8)) >> 1)  # 63 bits
        return self.seeded

    def get_state(self) -> dict[str, Any]:
        """Where the stream is, to come back to with set_state."""
        return dict(self.source.bit_generator.state)

    def set_state(self, state: dict[str, Any]) -> "Generator":
        """Go back to where the stream was."""
        self.source.bit_generator.state = state
        return self


default_generator = Generator()
# The one that stands in its place, in this thread: a loader's batches have streams of their own.
current = contextvars.ContextVar("current", default=default_generator)


class drawing_from:  # noqa: N801  # a class, since a loader enters it for every batch
    """Within a `with` block, and in this thread, this generator stands in the place of the default one."""

    __slots__ = ("before", "generator")

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def __enter__(self) -> None:
        self.before = current.set(self.generator)

    def __exit__(self, *raised: object) -> None:
        current.reset(self.before)


def manual_seed(seed: int) -> Generator:
    """Start the default generator anew at this seed."""
    return current.get().manual_seed(seed)


def initial_seed() -> int:
    """The seed of the default generator."""
    return current.get().seeded


def seed() -> int:
    """Start the default generator anew at a seed of the system's choice, which is returned."""
    return current.get().seed()


def get_rng_state() -> dict[str, Any]:
    """Where the default generator's stream is, to come back to with set_rng_state."""
    return current.get().get_state()


def set_rng_state(new_state: dict[str, Any]) -> None:
    """Go back to where the default generator's stream was."""
    current.get().set_state(new_state)


def source_of(generator: Generator | None) -> "numpy.random.Generator":
    """The stream to draw from.

    Raises:
        TypeError: it is no Generator.
    """
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator= takes a Generator, got {type(generator).__name__}")
    return (current.get() if generator is None or generator is default_generator else generator).source


def drawn(sizes: tuple[int, ...], dtype: Any, generator: Generator | None, draw: str) -> Any:
    """An array of draws in its dtype; float32 is drawn as such.

    Raises:
        RuntimeError: the dtype is not a floating one.
    """
    wanted = as_dtype(dtype or get_default_dtype())
    if wanted.kind != "f":
        raise RuntimeError(f"random numbers between integers are floats, {wanted} cannot hold them; use randint()")
    direct = wanted if wanted.itemsize >= 4 else numpy.dtype("float32")
    return getattr(source_of(generator), draw)(sizes, dtype=direct).astype(wanted, copy=False)


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Uniform numbers in [0, 1)."""
    return finished(drawn(shape_of(sizes, size), dtype, generator, "random"), requires_grad, device)


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers from the standard normal distribution."""
    return finished(drawn(shape_of(sizes, size), dtype, generator, "standard_normal"), requires_grad, device)


def rand_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of another Tensor; keywords as for rand."""
    return rand(input.shape, dtype=dtype or input.dtype, **named)


def randn_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Standard normal numbers in the shape and dtype of another Tensor; keywords as for randn."""
    return randn(input.shape, dtype=dtype or input.dtype, **named)


def randint(
    low: Any = None,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Integers from low (or 0) up to, but without, high: `randint(high, size)` or `randint(low, high, size)`.

    Raises:
        RuntimeError: no integer lies between low and high, or the dtype does not count them.
        TypeError: no size is given.
    """
    if high is not None and not isinstance(high, (int, numpy.integer, Tensor)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None or high is None:
        raise TypeError("randint takes (high, size) or (low, high, size)")
    low, high = int(low or 0), int(high)
    if not low < high:
        raise RuntimeError(f"randint needs low < high, got {low} and {high}")
    wanted = as_dtype(dtype or int64)
    if wanted.kind in "iu" and not numpy.iinfo(wanted).min <= low < high <= numpy.iinfo(wanted).max + 1:
        raise RuntimeError(f"randint: {wanted} does not count from {low} to {high - 1}")
    found = source_of(generator).integers(low, high, as_new_sizes((size,)))
    return finished(found.astype(wanted), requires_grad, device)


def randint_like(
    input: Tensor,
    low: Any = None,
    high: Any = None,
    *,
    dtype: Any = None,
    memory_format: Any = None,
    **named: Any,
) -> Tensor:
    """Integers from low (or 0) up to, but without, high, in the shape and dtype of another Tensor.

    `randint_like(input, high)` or `randint_like(input, low, high)`; keywords as for randint.
    """
    if high is None:
        low, high = 0, low
    return randint(low or 0, high, input.shape, dtype=dtype or input.dtype, **named)


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """The integers from 0 to n - 1 in random order.

    Raises:
        RuntimeError: n is negative.
    """
    if n < 0:
        raise RuntimeError(f"randperm needs a count that is not negative, got {n}")
    check_room(n, f"randperm of {n}")
    return finished(source_of(generator).permutation(n).astype(as_dtype(dtype or int64)), requires_grad, device)


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    requires_grad: bool = False,
    device: Any = None,
    layout: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    """Normal numbers with this mean and standard deviation, each a number or a Tensor; no gradient flows to them.

    Raises:
        RuntimeError: a standard deviation is negative.
    """
    mean, std = [x.detach() if isinstance(x, Tensor) else x for x in (mean, std)]
    if (std._array < 0).any() if isinstance(std, Tensor) else std < 0:
        raise RuntimeError(f"normal needs standard deviations that are not negative, got {std}")
    given = [x.dtype for x in (mean, std) if isinstance(x, Tensor)]
    if size is None:
        size = numpy.broadcast_shapes(getattr(mean, "shape", ()), getattr(std, "shape", ()))
    drawn = randn(size, generator=generator, dtype=dtype or (given[0] if given else None), device=device)
    result = drawn * std + mean
    return result.requires_grad_() if requires_grad else result


@method
def bernoulli(input: Tensor, p: float | None = None, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives (or with probability p), else 0; its gradient is 0.

    Raises:
        RuntimeError: a probability is not between 0 and 1, or the Tensor does not hold floats.
    """
    chances = input._array if p is None else numpy.full(input.shape, p)
    if p is None and input.dtype.kind != "f":
        raise RuntimeError(f"bernoulli takes probabilities, got {input.dtype}")
    if not ((chances >= 0) & (chances <= 1)).all():
        raise RuntimeError("bernoulli needs probabilities from 0 to 1")
    drawn = wrap((source_of(generator).random(input.shape) < chances).astype(input.dtype))
    return where(False, input, drawn) if input.requires_grad else drawn


@method
def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """Indices drawn with probabilities in proportion to the weights; `(n) -> (k)`, `(B, n) -> (B, k)`.

    Without replacement the largest weights over exponential numbers are taken: Efraimidis and Spirakis 2006, "Weighted
    random sampling with a reservoir".

    Raises:
        RuntimeError: weights are negative or not finite, or fewer than num_samples are positive.
    """
    weights = input._array
    if input.ndim not in (1, 2) or input.dtype.kind != "f":
        raise RuntimeError(f"multinomial takes weights (n) or (B, n) of floats, got {input.dtype} {input.shape}")
    if num_samples < 1 or (not replacement and num_samples > input.shape[-1]):
        raise RuntimeError(f"multinomial cannot draw {num_samples} of {input.shape[-1]} without replacement")
    if not ((weights >= 0) & numpy.isfinite(weights)).all() or not weights.any(-1).all():
        raise RuntimeError("multinomial takes weights that are finite and not negative, and some of them positive")
    if not replacement and (numpy.count_nonzero(weights, -1) < num_samples).any():
        raise RuntimeError(f"multinomial cannot draw {num_samples} without replacement: too few weights are positive")
    source = source_of(generator)
    if not replacement:
        with numpy.errstate(over="ignore"):
            keys = weights / source.standard_exponential(weights.shape)
        return wrap(numpy.argsort(-keys, -1)[..., :num_samples].astype(int64))
    bounds = numpy.cumsum(weights.astype(float), -1)
    draws = source.random((*weights.shape[:-1], num_samples)) * bounds[..., -1:]
    # the number of bounds that a draw has passed; a weight of 0 has none of its own
    return wrap((draws[..., None] >= bounds[..., None, :]).sum(-1, dtype=int64))


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts of events whose expected number each element gives; no gradient.

    Raises:
        RuntimeError: an expected number is negative.
    """
    if not (input._array >= 0).all():
        raise RuntimeError("poisson needs expected numbers that are not negative")
    return wrap(source_of(generator).poisson(input._array).astype(input.dtype))


@method
def uniform_(self: Tensor, low: float = 0.0, high: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with uniform numbers in [low, high)."""
    return self.copy_(drawn(self.shape, self.dtype, generator, "random") * (high - low) + low)


@method
def normal_(self: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with normal numbers."""
    return self.copy_(drawn(self.shape, self.dtype, generator, "standard_normal") * std + mean)


@method
def exponential_(self: Tensor, lambd: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers from the exponential distribution of rate lambd."""
    return self.copy_(wrap(drawn(self.shape, self.dtype, generator, "standard_exponential") / lambd))


@method
def log_normal_(self: Tensor, mean: float = 1.0, std: float = 2.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with exponentials of numbers from the normal distribution of this mean and deviation."""
    return self.copy_(wrap(numpy.exp(source_of(generator).normal(mean, std, self.shape))))


@method
def cauchy_(self: Tensor, median: float = 0.0, sigma: float = 1.0, *, generator: Generator | None = None) -> Tensor:
    """Fill with numbers from the Cauchy distribution."""
    return self.copy_(wrap(median + sigma * source_of(generator).standard_cauchy(self.shape)))


@method
def geometric_(self: Tensor, p: float, *, generator: Generator | None = None) -> Tensor:
    """Fill with the number of tries, each of probability p, until the first that succeeds."""
    return self.copy_(wrap(source_of(generator).geometric(p, self.shape)))


@method
def bernoulli_(self: Tensor, p: Any = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Fill with 1 with probability p, a number or a Tensor, else 0."""
    draws = source_of(generator).random(self.shape)
    return self.copy_(wrap((draws < getattr(p, "_array", p)).astype(self.dtype)))


@method
def random_(self: Tensor, from_: int = 0, to: int | None = None, *, generator: Generator | None = None) -> Tensor:
    """Fill with integers from `from_` up to, but without, `to`, or the first power of 2 that the dtype cannot count."""
    bits = {"float16": 11, "float32": 24, "float64": 53, "bool": 1}.get(self.dtype.name, self.dtype.itemsize * 8 - 1)
    high = 2**bits if to is None else to
    return self.copy_(wrap(source_of(generator).integers(from_, high, self.shape).astype(self.dtype)))
