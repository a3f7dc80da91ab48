"""The data of a page, and the page around it."""

import dataclasses
import html
import json
import math
import os
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy

from ...atomic import atomic_write_text
from ...graph import Node, reachable
from ..fold import SEEN, close_below, fold
from ..labels import about, caption, heading
from ..model import Edge, Graph, Vertex
from ..nesting import Nesting, Route, branching, chains_of_frames
from ..replay import Step, look, replay
from ..scopes import Scopes, parents
from ..style import escape_xml
from ..svg import box_size, labels, reaches, text_lines
from ..trace import Tracer, check_tensor, named_tensors
from .formulas import mathml

__all__ = ["Page", "page", "step"]

MOST_OPERATIONS = 10_000  # whose backward a page plays, in ten seconds; nobody steps through more
MOST_MODULES = 400  # that can be opened; modules that lie deeper stay closed
HEIGHT = 640  # of the page in a notebook, in pixels
HEAD, FOOT = 34, 28  # room in the frame of an open module above and below what is in it, for lines to meet


class Page:
    """A page that shows itself in a notebook, and can be saved."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_html_(self) -> str:
        frame = f'width="100%" height="{HEIGHT}" style="border:0" sandbox="allow-scripts"'
        return f'<iframe {frame} srcdoc="{html.escape(self.text)}"></iframe>'

    def __repr__(self) -> str:
        return f"<page of {len(self.text.encode()):,} bytes; save(path) writes it, a notebook shows it>"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, whole or not at all.

        Raises:
            OSError: the file cannot be written; what stood there before is untouched.
        """
        with atomic_write_text(path) as file:
            file.write(self.text)
        return Path(path)


def page(graph: Graph, title: str = "Computation graph") -> Page:
    """A page of a graph whose modules open and close by a click.

    Raises:
        ImportError: math-core, which writes the formulas, is not installed.
    """
    return Page(render(graph, title, [], {}))


def step(loss: Any, *, names: Any = None, scopes: Scopes | None = None, title: str = "Backpropagation") -> Page:
    """A page that plays backward step by step; `names` and `scopes` are those of `trace`. Call it before backward.

    Each step shows the gradient that comes in, the rule of the operation and what it gives for each input, the sum over
    what was broadcast, and the sum where several uses meet. It starts from ones. Nothing in the graph changes.

    Raises:
        TypeError: the loss is not a Tensor.
        ValueError: the loss does not require grad, or its graph is too large.
        RuntimeError: a backward has freed the graph.
        ImportError: math-core, which writes the formulas, is not installed.
    """
    check_tensor(loss, "the loss")
    if loss._node is None:
        raise ValueError("there is nothing to step through: the loss does not require grad")
    if (count := len(reachable([loss._node]))) > MOST_OPERATIONS:
        raise ValueError(
            f"the loss depends on {count:,} operations and leaves, too many to step through: a page plays up to "
            f"{MOST_OPERATIONS:,}; take a smaller part, or draw() the graph, which folds it"
        )
    tracer = Tracer(named_tensors(names), False, scopes)
    graph = tracer.trace([loss])
    steps = replay([loss._node], [numpy.ones(loss.shape, loss._array.dtype)], tracer.ids)
    compute_again(tracer, loss._node)
    values = {tracer.ids[node]: look(array) for node, array in tracer.arrays.items() if node in tracer.ids}
    for vertex, edges in zip(graph.vertices, graph.inputs(), strict=True):
        if vertex.kind == "output" and edges and edges[0].source in values:
            values[vertex.id] = values[edges[0].source]
    return Page(render(graph, title, steps, values))


def compute_again(tracer: Tracer, loss: Node) -> None:
    """Learn the values that no rule kept, where an operation without settings tells them from inputs that are known."""
    for node in reversed(reachable([loss])):
        plan = node.plan
        if node in tracer.arrays or plan is None or plan.primitive.settings or not all(plan.needs):
            continue
        inputs = [tracer.arrays.get(parent) for parent in node.parents]
        if all(x is not None for x in inputs) and type(node.shape) is tuple:
            found = plan.primitive.forward(*inputs)
            if getattr(found, "shape", None) == node.shape:
                tracer.arrays[node] = found


