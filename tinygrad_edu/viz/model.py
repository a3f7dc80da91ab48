"""A computation graph as plain data: what every renderer takes, and all it takes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Edge", "Graph", "Kind", "Number", "Numbers", "Statistics", "Vertex", "renderers"]

Kind = Literal["input", "parameter", "constant", "operation", "output"]
Number = float | int | bool
Numbers = Number | tuple["Numbers", ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of an array: its range, mean and standard deviation over what is finite, and the share that is 0.

    `bad` is how many are NaN or infinite.
    """

    least: float
    most: float
    mean: float
    std: float
    zeros: float
    bad: int


@dataclass(frozen=True, slots=True)
class Vertex:
    """One operation, or one Tensor at an end of the graph.

    Kinds: an "operation" is one recorded call; a "parameter" is a Tensor that requires grad, where backward ends and
    fills `.grad`; an "input" is named data without a gradient, a "constant" the same without a name, and without a
    shape where no rule needs it and so nothing of it was kept; an "output" is a Tensor that was asked for.
    """

    id: int
    kind: Kind
    operation: str = ""
    name: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    saved_bytes: int = 0  # memory that this call was the first to keep for backward
    formula: str = ""  # of the local derivative, in LaTeX
    scope: str = ""  # the call of a module that it belongs to: "encoder.layers.0", or "cell:17" of a repeated one
    line: str = ""  # of the forward: "file:line in function"
    value: Numbers | None = None
    grad: Numbers | None = None
    value_statistics: Statistics | None = None
    grad_statistics: Statistics | None = None
    folded: int = 0  # how many vertices of the full graph this one stands for, if it stands for others
    members: tuple[int, ...] = ()  # which of the full graph, in a graph that was folded
    opens: str = ""  # the module whose operations they are, if they are all of one


@dataclass(frozen=True, slots=True)
class Edge:
    """`source` is the input called `label` of `target`."""

    source: int
    target: int
    label: str = ""


renderers: "dict[str, Callable[[Graph], str]]" = {}  # those that a notebook uses enter themselves here


@dataclass(frozen=True, slots=True)
class Graph:
    """Vertices, each after what it depends on, and the edges between them; `vertices[i].id` is i."""

    vertices: tuple[Vertex, ...]
    edges: tuple[Edge, ...]
    kinds: Mapping[str, str] = field(default_factory=dict, compare=False)  # of modules: {"encoder": "Encoder"}

    def _repr_svg_(self) -> str:
        return renderers["svg"](self)

    def inputs(self) -> list[list[Edge]]:
        """The edges that enter each vertex, in the order of the operation's inputs."""
        entering: list[list[Edge]] = [[] for _ in self.vertices]
        for edge in self.edges:
            entering[edge.target].append(edge)
        return entering

    def uses(self) -> list[list[Edge]]:
        """The edges that leave each vertex."""
        leaving: list[list[Edge]] = [[] for _ in self.vertices]
        for edge in self.edges:
            leaving[edge.source].append(edge)
        return leaving

    def of_kind(self, kind: Kind) -> Iterator[Vertex]:
        """The vertices of one kind."""
        return (vertex for vertex in self.vertices if vertex.kind == kind)
