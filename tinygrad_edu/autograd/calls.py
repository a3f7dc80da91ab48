"""One call of a Function: what its forward leaves on ctx, what its node keeps, and how its backward is run.

A call leaves a node like any other. Its plan has one joint rule, which runs the user's backward.
"""

import warnings
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy

from .. import recording
from ..errors import GradientError, ShapeError
from ..grad_mode import grad_enabled, no_grad
from ..graph import Leaf, Node, Output
from ..inplace import adopt, check_writable
from ..ops.indexing import getitem
from ..primitive import NO_DERIVATIVE, Plan, Primitive
from ..recording import wrap
from ..tensor import Tensor
from ..writes import next_number, note_write
from .backward import grad
from .hooks import as_tensor
from .nesting import nested

__all__ = ["Call", "FunctionCtx", "FunctionPrimitive", "finish"]

# In func.jvp and its like: whether a function runs whose tangents will be asked for; whether they are asked for now.
will_push: ContextVar[bool] = ContextVar("will_push", default=False)
pushing: ContextVar[bool] = ContextVar("pushing", default=False)

Form = tuple[tuple[int, ...], Any]  # shape and dtype
NO_TENSOR: Form = ((), None)
NOTHING = numpy.empty(0)  # in the place of an output that was not saved


def form_of(x: Any) -> Form:
    return (x.shape, x.dtype) if isinstance(x, Tensor) else NO_TENSOR


class FunctionCtx:
    """What the forward of a Function leaves for its backward: saved Tensors, and any attributes set on it."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.materialize_grads = True
        self.saved_tensors: tuple[Tensor | None, ...] = ()  # only while forward or backward runs
        self.saved_for_forward: tuple[Tensor | None, ...] = ()  # only while forward runs
        self.dirty_tensors: tuple[Tensor, ...] = ()
        self.non_differentiable: tuple[Tensor, ...] = ()

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep Tensors for backward, where `saved_tensors` has them; a write to one in between is an error.

        Raises:
            TypeError: one of them is neither a Tensor nor None.
        """
        self.saved_tensors = to_save(tensors, "save_for_backward")

    @property
    def saved_variables(self) -> tuple[Tensor | None, ...]:
        """`saved_tensors`, under the name that it had when Tensors were Variables."""
        warnings.warn("saved_variables is now saved_tensors", DeprecationWarning, stacklevel=2)
        return self.saved_tensors

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keep Tensors for the Function's own jvp, where `saved_tensors` has them; func.jvp and its like call it.

        Raises:
            TypeError: one of them is neither a Tensor nor None.
        """
        self.saved_for_forward = to_save(tensors, "save_for_forward")

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say which inputs the forward has written to; each must be among its outputs."""
        self.dirty_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say which outputs no gradient flows through."""
        self.non_differentiable = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether backward gets zeros (the default) or None for an output that nothing came back to."""
        self.materialize_grads = bool(value)


def to_save(tensors: tuple[Any, ...], verb: str) -> tuple[Tensor | None, ...]:
    """What a Function saves.

    Raises:
        TypeError: one of them is neither a Tensor nor None.
    """
    for i, x in enumerate(tensors):
        if x is not None and not isinstance(x, Tensor):
            told = f"argument {i} is of type {type(x).__name__}"
            raise TypeError(f"{verb} keeps Tensors and None, but {told}; set other values on ctx")
    return tensors


class Call(NamedTuple):
    """One call of a Function, after its forward."""

    function: Any  # the subclass of Function
    ctx: FunctionCtx
    arguments: tuple[Any, ...]
    outputs: list[Any]
    several: bool  # whether forward returned a tuple

    def is_differentiable(self, y: Any) -> bool:
        """Whether a gradient flows through this output."""
        return isinstance(y, Tensor) and y.dtype.kind == "f" and not is_among(y, self.ctx.non_differentiable)


def is_among(x: Any, tensors: Sequence[Any]) -> bool:
    """Whether this very object is one of these."""
    return any(x is y for y in tensors)


class FunctionPrimitive(Primitive):
    """What all nodes of one Function have in common."""

    def __init__(self, name: str) -> None:
        def apply(*tensors: Any) -> Any:
            raise TypeError(f"{name} is called with Tensors, as {name}.apply(...)")

        apply.__name__ = apply.__qualname__ = name
        super().__init__(apply, NO_DERIVATIVE)
        self.node_name = f"{name}Backward"


