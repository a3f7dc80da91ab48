"""A layout of modules within modules: each open one is laid out by itself, and is then one box where it stands.

What enters a module or leaves it meets its frame where the layout inside has a port for it, so that a line goes on
inside where it ended outside. A leaf with one use, such as the weight of a layer, stands beside its user.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from .fold import name_within, without_calls
from .layers import Box, Item, Link, Name
from .layout import Layout, Point, arrange
from .model import Edge, Graph
from .scopes import common, parents
from .style import text_width

__all__ = ["TITLE", "TITLE_SIZE", "Frame", "Nested", "Nesting", "Route", "branching", "chains_of_frames", "nest"]

Sizes = Sequence[tuple[float, float]]

TITLE = 18.0  # the height of a frame's title
TITLE_SIZE = 11.0  # of its letters
FEWEST = 2  # operations from which a frame is drawn
CAREFUL = 1000  # vertices of a picture up to which it is looked at as a whole, and care is taken
STACK = 6.0  # between leaves one above the other


class Frame(NamedTuple):
    """An open module: its scope, what its title says, and its place."""

    scope: str
    title: str
    box: Box


class Route(NamedTuple):
    """The way of one edge: points to pass in turn, curved where `x` and `y` both change, else straight."""

    edge: Edge
    points: tuple[Point, ...]
    branches: int  # how many leading points it shares with a route before it
    sideways: bool  # from a leaf beside its user


class Nested(NamedTuple):
    """Boxes by vertex id, frames from the outermost in, a route for each pair that an edge joins, and the size."""

    boxes: tuple[Box, ...]
    frames: tuple[Frame, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def nest(graph: Graph, sizes: Sizes, reach: Sequence[float]) -> Nested:
    """Place boxes of these sizes, (width, height) by vertex id, each in the frames of the modules that it belongs to.

    `reach` is how far from its user a leaf beside it must stand.
    """
    nesting = Nesting(graph, sizes, reach, chains_of_frames(graph))
    boxes: dict[Name, Box] = {"": nesting.inside[""].frame}
    for scope in reversed(nesting.inside):
        for name, box in nesting.inside[scope].boxes.items():
            if box.width:  # and so is no port, which has the name of what it stands for
                boxes[name] = box.moved(boxes[scope].x, boxes[scope].y)
    ways: dict[Edge, tuple[Point, ...]] = {}
    for edge in nesting.graph.edges:
        out, into = nesting.chains[edge.source], nesting.chains[edge.target]
        shared = sum(a == b for a, b in zip(out, into, strict=False))
        points: list[Point] = []
        for scope in [*reversed(out[shared - 1 :]), *into[shared:]]:
            left, top = boxes[scope][:2]
            way = nesting.inside[scope].routes[edge.source, nesting.within[scope].get(edge.target, ~edge.source)]
            points += [(left + x, top + y) for x, y in way]
        ways[edge] = tuple(points)
    frames = [Frame(scope, nesting.title(scope), boxes[scope]) for scope in reversed(nesting.inside) if scope]
    placed = tuple(boxes[v] for v in range(len(graph.vertices)))
    return Nested(placed, tuple(frames), tuple(branching(ways, nesting.leaves)), *boxes[""][2:])


def branching(ways: Mapping[Edge, tuple[Point, ...]], leaves: Collection[int]) -> Iterator[Route]:
    """A route for each edge from the points on its way; those of one source lie upon each other until they part."""
    drawn: dict[int, set[Point]] = defaultdict(set)
    for edge, points in ways.items():
        seen = drawn[edge.source]
        yield Route(edge, points, sum([point in seen for point in points]), edge.source in leaves)
        seen.update(points)


def merged(graph: Graph) -> Graph:
    """The graph with one edge for each pair of vertices, which has the labels of all of them."""
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    for edge in graph.edges:
        labels[edge.source, edge.target].append(edge.label)
    edges = (Edge(source, target, ", ".join(filter(None, names))) for (source, target), names in labels.items())
    return Graph(graph.vertices, tuple(edges), graph.kinds)


def chains_of_frames(graph: Graph, every: bool = False) -> list[list[str]]:
    """The frames around each vertex: `every` scope, or those of several operations and more than the next has.

    Only what is computed without a gap has one, and a leaf is where all its users are: no line leaves and comes back.
    """
    scopes = [list(parents(vertex.scope)) for vertex in graph.of_kind("operation")]
    counts = Counter(chain.from_iterable(scopes))
    entered = Counter(scope for last, now in pairwise([[], *scopes]) for scope in now if scope not in last)
    chains = []
    for vertex, uses in zip(graph.vertices, graph.uses(), strict=True):
        users = [graph.vertices[edge.target].scope for edge in uses if vertex.kind != "operation"]
        whole = [scope for scope in parents(common([vertex.scope, *users])) if entered[scope] == 1]
        around = [scope for scope in whole if every or counts[scope] >= FEWEST]
        chains.append(["", *(a for a, b in pairwise([*around, ""]) if every or counts[a] > counts[b])])
    return chains


def leaves_beside(graph: Graph, chains: Sequence[Sequence[str]]) -> list[list[int]]:
    """For each vertex the leaves beside it, which are used there alone; what a layer starts from stands above it."""
    inputs, uses = graph.inputs(), graph.uses()
    beside = []
    for user, edges in enumerate(inputs):
        single = [edge.source for edge in edges if len(uses[edge.source]) == 1 and not inputs[edge.source]]
        leaves = [v for v in single if graph.vertices[v].kind != "operation" and chains[v] == chains[user]]
        if len(leaves) == len(edges):
            data = [v for v in leaves if graph.vertices[v].kind != "parameter" and graph.vertices[v].shape]
            leaves = [v for v in leaves if v not in (data or leaves[:2])]
        beside.append(leaves)
    return beside


def longest_ways(graph: Graph) -> tuple[list[int], list[int]]:
    """How many vertices the longest way to each vertex has, and the longest one that begins there."""
    above, below = [1] * len(graph.vertices), [1] * len(graph.vertices)
    for v, edges in enumerate(graph.inputs()):
        above[v] += max([above[edge.source] for edge in edges], default=0)
    for v, edges in reversed(list(enumerate(graph.uses()))):
        below[v] += max([below[edge.target] for edge in edges], default=0)
    return above, below


class Nesting:
    """The layout inside each frame by its scope, the innermost first; `chains` are the frames around each vertex."""

    def __init__(self, graph: Graph, sizes: Sizes, reach: Sequence[float], chains: Sequence[list[str]]) -> None:
        self.graph, self.sizes, self.reach, self.chains = merged(graph), sizes, reach, chains
        self.within: dict[str, dict[int, Name]] = {"": {}}  # in each scope: what stands for each vertex there
        for v, frames in enumerate(self.chains):
            names: list[Name] = [*frames[1:], v]
            for scope, name in zip(frames, names, strict=True):
                self.within.setdefault(scope, {})[v] = name
        self.edges: dict[str, list[Edge]] = defaultdict(list)  # those that touch each scope
        for edge in self.graph.edges:
            for scope in dict.fromkeys(self.chains[edge.source] + self.chains[edge.target]):
                self.edges[scope].append(edge)
        self.above, self.below = longest_ways(self.graph)
        self.beside = leaves_beside(self.graph, self.chains)
        self.leaves = {leaf for leaves in self.beside for leaf in leaves}
        self.inside: dict[str, Layout] = {}
        for scope in sorted(self.within, key=len, reverse=True):
            self.inside[scope] = self.lay(scope)

    def lines(self, scope: str) -> dict[tuple[int, Name], list[Edge]]:
        """The edges behind each line in a scope, by the vertex it comes from and what it leads to there.

        A vertex outside is the name of the port where its line enters; where the line of `v` leaves is called `~v`.
        """
        lines: dict[tuple[int, Name], list[Edge]] = defaultdict(list)
        within = self.within[scope]
        for edge in self.edges[scope]:
            target = within.get(edge.target, ~edge.source)
            if within.get(edge.source) != target:
                lines[edge.source, target].append(edge)
        return lines

    def lay(self, scope: str) -> Layout:
        """Lay out a scope, after those within it."""
        within = self.within[scope]
        lines = {line: edges for line, edges in self.lines(scope).items() if line[0] not in self.leaves}
        names = [name for v, name in within.items() if v not in self.leaves]
        for v, target in lines:
            names += within.get(v, v), target
        items = {name: self.item(scope, name) for name in dict.fromkeys(names)}
        for (v, target), edges in lines.items():
            length = self.above[v] + max(self.below[edge.target] for edge in edges)
            Link(items[within.get(v, v)], items[target], v, length)
        title = text_width(self.title(scope), TITLE_SIZE) + 16
        return arrange(list(items.values()), title, len(self.sizes) <= CAREFUL)

    def item(self, scope: str, name: Name) -> Item:
        """What stands in a scope: a frame, a vertex with the leaves beside it, or a port."""
        if isinstance(name, int):
            port: dict[Name, Box] = {name: Box(0.0, 0.0, 0.0, 0.0)}
            return Item(name, self.with_leaves(name) if name in self.within[scope] else port)
        inside = self.inside[name]
        box = inside.frame.moved(-inside.frame.width / 2, -inside.frame.height / 2)
        ports = {max(v, ~v): at.x + box.x for v, at in inside.boxes.items() if isinstance(v, int) and not at.width}
        return Item(name, {name: box}, ports)

    def with_leaves(self, user: int) -> dict[Name, Box]:
        """A vertex and the leaves beside it, left and right of it in turn, placed from its centre."""
        width, height = self.sizes[user]
        boxes: dict[Name, Box] = {user: Box(-width / 2, -height / 2, width, height)}
        for side in range(2):
            leaves = self.beside[user][side::2]
            x = width / 2 + max([self.reach[v] for v in leaves], default=0.0)
            y = (STACK - sum(self.sizes[v][1] + STACK for v in leaves)) / 2
            for v in leaves:
                boxes[v] = Box(x if side else -x - self.sizes[v][0], y, *self.sizes[v])
                y += self.sizes[v][1] + STACK
        return boxes

    def title(self, scope: str) -> str:
        """The name of a frame's module, and its class if that is known."""
        return ": ".join(filter(None, (name_within(scope), self.graph.kinds.get(without_calls(scope)))))
