"""torch.autograd.forward_ad: tangents that go forward, found here by going back twice.

A dual Tensor begins a history of its own. Its output's tangent is linear in the tangents that duals were made with, and
so is the vector-Jacobian product in its vector: the derivative of the second in that vector is the first.
"""

import contextlib
from typing import Any, NamedTuple

from ..autograd import grad
from ..autograd.calls import pushing, will_push
from ..errors import GradientError, ShapeError
from ..functions.creation import zeros_like
from ..grad_mode import enable_grad
from ..tensor import Tensor

__all__ = ["UnpackedDualTensor", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual", "unpack_dual"]


class Dual(NamedTuple):
    """Where a dual Tensor's history begins, and its tangent."""

    start: Tensor
    tangent: Tensor


class UnpackedDualTensor(NamedTuple):
    """What unpack_dual returns."""

    primal: Tensor
    tangent: Tensor | None


class Level:
    """The duals made since it was entered; within it operations are recorded also where no_grad is around it."""

    def __init__(self) -> None:
        self.duals: list[Dual] = []
        self.modes = contextlib.ExitStack()
        self.modes.enter_context(enable_grad())
        self.modes.callback(will_push.reset, will_push.set(True))


levels: list[Level] = []


def enter_dual_level() -> int:
    """Begin a level, in which Tensors can be dual; its number.

    Raises:
        RuntimeError: there is one already.
    """
    if levels:
        raise GradientError("a dual level is entered within another; forward-mode levels do not nest")
    levels.append(Level())
    return 0


def exit_dual_level(*, level: int | None = None) -> None:
    """End the level: no Tensor is dual from now on.

    Raises:
        RuntimeError: there is none.
    """
    if not levels:
        raise GradientError("there is no dual level to leave; enter_dual_level() begins one")
    levels.pop().modes.close()


class dual_level:  # noqa: N801
    """A block within which Tensors can be dual."""

    def __enter__(self) -> int:
        return enter_dual_level()

    def __exit__(self, *raised: object) -> None:
        exit_dual_level()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Any:
    """The Tensor with a tangent, a direction in which everything computed from it is differentiated.

    Raises:
        RuntimeError: no level has been entered.
        ValueError: a Tensor holds no floats, or they differ in shape.
    """
    if not levels:
        raise GradientError("make_dual needs a level: with dual_level(): ...")
    if tensor.dtype.kind != "f" or tangent.dtype.kind != "f":
        raise ValueError(f"make_dual takes Tensors of floats, got {tensor.dtype} and {tangent.dtype}")
    if tensor.shape != tangent.shape:
        raise ShapeError(f"make_dual takes a tangent of the Tensor's shape {tensor.shape}, got {tangent.shape}")
    start = tensor[...] if tensor.requires_grad else tensor.detach().requires_grad_()
    levels[-1].duals.append(Dual(start, tangent))
    return start.clone()  # a Tensor that can be written to, as a view of a leaf cannot


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The Tensor's value and its tangent; None where nothing dual is in its history."""
    duals = levels[-1].duals if levels else []
    if not duals or not tensor.requires_grad:
        return UnpackedDualTensor(tensor, None)
    v = zeros_like(tensor, requires_grad=True)
    token = pushing.set(True)
    try:
        products = grad(tensor, [dual.start for dual in duals], v, create_graph=True, allow_unused=True)
    finally:
        pushing.reset(token)
    parts = [(g * dual.tangent).sum() for g, dual in zip(products, duals, strict=True) if g is not None]
    if not parts:
        return UnpackedDualTensor(tensor, None)
    tangent = zeros_like(tensor)
    total = sum(parts[1:], parts[0])
    if total.requires_grad:
        (found,) = grad(total, [v], create_graph=True, allow_unused=True)
        tangent = tangent if found is None else found
    if depends_on_others(tensor, duals):
        return UnpackedDualTensor(tensor, tangent)
    return UnpackedDualTensor(tensor.detach(), tangent.detach())


def depends_on_others(tensor: Tensor, duals: list[Dual]) -> bool:
    """Whether a gradient can flow back from the Tensor to anything but the beginnings of duals, or from a tangent."""
    ours = [dual.start for dual in duals if dual.start.is_leaf]
    waiting: list[Any] = [tensor.grad_fn]
    seen = set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)
        if leaf is not None and not any(leaf is start for start in ours):
            return True
        waiting += [parent for parent, _ in node.next_functions]
    return any(dual.tangent.requires_grad for dual in duals)
