"""Activations without state; with `inplace` the result is written into the input, which is returned."""

from typing import Any

import numpy

from ...errors import ShapeError
from ...functions import piecewise, smooth
from ...functions.activation import applied, check_floating, kind_of
from ...functions.arithmetic import div
from ...functions.creation import zeros_like
from ...functions.dims import as_dim
from ...functions.random import Generator, drawn
from ...functions.softmax import log_softmax as log_softmax_along
from ...functions.softmax import softmax as softmax_along
from ...inplace import replace
from ...ops.elementary import sigmoid as logistic
from ...ops.elementary import tanh as hyperbolic_tangent
from ...recording import wrap
from ...tensor import Tensor
from ...told import warn_user

__all__ = [
    "elu",
    "elu_",
    "gelu",
    "glu",
    "gumbel_softmax",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "hardtanh_",
    "leaky_relu",
    "leaky_relu_",
    "log_softmax",
    "logsigmoid",
    "mish",
    "relu",
    "relu6",
    "sigmoid",
    "silu",
    "softmax",
    "softmin",
    "softplus",
    "softshrink",
    "softsign",
    "tanh",
    "tanhshrink",
]


def relu(input: Tensor, inplace: bool = False) -> Any:
    """max(x, 0), elementwise; `(*) -> (*)`."""
    return input.relu_() if inplace else input.relu()


def relu6(input: Tensor, inplace: bool = False) -> Any:
    """min(max(x, 0), 6), elementwise; `(*) -> (*)`; the gradient at 0 and 6 is 0."""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Any:
    """x where it is positive, negative_slope x elsewhere, elementwise; `(*) -> (*)`."""
    return applied(piecewise.leaky_relu, input, inplace, negative_slope=negative_slope)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Any:
    """`leaky_relu`, written into the input."""
    return leaky_relu(input, negative_slope, True)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Any:
    """x where it is positive, alpha (exp(x) - 1) elsewhere, elementwise; `(*) -> (*)`."""
    return applied(smooth.elu, input, inplace, alpha=alpha)


def elu_(input: Tensor, alpha: float = 1.0) -> Any:
    """`elu`, written into the input."""
    return elu(input, alpha, True)


