"""A program written into a graph: each call by its row, constants and parameters where they are used."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from ..._version import __version__
from ...extras import require
from . import rows
from .errors import ExportError
from .graph import Graph, UntranslatableError, Value
from .runs import Axes, Program
from .sizes import Filled, Number, Steps, Varying, is_fixed
from .table import ROWS, WITHOUT
from .trace import Call, Constant, Input, Parameter, Result, place_of, sources_in

__all__ = ["Writing", "rows"]

MOST = 2**31 - 2**20  # bytes of constants; a file of protocol buffers ends at 2 GB
FROM_OUTSIDE = (
    "takes values that are drawn at random, or that NumPy or Python computed from the model's inputs (.item(), "
    ".numpy(), a function that leaves the engine), and these cannot be followed; compute them by operations on Tensors"
)


class Writing:
    """A program on its way into a graph."""

    def __init__(
        self,
        graph: Graph,
        program: Program,
        inputs: Sequence[str],
        outputs: Sequence[str],
        axes: Axes,
        parameters: Mapping[str, Any],
    ) -> None:
        self.graph = graph
        self.program = program
        self.outputs = outputs
        self.made: dict[Result, Value] = {}
        self.inputs = [Value(n, *form) for n, form in zip(inputs, program.inputs, strict=True)]
        self.symbols = {self.inputs[i].shape[dim]: name for (i, dim), name in axes.items()}
        graph.taken.update(inputs, outputs)
        for (number, dim), symbol in axes.items():
            graph.places.setdefault(symbol, (self.inputs[number], dim))
        self.parameters = {name: graph.parameter(name, array) for name, array in parameters.items()}
        self.stored = {value.name for value in self.parameters.values()}

    def serialized(self, model: Any) -> bytes:
        """The bytes of the model, checked.

        Raises:
            ExportError: it is too large for one file, or ONNX refuses it.
        """
        self.write_calls()
        g, helper = self.graph, self.graph.helper
        try:
            results = [self.named_output(*pair) for pair in zip(self.outputs, self.program.outputs, strict=True)]
        except UntranslatableError as why:
            raise ExportError(f"ONNX export of the model's output: {why}") from None
        nodes, constants = g.used(self.outputs)
        count = sum([array.nbytes for array in constants.values()])
        if count > MOST:
            raise ExportError(
                f"the model's constants take {count / 1e9:.1f} GB; an ONNX file holds 2 GB, and keeping them beside it "
                "is not supported here: export its parts, or .half() it"
            )
        numpy_helper = require("onnx.numpy_helper", "onnx", "exporting to ONNX")
        kind = getattr(model, "__name__", type(model).__name__)
        made = helper.make_model(
            helper.make_graph(
                nodes,
                kind,
                [g.info(x.name, x.shape, x.dtype, self.symbols) for x in self.inputs],
                results,
                [numpy_helper.from_array(array, name) for name, array in constants.items()],
                inspect.getdoc(model if inspect.isfunction(model) else type(model)),
            ),
            opset_imports=[helper.make_opsetid("", g.opset)],
            producer_name="tinygrad_edu",
            producer_version=__version__,
        )
        made.ir_version = helper.find_min_ir_version_for(made.opset_import)
        helper.set_model_props(made, {"source": f"{type(model).__module__}.{kind}"})
        try:
            g.onnx.checker.check_model(made, full_check=True)
        except (g.onnx.checker.ValidationError, g.onnx.shape_inference.InferenceError) as error:
            raise ExportError(
                f"ONNX does not take what the model became; another opset_version may do: {error}"
            ) from error
        content: bytes = made.SerializeToString()
        return content

    def named_output(self, name: str, form: Any) -> Any:
        """An output under its name."""
        source, shape, dtype = form
        value = self.value(source)
        g = self.graph
        node = next((node for node in g.nodes if value.name in node.output), None)
        if node is None or value.name in self.outputs:
            g.name_of(value)
            g.nodes.append(g.helper.make_node("Identity", [value.name], [name], f"{name}_node"))
        else:
            old, value.name = value.name, name
            for other in g.nodes:
                for names in (other.input, other.output):
                    for i, known in enumerate(names):
                        if known == old:
                            names[i] = name
        return g.info(name, shape, dtype, self.symbols)

    def write_calls(self) -> None:
        """The nodes of all calls that the outputs need."""
        calls = self.program.calls
        needed = set(calls_in([output[0] for output in self.program.outputs]))
        for number in range(len(calls) - 1, -1, -1):
            if number in needed:
                call = calls[number]
                row = ROWS.get(call.primitive.name)
                heeded = [value for name, value in call.settings.items() if row is None or name not in row.ignores]
                needed.update(calls_in([call.inputs, heeded]))
        for number in sorted(needed):
            self.write_call(number, calls[number])

    def write_call(self, number: int, call: Call) -> None:
        """The nodes of one call.

        Raises:
            ExportError: it has no translation.
        """
        g = self.graph
        g.scope, g.line = call.scope, call.line.replace("\\", "/").rpartition("/")[2]
        g.call = call
        try:
            found, values, settings = self.translated(call)
        except UntranslatableError as why:
            raise ExportError(f"ONNX export of {place_of(call)}: {why}") from None
        for place, made in enumerate(found):
            shape, dtype = call.shapes[place], call.dtypes[place]
            if made.unavailable:
                value = made
            else:
                value = Value(made.name, shape, dtype, made.array)
                value.call = call.primitive.name, values, settings
                value.known = made.known
            self.made[Result(number, place)] = value

    def translated(self, call: Call) -> tuple[tuple[Value, ...], list[Value], dict[str, Any]]:
        """(results, inputs, settings) of a call.

        Raises:
            UntranslatableError: it has no translation.
        """
        name = call.primitive.name
        row = ROWS.get(name) if call.primitive.__module__.startswith("tinygrad_edu.") else None
        if row is None:
            reason = WITHOUT.get(name, "it is not one of tinygrad_edu's operations")
            raise UntranslatableError(f"it cannot be exported, because {reason}; compute it outside of the model")
        values = [self.value(source) for source in call.inputs]
        settings = {n: None if n in row.ignores else self.with_values(value) for n, value in call.settings.items()}
        known = self.known(call, values, settings) if row.computes and not row.ignores else None
        if known is not None and all(x.array is not None and x.name not in self.stored for x in values):
            return tuple([self.graph.constant(array) for array in known]), values, settings
        try:
            made = row.translate(self.graph, *values, **settings)
        except TypeError as error:
            if is_fixed((call.inputs, call.settings)) and all(is_fixed(x.shape) for x in values if x.shape):
                raise
            raise UntranslatableError(f"it has no translation where sizes vary ({error})") from error
        found = made if isinstance(made, tuple) else (made,)
        if known is not None:
            for value, array in zip(found, known, strict=True):
                value.known = array
        return found, values, settings

    def known(self, call: Call, values: Sequence[Value], settings: Any) -> Any:
        """What a call gives, if all that goes into it is known."""
        arrays = [x.known for x in values]
        if any(x is None for x in arrays) or not is_fixed(call.settings):
            return None
        try:
            with numpy.errstate(all="ignore"):
                out = call.primitive.__wrapped__(*arrays, **{n: arrays_in(value) for n, value in settings.items()})
        except UnknownError:
            return None
        return tuple([numpy.asarray(x) for x in (out if isinstance(out, tuple) else (out,))])

    # values

    def value(self, source: Any) -> Value:
        """A source as a value of the graph.

        Raises:
            UntranslatableError: it is not known where it comes from.
        """
        g = self.graph
        if isinstance(source, Constant):
            return g.constant(source.array)
        if isinstance(source, Result):
            return self.made[source]
        if isinstance(source, Input):
            return self.inputs[source.number]
        if isinstance(source, Parameter):
            return self.parameters[source.name]
        if isinstance(source, Filled):
            made = g.Expand(g.constant(source.number, source.dtype), g.ints(source.shape))
            made.shape = source.shape
        elif isinstance(source, Steps):
            made = self.range(source)
        elif isinstance(source, Number):
            made = g.cast(g.Squeeze(g.size(source.size)), source.dtype)
            made.shape = ()
        else:
            raise UntranslatableError(f"it {FROM_OUTSIDE}")
        known: Value = made
        return known

    def range(self, steps: Steps) -> Any:
        """Numbers in a row."""
        g = self.graph
        count = g.cast(g.Squeeze(g.size(steps.count)), steps.dtype)
        start, step = (g.constant(n, steps.dtype) for n in (steps.start, steps.step))
        made = g.Range(start, g.Add(start, g.Mul(count, step)), step)
        made.shape = (steps.count,)
        return made

    def with_values(self, setting: Any) -> Any:
        """A setting with values in place of sources.

        Raises:
            UntranslatableError: something in it is not known.
        """
        if isinstance(setting, Varying):
            raise UntranslatableError(
                f"a setting is no sum of multiples of the sizes that vary or of their products; or it {FROM_OUTSIDE}"
            )
        if isinstance(setting, Constant | Input | Parameter | Result | Filled | Steps | Number):
            return self.value(setting)
        if isinstance(setting, dict):
            return {key: self.with_values(part) for key, part in setting.items()}
        if isinstance(setting, slice):
            return slice(*[self.with_values(part) for part in (setting.start, setting.stop, setting.step)])
        if isinstance(setting, tuple | list):
            parts = [self.with_values(part) for part in setting]
            return type(setting)._make(parts) if hasattr(setting, "_make") else type(setting)(parts)
        return setting


class UnknownError(Exception):
    """A setting that holds a value known only when the graph runs."""


def arrays_in(setting: Any) -> Any:
    """A setting with arrays in place of values.

    Raises:
        UnknownError: one has none.
    """
    if isinstance(setting, Value):
        if setting.known is None:
            raise UnknownError
        return setting.known
    if isinstance(setting, dict):
        return {key: arrays_in(part) for key, part in setting.items()}
    if isinstance(setting, tuple | list):
        parts = [arrays_in(part) for part in setting]
        return type(setting)._make(parts) if hasattr(setting, "_make") else type(setting)(parts)
    return setting


def calls_in(tree: Any) -> list[int]:
    """The calls that the sources among nested settings are results of."""
    return [source.call for source in sources_in(tree) if isinstance(source, Result)]
