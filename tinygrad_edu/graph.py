"""The graph that a computation leaves behind, and the walk back through it.

A Node is one recorded call. It knows its parents, its output's shape and what its rules named, but not its Tensor:
an array that no rule named is freed as soon as the user lets go of it, and there are no reference cycles.
"""

from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from heapq import heappop, heappush
from operator import attrgetter
from types import CodeType
from typing import Any

import numpy

from . import writes
from .errors import GradientError
from .ops.elementwise import clone
from .ops.movement import sum_to
from .primitive import Kept, Plan

__all__ = ["Leaf", "Node", "Output", "backpropagate"]

# For hooks: the "seeds" and "targets" of the backward that calls them, whether leaves "accumulate" what it finds, and
# what hooks keep until its end.
under_way: ContextVar[dict[object, Any]] = ContextVar("under_way")

Gradient = Any  # an array, or a Tensor where the backward is itself recorded
Hook = Callable[[Gradient], Gradient]


RETAIN = -1  # the key of the hook that leaves a gradient in the `.grad` of a Tensor that is no leaf


class Node:
    """One recorded call: its parents, what its rules need, and its number in the order of creation."""

    __slots__ = ("__weakref__", "code", "hooks", "lasti", "number", "parents", "plan", "saved", "shape")

    hooks: dict[int, Hook] | None
    number: int
    parents: "tuple[Node, ...]"
    code: CodeType | None  # with lasti: the line of the user's program that made the call
    lasti: int
    plan: Plan | None
    saved: Kept | None
    shape: Any  # of the output; of a call with several outputs, their (shape, dtype) pairs

    @property
    def operation(self) -> str:
        """The operation's name."""
        return self.plan.primitive.name if self.plan else type(self).__name__.lower()

    def __repr__(self) -> str:
        return f"<{self.operation} node {self.number}, output {self.shape}>"


class Leaf(Node):
    """Where gradients end: a Tensor made by the user that requires grad. It holds that Tensor's `.grad`."""

    __slots__ = ("after", "dtype", "grad", "tensor")

    after: dict[int, Callable[[Gradient], None]] | None  # shown what was added to `.grad`, once it was

    def __init__(self, shape: tuple[int, ...], dtype: numpy.dtype[Any], tensor: Any) -> None:
        self.number = self.lasti = 0  # sorts behind every call
        self.parents = ()
        self.plan = self.saved = self.hooks = self.code = self.after = None
        self.shape = shape
        self.dtype = dtype
        self.tensor = tensor  # a weak reference: neither keeps the other alive
        self.grad: Any = None


class Output(Node):
    """One output of a call that has several; it hands its gradient to the call's node."""

    __slots__ = ("index",)

    def __init__(self, call: Node, index: int) -> None:
        self.number = writes.next_number()
        self.parents = (call,)
        self.plan = self.saved = self.hooks = None
        self.code, self.lasti = call.code, call.lasti
        self.shape = call.shape[index][0]
        self.index = index


def reachable(outputs: Iterable[Node]) -> list[Node]:
    """All nodes that the outputs depend on, later ones first: every node comes before its parents."""
    stack = list(outputs)
    found = dict.fromkeys(stack)  # in order, unlike a set, so that every run does the same
    while stack:
        for parent in stack.pop().parents:
            if parent not in found:
                found[parent] = None
                stack.append(parent)
    return sorted(found, key=attrgetter("number"), reverse=True)


def leading_to(targets: Iterable[Node], order: Sequence[Node]) -> set[Node]:
    """The nodes from which a target can be reached."""
    wanted = set(targets)
    for node in reversed(order):
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return wanted


