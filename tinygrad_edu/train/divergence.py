"""Telling that a training has diverged, and by which operation."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy

from .. import recording
from ..autograd.anomaly import set_forward_lines
from ..autograd.plans import Gradients, ShownPlan
from ..graph import Node, Output, describe, reachable
from ..tensor import Tensor

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


def origin(inputs: Sequence[Any], forward: Callable[[], Tensor]) -> str:
    """Compute a loss again, and its gradients, and say what was the first that is not finite; empty if nothing is."""
    for x in inputs:
        if isinstance(x, Tensor) and x.dtype.kind == "f" and not is_finite(x._array):
            return f"the batch itself, {x.dtype} {x.shape}, holds what is not finite"
    with outputs_watched() as finite:
        loss = forward()
    node = loss._node
    if node is None:
        return ""
    if not finite(node):
        while bad := [parent for parent in node.parents if not finite(parent)]:
            node = bad[-1]
        return f"it came from {describe(node)}"
    for each in reachable([node]):
        if each.plan is not None:
            each.plan = ShownPlan(each.plan, refuse(each))
    try:
        loss.backward()
    except NotFiniteError as error:
        return str(error)
    return ""


class NotFiniteError(ArithmeticError):
    """A gradient on its way back is not finite."""


def refuse(node: Node) -> Callable[[Gradients, Any], Gradients]:
    """A function that raises NotFiniteError if a gradient of this node's inputs is not finite."""

    def show(gradients: Gradients, g: Any) -> Gradients:
        for gx in gradients.values():
            for part in gx if isinstance(gx, (list, tuple)) else [gx]:
                if part is not None and not is_finite(part):
                    raise NotFiniteError(f"it came from the backward of {describe(node)}")
        return gradients

    return show


@contextmanager
def outputs_watched() -> Iterator[Callable[[Node], bool]]:
    """Note of every call whether its output is finite; what it gives tells that of a node. Your lines are noted too."""
    bad: set[Node] = set()

    def watch(node: Node, output: Any) -> None:
        arrays = output if isinstance(output, (tuple, list)) else [output]
        if not all(is_finite(x) for x in arrays if x.dtype.kind == "f"):
            bad.add(node)

    def finite(node: Node) -> bool:
        return (node.parents[0] if isinstance(node, Output) else node) not in bad

    lines = set_forward_lines(True)
    recording.watchers.append(watch)
    try:
        yield finite
    finally:
        recording.watchers.remove(watch)
        set_forward_lines(lines)
