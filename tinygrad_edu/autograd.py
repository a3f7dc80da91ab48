"""Backward and what is built on it: gradients as values, hooks, and a check of gradients against differences."""

import weakref
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy

from . import recording
from .backend import to_numpy
from .errors import GradientError, ShapeError
from .graph import RETAIN, Leaf, Node, backpropagate, enable_grad, no_grad
from .recording import wrap
from .tensor import Tensor, method

__all__ = ["RemovableHandle", "backward", "grad", "gradcheck", "gradgradcheck", "set_forward_lines"]

next_key = count().__next__


def node_of(x: Tensor, what: str) -> Node:
    """The node of a Tensor that requires grad.

    Raises:
        GradientError: it does not.
    """
    if not x.requires_grad:
        raise GradientError(
            f"{what} does not require grad and was not computed from a Tensor that does; "
            "make an input with requires_grad=True, outside of no_grad()"
        )
    assert x._node is not None
    return x._node


def seed(output: Tensor, gradient: Any, create_graph: bool) -> Any:
    """The gradient that backward starts from: the one given, or 1 for a single element.

    Raises:
        GradientError: the output has several elements, so 1 is no answer.
        ShapeError: the gradient has another shape than the output.
    """
    if gradient is None:
        if output.numel() != 1:
            raise GradientError(
                f"backward of a Tensor of shape {output.shape} needs a gradient of that shape; "
                "reduce it to one number first, with .sum() or .mean(), or pass gradient="
            )
        array = numpy.array(1, output.dtype, ndmin=output.ndim)
        return wrap(array) if create_graph else array
    if not isinstance(gradient, Tensor):
        gradient = wrap(to_numpy(gradient))
    if gradient.shape != output.shape:
        raise ShapeError(f"the gradient has shape {gradient.shape}, the output {output.shape}; they must be equal")
    gradient = gradient.to(output.dtype)
    return gradient if create_graph else gradient._array


@method
def backward(
    self: Tensor,
    gradient: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Sequence[Tensor] | None = None,
) -> None:
    """Add the gradient of this Tensor, with respect to every leaf it was computed from, to the leaf's `.grad`.

    `gradient` is that of some further result with respect to this Tensor; it may be left out for a single element.
    The graph is freed unless `retain_graph`; with `create_graph` the gradients can be differentiated again. With
    `inputs` only those get a `.grad`.

    Raises:
        RuntimeError: nothing here requires grad; a gradient is needed and missing; the graph was freed by an earlier
            backward; a value needed for the gradient was overwritten.
    """
    node = node_of(self, "this Tensor")
    targets = None if inputs is None else [node_of(x, f"inputs[{i}]") for i, x in enumerate(as_list(inputs))]
    caught = backpropagate(
        [node],
        [seed(self, gradient, create_graph)],
        wrap=wrap,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        targets=targets,
    )
    for x in as_list(inputs or []):
        if not isinstance(x._node, Leaf) and x._node in caught:
            add_to_grad(x, caught[x._node])


def add_to_grad(x: Tensor, g: Any) -> None:
    """Accumulate a gradient in the `.grad` of a Tensor that is no leaf."""
    g = g if isinstance(g, Tensor) else wrap(numpy.array(g))
    x.grad = g if x.grad is None else x.grad + g


def as_list(tensors: Any) -> list[Any]:
    """One Tensor, or several, as a list."""
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:
    """The gradients of the sum of outputs with respect to each input, as a tuple; no `.grad` is touched.

    >>> from tinygrad_edu import tensor
    >>> x = tensor(3.0, requires_grad=True)
    >>> (dy,) = grad(x * x * x, x, create_graph=True)
    >>> (d2y,) = grad(dy, x)
    >>> dy.item(), d2y.item()
    (27.0, 18.0)

    Raises:
        RuntimeError: as for backward; or an input was not used, unless `allow_unused`.
    """
    outs, ins = as_list(outputs), as_list(inputs)
    given = [None] * len(outs) if grad_outputs is None else grad_outputs
    given = [given] if isinstance(given, Tensor) else list(given)
    if len(given) != len(outs):
        raise ValueError(f"{len(outs)} outputs need as many grad_outputs, got {len(given)}")
    targets = [node_of(x, f"inputs[{i}]") for i, x in enumerate(ins)]
    caught = backpropagate(
        [node_of(y, f"outputs[{i}]") for i, y in enumerate(outs)],
        [seed(y, g, create_graph) for y, g in zip(outs, given, strict=True)],
        wrap=wrap,
        retain_graph=create_graph if retain_graph is None else retain_graph,
        create_graph=create_graph,
        targets=targets,
        accumulate=False,
    )
    found: list[Tensor | None] = []
    for i, (x, node) in enumerate(zip(ins, targets, strict=True)):
        g = caught.get(node)
        if g is None and materialize_grads:
            g = numpy.zeros(x.shape, x.dtype)
        if g is None and not allow_unused:
            raise GradientError(f"inputs[{i}] was not used to compute the outputs; pass allow_unused=True to get None")
        found.append(wrap(numpy.array(g)) if g is not None and not isinstance(g, Tensor) else g)
    return tuple(found)


class RemovableHandle:
    """What a hook was registered under; `remove()` takes the hook away."""

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self.hooks = hooks
        self.key = key

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self.hooks.pop(self.key, None)


