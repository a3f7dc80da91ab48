"""How far a training is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Callback", "SaveWarning", "State"]

KEPT = ("epoch", "step", "samples", "sums", "seconds", "history", "stop")


class SaveWarning(RuntimeWarning):
    """Something of a training could not be written; it goes on."""


@dataclass
class State:
    """How far a training is: what a callback is given.

    A callback may set `stop`, which ends the training, or `pause`, which leaves the loop to go on another time; a step
    that was begun is completed before.
    """

    epochs: int
    steps: int  # in an epoch
    epoch: int = 0  # the present one, from 1
    step: int = 0  # completed in the present epoch
    samples: int = 0  # seen in the present epoch
    sums: dict[str, float] = field(default_factory=dict)  # of the loss and the metrics over these samples
    seconds: float = 0.0  # that the completed steps of the present epoch took
    history: list[dict[str, float]] = field(default_factory=list)  # of the completed epochs
    stop: bool = False
    pause: bool = False

    @property
    def complete(self) -> bool:
        """Whether all epochs were gone through."""
        return len(self.history) >= self.epochs

    @property
    def leaves(self) -> bool:
        """Whether the loop is to be left."""
        return self.stop or self.pause

    @property
    def paused(self) -> bool:
        """Whether the loop was left, and there is more to be done."""
        return self.pause and not (self.stop or self.complete)

    @property
    def measures(self) -> dict[str, float]:
        """The means of the loss and the metrics over the present epoch so far."""
        return {name: total / self.samples for name, total in self.sums.items()}

    @property
    def loss(self) -> float:
        """The mean loss over the present epoch so far."""
        return self.sums["loss"] / self.samples if self.samples else math.nan

    @property
    def accuracy(self) -> float:
        """The share of right answers in the present epoch so far, if it is among the metrics; else NaN."""
        return self.sums["accuracy"] / self.samples if "accuracy" in self.sums else math.nan

    def begin(self, epoch: int) -> None:
        """Begin an epoch."""
        self.epoch, self.step, self.samples, self.sums, self.seconds = epoch, 0, 0, {}, 0.0

    def add(self, samples: int, sums: Mapping[str, float]) -> None:
        """Count a step."""
        self.step += 1
        self.samples += samples
        for name, total in sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + total

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of it."""
        return {name: getattr(self, name) for name in KEPT}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go back to where it was."""
        for name in KEPT:
            setattr(self, name, state_dict[name])


Callback = Callable[[State], None]
