"""Rates by functions of the epoch."""

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from ..optimizer import Optimizer
from .scheduler import LRScheduler, Rates, check_optimizer, settings_of

__all__ = ["LambdaLR", "MultiplicativeLR"]

Factor = Callable[[int], float]


class FunctionLR(LRScheduler):
    """A schedule that is given a function of the epoch, or one for each group."""

    lr_lambdas: list[Factor]

    def __init__(self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        count = len(optimizer.param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, (list, tuple)) else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ValueError(f"lr_lambda has {len(self.lr_lambdas)} functions, and the optimizer {count} groups")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"lr_lambda is a function of the epoch, got {type(function).__name__}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer; of the functions only the attributes of those that are objects."""
        functions = [None if isinstance(f, FunctionType) else vars(f).copy() for f in self.lr_lambdas]
        return {**super().state_dict(), "lr_lambdas": functions}

    def _check_state(self, state_dict: Any) -> None:
        super()._check_state(state_dict)
        states = state_dict.get("lr_lambdas")
        if not isinstance(states, (list, tuple)) or len(states) != len(self.lr_lambdas):
            raise ValueError(f"the 'lr_lambdas' of this schedule are {len(self.lr_lambdas)}, got {states!r:.60}")
        if not all(state is None or isinstance(state, Mapping) for state in states):
            raise ValueError(f"each of the 'lr_lambdas' of a state_dict is None or a dictionary, got {states!r:.60}")

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        """The functions stay, and take over their attributes."""
        super()._take_state({name: value for name, value in state_dict.items() if name != "lr_lambdas"})
        for function, state in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                vars(function).update(state)


class LambdaLR(FunctionLR):
    r"""The first rates times a function of the epoch: $lr_t = lr_0\,f(t)$; a function for all groups, or one for each.

    Raises:
        ValueError: there are not as many functions as groups.
        TypeError: one is no function.
    """

    def get_lr(self) -> Rates:
        """The first rates times the functions' values."""
        self._warn_outside_step()
        return [lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)]


class MultiplicativeLR(FunctionLR):
    r"""Multiply the rates by a function of the epoch, from the second on: $lr_t = lr_{t-1}\,f(t)$.

    Raises:
        ValueError: there are not as many functions as groups.
        TypeError: one is no function.
    """

    def get_lr(self) -> Rates:
        """The present rates times the functions' values."""
        self._warn_outside_step()
        rates = settings_of(self.optimizer)
        if self._is_initial:
            return rates
        return [lr * f(self.last_epoch) for lr, f in zip(rates, self.lr_lambdas, strict=True)]
