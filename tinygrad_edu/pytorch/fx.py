"""What programs say to PyTorch's tracer of graphs, of which there is none here: its kinds can be named, not made."""

from typing import Any, NoReturn

from ..nn import Module
from .jit import unused as wrap

__all__ = ["Graph", "GraphModule", "Node", "Proxy", "Tracer", "Transformer", "symbolic_trace", "wrap"]


def symbolic_trace(root: Any, *args: Any, **settings: Any) -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: always.
    """
    raise RuntimeError("torch.fx does not trace networks here; viz.draw and nn.summary show what one is made of")


class Graph:
    """Operations in their order.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        symbolic_trace(None)


class Node(Graph):
    """One of them."""


class Proxy(Graph):
    """What stands for a Tensor in them."""


class Tracer(Graph):
    """What finds them."""


class Transformer(Graph):
    """What changes them."""


class GraphModule(Module):
    """A network that was made of them.

    Raises:
        RuntimeError: always.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        symbolic_trace(None)
