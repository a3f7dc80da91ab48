"""Backward once more, slowly: each rule, each sum and each meeting of gradients is a step that can be looked at."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy
from numpy.typing import NDArray

from ..errors import GradientError
from ..graph import Leaf, Node, Output, fill_missing, freed, reachable
from ..ops.movement import sum_to

__all__ = ["Sight", "Step", "look", "replay"]

SMALL = 16  # numbers up to which all are shown
SIDE = 16  # cells of a heat map in a row, and in a column
STRONG = 100  # the shade of the largest magnitude; the negative of it is that of the other sign


@dataclass(frozen=True, slots=True)
class Sight:
    """What is shown of an array: its numbers if they are few, else a heat map; and its statistics.

    Shades go from -100 to 100, in proportion to the largest magnitude; a cell has that of the number in its block that
    is farthest from 0. None is a NaN.
    """

    shape: tuple[int, ...]
    numbers: Any = None
    shades: tuple[tuple[int | None, ...], ...] = ()
    least: float = math.nan
    most: float = math.nan
    mean: float = math.nan
    norm: float = math.nan


@dataclass(frozen=True, slots=True)
class Step:
    """One step of backward, at a vertex of the graph.

    Kinds: "seed", the gradient that backward starts from; "rule", what a call's rule makes of the gradient that came
    in, for its input `source`; "sum", over what broadcasting had repeated; "add", where several uses of `source` meet;
    "leaf", a gradient that has arrived in `.grad`. `before` and `after` are the gradient before and after the step; an
    "add" puts `added` to what was there.
    """

    kind: Literal["seed", "rule", "sum", "add", "leaf"]
    vertex: int
    source: int | None = None
    label: str = ""
    before: Sight | None = None
    added: Sight | None = None
    after: Sight | None = None


def look(x: Any) -> Sight:
    """What is shown of an array.

    >>> look(numpy.array([[1.0, -2.0]])).numbers
    [[1.0, -2.0]]
    >>> look(numpy.arange(100.0)).shades
    ((6, 13, 20, 27, 33, 39, 45, 52, 58, 64, 70, 76, 82, 88, 94, 100),)
    """
    array = numpy.asarray(x)
    shape = array.shape
    if not array.size:
        return Sight(shape, array.tolist())
    with numpy.errstate(all="ignore"):
        values = array.astype(numpy.float64)
        facts = [float(values.min()), float(values.max()), float(values.mean()), float(numpy.sqrt((values**2).sum()))]
        if array.size <= SMALL:
            return Sight(shape, array.tolist(), (), *facts)
        return Sight(shape, None, shades(values), *facts)


def shades(values: NDArray[numpy.float64]) -> tuple[tuple[int | None, ...], ...]:
    """The heat map of an array: the last dimension runs to the right, all others down."""
    table = values.reshape(-1, values.shape[-1])
    magnitude = numpy.abs(table)
    largest = float(magnitude[numpy.isfinite(magnitude)].max(initial=0.0)) or 1.0
    rows = numpy.array_split(numpy.arange(table.shape[0]), min(SIDE, table.shape[0]))
    columns = numpy.array_split(numpy.arange(table.shape[1]), min(SIDE, table.shape[1]))
    found = []
    for across in rows:
        band = table[across[0] : across[-1] + 1]
        blocks = [band[:, down[0] : down[-1] + 1] for down in columns]
        extremes = [float(block.flat[numpy.abs(block).argmax()]) for block in blocks]
        found.append(tuple(None if math.isnan(x) else shade(x / largest) for x in extremes))
    return tuple(found)


def shade(share: float) -> int:
    return round(STRONG * max(-1.0, min(1.0, share)))


def replay(outputs: Sequence[Node], seeds: Sequence[Any], ids: Mapping[Any, int]) -> list[Step]:
    """The steps of backward from these outputs, each with its seed; `ids` are the vertices of the nodes.

    Nothing in the graph changes: no `.grad`, no hook is called, and nothing is freed.

    Raises:
        RuntimeError: a backward has freed the graph.
    """
    walk = Walk(ids)
    for node, seed in zip(outputs, seeds, strict=True):
        walk.steps.append(Step("seed", ids[node], after=look(seed)))
        walk.receive(node, ids[node], seed)
    with numpy.errstate(all="ignore"):
        # Leaves come last and in no order of their own: that of their vertices is the same every time.
        for node in sorted(reachable(outputs), key=lambda node: (-node.number, ids.get(node, -1))):
            g = walk.grads.pop(node, None)
            if g is not None:
                walk.visit(node, g)
    return walk.steps


class Walk:
    """A backward under way: the gradients that have arrived, and the steps so far."""

    def __init__(self, ids: Mapping[Any, int]) -> None:
        self.ids = ids
        self.grads: dict[Node, Any] = {}
        self.steps: list[Step] = []

    def visit(self, node: Node, g: Any) -> None:
        """The steps at one node, whose gradient is complete."""
        here = self.ids[node]
        if isinstance(node, Leaf):
            self.steps.append(Step("leaf", here, after=look(g)))
        elif isinstance(node, Output):
            (call,) = node.parents
            slots = self.grads.setdefault(call, [None] * len(call.shape))
            slots[node.index] = g if slots[node.index] is None else slots[node.index] + g
            self.steps.append(Step("rule", here, self.ids[call], "outputs", before=look(g), after=look(g)))
        else:
            self.call(node, g, here)

    def call(self, node: Node, g: Any, here: int) -> None:
        """The steps at a call: for each input what its rule gives, and the sum over what was broadcast."""
        plan = node.plan
        if plan is None:
            raise GradientError(f"backward through {node.operation} cannot be shown step by step")
        if node.saved is None:
            raise freed(node)
        if type(g) is list and not plan.partial:
            g = fill_missing(node.shape, g, numpy.asarray)
        before = look(next(x for x in g if x is not None) if isinstance(g, list | tuple) else g)
        names = plan.primitive.input_names(len(plan.needs))
        for place, parent, gx in contributions(node, g):
            if gx is None:
                continue
            source, label = self.ids[parent], names[place]
            self.steps.append(Step("rule", here, source, label, before=before, after=look(gx)))
            if gx.shape != parent.shape:
                summed = sum_to.forward(gx, shape=parent.shape)
                self.steps.append(Step("sum", here, source, label, before=look(gx), after=look(summed)))
                gx = summed
            self.receive(parent, here, gx, label)

    def receive(self, node: Node, here: int, g: Any, label: str = "") -> None:
        """Add a gradient to what has reached a node so far; where there was something, that is a step of its own."""
        held = self.grads.get(node)
        self.grads[node] = total = g if held is None else held + g
        if held is not None:
            step = Step("add", here, self.ids[node], label, before=look(held), added=look(g), after=look(total))
            self.steps.append(step)


def contributions(node: Node, g: Any) -> Iterator[tuple[int, Node, Any]]:
    """For each input that gets a gradient: its place, its node and what the rule gives for it."""
    plan, saved = node.plan, node.saved
    assert plan is not None
    assert saved is not None
    yield from zip(plan.positions, node.parents, plan.gradients(g, saved), strict=True)
