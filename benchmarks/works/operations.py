"""What one operation costs beyond its arithmetic: ten elements, forward and backward; and a chain of them."""

import functools
from collections.abc import Callable
from typing import Any

import numpy

from ..peers.tinygrad_edu import seed
from ..work import Array, Program, Work, numbers

__all__ = ["OPERATIONS", "works"]

LAST = numpy.array([9, 0, 3, 3])


@functools.cache
def mask(m: Any) -> Any:
    """Every third of ten."""
    return m.constant(numpy.arange(10) % 3 == 0)


# the operation on x (10), or on x and y (10) where it takes two; of (2, 5) where the name says so
OPERATIONS: dict[str, Callable[..., Any]] = {
    "x + y": lambda m, x, y: x + y,
    "x - y": lambda m, x, y: x - y,
    "x * y": lambda m, x, y: x * y,
    "x / y": lambda m, x, y: x / y,
    "-x": lambda m, x: -x,
    "x ** 2": lambda m, x: x**2,
    "x * 0.9": lambda m, x: x * 0.9,
    "exp": lambda m, x: m.exp(x),
    "log": lambda m, x: m.log(x),
    "sqrt": lambda m, x: m.sqrt(x),
    "sin": lambda m, x: m.sin(x),
    "cos": lambda m, x: m.cos(x),
    "tanh": lambda m, x: m.tanh(x),
    "sigmoid": lambda m, x: m.sigmoid(x),
    "relu": lambda m, x: m.relu(x),
    "abs": lambda m, x: m.abs(x),
    "maximum": lambda m, x, y: m.maximum(x, y),
    "minimum": lambda m, x, y: m.minimum(x, y),
    "clamp": lambda m, x: m.clamp(x, 0.6, 1.5),
    "where": lambda m, x, y: m.where(mask(m), x, y),
    "sum": lambda m, x: m.sum(x),
    "mean": lambda m, x: m.mean(x),
    "max": lambda m, x: m.max(x),
    "reshape": lambda m, x: m.reshape(x, (2, -1)),
    "x[2:8]": lambda m, x: x[2:8],
    "x[index]": lambda m, x: x[LAST],
    "cat": lambda m, x, y: m.cat([x, y]),
    "transpose (2, 5)": lambda m, x: m.transpose(x, 0, 1),
    "softmax (2, 5)": lambda m, x: m.softmax(x, -1),
    "logsumexp (2, 5)": lambda m, x: m.logsumexp(x, -1),
    "matmul (2, 5)": lambda m, x, y: m.matmul(x, m.transpose(y, 0, 1)),
}


def operation(name: str, call: Callable[..., Any]) -> Work:
    count = call.__code__.co_argcount - 1
    shape = (2, 5) if "(2, 5)" in name else (10,)
    arrays = [numpy.abs(numbers(*shape, seed=i)) + numpy.float32(0.5) for i in range(count)]

    def build(peer: Any) -> Program:
        mask(peer)  # before anything is traced
        return peer.gradients(call, arrays, seed(call, arrays))

    return Work(name.partition(" (")[0] + ", ten elements", build)


def chain(m: Any, x: Any) -> Any:
    """Ten times x * 0.9, + 0.1, tanh, exp, log, then the sum: 51 operations."""
    for _ in range(10):
        x = m.log(m.exp(m.tanh(x * 0.9 + 0.1)))
    return m.sum(x)


def works() -> list[Work]:
    start: Array = numpy.linspace(0.1, 1, 10, dtype=numpy.float32)
    ten = [operation(name, call) for name, call in OPERATIONS.items()]
    return [Work("chain of 51 ten-element operations", lambda m: m.gradients(chain, [start], None), 0.55), *ten]
