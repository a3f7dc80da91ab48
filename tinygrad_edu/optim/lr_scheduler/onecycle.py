"""One cycle of the rates over the whole training, and of the momenta against it."""

import math
from typing import Any

from ..optimizer import Optimizer
from .cyclic import begin_momenta, set_momentum
from .scheduler import LRScheduler, Rates, check_optimizer, one_for_each_group

__all__ = ["OneCycleLR"]


class OneCycleLR(LRScheduler):
    """One cycle over all steps: from max_lr / div_factor up to max_lr, and down to 1 / final_div_factor of the first.

    The rates rise in the part `pct_start` of all steps, and fall in the rest; with `three_phase` they fall to the first
    in as many steps as they rose, and to the last in the rest. In between they follow half a cosine or, with
    `anneal_strategy="linear"`, a line. With `cycle_momentum` the momentum goes the other way, from `max_momentum` to
    `base_momentum` and back. To be stepped after every batch; there are `total_steps`, or epochs * steps_per_epoch.

    Raises:
        ValueError: no number of steps is given or it is no integer above 0, pct_start is no float from 0 to 1, the
            strategy is unknown, a list fits not the groups, there is no momentum, or a step is beyond the last.
        TypeError: the optimizer is none.

    Source: Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates"
    (2018), section 3; of three phases there.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        if total_steps is not None:
            self.total_steps = count("total_steps", total_steps)
        elif epochs is not None and steps_per_epoch is not None:
            self.total_steps = count("epochs", epochs) * count("steps_per_epoch", steps_per_epoch)
        else:
            raise ValueError("OneCycleLR needs total_steps, or epochs and steps_per_epoch")
        if type(pct_start) is int or not 0 <= pct_start <= 1:
            raise ValueError(f"OneCycleLR: pct_start must be a float from 0 to 1, got {pct_start!r}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"OneCycleLR: anneal_strategy is 'cos' or 'linear', got {anneal_strategy!r}")
        self._anneal_func_type = anneal_strategy
        rise = phase(pct_start * self.total_steps - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")
        last, same = self.total_steps - 1, "max_momentum"
        if three_phase:
            turn = 2 * pct_start * self.total_steps - 2
            fall = phase(turn, "max_lr", "initial_lr", "base_momentum", "max_momentum")
            self._schedule_phases = [rise, fall, phase(last, "initial_lr", "min_lr", same, same)]
        else:
            self._schedule_phases = [rise, phase(last, "max_lr", "min_lr", "base_momentum", "max_momentum")]
        rates = one_for_each_group(optimizer, "max_lr", max_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                first = rate / div_factor
                group.update(initial_lr=first, max_lr=rate, min_lr=first / final_div_factor)
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1, _, _ = begin_momenta(optimizer, base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def anneal(self, start: Any, end: Any, part: float) -> Any:
        """The value on the way from start to end."""
        if self._anneal_func_type == "linear":
            return (end - start) * part + start
        return end + (start - end) / 2 * (math.cos(math.pi * part) + 1)

    def get_lr(self) -> Rates:
        """The rates of the step; the momenta are set."""
        self._warn_outside_step()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(f"OneCycleLR has {self.total_steps} steps, and this would be step {step}")
        begin = 0.0
        for now in self._schedule_phases[:-1]:
            if step <= now["end_step"]:
                break
            begin = now["end_step"]
        else:
            now = self._schedule_phases[-1]
        length = now["end_step"] - begin
        part = (step - begin) / length if length else 1.0
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            for group in groups:
                momentum = self.anneal(group[now["start_momentum"]], group[now["end_momentum"]], part)
                set_momentum(group, momentum, self.use_beta1)
        return [self.anneal(group[now["start_lr"]], group[now["end_lr"]], part) for group in groups]


def count(name: str, value: Any) -> int:
    """The value, if it is an integer above 0.

    Raises:
        ValueError: it is not.
    """
    if not isinstance(value, int) or value <= 0:
        raise ValueError(f"OneCycleLR: {name} must be an integer above 0, got {value!r}")
    return value


def phase(end_step: float, start_lr: str, end_lr: str, start_momentum: str, end_momentum: str) -> dict[str, Any]:
    """When a phase ends, and between which settings of a group it leads."""
    return {
        "end_step": end_step,
        "start_lr": start_lr,
        "end_lr": end_lr,
        "start_momentum": start_momentum,
        "end_momentum": end_momentum,
    }
