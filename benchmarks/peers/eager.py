"""What tinygrad_edu and PyTorch have in common: every line here is the same program for both."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy

from ..work import Array, Network, Program, Training
from . import Peer
from .start import initial

__all__ = ["Eager"]


class Eager(Peer):
    """A library with PyTorch's names."""

    def __init__(self, library: Any, title: str, version: str) -> None:
        self.library, self.title, self.version = library, title, version
        self.nn, self.optim, self.where = library.nn, library.optim, library.where
        self.sources = library.Tensor, library.nn.functional, library  # methods first: that is how they are called

    def batch_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.nn.functional.batch_norm(x, None, None, weight, bias, training=True)

    def layer_norm(self, x: Any, weight: Any, bias: Any) -> Any:
        return self.nn.functional.layer_norm(x, x.shape[-1:], weight, bias)

    def constant(self, array: Array) -> Any:
        return self.library.tensor(array)

    def arrays(self, result: Any) -> list[Array]:
        found = result if isinstance(result, (list, tuple)) else [result]
        return [numpy.asarray(x.detach().numpy()) for x in found]

    def gradients(self, function: Callable[..., Any], arrays: Sequence[Array], g: Array | None, *fixed: Any) -> Program:
        xs = [self.library.tensor(a, requires_grad=True) for a in arrays]
        seed = None if g is None else self.constant(g)

        def run() -> Any:
            for x in xs:
                x.grad = None
            function(self, *xs, *fixed).backward(seed)
            return [x.grad for x in xs]

        return run

    def module(self, network: Network) -> Any:
        """The network, with the weights that all peers start from."""
        module = network.module(self.library)
        for p, start in zip(module.parameters(), initial(network), strict=True):
            p.data = self.constant(start)
        return module

    def inference(self, network: Network, x: Array) -> Program:
        module, given = self.module(network).eval(), self.constant(x)
        return self.library.no_grad()(lambda: module(given))

    def optimizer(self, name: str, pairs: Sequence[tuple[Array, Array]]) -> Program:
        parameters = [self.nn.Parameter(self.constant(start)) for start, _ in pairs]
        for p, (_, g) in zip(parameters, pairs, strict=True):
            p.grad = self.constant(g)
        settings = {"momentum": 0.9} if name == "SGD" else {}
        optimizer = getattr(self.optim, name)(parameters, lr=1e-3, **settings)

        def run() -> Any:
            optimizer.step()
            return parameters[0]

        return run

    def saving(self, arrays: Sequence[Array], path: str) -> Program:
        state = {str(i): self.constant(a) for i, a in enumerate(arrays)}
        return lambda: self.library.save(state, path)

    def loading(self, path: str) -> Program:
        return lambda: [x.sum() for x in self.library.load(path).values()]

    def through(self, network: Network, x: Array, g: Array) -> Program:
        module, given, seed = self.module(network), self.constant(x), self.constant(g)
        first = next(module.parameters())

        def run() -> Any:
            module.zero_grad()
            y = module(given)
            (y[0] if isinstance(y, tuple) else y).backward(seed)
            return first.grad

        return run

    def training(self, network: Network, rate: float) -> Training:
        module = self.module(network)
        loss, optimizer = self.nn.CrossEntropyLoss(), self.optim.SGD(module.parameters(), lr=rate)

        def step(x: Any, classes: Any) -> Any:
            optimizer.zero_grad()
            value = loss(module(x), classes)
            value.backward()
            optimizer.step()
            return value

        return Training(step, lambda: self.arrays(list(module.parameters())))
