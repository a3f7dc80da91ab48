"""An ONNX graph as it is written: values, nodes under ONNX's own names, constants, sizes known only when it runs."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from ...extras import require
from .sizes import Size, Varying

__all__ = ["Graph", "UntranslatableError", "Value"]

Array = NDArray[Any]

# the operators whose result has another dtype than their first input
BOOLS = {"And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual", "Not", "Or", "Xor"}
INDICES = {"ArgMax", "ArgMin", "NonZero", "Shape", "Size"}
LIKE_SECOND = {"Where"}


class UntranslatableError(Exception):
    """Why one call cannot be said in ONNX, told by its row."""


class Value:
    """A value of the graph: its name, what is known of its shape and dtype, and its array where it is a constant."""

    def __init__(self, name: str, shape: Any, dtype: Any, array: Array | None = None, call: Any = None) -> None:
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.array = array
        self.known = array  # what it is worth, also where it is computed
        self.call = call  # (primitive's name, input values, settings) of the call that it is the result of

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def unavailable(self) -> str:
        """Why it cannot be used, if so."""
        return ""


class Graph:
    """The nodes so far. `graph.Add(x, y)` adds a node and gives its result; arrays and numbers become constants."""

    def __init__(self, opset: int) -> None:
        self.onnx = require("onnx", "onnx", "exporting to ONNX")
        self.helper = require("onnx.helper", "onnx", "exporting to ONNX")
        self.opset = opset
        self.nodes: list[Any] = []
        self.initializers: dict[str, Array] = {}
        self.taken: set[str] = set()
        self.constants: dict[Any, Value] = {}
        self.places: dict[str, tuple[Value, int]] = {}  # of a size: the input and the dimension that tell it
        self.scope = ""
        self.line = ""
        self.call: Any = None  # the one that is translated

    def __getattr__(self, operator: str) -> Callable[..., Any]:
        if not operator[:1].isupper():
            raise AttributeError(operator)

        def add(*inputs: Any, outputs: int = 1, dtype: Any = None, **attributes: Any) -> Any:
            return self.add(operator, inputs, outputs, dtype, attributes)

        return add

    # nodes

    def add(self, operator: str, inputs: Sequence[Any], count: int, dtype: Any, attributes: Mapping[str, Any]) -> Any:
        """A node with one output or more; a number among the inputs gets the dtype of the first value."""
        given = next((x.dtype for x in inputs if isinstance(x, Value)), None)
        values = [None if x is None else x if isinstance(x, Value) else self.constant(x, given) for x in inputs]
        if dtype is None:
            like = values[1 if operator in LIKE_SECOND else 0] if values else None
            dtype = numpy.dtype(bool if operator in BOOLS else "int64" if operator in INDICES else like and like.dtype)
        prefix = f"{self.scope}." if self.scope else ""
        made = [Value(self.unused(f"{prefix}{operator}"), None, dtype) for _ in range(count)]
        names = ["" if value is None else self.name_of(value) for value in values]
        attributes = {name: value for name, value in attributes.items() if value is not None}
        node = self.helper.make_node(
            operator, names, [value.name for value in made], f"{made[0].name}_node", self.line or None, **attributes
        )
        self.nodes.append(node)
        return made[0] if count == 1 else tuple(made)

    def name_of(self, value: Value) -> str:
        """The name by which a node knows the value; a constant becomes an initializer at its first use.

        Raises:
            UntranslatableError: the value is not to be had.
        """
        if value.unavailable:
            raise UntranslatableError(value.unavailable)
        if value.array is not None:
            self.initializers[value.name] = value.array
        return value.name

    def unused(self, name: str) -> str:
        """The name, or it with a number behind."""
        found, n = name, 0
        while found in self.taken:
            n += 1
            found = f"{name}_{n}"
        self.taken.add(found)
        return found

    # constants

    def constant(self, number: Any, dtype: Any = None, name: str = "constant") -> Value:
        """A value that does not change; the same one is there once."""
        array = numpy.asarray(number)
        if dtype is not None and not isinstance(number, numpy.ndarray):
            array = array.astype(dtype)
        key = (array.dtype, array.shape, array.tobytes())
        if key not in self.constants:
            self.constants[key] = Value(self.unused(name), array.shape, array.dtype, array)
        return self.constants[key]

    def parameter(self, name: str, array: Array) -> Value:
        """A parameter under its own name, if no input or output has that."""
        return Value(self.unused(name), array.shape, array.dtype, array)

    def rearranged(self, value: Value, what: str, change: Callable[[Array], Array]) -> Value:
        """A constant in another order or shape, as a constant named after it.

        Raises:
            UntranslatableError: it is no constant.
        """
        if value.known is None:
            raise UntranslatableError(f"its weight {value.name} depends on the inputs, and ONNX takes a stored one")
        array = numpy.ascontiguousarray(change(value.known))
        key = (value.name, what, array.shape)
        if key not in self.constants:
            self.constants[key] = Value(self.unused(f"{value.name}.{what}"), array.shape, array.dtype, array)
        return self.constants[key]

    # sizes

    def ints(self, numbers: Sequence[Any]) -> Any:
        """Integers as a 1-d value; those that vary are computed when the graph runs."""
        if all(isinstance(n, int) for n in numbers):
            return self.constant(numpy.array(numbers, "int64"), name="sizes")
        if Varying() in numbers:
            raise UntranslatableError("a size depends on values, or on sizes that vary in no simple way")
        parts = [self.size(n) if isinstance(n, Size) else self.constant(numpy.array([n], "int64")) for n in numbers]
        return parts[0] if len(parts) == 1 else self.Concat(*parts, axis=0)

    def size(self, size: Size) -> Value:
        """A size that varies, as a value of one element."""
        found = self.constants.get(size)
        if found is None:
            parts = [self.term(product, factor) for product, factor in size.terms]
            found = functools.reduce(self.Add, parts)
            self.constants[size] = found
        return found

    def term(self, product: Sequence[str], factor: int) -> Any:
        """A factor times a product of sizes that vary."""
        if not product:
            return self.constant(numpy.array([factor], "int64"))
        sizes = [self.Shape(value, start=dim, end=dim + 1) for value, dim in map(self.places.__getitem__, product)]
        return functools.reduce(self.Mul, sizes if factor == 1 else [*sizes, numpy.array([factor])])

    def reshape(self, x: Value, shape: Sequence[Any]) -> Any:
        """x in another shape: 0 for a size of x at the same place and -1 for one that varies, if that tells all."""
        known = x.shape or ()
        told: list[Any] = [
            0 if isinstance(n, Size) and i < len(known) and known[i] == n else n for i, n in enumerate(shape)
        ]
        varying = [i for i, n in enumerate(told) if isinstance(n, Size)]
        empty = any(isinstance(n, int) and n == 0 for n in shape) or any(n == 0 for n in known if isinstance(n, int))
        if empty:
            return self.Reshape(x, self.ints(shape), allowzero=1)
        if len(varying) == 1:
            told[varying[0]] = -1
        return self.Reshape(x, self.ints(told))

    def cast(self, x: Value, dtype: Any) -> Any:
        """x in another dtype."""
        dtype = numpy.dtype(dtype)
        if x.dtype == dtype:
            return x
        made = self.Cast(x, to=self.code(dtype), dtype=dtype)
        made.shape = x.shape
        return made

    def code(self, dtype: Any) -> int:
        """ONNX's number of a dtype."""
        found: int = self.helper.np_dtype_to_tensor_dtype(numpy.dtype(dtype))
        return found

    def axes(self, dims: Sequence[int]) -> Value:
        """Dimensions, for operators that take them as an input."""
        return self.constant(numpy.array(dims, "int64"), name="axes")

    # the whole

    def used(self, outputs: Sequence[str]) -> tuple[list[Any], dict[str, Array]]:
        """The nodes that the outputs need, and the constants that these need."""
        needed = set(outputs)
        nodes = []
        for node in reversed(self.nodes):
            if needed.intersection(node.output):
                needed.update(node.input)
                nodes.append(node)
        return nodes[::-1], {name: array for name, array in self.initializers.items() if name in needed}

    def info(self, name: str, shape: Sequence[Any], dtype: Any, names: Mapping[Any, str]) -> Any:
        """What a model tells of an input or output; a size that varies has its name, or what it comes to."""
        if Varying() in shape:
            raise UntranslatableError("its shape depends on values, or on sizes that vary in no simple way")
        dims = [names.get(n) or told(n) if isinstance(n, Size) else n for n in shape]
        return self.helper.make_tensor_value_info(name, self.code(dtype), dims)


def told(size: Size) -> str:
    """`2*batch+1`."""
    terms = ["*".join([*([] if factor == 1 and p else [str(factor)]), *p]) for p, factor in reversed(size.terms)]
    return "+".join(terms).replace("+-", "-")
