"""Jacobians of functions, and their products with vectors from the right."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.backward import grad as gradients_of
from ..errors import ArgumentError, GradientError
from ..functions.creation import zeros, zeros_like
from ..functions.joining import stack
from ..grad_mode import enable_grad
from ..tensor import Tensor
from .gradients import Argnums, Call, like, products_of, pulled_back
from .structures import flatten, rebuild

__all__ = ["hessian", "jacfwd", "jacrev", "jvp"]


def jvp(
    func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple[Any, ...]:
    """(func(*primals), J v): the product of the Jacobian with a vector like the primals; by two backwards.

    The gradient u^T J is linear in u, so its derivative with respect to u in the direction of v is J v. What the
    function computes under no_grad is therefore a constant here, as for grad; PyTorch's tangents go through it.

    >>> from tinygrad_edu import tensor
    >>> jvp(lambda x: x * x, (tensor([1.0, 2.0]),), (tensor([1.0, 10.0]),))
    (tensor([1., 4.]), tensor([ 2., 40.]))

    Raises:
        TypeError: the primals are not in a tuple.
        ValueError: something is no Tensor, or there is none.
        RuntimeError: the vector is not like the primals, or, with `strict`, an output does not depend on them.
    """
    if not isinstance(primals, tuple) or not isinstance(tangents, tuple):
        raise TypeError("jvp takes the primals, and the tangents, as a tuple")
    if not flatten(primals):
        raise ArgumentError(f"jvp takes a primal or more, got {primals!r}")
    made = Call(func, primals, tuple(range(len(primals))), {}, has_aux, forwards=True)
    weights = like(tangents, primals, "the primals")
    if strict and not all(depends(y, made.xs) for y in made.ys):
        raise GradientError("with strict=True each output of jvp's function depends on its inputs; one does not")
    watched = made.is_watched(*weights)
    us, products = products_of(made)
    found = made.finished(rebuild(made.output, pulled_back(products, us, weights, watched)), watched)
    output = made.finished(made.output, watched)
    return (output, found, made.finished(made.aux, watched)) if has_aux else (output, found)


def depends(y: Tensor, xs: Sequence[Tensor]) -> bool:
    """Whether there is a way from an output to one of the inputs."""
    if not y.requires_grad:
        return False
    found = gradients_of([y], xs, [zeros_like(y)], retain_graph=True, allow_unused=True)
    return any(g is not None for g in found)


def rows_of(y: Tensor, xs: Sequence[Tensor], create_graph: bool) -> list[Tensor]:
    """The derivatives of each element of y, by each of the others; of shapes `(*y, *x)`."""
    with enable_grad():
        elements = list(y.reshape(-1))
    rows = [pulled_back([element], xs, None, create_graph) for element in elements]
    if not rows:
        return [zeros((*y.shape, *x.shape), dtype=x.dtype) for x in xs]
    return [stack(column).reshape((*y.shape, *x.shape)) for column, x in zip(zip(*rows, strict=True), xs, strict=True)]


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """The function of the Jacobian, row by row: one backward for each element of the result, whatever `chunk_size`.

    For each output there is, for each input, a Tensor of shape `(*output, *input)`.

    >>> from tinygrad_edu import tensor
    >>> jacrev(lambda x: x * x.sum())(tensor([1.0, 2.0]))
    tensor([[4., 1.],
            [2., 5.]])

    Raises:
        ValueError: `chunk_size` is not positive; from the new function, if there is no such argument, or something is
            no Tensor.
    """
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"chunk_size is a positive number or None, got {chunk_size!r}")

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        made = Call(func, args, argnums, kwargs, has_aux)
        watched = made.is_watched()
        found = [rebuild(made.inputs, rows_of(y, made.xs, watched)) for y in made.ys]
        jacobian = made.finished(rebuild(made.output, found), watched)
        return (jacobian, made.finished(made.aux, watched)) if has_aux else jacobian

    return call


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The function of the Jacobian, column by column: one backward for each element of the inputs.

    The columns are the rows of the Jacobian of u^T J in u, so that one backward more is enough for all. Better than
    jacrev where the inputs are fewer than the outputs. `randomness` is taken for PyTorch's programs.

    >>> from tinygrad_edu import stack, tensor
    >>> jacfwd(lambda x: stack([x, x * x, x**3]))(tensor(2.0))
    tensor([ 1.,  4., 12.])

    Raises:
        ValueError: as for jacrev.
    """

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        made = Call(func, args, argnums, kwargs, has_aux, forwards=True)
        watched = made.is_watched()
        us, products = products_of(made)
        columns = [rows_of(product, us, watched) for product in products]  # of shapes (*input, *output)
        found = [
            rebuild(made.inputs, [output_first(column[i], x.ndim) for column, x in zip(columns, made.xs, strict=True)])
            for i in range(len(us))
        ]
        jacobian = made.finished(rebuild(made.output, found), watched)
        return (jacobian, made.finished(made.aux, watched)) if has_aux else jacobian

    return call


def output_first(column: Tensor, input_dims: int) -> Tensor:
    """`(*input, *output) -> (*output, *input)`."""
    dims = range(column.ndim)
    return column.permute(*dims[input_dims:], *dims[:input_dims]) if column.ndim else column


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function of the second derivatives: the Jacobian of the Jacobian.

    >>> from tinygrad_edu import tensor
    >>> hessian(lambda x: (x**3).sum())(tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])

    Raises:
        ValueError: as for jacrev.
    """
    return jacrev(jacrev(func, argnums), argnums)
