r"""Optimizers as functions, differentiable end to end: parameters and state in, new ones out, nothing written.

What an inner training gives is then a function of its settings, and backward through all of its steps gives the
hyper-gradient, here of a learning rate: where the loss after the steps falls, if the rate grows.

>>> from tinygrad_edu import autograd, tensor
>>> lr = tensor(0.1, requires_grad=True)
>>> params, state = [tensor([1.0, -2.0], requires_grad=True)], None
>>> for _ in range(3):
...     loss = (params[0] ** 2).sum()
...     grads = autograd.grad(loss, params, create_graph=True)
...     params, state = sgd(params, grads, state, lr=lr)
>>> outer = (params[0] ** 2).sum()  # 5 (1 - 2 lr)^6
>>> outer.backward()
>>> print(f"{lr.grad.item():.4f}")  # -60 (1 - 2 lr)^5
-19.6608
"""

from collections.abc import Sequence
from typing import Any

from ..functions.creation import zeros_like
from ..tensor import Tensor

__all__ = ["adam", "sgd"]

Number = float | Tensor
Tensors = list[Any]


def check_count(params: Sequence[Tensor], grads: Sequence[Any]) -> None:
    """Refuse gradients of other parameters.

    Raises:
        ValueError: there are not as many as parameters.
    """
    if len(params) != len(grads):
        raise ValueError(f"there are {len(params)} parameters and {len(grads)} gradients")


def sgd(
    params: Sequence[Tensor],
    grads: Sequence[Any],
    state: Tensors | None = None,
    *,
    lr: Number,
    momentum: Number = 0,
    weight_decay: Number = 0,
) -> tuple[Tensors, Tensors]:
    r"""A step of stochastic gradient descent: (new parameters, new velocities); see `SGD`.

    $g \leftarrow g + \lambda p,\ b \leftarrow \mu b + g,\ p \leftarrow p - lr \cdot b$. Any setting may be a Tensor
    that requires grad. The state of the first step is None.

    Raises:
        ValueError: there are not as many gradients as parameters.
    """
    check_count(params, grads)
    velocities = [zeros_like(p, requires_grad=False) for p in params] if state is None else state
    moved, kept = [], []
    for p, g, b in zip(params, grads, velocities, strict=True):
        b = momentum * b + (g + weight_decay * p)
        moved.append(p - lr * b)
        kept.append(b)
    return moved, kept


def adam(
    params: Sequence[Tensor],
    grads: Sequence[Any],
    state: tuple[int, Tensors, Tensors] | None = None,
    *,
    lr: Number,
    betas: tuple[Number, Number] = (0.9, 0.999),
    eps: Number = 1e-8,
    weight_decay: Number = 0,
) -> tuple[Tensors, tuple[int, Tensors, Tensors]]:
    r"""A step of Adam: (new parameters, (number of steps, means, mean squares)); see `Adam`.

    Any setting may be a Tensor that requires grad. The state of the first step is None. Where a gradient is 0 at all
    steps, the root of its mean square has no derivative, and the derivative is taken as 0: such an element does not
    move, whatever the settings.

    Raises:
        ValueError: there are not as many gradients as parameters.
    """
    check_count(params, grads)
    beta1, beta2 = betas
    if state is None:
        zeros = [zeros_like(p, requires_grad=False) for p in params]
        state = 0, zeros, zeros
    t, means, squares, moved = state[0] + 1, [], [], []
    for p, g, m, v in zip(params, grads, state[1], state[2], strict=True):
        g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        still = v.detach() == 0
        root = (v / (1 - beta2**t)).masked_fill(still, 1.0).sqrt().masked_fill(still, 0.0)
        moved.append(p - lr * (m / (1 - beta1**t)) / (root + eps))
        means.append(m)
        squares.append(v)
    return moved, (t, means, squares)
