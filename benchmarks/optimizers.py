"""An optimizer's step: beside the bare NumPy statement of its algorithm on a million elements, and beside PyTorch's.

PyTorch's step is the one that goes from parameter to parameter (`foreach=False`), as ours does, on a hundred parameters
of 8 x 8. Those of ours that PyTorch lacks have no second figure. Times are those of the fastest step.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

from .measure import fastest

SIZE = 1_000_000
SMALL, COUNT = (8, 8), 100
Array = Any
State = dict[str, Array]
f = numpy.float32


def sgd(p: Array, g: Array, state: State, t: int) -> None:
    b = state["b"]
    b *= f(0.9)
    b += g
    p -= f(1e-3) * b


def averages(g: Array, state: State) -> tuple[Array, Array]:
    m, v = state["m"], state["v"]
    m *= f(0.9)
    m += f(0.1) * g
    v *= f(0.999)
    v += f(0.001) * g * g
    return m, v


def adam(p: Array, g: Array, state: State, t: int) -> None:
    m, v = averages(g, state)
    deviation = numpy.sqrt(v / f(1 - 0.999**t)) + f(1e-8)
    p -= f(1e-3 / (1 - 0.9**t)) * m / deviation


def adamw(p: Array, g: Array, state: State, t: int) -> None:
    p *= f(1 - 1e-3 * 1e-2)
    adam(p, g, state, t)


def nadam(p: Array, g: Array, state: State, t: int) -> None:
    m, v = averages(g, state)
    mu, following = [0.9 * (1 - 0.5 * 0.96 ** (i * 0.004)) for i in (t, t + 1)]
    state["product"] = state.get("product", 1.0) * mu
    deviation = numpy.sqrt(v / f(1 - 0.999**t)) + f(1e-8)
    p -= f(1e-3 * (1 - mu) / (1 - state["product"])) * g / deviation
    p -= f(1e-3 * following / (1 - state["product"] * following)) * m / deviation


def radam(p: Array, g: Array, state: State, t: int) -> None:
    m, v = averages(g, state)
    known, most = 1 - 0.999**t, 1999.0
    length = most - 2 * t * 0.999**t / known
    step = f(1e-3 / (1 - 0.9**t)) * m
    if length > 5:
        rectified = math.sqrt((length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length))
        step = step * f(rectified * math.sqrt(known)) / (numpy.sqrt(v) + f(1e-8))
    p -= step


def adamax(p: Array, g: Array, state: State, t: int) -> None:
    m, u = state["m"], state["u"]
    m *= f(0.9)
    m += f(0.1) * g
    numpy.maximum(f(0.999) * u, numpy.abs(g) + f(1e-8), out=u)
    p -= f(1e-3 / (1 - 0.9**t)) * m / u


def rmsprop(p: Array, g: Array, state: State, t: int) -> None:
    v = state["v"]
    v *= f(0.99)
    v += f(0.01) * g * g
    p -= f(1e-3) * g / (numpy.sqrt(v) + f(1e-8))


def adagrad(p: Array, g: Array, state: State, t: int) -> None:
    s = state["s"]
    s += g * g
    p -= f(1e-3) * g / (numpy.sqrt(s) + f(1e-10))


def adadelta(p: Array, g: Array, state: State, t: int) -> None:
    v, u = state["v"], state["u"]
    v *= f(0.9)
    v += f(0.1) * g * g
    delta = numpy.sqrt(u + f(1e-6)) / numpy.sqrt(v + f(1e-6)) * g
    u *= f(0.9)
    u += f(0.1) * delta * delta
    p -= f(1e-3) * delta


def rprop(p: Array, g: Array, state: State, t: int) -> None:
    if t == 1:
        state["s"][...] = 1e-3
    previous, s = state["previous"], state["s"]
    agreement = g * previous
    s *= numpy.where(agreement > 0, f(1.2), numpy.where(agreement < 0, f(0.5), f(1)))
    numpy.clip(s, f(1e-6), f(50), out=s)
    g = numpy.where(agreement < 0, f(0), g)
    p -= numpy.sign(g) * s
    previous[...] = g


def asgd(p: Array, g: Array, state: State, t: int) -> None:
    eta = state.get("eta", 1e-3)
    p *= f(1 - 1e-4 * eta)
    p -= f(eta) * g
    state["mean"][...] = p
    state["eta"] = 1e-3 / (1 + 1e-4 * 1e-3 * t) ** 0.75


def lion(p: Array, g: Array, state: State, t: int) -> None:
    m = state["m"]
    p -= f(1e-3) * numpy.sign(f(0.9) * m + f(0.1) * g)
    m *= f(0.99)
    m += f(0.01) * g


def lamb(p: Array, g: Array, state: State, t: int) -> None:
    m, v = averages(g, state)
    u = m / f(1 - 0.9**t) / (numpy.sqrt(v / f(1 - 0.999**t)) + f(1e-6))
    p -= f(1e-3) * numpy.linalg.norm(p) / numpy.linalg.norm(u) * u


def lars(p: Array, g: Array, state: State, t: int) -> None:
    b = state["b"]
    b *= f(0.9)
    b += f(1e-3 * 1e-3) * numpy.linalg.norm(p) / numpy.linalg.norm(g) * g
    p -= b


def adamp(p: Array, g: Array, state: State, t: int) -> None:
    m, v = averages(g, state)
    deviation = numpy.sqrt(v / f(1 - 0.999**t)) + f(1e-8)
    p -= f(1e-3 / (1 - 0.9**t)) * m / deviation  # a vector is not projected


def nesterov(p: Array, g: Array, state: State, t: int) -> None:
    a = state.get("a", 1.0)
    following = state["a"] = (1 + math.sqrt(4 * a * a + 1)) / 2
    before = state["x"] if t > 1 else p.copy()
    x = state["x"] = p - f(1e-3) * g
    p[...] = x + f((a - 1) / following) * (x - before)


STATEMENTS: dict[str, tuple[Callable[..., None], dict[str, Any]]] = {
    "SGD": (sgd, {"momentum": 0.9}),
    "Adam": (adam, {}),
    "AdamW": (adamw, {}),
    "NAdam": (nadam, {}),
    "RAdam": (radam, {}),
    "Adamax": (adamax, {}),
    "RMSprop": (rmsprop, {}),
    "Adagrad": (adagrad, {}),
    "Adadelta": (adadelta, {}),
    "Rprop": (rprop, {}),
    "ASGD": (asgd, {}),
    "AdamP": (adamp, {}),
    "LAMB": (lamb, {}),
    "LARS": (lars, {}),
    "Lion": (lion, {}),
    "Nesterov": (nesterov, {}),
}


class Fresh(dict[str, Array]):
    """A state whose arrays begin with zeros."""

    def __init__(self, like: Array) -> None:
        self.like = like

    def __missing__(self, name: str) -> Array:
        self[name] = numpy.zeros_like(self.like)
        return self[name]


def cells(ours: float, theirs: float) -> str:
    return f"{ours * 1e6:.0f} | {theirs * 1e6:.0f} | {ours / theirs:.2f}"


def beside_numpy(name: str) -> str:
    statement, settings = STATEMENTS[name]
    start, g = numpy.random.default_rng(0).standard_normal((2, SIZE)).astype(f)
    p = nn.Parameter(tg.tensor(start))
    p.grad = tg.tensor(g)
    optimizer = getattr(optim, name)([p], lr=1e-3, **settings)
    x, state, t = start.copy(), Fresh(start), 0

    def bare() -> None:
        nonlocal t
        t += 1
        statement(x, g, state, t)

    for _ in range(7):
        optimizer.step()
        bare()
    numpy.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-4, atol=1e-6)
    return cells(*fastest(optimizer.step, bare, rounds=50))


def beside_torch(name: str) -> str:
    import torch

    torch.set_num_threads(1)
    if not hasattr(torch.optim, name):
        return "| |"
    settings = STATEMENTS[name][1]
    arrays = numpy.random.default_rng(0).standard_normal((COUNT, 2, *SMALL)).astype(f)
    steps = []
    for m, made in ((tg, optim), (torch, torch.optim)):
        parameters = [m.nn.Parameter(m.tensor(start)) for start, _ in arrays]
        for p, (_, g) in zip(parameters, arrays, strict=True):
            p.grad = m.tensor(g)
        ways = {} if m is tg else {"foreach": False}
        steps.append(getattr(made, name)(parameters, lr=1e-3, **settings, **ways).step)
    return cells(*fastest(*steps, rounds=1000))


def report() -> None:
    """Print a Markdown table."""
    print("| step | 1e6: ours, us | NumPy, us | ratio | 100 small: ours, us | PyTorch, us | ratio |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for name in STATEMENTS:
        print(f"| {name} | {beside_numpy(name)} | {beside_torch(name)} |", flush=True)
