"""Plans around plans: the gradients that a node computes, shown to a function before they go on."""

from collections.abc import Callable, Sequence
from typing import Any

from ..primitive import Plan

__all__ = ["Gradients", "ShownPlan"]

Gradients = dict[int, Any]  # the gradients of a call's inputs, by their places
Show = Callable[[Gradients, Any], Gradients]


class ShownPlan(Plan):
    """A plan whose gradients, and that of the output, are shown to a function, which gives those that go on.

    A node is watched by giving it such a plan in place of its own, so backward itself has nothing to ask.
    """

    def __init__(self, plan: Plan, show: Show) -> None:
        for name in Plan.__slots__:
            setattr(self, name, getattr(plan, name))

        def gradients(g: Any, saved: Sequence[Any], wanted: Any = None) -> list[Any]:
            found = show(dict(zip(plan.positions, plan.gradients(g, saved), strict=True)), g)
            return [found[place] for place in plan.positions]

        self.only, self.rules, self.gradients = False, (), gradients
