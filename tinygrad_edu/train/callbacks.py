"""Callbacks of a training: when to stop it, which weights to keep, and where its history is written."""

import csv
import json
import math
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from ..extras import require
from ..grad_mode import no_grad
from ..io import save_safetensors
from ..nn import Module
from .state import SaveWarning, State

__all__ = ["HISTORY", "TABLE", "BestModel", "EarlyStopping", "HistoryFiles", "TensorBoard"]

HISTORY, TABLE = "history.jsonl", "history.csv"


class Watch:
    """The best value so far of one measure of the history, and how many epochs ago that was.

    What is better is the lower value of a loss or an error and the higher one of anything else, unless `mode` says
    "min" or "max".

    Raises:
        ValueError: there is no such mode.
    """

    def __init__(self, measure: str, mode: str | None = None, least: float = 0.0) -> None:
        if mode not in (None, "min", "max"):
            raise ValueError(f"mode is 'min' or 'max', got {mode!r}")
        lower = any(word in measure for word in ("loss", "error", "perplexity"))
        self.measure = measure
        self.sign = 1 if mode == "max" or (mode is None and not lower) else -1
        self.least = least
        self.best = math.nan
        self.epoch = 0  # of the best value

    def improved(self, state: State) -> bool:
        """Whether the epoch that has just ended was better than all before it, by more than `least`.

        Raises:
            ValueError: its history does not have the measure.
        """
        record = state.history[-1]
        if self.measure not in record:
            has = ", ".join(sorted(set(record) - {"epoch", "seconds"}))
            raise ValueError(f"the history has no {self.measure!r}; it has {has}")
        value = record[self.measure]
        if not math.isnan(self.best) and not self.sign * (value - self.best) > self.least:
            return False
        self.best, self.epoch = value, state.epoch
        return True

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {"best": self.best, "epoch": self.epoch}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go back to what it knew."""
        self.best, self.epoch = state_dict["best"], state_dict["epoch"]


class EarlyStopping(Watch):
    """Stop the training once a measure has not become better for `patience` epochs; for `on_epoch`.

    Better is lower for a loss and higher for anything else, unless `mode` says "min" or "max", and by more than
    `least`.

    Source: Prechelt, "Early Stopping, But When?" (1998), where this is the criterion UP.

    Raises:
        ValueError: there is no such mode; later, the history does not have the measure.

    >>> state, stop = State(epochs=9, steps=1), EarlyStopping("val_loss", patience=2)
    >>> for epoch, loss in enumerate([0.5, 0.3, 0.4, 0.35], 1):
    ...     state.begin(epoch)
    ...     state.history.append({"epoch": epoch, "val_loss": loss})
    ...     stop(state)
    >>> stop.best, stop.epoch, state.stop
    (0.3, 2, True)
    """

    def __init__(
        self, measure: str = "val_loss", patience: int = 5, *, mode: str | None = None, least: float = 0.0
    ) -> None:
        super().__init__(measure, mode, least)
        self.patience = patience

    def __call__(self, state: State) -> None:
        """Look at the epoch that has just ended."""
        if not self.improved(state) and state.epoch - self.epoch >= self.patience:
            state.stop = True


class BestModel(Watch):
    """Keep the weights of the epoch in which a measure was best; `restore` gives them back; for `on_epoch`.

    Better is lower for a loss and higher for anything else, unless `mode` says "min" or "max". With `path` they are
    saved there too, as safetensors, each time that there are better ones.

    Raises:
        ValueError: there is no such mode; later, the history does not have the measure.
    """

    def __init__(
        self,
        model: Module,
        measure: str = "val_loss",
        *,
        mode: str | None = None,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(measure, mode)
        self.model = model
        self.path = path
        self.weights: dict[str, Any] | None = None

    def __call__(self, state: State) -> None:
        """Look at the epoch that has just ended."""
        if not self.improved(state):
            return
        self.weights = copied(self.model.state_dict())
        if self.path is not None:
            try:
                save_safetensors(self.weights, self.path)
            except OSError as error:
                warn_unsaved(self.path, error)

    def restore(self) -> None:
        """Give the model the weights that were best; it stays as it is where no epoch has ended."""
        if self.weights is not None:
            self.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {**super().state_dict(), "weights": self.weights}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go back to what it knew."""
        super().load_state_dict(state_dict)
        self.weights = None if state_dict["weights"] is None else copied(state_dict["weights"])


def copied(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Copies of all Tensors."""
    with no_grad():
        return {name: weight.clone() for name, weight in weights.items()}


class HistoryFiles:
    """The history of a training as `history.jsonl` and `history.csv` in a folder, a line an epoch; for `on_epoch`.

    Lines that are there from a training that did not come to its end are replaced when it is resumed. Where a file
    cannot be written the training goes on, with a warning, and all lines are written once that is possible.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        self.written = -1

    def __call__(self, state: State) -> None:
        """Write the epoch that has just ended."""
        whole = self.written != len(state.history) - 1  # the first time, and whenever a line is missing
        try:
            for name, write in ((HISTORY, write_jsonl), (TABLE, write_csv)):
                if whole:
                    with atomic_write_text(self.folder / name) as file:
                        write(file, state.history, True)
                else:
                    with open(self.folder / name, "a", encoding="utf-8", newline="\n") as file:
                        write(file, state.history[-1:], False)
            self.written = len(state.history)
        except OSError as error:
            self.written = -1
            warn_unsaved(self.folder / name, error)


def warn_unsaved(path: str | os.PathLike[str], error: OSError) -> None:
    """Warn that a file could not be written."""
    reason = f"{os.fspath(path)!r} was not written ({error.strerror or error}); the training goes on"
    warnings.warn(reason, SaveWarning, stacklevel=3)


def write_jsonl(file: Any, records: list[dict[str, float]], header: bool) -> None:
    """An object in a line for each record."""
    file.writelines(json.dumps(record) + "\n" for record in records)


def write_csv(file: Any, records: list[dict[str, float]], header: bool) -> None:
    """A row for each record, below their names."""
    writer = csv.DictWriter(file, list(records[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(records)


class TensorBoard:
    """The history of a training as event files that TensorBoard shows; for `on_epoch`, and its `step` for `on_step`.

    The files are written by the package tensorboardX, which the extra `tensorboard` installs. Training and validation
    share a chart: `loss` is in the run `train`, `val_loss` in the run `validation`.

    Raises:
        ImportError: the package is not installed.
    """

    def __init__(self, folder: str | os.PathLike[str], *, every: int = 10) -> None:
        writer = require("tensorboardX", "tensorboard", "writing event files for TensorBoard").SummaryWriter
        self.every = every
        self.writers = {name: writer(os.path.join(folder, name)) for name in ("train", "validation")}

    def step(self, state: State) -> None:
        """Write the loss of the epoch so far, once in `every` steps."""
        done = (state.epoch - 1) * state.steps + state.step
        if done % self.every == 0:
            self.writers["train"].add_scalar("loss_by_step", state.loss, done)

    def __call__(self, state: State) -> None:
        """Write the epoch that has just ended."""
        for name, value in state.history[-1].items():
            run = "validation" if name.startswith("val_") else "train"
            if name != "epoch":
                self.writers[run].add_scalar(name.removeprefix("val_"), value, state.epoch)
        for writer in self.writers.values():
            writer.flush()

    def close(self) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()
