"""Averages of a model's weights over its training: exponential moving averages, and stochastic weight averaging."""

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from typing import Any

from ..functions.creation import tensor
from ..grad_mode import no_grad
from ..nn.batchnorm import BatchNorm
from ..nn.module import Module
from ..tensor import Tensor
from ..told import guard
from .lr_scheduler.scheduler import LRScheduler, Rates, check_optimizer, one_for_each_group
from .optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

Average = Callable[[Tensor, Tensor, Any], Any]
Averages = Callable[[list[Tensor], list[Tensor], Any], None]


def check_decay(decay: float) -> None:
    """Refuse a decay that is not from 0 to 1.

    Raises:
        ValueError: it is not.
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"the decay of a moving average is from 0 to 1, got {decay}")


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    r"""The exponential moving average of one parameter: $a \leftarrow d\,a + (1 - d)\,p$."""
    check_decay(decay)

    def average(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Any:
        with no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return average


def get_swa_avg_fn() -> Average:
    r"""The mean of one parameter so far: $a \leftarrow a + (p - a) / (n + 1)$."""

    def average(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Any:
        with no_grad():
            return averaged_param + (current_param - averaged_param) / (num_averaged + 1)

    return average


def get_ema_multi_avg_fn(decay: float = 0.999) -> Averages:
    """The exponential moving averages of several parameters, in their memory."""
    return in_place(get_ema_avg_fn(decay), lambda num_averaged: 1 - decay)


def get_swa_multi_avg_fn() -> Averages:
    """The means of several parameters so far, in their memory."""
    return in_place(get_swa_avg_fn(), lambda num_averaged: 1 / (int(num_averaged) + 1))


def in_place(average: Average, weight: Callable[[Any], float]) -> Averages:
    """Move averages by a weight towards the parameters; what does not hold floats is replaced by its average."""

    def update(averaged_params: list[Tensor], current_params: list[Tensor], num_averaged: Any) -> None:
        with no_grad():
            for a, p in zip(averaged_params, current_params, strict=True):
                if a.dtype.kind == "f":
                    a.lerp_(p, weight(num_averaged))
                else:
                    a.copy_(average(a, p, num_averaged))

    return update


class AveragedModel(Module):
    """A copy of a model, whose parameters are averages of the model's; to be updated after each step.

    How to average say `avg_fn`, of one parameter, or `multi_avg_fn`, of all in their memory; by default it is the mean
    of all updates (SWA). Buffers are taken over, or averaged too with `use_buffers`.

    >>> from tinygrad_edu import nn, ones
    >>> model = nn.Linear(1, 1, bias=False)
    >>> averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.75))
    >>> for value in (1.0, 1.0, 5.0):
    ...     _ = nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged(ones(1)).item()
    2.0

    Raises:
        ValueError: both avg_fn and multi_avg_fn are given.

    Sources: Polyak and Juditsky, "Acceleration of Stochastic Approximation by Averaging" (1992); Izmailov, Podoprikhin,
    Garipov, Vetrov and Wilson, "Averaging Weights Leads to Wider Optima and Better Generalization" (2018), algorithm 1.
    """

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Averages | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("give avg_fn or multi_avg_fn, not both")
        self.module = deepcopy(model) if device is None else deepcopy(model).to(device)
        self.register_buffer("n_averaged", tensor(0))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model gives."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the model's present parameters into the averages."""
        own, given = tensors_of(self.module, self.use_buffers), tensors_of(model, self.use_buffers)
        if self.n_averaged == 0:
            take_over(own, given)
        elif self.avg_fn is not None:
            take_over(own, [self.avg_fn(a, p, self.n_averaged) for a, p in zip(own, given, strict=True)])
        else:
            (self.multi_avg_fn or get_swa_multi_avg_fn())(own, given, self.n_averaged)
        if not self.use_buffers:
            take_over(list(self.module.buffers()), list(model.buffers()))
        self.n_averaged += 1


def take_over(own: list[Tensor], given: list[Any]) -> None:
    """Copy Tensors into the memory of others."""
    with no_grad():
        for a, p in zip(own, given, strict=True):
            a.copy_(p)


def tensors_of(model: Module, buffers: bool) -> list[Tensor]:
    """The parameters of a model, and its buffers if asked for, without history."""
    found = [*model.parameters(), *(model.buffers() if buffers else [])]
    return [p.detach() for p in found]


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of a model's batch normalisations anew, over all batches of a loader.

    Averaged weights have other activations than any weights that were trained. A batch is the model's input, or a
    tuple that begins with it.
    """
    normalisations = [layer for layer in model.modules() if isinstance(layer, BatchNorm)]
    if not normalisations:
        return
    momenta = [layer.momentum for layer in normalisations]
    training = model.training
    model.train()
    for layer in normalisations:
        layer.reset_running_stats()
        layer.momentum = None  # the mean over all batches
    with no_grad():
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            model(x if device is None else x.to(device))
    for layer, momentum in zip(normalisations, momenta, strict=True):
        layer.momentum = momentum
    model.train(training)


class SWALR(LRScheduler):
    """From the present rates to a constant `swa_lr` in `anneal_epochs`, along half a cosine or a line ("linear").

    Raises:
        ValueError: the strategy is unknown, anneal_epochs is no integer of 0 or more, or a list fits not the groups.
        TypeError: the optimizer is none.

    Source: Izmailov and others, "Averaging Weights Leads to Wider Optima and Better Generalization" (2018), section 3.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        check_optimizer(optimizer)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"SWALR: anneal_strategy is 'cos' or 'linear', got {anneal_strategy!r}")
        if type(anneal_epochs) is not int or anneal_epochs < 0:
            raise ValueError(f"SWALR: anneal_epochs must be an integer of 0 or more, got {anneal_epochs!r}")
        for group, rate in zip(optimizer.param_groups, one_for_each_group(optimizer, "swa_lr", swa_lr), strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def part(self, step: float) -> float:
        """Which part of the way is made after so many steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> Rates:
        """The next rates, from the present ones and the part of the way that these stand for."""
        self._warn_outside_step()
        step = self._step_count - 1 if self.anneal_epochs else max(1, self._step_count - 1)
        before, now = self.part(step - 1), self.part(step)
        rates = []
        for group in self.optimizer.param_groups:
            lr, goal = group["lr"], group["swa_lr"]
            start = goal if before == 1 else (lr - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates


guard(globals(), __all__, __name__, held=False)
