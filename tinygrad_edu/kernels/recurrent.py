"""Recurrent layers on NumPy: all steps of a batch of sequences, one product with the recurrent weight for each step.

The rows of one step stand together; `steps` holds their slices, in the order in which the steps are taken. A step has
n rows, which belong to the first n sequences: those that are as long. Products come, and what a step keeps of its gates
is laid out, gate by gate, so that most passes over them run through memory without gaps, three times as fast as by
columns.

A step's product is small. OpenBLAS takes those of up to a million multiplications as they lie and copies both factors
of larger ones, so the weight comes in parts, of some columns each, with which that is avoided. Temporaries start where
a line of the cache does; all that a step does not keep is written to the same ones.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy
from numpy.typing import NDArray

from .constants import constant_for
from .memory import aligned

__all__ = ["Weight", "blocks", "by_gate", "entering", "gru", "rnn", "runs", "small_parts", "to_sigmoid"]

Array = NDArray[Any]
Steps = Sequence[slice]

SMALL = 1_000_000  # multiplications of a product whose factors OpenBLAS does not copy
PARTS, WIDTH = 16, 32  # more parts, or narrower ones, take longer than the copies

GATES = (0, -1.0), (1, -1.0), (2, 1.0)  # -z of r and z, since a sigmoid takes exp(-z), and z of n


def entering(state: Array, initial: Array, n: int) -> Array:
    """The states of the first n sequences before a step: those after the step before, and of newcomers the initial."""
    return state[:n] if n <= len(state) else numpy.concatenate((state, initial[len(state) : n]))


def runs(steps: Steps) -> Iterator[Callable[[Array], Array]]:
    """What shows the rows of an array as steps, for each run of steps of as many sequences; `(N, *) -> (T, n, *)`."""
    for n, run in groupby(steps, key=lambda rows: rows.stop - rows.start):
        yield functools.partial(as_steps, run=list(run), n=n)


def as_steps(x: Array, run: Steps, n: int) -> Array:
    """The rows of some steps, in their order; a view."""
    first, last = run[0].start, run[-1].start
    rows = x[min(first, last) : max(first, last) + n].reshape(len(run), n, *x.shape[1:])
    return rows if first <= last else rows[::-1]


def by_gate(x: Array, count: int) -> Array:
    """The gates of a row, which follow each other, apart; `(T, n, count * H) -> (T, count, n, H)`, a view."""
    return x.reshape(*x.shape[:2], count, x.shape[2] // count).transpose(0, 2, 1, 3)


def blocks(x: Array, count: int) -> Array:
    """The rows of a step as what they hold: the gates one after the other; `(T, n, count * H) -> (T, count, n, H)`."""
    return x.reshape(len(x), count, x.shape[1], x.shape[2] // count)


def small_parts(n: int, rows: int, columns: int, gates: int) -> int:
    """Into how many parts of each gate's columns to cut a product of n rows; 0 if none makes it small."""
    least = max(1, -(-n * rows * columns // SMALL))
    most = max(1, min(PARTS // gates, columns // WIDTH))
    return next((k for k in range(least, most + 1) if columns % k == 0), 0)


class Weight:
    """The transpose of a matrix that the rows of a step, n at most, are multiplied with; `(G * H, K)`.

    `gates` tells which of the G gates come, in order, each with its factor. `numpy.matmul(x, weight.parts,
    weight.parts_of(out))` writes x, `(n, K)`, times the transpose to out, `(G, n, H)`.
    """

    def __init__(self, matrix: Array, n: int, gates: Sequence[tuple[int, float]] = ((0, 1.0),)) -> None:
        rows, size = matrix.shape[1], len(matrix) // len(gates)
        whole, given = aligned((rows, len(gates), size), matrix.dtype), matrix.T.reshape(rows, len(gates), size)
        for k, (gate, factor) in enumerate(gates):
            numpy.multiply(given[:, gate], constant_for(matrix, factor), whole[:, k])
        self.count = small_parts(n, rows, size, len(gates)) or 1
        self.parts = self.parts_of(whole.transpose(1, 0, 2))

    def parts_of(self, x: Array) -> Array:
        """Some columns after the other; `(G, n, H) -> (G, count, n, H / count)`, a view."""
        gates, n, size = x.shape
        return x.reshape(gates, n, self.count, size // self.count).transpose(0, 2, 1, 3)


def to_sigmoid(x: Array, one: Array) -> None:
    """1 / (1 + x), the sigmoid of z where x is exp(-z), in the memory of x."""
    x += one
    numpy.reciprocal(x, x)


def rnn(a: Array, h0: Array, weight: Array, nonlinearity: str, steps: Steps) -> Array:
    """h_t = tanh(a_t + W h_(t-1)) of all steps, or the same with relu; `(N, H)`."""
    h = numpy.empty(a.shape, a.dtype)
    weight, y = numpy.ascontiguousarray(weight.T), h0
    for rows in steps:
        y = entering(y, h0, rows.stop - rows.start) @ weight
        y += a[rows]
        y = numpy.tanh(y, out=h[rows]) if nonlinearity == "tanh" else numpy.maximum(y, 0, out=h[rows])
    return h


def gru(a: Array, h0: Array, weight: Array, bias: Array | None, steps: Steps) -> tuple[Array, Array]:
    """(h, gates) of all steps; `(N, H), (N, 4 H)`; the gates are r, z, n and q = W_n h + b_n, as blocks."""
    size = h0.shape[1]
    h, gates = numpy.empty((len(a), size), a.dtype), numpy.empty((len(a), 4 * size), a.dtype)
    recurrent, room, y = Weight(weight, len(h0), GATES), aligned((3, *h0.shape), a.dtype), h0
    shift = None if bias is None else numpy.concatenate((-bias[: 2 * size], bias[2 * size :])).reshape(3, 1, size)
    one = constant_for(a, 1.0)
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for of in runs(steps):
            entered, outputs, kept = by_gate(of(a), 3), of(h), blocks(of(gates), 4)
            n = outputs.shape[1]
            y, products = entering(y, h0, n), room[:, :n]
            into = recurrent.parts_of(products)
            for at, (r, z, new, q), gate, after in zip(entered, kept, kept[:, :2], outputs, strict=True):
                numpy.matmul(y, recurrent.parts, into)
                if shift is not None:
                    products += shift
                numpy.subtract(products[:2], at[:2], gate)
                numpy.exp(gate, gate)
                to_sigmoid(gate, one)
                numpy.copyto(q, products[2])
                numpy.multiply(r, q, new)
                new += at[2]
                numpy.tanh(new, new)
                y = numpy.subtract(y, new, after)
                y *= z
                y += new
    return h, gates
