"""Optimizers gone wrong: what the right one becomes by each of the usual mistakes."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy

from ..functions.creation import tensor, zeros_like
from ..optim import Optimizer
from ..tensor import Tensor
from .problems import Array

__all__ = ["Path", "Trial", "by_step", "first_difference", "mistakes"]

Path = list[list[Array]]  # where the parameters are after each step
LEFT_OUT = {"weight_decay": "weight decay", "momentum": "the momentum", "dampening": "dampening"}
LONG_AGO = 10**9  # a step after which a correction of the bias is 1


@dataclass(frozen=True)
class Trial:
    """Where the parameters begin, and their gradients at each step.

    With `quadratic` they depend on where the parameters are, as those of a loss do.
    """

    start: tuple[Array, ...]
    gradients: tuple[tuple[Array, ...], ...]
    quadratic: bool

    @property
    def size(self) -> int:
        """How many numbers there are in all."""
        return sum(p.size for p in self.start) * (1 + len(self.gradients))

    def gradient(self, step: int, place: int, p: Array) -> Array:
        """The gradient of one parameter where it stands."""
        g = self.gradients[step][place]
        return g + p * abs(g) if self.quadratic else g.copy()


def by_step(optimizer: Callable[..., Any]) -> Callable[[Trial, dict[str, Any]], Path]:
    """How an optimizer of Tensors, with `step()`, moves the parameters."""

    def way(trial: Trial, settings: dict[str, Any]) -> Path:
        params = [tensor(p, requires_grad=True) for p in trial.start]
        made = optimizer(params, **settings)
        path: Path = []
        for step in range(len(trial.gradients)):
            for i, p in enumerate(params):
                p.grad = tensor(trial.gradient(step, i, p.detach().numpy()))
            made.step()
            path.append([p.detach().numpy().copy() for p in params])
        return path

    return way


def first_difference(given: Path, expected: Path, rtol: float, atol: float) -> tuple[int, int] | None:
    """The step and the parameter at which two paths part; None if they do not."""
    for step, (here, there) in enumerate(zip(given, expected, strict=True)):
        for place, (p, wanted) in enumerate(zip(here, there, strict=True)):
            if p.shape != wanted.shape or not numpy.allclose(p, wanted, rtol, atol):
                return step, place
    return None


def mistakes(
    trial: Trial, own: type[Optimizer], others: Iterable[type[Optimizer]], settings: Mapping[str, Any]
) -> Iterator[tuple[str, Callable[[], Path | None]]]:
    """Each mistake, with a function that gives its path; None if the optimizer cannot have it."""
    yield "the parameters do not move", lambda: [list(trial.start) for _ in trial.gradients]
    for said, optimizer, changed in [*changed_settings(own, settings), *changed_states(own, settings)]:
        yield said, partial(attempted, optimizer, trial, changed)
    for other in others:
        if other is not own:
            yield f"it is that of {other.__name__}", partial(attempted, other, trial, dict(settings))


def attempted(optimizer: Callable[..., Any], trial: Trial, settings: dict[str, Any]) -> Path | None:
    """The path of an optimizer, if it has one with these settings and this state."""
    with suppress(AttributeError, KeyError, TypeError, ValueError, RuntimeError), numpy.errstate(all="ignore"):
        return by_step(optimizer)(trial, settings)
    return None


def changed_states(own: type[Optimizer], settings: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Mistakes in what an optimizer remembers."""

    class Changed(own):  # type: ignore[misc, valid-type]
        """Its state is changed before each step of a parameter."""

        count = 0

        def update(self, p: Tensor, g: Tensor, group: dict[str, Any]) -> None:
            """One step of one parameter."""
            self.change(p, group)
            super().update(p, g, group)
            self.count += 1

        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            """What goes wrong."""

        def begin(self, p: Tensor, group: dict[str, Any]) -> bool:
            """Give a parameter the state that it begins with, by a step along no gradient; whether it had none."""
            if self.state[p]:
                return False
            at = p.detach().clone()
            super().update(p, zeros_like(p), {**group, "weight_decay": 0})
            p.copy_(at)
            return True

    class Forgetful(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            self.state[p].clear()

    class OnlyCounting(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            if not self.begin(p, group):
                steps = self.state[p]["step"].item()
                self.state[p].clear()
                self.begin(p, group)
                self.state[p]["step"].fill_(steps)
            else:
                self.state[p]["step"].fill_(0)

    class Uncorrected(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            if self.begin(p, group):
                self.state[p]["step"].fill_(LONG_AGO)

    class Late(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            if self.begin(p, group):
                self.state[p]["step"].fill_(1)

    class CountingParameters(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            self.begin(p, group)
            self.state[p]["step"].fill_(self.count)

    class Sharing(Changed):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            self.state[p] = self.state[group["params"][0]]

    class SharingAverages(Sharing):
        def change(self, p: Tensor, group: dict[str, Any]) -> None:
            super().change(p, group)
            self.begin(p, group)
            self.state[p]["step"].fill_(self.count // len(group["params"]))

    yield "its state is lost between steps", Forgetful, dict(settings)
    yield "its moving averages are lost between steps", OnlyCounting, dict(settings)
    yield "the bias of the moving averages is not corrected", Uncorrected, dict(settings)
    yield "the steps are counted from 1, and one is added before the first", Late, dict(settings)
    yield "the steps of all parameters are counted together", CountingParameters, dict(settings)
    yield "all parameters share one state", Sharing, dict(settings)
    yield "all parameters share one state", SharingAverages, dict(settings)


def changed_settings(own: type[Optimizer], settings: Mapping[str, Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Mistakes that other hyper-parameters make as well."""
    defaults = {name: p.default for name, p in inspect.signature(own).parameters.items()}
    used = {**defaults, **settings}

    def change(**changed: Any) -> tuple[Any, dict[str, Any]]:
        return own, {**settings, **changed}

    yield "it goes up the gradient: the sign is wrong", *change(maximize=True)
    for name, words in LEFT_OUT.items():
        if used.get(name):
            yield f"{words} is left out", *change(**{name: 0})
    if "betas" in defaults:
        beta1, beta2 = used["betas"]
        yield "beta1 and beta2 are exchanged", *change(betas=(beta2, beta1))
        yield "beta and 1 - beta are exchanged", *change(betas=(1 - beta1, 1 - beta2))
    for name in ("momentum", "alpha", "rho"):
        if 0 < (used.get(name) or 0) < 1:
            yield f"{name} and 1 - {name} are exchanged", *change(**{name: 1 - used[name]})
    if used.get("momentum"):
        yield "the gradient is damped by 1 - momentum", *change(lr=used["lr"] * (1 - used["momentum"]))
        yield "the gradient is damped by 1 - momentum from the second step on", *change(dampening=used["momentum"])
        yield "it is Nesterov's momentum", *change(nesterov=True)
        yield "it is not Nesterov's momentum", *change(nesterov=False)
    for factor, words in ((2, "2 times"), (0.5, "half of"), (10, "10 times"), (0.1, "a tenth of")):
        yield f"its steps are {words} what they should be", *change(lr=used["lr"] * factor)
