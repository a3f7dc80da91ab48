r"""A differentiable operation: its forward on arrays, one rule per input, its formula.

Forward and rules stand together:

    @primitive(formula=r"\bar{x} = \bar{y}\,(1 - y^2)")
    def tanh(x, *, xp):
        return xp.tanh(x)

    tanh.vjp(x=lambda g, out: g * (1 - out * out))

Positional parameters are inputs, keyword-only ones are settings. A rule takes `g`, the gradient of the output, and
names whatever else it needs: `out`, an input, a setting, `<input>_shape`, `<input>_dtype`, or `needs` (which inputs
want a gradient). Exactly what the needed rules name is kept for backward, and nothing more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, overload

import numpy
from numpy import ndarray

from .errors import EXPLAINED, PLAIN, check_operands, explain, misfitting_rule

__all__ = ["Plan", "Primitive", "primitive"]

Rule = Callable[..., Any]
Kept = tuple[Any, ...]

NO_DERIVATIVE = r"\text{no derivative}"
CO_VARARGS = 0x04  # of a code object: it takes *args
EVERYTHING = "*"  # the key of a joint rule, which gives the gradients of all inputs at once


class Plan:
    """What one call keeps and which rules its backward will run.

    It depends only on the primitive and on which inputs need a gradient, so it is worked out once and found again
    under a bit mask: no name is looked up while a network runs.
    """

    __slots__ = (
        "complete",
        "gradients",
        "keep",
        "keeps_values",
        "names",
        "needs",
        "only",
        "partial",
        "places",
        "positions",
        "primitive",
        "rules",
    )

    def __init__(self, primitive: "Primitive", mask: int, count: int) -> None:
        self.primitive = primitive
        self.partial = primitive.partial
        names = primitive.input_names(count)
        wanted = [i for i in range(count) if mask >> i & 1]
        joint = primitive.rules.get(EVERYTHING)
        self.positions = tuple([i for i in wanted if joint or primitive.rules.get(names[i])])
        self.complete = len(self.positions) == len(wanted)  # whether each of those inputs gets a gradient
        self.needs = tuple([i in self.positions for i in range(count)])
        rules: list[Any] = [joint or primitive.rules[names[i]] for i in self.positions[: 1 if joint else count]]
        self.rules: tuple[Rule, ...] = () if joint else tuple(rules)  # those that can be called one by one
        self.only = len(self.rules) == 1

        # What the rules name is kept: inputs and output by their places in [*inputs, out], other things come behind.
        places = {**({} if primitive.variadic else {name: i for i, name in enumerate(names)}), "out": count}
        self.names = tuple(dict.fromkeys([name for rule in rules for name in rule_arguments(rule)]))
        self.places = tuple([places.get(name, count + 1) for name in self.names])
        self.keeps_values = any(place <= count for place in self.places) or primitive.inputs[0] in self.names
        if rules:
            self.keep, self.gradients = written_out(self, rules, count)


def written_out(plan: Plan, rules: Sequence[Rule], count: int) -> list[Callable[..., Any]]:
    """Two functions: one picks what is kept from a call's values, one has the rules make gradients of it.

    They run at every call, so they are written out, which is four times quicker than any loop; for a product as

        def keep(values, out, settings): return (values[1], values[0],)
        def gradients(g, saved, wanted=every):
            _y, _x, = saved
            return rule0(g, _y) if wanted[0] else None, rule1(g, _x) if wanted[1] else None,
    """
    picked = [
        f"values[{place}], " if place < count else plan.primitive.source(name) + ", "
        for name, place in zip(plan.names, plan.places, strict=True)
    ]
    calls = [f"rule{i}({', _'.join(['g', *rule_arguments(rule)])})" for i, rule in enumerate(rules)]
    steps = [*[f"_{name}, " for name in plan.names], "= saved; "] if plan.names else []
    if not plan.rules:  # the joint rule gives the gradients of all inputs
        steps, calls = [*steps, f"found = {calls[0]}; "], [f"found[{place}]" for place in plan.positions]
    elif not plan.only:
        calls = [f"{call} if wanted[{i}] else None" for i, call in enumerate(calls)]
    made: dict[str, Any] = {f"rule{i}": rule for i, rule in enumerate(rules)}
    made |= {"needs": plan.needs, "defaults": plan.primitive.settings, "every": (True,) * len(rules)}
    exec(f"def keep(values, out, settings): return ({''.join(picked)})", made)
    exec(f"def gradients(g, saved, wanted=every): {''.join(steps)}return {', '.join(calls)},", made)
    return [made["keep"], made["gradients"]]


def parameters(function: Callable[..., Any]) -> tuple[list[str], list[str], bool]:
    """(positional names, keyword-only names, whether it is variadic); `inspect` would double the time of an import."""
    code = function.__code__
    variadic = bool(code.co_flags & CO_VARARGS)
    names, count = code.co_varnames, code.co_argcount
    keywords = names[count : count + code.co_kwonlyargcount]
    inputs = [*names[:count], *names[count + len(keywords) :][:variadic]]
    return inputs, list(keywords), variadic


def rule_arguments(rule: Rule) -> list[str]:
    """The names a rule asks for after `g`."""
    return parameters(rule)[0][1:]


class Primitive:
    """One operation that can be differentiated; calling it on arrays computes, on Tensors it also records.

    `promotion` says how inputs of different dtypes meet: "common" (to their common dtype), "float" (the same, and
    integers become floats), "branches" (as "common", but for the first, a condition), "one" (Tensors are refused,
    arrays meet) or None (as they come). `kinds` says which kinds of numbers are taken where dtypes meet: those of
    bools, integers (i, u) and floats. `view` says that the output may share the input's memory.
    """

    def __init__(
        self,
        forward: Callable[..., Any],
        formula: str,
        promotion: str | None = None,
        kinds: str = "biuf",
        view: bool = False,
    ) -> None:
        self.forward = forward
        self.formula = formula
        self.promotion, self.kinds = promotion, kinds
        self.view = view
        # not by functools.update_wrapper: it asks for __dict__, after which every attribute of self is slower to read
        self.name = self.__name__ = forward.__name__
        self.__qualname__, self.__module__ = forward.__qualname__, forward.__module__
        self.__doc__, self.__wrapped__ = forward.__doc__, forward
        self.inputs, settings, self.variadic = parameters(forward)
        if reserved := {"g", "out", "needs"}.intersection(self.inputs):
            raise TypeError(f"{self.name}: an input cannot be called {reserved}, which is something else to a rule")
        self.least = len(self.inputs) - len(forward.__defaults__ or ()) - self.variadic
        defaults = forward.__kwdefaults__ or {}
        self.settings = {name: defaults.get(name) for name in settings if name != "xp"}
        if "xp" in settings:
            # NumPy is bound here, once; another array library's module is passed by its own Tensor.
            forward.__kwdefaults__ = {**defaults, "xp": numpy}
        self.rules: dict[str, Rule | None] = {}
        self.partial = False  # whether a rule of several outputs takes None for those that nothing came back to
        self.misfit: Callable[..., str | None] | None = None  # of the inputs' shapes: why they do not fit, if so
        self.plans: dict[int, Plan | None] = {}

    def __call__(self, *inputs: Any, **settings: Any) -> Any:
        """What the forward gives for arrays; the first input of another kind says by `__primitive__` what to do."""
        if settings and len(inputs) < self.least:
            return self.with_named(inputs, settings)
        for x in inputs:
            if type(x) is not ndarray and (dispatch := getattr(type(x), "__primitive__", None)) is not None:
                return dispatch(self, inputs, settings)
        if not inputs or type(inputs[0]) in PLAIN:
            check_operands(self.name, inputs)
        try:
            return self.forward(*inputs, **settings) if settings else self.forward(*inputs)
        except EXPLAINED as error:
            raise explain(self, inputs, settings, error) from error

    def with_named(self, inputs: Sequence[Any], settings: Mapping[str, Any]) -> Any:
        """A call where some inputs are given by name: by their own, or by PyTorch's `input` and `other`.

        Raises:
            TypeError: one is missing.
        """
        placed, rest = list(inputs), dict(settings)
        for name, common in zip(self.inputs, ("input", "other", ""), strict=False):
            if name in rest or common in rest:
                placed.append(rest.pop(name if name in rest else common))
        if len(placed) < self.least:
            names = ", ".join([*map(repr, inputs), *[f"{name}={value!r:.40}" for name, value in settings.items()]])
            raise TypeError(f"{self.name} takes {self.least} inputs ({', '.join(self.inputs)}), got ({names})")
        return self(*placed, **rest)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str:
        return self.name

    def vjp(self, **rules: Rule | None) -> None:
        """State the gradient of each input, by its name; None says that there is none.

        Raises:
            TypeError: a rule is for no input of the forward, or asks for something that a call does not have.
        """
        for name, rule in rules.items():
            if name not in self.inputs:
                raise TypeError(f"{self.name} has no input {name!r} to give a rule for; it has {self.inputs}")
            self.check_rule(name, rule)
            self.rules[EVERYTHING if self.variadic else name] = rule
        self.plans.clear()

    def joint_vjp(self, rule: Rule) -> None:
        """State one rule that gives the gradients of all inputs as a tuple, where they share heavy work."""
        self.check_rule("all inputs", rule)
        self.rules = {EVERYTHING: rule}
        self.plans.clear()

    def check_rule(self, name: str, rule: Rule | None) -> None:
        """Raise TypeError if a rule asks for something that a call does not have."""
        known = {"out", "needs", *self.inputs, *self.settings}
        known |= {f"{x}_{what}" for x in self.inputs for what in ("shape", "dtype")}
        names = parameters(rule)[0] if rule else ["g"]
        if names[:1] != ["g"] or not known.issuperset(names[1:]):
            raise misfitting_rule(self.name, name, names, known)

    def input_names(self, count: int) -> list[str]:
        """A name for each of a call's inputs: `x`, `y`, or `tensors[0]`, `tensors[1]` of a variadic primitive."""
        return [f"{self.inputs[0]}[{i}]" for i in range(count)] if self.variadic else self.inputs[:count]

    def plan(self, mask: int, count: int) -> Plan | None:
        """The plan for the inputs whose bits are set in `mask`; None where no gradient can flow."""
        key = mask | 1 << count
        if key not in self.plans:
            plan = Plan(self, mask, count)
            self.plans[key] = plan if plan.positions else None
        return self.plans[key]

    def source(self, name: str) -> str:
        """Where a rule finds what it names beyond inputs: the code that picks it from what a call had."""
        if name in self.settings:
            return f"settings.get({name!r}, defaults[{name!r}])"
        what = name.rpartition("_")[2]
        if name in ("needs", "out"):
            return name
        if not self.variadic:
            return f"values[{self.inputs.index(name.removesuffix(f'_{what}'))}].{what}"
        return "tuple(values)" if name == self.inputs[0] else f"[x.{what} for x in values]"


@overload
def primitive(forward: Callable[..., Any], /) -> Primitive: ...
@overload
def primitive(
    *, formula: str = ..., promotion: str | None = ..., kinds: str = ..., view: bool = ...
) -> Callable[[Callable[..., Any]], Primitive]: ...
def primitive(
    forward: Callable[..., Any] | None = None,
    /,
    *,
    formula: str = NO_DERIVATIVE,
    promotion: str | None = None,
    kinds: str = "biuf",
    view: bool = False,
) -> Any:
    """Make a Primitive of a forward; `@primitive` alone is for one that has no derivative, such as a comparison."""
    if forward is not None:
        return Primitive(forward, NO_DERIVATIVE)
    return lambda forward: Primitive(forward, formula, promotion, kinds, view)
