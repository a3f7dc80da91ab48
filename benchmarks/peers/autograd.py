"""HIPS autograd: gradients of functions written in NumPy."""

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import autograd
import autograd.numpy as np
import numpy
from autograd.misc import optimizers

from ..work import Array, Network, Program, Training
from . import Peer
from .formulas import Formulas
from .start import initial

__all__ = ["peer"]


class Autograd(Formulas, Peer):
    title, version = "autograd", importlib.metadata.version("autograd")
    np = np
    sources = (np,)
    names: ClassVar = {"clamp": "clip", "cat": "concatenate"}

    def constant(self, array: Array) -> Any:
        return array

    def arrays(self, result: Any) -> list[Array]:
        return [numpy.asarray(x) for x in result] if isinstance(result, (list, tuple)) else [numpy.asarray(result)]

    def transpose(self, x: Any, first: int, second: int) -> Any:
        return np.swapaxes(x, first, second)

    def gradients(self, function: Callable[..., Any], arrays: Sequence[Array], g: Array | None, *fixed: Any) -> Program:
        vjp = autograd.make_vjp(lambda xs: function(self, *xs, *fixed))
        xs, seed = tuple(arrays), numpy.float32(1) if g is None else g
        return lambda: vjp(xs)[0](seed)

    def training(self, network: Network, rate: float) -> Training:
        function, parameters = self.written_out(network), [start.copy() for start in initial(network)]

        def loss(ps: Any, x: Array, classes: Array) -> Any:
            return self.cross_entropy(function(self, x, *ps), classes)

        with_gradient = autograd.value_and_grad(loss)

        def step(x: Array, classes: Array) -> Any:
            value, gradients = with_gradient(parameters, x, classes)
            for p, g in zip(parameters, gradients, strict=True):
                p -= rate * g
            return value

        return Training(step, lambda: parameters)

    def optimizer(self, name: str, pairs: Sequence[tuple[Array, Array]]) -> Program:
        """Its optimizers are loops over a function's gradient: one turn of them, from a state of zeros."""
        starts, gradients = [start for start, _ in pairs], [g for _, g in pairs]
        if name == "SGD":  # which weighs a gradient by 1 - 0.9
            return lambda: optimizers.sgd(lambda xs, i: gradients, starts, num_iters=1, step_size=1e-2)[0]
        if name == "Adam":
            return lambda: optimizers.adam(lambda xs, i: gradients, starts, num_iters=1, step_size=1e-3)[0]
        return super().optimizer(name, pairs)


peer = Autograd()
