"""Rates that fall when a metric no longer gets better."""

import math
from collections.abc import Mapping
from typing import Any, SupportsFloat

from ...told import warn_user
from ..optimizer import Optimizer
from .scheduler import LRScheduler, check_optimizer, set_rate, settings_of

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rates by a factor once a metric has not got better for more than `patience` epochs.

    The metric, such as the validation's loss, is given to `step`. It is better when it is below ("min") or above
    ("max") the best so far by more than `threshold`, a part of the best ("rel") or an amount ("abs"). After a change,
    `cooldown` epochs are not counted. No rate goes below its `min_lr`, nor changes by `eps` or less.

    Raises:
        ValueError: the factor is 1 or more, a mode is unknown, or there are not as many min_lr as groups.
        TypeError: the optimizer is none.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        check_optimizer(optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"ReduceLROnPlateau: mode is 'min' or 'max', got {mode!r}")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"ReduceLROnPlateau: threshold_mode is 'rel' or 'abs', got {threshold_mode!r}")
        count = len(optimizer.param_groups)
        single = not isinstance(min_lr, (list, tuple))
        self.min_lrs: list[Any] = [min_lr] * count if single else list(min_lr)  # type: ignore[arg-type]
        if len(self.min_lrs) != count:
            raise ValueError(f"min_lr has {len(self.min_lrs)} values, and the optimizer {count} groups")
        self.default_min_lr = min_lr if single else None
        self.optimizer = optimizer
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.best = self.mode_worse
        self.cooldown_counter = 0
        self.num_bad_epochs = 0
        self.last_epoch = 0
        self._last_lr = settings_of(optimizer)

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Take the metric of an epoch, and set the rates."""
        if epoch is not None:
            warn_user("step(epoch) is deprecated; call step(metrics) once for each epoch")
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        current = float(metrics)
        if self.is_better(current, self.best):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = settings_of(self.optimizer)

    def reduce(self) -> None:
        """Multiply the rates by the factor, down to their least.

        Raises:
            RuntimeError: the optimizer has got another group since, and there is no min_lr for it.
        """
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"the optimizer now has {len(groups)} groups, and min_lr {len(self.min_lrs)} values; extend min_lrs"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            rate = float(group["lr"])
            lower = max(rate * self.factor, least)
            if rate - lower > self.eps:
                set_rate(group, lower)

    @property
    def in_cooldown(self) -> bool:
        """Whether bad epochs are not counted now."""
        return self.cooldown_counter > 0

    def is_better(self, value: float, best: float) -> bool:
        """Whether a value is better than the best so far, by more than the threshold."""
        sign = 1 if self.mode == "max" else -1
        margin = best * (1 + sign * self.threshold) if self.threshold_mode == "rel" else best + sign * self.threshold
        return sign * value > sign * margin

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        super()._take_state(state_dict)
        self.mode_worse = math.inf if self.mode == "min" else -math.inf
