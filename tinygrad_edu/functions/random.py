"""Random Tensors, from one seeded generator unless another is given: the same seed gives the same bits."""

import contextvars
import functools
import os
from collections.abc import Callable
from operator import index
from typing import Any

import numpy

from ..dtypes import as_dtype, get_default_dtype, int64
from ..tensor import Tensor
from .creation import finished, from_numpy, shape_of
from .device import CPU, check_device, device
from .dims import as_new_sizes, check_room

__all__ = [
    "Generator",
    "default_generator",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
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

    def set_state(self, state: Any) -> "Generator":
        """Go back to where the stream was; a state may also be a Tensor of its bytes.

        Raises:
            RuntimeError: these are of another generator, such as PyTorch's own, which cannot be followed.
        """
        self.source.bit_generator.state = unpacked(state) if isinstance(state, Tensor) else state
        return self


WIDTHS = (16, 16, 1, 4)  # how many bytes the numbers of a state take


def packed(state: dict[str, Any]) -> Tensor:
    """A state as a Tensor of bytes."""
    numbers = *state["state"].values(), state["has_uint32"], state["uinteger"]
    told = [number.to_bytes(width, "little") for number, width in zip(numbers, WIDTHS, strict=True)]
    return from_numpy(numpy.frombuffer(b"".join(told), numpy.uint8).copy())


def unpacked(state: Tensor) -> dict[str, Any]:
    """The state of these bytes.

    Raises:
        RuntimeError: they are none.
    """
    if state.shape != (sum(WIDTHS),) or state.dtype != numpy.uint8:
        raise RuntimeError(
            f"the state of a Generator is {sum(WIDTHS)} bytes, got {state.dtype} {state.shape}; that of another "
            "generator, such as PyTorch's own, cannot be followed"
        )
    rest, numbers = state.numpy().tobytes(), []
    for width in WIDTHS:
        numbers.append(int.from_bytes(rest[:width], "little"))
        rest = rest[width:]
    where, inc, has_uint32, uinteger = numbers
    stream = {"state": where, "inc": inc}
    return {"bit_generator": "PCG64", "state": stream, "has_uint32": has_uint32, "uinteger": uinteger}


default_generator = Generator()
# The one that stands in its place, in this thread: a loader's batches have streams of their own.
current = contextvars.ContextVar("current", default=default_generator)


# Who is told of each generator, in this thread, before it is drawn from: the transformations of functions.
listeners: contextvars.ContextVar[tuple[Callable[[Generator], None], ...]]
listeners = contextvars.ContextVar("listeners", default=())


class drawing_from:  # noqa: N801  # a class, since a loader enters it for every batch
    """Within a `with` block, and in this thread, this generator stands in the place of the default one."""

    __slots__ = ("before", "generator")

    def __init__(self, generator: Generator) -> None:
        self.generator = generator

    def __enter__(self) -> None:
        self.before = current.set(self.generator)

    def __exit__(self, *raised: object) -> None:
        current.reset(self.before)


def manual_seed(seed: float) -> Generator:
    """Start the default generator anew at this seed, of which a fraction is cut off."""
    return current.get().manual_seed(int(seed))


def initial_seed() -> int:
    """The seed of the default generator."""
    return current.get().seeded


def seed() -> int:
    """Start the default generator anew at a seed of the system's choice, which is returned."""
    return current.get().seed()


def get_rng_state() -> dict[str, Any]:
    """Where the default generator's stream is, to come back to with set_rng_state."""
    return current.get().get_state()


def set_rng_state(new_state: Any) -> None:
    """Go back to where the default generator's stream was."""
    current.get().set_state(new_state)


def source_of(generator: Generator | None) -> "numpy.random.Generator":
    """The stream to draw from.

    Raises:
        TypeError: it is no Generator.
    """
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator= takes a Generator, got {type(generator).__name__}")
    found = current.get() if generator is None or generator is default_generator else generator
    for listener in listeners.get():
        listener(found)
    return found.source


def drawn(sizes: tuple[int, ...], dtype: Any, generator: Generator | None, draw: str) -> Any:
    """An array of draws in its dtype; float32 is drawn as such.

    Raises:
        RuntimeError: the dtype is not a floating one.
    """
    wanted = as_dtype(dtype, get_default_dtype())
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
    return rand(input.shape, dtype=as_dtype(dtype, input.dtype), **named)


def randn_like(input: Tensor, *, dtype: Any = None, memory_format: Any = None, **named: Any) -> Tensor:
    """Standard normal numbers in the shape and dtype of another Tensor; keywords as for randn."""
    return randn(input.shape, dtype=as_dtype(dtype, input.dtype), **named)


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
    low, high = index(low or 0), index(high)
    if not low < high:
        raise RuntimeError(f"randint needs low < high, got {low} and {high}")
    wanted = as_dtype(dtype, int64)
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
    return randint(low or 0, high, input.shape, dtype=as_dtype(dtype, input.dtype), **named)


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
        RuntimeError: n is negative, or the dtype cannot count so far.
    """
    n = index(n)
    if n < 0:
        raise RuntimeError(f"randperm needs a count that is not negative, got {n}")
    wanted = as_dtype(dtype, int64)
    if n > 1 and n - 1 > (2 ** (numpy.finfo(wanted).nmant + 1) if wanted.kind == "f" else numpy.iinfo(wanted).max):
        raise RuntimeError(f"randperm of {n}: {wanted} cannot count so far; take a wider dtype")
    check_room(n, f"randperm of {n}")
    return finished(source_of(generator).permutation(n).astype(wanted), requires_grad, device)
