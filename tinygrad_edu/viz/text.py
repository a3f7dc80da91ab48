"""A Graph as a tree for terminals and tests."""

from .fold import LIMIT, fold
from .labels import caption, data_text, heading, needs_labels, shape_text
from .model import Graph, Vertex
from .style import printable

__all__ = ["to_text"]

DEPTH = 12  # levels of indentation; what lies deeper starts a section of its own


def to_text(graph: Graph, limit: int = LIMIT) -> str:
    """The graph as a tree from each output back to the leaves; more than `limit` vertices fold.

    What several operations use is printed once, with a number, and referred to by that number elsewhere.
    """
    drawn = fold(graph, limit)
    inputs, uses = drawn.inputs(), drawn.uses()
    shared = {v for v, edges in enumerate(uses) if len(edges) > 1}
    lines: list[str] = []
    printed: set[int] = set()
    sections = [v for v, edges in enumerate(uses) if not edges]
    pending = set(sections)
    for section in sections:
        if section in printed:
            continue
        if lines:
            lines.append("")
        # (vertex, what stands before it, what stands before its inputs, its role there)
        stack = [(section, "", "", "")]
        while stack:
            v, branch, indent, role = stack.pop()
            vertex = drawn.vertices[v]
            deep = len(indent) > 3 * DEPTH and inputs[v]
            known = v in printed or v in pending - {section} or deep
            mark = f"#{v} " if v in shared or v in pending or deep else ""
            if known:
                lines.append(f"{branch}{role}{mark}{heading(vertex)} {'above' if v in printed else 'below'}")
                if v not in printed and v not in pending:
                    pending.add(v)
                    sections.append(v)
                continue
            printed.add(v)
            lines.append(f"{branch}{role}{mark if v in shared or branch == '' and v != sections[0] else ''}{details(vertex)}")
            named = needs_labels(vertex, len(inputs[v]))
            children = [(edge.source, f"{printable(edge.label)}: " if named and edge.label else "") for edge in inputs[v]]
            for k, (source, label) in reversed(list(enumerate(children))):
                last = k == len(children) - 1
                stack.append((source, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  "), label))
    return "\n".join([*lines, "", caption(graph, drawn), ""])


def details(vertex: Vertex) -> str:
    """`linear (32, 10)`, and where the vertex has them its settings, numbers and forward line."""
    settings = ", ".join(f"{name}={printable(value)}" for name, value in vertex.settings)
    parts = [
        f"{heading(vertex)}[{settings}]" if settings else heading(vertex),
        shape_text(vertex),
        vertex.kind if vertex.kind not in ("operation", "output") and heading(vertex) != vertex.kind else "",
        data_text(vertex),
    ]
    return "  ".join(filter(None, parts))
