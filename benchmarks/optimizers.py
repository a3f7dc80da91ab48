"""An optimizer's step beside the bare NumPy statement of its algorithm, on one parameter of a million elements."""

from collections.abc import Callable
from typing import Any

import numpy

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

from .measure import interleaved

SIZE = 1_000_000
Array = Any


def sgd(p: Array, g: Array, state: dict[str, Array], t: int) -> None:
    b = state["b"]
    b *= numpy.float32(0.9)
    b += g
    p -= numpy.float32(1e-3) * b


def adam(p: Array, g: Array, state: dict[str, Array], t: int) -> None:
    m, v = state["m"], state["v"]
    m *= numpy.float32(0.9)
    m += numpy.float32(0.1) * g
    v *= numpy.float32(0.999)
    v += numpy.float32(0.001) * g * g
    deviation = numpy.sqrt(v / numpy.float32(1 - 0.999**t)) + numpy.float32(1e-8)
    p -= numpy.float32(1e-3 / (1 - 0.9**t)) * m / deviation


def adamw(p: Array, g: Array, state: dict[str, Array], t: int) -> None:
    p *= numpy.float32(1 - 1e-3 * 1e-2)
    adam(p, g, state, t)


def rmsprop(p: Array, g: Array, state: dict[str, Array], t: int) -> None:
    v = state["v"]
    v *= numpy.float32(0.99)
    v += numpy.float32(0.01) * g * g
    p -= numpy.float32(1e-3) * g / (numpy.sqrt(v) + numpy.float32(1e-8))


STATEMENTS: list[tuple[Callable[..., None], Callable[..., Any]]] = [
    (sgd, lambda ps: optim.SGD(ps, lr=1e-3, momentum=0.9)),
    (adam, lambda ps: optim.Adam(ps, lr=1e-3)),
    (adamw, lambda ps: optim.AdamW(ps, lr=1e-3)),
    (rmsprop, lambda ps: optim.RMSprop(ps, lr=1e-3)),
]


def report() -> None:
    """Print a Markdown table."""
    start, g = numpy.random.default_rng(0).standard_normal((2, SIZE)).astype(numpy.float32)
    print("| step | ours, us | NumPy, us | ratio |\n|---|---:|---:|---:|")
    for statement, make in STATEMENTS:
        p = nn.Parameter(tg.tensor(start))
        p.grad = tg.tensor(g)
        optimizer = make([p])
        x, state, t = start.copy(), {name: numpy.zeros_like(g) for name in "bmv"}, 0

        def bare(statement: Any = statement, x: Any = x, state: Any = state) -> None:
            nonlocal t
            t += 1
            statement(x, g, state, t)

        for _ in range(3):
            optimizer.step()
            bare()
        numpy.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-4, atol=1e-6)
        result = interleaved(optimizer.step, bare)
        name = type(optimizer).__name__
        print(f"| {name} | {result.ours * 1e6:.0f} | {result.theirs * 1e6:.0f} | {result.ratio:.2f} |", flush=True)