class FunctionPlan(Plan):
    """The plan of one call of a Function; its inputs are the Tensors among the arguments."""

    partial = True

    def __init__(self, call: Call, inputs: Sequence[Tensor]) -> None:
        self.primitive = call.function.primitive
        self.needs = tuple([x.requires_grad for x in inputs])
        self.positions = tuple([i for i, needed in enumerate(self.needs) if needed])
        self.complete, self.only, self.rules, self.keep = True, False, (), tuple
        places = [self.place(x, call, inputs) for x in call.ctx.saved_tensors]
        nodes = [inputs[i]._node if i < len(inputs) else None for i in places]
        self.gradients = function_rule(call, nodes, self.positions)
        self.places = (len(inputs) + 1, *places)
        self.names = ("ctx", *[f"saved_tensors[{i}]" for i in range(len(places))])
        self.keeps_values = bool(places)

    def place(self, x: Tensor | None, call: Call, inputs: Sequence[Tensor]) -> int:
        """Where a saved Tensor stands among a call's values, [*inputs, outputs, ctx, others]."""
        if is_among(x, call.outputs) and call.is_differentiable(x):
            return len(inputs)
        return next((i for i, y in enumerate(inputs) if y is x and not is_among(x, call.outputs)), len(inputs) + 2)


def kept(x: Tensor | None, place: int, call: Call, plan: FunctionPlan) -> Any:
    """What a node keeps of a saved Tensor: its array; of one output of several, in its place among them."""
    if x is None:
        return None
    if place == len(plan.needs) and call.several:
        return tuple([x._array if y is x else NOTHING for y in call.outputs])
    return x._array


def restored(value: Any, node: Any) -> Tensor | None:
    """A saved Tensor from what a node kept of it, arrays or Tensors; an input has its own node, as in forward."""
    if isinstance(value, tuple):
        (value,) = [part for part in value if getattr(part, "_array", part) is not NOTHING]
    found: Tensor | None = wrap(value, node) if isinstance(value, numpy.ndarray) and node else as_tensor(value)
    return found


def function_rule(call: Call, nodes: Sequence[Any], positions: Sequence[int]) -> Callable[..., list[Any]]:
    """What runs the user's backward, and takes from it the gradients of the Tensors that need one.

    `nodes` are those of the saved Tensors that are inputs, in the places of these.
    """
    function, several, own = call.function, call.several, len(call.ctx.saved_tensors)
    if call.ctx.saved_for_forward:
        own -= len(call.ctx.saved_for_forward)
    arguments, outputs = [form_of(x) for x in call.arguments], [form_of(y) for y in call.outputs]

    def gradients_of(g: Any, saved: Sequence[Any], wanted: Any = None) -> list[Any]:
        ctx, *values = saved
        gradients = [as_tensor(part) for part in (g if several else [g])]
        if ctx.materialize_grads:
            gradients = [
                wrap(numpy.zeros(*form)) if part is None and form is not NO_TENSOR else part
                for part, form in zip(gradients, outputs, strict=True)
            ]
        held = tuple(map(restored, values, nodes))
        push = pushing.get() and any(isinstance(part, Tensor) and part.requires_grad for part in gradients)
        ctx.saved_tensors = (held[own:] or held) if push and function.jvp else held[:own]
        run = transposed if push else run_backward
        try:
            found = nested(lambda: run(function, ctx, gradients, arguments))
        finally:
            ctx.saved_tensors = ()  # they may lead back to the node, which holds ctx
        found = checked(function.__name__, found if isinstance(found, tuple) else (found,), arguments, positions)
        if not grad_enabled.get():
            # a view, because what the user returned may be held elsewhere, and must not be taken for a leaf's .grad
            found = [gx if gx is None else gx._array.view() for gx in found]
        return [found[place] for place in positions]

    return gradients_of


def run_backward(function: Any, ctx: FunctionCtx, gradients: Sequence[Any], arguments: Sequence[Form]) -> Any:
    """What the user's backward gives."""
    return function.run_backward(ctx, *gradients)


def transposed(function: Any, ctx: FunctionCtx, gradients: Sequence[Any], arguments: Sequence[Form]) -> Any:
    """What backward is to give, as something linear in the gradients, by which it is differentiated again for tangents.

    Where the Function has a jvp of its own, linear in its tangents, it is the gradient of that by these.

    Raises:
        NotImplementedError: it has none, and what its backward gives has no history.
        RuntimeError: what its jvp gives has none, or there is not one tangent for each output.
    """
    name = function.__name__
    if function.jvp is None:
        found = function.run_backward(ctx, *gradients)
        if any(
            isinstance(gx, Tensor) and not gx.requires_grad for gx in (found if isinstance(found, tuple) else [found])
        ):
            raise NotImplementedError(
                f"{name}.backward computes by other means than Tensors, so that its jvp does not follow from it; "
                f"give {name} a static method jvp(ctx, ...), which takes a tangent for each argument of forward"
            )
        return found

    def tangents_of(value: int) -> list[Any]:
        return [
            None if dtype is None or dtype.kind != "f" else wrap(numpy.full(shape, value, dtype))
            for shape, dtype in arguments
        ]

    def pushed(tangents: Sequence[Any]) -> tuple[Any, ...]:
        out = function.jvp(ctx, *[t if t is None else t.clone() for t in tangents])  # it may write to them
        return out if isinstance(out, tuple) else (out,)

    tangents = tangents_of(0)
    needed = [i for i, t in enumerate(tangents) if t is not None and ctx.needs_input_grad[i]]
    for i in needed:
        tangents[i].requires_grad_()
    out = pushed(tangents)
    if len(out) != len(gradients):
        raise GradientError(f"{name}.jvp returned {len(out)} tangents for the {len(gradients)} outputs of forward")
    pairs = [
        (y, g)
        for y, g in zip(out, gradients, strict=True)
        if isinstance(y, Tensor) and y.requires_grad and g is not None
    ]
    if not pairs:
        if any(isinstance(y, Tensor) and y.any() for y in pushed(tangents_of(1))):
            raise GradientError(f"{name}.jvp computes by other means than Tensors; write it in Tensor operations")
        return (None,) * len(arguments)
    found = grad(
        *([y for y, _ in pairs], [tangents[i] for i in needed], [g for _, g in pairs]),
        create_graph=True,
        allow_unused=True,
    )
    placed = dict(zip(needed, found, strict=True))
    return tuple([placed.get(i) for i in range(len(arguments))])


