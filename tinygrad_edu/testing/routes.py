"""Gradients as they come out if one step of backward is done wrong: what a wrong gradient is compared with.

The forward is recorded by the engine; its graph is walked back with a mistake at one edge of it, or with one way of
adding up everywhere.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, combinations, islice
from typing import Any

import numpy
from numpy.typing import NDArray

from .. import backend
from ..functions.creation import tensor
from ..graph import Leaf, Node, Output, fill_missing, reachable
from ..ops.movement import sum_to
from ..primitive import rule_arguments
from ..tensor import Tensor
from .problems import Miss, close

__all__ = ["Route", "Routes"]

Array = NDArray[Any]
MOST_EDGES = 80
MOST_CHOICES = 300  # of edges that may be left out together
Change = Callable[[Any, "Edge", Any, Any], Any]  # (g, edge, the rule's gradient, what was there) -> what is there then


@dataclass(frozen=True)
class Edge:
    """The way from a call's output to one of its inputs."""

    node: Node
    place: int
    parent: Node


@dataclass(frozen=True)
class Route:
    """A mistake, in one place of the backward."""

    kind: str
    said: str
    gradient: Any


class Routes:
    """The recorded forward of a problem at the values where it was missed."""

    def __init__(self, miss: Miss, trace: Callable[[Sequence[Any]], Any]) -> None:
        self.miss = miss
        problem = miss.problem
        leaves = {i: tensor(miss.values[i], requires_grad=True) for i in problem.checked}
        values = [leaves.get(i, x) for i, x in enumerate(miss.values)]
        output = trace(values)
        if not isinstance(output, Tensor) or output._node is None or output.shape != miss.g.shape:
            raise TypeError("the forward leaves no graph")
        self.output: Node = output._node
        self.leaf: Node = leaves[miss.place]._node  # type: ignore[assignment]
        self.names = {leaves[i]._node: problem.names[i] for i in problem.checked}
        self.order = reachable([self.output])
        self.edges = [Edge(node, i, parent) for node in self.order for i, parent in enumerate(node.parents)]
        self.uses: dict[Node, int] = {}
        for edge in self.edges:
            self.uses[edge.parent] = self.uses.get(edge.parent, 0) + 1
        if len(self.edges) > MOST_EDGES or not close(self.walk(added), miss.right):
            raise ValueError("the graph is too large, or not that of this function")

    def walk(self, change: Change) -> Any:
        """The gradient of the value that was missed, with a change at the edges."""
        grads: dict[Node, Any] = {self.output: self.miss.g}
        with numpy.errstate(all="ignore"):
            for node in self.order:
                if isinstance(node, Leaf):
                    continue
                g = grads.pop(node, None)
                if g is None:
                    continue
                if isinstance(node, Output):
                    (call,) = node.parents
                    slots = grads.setdefault(call, [None] * len(call.shape))
                    slots[node.index] = g if slots[node.index] is None else slots[node.index] + g
                    continue
                for edge, gx in zip(self.edges_of(node), gradients_of(node, g), strict=True):
                    if gx is not None:
                        grads[edge.parent] = change(g, edge, gx, grads.get(edge.parent))
        found = grads.get(self.leaf)
        return numpy.zeros(self.miss.right.shape) if found is None else found

    def edges_of(self, node: Node) -> list[Edge]:
        """The ways from a call to its inputs."""
        return [Edge(node, i, parent) for i, parent in enumerate(node.parents)]

    def mistakes(self) -> Iterator[Route]:
        """Mistakes at one edge, or in adding up, each with the gradient that it would give."""
        yield from self.forgotten_uses()
        for edge in self.edges:
            if isinstance(edge.node, Output):
                continue
            for kind, said, mistake in MISTAKES:
                told = said.format(operation=edge.node.operation, name=self.name(edge.parent))
                with suppress(ValueError, TypeError, IndexError):  # it cannot be made here: shapes do not fit
                    yield Route(kind, told, self.walk(at(edge, mistake)))

    def forgotten_uses(self) -> Iterator[Route]:
        """Gradients of several uses that are not added up: the last one stands, or some are left out."""
        several = [node for node, uses in self.uses.items() if uses > 1]
        if several:
            many = ", ".join(f"{self.name(node)} is used {self.uses[node]} times" for node in several[:3])
            for said, keep in (("last", last), ("first", first)):
                told = f"{many}, and of the gradients that come back only the {said} is kept, not their sum"
                yield Route("fan-out", told, self.walk(keep))
        ways = [edge for edge in self.edges if self.uses[edge.parent] > 1]
        choices = chain.from_iterable(combinations(ways, count) for count in range(1, len(ways)))
        for left_out in islice(choices, MOST_CHOICES):
            uses = [f"that of {self.name(edge.parent)} in {edge.node.operation}" for edge in left_out]
            told = f"of the gradients of several uses some are not added: {', '.join(uses)}"
            yield Route("fan-out", told, self.walk(without(left_out)))

    def name(self, node: Node) -> str:
        """What a node's output is called."""
        return self.names.get(node, f"the result of {node.operation}")