def backpropagate(
    seeds: Sequence[tuple[Node, Gradient]],
    wrap: Callable[..., Any],
    retain_graph: bool,
    create_graph: bool,
    targets: Sequence[Node] | None,
    accumulate: bool,
) -> dict[Node, Gradient]:
    """Send the seeds, gradients of some nodes, back through the graph, each node once.

    With `targets` only the ways that lead to them are walked, and their gradients are returned. With `accumulate`
    the leaves add what reaches them to their `.grad`. `wrap(array, node)` makes a Tensor.

    Raises:
        RuntimeError: the graph was freed by an earlier backward, or a value it saved was overwritten since.
    """
    sought = () if targets is None else set(targets)
    wanted = None if targets is None else leading_to(sought, reachable([node for node, _ in seeds]))
    caught: dict[Node, Gradient] = {}
    grads: dict[Any, Gradient] = {}
    queue: list[tuple[int, Any]] = []  # the calls among them, the latest first: all that it gave something to are done
    handed: set[int] = set()  # the ids of arrays that somebody else holds
    notes: dict[object, Any] = {"seeds": seeds, "targets": targets, "accumulate": accumulate}
    take, latest, several = grads.pop, writes.latest, False
    unbroadcast = sum_to if create_graph else sum_to.forward
    ahead: Any = None  # the next node, where the queue need not tell: along a chain or a branch
    for node, g in seeds:
        handed.add(id(g))
        ahead = node if len(seeds) == 1 and node.number else None
        if ahead is None:
            deliver((g,), (node,), grads, queue, unbroadcast)
    while ahead is not None or queue:
        if ahead is None:
            node = heappop(queue)[1]
            g = take(node)
            several = type(g) is list  # the gradients of several outputs
        else:
            node, ahead = ahead, None
        if wanted is not None and node not in wanted:
            continue
        if node.hooks is not None:
            g = run_hooks(node, g, handed, notes)
        if wanted is not None:
            if node in sought:
                caught[node] = g
            if wanted.isdisjoint(node.parents):
                continue
        plan = node.plan
        if plan is None:
            fill_slot(node, g, grads, queue)
            continue
        if latest[0] > node.number:
            check_saved(node)
        saved = node.saved
        if saved is None:
            raise freed(node)
        if create_graph:
            saved = as_tensors(node, wrap)
        if several:
            several = False
            g = g if plan.partial else fill_missing(node.shape, g, wrap if create_graph else numpy.asarray)
        try:
            if plan.only and (number := node.parents[0].number) and (not queue or number > -queue[0][0]):
                (g,), (ahead,) = plan.gradients(g, saved), node.parents
                if g.shape != ahead.shape:
                    g = unbroadcast(g, shape=ahead.shape)
            elif wanted is None:
                deliver(plan.gradients(g, saved), node.parents, grads, queue, unbroadcast)
            else:
                chosen = [parent in wanted for parent in node.parents]
                deliver(plan.gradients(g, saved, chosen), node.parents, grads, queue, unbroadcast)
        except Exception as error:
            error.add_note(f"in the backward of {describe(node)}")
            raise
        if not retain_graph and plan.keeps_values:
            node.saved = None
    for leaf in grads:  # before any is accumulated: where a hook fails, every .grad stays as it was
        if leaf.hooks is not None and (wanted is None or leaf in wanted):
            grads[leaf] = run_hooks(leaf, grads[leaf], handed, notes)
    for leaf in list(grads):
        g = take(leaf)
        if wanted is not None and leaf not in wanted:
            continue
        if leaf in sought:
            caught[leaf] = g
        if accumulate:
            add_to_leaf(leaf, g, handed, wrap, create_graph)
            for hook in leaf.after.copy().values() if leaf.after else ():
                hook(g)
    return caught


def deliver(
    gradients: Sequence[Gradient],
    nodes: Sequence[Node],
    grads: dict[Node, Gradient],
    queue: list[tuple[int, Node]],
    unbroadcast: Callable[..., Gradient],
) -> None:
    """Add gradients to what has reached their nodes so far."""
    for i, node in enumerate(nodes):
        g = gradients[i]
        if g is None:
            continue
        if g.shape != node.shape:
            g = unbroadcast(g, shape=node.shape)
        if node in grads:
            grads[node] = grads[node] + g
        else:
            grads[node] = g
            if node.number:
                heappush(queue, (-node.number, node))


def fill_slot(output: Output, g: Gradient, grads: dict[Node, Gradient], queue: list[tuple[int, Node]]) -> None:
    """Hand the gradient of one of a call's outputs to the call."""
    (call,) = output.parents
    if call not in grads:
        grads[call] = [None] * len(call.shape)
        heappush(queue, (-call.number, call))
    held = grads[call][output.index]
    grads[call][output.index] = g if held is None else held + g  # several nodes may stand for one output


