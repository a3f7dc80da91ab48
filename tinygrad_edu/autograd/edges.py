"""Edges: places in the graph that stand for Tensors which need not be kept alive."""

from typing import Any, NamedTuple

from ..errors import GradientError
from ..graph import Node, Output
from ..tensor import Tensor

__all__ = ["GradientEdge", "get_gradient_edge", "node_of"]


class GradientEdge(NamedTuple):
    """An output of a node: what gradients flow to. It serves where grad and backward take a Tensor."""

    node: Node
    output_nr: int
    ownership_token: Any = None  # the node of this very output, where the call has several


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """The edge that stands for a Tensor in the graph.

    >>> from tinygrad_edu import tensor
    >>> from tinygrad_edu.autograd import grad
    >>> x = tensor(3.0, requires_grad=True)
    >>> y = x * x
    >>> edge = get_gradient_edge(y)
    >>> grad(y * y, edge)
    (tensor(18.),)

    Raises:
        RuntimeError: it does not require grad.
    """
    node = node_of(tensor, "a Tensor with an edge")
    if isinstance(node, Output):
        return GradientEdge(node.parents[0], node.index, node)
    return GradientEdge(node, 0)


def output_nr(self: Tensor) -> int:
    """Which output of its grad_fn this Tensor is."""
    return self._node.index if self.requires_grad and isinstance(self._node, Output) else 0


Tensor.output_nr = property(output_nr)  # type: ignore[attr-defined]


def node_of(x: Any, what: str) -> Node:
    """The node of a Tensor that requires grad, or of an edge.

    Raises:
        TypeError: this is no Tensor.
        GradientError: it does not require grad.
    """
    if isinstance(x, Tensor):
        if x._view is not None:
            x._view.renew(x)
        if x._node is not None:
            return x._node
        raise GradientError(
            f"{what} does not require grad and was not computed from a Tensor that does; "
            "make an input with requires_grad=True, outside of no_grad()"
        )
    if isinstance(x, GradientEdge):
        return x.node if x.ownership_token is None else x.ownership_token
    raise TypeError(f"{what} is a {type(x).__name__}; it must be a Tensor")
