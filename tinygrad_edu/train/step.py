"""One step of a training."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from ..functions.random import get_rng_state, set_rng_state
from ..nn import Module
from ..nn.utils import clip_grad_norm_, clip_grad_value_
from ..tensor import Tensor
from .divergence import check_loss, diverged, is_finite, origin
from .metrics import accuracy

__all__ = ["Loss", "Metrics", "Step", "metrics_for", "size_of"]

Loss = Callable[[Tensor, Tensor], Tensor]
Metrics = Mapping[str, Callable[[Tensor, Tensor], Any]]
Batch = tuple[Any, Tensor]


class Step:
    """One step of an optimizer over a batch, or over several whose gradients add up to that of all their samples.

    Called, it gives the number of samples, and the loss and the metrics from before the step, each times that number.
    """

    def __init__(
        self,
        model: Module,
        optimizer: Any,
        loss: Loss,
        metrics: Metrics | None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> None:
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.clip_norm = clip_norm
        self.clip_value = clip_value

    def __call__(self, batches: Sequence[Batch], where: str) -> tuple[int, dict[str, float]]:
        """Make the step; `where` is for the error of a training that diverges.

        Raises:
            DivergenceError: the loss or a gradient is not finite.
        """
        samples = sum(map(size_of, batches))
        sums: dict[str, float] = {}

        def closure() -> float:
            found = {"loss": 0.0}
            self.optimizer.zero_grad()
            for x, y in batches:
                find = partial(self.find, get_rng_state(), x, y)
                scores = self.model(x)
                error = self.loss(scores, y)
                value = error.item()
                check_loss(value, where, find)
                (error if len(batches) == 1 else error * (len(y) / samples)).backward()
                self.check_gradients(where, find)
                found["loss"] += value * len(y)
                if not sums:  # some optimizers compute the loss several times
                    self.add(found, scores.detach(), y)
            sums.update(sums or found)
            self.clip()
            return found["loss"] / samples

        self.optimizer.step(closure)
        return samples, sums

    def add(self, sums: dict[str, float], scores: Tensor, y: Tensor) -> None:
        """Add the metrics of a batch, times its samples."""
        if self.metrics is None:
            self.metrics = metrics_for(scores, y)
        for name, metric in self.metrics.items():
            sums[name] = sums.get(name, 0.0) + float(metric(scores, y)) * len(y)

    def clip(self) -> None:
        """Hold the gradients within their bounds."""
        if self.clip_norm is not None:
            clip_grad_norm_(self.parameters(), self.clip_norm)
        if self.clip_value is not None:
            clip_grad_value_(self.parameters(), self.clip_value)

    def parameters(self) -> list[Tensor]:
        """What the optimizer moves."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def check_gradients(self, where: str, find: Callable[[], str]) -> None:
        """Raise DivergenceError if a gradient is not finite: one such step, and no weight would be a number."""
        for p in self.parameters():
            g = p.grad
            if g is not None and not is_finite(g._array):
                names = [name for name, weight in self.model.named_parameters() if weight is p]
                of = f"{names[0]!r}" if names else f"a parameter of shape {p.shape}"
                raise diverged(f"the gradient of {of} is not finite", where, find())

    def find(self, chance: dict[str, Any], x: Any, y: Tensor) -> str:
        """What was the first that is not finite, if the loss of a batch is computed again with the same chance."""
        set_rng_state(chance)
        self.optimizer.zero_grad()
        return origin(self.model, [x, y], lambda: self.loss(self.model(x), y))


def size_of(batch: Any) -> int:
    """How many samples are in a batch.

    Raises:
        TypeError: it is no pair of inputs and targets.
    """
    try:
        _, y = batch
        return len(y)
    except (TypeError, ValueError):
        told = f"{type(batch).__name__} of {len(batch)}" if isinstance(batch, (tuple, list)) else type(batch).__name__
        raise TypeError(
            f"a batch is a pair of inputs and targets, with the samples along their first dimension; got a {told}"
        ) from None


def metrics_for(scores: Tensor, y: Tensor) -> Metrics:
    """The metrics of a training that asks for none: the accuracy, where the targets are classes."""
    classes = y.dtype.kind in "iu" and scores.ndim == 2 and y.ndim == 1
    return {"accuracy": accuracy} if classes else {}
