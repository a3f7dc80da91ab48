"""Rates that fall or rise by factors: in steps, at milestones, at once, evenly, exponentially, as a polynomial."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, Rates, copied, settings_of

__all__ = ["ConstantLR", "ExponentialLR", "LinearLR", "MultiStepLR", "PolynomialLR", "StepLR"]


class ScaledLR(LRScheduler):
    """A schedule whose rates are the present ones times a ratio that depends on the epoch alone."""

    def ratio(self) -> float:
        """What to multiply the rates by at `last_epoch`."""
        raise NotImplementedError

    def get_lr(self) -> Rates:
        """The present rates times the ratio."""
        self._warn_outside_step()
        ratio = self.ratio()
        return [rate * ratio for rate in settings_of(self.optimizer)]


class StepLR(ScaledLR):
    r"""Multiply the rates by gamma every `step_size` epochs: $lr_t = lr_0\,\gamma^{\lfloor t / size \rfloor}$.

    Raises:
        ValueError: step_size is 0.
    """

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1) -> None:
        if step_size == 0:
            raise ValueError("StepLR: step_size must be 1 epoch or more, got 0")
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        """Gamma at the multiples of `step_size`."""
        return self.gamma if self.last_epoch > 0 and self.last_epoch % self.step_size == 0 else 1

    def _get_closed_form_lr(self) -> Rates:
        return [lr * self.gamma ** (self.last_epoch // self.step_size) for lr in self.base_lrs]


class MultiStepLR(ScaledLR):
    """Multiply the rates by gamma at each milestone; one that is listed twice counts twice."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        """Gamma at the milestones."""
        return self.gamma ** self.milestones[self.last_epoch]

    def _get_closed_form_lr(self) -> Rates:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [lr * self.gamma**passed for lr in self.base_lrs]

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        super()._take_state(state_dict)
        self.milestones = Counter(self.milestones)  # a file gives a dict, which does not count what is missing


class ConstantLR(ScaledLR):
    """Multiply the rates by a factor for the first `total_iters` epochs.

    Raises:
        ValueError: the factor is not from 0 to 1.
    """

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(f"ConstantLR: factor must be from 0 to 1, got {factor}")
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """The present rates times the ratio; what was multiplied by 0 becomes what it was at first."""
        if self.factor == 0 and self.last_epoch == self.total_iters > 0:
            return [copied(rate) for rate in self.base_lrs]
        return super().get_lr()

    def ratio(self) -> float:
        """The factor at first, and its inverse at the end."""
        if self.last_epoch == 0:
            return self.factor
        return 1 / self.factor if self.last_epoch == self.total_iters else 1

    def _get_closed_form_lr(self) -> Rates:
        factor = self.factor + (self.last_epoch >= self.total_iters) * (1 - self.factor)
        return [lr * factor for lr in self.base_lrs]


class LinearLR(ScaledLR):
    """Multiply the rates by a factor that goes evenly from `start_factor` to `end_factor` in `total_iters` epochs.

    Raises:
        ValueError: start_factor is not above 0 and at most 1, or end_factor not from 0 to 1.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1:
            raise ValueError(f"LinearLR: start_factor must be above 0 and at most 1, got {start_factor}")
        if not 0 <= end_factor <= 1:
            raise ValueError(f"LinearLR: end_factor must be from 0 to 1, got {end_factor}")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        """The epoch's factor over that of the epoch before."""
        if self.last_epoch == 0:
            return self.start_factor
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        rise = self.end_factor - self.start_factor
        return 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)

    def _get_closed_form_lr(self) -> Rates:
        part = min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * (self.start_factor + (self.end_factor - self.start_factor) * part) for lr in self.base_lrs]


class ExponentialLR(ScaledLR):
    r"""Multiply the rates by gamma at every epoch: $lr_t = lr_0\,\gamma^t$."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        """Gamma, but at first."""
        return 1 if self._is_initial else self.gamma

    def _get_closed_form_lr(self) -> Rates:
        return [lr * self.gamma**self.last_epoch for lr in self.base_lrs]


class PolynomialLR(ScaledLR):
    r"""Down to 0 in `total_iters` epochs: $lr_t = lr_0 (1 - t / total)^{power}$."""

    def __init__(self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1) -> None:
        self.total_iters = total_iters
        self.power = power
        super().__init__(optimizer, last_epoch)

    def ratio(self) -> float:
        """The epoch's factor over that of the epoch before."""
        if self._is_initial or self.last_epoch > self.total_iters:
            return 1
        left, before = [1 - epoch / self.total_iters for epoch in (self.last_epoch, self.last_epoch - 1)]
        return (left / before) ** self.power

    def _get_closed_form_lr(self) -> Rates:
        left = 1 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [lr * left**self.power for lr in self.base_lrs]
