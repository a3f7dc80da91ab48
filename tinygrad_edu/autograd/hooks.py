"""Hooks on Tensors: functions that see gradients on their way, and may replace them."""

import weakref
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from ..backend import to_numpy
from ..errors import GradientError, ShapeError
from ..graph import RETAIN, Leaf, Node
from ..recording import wrap
from ..tensor import Tensor, method
from .backward import add_to_grad
from .edges import node_of

__all__ = ["RemovableHandle"]

next_key = count().__next__


class RemovableHandle:
    """What a hook was registered under; `remove()` takes the hook away, and so does the end of a `with` block."""

    def __init__(self, hooks: dict[int, Any], id: int, marks: Iterable[dict[int, Any]] = ()) -> None:
        self.hooks = hooks
        self.id = id
        self.marks = marks  # what says of some of the hooks how they are called

    def hooks_dict_ref(self) -> dict[int, Any]:
        """The hooks that were registered in the same place, by the `id` of their handles."""
        return self.hooks

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        for each in (self.hooks, *self.marks):
            each.pop(self.id, None)

    def __enter__(self) -> "RemovableHandle":
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


class SeveralHandles(RemovableHandle):
    """The handles of a hook that was registered in several places."""

    def __init__(self, handles: Iterable[RemovableHandle]) -> None:
        self.handles = list(handles)

    def remove(self) -> None:
        """Take the hook away from all of them."""
        for handle in self.handles:
            handle.remove()


def add(hooks: dict[int, Any], hook: Any, last: bool = False) -> RemovableHandle:
    """Put a hook behind those that are there, but before those that come last, whose keys are negative."""
    key = -2 - next_key() if last else next_key()
    others = [] if last else [each for each in hooks if each < 0]
    hooks[key] = hook
    for each in others:
        hooks[each] = hooks.pop(each)
    return RemovableHandle(hooks, key)


def as_tensor(g: Any) -> Any:
    """A gradient as a Tensor; backward works on arrays unless it is itself recorded. None stays None."""
    return g if g is None or isinstance(g, Tensor) else wrap(to_numpy(g))


def replaced(g: Any, by: Any, what: str = "a hook") -> Any:
    """What a hook gave in place of a gradient, None for no change, as what g is, array or Tensor.

    Raises:
        TypeError: it is no Tensor.
        ShapeError: it does not fit in the place of g.
    """
    if by is None:
        return g
    if not isinstance(by, Tensor):
        raise TypeError(f"{what} must return a Tensor or None, got {type(by).__name__}")
    if by.shape != g.shape:
        raise ShapeError(f"{what} must return a gradient of shape {g.shape} or None, got {by!r:.80}")
    by = by.to(g.dtype)
    return by if isinstance(g, Tensor) else by._array


@method
def register_hook(self: Tensor, hook: Callable[[Tensor], Any]) -> RemovableHandle:
    """Call `hook` with the gradient of this Tensor whenever one is computed; what it returns replaces the gradient.

    Raises:
        RuntimeError: this Tensor does not require grad.
    """
    return add_hook(node_of(self, "a Tensor with a hook"), lambda g: replaced(g, hook(as_tensor(g))))


def add_hook(node: Node, hook: Callable[[Any], Any], last: bool = False) -> RemovableHandle:
    """Have a node show its gradient to a function that works on what backward works on, arrays or Tensors."""
    if node.hooks is None:
        node.hooks = {}
    return add(node.hooks, hook, last)


@method
def register_post_accumulate_grad_hook(self: Tensor, hook: Callable[[Tensor], Any]) -> RemovableHandle:
    """Call `hook` with this leaf whenever a backward has added to its `.grad`.

    Raises:
        RuntimeError: this Tensor is no leaf, or does not require grad; in backward, if the hook returns anything.
    """
    node = node_of(self, "a Tensor with a hook")
    if not isinstance(node, Leaf):
        raise GradientError("only a leaf accumulates a gradient; use register_hook on what was computed")

    def show(g: Any) -> None:
        if (found := node.tensor()) is not None and (given := hook(found)) is not None:
            raise GradientError(f"a hook after a gradient is accumulated returns None, got {type(given).__name__}")

    return add_after(node, show)


def add_after(leaf: Leaf, hook: Callable[[Any], None], last: bool = False) -> RemovableHandle:
    """Have a leaf show what it has added to its `.grad`."""
    if leaf.after is None:
        leaf.after = {}
    return add(leaf.after, hook, last)


@method
def retain_grad(self: Tensor) -> None:
    """Have backward leave the gradient of this Tensor in its `.grad`, although it is no leaf.

    Raises:
        RuntimeError: this Tensor does not require grad.
    """
    node = node_of(self, "a Tensor whose gradient is to be retained")
    if isinstance(node, Leaf):
        return
    tensor = weakref.ref(self)  # the node must not keep its Tensor alive

    def keep(g: Any) -> Any:
        found = tensor()
        if found is not None:
            add_to_grad(found, g)
        return g

    if node.hooks is None:
        node.hooks = {}
    node.hooks[RETAIN] = keep


def retains_grad(self: Tensor) -> bool:
    """Whether retain_grad was asked of this Tensor, which is no leaf."""
    node = self.grad_fn and self._node
    return bool(node and node.hooks and RETAIN in node.hooks)


Tensor.retains_grad = property(retains_grad)  # type: ignore[attr-defined]
