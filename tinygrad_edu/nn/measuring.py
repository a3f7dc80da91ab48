"""One forward of a network, watched: what each of its modules gives, and what it takes."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .. import writes
from ..errors import ShapeError
from ..func.structures import flatten
from ..functions.random import get_rng_state, set_rng_state
from ..grad_mode import no_grad
from ..observing import observing
from ..tensor import Tensor
from .members import MODULE
from .module import Module
from .multiply_adds import multiply_adds
from .parameter import Parameter

__all__ = ["Notes", "Shape", "measured", "shapes_text"]

Shape = tuple[int, ...]


class Notes:
    """What is noted of one module: the shapes that it first gave, its calls, and what these took."""

    def __init__(self) -> None:
        self.shapes: tuple[Shape, ...] = ()
        self.calls = 0
        self.multiply_adds = 0
        self.activation_bytes = 0


def measured(model: Module, inputs: Sequence[Tensor]) -> Mapping[Module, Notes]:
    """What is noted of each module while the model runs once, in evaluation mode; the model is left as it was.

    Raises:
        ShapeError: it fails; the message names the layer.
    """
    with undisturbed(model), no_grad():
        run = Run(model, inputs)
        for module in run.notes:
            module.register_forward_pre_hook(run.enter, prepend=True)
            module.register_forward_hook(run.leave)
        try:
            with observing(run.count):
                model(*inputs)
        except Exception as error:
            raise ShapeError(f"with inputs {shapes_text(inputs)}{run.place()}: {error}") from error
    return run.notes


@contextmanager
def undisturbed(model: Module) -> Iterator[None]:
    """Let a model evaluate, on copies of its parameters and buffers; then its attributes and hooks are as before."""
    before = [(module, dict(vars(module))) for module in model.modules()]
    copies: dict[int, Any] = {}
    state = get_rng_state()
    for module, attributes in before:
        tensors = {name: x for name, x in vars(module).items() if module._members.get(name, MODULE) != MODULE}
        copied = {name: copies.setdefault(id(x), copy_of(x)) for name, x in tensors.items() if x is not None}
        tables = {name: dict(x) for name, x in attributes.items() if name.startswith("_") and isinstance(x, dict)}
        vars(module).update(copied, **tables, training=False)
    try:
        yield
    finally:
        for module, attributes in before:
            vars(module).clear()
            vars(module).update(attributes)
        set_rng_state(state)


def copy_of(x: Tensor) -> Tensor:
    """A parameter or buffer with memory of its own."""
    clone = x.detach().clone()
    return Parameter(clone, x.requires_grad) if isinstance(x, Parameter) else clone


class Run:
    """The notes of a run, and which modules are running."""

    def __init__(self, model: Module, inputs: Sequence[Tensor]) -> None:
        self.names = {module: name for name, module in model.named_modules()}
        self.notes = {module: Notes() for module in self.names}
        self.running: list[tuple[Module, Any]] = []
        known = [writes.owner(x._array) for x in (*inputs, *model.parameters(), *model.buffers())]
        self.memory = {id(owner): owner for owner in known}

    def enter(self, module: Module, args: Any) -> None:
        """Note that a module begins."""
        self.running.append((module, args))

    def leave(self, module: Module, args: Any, out: Any) -> None:
        """Note what a module gives; those within it that have failed, if it took that, are no longer running."""
        while self.running.pop()[0] is not module:
            pass
        notes, tensors = self.notes[module], tensors_in(out)
        if not notes.calls:
            notes.shapes = tuple([x.shape for x in tensors])
        notes.calls += 1
        for x in tensors:
            owner = writes.owner(x._array)
            if id(owner) not in self.memory:
                self.memory[id(owner)] = owner  # kept, so that no other array gets its place in memory
                notes.activation_bytes += min(x.nbytes, owner.nbytes)

    def count(self, primitive: Any, inputs: Sequence[Any], settings: Mapping[str, Any], out: Any) -> None:
        """Note a call of a primitive, of the innermost module."""
        if self.running:
            self.notes[self.running[-1][0]].multiply_adds += multiply_adds(primitive, inputs, out)

    def place(self) -> str:
        """Which layer is running, and on what."""
        if not self.running:
            return ""
        module, given = self.running[-1]
        name = f"layer {self.names[module]!r}, " if self.names[module] else ""
        return f", {name}{module._get_name()}({module.extra_repr()}), given {shapes_text(tensors_in(given))}"


def tensors_in(value: Any) -> list[Tensor]:
    """The Tensors in nested containers."""
    return [x for x in flatten(value) if isinstance(x, Tensor)]


def shapes_text(tensors: Sequence[Any]) -> str:
    """`(1, 10), (1, 4)`, of Tensors or shapes; of many the first ones."""
    shapes = [str(getattr(x, "shape", x)) for x in tensors[:4]]
    return ", ".join(shapes) + (", ..." if len(tensors) > 4 else "")
