"""JAX, compiled: its users wrap a step in `jit`, so that is what is timed, without the compiling."""

import importlib.metadata
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import jax
import numpy

from ..work import Array, Network, Program, Training
from . import Peer
from .formulas import Formulas
from .start import initial

__all__ = ["peer"]


class JAX(Formulas, Peer):
    title, version = "JAX (jit)", importlib.metadata.version("jax")
    np = jax.numpy
    sources = (jax.nn, jax.numpy)
    names: ClassVar = {"clamp": "clip", "cat": "concatenate"}

    def constant(self, array: Array) -> Any:
        return jax.numpy.asarray(array)

    def arrays(self, result: Any) -> list[Array]:
        return [numpy.asarray(x) for x in result] if isinstance(result, (list, tuple)) else [numpy.asarray(result)]

    def transpose(self, x: Any, first: int, second: int) -> Any:
        return jax.numpy.swapaxes(x, first, second)

    def gelu(self, x: Any) -> Any:
        return jax.nn.gelu(x, approximate=False)

    def conv2d(self, x: Any, w: Any, bias: Any = None, stride: int = 1, padding: int = 0) -> Any:
        y = jax.lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2)
        return y if bias is None else y + bias[:, None, None]

    def max_pool2d(self, x: Any, size: int) -> Any:
        window = (1, 1, size, size)
        return jax.lax.reduce_window(x, -numpy.inf, jax.lax.max, window, window, "VALID")

    def gradients(self, function: Callable[..., Any], arrays: Sequence[Array], g: Array | None, *fixed: Any) -> Program:
        def backward(xs: Any, seed: Any, fixed: Any) -> Any:
            return jax.vjp(lambda xs: function(self, *xs, *fixed), xs)[1](seed)[0]

        run, xs = jax.jit(backward), [self.constant(a) for a in arrays]
        seed = jax.numpy.float32(1) if g is None else self.constant(g)
        return lambda: jax.block_until_ready(run(xs, seed, fixed))

    def training(self, network: Network, rate: float) -> Training:
        function, parameters = self.written_out(network), [self.constant(start) for start in initial(network)]

        @jax.jit
        def updated(ps: Any, x: Any, classes: Any) -> Any:
            loss, gs = jax.value_and_grad(lambda ps: self.cross_entropy(function(self, x, *ps), classes))(ps)
            return loss, [p - rate * g for p, g in zip(ps, gs, strict=True)]

        def step(x: Any, classes: Any) -> Any:
            loss, parameters[:] = jax.block_until_ready(updated(parameters, x, classes))
            return loss

        return Training(step, lambda: self.arrays(parameters))


peer = JAX()
