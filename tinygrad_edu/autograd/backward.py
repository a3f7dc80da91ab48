"""Backward, and gradients as values."""

from collections.abc import Sequence
from typing import Any

import numpy

from ..backend import to_numpy
from ..dtypes import get_default_dtype
from ..errors import GradientError, ShapeError
from ..functions.joining import stack
from ..grad_mode import grad_enabled
from ..graph import Leaf, Node, backpropagate, leading_to, reachable
from ..kernels.quiet import QUIET, warnings_of_numpy
from ..recording import wrap
from ..tensor import Tensor, method
from .anomaly import anomaly, checked
from .edges import GradientEdge, node_of

__all__ = ["backward", "grad"]


def visited(notes: dict[object, Any]) -> set[Node]:
    """The nodes that a gradient reaches in this backward."""
    if "visited" not in notes:
        order = reachable([node for node, _ in notes["seeds"]])
        targets = notes["targets"]
        notes["visited"] = set(order) if targets is None else leading_to(targets, order).intersection(order)
    found: set[Node] = notes["visited"]
    return found


def walk_back(
    seeds: Sequence[tuple[Node, Any]],
    retain_graph: bool | None,
    create_graph: bool,
    targets: Sequence[Node] | None,
    accumulate: bool = True,
) -> dict[Node, Any]:
    """backpropagate, where the user's code on the way, hooks and Functions, is recorded exactly with `create_graph`."""
    # Overflow in a gradient is inf, as in PyTorch, and no reason for a warning.
    warned_of = warnings_of_numpy.set(QUIET)
    mode = grad_enabled.set(create_graph)
    try:
        retain = create_graph if retain_graph is None else retain_graph
        if anomaly.get()[0]:
            with checked([node for node, _ in seeds]):
                return backpropagate(seeds, wrap, retain, create_graph, targets, accumulate)
        return backpropagate(seeds, wrap, retain, create_graph, targets, accumulate)
    finally:
        grad_enabled.reset(mode)
        warnings_of_numpy.reset(warned_of)


def seed(output: Tensor | GradientEdge, gradient: Any, create_graph: bool) -> Any:
    """The gradient that backward starts from: the one given, or 1 for a single element.

    Raises:
        GradientError: the output has several elements, so 1 is no answer.
        ShapeError: the gradient has another shape than the output.
    """
    if not isinstance(output, Tensor):
        dtype = get_default_dtype() if gradient is None else gradient.dtype
        return seed(wrap(numpy.zeros(node_of(output, "an edge").shape, dtype)), gradient, create_graph)
    if gradient is None:
        if output._array.size != 1:
            raise GradientError(
                f"backward of a Tensor of shape {output.shape} needs a gradient of that shape; "
                "reduce it to one number first, with .sum() or .mean(), or pass gradient="
            )
        array = numpy.array(1, output._array.dtype, ndmin=output._array.ndim)
        return wrap(array) if create_graph else array
    if not isinstance(gradient, Tensor):
        gradient = wrap(to_numpy(gradient))
    given, array = gradient._array, output._array
    if given.shape != array.shape:
        raise ShapeError(f"the gradient has shape {gradient.shape}, the output {output.shape}; they must be equal")
    if given.dtype is not array.dtype:
        gradient = gradient.to(output.dtype)
    return gradient if create_graph else gradient._array


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of the sum of `tensors`, with respect to every leaf behind them, to the leaf's `.grad`.

    `grad_tensors` are the gradients of some further result with respect to each of them; None serves for a single
    element. The graph is freed unless `retain_graph`; with `create_graph` the gradients can be differentiated again.
    With `inputs` only those get a `.grad`.

    >>> from tinygrad_edu import tensor
    >>> x = tensor([1.0, 2.0], requires_grad=True)
    >>> backward([x.sum(), (x * x).sum()])
    >>> x.grad
    tensor([3., 5.])

    Raises:
        RuntimeError: nothing here requires grad; a gradient is needed and missing; the graph was freed by an earlier
            backward; a value needed for the gradient was overwritten; `inputs` is empty.
    """
    outs = as_list(tensors)
    sought = None if inputs is None else as_list(inputs)
    if sought == []:
        raise GradientError("backward got no inputs; leave `inputs` out to reach every leaf")
    targets = None if sought is None else [node_of(x, f"inputs[{i}]") for i, x in enumerate(sought)]
    nodes = [node_of(y, "this Tensor" if len(outs) == 1 else f"tensors[{i}]") for i, y in enumerate(outs)]
    seeds = seeds_of(outs, grad_tensors, create_graph, "grad_tensors")
    caught = walk_back(list(zip(nodes, seeds, strict=True)), retain_graph, create_graph, targets)
    for x in {id(x): x for x in sought or () if isinstance(x, Tensor)}.values():
        if not isinstance(x._node, Leaf) and x._node in caught:
            add_to_grad(x, caught[x._node])


def seeds_of(outputs: Sequence[Tensor], given: Any, create_graph: bool, what: str) -> list[Any]:
    """A seed for each output.

    Raises:
        GradientError: there are not as many as outputs; or as for seed.
    """
    gradients = [None] * len(outputs) if given is None else as_list(given)
    if len(gradients) != len(outputs):
        raise GradientError(f"{len(outputs)} outputs need as many {what}, got {len(gradients)}")
    return [seed(y, g, create_graph) for y, g in zip(outputs, gradients, strict=True)]


def tensor_backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of this Tensor with respect to every leaf behind it to the leaf's `.grad`; see backward."""
    if inputs is not None:
        backward(self, None if gradient is None else [gradient], retain_graph, create_graph, inputs)
        return
    walk_back([(node_of(self, "this Tensor"), seed(self, gradient, create_graph))], retain_graph, create_graph, None)


