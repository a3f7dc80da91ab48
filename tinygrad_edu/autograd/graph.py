"""The graph as a program sees it: names of nodes and the ways between them, hooks on nodes, what nodes save."""

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

import numpy

from .. import recording, writes
from ..errors import GradientError
from ..graph import Leaf, Node, Output, as_tensors, describe, freed, under_way
from ..ops.movement import sum_to
from ..primitive import Plan
from ..printing import node_name
from ..recording import wrap
from ..tensor import Tensor
from ..told import guard
from .backward import visited
from .edges import GradientEdge, get_gradient_edge, node_of
from .hooks import RemovableHandle, SeveralHandles, add, add_after, add_hook, as_tensor, replaced
from .mutation import allow_mutation_on_saved_tensors
from .plans import Gradients, HookedPlan

__all__ = [
    "GradientEdge",
    "allow_mutation_on_saved_tensors",
    "disable_saved_tensors_hooks",
    "get_gradient_edge",
    "increment_version",
    "register_multi_grad_hook",
    "save_on_cpu",
    "saved_tensors_hooks",
]


def name(self: Node) -> str:
    """The node's name as PyTorch writes it: MulBackward0 of mul, DoubleBackward of a Function called Double."""
    return node_name(self)


def call_of(node: Node) -> tuple[Node, int]:
    """The call that a node stands for, and which of its outputs."""
    return (node.parents[0], node.index) if isinstance(node, Output) else (node, 0)


def places_of(plan: Plan) -> list[int]:
    """The places of a call's inputs that a gradient can flow to; a condition or a mask is none."""
    names = plan.primitive.input_names(len(plan.needs))
    return [place for place, name in enumerate(names) if plan.primitive.rules.get(name, True) is not None]


def next_functions(self: Node) -> tuple[tuple[Node | None, int], ...]:
    """For each input of the call, the node that made it and which of that node's outputs it is; None without one."""
    call = call_of(self)[0]
    if call.plan is None:
        return ()
    made = dict(zip(call.plan.positions, call.parents, strict=True))
    return tuple([call_of(made[place]) if place in made else (None, 0) for place in places_of(call.plan)])


def register_hook(self: Node, hook: Callable[[Any, Any], Any]) -> RemovableHandle:
    """Call `hook(grad_inputs, grad_outputs)` with what the node's backward gave; the tuple it returns replaces them.

    Raises:
        RuntimeError: in backward, if it returns another number of gradients.
    """
    call = call_of(self)[0]
    if isinstance(call, Leaf):
        return add_after(call, lambda g: hook((), (as_tensor(g),)), last=True)
    plan = hooked_plan(call)
    places, what = places_of(plan), repr(self)  # the node itself would be a cycle
    shapes = {place: parent.shape for place, parent in zip(plan.positions, call.parents, strict=True)}

    def show(gradients: Gradients, g: Any) -> Gradients:
        for place, gx in gradients.items():
            if gx is not None and gx.shape != shapes[place]:
                gradients[place] = sum_to(gx, shape=shapes[place])
        found = hook(tuple([as_tensor(gradients.get(place)) for place in places]), as_tuple(g))
        if found is None:
            return gradients
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(places):
            raise GradientError(f"a hook on {what} returned {len(found)} gradients; it must return {len(places)}")
        given = dict(zip(places, found, strict=True))
        return {
            place: replaced(gx, given[place]) if gx is not None else given[place] for place, gx in gradients.items()
        }

    return add(plan.after, show)


def hooked_plan(call: Node) -> HookedPlan:
    """The plan of a call, in a form that takes hooks."""
    if not isinstance(call.plan, HookedPlan):
        call.plan = HookedPlan(call)
    return call.plan


