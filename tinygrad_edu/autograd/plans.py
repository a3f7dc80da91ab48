"""Plans around plans: the gradients that a node computes, shown to a function before they go on."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..primitive import Plan

__all__ = ["ShownPlan", "gradients_of"]

Gradients = dict[int, Any]  # the gradients of a call's inputs, by their places
Show = Callable[[Gradients, Any], Gradients]


class ShownPlan(Plan):
    """A plan whose gradients, and that of the output, are shown to a function, which gives those that go on.

    A node is watched by giving it such a plan in place of its own, so backward itself has nothing to ask.
    """

    def __init__(self, plan: Plan, show: Show) -> None:
        for name in Plan.__slots__:
            setattr(self, name, getattr(plan, name))

        def rule(g: Any, *saved: Any) -> Gradients:
            return show(gradients_of(plan, g, saved), g)

        self.only, self.joint = None, True
        self.rules = (functools.wraps(plan.rules[0])(rule), *plan.rules[1:])


def gradients_of(plan: Plan, g: Any, saved: Sequence[Any]) -> Gradients:
    """The gradients of a call's inputs, by its plan."""
    if plan.joint:
        found = plan.rules[0](g, *saved)
        return {place: found[place] for place in plan.positions}
    if plan.only is not None:
        return {plan.positions[0]: plan.only(g, *saved)}
    rules = zip(plan.positions, plan.rules, saved, strict=True)
    return {place: rule(g, *arguments) for place, rule, arguments in rules}