method(tensor_backward, "backward")


def add_to_grad(x: Tensor, g: Any) -> None:
    """Accumulate a gradient in the `.grad` of a Tensor that is no leaf."""
    g = g if isinstance(g, Tensor) else wrap(numpy.array(g))
    # past the check of its shape: x may have taken another in place since, and its gradient is that of what it was
    x._kept = g if x._kept is None else x._kept + g


def as_list(tensors: Any) -> list[Any]:
    """One Tensor, or several, as a list."""
    return [tensors] if isinstance(tensors, (Tensor, GradientEdge)) else list(tensors)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of outputs with respect to each input, as a tuple; no `.grad` is touched.

    `only_inputs` is taken from older programs and changes nothing.
    `grad_outputs` are the gradients of some further result with respect to each output, or None for a single element;
    with `is_grads_batched` each has one more dimension in front, and so have the gradients, found one by one. An
    input that was not used is an error, None with `allow_unused`, or zeros with `materialize_grads`.

    >>> from tinygrad_edu import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x * x * x, x, create_graph=True)
    >>> (d2y,) = grad(dy, x)
    >>> dy.item(), d2y.item()
    (27.0, 18.0)

    Raises:
        RuntimeError: as for backward; or an input was not used, unless `allow_unused` or `materialize_grads`.
        ValueError: `materialize_grads` without `allow_unused`.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError("materialize_grads=True gives zeros for unused inputs, so allow_unused cannot be False")
    if is_grads_batched:
        return batched(outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused, materialize_grads)
    outs, ins = as_list(outputs), as_list(inputs)
    if not ins:
        raise GradientError("grad got no inputs; pass the Tensors to differentiate by")
    targets = [node_of(x, f"inputs[{i}]") for i, x in enumerate(ins)]
    nodes = [node_of(y, f"outputs[{i}]") for i, y in enumerate(outs)]
    seeds = seeds_of(outs, grad_outputs, create_graph, "grad_outputs")
    caught = walk_back(list(zip(nodes, seeds, strict=True)), retain_graph, create_graph, targets, accumulate=False)
    found: list[Tensor | None] = []
    for i, (x, node) in enumerate(zip(ins, targets, strict=True)):
        g = caught.get(node)
        if g is None and materialize_grads:
            if not isinstance(x, Tensor):
                raise GradientError(f"inputs[{i}] is an edge: materialize_grads cannot tell the dtype of its zeros")
            g = wrap(numpy.zeros(x.shape, x.dtype)).requires_grad_(create_graph)
        if g is None and not allow_unused:
            raise GradientError(f"inputs[{i}] was not used to compute the outputs; pass allow_unused=True to get None")
        found.append(wrap(numpy.array(g)) if g is not None and not isinstance(g, Tensor) else g)
    return tuple(found)


def batched(
    outputs: Any, inputs: Any, grad_outputs: Any, retain_graph: bool | None, create_graph: bool, *settings: Any
) -> tuple[Tensor | None, ...]:
    """grad for each row of the grad_outputs, stacked.

    Raises:
        ValueError: a gradient is missing, or they have not the same number of rows, at least one.
    """
    gradients = [] if grad_outputs is None else as_list(grad_outputs)
    sizes = {g.shape[0] if isinstance(g, Tensor) and g.ndim else 0 for g in gradients}
    if len(sizes) != 1 or 0 in sizes:
        raise ValueError("is_grads_batched needs a gradient for each output, all with the same number of rows")
    (size,) = sizes
    allow_unused, materialize_grads = settings
    rows = [
        grad(
            outputs,
            inputs,
            [g[i] for g in gradients],
            retain_graph=retain_graph or i < size - 1 or create_graph,
            create_graph=create_graph,
            allow_unused=allow_unused or materialize_grads,
        )
        for i in range(size)
    ]
    found = [None if column[0] is None else stack(column) for column in zip(*rows, strict=True)]
    if materialize_grads:  # zeros of an input that was not used have no rows, as in PyTorch
        found = [
            wrap(numpy.zeros(x.shape, x.dtype)) if g is None else g for g, x in zip(found, as_list(inputs), strict=True)
        ]
    return tuple(found)
