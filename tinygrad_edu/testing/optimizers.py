"""Optimizers against this package's own: the same gradients must move the same parameters along the same path."""

import inspect
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy

from .. import optim
from ..errors import did_you_mean
from ..extras import require
from ..functions.creation import tensor
from ..optim import Optimizer
from .mistakes import Path, Trial, by_step, first_difference, mistakes
from .problems import Array, to_float64
from .search import find, shown

__all__ = ["check_optimizer"]

MOST = 4  # trials that are looked at
UNKNOWN = "no common mistake explains it"
OWN = {
    name.lower(): kind
    for name, kind in vars(optim).items()
    if isinstance(kind, type) and issubclass(kind, Optimizer) and kind not in (Optimizer, optim.LBFGS)
}
Way = Callable[[Trial, dict[str, Any]], Path]


def check_optimizer(
    optimizer: Callable[..., Any],
    against: str | type[Optimizer],
    *,
    examples: int = 20,
    rtol: float = 1e-6,
    atol: float = 1e-9,
    **settings: Any,
) -> None:
    """Hold the steps of an optimizer to those of this package's own of the name `against`, on random problems.

    `settings` are its hyper-parameters, given to both by the own one's names: `lr=0.1, betas=(0.9, 0.99)`; a function
    that makes the optimizer can give them other names. What it makes has either `update(params, grads)`, which moves
    arrays in place, or returns moved ones, dictionaries or lists alike; or it is made of Tensors, `optimizer(params,
    **settings)`, and has `step()`. A plain function `update(params, grads)` is taken for one without a state.

    >>> class Momentum:
    ...     def __init__(self, lr, momentum):
    ...         self.lr, self.momentum, self.v = lr, momentum, {}
    ...
    ...     def update(self, params, grads):
    ...         for name, g in grads.items():
    ...             self.v[name] = self.momentum * self.v.get(name, 0) - self.lr * g
    ...             params[name] += self.v[name]
    >>> check_optimizer(Momentum, "sgd", lr=0.1, momentum=0.9)

    Raises:
        AssertionError: a parameter is elsewhere after some step, with the shortest such path, and the mistake that it
            looks like.
        TypeError: it is no optimizer, or does not take these settings.
        ValueError: there is no optimizer of the name `against`.
    """
    require("hypothesis", "test", "check_optimizer")
    own = own_optimizer(against)
    try:
        own([tensor(numpy.ones(1), requires_grad=True)], **settings)
    except TypeError as error:
        raise TypeError(f"{own.__name__} does not take these settings: {error}") from None
    search = Search(way_of(optimizer, settings), own, settings, rtol, atol)
    if (found := search.smallest(examples)) is not None:
        raise AssertionError(search.told(*found))


def own_optimizer(against: Any) -> type[Optimizer]:
    """The optimizer of this package.

    Raises:
        ValueError: there is none of this name that moves by gradients alone.
    """
    if isinstance(against, type) and issubclass(against, Optimizer):
        return against
    name = str(against).lower()
    if name not in OWN:
        near = did_you_mean(name, OWN)
        raise ValueError(f"there is no optimizer {against!r} to check against; {near}there are {', '.join(OWN)}")
    return OWN[name]


def way_of(optimizer: Any, settings: Mapping[str, Any]) -> Way:
    """How this optimizer is used.

    Raises:
        TypeError: it is none.
    """
    if not callable(optimizer):
        raise TypeError(f"an optimizer's class or a function that makes one is needed, got {type(optimizer).__name__}")
    names = required(optimizer)
    if len(names) >= 2 and names[0].startswith("param") and names[1].startswith("grad"):
        return by_update(lambda **settings: Stateless(optimizer), optimizer)
    if names and names[0].startswith("param"):
        return by_step(optimizer)
    try:
        inspect.signature(optimizer).bind(**settings)
    except TypeError as error:
        name = getattr(optimizer, "__name__", "the optimizer")
        raise TypeError(f"{name} does not take the settings {dict(settings)}: {error}") from None
    made = optimizer(**settings)
    if not callable(getattr(made, "update", None)):
        raise TypeError(f"an optimizer has update(params, grads), or step(); {type(made).__name__} has neither")
    return by_update(optimizer, made.update)