def register_prehook(self: Node, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Call `hook(grad_outputs)` before the node's backward; the tuple it returns replaces them.

    Raises:
        RuntimeError: in backward, if it returns another number of gradients.
    """
    what = repr(self)  # the node itself would be a cycle
    call = call_of(self)[0]

    def show(g: Any) -> Any:
        found = hook(as_tuple(g))
        if found is None:
            return g
        before = g if isinstance(g, list) else [g]
        found = found if isinstance(found, tuple) else (found,)
        if len(found) != len(before):
            raise GradientError(f"a hook before {what} returned {len(found)} gradients; it must return {len(before)}")
        after = [new if old is None else replaced(old, new) for old, new in zip(before, found, strict=True)]
        return after if isinstance(g, list) else after[0]

    if isinstance(call, Leaf):
        return add_hook(call, lambda g: show(g) if under_way.get()["accumulate"] else g, last=True)
    return add(hooked_plan(call).before, show)


def as_tuple(g: Any) -> tuple[Any, ...]:
    """The gradients of a call's outputs as Tensors."""
    return tuple([as_tensor(part) for part in (g if isinstance(g, (list, tuple)) else [g])])


def saved_value(self: Node, attribute: str) -> Any:
    """What the node keeps for its rules, as `_saved_<name>`, by PyTorch's name (self, other, result) or the rule's own.

    Raises:
        AttributeError: there is no such attribute, or the node keeps nothing of that name.
        RuntimeError: it was freed by a backward.
    """
    call = call_of(self)[0]
    if not attribute.startswith(SAVED) or call.plan is None:
        raise AttributeError(f"{self.operation} has no attribute {attribute!r}")
    plan, name = call.plan, attribute.removeprefix(SAVED)
    names = [name] + [x for x, others in zip(plan.primitive.inputs, THEIR_NAMES, strict=False) if name in others]
    names += ["out"] * (name == "result")
    if call.saved is None:
        raise freed(call)
    values = dict(zip(plan.names, as_tensors(call, wrap), strict=True))
    for each in names:
        if each in values:
            return original(values[each])
    raise AttributeError(f"{self.operation} saves {', '.join(values) or 'nothing'}, and not {name!r}")


def original(value: Any) -> Any:
    """A saved value; of a leaf that is still alive, that leaf itself."""
    leaf = getattr(value, "_node", None)
    found = leaf.tensor() if isinstance(leaf, Leaf) else None
    return value if found is None or found._array is not value._array else found


SAVED = "_saved_"
THEIR_NAMES = (("self", "input"), ("other", "mat2", "exponent", "weight"), ("bias",))  # of a primitive's inputs


def variable(self: Leaf) -> Tensor | None:
    """The Tensor whose gradient is accumulated here; None once it is gone."""
    found: Tensor | None = self.tensor()
    return found


kept_by_users: "weakref.WeakKeyDictionary[Node, dict[str, Any]]" = weakref.WeakKeyDictionary()


def metadata(self: Node) -> dict[str, Any]:
    """What the user keeps with this node."""
    return kept_by_users.setdefault(call_of(self)[0], {})


for function in (name, register_hook, register_prehook):
    setattr(Node, function.__name__, function)
Node.metadata = property(metadata)  # type: ignore[attr-defined]
Node.next_functions = property(next_functions)  # type: ignore[attr-defined]
Node.__getattr__ = saved_value  # type: ignore[attr-defined]
Leaf.variable = property(variable)  # type: ignore[attr-defined]


def register_multi_grad_hook(
    tensors: Sequence[Tensor], fn: Callable[[Any], None], *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` once in each backward with the gradients of several Tensors.

    With mode "all" it gets the list of them when the last has come, None for those that this backward does not reach;
    with "any" the first that comes.

    Raises:
        ValueError: another mode.
        RuntimeError: a Tensor does not require grad.
    """
    if mode not in ("all", "any"):
        raise ValueError(f'mode is "all" or "any", got {mode!r}')
    if mode == "any":
        tensors = [x for x in tensors if x.requires_grad]
    nodes = [node_of(x, f"tensors[{i}]") for i, x in enumerate(tensors)]
    references = [weakref.ref(node) for node in nodes]  # a hook that held its own node would be a cycle
    key = object()

    def hook(place: int) -> Callable[[Any], Any]:
        def note(g: Any) -> Any:
            notes = under_way.get()
            if mode == "any":
                if key not in notes:
                    notes[key] = True
                    fn(as_tensor(g))
                return g
            if key not in notes:
                notes[key] = [None] * len(references), sum(node() in visited(notes) for node in references), []
            gradients, expected, come = notes[key]
            gradients[place] = as_tensor(g)
            come.append(place)
            if len(come) == expected:
                fn(gradients)
            return g

        return note

    return SeveralHandles([add_hook(node, hook(place)) for place, node in enumerate(nodes)])


def increment_version(tensor: Tensor | Iterable[Tensor]) -> None:
    """Count a write to a Tensor, or to several, that was made past this package, as by NumPy to its memory.

    >>> from tinygrad_edu import zeros
    >>> x = zeros(2, requires_grad=True)
    >>> y = x.exp()
    >>> y.detach().numpy()[0] = 5.0
    >>> increment_version(y)
    >>> y.sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tinygrad_edu.errors.GradientError: a value of shape (2,) that the backward of exp ... needs was overwritten ...
    """
    for x in [tensor] if isinstance(tensor, Tensor) else tensor:
        writes.note_write(x._array, *recording.user_place())


keepers: ContextVar[tuple[object, ...]] = ContextVar("keepers", default=())


@contextmanager
def keeping(keep: Callable[[Node], None]) -> Iterator[None]:
    """Have `keep` take what each node made in this block saves, unless a block within has a keeper of its own."""
    key = object()

    def watcher(node: Node, output: Any) -> None:
        if keepers.get()[-1:] == (key,):
            keep(node)

    token = keepers.set((*keepers.get(), key))
    recording.watchers.append(watcher)
    try:
        yield
    finally:
        recording.watchers.remove(watcher)
        keepers.reset(token)


class Packed:
    """What a node saved, in the user's keeping; iterating over it takes it back."""

    def __init__(self, node: Node, pack: Callable[[Tensor], Any], unpack: Callable[[Any], Tensor]) -> None:
        self.number = node.number
        self.what = describe(node)
        self.unpack = unpack
        self.saved = change(node.saved, numpy.ndarray, lambda array: packed(array, pack))

    def __iter__(self) -> Iterator[Any]:
        return iter(change(self.saved, Parcel, self.taken_back))

    def taken_back(self, parcel: "Parcel") -> Any:
        """The array of a parcel.

        Raises:
            TypeError: unpacking it gives no Tensor.
            RuntimeError: it gives one of another shape or dtype, or one that was written to since.
        """
        tensor = self.unpack(parcel.content)
        if not isinstance(tensor, Tensor):
            raise TypeError(f"unpack must return a Tensor, got {type(tensor).__name__}")
        if (tensor.shape, tensor.dtype) != parcel.form:
            raise GradientError(
                f"unpack gave {tensor.dtype} {tensor.shape} where {parcel.form[1]} {parcel.form[0]} was packed by "
                f"{self.what}"
            )
        if writes.find_write(tensor._array, self.number) is not None:
            raise GradientError(f"what unpack gave for {self.what} was overwritten since it was packed; keep a clone()")
        return tensor._array


def packed(array: Any, pack: Callable[[Tensor], Any]) -> Any:
    """The parcel of an array; a number beside Tensors, which calls share, is left where it is.

    Raises:
        GradientError: pack wrote to what it got.
    """
    if not array.ndim and not array.flags.writeable:
        return array
    before = writes.version(array)
    parcel = Parcel(pack(wrap(array)), array)
    if writes.version(array) != before:
        raise GradientError("pack wrote in place to what it got, which others use; let it write to a clone()")
    return parcel


class Parcel:
    """What pack made of one array."""

    def __init__(self, content: Any, array: Any) -> None:
        self.content = content
        self.form = array.shape, array.dtype


def change(value: Any, kind: type, by: Callable[[Any], Any]) -> Any:
    """A value with everything of one kind in it changed, however deep in tuples."""
    if isinstance(value, tuple):
        return tuple([change(part, kind, by) for part in value])
    return by(value) if isinstance(value, kind) else value


class saved_tensors_hooks:
    """Within it, `pack(tensor)` keeps what operations save for backward, and `unpack(packed)` gives it back there.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> with saved_tensors_hooks(lambda t: t.numpy().tolist(), lambda kept: tensor(kept)):
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]) -> None:
        self.hooks = pack_hook, unpack_hook
        self.blocks: list[AbstractContextManager[None]] = []

    def keep(self, node: Node) -> None:
        """Put what a node saved into the user's keeping; a function that packs is not itself packed for."""
        with keeping(lambda inner: None):
            node.saved = Packed(node, *self.hooks)  # type: ignore[assignment]

    def __enter__(self) -> None:
        if refusals.get():
            raise GradientError(refusals.get()[-1])
        self.blocks.append(keeping(self.keep))
        self.blocks[-1].__enter__()

    def __exit__(self, *exception: Any) -> None:
        self.blocks.pop().__exit__(*exception)


refusals: ContextVar[tuple[str, ...]] = ContextVar("refusals", default=())


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Within it saved_tensors_hooks are refused, with this message.

    Raises:
        RuntimeError: it is within such hooks itself.
    """
    if keepers.get():
        raise GradientError(error_message)
    token = refusals.set((*refusals.get(), error_message))
    try:
        yield
    finally:
        refusals.reset(token)


class save_on_cpu(saved_tensors_hooks):
    """saved_tensors_hooks that leave everything where it is, in the one memory there is."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cpu") -> None:
        super().__init__(lambda tensor: tensor, lambda packed: packed)


guard(globals(), __all__, __name__, held=False)