def render(graph: Graph, title: str, steps: Sequence[Step], values: Mapping[int, Any]) -> str:
    """The HTML of a page: style, data and program in one file."""
    folded = fold(graph)
    opened = {scope for vertex in folded.vertices for scope in parents(vertex.scope)}
    data = {
        "caption": caption(graph, graph),
        "vertices": [describe(vertex, values.get(vertex.id)) for vertex in graph.vertices],
        "modules": modules(graph),
        "open": sorted(opened),
        "room": [HEAD, FOOT],
        "steps": [compact(dataclasses.asdict(step)) for step in steps],
    }
    parts = resources.files(__package__)
    text = json.dumps(compact(data), separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return (
        parts.joinpath("page.html")
        .read_text("utf-8")
        .replace("/*style*/", parts.joinpath("page.css").read_text("utf-8"))
        .replace("/*program*/", parts.joinpath("page.js").read_text("utf-8"))
        .replace("<!--title-->", escape_xml(title))
        .replace("<!--data-->", text.replace("<", "\\u003c"))
    )


def describe(vertex: Vertex, value: Any) -> dict[str, Any]:
    """What the page knows of a vertex of the whole graph."""
    facts = [fact for fact in about(vertex) if not fact.startswith("local derivative")]
    told: dict[str, Any] = {"about": facts, "scope": vertex.scope, "name": heading(vertex)}
    if vertex.formula:
        told["formula"] = mathml(vertex.formula)
    if value is not None:
        told["value"] = dataclasses.asdict(value)
    return told


def modules(graph: Graph) -> dict[str, Any]:
    """The layout of each module by itself, its own modules closed; "" is the model as a whole."""
    scopes = dict.fromkeys(scope for vertex in graph.of_kind("operation") for scope in parents(vertex.scope))
    found: dict[str, Any] = {}
    for scope in ["", *sorted(scopes, key=lambda scope: scope.count("."))[:MOST_MODULES]]:
        closed = close_below(graph, 0, set(parents(scope)), ranges=len(graph.vertices) > SEEN)
        lines = [text_lines(vertex) for vertex in closed.vertices]
        chains = chains_of_frames(closed, every=True)
        nesting = Nesting(closed, [box_size(text) for text in lines], reaches(closed), chains)
        if scope in nesting.inside:
            found[scope] = module(closed, nesting, scope, lines)
    return found


def module(graph: Graph, nesting: Nesting, scope: str, lines: Sequence[Sequence[str]]) -> dict[str, Any]:
    """One module: its boxes, its lines, and where lines enter and leave it, all from its own corner."""
    layout, behind = nesting.inside[scope], nesting.lines(scope)
    boxes, ports = [], []
    for v, box in ((v, box) for v, box in layout.boxes.items() if isinstance(v, int)):  # no module in it is open here
        vertex = graph.vertices[max(v, ~v)]
        unit = {"here": v, "members": vertex.members or (vertex.id,)}
        if box.width:
            look = {"kind": vertex.kind, "opens": vertex.opens, "folded": vertex.folded}
            boxes.append(unit | {"at": rounded(*box), "lines": lines[v]} | look)
        else:
            ports.append(unit | {"at": rounded(box.x, box.y), "enters": v >= 0})
    ways = {
        Edge(v, target, behind[v, target][0].label): points
        for (v, target), points in layout.routes.items()
        if isinstance(target, int)
    }
    routes = list(branching(ways, nesting.leaves))
    named = [route for route in routes if route.edge.target >= 0]
    return {
        "size": rounded(*layout.frame[2:]),
        "title": nesting.title(scope) if scope else "",
        "boxes": boxes,
        "ports": ports,
        "lines": [line(graph, route, behind[route.edge.source, route.edge.target]) for route in routes],
        "labels": [
            [label.text, *rounded(label.x, label.y), label.anchor, label.target] for label in labels(graph, named)
        ],
    }


def line(graph: Graph, route: Route, behind: Sequence[Edge]) -> dict[str, Any]:
    """A line of a layout, and the first vertices of what it leads to in the end."""
    targets = {(graph.vertices[edge.target].members or (edge.target,))[0] for edge in behind}
    points = [rounded(*point) for point in route.points]
    return {
        "from": route.edge.source,
        "to": route.edge.target,
        "targets": sorted(targets),
        "points": points,
        "skip": max(route.branches - 1, 0),
        "sideways": route.sideways,
    }


def rounded(*numbers: float) -> list[float]:
    return [round(x, 1) for x in numbers]


def compact(value: Any) -> Any:
    """What JSON can hold, without what says nothing: no NaN, no infinity, no empty fields."""
    if isinstance(value, Mapping):
        return {name: kept for name, x in value.items() if (kept := compact(x)) or type(kept) in (int, float)}
    if isinstance(value, list | tuple):
        return [compact(x) for x in value]
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else str(value)
    return value
