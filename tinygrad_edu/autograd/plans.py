"""Plans around plans: what comes to a node and what it computes, shown to functions before it goes on."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..grad_mode import grad_enabled
from ..graph import Node, fill_missing
from ..primitive import Plan
from ..recording import wrap

__all__ = ["Gradients", "HookedPlan", "ShownPlan"]

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


class HookedPlan(ShownPlan):
    """A plan with hooks: those before it replace the gradient of the output, those after it the inputs' gradients.

    They run where the node does, and not where a gradient is only asked for: after the hooks of its Tensor.
    """

    def __init__(self, node: Node) -> None:
        plan, forms = node.plan, node.shape
        assert plan is not None
        before: dict[int, Callable[[Any], Any]] = {}
        after: dict[int, Show] = {}

        def show(gradients: Gradients, g: Any) -> Gradients:
            for hook in list(after.values()):
                gradients = hook(gradients, g)
            return gradients

        super().__init__(plan, show)
        shown = self.gradients

        def gradients(g: Any, saved: Sequence[Any], wanted: Any = None) -> list[Any]:
            for hook in list(before.values()):
                g = hook(g)
            if isinstance(g, list) and not plan.partial:
                g = fill_missing(forms, g, wrap if grad_enabled.get() else numpy.asarray)
            return shown(g, saved)

        self.before, self.after, self.gradients = before, after, gradients
        self.partial = True  # hooks see None for an output that nothing came back to
