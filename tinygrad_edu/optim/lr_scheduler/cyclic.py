"""Rates that go up and down in cycles, and momenta against them."""

import math
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from ..grouping import Group
from ..optimizer import Optimizer
from .scheduler import LRScheduler, Rates, check_optimizer, one_for_each_group, set_rate

__all__ = ["CyclicLR", "begin_momenta", "set_momentum"]


def begin_momenta(optimizer: Optimizer, base: Any, most: Any, begin: bool) -> tuple[bool, Rates, Rates]:
    """Whether the momentum is the first of `betas`, and its least and most for each group; the most is set to begin.

    Raises:
        ValueError: the optimizer has no momentum.
    """
    if "momentum" not in optimizer.defaults and "betas" not in optimizer.defaults:
        raise ValueError(
            f"{type(optimizer).__name__} has neither momentum nor betas that could be cycled; set cycle_momentum=False"
        )
    by_beta = "betas" in optimizer.defaults
    bases = one_for_each_group(optimizer, "base_momentum", base)
    mosts = one_for_each_group(optimizer, "max_momentum", most)
    if begin:
        for group, least, largest in zip(optimizer.param_groups, bases, mosts, strict=True):
            set_momentum(group, largest, by_beta)
            group["max_momentum"], group["base_momentum"] = largest, least
    return by_beta, bases, mosts


def set_momentum(group: Group, momentum: float, by_beta: bool) -> None:
    """Set a group's momentum, which may be the first of its `betas`."""
    if by_beta:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum


class CyclicLR(LRScheduler):
    r"""Rates that go evenly up from base_lr to max_lr in `step_size_up` steps, down in `step_size_down`, and so on.

    The height of a cycle is multiplied by 1 ("triangular"), by $1 / 2^{cycle - 1}$ ("triangular2") or by
    $\gamma^{step}$ ("exp_range"), or by `scale_fn` of the number of the cycle or of the step, as `scale_mode` says
    ("cycle", "iterations"). With `cycle_momentum` the momentum goes the other way. To be stepped after every batch.

    Raises:
        ValueError: the mode is unknown, step_size_up is 0, a list fits not the groups, or there is no momentum.
        TypeError: the optimizer is none.

    Source: Smith, "Cyclical Learning Rates for Training Neural Networks" (2017), section 3.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        if mode not in ("triangular", "triangular2", "exp_range") and scale_fn is None:
            raise ValueError(
                f"CyclicLR: mode is 'triangular', 'triangular2' or 'exp_range', or scale_fn is given; got {mode!r}"
            )
        if step_size_up <= 0:
            raise ValueError(f"CyclicLR: step_size_up must be 1 step or more, got {step_size_up}")
        base_lrs = one_for_each_group(optimizer, "base_lr", base_lr)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base_lrs, strict=True):
                set_rate(group, rate)
        self.max_lrs = one_for_each_group(optimizer, "max_lr", max_lr)
        up = float(step_size_up)
        self.total_size = up + (up if step_size_down is None else float(step_size_down))
        self.step_ratio = up / self.total_size
        self.mode = mode
        self.gamma = gamma
        self._scale_fn_custom = scale_fn
        self.scale_mode = scale_mode if scale_fn else "iterations" if mode == "exp_range" else "cycle"
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.use_beta1, self.base_momentums, self.max_momentums = begin_momenta(
                optimizer, base_momentum, max_momentum, last_epoch == -1
            )
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base_lrs

    def scale_fn(self, x: float) -> float:
        """What the height is multiplied by, in cycle x or step x."""
        if self._scale_fn_custom is not None:
            return self._scale_fn_custom(x)
        return {"triangular": 1.0, "triangular2": 2.0 ** (1 - x), "exp_range": self.gamma**x}[self.mode]

    def get_lr(self) -> Rates:
        """The rates of the step; the momenta are set."""
        self._warn_outside_step()
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (x - 1) / (self.step_ratio - 1)
        height *= self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.cycle_momentum:
            groups = zip(self.optimizer.param_groups, self.base_momentums, self.max_momentums, strict=True)
            for group, base, most in groups:
                set_momentum(group, most - (most - base) * height, self.use_beta1)
        return [base + (most - base) * height for base, most in zip(self.base_lrs, self.max_lrs, strict=True)]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of scale_fn only the attributes, if it is an object."""
        f = self._scale_fn_custom
        state = None if f is None or isinstance(f, FunctionType) else vars(f).copy()
        return {**super().state_dict(), "_scale_fn_custom": state}

    def _check_state(self, state_dict: Any) -> None:
        super()._check_state(state_dict)
        attributes = state_dict.get("_scale_fn_custom")
        if attributes is not None and not (
            isinstance(attributes, Mapping) and hasattr(self._scale_fn_custom, "__dict__")
        ):
            raise ValueError(f"the '_scale_fn_custom' of a state_dict is None or a dictionary, got {attributes!r:.60}")

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        """scale_fn stays, and takes over its attributes."""
        super()._take_state({name: value for name, value in state_dict.items() if name != "_scale_fn_custom"})
        if state_dict.get("_scale_fn_custom") is not None:
            vars(self._scale_fn_custom).update(state_dict["_scale_fn_custom"])