def gelu(input: Tensor, approximate: str = "none") -> Any:
    r"""$x\,\Phi(x)$, $\Phi$ being the normal distribution's function, elementwise; `(*) -> (*)`.

    With `approximate="tanh"`: $x\,(1 + \tanh(\sqrt{2/\pi}\,(x + 0.044715\,x^3))) / 2$.

    Raises:
        RuntimeError: `approximate` is neither "none" nor "tanh".
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f'gelu takes approximate="none" or "tanh", got {approximate!r}')
    return applied(smooth.gelu, input, approximate=approximate)


def silu(input: Tensor, inplace: bool = False) -> Any:
    """x / (1 + exp(-x)), elementwise; `(*) -> (*)`."""
    return applied(smooth.silu, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Any:
    """x tanh(softplus(x)), elementwise; `(*) -> (*)`."""
    check_floating(input, "mish")
    source = input.clone() if inplace else input  # the product needs x as it was
    result = source * hyperbolic_tangent(smooth.softplus(source))
    return replace(input, result, "mish_") if inplace else result


def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Any:
    """ln(1 + exp(beta x)) / beta, and x where beta x passes the threshold, elementwise; `(*) -> (*)`."""
    return applied(smooth.softplus, input, beta=beta, threshold=threshold)


def softsign(input: Tensor) -> Any:
    """x / (1 + |x|), elementwise; `(*) -> (*)`."""
    return div(input, input.abs() + 1)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Any:
    """x held between two bounds, elementwise; `(*) -> (*)`; integers too; the gradient on a bound is 0.

    Raises:
        ValueError: min_val > max_val.
        RuntimeError: the Tensor holds bools, or integers that are never negative, and a bound is.
    """
    if min_val > max_val:
        raise ValueError(f"hardtanh needs min_val <= max_val, got {min_val} and {max_val}")
    kind = kind_of(input, "hardtanh")
    exact = float if kind == "f" else int
    min_val, max_val = exact(min_val), exact(max_val)
    if kind == "b" or (kind == "u" and min_val < 0):
        raise RuntimeError(f"hardtanh between {min_val} and {max_val} is not defined for {input.dtype}")
    result = piecewise.hardtanh(input, min_val=min_val, max_val=max_val)
    return replace(input, result, "hardtanh_") if inplace else result


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """`hardtanh`, written into the input."""
    return hardtanh(input, min_val, max_val, True)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Any:
    """(x + 3) / 6 held between 0 and 1, elementwise; `(*) -> (*)`."""
    return applied(piecewise.hardsigmoid, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Any:
    """x hardsigmoid(x), elementwise; `(*) -> (*)`."""
    return applied(piecewise.hardswish, input, inplace)


def softshrink(input: Tensor, lambd: float = 0.5) -> Any:
    """x moved towards 0 by lambd, and not past it, elementwise; `(*) -> (*)`.

    Raises:
        RuntimeError: lambd is negative, or more than the dtype can hold.
    """
    lambd = float(lambd)
    if not lambd >= 0:
        raise RuntimeError(f"softshrink takes a lambd of 0 or more, got {lambd}")
    if input.dtype.kind == "f" and lambd > float(numpy.finfo(input.dtype).max):
        raise RuntimeError(f"softshrink of {input.dtype} takes a lambd that {input.dtype} can hold, got {lambd}")
    return applied(piecewise.softshrink, input, lambd=lambd)


def tanhshrink(input: Tensor) -> Any:
    """x - tanh(x), elementwise; `(*) -> (*)`."""
    return input - hyperbolic_tangent(input)


def logsigmoid(input: Tensor) -> Any:
    """-ln(1 + exp(-x)), elementwise, without overflow; `(*) -> (*)`."""
    return applied(smooth.log_sigmoid, input)


def sigmoid(input: Tensor) -> Any:
    """1 / (1 + exp(-x)), elementwise; `(*) -> (*)`."""
    return logistic(input)


def tanh(input: Tensor) -> Any:
    """The hyperbolic tangent, elementwise; `(*) -> (*)`."""
    return hyperbolic_tangent(input)


def glu(input: Tensor, dim: int = -1) -> Any:
    """a sigmoid(b), a and b being the halves along a dimension; `(.., 2 n, ..) -> (.., n, ..)`.

    Raises:
        RuntimeError: the dimension cannot be halved.
    """
    check_floating(input, "glu")
    if not input.ndim:
        raise RuntimeError("glu halves a dimension, and a Tensor without dimensions has none")
    dim = as_dim(dim, input.ndim)
    if input.shape[dim] % 2:
        raise ShapeError(f"glu halves a dimension, and dimension {dim} of {input.shape} is odd")
    half, gate = input.tensor_split(2, dim)
    return half * logistic(gate)


def implied_dim(input: Tensor, name: str) -> int:
    """The dimension that PyTorch takes where none is given, with its warning."""
    warn_user(f"Implicit dimension choice for {name}: without dim= it is guessed; say which, often dim=-1")
    return 0 if input.ndim in (0, 1, 3) else 1


def softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """exp(x) / sum(exp(x)) along a dimension; `(*) -> (*)`."""
    return softmax_along(input, implied_dim(input, "softmax") if dim is None else dim, dtype)


def softmin(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """softmax(-x) along a dimension; `(*) -> (*)`."""
    return softmax_along(-input, implied_dim(input, "softmin") if dim is None else dim, dtype)


def log_softmax(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """x - ln(sum(exp(x))) along a dimension; `(*) -> (*)`."""
    return log_softmax_along(input, implied_dim(input, "log_softmax") if dim is None else dim, dtype)


def gumbel_softmax(
    logits: Tensor,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
    *,
    generator: Generator | None = None,
) -> Tensor:
    r"""A sample of a relaxed choice, $\mathrm{softmax}((x + \epsilon) / \tau)$; `(*) -> (*)`; $\epsilon$ is Gumbel.

    With `hard` the result is one-hot, its gradient that of the soft sample; `eps` has no effect.

    Source: Jang, Gu and Poole, "Categorical Reparameterization with Gumbel-Softmax" (2017).
    """
    check_floating(logits, "gumbel_softmax")
    noise = -wrap(drawn(logits.shape, logits.dtype, generator, "standard_exponential")).log()
    soft = softmax_along((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.detach().argmax(dim, keepdim=True)
    one_hot = zeros_like(soft).scatter(as_dim(dim, logits.ndim), index, 1.0)
    return one_hot - soft.detach() + soft
