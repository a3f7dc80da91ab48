"""Several runs of a model made one: what differs between them says what depends on the sizes that may vary.

A model is run with other values of the same shapes, and with other sizes where they are to vary. A number that differs
is a sum of multiples of these sizes and of products of two of them, or it is not known how it comes about. There is one
run more than such a sum has factors, which confirms it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import prod
from typing import Any

import numpy
from numpy.typing import NDArray

from .errors import ExportError
from .trace import Call, Constant, Input, Parameter, Result, place_of

__all__ = ["Filled", "Number", "Runs", "Size", "Steps", "Uniform", "Varying", "is_fixed"]

Array = NDArray[Any]

EXACT = 1 << 53  # up to here a float64 holds every integer


Product = tuple[str, ...]  # of sizes that vary; () is 1


@dataclass(frozen=True)
class Size:
    """A number that depends on sizes of the inputs: the sum of factor * product; `sample` is it when traced."""

    terms: tuple[tuple[Product, int], ...]
    sample: int

    def __neg__(self) -> "Size":
        return Size(tuple([(product, -factor) for product, factor in self.terms]), -self.sample)

    def __add__(self, other: "Size | int") -> Any:
        more = (((), other),) if isinstance(other, int) else other.terms
        factors = dict(self.terms)
        for product, factor in more:
            factors[product] = factors.get(product, 0) + factor
        return made(factors, self.sample + (other if isinstance(other, int) else other.sample))

    def __sub__(self, other: "Size | int") -> Any:
        return self + -other

    __radd__ = __add__

    def __rsub__(self, other: int) -> Any:
        return -self + other


def made(factors: Mapping[Product, int], sample: int) -> Size | int:
    """The sum of factor * product: a Size, or a number if it is one."""
    terms = tuple([(product, factor) for product, factor in sorted(factors.items()) if factor])
    return Size(terms, sample) if any(product for product, _ in terms) else sample


@dataclass(frozen=True)
class Uniform:
    """A tuple of one thing, as often as a size says."""

    item: Any
    count: Size


@dataclass(frozen=True)
class Filled:
    """An array of one number, whose shape varies."""

    number: Any
    shape: tuple[Any, ...]
    dtype: Any


@dataclass(frozen=True)
class Steps:
    """The numbers from `start`, each `step` more than the one before; how many varies."""

    start: Any
    step: Any
    count: Any
    dtype: Any


@dataclass(frozen=True)
class Number:
    """An array without dimensions whose number is a size."""

    size: Size
    dtype: Any


@dataclass(frozen=True)
class Varying:
    """What differs between runs, one does not know how."""


def is_fixed(value: Any) -> bool:
    """Whether a merged value is the same in all runs."""
    if isinstance(value, Constant):
        return True
    if isinstance(value, tuple | list):
        return all(map(is_fixed, value))
    if isinstance(value, slice):
        return all(map(is_fixed, (value.start, value.stop, value.step)))
    if isinstance(value, dict):
        return all(map(is_fixed, value.values()))
    return not isinstance(value, Size | Uniform | Filled | Steps | Number | Varying)


class Runs:
    """How runs differ: the sizes of each. The first two have the same."""

    def __init__(self, sizes: Sequence[Mapping[str, int]]) -> None:
        self.base = sizes[0]
        names = sorted(self.base)
        self.products: list[Product] = [(), *[(n,) for n in names], *combinations_with_replacement(names, 2)]
        # in differences from the first run's sizes, which are small, so that what is solved for is exact
        self.matrix = numpy.array([[prod([run[n] - self.base[n] for n in p]) for p in self.products] for run in sizes])
        self.solver = numpy.linalg.pinv(self.matrix.astype(float))

    def calls(self, traces: Sequence[Sequence[Call]]) -> list[Call]:
        """The calls of all runs as one sequence.

        Raises:
            ExportError: the runs made other calls.
        """
        for calls in zip(*traces, strict=False):
            if len({(call.primitive, len(call.inputs), len(call.shapes), *call.settings) for call in calls}) > 1:
                raise ExportError(self.parted(calls[0]))
        count = min(map(len, traces))
        longest = max(traces, key=len)
        if len(longest) > count:
            raise ExportError(self.parted(longest[count]))
        return [self.call(calls) for calls in zip(*traces, strict=True)]

    def parted(self, call: Call) -> str:
        """Why runs with other calls are of no use."""
        return (
            f"the model does not make the same operations for other values or sizes of its inputs: runs differ at "
            f"{place_of(call)}; ONNX needs one sequence of operations, so replace what depends on values "
            f"(if x.sum() > 0, a loop over x.shape[0]) by operations on Tensors (where), or export without dynamic_axes"
        )

    def call(self, calls: Sequence[Call]) -> Call:
        """One call."""
        first = calls[0]
        settings = {name: self.merge([call.settings[name] for call in calls]) for name in first.settings}
        inputs, shapes = (self.merge([getattr(call, part) for call in calls]) for part in ("inputs", "shapes"))
        return first._replace(inputs=inputs, settings=settings, shapes=shapes)

    def merge(self, found: Sequence[Any]) -> Any:
        """What the runs had, as one."""
        first = found[0]
        if any(type(value) is not type(first) for value in found):
            return Varying()
        if isinstance(first, Constant):
            return self.array([value.array for value in found])
        if isinstance(first, Input | Parameter | Result):
            return first if all(value == first for value in found) else Varying()
        if isinstance(first, tuple | list):
            return self.sequence(found)
        if isinstance(first, slice):
            return slice(*[self.merge([getattr(s, part) for s in found]) for part in ("start", "stop", "step")])
        if isinstance(first, dict):
            return {key: self.merge([value[key] for value in found]) for key in first}
        if all(value is first or value == first or value != value for value in found):
            return first
        return self.number(found) if type(first) is int else Varying()

    def sequence(self, found: Sequence[Any]) -> Any:
        """Tuples, named or not, or lists."""
        first = found[0]
        if len({len(value) for value in found}) == 1:
            parts = [self.merge(parts) for parts in zip(*found, strict=True)]
            # a torch.Size, too, which would have its parts be integers, is a tuple of what is not known yet
            return tuple.__new__(type(first), parts) if isinstance(first, tuple) else type(first)(parts)
        if all(len(value) and all(part == value[0] for part in value) for value in found):
            count = self.number([len(value) for value in found])
            if isinstance(count, Size):
                return Uniform(self.merge([value[0] for value in found]), count)
        return Varying()

    def number(self, found: Sequence[int]) -> Any:
        """An integer that differs: a polynomial of degree 2 that gives it in all runs, if there is one."""
        if len(set(found)) == 1:
            return found[0]
        if max(map(abs, found)) > EXACT:
            return Varying()
        factors = numpy.rint(self.solver @ numpy.array(found)).astype(int).tolist()
        if (self.matrix @ factors).tolist() != list(found):
            return Varying()
        total: dict[Product, int] = {}
        for product, factor in zip(self.products, factors, strict=True):
            for part, times in self.multiplied_out(product):
                total[part] = total.get(part, 0) + factor * times
        return made(total, found[0])

    def multiplied_out(self, product: Product) -> list[tuple[Product, int]]:
        """The product of differences as a sum of products of sizes."""
        parts: list[tuple[Product, int]] = [((), 1)]
        for name in product:
            parts = [*[((*p, name), f) for p, f in parts], *[(p, -f * self.base[name]) for p, f in parts]]
        return parts

    def array(self, found: Sequence[Array]) -> Any:
        """An array that was made outside the operations."""
        first = found[0]
        if all(x.shape == first.shape and x.tobytes() == first.tobytes() for x in found):
            return Constant(first)
        if any(x.ndim != first.ndim or x.dtype != first.dtype for x in found):
            return Varying()
        shape = self.merge([x.shape for x in found])
        if first.ndim == 0:
            numbers = [x.item() for x in found]
            whole = self.number([int(n) for n in numbers]) if all(n == n // 1 for n in numbers) else None
            return Number(whole, first.dtype) if isinstance(whole, Size) else Varying()
        if Varying() in shape:
            return Varying()
        if not is_fixed(shape):
            given = {x.flat[0].item() for x in found if x.size}
            if len(given) == 1 and all((x == x.flat[0]).all() for x in found if x.size):
                return Filled(given.pop(), shape, first.dtype)
            longest = max(found, key=len)
            if first.ndim == 1 and len(longest) > 1 and first.dtype.kind in "iuf":
                start, step = longest[0], longest[1] - longest[0]
                if all(numpy.array_equal(x, start + step * numpy.arange(len(x), dtype=x.dtype)) for x in found):
                    return Steps(start.item(), step.item(), shape[0], first.dtype)
        return Varying()
