"""A layout of modules within modules: each open one is laid out by itself, and is then one box where it stands.

What enters a module reaches it at its upper edge, where the lines of the outer layout end and those of the inner one
begin; between the edge and the first layer there is room for them to meet. What leaves it does so at its lower edge.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from .layout import FEW, Box, Layout, Point, Route, arrange
from .model import Edge, Graph, Vertex
from .scopes import parents
from .style import text_width

__all__ = ["FOOT", "PORT", "TITLE", "TITLE_SIZE", "Frame", "Nested", "Nesting", "nest"]

TITLE = 18.0  # the height of a frame's title
TITLE_SIZE = 11.0  # of its letters
FOOT = 12.0  # below the last layer of a frame, for lines to part
PORT = 2.0  # the width of what stands for a vertex of outside
FEWEST = 2  # operations from which a frame is drawn


@dataclass(frozen=True, slots=True)
class Frame:
    """An open module: its scope, what its title says, and its place."""

    scope: str
    title: str
    box: Box


@dataclass(frozen=True, slots=True)
class Nested:
    """Boxes by vertex id, frames from the outermost in, and the ways of the edges.

    `routes` end at a vertex; `passages` are the parts of the others that end at the edge of a frame.
    """

    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    routes: tuple[Route, ...]
    passages: tuple[Route, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Inside:
    """One scope laid out by itself, and what the vertices of its layout stand for."""

    layout: Layout
    vertices: dict[int, int]  # of the graph: which vertex of the layout stands for it
    frames: dict[str, int]
    entering: dict[int, int]  # by vertex of the graph outside
    leaving: dict[int, int]  # by vertex of the graph inside
    carried: dict[tuple[int, int], list[Edge]]  # the edges of the graph behind one of the layout


def nest(graph: Graph, sizes: Sequence[tuple[float, float]], reach: Sequence[float]) -> Nested:
    """Place boxes of these sizes, each in the frames of the modules that it belongs to; `reach` as for `arrange`."""
    nesting = Nesting(graph, sizes, reach)
    whole = nesting.lay("")
    nesting.put("", 0.0, 0.0)
    return Nested(
        tuple(nesting.boxes[v] for v in range(len(graph.vertices))),
        tuple(nesting.frames),
        tuple(nesting.routes),
        tuple(nesting.passages),
        whole.layout.width,
        whole.layout.height,
    )


def chains_of_frames(graph: Graph, every: bool) -> list[list[str]]:
    """The frames around each vertex: `every` scope, or those with several operations and more than the next has."""
    counts = Counter(scope for vertex in graph.of_kind("operation") for scope in parents(vertex.scope))
    chains: list[list[str]] = []
    for vertex in graph.vertices:
        if every:
            chains.append([scope for scope in parents(vertex.scope) if scope in counts])
            continue
        around = [scope for scope in parents(vertex.scope) if counts[scope] >= FEWEST]
        chains.append([a for k, a in enumerate(around) if around[k] == around[-1] or counts[a] > counts[around[k + 1]]])
    return chains


class Nesting:
    """The layouts of all frames, and then the places of everything in them; with `every` small modules have one too."""

    def __init__(
        self, graph: Graph, sizes: Sequence[tuple[float, float]], reach: Sequence[float], every: bool = False
    ) -> None:
        self.graph = graph
        self.sizes = sizes
        self.reach = reach
        self.chains = chains_of_frames(graph, every)
        self.inside: dict[str, Inside] = {}
        self.titles: dict[str, str] = {}
        self.within: dict[str, dict[int, str]] = {"": {}}  # what lies in each scope, and in which frame there
        self.children: dict[str, list[str]] = {"": []}
        for v, chain in enumerate(self.chains):
            for above, scope in pairwise(["", *chain]):
                if scope not in self.within:
                    self.within[scope], self.children[scope] = {}, []
                    self.children[above].append(scope)
                    self.titles[scope] = scope.removeprefix(f"{above}.") if above else scope
                self.within[above][v] = scope
            self.within[chain[-1] if chain else ""][v] = ""
        self.edges: dict[str, list[Edge]] = {scope: [] for scope in self.within}  # those that touch each scope
        for edge in graph.edges:
            for scope in dict.fromkeys(["", *self.chains[edge.source], *self.chains[edge.target]]):
                self.edges[scope].append(edge)
        self.boxes: dict[int, Box] = {}
        self.frames: list[Frame] = []
        self.routes: list[Route] = []
        self.passages: list[Route] = []

    def lay(self, scope: str) -> Inside:
        """Lay out a scope, those within it first."""
        for child in self.children[scope]:
            self.lay(child)
        within, touching = self.within[scope], self.edges[scope]
        entering = dict.fromkeys(e.source for e in touching if e.source not in within)
        leaving = dict.fromkeys(e.source for e in touching if e.target not in within)
        computed = {v for v in within if self.graph.vertices[v].kind in ("operation", "output")}
        units: list[tuple[int, int, str]] = [(int(v in computed), v, "") for v, child in within.items() if not child]
        units += [(1, min(computed.intersection(self.within[child])), child) for child in self.children[scope]]
        vertices: list[Vertex] = [Vertex(i, "input", shape=(1,)) for i in range(len(entering))]
        sizes, reach = [(PORT, 0.0)] * len(entering), [0.0] * len(entering)
        stands: dict[int, int] = {}
        frames: dict[str, int] = {}
        for _, v, child in sorted(units):
            here = len(vertices)
            if child:
                frames[child] = here
                vertices.append(Vertex(here, "operation", shape=(1,)))
                sizes.append(self.frame_size(child))
                reach.append(0.0)
            else:
                stands[v] = here
                vertices.append(replace(self.graph.vertices[v], id=here))
                sizes.append(self.sizes[v])
                reach.append(self.reach[v])
        ports = dict(zip(entering, range(len(entering)), strict=True))
        exits = {v: len(vertices) + k for k, v in enumerate(leaving)}
        vertices += [Vertex(i, "output") for i in exits.values()]
        sizes += [(PORT, 0.0)] * len(exits)
        reach += [0.0] * len(exits)
        carried: dict[tuple[int, int], list[Edge]] = {}
        for edge in touching:
            a = self.end(edge.source, within, stands, frames, ports)
            b = self.end(edge.target, within, stands, frames, {})
            b = exits[edge.source] if b is None else b
            if a is not None and a != b:
                carried.setdefault((a, b), []).append(edge)
        edges = [
            Edge(a, b, ", ".join(dict.fromkeys(edge.label for edge in behind if edge.label)))
            for (a, b), behind in carried.items()
        ]
        layout = arrange(
            Graph(tuple(vertices), tuple(edges)), sizes, reach, ports.values(), exits.values(), len(self.sizes) <= FEW
        )
        self.inside[scope] = Inside(layout, stands, frames, ports, exits, carried)
        return self.inside[scope]

    @staticmethod
    def end(
        v: int, within: dict[int, str], stands: dict[int, int], frames: dict[str, int], outside: dict[int, int]
    ) -> int | None:
        """The vertex of a layout that stands for one of the graph: itself, its frame, or a port."""
        if v not in within:
            return outside.get(v)
        return frames[within[v]] if within[v] else stands[v]

    def frame_size(self, scope: str) -> tuple[float, float]:
        """How wide and how high a frame is."""
        layout = self.inside[scope].layout
        return max(layout.width, text_width(self.title(scope), TITLE_SIZE) + 16), layout.height + TITLE + FOOT

    def title(self, scope: str) -> str:
        """The name of a frame's module within the frame around it, and its class if that is known."""
        module = ".".join(part.partition(":")[0] for part in scope.split("."))
        return ": ".join(filter(None, (self.titles[scope], self.graph.kinds.get(module))))

    def put(self, scope: str, x: float, y: float) -> None:
        """Put what was laid out in a scope to its place on the picture."""
        inside = self.inside[scope]
        boxes = [replace(box, x=box.x + x, y=box.y + y) for box in inside.layout.boxes]
        for v, here in inside.vertices.items():
            self.boxes[v] = boxes[here]
        for child, here in inside.frames.items():
            self.frames.append(Frame(child, self.title(child), boxes[here]))
            self.put(child, boxes[here].x, boxes[here].y + TITLE)
        standing = {here: v for v, here in inside.vertices.items()}
        framed = {here: child for child, here in inside.frames.items()}
        meetings: dict[tuple[Point, Point], Edge] = {}
        for route in inside.layout.routes:
            a, b = route.edge.source, route.edge.target
            behind = inside.carried[a, b]
            moved = replace(route, points=tuple((px + x, py + y) for px, py in route.points))
            if b in standing:
                self.routes.append(replace(moved, edge=Edge(behind[0].source, standing[b], route.edge.label)))
            else:
                self.passages.append(replace(moved, edge=behind[0]))
            for edge in behind:
                if a in framed:
                    meetings[self.port(framed[a], boxes[a], edge.source, leaving=True), moved.points[0]] = edge
                if b in framed:
                    meetings[moved.points[-1], self.port(framed[b], boxes[b], edge.source, leaving=False)] = edge
        self.passages += (Route(edge, ends, 0) for ends, edge in meetings.items())

    def port(self, scope: str, box: Box, v: int, leaving: bool) -> Point:
        """Where the lines of a vertex leave or enter the layout of a frame."""
        inside = self.inside[scope]
        port = inside.layout.boxes[(inside.leaving if leaving else inside.entering)[v]]
        return box.x + port.x + PORT / 2, box.y + TITLE + port.y
