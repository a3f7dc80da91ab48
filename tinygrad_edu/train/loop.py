"""The training loop."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ..graph import no_grad
from ..nn import Module
from ..nn.functional import cross_entropy
from ..tensor import Tensor
from .metrics import accuracy

__all__ = ["DivergenceError", "State", "evaluate", "fit"]

Loss = Callable[[Tensor, Tensor], Tensor]


class DivergenceError(ArithmeticError):
    """The loss is no longer a finite number. The weights are those from before the step that found it."""


@dataclass
class State:
    """How far a training is: what a callback is given, which may set `stop` to end the loop there."""

    epochs: int
    steps: int  # in an epoch
    epoch: int = 0  # the present one, from 1
    step: int = 0  # completed in the present epoch
    loss: float = math.nan  # mean over the present epoch so far
    accuracy: float = math.nan
    history: list[dict[str, float]] = field(default_factory=list)  # of the completed epochs
    stop: bool = False

    @property
    def complete(self) -> bool:
        """Whether all epochs were gone through."""
        return len(self.history) == self.epochs


Callback = Callable[[State], None]


def fit(
    model: Module,
    batches: Any,
    optimizer: Any,
    epochs: int = 1,
    *,
    loss: Loss = cross_entropy,
    validation: Any = None,
    on_step: Iterable[Callback] = (),
    on_epoch: Iterable[Callback] = (),
) -> State:
    """Train a classifier on batches of samples and labels, and tell how far it came, with the history of its epochs.

    `batches` and `validation` are DataLoaders, or anything with a length that gives pairs anew in each `for` loop.
    Each epoch adds `epoch`, `loss`, `accuracy` (of its batches, as it went), with `validation` also `val_loss` and
    `val_accuracy`, and `seconds` to the history. The functions in `on_step` and `on_epoch` are called with the State
    when a step or an epoch is complete.

    Raises:
        DivergenceError: the loss is not finite.
    """
    state = State(epochs, len(batches))
    for state.epoch in range(1, epochs + 1):
        started = time.perf_counter()
        samples, sums = 0, (0.0, 0.0)
        model.train()
        for state.step, (x, y) in enumerate(batches, 1):
            scores = model(x)
            error = loss(scores, y)
            check_finite(error.item(), f"in step {state.step} of epoch {state.epoch}")
            optimizer.zero_grad()
            error.backward()
            optimizer.step()

            samples += len(y)
            sums = (sums[0] + error.item() * len(y), sums[1] + accuracy(scores.detach(), y) * len(y))
            state.loss, state.accuracy = sums[0] / samples, sums[1] / samples
            for callback in on_step:
                callback(state)
            if state.stop:
                return state

        record: dict[str, float] = {"epoch": state.epoch, "loss": state.loss, "accuracy": state.accuracy}
        if validation is not None:
            record["val_loss"], record["val_accuracy"] = evaluate(model, validation, loss)
            check_finite(record["val_loss"], f"on the held-out samples after epoch {state.epoch}")
        state.history.append({**record, "seconds": round(time.perf_counter() - started, 3)})
        for callback in on_epoch:
            callback(state)
        if state.stop:
            break
    return state


def evaluate(model: Module, batches: Any, loss: Loss = cross_entropy) -> tuple[float, float]:
    """The mean loss and the accuracy on batches of samples and labels, with the model in evaluation mode."""
    training = model.training
    model.eval()
    samples, total, right = 0, 0.0, 0.0
    with no_grad():
        for x, y in batches:
            scores = model(x)
            samples += len(y)
            total += loss(scores, y).item() * len(y)
            right += accuracy(scores, y) * len(y)
    model.train(training)
    return total / samples, right / samples


def check_finite(loss: float, where: str) -> None:
    """Raise DivergenceError if a loss is infinite or NaN."""
    if not math.isfinite(loss):
        raise DivergenceError(f"the loss is {loss} {where}: training has diverged; try a smaller learning rate")
