"""Finding the first operation whose backward gives NaN, and the line of the program that called it."""

from collections.abc import Iterator, Sequence
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from typing import Any

import numpy

from .. import recording
from ..errors import GradientError
from ..graph import Node, describe, reachable
from .plans import Gradients, ShownPlan

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_detect_anomaly",
    "set_forward_lines",
]

anomaly: ContextVar[tuple[bool, bool]] = ContextVar("anomaly", default=(False, True))  # (enabled, check_nan)


class AnomalyMode(ContextDecorator):
    """A `with` block or decorated function in which the search for NaN in backward is on or off."""

    def __init__(self, mode: bool, check_nan: bool) -> None:
        self.wanted = bool(mode), bool(check_nan)
        self.before: list[tuple[tuple[bool, bool], bool]] = []

    def _recreate_cm(self) -> "AnomalyMode":
        return AnomalyMode(*self.wanted)

    def switch(self) -> "AnomalyMode":
        """Bring this mode about until the block ends."""
        lines = recording.note_user_line in recording.watchers
        self.before.append((anomaly.get(), lines))
        anomaly.set(self.wanted)
        set_forward_lines(self.wanted[0] or lines)
        return self

    def __enter__(self) -> None:
        if not self.before:
            self.switch()

    def __exit__(self, *exception: object) -> None:
        before, lines = self.before.pop()
        anomaly.set(before)
        set_forward_lines(lines)


def detect_anomaly(check_nan: bool = True) -> AnomalyMode:
    """Within it, a backward that gives NaN raises, and names the operation and the line of the forward that called it.

    Calls made inside this package are noted with your line (see set_forward_lines). It slows backward down.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([0.0, 1.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     (x.sqrt() * 0).sum().backward()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    tinygrad_edu.errors.GradientError: the backward of sqrt ... gave NaN as the gradient of its input 0...

    Raises:
        RuntimeError: in a backward within, at the first operation whose gradient holds NaN.
    """
    return AnomalyMode(True, check_nan)


def set_detect_anomaly(mode: bool, check_nan: bool = True) -> AnomalyMode:
    """Switch detect_anomaly on or off at once; as a context manager, until its block ends."""
    return AnomalyMode(mode, check_nan).switch()


def is_anomaly_enabled() -> bool:
    """Whether detect_anomaly is on."""
    return anomaly.get()[0]


def is_anomaly_check_nan_enabled() -> bool:
    """Whether it seeks NaN."""
    return anomaly.get()[1]


def set_forward_lines(mode: bool) -> bool:
    """Say whether a call made inside this package, by a layer say, is noted with your line; gives the old mode.

    A call that your program makes itself always is. For others errors of a backward name the layer's line until this
    is switched on: seeking yours takes a small layer a twentieth of its time, forward and backward.
    """
    before = recording.note_user_line in recording.watchers
    if mode and not before:
        recording.watchers.append(recording.note_user_line)
    elif before and not mode:
        recording.watchers.remove(recording.note_user_line)
    return before


@contextmanager
def checked(outputs: Sequence[Node]) -> Iterator[None]:
    """Have every node behind these, if NaN is sought, raise when its backward gives it."""
    plans = [(node, node.plan) for node in reachable(outputs) if node.plan is not None and anomaly.get()[1]]
    for node, plan in plans:
        node.plan = ShownPlan(plan, refuse_nan(node))
    try:
        yield
    finally:
        for node, plan in plans:
            node.plan = plan


def refuse_nan(node: Node) -> Any:
    """A function that raises if a gradient of this node's inputs holds NaN."""

    def show(gradients: Gradients, g: Any) -> Gradients:
        for place, gx in gradients.items():
            if holds_nan(gx):
                raise GradientError(
                    f"the backward of {describe(node)}, gave NaN as the gradient of its input {place}; what came "
                    f"back to it {'held NaN already' if holds_nan(g) else 'held none'}"
                )
        return gradients

    return show


def holds_nan(g: Any) -> bool:
    """Whether a gradient, or one of several, holds NaN."""
    if isinstance(g, (list, tuple)):
        return any(map(holds_nan, g))
    array: Any = getattr(g, "_array", g)
    return array is not None and bool(numpy.isnan(array).any())
