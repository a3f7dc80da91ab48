"""Gradients of functions, and their products with Jacobians from the left."""

import functools
import weakref
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.backward import grad as gradients_of
from ..autograd.calls import pushing, will_push
from ..errors import ArgumentError, GradientError, ShapeError
from ..functions.creation import zeros_like
from ..grad_mode import enable_grad, is_grad_enabled
from ..graph import Leaf, reachable
from ..tensor import Tensor
from .structures import flatten, leaves_like, rebuild, tensors_of, with_leaves

__all__ = ["Call", "grad", "grad_and_value", "linearize", "products_of", "pulled_back", "vjp"]

Argnums = int | tuple[int, ...]

spent: "weakref.WeakSet[Leaf]" = weakref.WeakSet()  # inputs of calls that are over, by which nobody differentiates


class Call:
    """One recorded call of a function, with inputs of its own, so that nothing else is taken for them."""

    def __init__(
        self,
        func: Callable[..., Any],
        args: Sequence[Any],
        argnums: Argnums,
        kwargs: Any,
        has_aux: bool = False,
        forwards: bool = False,
    ) -> None:
        self.recorded = is_grad_enabled()
        places = places_of(argnums, len(args))
        with enable_grad():
            arguments = list(args)
            for place in places:
                tensors_of(args[place], f"argument {place}, which is differentiated,")
                arguments[place] = with_leaves(args[place], own)
            picked = [arguments[place] for place in places]
            self.inputs = picked[0] if isinstance(argnums, int) else tuple(picked)
            if forwards:  # a function may write to what it gets, and a leaf is not written to
                for place in places:
                    arguments[place] = with_leaves(arguments[place], lambda x: x.clone())
            token = will_push.set(forwards or will_push.get())
            try:
                result = func(*arguments, **kwargs)
            finally:
                will_push.reset(token)
        self.aux = None
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(
                    "with has_aux=True the function returns a pair: what is differentiated, and the rest"
                )
            result, self.aux = result
        self.output = result
        self.xs = flatten(self.inputs)
        spent.update([x._node for x in self.xs if isinstance(x._node, Leaf)])
        self.ys = tensors_of(result, "the result of the function")
        if not self.ys:
            raise ArgumentError(f"the function must return a Tensor, or several of them, got {result!r}")

    def is_watched(self, *others: Tensor) -> bool:
        """Whether anything outside of this call may differentiate what is made of its outputs and other Tensors."""
        nodes = [x._node for x in (*self.ys, *others) if x.requires_grad and x._node is not None]
        mine = {x._node for x in self.xs}
        return self.recorded and any(
            type(node) is Leaf and node not in mine and node not in spent for node in reachable(nodes)
        )

    def finished(self, value: Any, watched: bool) -> Any:
        """A result, without a history unless somebody outside may differentiate it."""
        return with_leaves(value, lambda x: x.detach() if isinstance(x, Tensor) and not watched else x)


def places_of(argnums: Argnums, count: int) -> list[int]:
    """The places of the arguments by which is differentiated, of so many.

    Raises:
        ValueError: there are none, one is named twice or not there, or they are not named by an int or ints in a tuple.
    """
    places = list(argnums) if isinstance(argnums, tuple) else [argnums]
    if not all(isinstance(place, int) for place in places):
        raise ArgumentError(f"argnums is an int or a tuple of ints, got {argnums!r}")
    for place in places:
        if not -count <= place < count:
            raise ArgumentError(f"argnums={argnums} names no argument: there are {count} by position")
    if len({place % count for place in places}) < len(places) or (count and not places):
        raise ArgumentError(f"argnums names one argument or more, each once, got {argnums!r}")
    return places


def own(x: Tensor) -> Tensor:
    """The same values, as an input that is known apart; its history, if it has one, goes on."""
    return x.view(x.shape) if x.requires_grad else x.detach().requires_grad_()


