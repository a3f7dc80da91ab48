"""What mygrad and DeZero have in common: tensors that record, `backward()`, and parameters that one writes to."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..work import Array, Network, Program, Training
from . import Peer
from .start import initial

__all__ = ["Recorded"]


class Recorded(Peer):
    """A library whose tensors have `.data`, a NumPy array, `.grad` and `.backward()`."""

    def leaf(self, array: Array) -> Any:
        """A tensor that wants a gradient."""
        raise NotImplementedError

    def backward(self, out: Any, g: Array | None) -> None:
        """Send g back, 1 where there is none."""
        raise NotImplementedError

    def gradient(self, x: Any) -> Array:
        """What came back to a leaf, which forgets it."""
        raise NotImplementedError

    def constant(self, array: Array) -> Any:
        return array

    def arrays(self, result: Any) -> list[Array]:
        found = result if isinstance(result, (list, tuple)) else [result]
        return [numpy.asarray(getattr(x, "data", x)) if not isinstance(x, numpy.ndarray) else x for x in found]

    def gradients(self, function: Callable[..., Any], arrays: Sequence[Array], g: Array | None, *fixed: Any) -> Program:
        xs = [self.leaf(a) for a in arrays]

        def run() -> Any:
            self.backward(function(self, *xs, *fixed), g)
            return [self.gradient(x) for x in xs]

        return run

    def training(self, network: Network, rate: float) -> Training:
        function, parameters = self.written_out(network), [self.leaf(start) for start in initial(network)]

        def step(x: Array, classes: Array) -> Any:
            loss = self.cross_entropy(function(self, x, *parameters), classes)
            self.backward(loss, None)
            for p in parameters:
                p.data -= rate * self.gradient(p)
            return loss

        return Training(step, lambda: [p.data for p in parameters])
