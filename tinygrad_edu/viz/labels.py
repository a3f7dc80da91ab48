"""What a picture says about vertices and graphs, in words."""

from collections.abc import Iterator
from math import prod

from ..printing import byte_count
from .model import Graph, Numbers, Vertex
from .style import printable, shorten

__all__ = [
    "about",
    "caption",
    "data_text",
    "heading",
    "is_bad",
    "names_itself",
    "needs_labels",
    "numbers",
    "shape_text",
]

LONGEST_NAME = 34
# Their inputs may change places, so that telling which is which says nothing.
SYMMETRIC = frozenset({"add", "mul", "maximum", "minimum", "eq", "ne", "logical_and", "logical_or", "logical_xor"})


def heading(vertex: Vertex) -> str:
    """What a vertex is called: its operation, else its name, else the number it holds, else its kind."""
    limit = LONGEST_NAME * 2 if vertex.folded else LONGEST_NAME
    if vertex.kind == "constant" and vertex.value is not None and not vertex.shape:
        return numbers(vertex.value)
    between = ": " if vertex.folded else " = "
    name = between.join(filter(None, (vertex.name, vertex.operation)))
    return shorten(printable(name or vertex.kind), limit)


def shape_text(vertex: Vertex) -> str:
    """`(32, 10)`, or `scalar`."""
    if vertex.shape is None:
        return ""
    return str(vertex.shape) if vertex.shape else "scalar"


def numbers(value: Numbers) -> str:
    """Numbers with four digits, in brackets as NumPy and PyTorch write them."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(numbers, value))}]"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def data_text(vertex: Vertex) -> str:
    """`data 0.5 | grad 1`, as far as known."""
    parts = []
    if vertex.value is not None and (vertex.kind != "constant" or vertex.shape):
        parts.append(f"data {numbers(vertex.value)}")
    if vertex.grad is not None:
        parts.append(f"grad {numbers(vertex.grad)}")
    return " | ".join(parts)


def needs_labels(vertex: Vertex, inputs: int) -> bool:
    """Whether the edges into a vertex say something by their labels."""
    return inputs > 1 and vertex.operation not in SYMMETRIC and not vertex.folded


def about(vertex: Vertex) -> Iterator[str]:
    """All that is known of a vertex, a line each."""
    yield printable(" ".join(filter(None, (vertex.operation, vertex.name))) or vertex.kind)
    if vertex.kind != "operation":
        yield f"{vertex.kind}{': backward ends here and fills .grad' if vertex.kind == 'parameter' else ''}"
    if vertex.folded:
        yield f"stands for {vertex.folded:,} vertices"
    if vertex.kind == "constant" and vertex.shape is None:
        yield "no rule needs its value, so it was not kept"
    if vertex.shape is not None:
        yield f"shape {vertex.shape} {vertex.dtype}".rstrip()
    yield from (printable(f"{name} = {value}") for name, value in vertex.settings)
    yield from filter(None, [data_text(vertex)])
    for what, facts in (("value", vertex.value_statistics), ("gradient", vertex.grad_statistics)):
        if facts is not None:
            bad = f", {plural(facts.bad, 'number')} NaN or infinite" if facts.bad else ""
            spread = f"mean {facts.mean:.3g}, std {facts.std:.3g}, {100 * facts.zeros:.0f} % zero"
            yield f"{what} from {facts.least:.3g} to {facts.most:.3g}, {spread}{bad}"
    if vertex.formula:
        yield f"local derivative: {printable(vertex.formula)}"
    if vertex.kind == "operation":
        yield f"kept for backward: {byte_count(vertex.saved_bytes)}"
    if vertex.scope:
        yield f"module {printable(vertex.scope)}"
    if vertex.line:
        yield f"forward at {printable(vertex.line)}"


def names_itself(leaf: Vertex, label: str) -> bool:
    """Whether a leaf's name tells which input it is: `fc1.weight` as `weight`."""
    return leaf.name.rpartition(".")[2] == label


def is_bad(vertex: Vertex) -> bool:
    """Whether its value or gradient is known to be NaN or infinite somewhere."""
    return any(facts is not None and facts.bad > 0 for facts in (vertex.value_statistics, vertex.grad_statistics))


def caption(graph: Graph, drawn: Graph) -> str:
    """`12 operations · 4 parameters (1,234 numbers) · 5.1 KB kept for backward`, and what was folded."""
    parameters = [vertex for vertex in graph.of_kind("parameter") if vertex.shape is not None]
    parts = [
        plural(sum(1 for _ in graph.of_kind("operation")), "operation"),
        f"{plural(len(parameters), 'parameter')} ({plural(sum(prod(p.shape or ()) for p in parameters), 'number')})",
        f"{byte_count(sum(vertex.saved_bytes for vertex in graph.vertices))} kept for backward",
    ]
    first = next((vertex for vertex in graph.vertices if is_bad(vertex)), None)
    if first is not None:
        parts.append(f"NaN or infinite first at {heading(first)}{f' ({first.line})' if first.line else ''}")
    if drawn is not graph:
        parts.append(f"folded: {len(graph.vertices):,} vertices drawn as {len(drawn.vertices):,}")
    return " · ".join(parts)


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
