"""Rates that fall along half a cosine, once or again and again."""

import math

from ..optimizer import Optimizer
from .scheduler import LRScheduler, Rates, settings_of

__all__ = ["CosineAnnealingLR", "CosineAnnealingWarmRestarts"]


class CosineAnnealingLR(LRScheduler):
    r"""Half a cosine from the first rate down to `eta_min` in `T_max` epochs, then up again, and so on.

    $lr_t = \eta_{min} + \frac{1}{2} (lr_0 - \eta_{min}) (1 + \cos(\pi t / T_{max}))$, computed from $lr_{t-1}$, so
    that it can be combined with other schedules.

    Raises:
        ValueError: T_max is 0.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), equation 5, without
    its restarts.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1) -> None:
        if T_max == 0:
            raise ValueError("CosineAnnealingLR: T_max must be 1 epoch or more, got 0")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def height(self, epoch: int) -> float:
        """Twice how far above `eta_min` the rates are, as a part of the way."""
        return 1 + math.cos(math.pi * epoch / self.T_max)

    def get_lr(self) -> Rates:
        """The next rates, from the present ones."""
        self._warn_outside_step()
        rates = settings_of(self.optimizer)
        if self._is_initial:
            return rates
        if self._step_count == 1 and self.last_epoch > 0:
            return self._get_closed_form_lr()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # up from eta_min, where the quotient is 0 / 0
            rise = (1 - math.cos(math.pi / self.T_max)) / 2
            return [lr + (base - self.eta_min) * rise for lr, base in zip(rates, self.base_lrs, strict=True)]
        ratio = self.height(self.last_epoch) / self.height(self.last_epoch - 1)
        return [ratio * (lr - self.eta_min) + self.eta_min for lr in rates]

    def _get_closed_form_lr(self) -> Rates:
        height = self.height(self.last_epoch)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    r"""Half a cosine down to `eta_min` in `T_0` epochs, then from the top again, each time `T_mult` times as long.

    $lr_t = \eta_{min} + \frac{1}{2} (lr_0 - \eta_{min}) (1 + \cos(\pi\,T_{cur} / T_i))$, with $T_{cur}$ epochs since
    the last restart. `step(epoch)` also takes fractions of epochs: `step(epoch + batch / batches)`.

    Raises:
        ValueError: T_0 or T_mult is no integer of 1 or more, eta_min no number, or an epoch negative.

    Source: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts" (2017), equation 5.
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if type(value) is not int or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name} is an integer of 1 or more, got {value!r}")
        if type(eta_min) not in (int, float):
            raise ValueError(f"CosineAnnealingWarmRestarts: eta_min is a number, got {type(eta_min).__name__}")
        self.T_0 = T_0
        self.T_i = T_0
        self.T_mult = T_mult
        self.eta_min = eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> Rates:
        """The rates at T_cur."""
        self._warn_outside_step()
        height = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (lr - self.eta_min) * height / 2 for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Set the rates of the next epoch, or of this one, which may lie between two."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = epoch or 0
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts: an epoch is 0 or more, got {epoch}")
            self.find_cycle(epoch)
        self.last_epoch = math.floor(epoch)
        self._get_lr_called_within_step = True
        try:
            self._set_rates(self.get_lr())
        finally:
            self._get_lr_called_within_step = False

    def find_cycle(self, epoch: float) -> None:
        """Set T_cur, and from the second cycle on T_i, for an epoch."""
        if epoch < self.T_0:
            self.T_i, self.T_cur = self.T_0, epoch
        elif self.T_mult == 1:
            self.T_cur = epoch % self.T_0
        else:
            n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
            self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
            self.T_i = self.T_0 * self.T_mult**n
