"""Telling that a training has diverged, and by which operation."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy

from .. import recording
from ..autograd.anomaly import set_forward_lines
from ..autograd.plans import Gradients, ShownPlan
from ..graph import Node, Output, reachable
from ..nn import Module
from ..tensor import Tensor
from ..writes import describe_place

__all__ = ["DivergenceError", "check_loss", "is_finite", "origin"]


class DivergenceError(ArithmeticError, RuntimeError):
    """The loss or a gradient is no longer finite. The weights are those from before the step that found it."""


def check_loss(loss: float, where: str, find: Callable[[], str] | None = None) -> None:
    """Raise DivergenceError if a loss is infinite or NaN; `find` is then asked where that came from."""
    if not math.isfinite(loss):
        raise diverged(f"the loss is {loss}", where, find() if find is not None else "")


def diverged(what: str, where: str, found: str) -> DivergenceError:
    """The error to raise."""
    advice = "training has diverged; try a smaller learning rate"
    return DivergenceError(f"{what} {where}: {advice}{found and f' ({found})'}")


def is_finite(x: Any) -> bool:
    """Whether all numbers of an array are finite: in one pass over it, unless their squares overflow."""
    flat = x.reshape(-1)
    with numpy.errstate(all="ignore"):
        return math.isfinite(flat.dot(flat)) or bool(numpy.isfinite(flat).all())


def origin(model: Module, inputs: Sequence[Any], forward: Callable[[], Tensor]) -> str:
    """Compute a loss again, and its gradients, and say what was the first that is not finite; empty if nothing is."""
    for x in inputs:
        if isinstance(x, Tensor) and x.dtype.kind == "f" and not is_finite(x._array):
            return f"the batch itself, {x.dtype} {x.shape}, holds what is not finite"
    with watching(model) as calls:
        loss = forward()
    node = loss._node
    if node is None:
        return ""
    if not calls.finite(node):
        while bad := [parent for parent in node.parents if not calls.finite(parent)]:
            node = bad[-1]
        return f"it came from {calls.told(node)}"
    for each in reachable([node]):
        if each.plan is not None:
            each.plan = ShownPlan(each.plan, refuse(each, calls))
    try:
        loss.backward()
    except NotFiniteError as error:
        return str(error)
    return ""


class Calls:
    """The calls of a forward: whether the output of each is finite, and in which layer it was made."""

    def __init__(self) -> None:
        self.bad: set[Node] = set()
        self.layer: dict[Node, str] = {}
        self.within = [""]  # names of the layers that are being called, the innermost last

    def note(self, node: Node, output: Any) -> None:
        """Note a call."""
        arrays = output if isinstance(output, (tuple, list)) else [output]
        self.layer[node] = self.within[-1]
        if not all(is_finite(x) for x in arrays if x.dtype.kind == "f"):
            self.bad.add(node)

    def finite(self, node: Node) -> bool:
        """Whether what a call gave is finite."""
        return call_of(node) not in self.bad

    def told(self, node: Node) -> str:
        """`log (output (8, 2)) in the layer 'head', called at file:line in function`."""
        layer, file = self.layer.get(call_of(node), ""), node.code.co_filename if node.code is not None else "<"
        place = "" if file.startswith("<") else f", called at {describe_place(node.code, node.lasti)}"
        return f"{node.operation} (output {node.shape}){layer and f' in the layer {layer!r}'}{place}"


def call_of(node: Node) -> Node:
    """The call that a node stands for, be it one of its outputs."""
    return node.parents[0] if isinstance(node, Output) else node


@contextmanager
def watching(model: Module) -> Iterator[Calls]:
    """Note every call in a block, with the line of yours that it came from."""
    calls = Calls()

    def entered(name: str) -> Callable[..., None]:
        return lambda module, args: calls.within.append(name)

    def left(module: Any, args: Any, output: Any) -> None:
        calls.within.pop()

    handles = [module.register_forward_pre_hook(entered(name)) for name, module in model.named_modules()]
    handles += [module.register_forward_hook(left) for module in model.modules()]
    lines = set_forward_lines(True)
    recording.watchers.append(calls.note)
    try:
        yield calls
    finally:
        recording.watchers.remove(calls.note)
        set_forward_lines(lines)
        for handle in handles:
            handle.remove()


class NotFiniteError(ArithmeticError):
    """A gradient on its way back is not finite."""


def refuse(node: Node, calls: Calls) -> Callable[[Gradients, Any], Gradients]:
    """A function that raises NotFiniteError if a gradient of this node's inputs is not finite."""

    def show(gradients: Gradients, g: Any) -> Gradients:
        for gx in gradients.values():
            for part in gx if isinstance(gx, (list, tuple)) else [gx]:
                if part is not None and not is_finite(part):
                    raise NotFiniteError(f"it came from the backward of {calls.told(node)}")
        return gradients

    return show
