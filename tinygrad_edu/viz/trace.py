"""From Tensors to a Graph: everything is read off the nodes that the forward left behind."""

import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from .. import writes
from ..graph import Leaf, Node, Output, reachable
from ..primitive import rule_arguments
from .model import Edge, Graph, Numbers, Vertex

__all__ = ["trace"]

SMALL = 4  # numbers a Tensor may have for its values to be shown


def trace(*outputs: Any, names: Any = None, values: bool = False) -> Graph:
    """The graph that leads to these Tensors, as plain data; the Tensors and the engine's graph stay as they are.

    `names` gives Tensors their names: a Module, whose parameters then say to which module each operation belongs, or
    a dict from name to Tensor or Module (under the name "" its parameters keep their own names). With `values` small
    Tensors carry their numbers and, at the leaves, their `.grad`. Trace before backward, which frees what was kept.

    Raises:
        TypeError: an output or a named thing is not a Tensor.
        ValueError: there is no output.
    """
    if not outputs:
        raise ValueError("trace needs at least one Tensor; pass the loss, or any result of a computation")
    for output in outputs:
        check_tensor(output, "an output")
    return Tracer(named_tensors(names), values).trace(outputs)


def check_tensor(x: Any, what: str) -> None:
    if not (hasattr(x, "_node") and hasattr(x, "_array")):
        raise TypeError(f"trace got {type(x).__name__} as {what}; it takes Tensors")


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


def owner(array: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
    """The array that owns the memory of this one."""
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array


def describe(setting: Any) -> str:
    return reprlib.repr(setting)


class Tracer:
    """The vertices and edges found so far, and who is who."""

    def __init__(self, names: Mapping[str, Any], values: bool) -> None:
        self.values = values
        self.vertices: list[dict[str, Any]] = []
        self.edges: list[Edge] = []
        self.names_of_nodes = {t._node: name for name, t in names.items() if t._node is not None}
        self.names_of_arrays = {id(t._array): name for name, t in names.items()}
        self.arrays: dict[Node, Any] = {t._node: t._array for t in names.values() if t._node is not None}
        self.ids: dict[Any, int] = {}  # by node, or by id of an array without one
        self.owners: set[int] = set()  # memory already accounted for

    def trace(self, outputs: Sequence[Any]) -> Graph:
        nodes = [output._node for output in outputs if output._node is not None]
        calls = [node for node in reversed(reachable(nodes)) if not isinstance(node, Leaf)]
        self.arrays.update((output._node, output._array) for output in outputs if output._node is not None)
        for call in calls:
            self.learn_arrays(call)
        self.owners.update(id(owner(array)) for node, array in self.arrays.items() if isinstance(node, Leaf))
        for call in calls:
            self.add_call(call)
        for output in outputs:
            self.add_output(output)
        scope_operations(self.vertices, self.edges)
        vertices = tuple(Vertex(id=i, **fields) for i, fields in enumerate(self.vertices))
        return Graph(vertices, tuple(self.edges))

    def learn_arrays(self, call: Node) -> None:
        """Note the arrays that this call kept and that are the values of nodes."""
        for place, _, value in kept(call):
            if isinstance(value, numpy.ndarray):
                if place in call.plan.positions:
                    self.arrays.setdefault(call.parents[call.plan.positions.index(place)], value)
                elif place == len(call.plan.needs):
                    self.arrays.setdefault(call, value)

    def add_call(self, call: Node) -> None:
        if isinstance(call, Output):
            here = self.add(call, kind="operation", operation=f"output {call.index}", line=line(call))
            self.edges.append(Edge(self.ids[call.parents[0]], here, "outputs"))
            return
        primitive = call.plan.primitive
        count = len(call.plan.needs)
        sources = dict(zip(call.plan.positions, call.parents, strict=True))
        found: dict[int, int] = {}
        settings: dict[str, str] = {}
        saved_bytes = 0
        for place, parent in sources.items():
            found[place] = self.ids[parent] if parent in self.ids else self.add_leaf(parent)
        for place, name, value in kept(call):
            if place < count and place not in found:
                found[place] = self.add_constant(value)
            elif name in primitive.settings:
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
            line=line(call),
        )
        self.edges.extend(Edge(found[place], here, names[place]) for place in sorted(found))

    def add(self, node: Node, *, array: Any = None, **fields: Any) -> int:
        """A vertex for a node, with all that is known of its Tensor."""
        array = self.arrays.get(node)
        shape = node.shape if all(isinstance(n, int) for n in node.shape) else None
        fields = {"name": self.names_of_nodes.get(node, ""), "shape": shape, **fields}
        if array is not None:
            fields["dtype"] = str(array.dtype)
            if self.values:
                fields["value"] = plain(array)
        self.vertices.append(fields)
        self.ids[node] = len(self.vertices) - 1
        return self.ids[node]

    def add_leaf(self, leaf: Node) -> int:
        here = self.add(leaf, kind="parameter")
        self.vertices[here]["dtype"] = str(leaf.dtype)
        if self.values and leaf.grad is not None:
            self.vertices[here]["grad"] = plain(leaf.grad._array)
        return here

    def add_constant(self, value: Any) -> int:
        """A vertex for a value without a gradient; the same array is the same vertex."""
        if id(value) in self.ids and numpy.ndim(value):
            return self.ids[id(value)]
        array = numpy.asarray(value)
        name = self.names_of_arrays.get(id(value), "")
        fields = {"kind": "input" if name else "constant", "name": name, "shape": array.shape, "dtype": str(array.dtype)}
        if self.values or not array.ndim:
            fields["value"] = plain(array)
        self.vertices.append(fields)
        self.ids[id(value)] = len(self.vertices) - 1
        return self.ids[id(value)]

    def add_output(self, output: Any) -> None:
        node = output._node
        name = self.names_of_arrays.get(id(output._array), "")
        if node is None:
            self.add_constant(output._array)
        elif isinstance(node, Leaf):
            if node not in self.ids:
                self.add_leaf(node)
        else:
            source = self.ids[node]
            fields = {key: self.vertices[source].get(key) for key in ("shape", "dtype", "value")}
            self.vertices[source]["name"] = ""
            self.edges.append(Edge(source, len(self.vertices)))
            self.vertices.append({**fields, "kind": "output", "name": name})

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
        return int(memory.nbytes)


def kept(call: Node) -> list[tuple[int, str, Any]]:
    """What a call kept, as (place in the call's values, name in the rule, value); empty once backward has freed it."""
    plan = call.plan
    if plan is None or call.saved is None:
        return []
    rules = [call.saved] if len(plan.rules) == 1 else call.saved
    return [
        (place, name, value)
        for rule, places, values in zip(plan.rules, plan.sources, rules, strict=True)
        for place, name, value in zip(places, rule_arguments(rule), values, strict=True)
    ]


def line(node: Node) -> str:
    """The forward line, with the file's name but not its folder: a picture is for others too."""
    return writes.describe_place(node.code, node.lasti).replace("\\", "/").rpartition("/")[2]


def scope_operations(vertices: Sequence[dict[str, Any]], edges: Sequence[Edge]) -> None:
    """Give each parameter the module in its name, and each operation the module of its first own parameter."""
    for fields in vertices:
        if fields["kind"] == "parameter":
            fields["scope"] = fields["name"].rpartition(".")[0]
    for edge in edges:
        source, target = vertices[edge.source], vertices[edge.target]
        if source["kind"] == "parameter" and target["kind"] == "operation":
            target.setdefault("scope", source["scope"])