@method
def register_hook(self: Tensor, hook: Callable[[Tensor], Any]) -> RemovableHandle:
    """Call `hook` with the gradient of this Tensor whenever one is computed; what it returns replaces the gradient.

    Raises:
        RuntimeError: this Tensor does not require grad.
    """
    node = node_of(self, "a Tensor with a hook")

    def shown(g: Any) -> Any:
        tensor = g if isinstance(g, Tensor) else wrap(to_numpy(g))
        replaced = hook(tensor)
        if replaced is None:
            return g
        if not isinstance(replaced, Tensor) or replaced.shape != tensor.shape:
            raise ShapeError(f"a hook must return a gradient of shape {tensor.shape} or None, got {replaced!r:.80}")
        return replaced if isinstance(g, Tensor) else replaced._array

    return add_hook(node, shown)


def add_hook(node: Node, hook: Callable[[Any], Any]) -> RemovableHandle:
    """Have a node show its gradient to a function that works on what backward works on, arrays or Tensors."""
    if node.hooks is None:
        node.hooks = {}
    key = next_key()
    keeper = node.hooks.pop(RETAIN, None)
    node.hooks[key] = hook
    if keeper is not None:
        node.hooks[RETAIN] = keeper  # it keeps what the others have made of the gradient
    return RemovableHandle(node.hooks, key)


@method
def retain_grad(self: Tensor) -> None:
    """Have backward leave the gradient of this Tensor in its `.grad`, although it is no leaf.

    Raises:
        RuntimeError: this Tensor does not require grad.
    """
    node = node_of(self, "a Tensor whose gradient is to be retained")
    if isinstance(node, Leaf):
        return
    tensor = weakref.ref(self)  # the node must not keep its Tensor alive

    def keep(g: Any) -> Any:
        found = tensor()
        if found is not None:
            add_to_grad(found, g)
        return g

    if node.hooks is None:
        node.hooks = {}
    node.hooks[RETAIN] = keep


def set_forward_lines(mode: bool) -> bool:
    """Say whether a call made inside this package, by a layer say, is noted with your line; gives the old mode.

    A call that your program makes itself always is. For others errors of a backward name the layer's line until this
    is switched on: seeking yours takes a small layer a twentieth of its time, forward and backward.
    """
    before, recording.seek_user = recording.seek_user, bool(mode)
    return before


def gradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Any],
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Compare the gradients of a function with central differences, (f(x + eps) - f(x - eps)) / 2 eps.

    Raises:
        GradientError: they differ by more than atol + rtol * |difference|; unless not `raise_exception`.
        ValueError: no input requires grad, or one that does is not float64, in which differences say little.
    """
    args = as_list(inputs)
    wanted = [(i, x) for i, x in enumerate(args) if isinstance(x, Tensor) and x.requires_grad]
    if not wanted or any(x.dtype != numpy.float64 for _, x in wanted):
        raise ValueError("gradcheck needs at least one input that requires grad, and those that do in float64")
    with enable_grad():
        outputs = [y for y in as_list(function(*args)) if y.requires_grad]
    for number, output in enumerate(outputs):
        for i, x in wanted:
            analytic = jacobian_rows(output, x)
            numeric = differences(lambda number=number: as_list(function(*args))[number], x, output.numel(), eps)  # type: ignore[misc]
            if not numpy.allclose(analytic, numeric, rtol, atol, equal_nan=True):
                if not raise_exception:
                    return False
                worst = numpy.abs(analytic - numeric).argmax()
                raise GradientError(
                    f"output {number} and input {i}: the gradient is {analytic.reshape(-1)[worst]:.6g} where "
                    f"differences give {numeric.reshape(-1)[worst]:.6g}\nanalytic:\n{analytic}\nnumeric:\n{numeric}"
                )
    return True


def jacobian_rows(output: Tensor, x: Tensor) -> Any:
    """The Jacobian as backward gives it, one row for each element of the output."""
    rows = numpy.zeros((output.numel(), x.numel()))
    for row in range(output.numel()):
        pick = numpy.zeros(output.shape, output.dtype)
        pick.reshape(-1)[row] = 1
        (g,) = grad(output, x, wrap(pick), retain_graph=True, allow_unused=True)
        if g is not None:
            rows[row] = g._array.reshape(-1)
    return rows


def differences(function: Callable[[], Tensor], x: Tensor, size: int, eps: float) -> Any:
    """The Jacobian of `size` outputs by central differences; x is moved in place, and put back."""
    columns = []
    with no_grad():
        for place in numpy.ndindex(x.shape):
            old = x._array[place]
            values = []
            for step in (eps, -eps):
                x._array[place] = old + step
                values.append(numpy.array(function()._array, float).reshape(-1))
            x._array[place] = old
            columns.append((values[0] - values[1]) / (2 * eps))
    return numpy.array(columns).reshape(x.numel(), size).T


def gradgradcheck(function: Callable[..., Any], inputs: Tensor | Sequence[Any], **settings: Any) -> bool:
    """gradcheck of the gradients themselves, that is of the second derivatives.

    Raises:
        GradientError: as for gradcheck.
    """
    args = as_list(inputs)

    def gradients(*xs: Any) -> tuple[Tensor, ...]:
        with enable_grad():
            outputs = [y for y in as_list(function(*xs)) if y.requires_grad]
            rng = numpy.random.default_rng(0)
            weights = [wrap(rng.uniform(0.5, 1.5, y.shape)) for y in outputs]
            wanted = [x for x in xs if isinstance(x, Tensor) and x.requires_grad]
            found = grad(outputs, wanted, weights, create_graph=True, allow_unused=True)
        return tuple([g for g in found if g is not None and g.requires_grad])

    return gradcheck(gradients, args, **settings)