def required(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that must be given."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [each.name for each in found if each.default is each.empty and each.kind < each.VAR_POSITIONAL]


class Stateless:
    """A function as an optimizer."""

    def __init__(self, update: Callable[..., Any]) -> None:
        self.update = update


def by_update(optimizer: Callable[..., Any], update: Callable[..., Any]) -> Way:
    """The way of an optimizer with `update(params, grads)`: dictionaries, or else lists."""

    def way(trial: Trial, settings: dict[str, Any]) -> Path:
        try:
            return moved(trial, settings, by_name=True)
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            with suppress(Exception):
                return moved(trial, settings, by_name=False)
            raise error

    def moved(trial: Trial, settings: dict[str, Any], by_name: bool) -> Path:
        made = optimizer(**settings)
        names: list[Any] = [f"p{i}" if by_name else i for i in range(len(trial.start))]
        params: Any = {name: p.copy() for name, p in zip(names, trial.start, strict=True)}
        path: Path = []
        for step in range(len(trial.gradients)):
            grads = {name: trial.gradient(step, i, params[name]) for i, name in enumerate(names)}
            given = params if by_name else list(params.values())
            returned = made.update(given, grads if by_name else list(grads.values()))
            after = given if returned is None else returned
            if returned is not None and not isinstance(returned, Mapping | list | tuple):
                raise TypeError(f"update() returns nothing or the moved parameters, not {type(returned).__name__}")
            params = {name: to_float64(after[name]) for name in names}
            path.append([params[name].copy() for name in names])
        return path

    return way


@dataclass
class Search:
    """Looking for a trial at which an optimizer and this package's own part, and making it small."""

    way: Way
    own: type[Optimizer]
    settings: dict[str, Any]
    rtol: float
    atol: float

    def difference(self, trial: Trial) -> tuple[int, int] | None:
        """The step and the parameter at which the paths part."""
        expected = by_step(self.own)(trial, self.settings)
        return first_difference(self.way(trial, self.settings), expected, self.rtol, self.atol)

    def smallest(self, examples: int) -> tuple[Trial, str] | None:
        """The smallest trial at which they part, and the mistake that this looks like.

        Raises:
            Exception: whatever the optimizer raises.
        """
        parted: list[Trial] = []
        errors: list[Exception] = []

        def look(trial: Trial) -> bool:
            try:
                if self.difference(trial) is not None:
                    parted.append(trial)
            except Exception as error:
                error.add_note(f"in {len(trial.gradients)} steps from {', '.join(map(shown, trial.start))}")
                errors.append(error)
            return False

        find(trials(), look, examples, shrink=False)
        if not parted:
            if errors:
                raise errors[0]
            return None
        longest = sorted(parted, key=lambda trial: -trial.size)[:MOST]
        said = [self.explained(trial) for trial in longest]
        counts = Counter(each for found in said for each in dict.fromkeys(found))
        common = [each for each, count in counts.most_common(1) if count > len(said) / 2]
        known = common[0] if common else UNKNOWN

        def shows_it(trial: Trial) -> bool:
            with suppress(Exception):
                return self.difference(trial) is not None and (not common or known in self.explained(trial, known))
            return False

        return find(trials(), shows_it, 100, shrink=True) or longest[-1], known

    def explained(self, trial: Trial, only: str | None = None) -> list[str]:
        """The mistakes that lead along the path of this optimizer; or whether one does."""
        given = self.way(trial, self.settings)
        found = []
        for said, path in mistakes(trial, self.own, OWN.values(), self.settings):
            if only in (None, said) and (taken := path()) is not None:
                found += [said] * (first_difference(taken, given, self.rtol, self.atol) is None)
        return found

    def told(self, trial: Trial, said: str) -> str:
        """The message: where the paths part, what that looks like, and the way there."""
        step, place = self.difference(trial) or (0, 0)
        expected, given = by_step(self.own)(trial, self.settings), self.way(trial, self.settings)
        before = [trial.start, *expected[:step]]
        gradients = [trial.gradient(t, place, params[place]) for t, params in enumerate(before)]
        told = ", ".join(f"{name}={value}" for name, value in self.settings.items()) or "all by default"
        return "\n".join(
            [
                f"step {step + 1} is not that of {self.own.__name__}: {said}",
                f"smallest counterexample: parameter {place + 1} of {len(trial.start)}, with {told}",
                f"it begins at: {shown(trial.start[place])}",
                f"its gradients: {', '.join(map(shown, gradients))}",
                f"expected after step {step + 1}: {shown(expected[step][place])}",
                f"given after step {step + 1}: {shown(given[step][place])}",
            ]
        )


def trials() -> Any:
    """A strategy of trials: one or two parameters, often of one shape, and up to six steps."""
    from hypothesis import strategies as st

    shapes = st.sampled_from([[()], [(1,)], [()] * 2, [(2,)], [(2,)] * 2, [(2, 2)]])
    return st.builds(trial_of, shapes, st.integers(1, 6), st.booleans(), st.integers(0, 100))


def trial_of(shapes: list[tuple[int, ...]], steps: int, quadratic: bool, seed: int) -> Trial:
    """A trial with random numbers of one digit, none of them 0: there an optimizer would stand still."""
    rng = numpy.random.default_rng(seed)

    def numbers() -> tuple[Array, ...]:
        return tuple(rng.integers(1, 20, shape) * rng.choice([-1, 1], shape) / 10 for shape in shapes)

    return Trial(numbers(), tuple(numbers() for _ in range(steps)), quadratic)
