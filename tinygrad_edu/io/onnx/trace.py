"""One run of a model, written down: each call of a primitive, what went into it, and where that came from.

Arrays are followed by their identity, so a value is known again wherever it is passed on, also as a setting. A write
in place gives the memory a new value; a view of that memory is derived from it anew when it is next read.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from ... import writes
from ...observing import observing
from ...ops.elementwise import cast
from ...ops.indexing import getitem, overwritten
from ...ops.movement import broadcast_to, reshape
from ...primitive import Primitive
from ...recording import Recorded, user_place
from .errors import ExportError

__all__ = ["Call", "Constant", "Input", "Parameter", "Result", "Trace", "place_of", "sources_in"]

Array = NDArray[Any]


class Constant(NamedTuple):
    """A value that was there before the model ran, or came from outside the engine."""

    array: Array


class Input(NamedTuple):
    """One of the model's inputs."""

    number: int


class Parameter(NamedTuple):
    """A parameter or buffer of the model."""

    name: str


class Result(NamedTuple):
    """An output of a call: which call, and which of its outputs."""

    call: int
    place: int


Source = Constant | Input | Parameter | Result


class Call(NamedTuple):
    """One call of a primitive; arrays among the settings are Sources too."""

    primitive: Primitive
    inputs: tuple[Any, ...]
    settings: Mapping[str, Any]
    shapes: tuple[Any, ...]
    dtypes: tuple[Any, ...]
    scope: str
    line: str


def place_of(call: Call) -> str:
    """Where a call stands: the operation, the module, and the user's line."""
    return f"{call.primitive.name}{f' in {call.scope!r}' if call.scope else ''} ({call.line})"


def sources_in(tree: Any) -> list[Any]:
    """The Sources in nested tuples, lists, dicts and slices."""
    if isinstance(tree, Constant | Input | Parameter | Result):
        return [tree]
    if isinstance(tree, slice):
        tree = (tree.start, tree.stop, tree.step)
    parts = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, tuple | list) else ()
    return [source for part in parts for source in sources_in(part)]


class Held:
    """An array that the trace knows, and what it is a view of, if it is one."""

    def __init__(self, array: Array, source: Source, base: "Held | None" = None, step: Any = None) -> None:
        self.array = array
        self.source = source
        self.base = base
        self.step = step  # (primitive, settings) that made it from its base
        self.root: Held = self if base is None else base.root
        self.writes = 0  # to the memory of a root
        self.seen = self.root.writes  # as many of them as the source knows of

    def path(self) -> tuple[Any, ...]:
        """The views that lead here from the root."""
        return () if self.base is None else (*self.base.path(), self.step)


