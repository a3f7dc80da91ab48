"""The training loop."""

import math
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ..functions.joining import cat
from ..grad_mode import no_grad
from ..nn import Module
from ..nn.functional import cross_entropy
from ..optim.lr_scheduler import ReduceLROnPlateau
from ..told import guard
from .checkpoint import Checkpoint, NoCheckpoint, has_state
from .divergence import check_loss
from .state import Callback, State
from .step import Loss, Metrics, Step, metrics_for, size_of

__all__ = ["evaluate", "fit"]


def fit(
    model: Module,
    batches: Any,
    optimizer: Any,
    epochs: int = 1,
    *,
    loss: Loss = cross_entropy,
    metrics: Metrics | None = None,
    validation: Any = None,
    schedule: Any = None,
    schedule_each: str = "epoch",
    accumulate: int = 1,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    on_step: Iterable[Callback] = (),
    on_epoch: Iterable[Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> State:
    """Train on batches of inputs and targets, and tell how far it came, with the history of its epochs.

    `batches` and `validation` are DataLoaders, or anything with a length that gives pairs anew in each `for` loop.
    `metrics` are functions of (outputs, targets) by name; without, the accuracy is measured where targets are classes.
    Each epoch adds to the history: `epoch`; `loss` and the metrics, as means over its batches as it went; with
    `validation` the same as `val_loss` and so on, over all of it at its end; and `seconds`.

    `schedule` is stepped after each "epoch" or "step" (`schedule_each`); ReduceLROnPlateau with the loss, or with the
    first metric if its mode is "max", those of the validation if there is one. A step takes `accumulate` batches. The
    gradients' norm is held to `clip_norm`, each of their elements to `clip_value`.

    The functions in `on_step` and `on_epoch` are called with the State when a step or an epoch is complete. With a
    `checkpoint` all of this is saved, and can be resumed: see Checkpoint.

    Raises:
        DivergenceError: the loss or a gradient is not finite; it names the operation that it came from.
        ValueError: there are no batches; `epochs`, `accumulate` or `schedule_each` cannot be; the checkpoint to resume
            is that of another training.
        TypeError: `batches` have no length, or are no pairs of inputs and targets.
        OSError: the first checkpoint cannot be written.

    >>> from tinygrad_edu import linspace, nn, optim
    >>> from tinygrad_edu.data import DataLoader, TensorDataset
    >>> x = linspace(-1, 1, 64).reshape(64, 1)
    >>> line, model = DataLoader(TensorDataset(x, 3 * x + 1), 16, shuffle=True), nn.Linear(1, 1)
    >>> state = fit(model, line, optim.SGD(model.parameters(), lr=0.5), 20, loss=nn.functional.mse_loss)
    >>> len(state.history), state.loss < 1e-3
    (20, True)
    """
    if type(epochs) is not int or epochs < 0:
        raise ValueError(f"epochs is a whole number of 0 or more, got {epochs!r}")
    if accumulate < 1:
        raise ValueError(f"accumulate is the number of batches in a step, 1 or more, got {accumulate}")
    if schedule_each not in ("epoch", "step"):
        raise ValueError(f"schedule_each is 'epoch' or 'step', got {schedule_each!r}")
    by_step = schedule is not None and schedule_each == "step"
    on_step, on_epoch = list(on_step), list(on_epoch)
    state = State(epochs, -(-count_of(batches) // accumulate))
    step = Step(model, optimizer, loss, metrics, clip_norm, clip_value)
    saver = NoCheckpoint() if checkpoint is None else checkpoint
    parts = {"model": model, "optimizer": optimizer} | ({} if schedule is None else {"schedule": schedule})
    kept = [callback for callback in [*on_step, *on_epoch] if has_state(callback)]
    saver.begin(state, batches, parts | {f"callback {i}": callback for i, callback in enumerate(kept)})

    for epoch in range(len(state.history) + 1, epochs + 1):
        if state.stop:
            break
        if state.epoch == epoch:  # it was left in its middle
            left = saver.batches_left(state.step * accumulate)
        else:
            state.begin(epoch)
            saver.begin_epoch()
            left = iter(batches)
        model.train()
        before = state.seconds - time.perf_counter()
        for group in groups(left, accumulate):
            state.add(*step(group, f"in step {state.step + 1} of epoch {epoch}"))
            if by_step:
                schedule.step()
            for callback in on_step:
                callback(state)
            state.seconds = before + time.perf_counter()
            if state.leaves:
                saver.save()
                return state
            if state.step < state.steps:
                saver.after_step()
        if not state.samples:
            raise ValueError(f"the batches of epoch {epoch} did not come; a loop over them must begin anew each time")

        record = {"epoch": epoch, **state.measures}
        if validation is not None:
            found = evaluate(model, validation, loss, metrics)
            check_loss(found["loss"], f"on the held-out samples after epoch {epoch}")
            record |= {f"val_{name}": value for name, value in found.items()}
        state.seconds = before + time.perf_counter()
        state.history.append({**record, "seconds": round(state.seconds, 3)})
        if schedule is not None and not by_step:
            step_schedule(schedule, record)
        for callback in on_epoch:
            callback(state)
        saver.save()
        if state.pause:
            break
    return state


def count_of(batches: Any) -> int:
    """How many batches an epoch has.

    Raises:
        TypeError: they cannot be counted.
        ValueError: there are none.
    """
    try:
        count = len(batches)
    except TypeError:
        raise TypeError(
            f"batches have a length, and come anew in each loop, such as those of a DataLoader; a "
            f"{type(batches).__name__} has none"
        ) from None
    if not count:
        raise ValueError("there is nothing to train on: an epoch has no batches")
    return count


def groups(batches: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Lists of so many batches each; the last may be shorter."""
    while group := list(islice(batches, min(size, sys.maxsize))):
        yield group


def step_schedule(schedule: Any, record: dict[str, float]) -> None:
    """Step a schedule at the end of an epoch."""
    if not isinstance(schedule, ReduceLROnPlateau):
        schedule.step()
        return
    names = [name.removeprefix("val_") for name in record if name != "epoch"]
    name = next((name for name in names if name != "loss"), "loss") if schedule.mode == "max" else "loss"
    schedule.step(record.get(f"val_{name}", record[name]))


def evaluate(
    model: Module, batches: Any, loss: Loss = cross_entropy, metrics: Metrics | None = None
) -> dict[str, float]:
    """The mean loss, as `loss`, and the metrics on batches of inputs and targets, with the model in evaluation mode.

    A metric is a function of all outputs and all targets together; without `metrics` the accuracy is measured where
    targets are classes.

    Raises:
        ValueError: there are no batches.
    """
    training = model.training
    model.eval()
    total, samples = 0.0, 0
    outputs, targets = [], []
    try:
        with no_grad():
            for batch in batches:
                count = size_of(batch)
                x, y = batch
                scores = model(x)
                total += loss(scores, y).item() * count
                samples += count
                outputs.append(scores)
                targets.append(y)
            if not samples:
                raise ValueError("there is nothing to evaluate on: no batches came")
            scores, y = cat(outputs), cat(targets)
            metrics = metrics_for(scores, y) if metrics is None else metrics
            if not math.isfinite(total):  # which tells more than what a metric would say of such scores
                return {"loss": total / samples} | dict.fromkeys(metrics, math.nan)
            return {"loss": total / samples} | {name: float(metric(scores, y)) for name, metric in metrics.items()}
    finally:
        model.train(training)


guard(globals(), __all__, __name__, held=False)
