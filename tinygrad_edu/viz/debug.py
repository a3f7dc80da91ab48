"""What a graph tells when something is wrong: where NaN began, what was left out, where the memory went."""

import difflib
from typing import Any

from ..graph import reachable
from ..nn import Module
from .model import Graph, Vertex
from .scopes import parents
from .text import to_text
from .trace import check_tensor

__all__ = ["diff", "first_bad", "saved_bytes", "unused_parameters"]


def first_bad(graph: Graph) -> Vertex | None:
    """The first vertex, in the order of computation, whose value is NaN or infinite somewhere; None if there is none.

    The graph is one of `trace(.., statistics=True)`. Only values that are known can be looked at: those that a rule
    kept for backward, and the Tensors that were named.

    >>> import tinygrad_edu as tg
    >>> x = tg.tensor([1.0, 0.0], requires_grad=True)
    >>> from tinygrad_edu.viz import trace
    >>> first_bad(trace((x.log() * x).sum(), statistics=True)).operation
    'log'
    """
    return next((v for v in graph.vertices if v.value_statistics and v.value_statistics.bad), None)


def unused_parameters(model: Module, *outputs: Any) -> list[str]:
    """The names of the parameters that no way from these Tensors leads to: backward will not give them a gradient.

    Raises:
        TypeError: an output is not a Tensor.

    >>> from tinygrad_edu import nn, rand
    >>> model = nn.ModuleDict({"used": nn.Linear(2, 1), "forgotten": nn.Linear(2, 1)})
    >>> unused_parameters(model, model["used"](rand(3, 2)))
    ['forgotten.weight', 'forgotten.bias']
    """
    for output in outputs:
        check_tensor(output, "an output")
    used = set(reachable([output._node for output in outputs if output._node is not None]))
    return [name for name, p in model.named_parameters() if p._node not in used]


def saved_bytes(graph: Graph, depth: int = 1) -> dict[str, int]:
    """The bytes kept for backward by each module down to this depth, most first; "" are those of none.

    >>> from tinygrad_edu import nn, rand
    >>> from tinygrad_edu.viz import trace
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 1))
    >>> saved_bytes(trace(model(rand(16, 4)).sum(), names=model))
    {'1': 512, '0': 256}
    """
    counts: dict[str, int] = {}
    for vertex in graph.vertices:
        if vertex.saved_bytes:
            scope = ["", *parents(vertex.scope)][: depth + 1][-1]
            counts[scope] = counts.get(scope, 0) + vertex.saved_bytes
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def diff(before: Graph, after: Graph) -> str:
    """What changed from one graph to another, as lines of their trees with - and +; "" if nothing did.

    >>> import tinygrad_edu as tg
    >>> from tinygrad_edu.viz import trace
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> print(diff(trace(x.exp().sum(), names={"x": x}), trace(x.tanh().sum(), names={"x": x})))
     output  scalar
     └─ sum  scalar
    -   └─ exp  (2,)
    +   └─ tanh  (2,)
           └─ x  (2,)  parameter
    """
    old, new = (
        to_text(graph, len(graph.vertices), depth=len(graph.vertices)).splitlines() for graph in (before, after)
    )
    lines = list(difflib.unified_diff(old[:-2], new[:-2], lineterm=""))  # the last lines are the caption
    return "\n".join(line for line in lines[2:] if not line.startswith("@@"))
