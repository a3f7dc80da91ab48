"""LRScheduler: what all schedules share."""

import warnings
from collections.abc import Mapping
from typing import Any

from ...tensor import Tensor
from ...told import guard_methods, guarded, warn_user
from ..grouping import Group, as_number
from ..optimizer import Optimizer

__all__ = ["LRScheduler", "Rates", "check_optimizer", "copied", "one_for_each_group", "set_rate", "settings_of"]

Rates = list[Any]  # a number, or a Tensor of one, for each group


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"a schedule is for an Optimizer, got {type(optimizer).__name__}")


def settings_of(optimizer: Optimizer, name: str = "lr") -> Rates:
    """One setting of each group; Tensors as copies."""
    return [copied(group[name]) for group in optimizer.param_groups]


def copied(value: Any) -> Any:
    """A copy of a Tensor; a number stays."""
    return value.clone() if isinstance(value, Tensor) else value


def set_rate(group: Group, value: Any) -> None:
    """Set a group's learning rate, in its own memory where it is a Tensor."""
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(as_number(value))
    else:
        group["lr"] = value


def one_for_each_group(optimizer: Optimizer, name: str, value: Any) -> Rates:
    """A list with a value for each group; a single value is for all.

    Raises:
        ValueError: a list has another length.
    """
    count = len(optimizer.param_groups)
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count:
        raise ValueError(f"{name} has {len(values)} values, and the optimizer {count} groups")
    return [copied(value) for value in values]


class LRScheduler:
    """What all schedules share; a new one says in `get_lr` which rates follow.

    `last_epoch` counts the calls of `step`, beginning with 0; `base_lrs` are the rates that the optimizer was made
    with. `get_lr` may compute from these, or from the present rates, so that schedules can be combined. A class whose
    `last_epoch` may be set at will, by `step(epoch)`, has `_get_closed_form_lr` too.

    >>> from tinygrad_edu import nn, ones, optim
    >>> class InverseRoot(LRScheduler):
    ...     def get_lr(self):
    ...         return [lr / (1 + self.last_epoch) ** 0.5 for lr in self.base_lrs]
    >>> optimizer = optim.SGD([nn.Parameter(ones(2))], lr=0.6)
    >>> schedule = InverseRoot(optimizer)
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.3]

    Raises:
        TypeError: the optimizer is none.
        ValueError: `last_epoch` says that the schedule goes on, and the optimizer was not scheduled before.
    """

    _get_lr_called_within_step = False
    _is_initial = False
    _last_lr: Rates

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        guard_methods(cls, "__init__", "step")

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise ValueError(
                    f"group {i} of the optimizer has no 'initial_lr', so this schedule cannot go on at epoch "
                    f"{last_epoch}; load the optimizer's state_dict before, or leave last_epoch out"
                )
        self.base_lrs = settings_of(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        """Set the first rates."""
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_last_lr(self) -> Rates:
        """The rates that `step` has set, one for each group."""
        return self._last_lr

    def get_lr(self) -> Rates:
        """The rates for `last_epoch`, one for each group; `step` calls it."""
        raise NotImplementedError(f"{type(self).__name__} does not say which rates follow: give it a method get_lr()")

    def _warn_outside_step(self) -> None:
        if not self._get_lr_called_within_step:
            warnings.warn("get_lr() computes the next rates; the present ones are get_last_lr()", stacklevel=3)

    @guarded
    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch; `epoch`, another one than the next, is for programs that still give it.

        Where the rates cannot be told, such as by a function that raises, the schedule stays where it was.
        """
        if self._step_count == 1 and not self.optimizer._opt_called:
            warn_user(
                "lr_scheduler.step() was called before optimizer.step(), so the first rate of the schedule is skipped"
            )
        if epoch is not None:
            warn_user("step(epoch) is deprecated; call step() once for each epoch")
        before = self.last_epoch
        self._step_count += 1
        try:
            self._update_lr(epoch)
        except BaseException:
            self.last_epoch, self._step_count = before, self._step_count - 1
            raise

    def _update_lr(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch, or of this one."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        self._get_lr_called_within_step = True
        try:
            self._set_rates(self.get_lr() if closed is None else closed())
        except KeyError as error:
            self._explain_missing(error.args[0])
            raise
        finally:
            self._get_lr_called_within_step = False

    def _explain_missing(self, name: Any) -> None:
        """Say which group came without a setting that the schedule gave to those before."""
        for i, group in enumerate(self.optimizer.param_groups):
            if (
                isinstance(name, str)
                and name not in group
                and any(name in other for other in self.optimizer.param_groups)
            ):
                raise ValueError(
                    f"group {i} of the optimizer has no {name!r}, which {type(self).__name__} sets for the groups that "
                    "are there when it is made; give it to a group that is added later, too"
                )

    def _set_rates(self, rates: Rates) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            set_rate(group, rate)
        self._last_lr = settings_of(self.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer, which has a state_dict of its own."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the attributes of a state_dict.

        Raises:
            ValueError: it is none of such a schedule, or of other groups; nothing is changed then.
        """
        self._check_state(state_dict)
        self._take_state(state_dict)

    def _check_state(self, state_dict: Any) -> None:
        if not isinstance(state_dict, Mapping):
            raise ValueError(f"the state_dict of a schedule is a dictionary, got {type(state_dict).__name__}")
        if not isinstance(epoch := state_dict.get("last_epoch", 0), (int, float)):
            raise ValueError(f"the 'last_epoch' of a schedule is a number, got {epoch!r:.60}")
        groups = len(self.optimizer.param_groups)
        for name in {"base_lrs", "_last_lr"} & state_dict.keys():
            if not isinstance(rates := state_dict[name], (list, tuple)) or len(rates) != groups:
                raise ValueError(f"the {name!r} of this schedule are {groups}, one for each group, got {rates!r:.60}")

    def _take_state(self, state_dict: Mapping[str, Any]) -> None:
        vars(self).update(state_dict)