class Trace:
    """The calls of one run; `with trace.running():` is where they are noted."""

    def __init__(self, inputs: Sequence[Array], parameters: Mapping[str, Array]) -> None:
        self.calls: list[Call] = []
        self.held: dict[int, Held] = {}
        self.by_memory: dict[int, list[Held]] = {}
        self.scopes: list[str] = []
        self.thread = threading.get_ident()
        self.before: list[tuple[Array, Array]] = []  # parameters and buffers that were written to, and what they held
        self.dependent: set[int] = set()  # the calls whose results depend on the inputs
        for name, array in parameters.items():
            self.hold(array, Parameter(name))
        for i, array in enumerate(inputs):
            self.hold(array, Input(i))

    @contextmanager
    def running(self) -> Iterator[None]:
        """While the block runs, each call of a primitive in this thread, and each write in place, is noted."""
        with observing(self.note):
            writes.watchers.append(self.note_write)
            try:
                yield
            finally:
                for array, values in reversed(self.before):
                    array[...] = values
                writes.watchers.remove(self.note_write)

    def hold(self, array: Array, source: Source, base: Held | None = None, step: Any = None) -> Held:
        """Know this very array from now on."""
        held = self.held[id(array)] = Held(array, source, base, step)
        self.by_memory.setdefault(id(writes.owner(array)), []).append(held)
        return held

    # calls

    def note(self, primitive: Primitive, inputs: Sequence[Any], settings: Mapping[str, Any], out: Any) -> None:
        """Note a call, and hold what it gave."""
        outputs: tuple[Array, ...] = out if isinstance(out, tuple) else (out,)
        if len(outputs) == 1 and any(outputs[0] is x for x in inputs):
            return  # what only matters to gradients
        arrays = [x for x in inputs if isinstance(x, numpy.ndarray)]
        dtype = arrays[0].dtype if arrays else None
        sources = [self.read(x if isinstance(x, numpy.ndarray) else numpy.asarray(x, dtype)) for x in inputs]
        settings = {name: self.followed(value) for name, value in settings.items()}
        number = self.add(primitive, sources, settings, outputs)
        for place, out in enumerate(outputs):
            base = next((x for x in arrays if writes.owner(x) is writes.owner(out)), None)
            step = None if base is None else view_step(primitive, settings, place)
            held = None if base is None or step is None else self.known(base)
            self.hold(out, Result(number, place), held, step)

    def known(self, array: Array) -> Held:
        """The array, held; a constant until now, if it was not."""
        return self.held.get(id(array)) or self.seen_otherwise(array) or self.hold(array, Constant(array.copy()))

    def add(self, primitive: Primitive, sources: Any, settings: Any, outputs: Sequence[Array]) -> int:
        """Append a call."""
        code, lasti = user_place()
        line = writes.describe_place(code, lasti)
        scope = self.scopes[-1] if self.scopes else ""
        shapes, dtypes = tuple([x.shape for x in outputs]), tuple([x.dtype for x in outputs])
        self.calls.append(Call(primitive, tuple(sources), settings, shapes, dtypes, scope, line))
        number = len(self.calls) - 1
        if any(self.leads_back(source) for source in sources_in([sources, settings])):
            self.dependent.add(number)
        return number

    def leads_back(self, source: Source) -> bool:
        """Whether a source depends on the inputs."""
        return isinstance(source, Input) or (isinstance(source, Result) and source.call in self.dependent)

    def depends(self, array: Array) -> bool:
        """Whether the value that this array has now depends on the inputs."""
        return self.leads_back(self.read(array))

    def followed(self, value: Any) -> Any:
        """A setting, with a Source for each array in it."""
        if isinstance(value, numpy.ndarray):
            return self.read(value)
        if isinstance(value, Recorded):
            return self.read(value._array)
        if isinstance(value, tuple | list):
            parts = map(self.followed, value)
            return type(value)._make(parts) if hasattr(value, "_make") else type(value)(parts)
        return value

    # values

    def read(self, array: Array) -> Source:
        """Where the value that this array has now comes from."""
        held = self.held.get(id(array)) or self.seen_otherwise(array)
        if held is None:
            return Constant(array.copy())
        if held.seen != held.root.writes:
            held.source = self.derived(held)
            held.seen = held.root.writes
        return held.source

    def seen_otherwise(self, array: Array) -> Held | None:
        """The array, held, if it is all of a known one in another shape."""
        for other in self.by_memory.get(id(writes.owner(array)), ()):
            known = other.array
            if (
                array.flags.c_contiguous
                and known.flags.c_contiguous
                and (array.size, array.dtype) == (known.size, known.dtype)
                and array.__array_interface__["data"] == known.__array_interface__["data"]
            ):
                shape = {"shape": array.shape}
                number = self.add(reshape, [self.read(known)], shape, [array])
                return self.hold(array, Result(number, 0), other, (reshape, shape))
        return None

    def derived(self, held: Held) -> Source:
        """A view's value, from what it is a view of."""
        assert held.base is not None
        primitive, settings = held.step
        return Result(self.add(primitive, [self.read(held.base.array)], settings, [held.array]), 0)

    def note_write(self, target: Array, index: Any, value: Array) -> None:
        """Note that target[index] is about to become a value.

        Raises:
            ExportError: the memory is shared with others, one does not know how.
        """
        if threading.get_ident() != self.thread:
            return
        held = self.known(target)
        source = self.read(value)
        if value.dtype != target.dtype:
            source = Result(self.add(cast, [source], {"dtype": target.dtype}, [value.astype(target.dtype)]), 0)
        root, path = held.root, held.path()
        if any(other.root is not root for other in self.by_memory[id(writes.owner(target))]):
            raise ExportError(
                f"a write in place at {writes.describe_place(*user_place())}: the memory is shared in a way that "
                "cannot be followed; clone() first, or use the operation that returns a new Tensor"
            )
        if isinstance(root.source, Parameter):
            self.before.append((root.array, root.array.copy()))
        if index is not Ellipsis:
            path = (*path, (getitem, {"index": self.followed(index)}))
        elif value.shape != target.shape:
            source = Result(self.add(broadcast_to, [source], {"shape": target.shape}, [target]), 0)
        if path:
            before = self.read(root.array)
            root.source = Result(self.add(overwritten, [before, source], {"path": path}, [root.array]), 0)
        else:
            root.source = source
        root.writes += 1
        root.seen = root.writes


def view_step(primitive: Primitive, settings: Mapping[str, Any], place: int) -> Any:
    """The (primitive, settings) that gives one output of a view."""
    if primitive.name == "sections":
        return getitem, {"index": (*[slice(None)] * settings["dim"], settings["indices"][place])}
    return (primitive, settings) if primitive.view else None
