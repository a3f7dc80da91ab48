"""The peers: what is called by PyTorch's names in a work, and how each differentiates, trains and infers.

A work is written once, as a function of a peer and of tensors: `lambda m, x: m.tanh(x * 0.9)`. Where a peer has no
such function, asking for it raises LackingError.
"""

import importlib
import sys
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from ..work import Array, LackingError, Network, Program, Training
from .start import initial

__all__ = ["PEERS", "Peer", "load"]

PEERS = ("torch", "mygrad", "autograd", "dezero", "jax")  # as the command line names them


class Peer:
    """A library, and how its users use it."""

    title: str
    version: str
    sources: Sequence[Any] = ()  # where its functions are found, in this order
    names: ClassVar[dict[str, str]] = {}  # PyTorch's names of functions that are called otherwise here

    def __getattr__(self, name: str) -> Any:
        for source in self.sources:
            if (found := getattr(source, self.names.get(name, name), None)) is not None:
                setattr(self, name, found)
                return found
        raise LackingError(f"{self.title} has no {name}")

    def constant(self, array: Array) -> Any:
        """A tensor that wants no gradient."""
        raise NotImplementedError

    def arrays(self, result: Any) -> list[Array]:
        """What a program gave, as NumPy arrays."""
        raise NotImplementedError

    def gradients(self, function: Callable[..., Any], arrays: Sequence[Array], g: Array | None, *fixed: Any) -> Program:
        """The function forward and backward from g; gives the gradients of the arrays, not of what is fixed."""
        raise NotImplementedError

    def through(self, network: Network, x: Array, g: Array) -> Program:
        """A network forward, and backward from g to its parameters; gives the first parameter's gradient."""
        function = self.written_out(network)
        run = self.gradients(lambda m, *ps: function(m, ps[-1], *ps[:-1]), initial(network), g, self.constant(x))
        return lambda: run()[0]

    def training(self, network: Network, rate: float) -> Training:
        """SGD on the mean cross-entropy."""
        raise NotImplementedError

    def inference(self, network: Network, x: Array) -> Program:
        """What the network says of x, in evaluation and with nothing recorded."""
        raise LackingError(f"{self.title} is asked for no inference here")

    def optimizer(self, name: str, pairs: Sequence[tuple[Array, Array]]) -> Program:
        """A step, at a rate of 0.001 and with SGD's momentum 0.9, of parameters beside their gradients."""
        raise LackingError(f"{self.title} has no optimizer {name}")

    def saving(self, arrays: Sequence[Array], path: str) -> Program:
        """Arrays written to a file."""
        raise LackingError(f"{self.title} writes no files")

    def loading(self, path: str) -> Program:
        """Those arrays read, every byte of them."""
        raise LackingError(f"{self.title} reads no files")

    def written_out(self, network: Network) -> Callable[..., Any]:
        """The network as a function of its parameters."""
        if network.function is None:
            raise LackingError(f"{self.title} has no such modules, and nobody has written the network out")
        return network.function


def load(name: str) -> Peer:
    """The peer of this name; the program ends where it is not installed."""
    try:
        found: Peer = importlib.import_module(f"{__name__}.{name}").peer
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: pip install -r benchmarks/requirements.txt, or choose by --against")
    return found
