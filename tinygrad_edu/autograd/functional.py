"""Products with Jacobians and Hessians, and these themselves, of functions of Tensors; as in torch.autograd.functional.

Each takes a function of one Tensor or several and the inputs, a Tensor or a tuple, at which it is differentiated;
results have the structure of the inputs or outputs. With `create_graph` results can be differentiated again. With
`strict` it is an error where a result is zero because the function does not depend on an input.
"""

from collections.abc import Callable
from typing import Any

from ..errors import GradientError, ShapeError
from ..functions.creation import zeros, zeros_like
from ..functions.joining import stack
from ..grad_mode import enable_grad
from ..tensor import Tensor
from ..told import guard
from .backward import grad

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = tuple[Tensor, ...]
Function = Callable[..., Any]


def as_tuple(x: Any, what: str) -> Tensors:
    """One Tensor, or a tuple of them, as a tuple.

    Raises:
        TypeError: it is neither.
    """
    found = x if isinstance(x, tuple) else (x,)
    for i, part in enumerate(found):
        if not isinstance(part, Tensor):
            place = f" at index {i}" if isinstance(x, tuple) else ""
            raise TypeError(f"{what} must be a Tensor or a tuple of Tensors, got {type(part).__name__}{place}")
    return found


def like(x: Any, found: tuple[Any, ...]) -> Any:
    """What was found, in a tuple exactly if x is one."""
    return found if isinstance(x, tuple) else found[0]


def fresh(tensors: Tensors, create_graph: bool, requires_grad: bool = True) -> Tensors:
    """The same values as other Tensors, so that what a function reaches by itself is not taken for its input."""
    return tuple(
        [
            x.view(x.shape) if create_graph and x.requires_grad else x.detach().requires_grad_(requires_grad)
            for x in tensors
        ]
    )


def finished(found: Any, create_graph: bool) -> Any:
    """Results, however deep in tuples, without history unless they are to be differentiated."""
    if isinstance(found, tuple):
        return tuple([finished(part, create_graph) for part in found])
    return found if create_graph else found.detach()


def vector(v: Any, other: Tensors, create_graph: bool, what: str) -> Tensors | None:
    """The vector of a product, which must be like what it is multiplied with.

    Raises:
        RuntimeError: it is not; or it is missing where there is more than one element.
    """
    if v is None:
        if len(other) != 1 or other[0].numel() != 1:
            raise GradientError(f"v may be left out only if there is one {what}, of one element")
        return None
    given = fresh(as_tuple(v, "v"), create_graph, requires_grad=False)
    if [x.shape for x in given] != [x.shape for x in other]:
        shapes = [x.shape for x in given], [x.shape for x in other]
        raise ShapeError(f"v must be like the {what}: got shapes {shapes[0]} where those are {shapes[1]}")
    return given


def gradients(outputs: Any, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False) -> Any:
    """grad, where outputs without a history, and inputs that were not used, give None."""
    weights = v or (None,) * len(outputs)
    live = [(y, w) for y, w in zip(outputs, weights, strict=True) if y is not None and y.requires_grad]
    if not live:
        return (None,) * len(inputs)
    ys, ws = zip(*live, strict=True)
    return grad(ys, inputs, ws, retain_graph=True, create_graph=create_graph, allow_unused=True)


def or_zeros(found: Any, like: Tensors, strict: bool, create_graph: bool, what: str) -> Tensors:
    """Gradients, with zeros for those that are missing.

    Raises:
        RuntimeError: one is missing, or a constant where it is to be differentiated, and `strict`.
    """
    for i, g in enumerate(found):
        if strict and (g is None or (create_graph and not g.requires_grad)):
            raise GradientError(f"{what} does not depend on input {i}, which strict=True does not allow")
    return tuple([zeros_like(x) if g is None else g for g, x in zip(found, like, strict=True)])


def check_strict(found: Any, strict: bool, what: str) -> None:
    """Raise if one of these has no history, and `strict`."""
    for i, x in enumerate(found):
        if strict and (x is None or not x.requires_grad):
            raise GradientError(f"{what} {i} does not depend on the inputs, which strict=True does not allow")


def vjp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    r"""(func(inputs), v^T J), the product of a vector like the outputs with the Jacobian; one backward.

    >>> from tinygrad_edu import tensor
    >>> vjp(lambda x: x * x, tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))

    Raises:
        RuntimeError: v is not like the outputs, or missing where they have more than one element; `strict` is broken.
    """
    with enable_grad():
        xs = fresh(as_tuple(inputs, "inputs"), create_graph)
        outputs = func(*xs)
        ys = as_tuple(outputs, "the result of the function")
        check_strict(ys, strict, "output")
        weights = vector(v, ys, create_graph, "output")
        found = or_zeros(gradients(ys, xs, weights, create_graph), xs, strict, create_graph, "the output")
    return finished(outputs, create_graph), finished(like(inputs, found), create_graph)


def jvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    r"""(func(inputs), J v), the product of the Jacobian with a vector like the inputs; by two backwards.

    The gradient u^T J is linear in u, so its derivative with respect to u in the direction of v is J v.

    >>> from tinygrad_edu import tensor
    >>> jvp(lambda x: x * x, tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))

    Raises:
        RuntimeError: v is not like the inputs, or missing where they have more than one element; `strict` is broken.
    """
    with enable_grad():
        xs = fresh(as_tuple(inputs, "inputs"), create_graph)
        weights = vector(v, xs, create_graph, "input")
        outputs = func(*xs)
        ys = as_tuple(outputs, "the result of the function")
        check_strict(ys, strict, "output")
        us = tuple([zeros_like(y).requires_grad_() for y in ys])
        products = gradients(ys, xs, us, create_graph=True)
        check_strict(products, strict, "the gradient of input")
        found = or_zeros(gradients(products, us, weights, create_graph), ys, strict, create_graph, "the Jacobian")
    return finished(outputs, create_graph), finished(like(outputs, found), create_graph)


def jacobian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian: for each output and each input, the derivatives of shape `(*output, *input)`.

    One backward for each element of the outputs, whatever `vectorize` and `strategy` say.

    >>> from tinygrad_edu import tensor
    >>> jacobian(lambda x: x * x.sum(), tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])

    Raises:
        RuntimeError: `strict` is broken.
        ValueError: there is no such strategy.
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(f'strategy is "reverse-mode" or "forward-mode", got {strategy!r}')
    with enable_grad():
        xs = fresh(as_tuple(inputs, "inputs"), create_graph)
        outputs = func(*xs)
        ys = as_tuple(outputs, "the result of the function")
        check_strict(ys, strict, "output")
        found = tuple([like(inputs, jacobian_of(y, xs, create_graph, strict)) for y in ys])
    return finished(like(outputs, found), create_graph)


def jacobian_of(y: Tensor, xs: Tensors, create_graph: bool, strict: bool) -> Tensors:
    """The Jacobians of one output."""
    rows = []
    for element in y.reshape(-1):
        found = gradients((element,), xs, None, create_graph)
        rows.append(or_zeros(found, xs, strict, create_graph, "an output"))
    if not rows:
        return tuple([zeros((*y.shape, *x.shape), dtype=y.dtype) for x in xs])
    columns = zip(*rows, strict=True)
    return tuple([stack(column).reshape((*y.shape, *x.shape)) for x, column in zip(xs, columns, strict=True)])


def scalar(func: Function, xs: Tensors) -> Tensor:
    """The result of a function that must give a single element.

    Raises:
        RuntimeError: it gives something else.
    """
    y = func(*xs)
    if not isinstance(y, Tensor) or y.numel() != 1:
        raise GradientError(f"the function must return one Tensor of one element, got {y!r:.80}")
    return y


def hessian(
    func: Function,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a function with one element: for each two inputs, derivatives of shape `(*first, *second)`.

    >>> from tinygrad_edu import tensor
    >>> hessian(lambda x: (x**3).sum(), tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])

    Raises:
        RuntimeError: the function gives more than one element; `strict` is broken.
    """
    as_tuple(inputs, "inputs")

    def first(*xs: Tensor) -> Any:
        y = scalar(func, xs)
        check_strict((y,), strict, "output")
        found = or_zeros(gradients((y,), xs, None, create_graph=True), xs, strict, False, "the output")
        check_strict(found, strict, "the gradient of input")
        return like(inputs, found)

    return jacobian(first, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)


def vhp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    r"""(func(inputs), v^T H), the product of a vector with the Hessian of a function with one element.

    >>> from tinygrad_edu import tensor
    >>> vhp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))

    Raises:
        RuntimeError: as for vjp; the function gives more than one element.
    """
    with enable_grad():
        xs = fresh(as_tuple(inputs, "inputs"), create_graph)
        weights = vector(v, xs, create_graph, "input")
        y = scalar(func, xs)
        check_strict((y,), strict, "output")
        first = gradients((y,), xs, None, create_graph=True)
        check_strict(first, strict, "the gradient of input")
        found = or_zeros(gradients(first, xs, weights, create_graph), xs, strict, create_graph, "the gradient")
    return finished(y, create_graph), finished(like(inputs, found), create_graph)


def hvp(func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> Any:
    r"""(func(inputs), H v), by one backward more than vhp, which is the same where H is symmetric.

    >>> from tinygrad_edu import tensor
    >>> hvp(lambda x: (x**3).sum(), tensor([1.0, 2.0]), tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))

    Raises:
        RuntimeError: as for vhp.
    """
    with enable_grad():
        xs = fresh(as_tuple(inputs, "inputs"), create_graph)
        weights = vector(v, xs, create_graph, "input")
        y = scalar(func, xs)
        check_strict((y,), strict, "output")
        first = gradients((y,), xs, None, create_graph=True)
        check_strict(first, strict, "the gradient of input")
        us = tuple([zeros_like(x).requires_grad_() for x in xs])
        products = gradients(first, xs, us, create_graph=True)
        found = or_zeros(gradients(products, us, weights, create_graph), xs, strict, create_graph, "the Hessian")
    return finished(y, create_graph), finished(like(inputs, found), create_graph)


guard(globals(), __all__, __name__, held=False)