def fill_missing(forms: Any, gradients: Sequence[Gradient], wrap: Callable[..., Any]) -> tuple[Gradient, ...]:
    """The gradients of all of a call's outputs, of these shapes and dtypes, zero where nothing came back."""
    return tuple([wrap(numpy.zeros(*form)) if g is None else g for g, form in zip(gradients, forms, strict=True)])


def add_to_leaf(leaf: Leaf, g: Gradient, handed: set[int], wrap: Callable[..., Any], create_graph: bool) -> None:
    """Accumulate a gradient in the `.grad` of a Tensor, which must not share memory with anybody else's."""
    if create_graph:
        leaf.grad = clone(g) if leaf.grad is None else leaf.grad + g
        return
    if type(g) is not numpy.ndarray or g.dtype is not leaf.dtype:
        g = numpy.asarray(g, dtype=leaf.dtype)
    if leaf.grad is not None:
        leaf.grad.add_(wrap(g))
    elif g.base is not None or id(g) in handed or leaf.hooks is not None:
        leaf.grad = wrap(g.copy())
    else:
        handed.add(id(g))
        leaf.grad = wrap(g)


def run_hooks(node: Node, g: Gradient, handed: set[int], notes: dict[object, Any]) -> Gradient:
    """Show a gradient to the hooks in turn; what one returns replaces it."""
    before = under_way.set(notes)
    try:
        for hook in list((node.hooks or {}).values()):
            g = hook(g)
    finally:
        under_way.reset(before)
    handed.add(id(g))
    return g


def as_tensors(node: Node, wrap: Callable[..., Any]) -> Kept:
    """What a node saved, as Tensors that remember where they came from, so that the backward itself is recorded."""
    plan, saved = node.plan, node.saved
    assert plan is not None
    assert saved is not None
    came_from = dict(zip(plan.positions, node.parents, strict=True))
    came_from[len(plan.needs)] = node  # the output itself

    def tensor(value: Any, place: int) -> Any:
        if isinstance(value, numpy.ndarray) and place <= len(plan.needs):  # beyond stand settings, which stay arrays
            return wrap(value, came_from.get(place))
        if isinstance(value, tuple) and place == len(plan.needs):  # the outputs of a call that has several
            return tuple([wrap(x, Output(node, i)) for i, x in enumerate(value)])
        if isinstance(value, tuple) and plan.primitive.variadic and all(isinstance(x, numpy.ndarray) for x in value):
            return tuple([wrap(x, came_from.get(i)) for i, x in enumerate(value)])
        return value

    return tuple(map(tensor, saved, plan.places))


def describe(node: Node) -> str:
    """`tanh of shape (3,), recorded at file:line in function`."""
    return f"{node.operation} (output {node.shape}), recorded at {writes.describe_place(node.code, node.lasti)}"


def freed(node: Node) -> GradientError:
    return GradientError(
        f"backward reached {describe(node)} a second time, but what it saved was freed by the first backward; "
        "pass retain_graph=True to the first one, or compute the forward again"
    )


def check_saved(node: Node) -> None:
    """Raise if a value that this node saved was written to since.

    Raises:
        RuntimeError: naming the operation, its forward line and the line of the write.
    """
    for array, write in writes.overwritten(node.saved, node.number):
        if not computed_again(node, array):
            raise writes.lost(array, write, f"the backward of {describe(node)} needs")


def computed_again(node: Node, lost: Any) -> bool:
    """Whether an overwritten value was an output saved beside all that it is computed of; if so, it is computed again.

    A rule asks for both to save time. PyTorch does without such an output, and lets it be written to.
    """
    assert node.plan is not None
    primitive, saved = node.plan.primitive, dict(zip(node.plan.names, node.saved or (), strict=False))
    if saved.pop("out", 0) is not lost or saved.keys() != {*primitive.inputs, *primitive.settings}:
        return False
    node.saved = tuple([primitive.forward(**saved) if value is lost else value for value in node.saved or ()])
    return True
