"""Where everything goes: a layered layout, inputs at the top and outputs at the bottom.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures"
(1981): rank the vertices, order each layer so that few edges cross, then choose coordinates. Three things are our own.
A leaf with one use stands beside its user, in the same layer. All long edges of one vertex share one trunk, from which
they branch off. And straight lines are chosen first, by weight, and then moved as whole blocks: a network's main path
is one straight line. Edges bend only between layers, where no boxes are, so they cross none.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .layers import Item, order
from .model import Edge, Graph
from .straight import align

__all__ = ["Box", "Layout", "Point", "Route", "arrange"]

Point = tuple[float, float]
Sides = tuple[list[int], list[int]]

MARGIN = 16.0
STACK = 6.0  # between leaves one above the other
LAYER_GAP = 28.0
LANDING = 8.0  # straight down at the end of an edge, for its arrow
PORT_GAP = 14.0  # between the ends of two edges on one box
PORT_INSET = 14.0  # from the corners of the box, which are round
FEW = 1000  # items up to which care is taken
SWING = 0.1  # of its width, by which a wide curve is taller


@dataclass(frozen=True, slots=True)
class Box:
    """The place of a vertex: its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one edge: points to pass in turn, curved where `x` and `y` both change, else straight."""

    edge: Edge
    points: tuple[Point, ...]
    branches: int  # how many leading points it shares with a route before it
    sideways: bool = False  # from a leaf beside its user


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes by vertex id, a route for each pair of vertices that an edge joins, and the size of it all."""

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


def arrange(
    graph: Graph,
    sizes: Sequence[tuple[float, float]],
    reach: Sequence[float],
    top: Collection[int] = (),
    bottom: Collection[int] = (),
    carefully: bool = True,
) -> Layout:
    """Place boxes of these sizes, (width, height) by vertex id; `reach` is how far from its user a leaf must stand.

    The vertices of `top` and `bottom` have the first and the last layer to themselves. `carefully` takes several times
    as long for fewer crossings, and is left to pictures that are looked at as a whole. Time grows about linearly with
    the edges and the layers they pass.
    """
    edges = unique(graph.edges)
    beside = {leaf: user for leaf, user in leaves_beside(graph, edges).items() if leaf not in top}
    level = [edge for edge in edges if edge.source not in beside]
    ranks = rank(graph, level, beside)
    if top or bottom:
        lowest = 2 + max((r for v, r in enumerate(ranks) if v not in bottom), default=0)
        ranks = [0 if v in top else lowest if v in bottom else r + 1 for v, r in enumerate(ranks)]
    sides = stacks(graph, beside)
    items, trunks = build_items(level, sides, ranks, sizes, reach)
    layers = order(items, carefully and len(items) <= FEW)
    xs = align(items, layers)
    return place(edges, sizes, reach, sides, items, trunks, layers, xs)


