"""DeZero, which was written for a NumPy that still had the name `numpy.int`."""

import importlib
import importlib.metadata
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy

from ..work import Array, Program
from .recorded import Recorded

__all__ = ["peer"]

vars(numpy).setdefault("int", int)
dezero = importlib.import_module("dezero")
functions, optimizers = dezero.functions, dezero.optimizers


class DeZero(Recorded):
    title, version = "DeZero", importlib.metadata.version("dezero")
    sources = (functions,)
    names: ClassVar = {"clamp": "clip", "embedding": "embed_id"}

    def leaf(self, array: Array) -> Any:
        return dezero.Variable(array.copy())

    def constant(self, array: Array) -> Any:
        return dezero.Variable(array) if array.dtype.kind == "f" else array

    def backward(self, out: Any, g: Array | None) -> None:
        out.grad = None if g is None else dezero.Variable(g)
        out.backward()

    def gradient(self, x: Any) -> Array:
        g: Array = x.grad.data
        x.cleargrad()
        return g

    def transpose(self, x: Any, first: int, second: int) -> Any:
        axes = list(range(x.ndim))
        axes[first], axes[second] = second, first
        return functions.transpose(x, axes)

    def softmax(self, x: Any, dim: int) -> Any:
        return functions.softmax(x, axis=dim)

    def cross_entropy(self, x: Any, classes: Array) -> Any:
        return functions.softmax_cross_entropy(x, classes)

    def linear(self, x: Any, weight: Any, bias: Any) -> Any:
        return functions.linear(x, weight.T, bias)

    def max_pool2d(self, x: Any, size: int) -> Any:
        return functions.pooling(x, size, size)

    def conv2d(self, x: Any, w: Any, bias: Any = None, stride: int = 1, padding: int = 0) -> Any:
        return functions.conv2d(x, w, bias, stride, padding)

    def batch_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        mean, var = numpy.zeros(x.shape[1], x.dtype), numpy.ones(x.shape[1], x.dtype)
        return functions.batch_nrom(x, weight, bias, mean, var, eps=1e-5)

    def optimizer(self, name: str, pairs: Sequence[tuple[Array, Array]]) -> Program:
        found = {"SGD": lambda: optimizers.MomentumSGD(lr=1e-3), "Adam": lambda: optimizers.Adam(alpha=1e-3)}
        if name not in found:
            return super().optimizer(name, pairs)
        owner, optimizer = dezero.Layer(), found[name]()
        for i, (start, g) in enumerate(pairs):
            p = dezero.Parameter(start.copy())
            p.grad = dezero.Variable(g)
            setattr(owner, f"p{i}", p)
        optimizer.setup(owner)

        def run() -> Any:
            optimizer.update()
            return owner.p0

        return run

    def saving(self, arrays: Sequence[Array], path: str) -> Program:
        layer = dezero.Layer()
        for i, a in enumerate(arrays):
            setattr(layer, f"p{i}", dezero.Parameter(a))
        return lambda: layer.save_weights(path)


peer = DeZero()