def gradients_of(node: Node, g: Any) -> Sequence[Any]:
    """What a call's rules give for each of its parents, before sums over broadcasts."""
    plan, saved = node.plan, node.saved
    assert plan is not None
    assert saved is not None
    if type(g) is list and not plan.partial:
        g = fill_missing(node.shape, g, numpy.asarray)
    found: Sequence[Any] = plan.gradients(g, saved)
    return found


def arguments_of(edge: Edge) -> dict[str, Any]:
    """What the rule at an edge was given beside g, by name."""
    plan, saved = edge.node.plan, edge.node.saved
    assert plan is not None
    assert saved is not None
    if not plan.rules:
        return {}
    values = dict(zip(plan.names, saved, strict=True))
    return {name: values[name] for name in rule_arguments(plan.rules[edge.place])}


def summed(edge: Edge, gx: Any) -> Any:
    return gx if gx.shape == edge.parent.shape else sum_to.forward(gx, shape=edge.parent.shape)


def added(g: Any, edge: Edge, gx: Any, held: Any) -> Any:
    """As it should be."""
    gx = summed(edge, gx)
    return gx if held is None else held + gx


def last(g: Any, edge: Edge, gx: Any, held: Any) -> Any:
    return summed(edge, gx)


def first(g: Any, edge: Edge, gx: Any, held: Any) -> Any:
    return summed(edge, gx) if held is None else held


def at(place: Edge, mistake: Callable[[Any, Edge, Any], Any]) -> Change:
    """A mistake at one edge, and all else as it should be."""

    def change(g: Any, edge: Edge, gx: Any, held: Any) -> Any:
        if edge != place:
            return added(g, edge, gx, held)
        gx = mistake(g, edge, gx)
        if gx.shape != edge.parent.shape:
            raise ValueError("it does not fit")
        return gx if held is None else held + gx

    return change


def without(left_out: Sequence[Edge]) -> Change:
    """Nothing comes back over these edges."""

    def change(g: Any, edge: Edge, gx: Any, held: Any) -> Any:
        return held if edge in left_out else added(g, edge, gx, held)

    return change


def negative(g: Any, edge: Edge, gx: Any) -> Any:
    return -summed(edge, gx)


def unchanged(g: Any, edge: Edge, gx: Any) -> Any:
    return numpy.asarray(g)


def without_upstream(g: Any, edge: Edge, gx: Any) -> Any:
    ones = tuple(map(numpy.ones_like, g)) if isinstance(g, list | tuple) else numpy.ones_like(g)
    return summed(edge, gradients_of(edge.node, ones)[edge.place])


def without_sum(g: Any, edge: Edge, gx: Any) -> Any:
    """One row of what was to be summed."""
    if gx.shape == edge.parent.shape:
        raise ValueError("nothing is broadcast here")
    extra = gx.ndim - len(edge.parent.shape)
    return gx[(0,) * extra][tuple([slice(size) for size in edge.parent.shape])]


def averaged(g: Any, edge: Edge, gx: Any) -> Any:
    if gx.shape == edge.parent.shape:
        raise ValueError("nothing is broadcast here")
    return summed(edge, gx) * (numpy.prod(edge.parent.shape) / gx.size)


def transposed(g: Any, edge: Edge, gx: Any) -> Any:
    """The product with the other factor not transposed, or with both factors exchanged."""
    if edge.node.operation not in ("matmul", "linear"):
        raise ValueError("no product of matrices")
    kept = arguments_of(edge)
    other = next((kept[name] for name in ("y", "weight") if name in kept), None)
    if other is None:  # the gradient of the right factor: x^T g
        return numpy.swapaxes(gx, -1, -2)
    return g @ (other if edge.node.operation == "matmul" else other.T)


def overwritten(g: Any, edge: Edge, gx: Any) -> Any:
    """Rows that are named twice get one of their gradients."""
    kept = arguments_of(edge)
    if "index" not in kept or edge.node.operation not in ("getitem", "gather"):
        raise ValueError("nothing is indexed here")
    found = numpy.zeros(edge.parent.shape)
    if edge.node.operation == "gather":
        numpy.put_along_axis(found, backend.to_numpy(kept["index"]), g, kept["dim"])
    else:
        found[kept["index"]] = g
    return found


MISTAKES: list[tuple[str, str, Callable[[Any, Edge, Any], Any]]] = [
    ("repeated", "what comes back to an index that is named more than once is not added up", overwritten),
    ("transposed", "in the gradient of {operation} for {name} a factor is transposed, or is not", transposed),
    ("batch", "the gradient of {operation} for {name} is a mean over what was broadcast, not a sum", averaged),
    ("broadcast-step", "the gradient of {operation} for {name} is not summed over what was broadcast", without_sum),
    ("sign-step", "the gradient of {operation} for {name} has the wrong sign", negative),
    ("upstream-step", "the gradient of {operation} for {name} is not multiplied by what comes in", without_upstream),
    (
        "local-step",
        "the derivative of {operation} for {name} is missing: what comes in is passed on",
        unchanged,
    ),
]
