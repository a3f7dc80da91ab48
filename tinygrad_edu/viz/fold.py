"""Fewer vertices for a graph that is too big to look at; the folded graph says what it stands for."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from .model import Edge, Graph, Vertex

__all__ = ["LIMIT", "fold"]

LIMIT = 300  # vertices that a picture can hold
GROUPS = 60  # boxes to aim at when chains alone do not fold enough
LONGEST = 3  # operations, or repeated runs of them, named in one box
PERIOD = 8  # operations that a repeated run may have


def fold(graph: Graph, limit: int = LIMIT) -> Graph:
    """The graph itself if it has at most `limit` vertices, else a smaller one of the same form.

    First each chain of operations becomes one vertex; if that is not enough, neighbours in the order of computation
    are taken together, cut where the fewest values pass. Leaves go into the vertex that uses them.
    """
    if len(graph.vertices) <= limit:
        return graph
    folded = merge(graph, chains(graph))
    if len(folded.vertices) > limit:
        folded = merge(graph, stretches(graph))
    return folded


def chains(graph: Graph) -> list[int]:
    """A group for each operation: the same for the links of a chain, each the only user of the one before."""
    sources, users = operations_only(graph)
    groups = [-1] * len(graph.vertices)
    for vertex in graph.of_kind("operation"):
        v = vertex.id
        links = len(sources[v]) == 1 and len(users[sources[v][0]]) == 1
        groups[v] = groups[sources[v][0]] if links else v
    return groups


def stretches(graph: Graph) -> list[int]:
    """A group for each operation: runs of about equal length in the order of computation, cut where few values pass."""
    operations = [vertex.id for vertex in graph.of_kind("operation")]
    sources, users = operations_only(graph)
    alive, open_values = [], 0
    waiting = [len(users[v]) for v in range(len(graph.vertices))]
    for v in operations:
        for source in sources[v]:
            waiting[source] -= 1
            open_values -= waiting[source] == 0
        open_values += waiting[v] > 0
        alive.append(open_values)
    length = max(len(operations) // GROUPS, 2)
    groups = [-1] * len(graph.vertices)
    start = 0
    while start < len(operations):
        window = range(start + length // 2, min(start + length + length // 2, len(operations)))
        end = min(window, key=lambda k: (alive[k], abs(k - start - length)), default=len(operations) - 1) + 1
        for v in operations[start:end]:
            groups[v] = operations[start]
        start = end
    return groups


def operations_only(graph: Graph) -> tuple[list[list[int]], list[list[int]]]:
    """The operations that each vertex uses, and those that use it, each once."""
    sources: list[list[int]] = [[] for _ in graph.vertices]
    users: list[list[int]] = [[] for _ in graph.vertices]
    for edge in dict.fromkeys((edge.source, edge.target) for edge in graph.edges):
        source, target = edge
        if graph.vertices[source].kind == graph.vertices[target].kind == "operation":
            sources[target].append(source)
            users[source].append(target)
    return sources, users


def merge(graph: Graph, groups: Sequence[int]) -> Graph:
    """The graph with one vertex for each group of operations, and one for all leaves with the same users."""
    whole = [group if group >= 0 else v for v, group in enumerate(groups)]
    users: list[dict[int, None]] = [{} for _ in graph.vertices]
    for edge in graph.edges:
        users[edge.source][whole[edge.target]] = None
    alike: dict[tuple[object, ...], int] = {}
    for vertex in graph.vertices:
        v = vertex.id
        if vertex.kind in ("parameter", "input", "constant"):
            targets = tuple(users[v])
            inside = len(targets) == 1 and graph.vertices[targets[0]].kind == "operation"
            whole[v] = targets[0] if inside else alike.setdefault((vertex.kind, targets), v)
    members: dict[int, list[Vertex]] = {}
    for vertex in graph.vertices:
        members.setdefault(whole[vertex.id], []).append(vertex)
    edges = dict.fromkeys(
        (whole[edge.source], whole[edge.target]) for edge in graph.edges if whole[edge.source] != whole[edge.target]
    )
    return renumber(members, edges)


def renumber(members: dict[int, list[Vertex]], edges: Iterable[tuple[int, int]]) -> Graph:
    """A Graph of merged vertices; the ids are new, each vertex still after what it depends on."""
    entering: dict[int, list[int]] = {head: [] for head in members}
    for source, target in edges:
        entering[target].append(source)
    ids: dict[int, int] = {}
    # A group's last operation is what its users wait for, and its first comes after all that it uses.
    for head in sorted(members, key=lambda head: (bool(entering[head]), members[head][-1].id)):
        ids[head] = len(ids)
    vertices = tuple(replace(summary(members[head]), id=i) for head, i in ids.items())
    joined = sorted((ids[target], ids[source]) for source, target in edges)
    return Graph(vertices, tuple(Edge(source, target) for target, source in joined))


def summary(members: Sequence[Vertex]) -> Vertex:
    """One vertex that stands for several."""
    if len(members) == 1:
        return members[0]
    operations = [vertex.operation for vertex in members if vertex.kind == "operation"]
    last = members[-1]
    scopes = {vertex.scope for vertex in members}
    return Vertex(
        id=last.id,
        kind=last.kind,
        operation=describe(operations),
        name="" if operations else f"{len(members):,} {last.kind}s",
        shape=last.shape if operations else None,
        dtype=last.dtype,
        saved_bytes=sum(vertex.saved_bytes for vertex in members),
        scope=scopes.pop() if len(scopes) == 1 else "",
        line=last.line,
        folded=len(members),
    )


def describe(operations: Sequence[str]) -> str:
    """`(tanh → exp → log) × 1,000 → sum` for what repeats, else the operations counted."""
    pieces: list[str] = []
    rest = list(operations)
    while rest and len(pieces) <= LONGEST:
        period, times = repeats(rest)
        piece = " → ".join(rest[:period])
        pieces.append(piece if times == 1 else f"{f'({piece})' if period > 1 else piece} × {times:,}")
        del rest[: period * times]
    if not rest:
        return " → ".join(pieces)
    counts = Counter(operations).most_common()
    named = [f"{count:,} {name}" for name, count in counts[:LONGEST]]
    others = sum(count for _, count in counts[LONGEST:])
    return ", ".join(named) + (f" and {others:,} more" if others else "")


def repeats(operations: Sequence[str]) -> tuple[int, int]:
    """The length of what the operations start with and how often it follows itself, covering as many as can be."""
    best = (1, 1)
    for period in range(1, PERIOD + 1):
        same = 0
        for a, b in zip(operations, operations[period:], strict=False):
            if a != b:
                break
            same += 1
        times = 1 + same // period
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best
