"""From Tensors to a Graph: everything is read off the nodes that the forward left behind."""

import math
import re
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from .. import writes
from ..graph import Leaf, Node, Output, reachable
from ..primitive import Plan
from ..recording import Recorded, in_library
from .model import Edge, Graph, Numbers, Statistics, Vertex
from .scopes import Scopes, common, inferred, number_calls

__all__ = ["trace"]

SUMMARIES = (numpy.min, numpy.max, numpy.mean, numpy.std)
SMALL = 4  # numbers a Tensor may have for its values to be shown


def trace(
    *outputs: Any, names: Any = None, values: bool = False, statistics: bool = False, scopes: Scopes | None = None
) -> Graph:
    """The graph that leads to these Tensors, as plain data; the Tensors and the engine's graph stay as they are.

    `names` gives Tensors their names: a Module, whose parameters then say to which module each operation belongs, or
    a dict from name to Tensor or Module (under the name "" its parameters keep their own names). With `values` small
    Tensors carry their numbers and, at the leaves and where it was retained, their `.grad`; with `statistics` all whose
    values are known carry those of their values and gradients. Trace before backward, which frees what was kept. The
    gradients of `autograd.grad(.., create_graph=True)` are Tensors like others: traced, they show the backward, and
    beside the loss both.
    `scopes`, noted during the forward, say exactly to which call of which module an operation belongs; without them
    that is told from the parameters that it uses.

    Raises:
        TypeError: an output or a named thing is not a Tensor.
        ValueError: there is no output.
    """
    if not outputs:
        raise ValueError("trace needs at least one Tensor; pass the loss, or any result of a computation")
    for output in outputs:
        check_tensor(output, "an output")
    return Tracer(named_tensors(names), values, scopes, statistics).trace(outputs)


def check_tensor(x: Any, what: str) -> None:
    if not isinstance(x, Recorded):
        raise TypeError(f"trace got {type(x).__name__} as {what}; it takes Tensors")
    if x._view is not None:
        x._view.renew(x)  # a write to what it is a view of has given it a new node


def named_tensors(names: Any) -> dict[str, Any]:
    """The Tensors by their names, from a dict, a Module or nothing."""
    if names is None:
        return {}
    if hasattr(names, "named_parameters"):
        return {**dict(names.named_parameters()), **dict(names.named_buffers())}
    if not isinstance(names, Mapping):
        raise TypeError(f"names is {type(names).__name__}; it takes a dict from name to Tensor or Module, or a Module")
    found: dict[str, Any] = {}
    for name, thing in names.items():
        if hasattr(thing, "named_parameters"):
            found.update((f"{name}.{inner}" if name else inner, x) for inner, x in named_tensors(thing).items())
        else:
            check_tensor(thing, f"names[{name!r}]")
            found[str(name)] = thing
    return found


def plain(array: Any) -> Numbers | None:
    """An array's numbers as plain Python, if they are few."""
    return freeze(array.tolist()) if array.size <= SMALL else None


def freeze(value: Any) -> Numbers:
    return tuple(freeze(v) for v in value) if isinstance(value, list) else value


def statistics_of(array: numpy.ndarray[Any, Any]) -> Statistics | None:
    """The statistics of an array; None if it is empty."""
    values = array.astype(numpy.float64)
    finite = values[numpy.isfinite(values)]
    if not array.size:
        return None
    least, most, mean, std = (float(f(finite)) if finite.size else math.nan for f in SUMMARIES)
    return Statistics(least, most, mean, std, float((values == 0).mean()), array.size - finite.size)


