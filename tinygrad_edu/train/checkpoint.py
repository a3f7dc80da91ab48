"""Checkpoints of a training: all that it needs to go on as if it had never been interrupted."""

import copy
import os
import time
import warnings
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from ..io import load, save
from .randomness import random_state, set_random_state
from .state import SaveWarning, State

__all__ = ["Checkpoint", "NoCheckpoint", "has_state"]


class Checkpoint:
    """Where a training is saved, and how often: every so many steps or seconds, and at the end of each epoch.

    `fit` puts into it the model, the optimizer, the schedule, the loader's place, the generators of this package, of
    Python and of NumPy, the history, and every callback that has a `state_dict`; `also` names other objects that have
    one, such as an average of the weights. With `resume` the training goes on from what `path` holds, if it is there.

    The file is written as a whole or not at all, and the one before stays until then. Before the first step one is
    written too, so that a place that cannot be written to is told at once; later the training goes on without one that
    fails, with a warning.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        steps: int | None = None,
        seconds: float | None = None,
        resume: bool = False,
        also: Mapping[str, Any] | None = None,
    ) -> None:
        self.path = path
        self.steps = steps
        self.seconds = seconds
        self.resume = resume
        self.also = dict(also or {})
        self.parts: dict[str, Any] = {}
        self.epoch_chance: dict[str, Any] = {}
        self.saved = time.monotonic()

    def begin(self, state: State, batches: Any, parts: Mapping[str, Any]) -> None:
        """Take over what is in the file, or write the first one; `parts` are the objects that have a state.

        Raises:
            ValueError: the file is no checkpoint, or that of another training.
            OSError: it cannot be read, or not be written.
        """
        self.state, self.batches = state, batches
        self.parts = {**parts, **self.also, "state": state}
        if has_state(batches):
            self.parts["batches"] = batches
        if self.resume and os.path.exists(self.path):
            self.read()
        else:
            self.begin_epoch()
            self.write()

    def begin_epoch(self) -> None:
        """Note where chance stands before the first batch of an epoch is asked for."""
        self.epoch_chance = random_state()

    def write(self) -> None:
        """Write the file."""
        content = {name: part.state_dict() for name, part in self.parts.items()}
        chance = {"now": random_state(), "epoch": self.epoch_chance}
        save({"tinygrad_edu": 1, "parts": content, "chance": chance}, self.path)
        self.saved = time.monotonic()

    def read(self) -> None:
        """Take over all that is in the file, or nothing of it."""
        match load(self.path):
            case {"tinygrad_edu": 1, "parts": dict(parts), "chance": {"now": dict(now), "epoch": dict(epoch)}}:
                pass
            case _:
                raise ValueError(f"{os.fspath(self.path)!r} is not a checkpoint of a training")
        if parts.keys() != self.parts.keys():
            raise ValueError(
                f"{os.fspath(self.path)!r} is the checkpoint of another training: it has {', '.join(parts)}, "
                f"and this one {', '.join(self.parts)}"
            )
        before = {name: copy.deepcopy(part.state_dict()) for name, part in self.parts.items()}
        chance = random_state()
        try:
            for name, part in self.parts.items():
                part.load_state_dict(parts[name])
            set_random_state(now)
        except Exception as error:  # what a file holds may fail in any way in the parts that take it
            for name, part in self.parts.items():
                part.load_state_dict(before[name])
            set_random_state(chance)
            raise ValueError(f"{os.fspath(self.path)!r} is the checkpoint of another training: {error}") from error
        self.epoch_chance = epoch

    def after_step(self) -> None:
        """Save, if it is time."""
        by_steps = self.steps is not None and self.state.step % self.steps == 0
        by_time = self.seconds is not None and time.monotonic() - self.saved >= self.seconds
        if by_steps or by_time:
            self.save()

    def save(self) -> None:
        """Write the file; where that fails, warn and go on: the one before is still there."""
        try:
            self.write()
        except OSError as error:
            self.saved = time.monotonic()
            place = f"step {self.state.step} of epoch {self.state.epoch}"
            reason = error.strerror or error
            warnings.warn(
                f"{os.fspath(self.path)!r} was not saved after {place} ({reason}); the training goes on, and the "
                f"checkpoint before it is still there",
                SaveWarning,
                stacklevel=3,
            )

    def batches_left(self, done: int) -> Iterator[Any]:
        """The batches of an epoch that was left in its middle, without those that were done."""
        if "batches" in self.parts:  # the loader knows its place
            return iter(self.batches)
        now = random_state()
        set_random_state(self.epoch_chance)
        batches = iter(self.batches)
        for _ in islice(batches, done):
            pass
        set_random_state(now)
        return batches


class NoCheckpoint(Checkpoint):
    """That nothing is saved."""

    def __init__(self) -> None:
        super().__init__("")

    def write(self) -> None:
        """Write nothing."""


def has_state(part: Any) -> bool:
    """Whether an object can be kept in a checkpoint."""
    return hasattr(part, "state_dict") and hasattr(part, "load_state_dict")