def unique(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for each pair of vertices, with the labels of all of them."""
    labels: dict[tuple[int, int], list[str]] = defaultdict(list)
    for edge in edges:
        labels[edge.source, edge.target].append(edge.label)
    return [Edge(source, target, ", ".join(filter(None, names))) for (source, target), names in labels.items()]


def leaves_beside(graph: Graph, edges: Sequence[Edge]) -> dict[int, int]:
    """The leaves that stand beside their only user, as {leaf: user}; what a layer starts from stands above it."""
    uses = [0] * len(graph.vertices)
    entering: list[list[int]] = [[] for _ in graph.vertices]
    for edge in edges:
        uses[edge.source] += 1
        entering[edge.target].append(edge.source)
    beside: dict[int, int] = {}
    for target, sources in enumerate(entering):
        leaves = [s for s in sources if graph.vertices[s].kind != "operation" and not entering[s] and uses[s] == 1]
        if len(leaves) == len(sources):
            data = [s for s in leaves if graph.vertices[s].kind != "parameter" and graph.vertices[s].shape]
            above = data or (leaves if len(leaves) <= 2 else leaves[:1])
            leaves = [s for s in leaves if s not in above]
        beside.update(dict.fromkeys(leaves, target))
    return beside


def rank(graph: Graph, edges: Sequence[Edge], beside: dict[int, int]) -> list[int]:
    """A layer for each vertex: below all that it depends on, and as near to its users as that shortens the edges."""
    users: list[list[int]] = [[] for _ in graph.vertices]
    sources: list[list[int]] = [[] for _ in graph.vertices]
    for edge in edges:
        users[edge.source].append(edge.target)
        sources[edge.target].append(edge.source)
    ranks = [0] * len(graph.vertices)
    for v in range(len(ranks)):
        ranks[v] = 1 + max((ranks[s] for s in sources[v]), default=-1)
    for v in reversed(range(len(ranks))):
        # A parameter's trunk passes by anyway, so it does not hold its user up.
        held = sum(graph.vertices[s].kind != "parameter" for s in sources[v])
        if len(users[v]) > held:
            ranks[v] = min(ranks[u] for u in users[v]) - 1
    for leaf, user in beside.items():
        ranks[leaf] = ranks[user]
    lowest = min(ranks, default=0)
    return [r - lowest for r in ranks]


def stacks(graph: Graph, beside: dict[int, int]) -> list[Sides]:
    """The leaves to the left and to the right of each vertex, from the top down."""
    sides: list[Sides] = [([], []) for _ in graph.vertices]
    for leaf, user in beside.items():
        left, right = sides[user]
        (left if len(left) <= len(right) else right).append(leaf)
    return sides


def build_items(
    edges: Sequence[Edge],
    sides: Sequence[Sides],
    ranks: Sequence[int],
    sizes: Sequence[tuple[float, float]],
    reach: Sequence[float],
) -> tuple[list[Item], dict[int, list[int]]]:
    """The items, first one for each vertex by id, and the trunk of each vertex: its items from its layer on."""
    items = []
    for vertex, (width, height) in enumerate(sizes):
        left, right = (
            max((sizes[leaf][0] for leaf in side), default=0.0) + max((reach[leaf] for leaf in side), default=0.0)
            for side in sides[vertex]
        )
        tall = max(stack_height(side, sizes) for side in sides[vertex])
        items.append(Item(vertex, ranks[vertex], width / 2 + left, width / 2 + right, max(height, tall)))
    trunks = {vertex: [vertex] for vertex in range(len(sizes))}
    for edge in edges:
        trunk = trunks[edge.source]
        while ranks[edge.source] + len(trunk) < ranks[edge.target]:
            items.append(Item(-1, ranks[edge.source] + len(trunk)))
            join(items, trunk[-1], len(items) - 1)
            trunk.append(len(items) - 1)
        join(items, trunk[ranks[edge.target] - ranks[edge.source] - 1], edge.target)
    for pair in sides:
        for leaf in (*pair[0], *pair[1]):
            items[leaf].rank = -1  # in no layer of its own
    return items, trunks


def stack_height(side: Sequence[int], sizes: Sequence[tuple[float, float]]) -> float:
    """The height of leaves one above the other."""
    return sum(sizes[leaf][1] + STACK for leaf in side) - STACK if side else 0.0


def join(items: list[Item], upper: int, lower: int) -> None:
    items[upper].down.append(lower)
    items[lower].up.append(upper)


def place(
    edges: Sequence[Edge],
    sizes: Sequence[tuple[float, float]],
    reach: Sequence[float],
    sides: Sequence[Sides],
    items: Sequence[Item],
    trunks: dict[int, list[int]],
    layers: Sequence[Sequence[int]],
    xs: list[float],
) -> Layout:
    """Turn layers and centres into boxes and routes."""
    inside = [i for layer in layers for i in layer]
    shift = MARGIN - min((xs[i] - items[i].left for i in inside), default=0.0)
    xs = [x + shift for x in xs]
    bands = heights(items, layers, xs)
    boxes: dict[int, Box] = {}
    for v in inside:
        if items[v].vertex >= 0:
            width, height = sizes[v]
            boxes[v] = Box(xs[v] - width / 2, sum(bands[items[v].rank]) / 2 - height / 2, width, height)
    for user, pair in enumerate(sides):
        for stack, direction in zip(pair, (-1, 1), strict=True):
            y = boxes[user].y + (boxes[user].height - stack_height(stack, sizes)) / 2 if stack else 0.0
            for leaf in stack:
                width, height = sizes[leaf]
                inner = xs[user] + direction * (sizes[user][0] / 2 + max(reach[other] for other in stack))
                boxes[leaf] = Box(inner if direction > 0 else inner - width, y, width, height)
                y += height + STACK
    routes = route(edges, boxes, items, trunks, bands, xs)
    right = max((xs[i] + items[i].right for i in inside), default=0.0)
    return Layout(tuple(boxes[v] for v in range(len(sizes))), tuple(routes), right + MARGIN, bands[-1][1] + MARGIN)


def heights(items: Sequence[Item], layers: Sequence[Sequence[int]], xs: Sequence[float]) -> list[tuple[float, float]]:
    """The (top, bottom) of each layer, further below the one before the wider the edges swing between them."""
    bands, y = [], MARGIN
    for layer in layers:
        widest = max((abs(xs[i] - xs[j]) for i in layer for j in items[i].up), default=0.0)
        top = y + min(SWING * widest, LAYER_GAP * 2)
        y = top + max((items[i].height for i in layer), default=0.0)
        bands.append((top, y))
        y += LAYER_GAP
    return bands


def route(
    edges: Sequence[Edge],
    boxes: dict[int, Box],
    items: Sequence[Item],
    trunks: dict[int, list[int]],
    bands: Sequence[tuple[float, float]],
    xs: Sequence[float],
) -> list[Route]:
    """The way of each edge: out of its source, along the trunk, and into its target at a port of its own."""
    leaving = {v: ports(boxes[v], [(xs[j], j) for j in items[v].down]) for v in boxes}
    entering = {v: ports(boxes[v], [(xs[j], j) for j in items[v].up]) for v in boxes}
    routes: list[Route] = []
    drawn: set[int] = set()
    for edge in edges:
        a, b = boxes[edge.source], boxes[edge.target]
        source, target = items[edge.source], items[edge.target]
        if source.rank < 0:
            start = (a.x + a.width if a.x < b.x else a.x, a.y + a.height / 2)
            end = (b.x if a.x < b.x else b.x + b.width, min(max(start[1], b.y + 6), b.y + b.height - 6))
            routes.append(Route(edge, (start, end), 0, sideways=True))
            continue
        _, *trunk = trunks[edge.source][: target.rank - source.rank]
        x = leaving[edge.source][trunk[0] if trunk else edge.target]
        points = [(x, a.y + a.height), (x, bands[source.rank][1])]
        shared = 0
        for i in trunk:
            top, bottom = bands[items[i].rank]
            points += [(xs[i], top), (xs[i], bottom)]
            if i in drawn:
                shared = len(points)
            drawn.add(i)
        x = entering[edge.target][trunk[-1] if trunk else edge.source]
        points += [(x, bands[target.rank][0] - LANDING), (x, b.y)]
        routes.append(Route(edge, tuple(points), shared))
    return routes


def ports(box: Box, ends: list[tuple[float, int]]) -> dict[int, float]:
    """Where on the side of a box each edge ends: straight across from its other end if it can be, none too close."""
    ends = sorted(ends)
    inset = min(PORT_INSET, box.width / 2)
    low, high = box.x + inset, box.x + box.width - inset
    gap = min(PORT_GAP, (high - low) / max(len(ends) - 1, 1))
    spots = [min(max(x, low), high) for x, _ in ends]
    for k in range(1, len(spots)):
        spots[k] = max(spots[k], spots[k - 1] + gap)
    for k in reversed(range(len(spots))):
        spots[k] = min(spots[k], high - gap * (len(spots) - 1 - k))
    return {i: x for x, (_, i) in zip(spots, ends, strict=True)}