def owner(array: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """The array that owns the memory of this one."""
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array


def describe(setting: Any) -> str:
    """A setting in few characters; of an array its dtype and shape."""
    if isinstance(setting, tuple):
        return f"({', '.join(map(describe, setting))}{',' * (len(setting) == 1)})"
    if isinstance(setting, numpy.ndarray) and setting.size > SMALL:
        return f"{setting.dtype}{setting.shape}"
    return reprlib.repr(setting)


def is_default(value: Any, default: Any) -> bool:
    """Whether a setting says nothing: simple values alone are compared."""
    return value is default or (
        type(value) is type(default) and isinstance(value, int | float | str) and value == default
    )


class Tracer:
    """The vertices and edges found so far, and who is who."""

    def __init__(self, names: Mapping[str, Any], values: bool, scopes: Scopes | None, statistics: bool = False) -> None:
        self.values = values
        self.statistics = statistics
        self.scopes = scopes
        self.vertices: list[dict[str, Any]] = []
        self.edges: list[Edge] = []
        self.names_of_nodes = {t._node: name for name, t in names.items() if t._node is not None}
        self.data = {id(owner(t._array)): (name, t._array.size) for name, t in names.items() if t._node is None}
        self.tensors: dict[Node, Any] = {t._node: t for t in names.values() if t._node is not None}
        self.arrays: dict[Node, Any] = {node: t._array for node, t in self.tensors.items()}
        self.lines: dict[tuple[int, int], str] = {}
        self.ids: dict[Any, int] = {}  # by node, or by id of an array without one
        self.owners: set[int] = set()  # memory already accounted for

    def trace(self, outputs: Sequence[Any]) -> Graph:
        nodes = [output._node for output in outputs if output._node is not None]
        calls = [node for node in reversed(reachable(nodes)) if not isinstance(node, Leaf)]
        for output in outputs:
            if output._node is not None:
                self.tensors[output._node] = output
                self.arrays[output._node] = output._array
        for call in calls:
            if call.plan is not None:
                self.learn_arrays(call, call.plan)
        self.owners.update(id(owner(array)) for node, array in self.arrays.items() if isinstance(node, Leaf))
        for call in calls:
            if isinstance(call, Output):
                self.add_pick(call)
            elif call.plan is not None:
                self.add_call(call, call.plan)
        for output in outputs:
            self.add_output(output)
        for output in outputs:
            if output._node in self.ids and not isinstance(output._node, Leaf):
                self.vertices[self.ids[output._node]]["name"] = ""  # the output below it bears the name
        self.find_scopes([node for node in calls if node in self.ids])
        vertices = tuple(Vertex(id=i, **fields) for i, fields in enumerate(self.vertices))
        return Graph(vertices, tuple(self.edges), self.scopes.kinds if self.scopes else {})

    def learn_arrays(self, call: Node, plan: Plan) -> None:
        """Note the arrays that this call kept and that are the values of nodes."""
        for place, _, value in self.kept(call, plan):
            if isinstance(value, numpy.ndarray):
                if place in plan.positions:
                    self.arrays.setdefault(call.parents[plan.positions.index(place)], value)
                elif place == len(plan.needs):
                    self.arrays.setdefault(call, value)

    def find_scopes(self, calls: Sequence[Node]) -> None:
        """Give each operation the scope that it was made in, and each leaf that of its users."""
        here = [self.ids[call] for call in calls]
        if self.scopes is None:
            own = [""] * len(self.vertices)
            for edge in reversed(self.edges):
                if self.vertices[edge.source]["kind"] == "parameter":
                    own[edge.target] = self.vertices[edge.source]["name"].rpartition(".")[0] or own[edge.target]
            ways = inferred([own[v] for v in here])
        else:
            ways = self.scopes.ways([call.number for call in calls])
        for v, scope in zip(here, number_calls(ways), strict=True):
            self.vertices[v]["scope"] = scope
        users: dict[int, list[str]] = {}
        for edge in self.edges:
            users.setdefault(edge.source, []).append(self.vertices[edge.target].get("scope", ""))
        for v, fields in enumerate(self.vertices):
            if fields["kind"] not in ("operation", "output") and v in users:
                fields["scope"] = common(users[v])

    def add_pick(self, output: Output) -> None:
        """A vertex for one output of a call that has several."""
        here = self.add(output, kind="operation", operation=f"output {output.index}", line=self.line(output))
        self.edges.append(Edge(self.ids[output.parents[0]], here, "outputs"))

    def add_call(self, call: Node, plan: Plan) -> None:
        """A vertex for a call, and before it those of its inputs that have none yet."""
        primitive = plan.primitive
        count = len(plan.needs)
        sources = dict(zip(plan.positions, call.parents, strict=True))
        found: dict[int, int] = {}
        settings: dict[str, str] = {}
        saved_bytes = 0
        for place, parent in sources.items():
            found[place] = self.ids[parent] if parent in self.ids else self.add(parent, kind="parameter")
        for place, name, value in self.kept(call, plan):
            if place < count and place not in found:
                found[place] = self.add_constant(value)
            elif name in primitive.settings and not is_default(value, primitive.settings[name]):
                settings[name] = describe(value)
            saved_bytes += self.first_kept(value)
        for place in range(count):
            if place not in found:
                self.vertices.append({"kind": "constant"})
                found[place] = len(self.vertices) - 1
        names = primitive.input_names(count)
        here = self.add(
            call,
            kind="operation",
            operation=primitive.name,
            settings=tuple(sorted(settings.items())),
            saved_bytes=saved_bytes,
            formula=primitive.formula,
            line=self.line(call),
        )
        self.edges.extend(Edge(found[place], here, names[place]) for place in sorted(found))

    def add(self, node: Node, **fields: Any) -> int:
        """A vertex for a node, with all that is known of its Tensor."""
        array = self.arrays.get(node)
        several = bool(node.shape) and isinstance(node.shape[0], tuple)  # outputs, each with its own vertex and shape
        fields = {"name": self.names_of_nodes.get(node, ""), "shape": None if several else node.shape, **fields}
        if isinstance(node, Leaf):
            fields["dtype"] = str(node.dtype)
        if array is not None:
            fields["dtype"] = str(array.dtype)
            if self.values:
                fields["value"] = plain(array)
            if self.statistics:
                fields["value_statistics"] = statistics_of(array)
        grad = node.grad if isinstance(node, Leaf) else getattr(self.tensors.get(node), "_grad", None)
        if grad is not None:
            if self.values:
                fields["grad"] = plain(grad._array)
            if self.statistics:
                fields["grad_statistics"] = statistics_of(grad._array)
        self.vertices.append(fields)
        self.ids[node] = len(self.vertices) - 1
        return self.ids[node]

    def add_constant(self, value: Any) -> int:
        """A vertex for a value without a gradient; the same array is the same vertex."""
        if id(value) in self.ids and numpy.ndim(value):
            return self.ids[id(value)]
        array = numpy.asarray(value)
        name, size = self.data.get(id(owner(array)), ("", 0))
        name = name if size == array.size else ""  # the data itself, or all of it in another shape
        fields: dict[str, Any] = {
            "kind": "input" if name else "constant",
            "name": name,
            "shape": array.shape,
            "dtype": str(array.dtype),
        }
        if self.values or not array.ndim:
            fields["value"] = plain(array)
        self.vertices.append(fields)
        self.ids[id(value)] = len(self.vertices) - 1
        return self.ids[id(value)]

    def add_output(self, output: Any) -> None:
        node = output._node
        if node is None:
            self.add_constant(output._array)
        elif isinstance(node, Leaf):
            if node not in self.ids:
                self.add(node, kind="parameter")
        else:
            source = self.ids[node]
            known = self.vertices[source]
            fields: dict[str, Any] = {key: known[key] for key in ("shape", "dtype", "value", "grad") if key in known}
            self.edges.append(Edge(source, len(self.vertices)))
            self.vertices.append({**fields, "kind": "output", "name": self.names_of_nodes.get(node, "")})

    def kept(self, call: Node, plan: Plan) -> list[tuple[int, str, Any]]:
        """What a call kept: (place among its values, name in the rule, value); nothing once backward has freed it."""
        if call.saved is None:
            return []
        found: list[tuple[int, str, Any]] = []
        for name, place, value in zip(plan.names, plan.places, call.saved, strict=True):
            if plan.primitive.variadic and name == plan.primitive.inputs[0]:
                found.extend((k, name, x) for k, x in enumerate(value))
            else:
                found.append((place, name, value))
        return found

    def line(self, node: Node) -> str:
        """The user's forward line, where it is known; with the file's name alone: a picture is for others too."""
        if node.code is None or in_library[node.code.co_filename]:
            return ""
        key = id(node.code), node.lasti
        if key not in self.lines:
            self.lines[key] = re.split(r"[/\\]", writes.describe_place(node.code, node.lasti))[-1]
        return self.lines[key]

    def first_kept(self, value: Any) -> int:
        """The bytes of the memory behind a kept value, unless another call or a parameter has it already."""
        if isinstance(value, tuple):
            return sum(map(self.first_kept, value))
        if not isinstance(value, numpy.ndarray):
            return 0
        memory = owner(value)
        if id(memory) in self.owners:
            return 0
        self.owners.add(id(memory))
        # A slice counts as itself, not as all of the data set; a broadcast view as what it is a view of.
        return int(min(value.nbytes, memory.nbytes))
