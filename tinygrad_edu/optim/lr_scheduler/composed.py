"""Schedules made of schedules: one after the other, or all at once."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any

from ..optimizer import Optimizer
from .plateau import ReduceLROnPlateau
from .scheduler import LRScheduler, copied, set_rate, settings_of

__all__ = ["ChainedScheduler", "SequentialLR"]


class ComposedLR(LRScheduler):
    """A schedule of others; its state_dict holds theirs."""

    _schedulers: Sequence[LRScheduler]

    def _check(self, optimizer: Optimizer | None, schedulers: Sequence[LRScheduler]) -> Optimizer:
        """The optimizer of all schedules.

        Raises:
            ValueError: there is no schedule, one has another optimizer, or one depends on a metric.
            TypeError: one is no schedule.
        """
        owner = type(self).__name__
        if not schedulers:
            raise ValueError(f"{owner} got no schedules")
        for i, schedule in enumerate(schedulers):
            if not hasattr(schedule, "optimizer"):
                raise TypeError(f"{owner}: schedule {i} is a {type(schedule).__name__}, which has no optimizer")
            if isinstance(schedule, ReduceLROnPlateau):
                raise ValueError(f"{owner}: schedule {i}, ReduceLROnPlateau, is stepped with a metric; step it apart")
            optimizer = optimizer or schedule.optimizer
            if schedule.optimizer is not optimizer:
                raise ValueError(f"{owner}: schedule {i}, {type(schedule).__name__}, belongs to another optimizer")
        return schedulers[0].optimizer

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, and the schedules' state_dicts."""
        return {**super().state_dict(), "_schedulers": [schedule.state_dict() for schedule in self._schedulers]}

    def _check_state(self, state_dict: Any) -> None:
        super()._check_state(state_dict)
        states = state_dict.get("_schedulers")
        if not isinstance(states, (list, tuple)) or len(states) != len(self._schedulers):
            raise ValueError(f"the '_schedulers' of this one are {len(self._schedulers)}, got {states!r:.60}")
        for schedule, state in zip(self._schedulers, states, strict=True):
            if isinstance(schedule, LRScheduler):
                schedule._check_state(state)

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        """The schedules take over theirs."""
        super()._take_state({name: value for name, value in state_dict.items() if name != "_schedulers"})
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)


class SequentialLR(ComposedLR):
    """One schedule after the other; each begins anew at its milestone.

    Raises:
        ValueError: there is no schedule, one has another optimizer or depends on a metric, or there is not one
            milestone between every two.
        TypeError: one is no schedule.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int], last_epoch: int = -1
    ) -> None:
        self.optimizer = self._check(optimizer, schedulers)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                f"SequentialLR: {len(schedulers)} schedules have {len(schedulers) - 1} milestones between them, "
                f"got {len(milestones)}"
            )
        self._schedulers = schedulers
        self._milestones = milestones
        self.last_epoch = last_epoch + 1
        # each of the schedules has set its first rates when it was made: those of the first hold
        for group in optimizer.param_groups:
            set_rate(group, copied(group["initial_lr"]))
        self.recursive_undo()
        first = self._schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take back the first step of each schedule."""
        schedule = self if sched is None else sched
        if hasattr(schedule, "_schedulers"):
            for part in schedule._schedulers:
                self.recursive_undo(part)
        elif hasattr(schedule, "last_epoch"):
            schedule.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Set the rates of the next epoch."""
        self.last_epoch += 1
        i = bisect_right(self._milestones, self.last_epoch)
        schedule = self._schedulers[i]
        if i > 0 and self._milestones[i - 1] == self.last_epoch:
            schedule._update_lr(0)
        else:
            schedule.step()
        self._last_lr = schedule.get_last_lr()


class ChainedScheduler(ComposedLR):
    """All schedules at once: each changes the rates that the one before it has set.

    Raises:
        ValueError: there is no schedule, one has another optimizer, or depends on a metric.
        TypeError: one is no schedule.
    """

    def __init__(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None) -> None:
        self.optimizer = self._check(optimizer, schedulers)
        self._schedulers = schedulers
        self._last_lr = settings_of(self.optimizer)

    def step(self) -> None:  # type: ignore[override]
        """Step all schedules."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = settings_of(self.optimizer)
