"""Which rule of the chain rule a wrong gradient looks like: the repairs that make it right are told."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy
from numpy.typing import NDArray

from ..ops.movement import sum_to
from .problems import Miss, Tolerance, close, differences, to_float64, weighted
from .routes import Routes

__all__ = ["Repair", "agreed", "repairs"]

Array = NDArray[Any]
AGREEMENT = 0.7  # the share of the counterexamples that a mistake must explain
MOST = 10  # counterexamples that are looked at
KINDS = [  # the likeliest first; the last are those of one step within
    "undefined",
    "missing",
    "zero",
    "sign",
    "shape",
    "broadcast",
    "input",
    "upstream",
    "repeated",
    "fan-out",
    "transposed",
    "batch",
    "two",
    "summed",
    "diagonal",
    "local",
    "factor",
    "local-step",
    "upstream-step",
    "sign-step",
    "broadcast-step",
]


@dataclass(frozen=True)
class Repair:
    """What makes a wrong gradient right: a kind of mistake, and words for it."""

    kind: str
    said: str


def repairs(miss: Miss, tolerance: Tolerance) -> list[Repair]:
    """The repairs that make the given gradient right, the likeliest first; one of each kind."""
    found: dict[str, Repair] = {}
    if not numpy.isfinite(miss.right).all():
        return [Repair("undefined", "differences are not finite: the function is not defined all around these inputs")]
    if miss.given is None:
        return [Repair("missing", miss.problem.absent)]
    given, right = to_float64(miss.given), miss.right
    candidates = of_another_shape(miss, given) if given.shape != right.shape else of_the_shape(miss, given, tolerance)
    for kind, said, repaired in candidates:
        if kind not in found and close(repaired, right):
            found[kind] = Repair(kind, said)
    if given.shape == right.shape and not found.keys() & {"zero", "sign", "input", "upstream"}:
        found = {each.kind: each for each in routes(miss, given)} | found
    return sorted(found.values(), key=lambda repair: KINDS.index(repair.kind))


def of_another_shape(miss: Miss, given: Array) -> Iterator[tuple[str, str, Array]]:
    """(kind, words, the repaired gradient) where even the shape is wrong."""
    right = miss.right
    with suppress(ValueError):
        if numpy.broadcast_shapes(given.shape, right.shape) == given.shape:
            extra = given.ndim - right.ndim
            dims = [i for i in range(given.ndim) if i < extra or given.shape[i] != right.shape[i - extra]]
            told = " and ".join(map(str, dims))
            said = f"the sum over the broadcast dimension {told} is missing: it was repeated"
            repaired = sum_to.forward(given, shape=right.shape)
            yield "broadcast", said, repaired
            for n in sorted(batch_sizes(miss)):
                yield "broadcast", f"{said}, and a factor of {n}", repaired / n
                yield "broadcast", f"{said}, and a factor of 1/{n}", repaired * n
    if given.ndim > 1 and given.T.shape == right.shape:
        yield "transposed", "it is the transpose of the right one: the factors of a matmul are exchanged", given.T
    for i, other in miss.expected.items():
        if i != miss.place and other.shape == given.shape and close(given, other):
            yield "input", f"it is the gradient of {miss.problem.names[i]}", right
    if given.size == right.size:
        said = f"its numbers are right, its shape is {given.shape} and should be {right.shape}"
        yield "shape", said, given.reshape(right.shape)
    with suppress(ValueError):
        fits = numpy.broadcast_shapes(given.shape, right.shape) == right.shape
        if fits and close(sum_to.forward(right, shape=given.shape), given):
            yield "summed", "it is summed over a dimension along which nothing was broadcast", right


def of_the_shape(miss: Miss, given: Array, tolerance: Tolerance) -> Iterator[tuple[str, str, Array]]:
    """(kind, words, the repaired gradient) where only the numbers are wrong."""
    right, problem = miss.right, miss.problem
    if not given.any():
        yield "zero", "it is zero everywhere", right
        return
    yield "sign", "its sign is wrong: -1 times it is right", -given
    for i, other in miss.expected.items():
        if i != miss.place and close(given, other):
            yield "input", f"it is the gradient of {problem.names[i]}", right
    if problem.takes_g:
        local = differences(problem, miss.values, miss.place, numpy.ones(miss.g.shape), tolerance.eps)
        if close(given, local):
            yield "upstream", "it is not multiplied by the gradient that comes in (g, dout)", right
        if close(given, -local):
            yield (
                "upstream",
                "it is not multiplied by the gradient that comes in (g, dout), and its sign is wrong",
                right,
            )
    if given.ndim > 1 and right.shape[-1] == right.shape[-2]:
        swapped = numpy.swapaxes(given, -1, -2)
        yield "transposed", "it is the transpose of the right one: the factors of a matmul are exchanged", swapped
    yield from products(miss, given)
    if (rows := repeated_rows(miss)) is not None:
        wrong = numpy.array([not close(x, y) for x, y in zip(given, right, strict=True)])
        if wrong.any() and not wrong[~rows].any() and given[~rows].any():
            said = "what comes back to an index that is named more than once is not added up (x[i] += g keeps one)"
            yield "repeated", said, right
    for n in sorted(batch_sizes(miss)):
        yield "batch", f"it is {n} times too large, the size of the batch: a sum is taken for a mean", given / n
        yield "batch", f"it is {n} times too small, the size of the batch: a mean is taken for a sum", given * n
    yield "two", "it is 2 times too large", given / 2
    yield "two", "it is 2 times too small", given * 2
    if problem.takes_g and given.shape == miss.g.shape and close(given, miss.g):
        yield "local", "the gradient that comes in is passed on as it is: the derivative itself is missing", right
    if given.shape == miss.g.shape and right.size > 1:
        said = "each output depends on several elements; of those only the one in the same place is counted"
        yield "diagonal", said, right if close(given, diagonal(miss, tolerance)) else given
    if right.size > 1 and right.any():
        factor = float((given * right).sum() / (right * right).sum())
        if factor:
            yield "factor", f"all of it is {factor:.4g} times what it should be", given / factor


def diagonal(miss: Miss, tolerance: Tolerance) -> Array:
    """The gradient if each element of the output depended on that in the same place of the value only."""
    found = numpy.zeros(miss.g.shape)
    for place in numpy.ndindex(found.shape):
        alone = numpy.zeros(found.shape)
        alone[place] = miss.g[place]
        high, low = (
            weighted(miss.problem, miss.values, miss.place, alone, place, side * tolerance.eps) for side in (1, -1)
        )
        found[place] = (high - low) / (2 * tolerance.eps)
    return found


def products(miss: Miss, given: Array) -> Iterator[tuple[str, str, Array]]:
    """Products of two matrices of the problem, one of which is not transposed as it should be."""
    factors = {name: x for name, x in zip(miss.problem.names, miss.values, strict=True) if numpy.ndim(x) == 2}
    factors["g"] = miss.g
    matrices = [(name, numpy.asarray(x)) for name, x in factors.items() if numpy.ndim(x) == 2]
    turned = [each for name, x in matrices for each in ((name, x), (f"{name}.T", x.T))]
    for left, x in turned:
        for right, y in turned:
            if x.shape[1] == y.shape[0] and (x.shape[0], y.shape[1]) == given.shape and close(x @ y, given):
                for first, second in ((x.T, y), (x, y.T), (x.T, y.T)):
                    if first.shape[1] == second.shape[0] and close(first @ second, miss.right):
                        said = f"a factor of a matmul is transposed, or is not: it is {left} @ {right}"
                        yield "transposed", said, miss.right


def repeated_rows(miss: Miss) -> Array | None:
    """Which rows of the value are named more than once by an input of integers."""
    rows = len(miss.right) if miss.right.ndim else 0
    for x in miss.values:
        if (
            getattr(x, "dtype", None) is not None
            and x.dtype.kind in "iu"
            and x.size
            and -rows <= x.min() <= x.max() < rows
        ):
            counts = numpy.bincount(numpy.asarray(x).ravel() % rows, minlength=rows)
            if counts.max() > 1:
                return counts > 1
    return None


def batch_sizes(miss: Miss) -> set[int]:
    """The numbers that a mean could divide by: sizes of the first dimensions, and of whole inputs and outputs."""
    arrays = [x for x in (*miss.values, miss.g) if numpy.ndim(x)]
    return {n for x in arrays for n in (x.shape[0], x.size, x.shape[-1]) if n > 1}


def routes(miss: Miss, given: Array) -> Iterator[Repair]:
    """What the graph of the forward tells, where there is one: a mistake at one place of it."""
    graphs = []
    for trace in miss.problem.traces:
        with suppress(Exception), numpy.errstate(all="ignore"):  # the function cannot be followed in this way
            graphs.append(Routes(miss, trace))
            break
    seen = set()
    for route in chain.from_iterable(graph.mistakes() for graph in graphs):
        if route.kind not in seen and close(route.gradient, given):
            seen.add(route.kind)
            yield Repair(route.kind, route.said)


def agreed(misses: Sequence[Miss], tolerance: Tolerance, at_first: bool) -> list[str]:
    """The kinds of mistakes that explain the misses, those that explain most of them first.

    With `at_first` they must explain the first miss, and the others only tell which of them it is.
    """
    first, *rest = misses
    looked_at = [first, *sorted(rest, key=lambda miss: -miss.size)[: MOST - 1]]
    found = [[repair.kind for repair in repairs(miss, tolerance)] for miss in looked_at]
    counts = {kind: sum(kind in each for each in found) for kind in KINDS}
    candidates = (
        found[0] if at_first and found[0] else [kind for kind in KINDS if counts[kind] >= AGREEMENT * len(found)]
    )
    most = max((counts[kind] for kind in candidates), default=0)
    return [kind for kind in candidates if counts[kind] == most]