def checked(name: str, found: tuple[Any, ...], forms: Sequence[Form], positions: Sequence[int]) -> list[Any]:
    """The gradients of the Tensors among the arguments, from all that a backward returned.

    Those of Tensors that need none, in other places than these, are None whatever came, as in PyTorch.

    Raises:
        GradientError: there are not as many as arguments, or one is for an argument that is no Tensor.
        TypeError: one is neither a Tensor nor None.
        ShapeError: one does not fit its argument.
    """
    count = len(forms)
    if len(found) < count or any(gx is not None for gx in found[count:]):
        raise GradientError(
            f"{name}.backward returned an incorrect number of gradients: {len(found)} for the {count} arguments of "
            "forward; return a tuple with one for each, None for those without"
        )
    gradients: list[Any] = []
    for i, (gx, form) in enumerate(zip(found, forms, strict=False)):
        shape, dtype = form
        if gx is not None and not isinstance(gx, Tensor):
            raise TypeError(f"{name}.backward returned a {type(gx).__name__} at position {i}; it takes Tensor or None")
        if form is NO_TENSOR:
            if gx is not None:
                raise GradientError(f"{name}.backward returned a gradient for argument {i}, which is no Tensor")
            continue
        if len(gradients) not in positions:
            gx = None
        if gx is not None and gx.shape != shape and not expands_to(shape, gx.shape):
            raise ShapeError(f"{name}.backward returned a gradient of {gx.shape} for argument {i} of shape {shape}")
        gradients.append(gx if gx is None or dtype.kind != "f" else gx.to(dtype))
    return gradients


def expands_to(shape: tuple[int, ...], larger: tuple[int, ...]) -> bool:
    """Whether a Tensor of this shape broadcasts to the larger one, so that a gradient can be summed back."""
    rest = larger[len(larger) - len(shape) :]
    return len(shape) <= len(larger) and all(n in (1, m) for n, m in zip(shape, rest, strict=True))


def finish(call: Call) -> None:
    """Make the outputs of a call what its caller gets, and record it if anything requires grad."""
    ctx, outputs = call.ctx, call.outputs
    inputs = [x for x in call.arguments if isinstance(x, Tensor)]
    if not all(is_among(x, outputs) for x in ctx.dirty_tensors):
        raise GradientError("a Tensor that was marked dirty is not among the outputs; return it")
    for x in ctx.dirty_tensors:
        check_writable(x, x, f"{call.function.__name__}, which marks its input dirty")
        note_write(x._array, *recording.user_place())
    with no_grad():
        for i, y in enumerate(outputs):
            had = is_among(y, inputs) or (isinstance(y, Tensor) and isinstance(y._node, Leaf))
            if had and not is_among(y, ctx.dirty_tensors):
                outputs[i] = recording.record(getitem, (y,), {"index": (...,)})  # a Tensor of its own
                if is_among(y, ctx.non_differentiable):
                    ctx.non_differentiable += (outputs[i],)
    if not any(ctx.needs_input_grad) or not grad_enabled.get() or not any(map(call.is_differentiable, outputs)):
        return
    if will_push.get() and call.function.jvp:
        ctx.saved_tensors += ctx.saved_for_forward
    else:
        ctx.saved_for_forward = ()
    plan = FunctionPlan(call, inputs)
    node = Node()
    node.number = next_number()
    node.hooks = None
    node.plan = plan
    node.shape = [form_of(y) for y in outputs] if call.several else outputs[0].shape
    node.parents = tuple([x._node for x in inputs if x._node is not None])
    saved = zip(ctx.saved_tensors, plan.places[1:], strict=True)
    values: tuple[Any, ...] = (ctx, *[kept(x, place, call, plan) for x, place in saved])
    node.saved = values
    node.code, node.lasti = recording.user_place()
    for i, y in enumerate(outputs):
        if call.is_differentiable(y):
            made = Output(node, i) if call.several else node
            if is_among(y, ctx.dirty_tensors):
                adopt(y, made)
            else:
                y._node = made
    ctx.saved_tensors, ctx.dirty_tensors, ctx.non_differentiable, ctx.saved_for_forward = (), (), (), ()
    recording.watch(node, [y._array for y in outputs if isinstance(y, Tensor)])
