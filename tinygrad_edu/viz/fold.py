"""Fewer vertices for a graph that is too big to look at; the folded graph says what it stands for.

Modules close first: their operations become one vertex, and so do their calls from the second to the last but one where
a module, or the same operations without one, are used many times over: the steps of a recurrent network.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from .labels import is_bad
from .model import Edge, Graph, Vertex
from .scopes import parents

__all__ = ["LIMIT", "SEEN", "close_below", "fold"]

SEEN = 40  # vertices that one takes in at a glance
STEPS = 5  # times from which what repeats is drawn as the first, the rest and the last

LIMIT = 300  # vertices that a picture can hold
GROUPS = 60  # boxes to aim at when chains alone do not fold enough
LONGEST = 3  # operations, or repeated runs of them, named in one box
PERIOD = 40  # operations that a repeated run may have


class Standing(NamedTuple):
    """What is said of a vertex that stands for several."""

    name: str
    operation: str
    scope: str
    opens: str = ""


def fold(graph: Graph, limit: int = LIMIT, *, depth: int | None = None, open: Collection[str] = ()) -> Graph:
    """The graph itself if it is small, else a smaller one of the same form.

    Modules are open down to `depth`, without it as deep as about 40 vertices allow, and so are those named in `open`
    with all that they lie in. If more than `limit` vertices are left, each chain of operations becomes one vertex; if
    that is not enough, neighbours in the order of computation are taken together, cut where the fewest values pass.
    Leaves go into the vertex that uses them.
    """
    folded = close(graph, depth, open)
    if len(folded.vertices) > limit:
        folded = merge(graph, chains(graph), absorb=True)
    if len(folded.vertices) > limit:
        folded = merge(graph, stretches(graph), absorb=True)
    return folded


def close(graph: Graph, depth: int | None, open: Collection[str]) -> Graph:
    """The graph with its modules open down to this depth, or as deep as leaves few enough vertices."""
    named = {above for scope in open for above in parents(scope)}
    deepest = max((len(list(parents(vertex.scope))) for vertex in graph.of_kind("operation")), default=0)
    if depth is not None:
        return close_below(graph, depth, named, ranges=True)
    if len(graph.vertices) <= SEEN:
        return graph
    for level in reversed(range(deepest + 1)):
        for ranges in (False, True):
            folded = close_below(graph, level, named, ranges)
            if len(folded.vertices) <= SEEN:
                return folded
    return folded


def close_below(graph: Graph, depth: int, named: Collection[str], ranges: bool) -> Graph:
    """Each module that lies deeper as one vertex, if it is not named; with `ranges` what repeats as well."""
    groups = [-1] * len(graph.vertices)
    heads: dict[str, int] = {}
    summaries: dict[int, Standing] = {}
    children: dict[str, list[tuple[str, list[int]]]] = {"": []}  # of each open module: tokens and their operations
    for vertex in graph.of_kind("operation"):
        above = ""
        for level, scope in enumerate(parents(vertex.scope)):
            if level >= depth and scope not in named:
                groups[vertex.id] = heads.setdefault(scope, vertex.id)
                if groups[vertex.id] == vertex.id:
                    kind = graph.kinds.get(without_calls(scope), "")
                    summaries[vertex.id] = Standing(name_within(scope), kind, above, scope)
                extend(children[above], scope.rpartition(".")[2].partition(":")[0], vertex.id, scope in children)
                children.setdefault(scope, [])
                break
            extend(children[above], scope.rpartition(".")[2].partition(":")[0], vertex.id, scope in children)
            children.setdefault(scope, [])
            above = scope
        else:
            groups[vertex.id] = vertex.id
            extend(children[above], vertex.operation, vertex.id, goes_on=False)
    if ranges:
        for scope, tokens in children.items():
            for first, last, told in middles(tokens):
                head = tokens[first][1][0]
                for _, operations in tokens[first:last]:
                    for v in operations:
                        groups[v] = head
                summaries[head] = Standing("", told, scope)
    return merge(graph, groups, summaries)


def extend(tokens: list[tuple[str, list[int]]], name: str, v: int, goes_on: bool) -> None:
    """Count an operation to the last token where it goes on, or to a new one."""
    if goes_on:
        tokens[-1][1].append(v)
    else:
        tokens.append((name, [v]))


def name_within(scope: str) -> str:
    """The last name of a scope, with the one before where it is a number alone: `layers.0`."""
    *above, name = scope.split(".")
    return f"{above[-1]}.{name}" if above and name.partition(":")[0].isdigit() else name


def without_calls(scope: str) -> str:
    """The name of the module that a scope is a call of."""
    return ".".join(part.partition(":")[0] for part in scope.split("."))


def middles(tokens: Sequence[tuple[str, list[int]]]) -> Iterable[tuple[int, int, str]]:
    """Where what repeats has its second and its last time, as places among the tokens, and what it is, in words."""
    names = [name for name, _ in tokens]
    k = 0
    while k < len(names):
        period, times = repeats(names, k)
        if times >= STEPS:
            piece = describe(names[k : k + period])
            yield k + period, k + period * (times - 1), f"… {times - 2:,} × ({piece}) …"
        k += period * times


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


def merge(
    graph: Graph, groups: Sequence[int], named: Mapping[int, Standing] | None = None, absorb: bool = False
) -> Graph:
    """The graph with one vertex for each group of operations, which has the number of its first.

    `named` says what is known of some of them. A leaf that one group alone uses goes into it, if it is
    such a group or has several operations, or in any case with `absorb`; of the other leaves those with the same users
    become one, if all these stand for several.
    """
    named = named or {}
    whole = [group if group >= 0 else v for v, group in enumerate(groups)]
    sizes = Counter(whole)
    users: list[dict[int, None]] = [{} for _ in graph.vertices]
    for edge in graph.edges:
        users[edge.source][whole[edge.target]] = None
    alike: dict[tuple[object, ...], int] = {}
    for vertex in graph.vertices:
        v = vertex.id
        if vertex.kind in ("parameter", "input", "constant"):
            targets = tuple(users[v])
            shut = all(absorb or sizes[t] > 1 or t in named for t in targets)
            inside = len(targets) == 1 and graph.vertices[targets[0]].kind == "operation"
            if shut:
                whole[v] = targets[0] if inside else alike.setdefault((vertex.kind, targets), v)
    members: dict[int, list[Vertex]] = {}
    for vertex in graph.vertices:
        members.setdefault(whole[vertex.id], []).append(vertex)
    if len(members) == len(graph.vertices):
        return graph
    several = {head for head, standing in members.items() if len(standing) > 1}
    edges = dict.fromkeys(
        (whole[edge.source], whole[edge.target], "" if whole[edge.target] in several else edge.label)
        for edge in graph.edges
        if whole[edge.source] != whole[edge.target]
    )
    vertices = {head: summary(standing, named.get(head)) for head, standing in members.items()}
    return renumber(graph, members, vertices, edges)


def renumber(
    graph: Graph,
    members: Mapping[int, Sequence[Vertex]],
    vertices: Mapping[int, Vertex],
    edges: Iterable[tuple[int, int, str]],
) -> Graph:
    """A Graph of merged vertices; the ids are new, each vertex still after what it depends on."""
    used = {target for _, target, _ in edges}
    # A group's last operation is what its users wait for, and its first comes after all that it uses.
    order = sorted(members, key=lambda head: (head in used, members[head][-1].id))
    ids = {head: i for i, head in enumerate(order)}
    joined = sorted((ids[target], ids[source], label) for source, target, label in edges)
    return Graph(
        tuple(replace(vertices[head], id=i) for head, i in ids.items()),
        tuple(Edge(source, target, label) for target, source, label in joined),
        graph.kinds,
    )


def summary(members: Sequence[Vertex], named: Standing | None = None) -> Vertex:
    """One vertex that stands for several."""
    if len(members) == 1 and named is None:
        return replace(members[0], members=(members[0].id,))
    operations = [vertex.operation for vertex in members if vertex.kind == "operation"]
    last = next((vertex for vertex in reversed(members) if vertex.kind == "operation"), members[-1])
    scopes = {vertex.scope for vertex in members}
    if named is None:
        name = "" if operations else f"{len(members):,} {last.kind}s"
        named = Standing(name, describe(operations), scopes.pop() if len(scopes) == 1 else "")
    return Vertex(
        id=last.id,
        kind=last.kind,
        operation=named.operation,
        name=named.name,
        shape=last.shape if operations else None,
        dtype=last.dtype,
        saved_bytes=sum(vertex.saved_bytes for vertex in members),
        scope=named.scope,
        line=last.line,
        folded=len(members),
        value_statistics=next((v.value_statistics for v in members if is_bad(v)), None),
        members=tuple(vertex.id for vertex in members),
        opens=named.opens,
    )


def describe(operations: Sequence[str]) -> str:
    """`(tanh → exp → log) × 1,000 → sum` for what repeats, else the operations counted."""
    pieces: list[str] = []
    k = 0
    while k < len(operations) and len(pieces) <= LONGEST:
        period, times = repeats(operations, k)
        piece = " → ".join(operations[k : k + period])
        pieces.append(piece if times == 1 else f"{f'({piece})' if period > 1 else piece} × {times:,}")
        k += period * times
    if k == len(operations):
        return " → ".join(pieces)
    counts = Counter(operations).most_common()
    named = [f"{count:,} {name}" for name, count in counts[:LONGEST]]
    others = sum(count for _, count in counts[LONGEST:])
    return ", ".join(named) + (f" and {others:,} more" if others else "")


def repeats(operations: Sequence[str], start: int) -> tuple[int, int]:
    """The length of what begins here and how often it follows itself, covering as many operations as can be."""
    best = (1, 1)
    for period in range(1, min(PERIOD, (len(operations) - start) // 2) + 1):
        k = start
        while k + period < len(operations) and operations[k] == operations[k + period]:
            k += 1
        times = 1 + (k - start) // period
        if times > 1 and period * times > best[0] * best[1]:
            best = (period, times)
    return best
