"""A Graph as a tree for terminals and tests."""

from collections.abc import Collection, Iterator

from .fold import LIMIT, fold
from .labels import caption, data_text, heading, needs_labels, shape_text
from .model import Graph, Vertex
from .style import printable

__all__ = ["to_text"]

DEPTH = 12  # levels of indentation; what lies deeper becomes a tree of its own


def to_text(graph: Graph, limit: int = LIMIT, *, depth: int | None = None, open: Collection[str] = ()) -> str:
    """The graph as a tree from each output back to the leaves; what is too big folds, as `fold` tells.

    What several operations use is printed once, with a number, and referred to by that number elsewhere.

    >>> from tinygrad_edu.viz import Edge
    >>> a, b = Vertex(0, "parameter", name="a", shape=()), Vertex(1, "input", name="b", shape=(3,))
    >>> product = Vertex(2, "operation", "mul", shape=(3,))
    >>> print(to_text(Graph((a, b, product), (Edge(0, 2, "x"), Edge(1, 2, "y")))))
    mul  (3,)
    ├─ a  scalar  parameter
    └─ b  (3,)  input
    <BLANKLINE>
    1 operation · 1 parameter (1 number) · 0 B kept for backward
    <BLANKLINE>
    """
    drawn = fold(graph, limit, depth=depth, open=open)
    return "\n".join([*tree_lines(drawn), caption(graph, drawn), ""])


def tree_lines(graph: Graph) -> Iterator[str]:
    """A tree for each output, and for each vertex that lies too deep in another's, an empty line after each."""
    inputs, uses = graph.inputs(), graph.uses()
    roots = [v for v, edges in enumerate(uses) if not edges]
    ends, rooted = set(roots), set(roots)
    printed: set[int] = set()
    for root in roots:
        # a vertex, what stands before it, what stands before its inputs, and which input it is
        stack = [(root, "", "", "")]
        while stack:
            v, branch, indent, label = stack.pop()
            vertex = graph.vertices[v]
            if inputs[v] and len(indent) > 3 * DEPTH and v not in printed and v not in rooted:
                roots.append(v)
                rooted.add(v)
            many = len(uses[v]) > 1 and vertex.kind == "operation"
            mark = f"#{v} " if many or (v in rooted and v not in ends) else ""
            if v in printed or (branch and v in rooted):
                where = "" if not inputs[v] else " above" if v in printed else " below"
                yield f"{branch}{label}{mark}{heading(vertex)}{where}"
                continue
            printed.add(v)
            yield f"{branch}{label}{mark}{details(vertex)}"
            named = needs_labels(vertex, len(inputs[v]))
            for k, edge in reversed(list(enumerate(inputs[v], 1))):
                last = k == len(inputs[v])
                label = f"{printable(edge.label)}: " if named and edge.label else ""
                stack.append(
                    (edge.source, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "), label)
                )
        yield ""


def details(vertex: Vertex) -> str:
    """`sum[dim=1]  (32,)`: what a vertex is called, its settings, shape, kind and numbers, as far as there are any."""
    settings = ", ".join(printable(f"{name}={value}") for name, value in vertex.settings)
    parts = [
        f"{heading(vertex)}[{settings}]" if settings else heading(vertex),
        shape_text(vertex),
        vertex.kind if vertex.kind not in ("operation", "output") and heading(vertex) != vertex.kind else "",
        data_text(vertex),
    ]
    return "  ".join(filter(None, parts))