def pulled_back(ys: Sequence[Tensor], xs: Sequence[Tensor], weights: Any, create_graph: bool) -> list[Tensor]:
    """The gradients of the weighted outputs by each input, zeros where there is no way from one to the other."""
    live = [i for i, y in enumerate(ys) if y.requires_grad]
    sought = [x for x in xs if x.requires_grad]  # not the u of an output of integers
    if not live or not sought:
        return [zeros_like(x) for x in xs]
    outputs = [ys[i] for i in live]
    given = None if weights is None else [weights[i] for i in live]
    gradients = gradients_of(outputs, sought, given, retain_graph=True, create_graph=create_graph, allow_unused=True)
    found = iter(gradients)
    each = [next(found) if x.requires_grad else None for x in xs]
    return [zeros_like(x) if g is None else g for g, x in zip(each, xs, strict=True)]


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function of (gradient, value) of a function that returns one number.

    With `argnums` the gradient is by that argument, or a tuple by several; arguments may be nested tuples, lists and
    dicts of Tensors. With `has_aux` the function returns (number, anything), and the value is that pair.

    >>> from tinygrad_edu import tensor
    >>> grad_and_value(lambda x: (x**3).sum())(tensor([1.0, 2.0]))
    (tensor([ 3., 12.]), tensor(9.))

    Raises:
        RuntimeError: from the new function, if the first returns anything but a Tensor without dimensions.
        ValueError: there is no such argument, or it holds something else than Tensors.
    """

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        made = Call(func, args, argnums, kwargs, has_aux)
        y = made.output
        if not isinstance(y, Tensor) or y.ndim:
            raise GradientError(f"grad needs a function that returns a Tensor without dimensions, got {y!r:.80}")
        watched = made.is_watched()
        found = rebuild(made.inputs, pulled_back([y], made.xs, None, watched))
        value = made.finished(y, watched)
        return made.finished(found, watched), (value, made.finished(made.aux, watched)) if has_aux else value

    return call


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function of the gradient of a function that returns one number; see grad_and_value.

    >>> from tinygrad_edu import tensor
    >>> grad(grad(lambda x: x**3))(tensor(2.0))
    tensor(12.)

    Raises:
        RuntimeError, ValueError: as for grad_and_value.
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return call


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> tuple[Any, ...]:
    """(func(*primals), the function v -> v^T J): products with the Jacobian, one backward for each.

    The function takes what has the structure of the result and gives a tuple, for each of the primals its part.

    >>> from tinygrad_edu import tensor
    >>> y, pull = vjp(lambda x: x * x, tensor([1.0, 2.0]))
    >>> pull(tensor([1.0, 10.0]))
    (tensor([ 2., 40.]),)

    Raises:
        ValueError: something is no Tensor.
        RuntimeError: from the new function, if v is not like the result.
    """
    made = Call(func, primals, tuple(range(len(primals))), {}, has_aux)

    def pull(cotangents: Any) -> Any:
        weights = like(cotangents, made.output, "the outputs")
        watched = made.is_watched(*weights)
        return made.finished(rebuild(made.inputs, pulled_back(made.ys, made.xs, weights, watched)), watched)

    watched = made.is_watched()
    output = made.finished(made.output, watched)
    return (output, pull, made.finished(made.aux, watched)) if has_aux else (output, pull)


def products_of(made: Call) -> tuple[list[Tensor], list[Tensor]]:
    """Vectors u like the outputs, and the products u^T J as functions of them."""
    token = pushing.set(True)
    try:
        with enable_grad():
            us = [zeros_like(y).requires_grad_(y.is_floating_point()) for y in made.ys]
            return us, pulled_back(made.ys, made.xs, us, create_graph=True)
    finally:
        pushing.reset(token)


def like(v: Any, other: Any, what: str) -> list[Tensor]:
    """The Tensors of a vector, which must have the structure and the shapes of what it is multiplied with.

    Raises:
        ShapeError: they have other shapes.
        ValueError: the structure is another, or something is no Tensor.
    """
    tensors_of(v, "a vector")
    given = list(leaves_like(v, other, f"a vector, which must be like {what},"))
    shapes = [x.shape for x in given], [x.shape for x in flatten(other)]
    if shapes[0] != shapes[1]:
        raise ShapeError(f"a vector must be like {what}, of shapes {shapes[1]}; got {shapes[0]}")
    return given


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """(func(*primals), the function v -> J v), which records the function once and needs one backward for each v.

    >>> from tinygrad_edu import tensor
    >>> y, push = linearize(lambda x: x * x, tensor([1.0, 2.0]))
    >>> push(tensor([1.0, 10.0]))
    tensor([ 2., 40.])

    Raises:
        ValueError: something is no Tensor.
        RuntimeError: from the new function, if v is not like the primals.
    """
    made = Call(func, primals, tuple(range(len(primals))), {}, forwards=True)
    us, products = products_of(made)  # u^T J, linear in u

    def push(*tangents: Any) -> Any:
        weights = like(tangents, primals, "the inputs")
        watched = made.is_watched(*weights)
        return made.finished(rebuild(made.output, pulled_back(products, us, weights, watched)), watched)

    return made.finished(made.output, made.is_watched()), push
