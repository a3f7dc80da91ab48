"""Recurrent layers on NumPy: all steps of a batch of sequences, one product with the recurrent weight for each step.

The rows of one step stand together; `steps` holds their slices, in the order in which the steps are taken. A step has
n rows, which belong to the first n sequences: those that are as long. What a step keeps of its gates is laid out gate
by gate, so that all but one pass over them runs through memory without gaps, three times faster than by columns.

A step's product is small. OpenBLAS takes those of up to a million multiplications as they lie and copies both factors
of larger ones, so the weight comes in parts, of some columns each, with which that is avoided. Temporaries start where
a line of the cache does; all that a step does not keep is written to the same ones.
"""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

from .constants import constant_for
from .memory import aligned

__all__ = ["entering", "gru", "lstm", "lstm_adjoint", "rnn"]

Array = NDArray[Any]
Steps = Sequence[slice]

SMALL = 1_000_000  # multiplications of a product whose factors OpenBLAS does not copy
PARTS, WIDTH = 16, 32  # more parts, or narrower ones, take longer than the copies


def entering(state: Array, initial: Array, n: int) -> Array:
    """The states of the first n sequences before a step: those after the step before, and of newcomers the initial."""
    return state[:n] if n <= len(state) else numpy.concatenate((state, initial[len(state) : n]))


def by_gate(x: Array, count: int) -> Array:
    """A row's gates, which follow each other, as a dimension in front; `(n, count * H) -> (count, n, H)`, a view."""
    return x.reshape(len(x), count, x.shape[1] // count).transpose(1, 0, 2)


def block(x: Array, count: int) -> Array:
    """The rows of one step as what they hold: the gates one after the other; `(n, count * H) -> (count, n, H)`."""
    return x.reshape(count, len(x), x.shape[1] // count)


class Weight:
    """A multiple of a matrix that the states of each step, of n sequences at most, are multiplied with; `(K, N)`.

    `numpy.matmul(x, weight.parts, weight.parts_of(out))` writes x times the matrix to out.
    """

    def __init__(self, matrix: Array, n: int, factor: float = 1.0) -> None:
        rows, columns = matrix.shape
        whole = aligned(matrix.shape, matrix.dtype)
        numpy.multiply(matrix, constant_for(matrix, factor), whole)
        least = -(-n * rows * columns // SMALL)
        fits = [k for k in range(least, min(PARTS, columns // WIDTH) + 1) if k and columns % k == 0]
        self.count = fits[0] if fits else 1
        self.parts = self.parts_of(whole)

    def parts_of(self, x: Array) -> Array:
        """Some columns after the other; `(n, N) -> (count, n, N / count)`, a view."""
        return x if self.count == 1 else by_gate(x, self.count)


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


def lstm(
    a: Array, h0: Array, c0: Array, weight: Array, projection: Array | None, steps: Steps
) -> tuple[Array, Array, Array]:
    """(h, c, gates) of all steps; `(N, P), (N, H), (N, 4 H)`; the gates are i, f, o, g, as blocks."""
    h, c, gates = (numpy.empty((len(a), n), a.dtype) for n in (h0.shape[1], c0.shape[1], a.shape[1]))
    recurrent = Weight(weight.T, len(h0), -1.0)  # a sigmoid takes exp(-z), so -z is what a step begins with
    before, room = aligned((len(c0), a.shape[1]), a.dtype), aligned(c0.shape, a.dtype)
    y, cell, n, one = h0, c0, -1, constant_for(a, 1.0)
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for rows in steps:
            if n != rows.stop - rows.start:
                n = rows.stop - rows.start
                x, z = room[:n], before[:n]
                into, of_gates = recurrent.parts_of(z), by_gate(z, 4)
            kept = block(gates[rows], 4)
            i, f, o, g = kept
            numpy.matmul(entering(y, h0, n), recurrent.parts, into)
            z -= a[rows]
            numpy.exp(of_gates[:2], kept[:2])
            numpy.exp(of_gates[3], o)
            to_sigmoid(kept[:3], one)
            numpy.negative(of_gates[2], x)
            numpy.tanh(x, g)
            cell = numpy.multiply(f, entering(cell, c0, n), c[rows])
            cell += numpy.multiply(i, g, x)
            numpy.tanh(cell, x)
            if projection is None:
                y = numpy.multiply(x, o, h[rows])
            else:
                x *= o
                y = numpy.matmul(x, projection.T, h[rows])
    return h, c, gates


def lstm_adjoint(
    g_h: Array | None, g_c: Array | None, h: Array, c: Array, gates: Array, c0: Array, weight: Array, steps: Steps
) -> tuple[Array, Array, Array]:
    """The gradients of a, h0 and c0 of an LSTM without projection; all sequences have the same length."""
    ga = numpy.empty(gates.shape, gates.dtype)
    recurrent, one = Weight(weight, len(c0)), constant_for(gates, 1.0)
    dh, dc, x = (aligned(c0.shape, c0.dtype) for _ in range(3))
    slopes = aligned((3, *c0.shape), c0.dtype)
    dh[:] = dc[:] = 0
    into = recurrent.parts_of(dh)
    for t in reversed(range(len(steps))):
        rows = steps[t]
        y, kept, to_gates = h[rows], block(gates[rows], 4), by_gate(ga[rows], 4)
        i, f, o, g = kept
        if g_h is not None:
            dh += g_h[rows]
        if g_c is not None:
            dc += g_c[rows]
        numpy.tanh(c[rows], x)  # dc += dh (o - h tanh c): o (1 - tanh^2 c), because h is o tanh c
        x *= y
        numpy.subtract(o, x, x)
        x *= dh
        dc += x
        di, df, do = numpy.subtract(one, kept[:3], slopes)
        do *= y
        numpy.multiply(do, dh, to_gates[3])
        of_cell = slopes[:2]
        of_cell *= kept[:2]
        di *= g
        df *= c[steps[t - 1]] if t else c0
        numpy.multiply(of_cell, dc, to_gates[:2])
        numpy.multiply(g, g, x)
        numpy.subtract(one, x, x)
        x *= i
        numpy.multiply(x, dc, to_gates[2])
        dc *= f
        numpy.matmul(ga[rows], recurrent.parts, into)
    return ga, dh, dc


def gru(a: Array, h0: Array, weight: Array, bias: Array | None, steps: Steps) -> tuple[Array, Array]:
    """(h, gates) of all steps; `(N, H), (N, 4 H)`; the gates are r, z, n and q = W_n h + b_n, as blocks."""
    size = h0.shape[1]
    h, gates = numpy.empty((len(a), size), a.dtype), numpy.empty((len(a), 4 * size), a.dtype)
    recurrent, room, y = Weight(weight.T, len(h0)), aligned((len(h0), 3 * size), a.dtype), h0
    one = constant_for(a, 1.0)
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for rows in steps:
            count = rows.stop - rows.start
            before, kept = entering(y, h0, count), block(gates[rows], 4)
            products = room[:count]
            numpy.matmul(before, recurrent.parts, recurrent.parts_of(products))
            if bias is not None:
                products += bias
            into, products = by_gate(a[rows], 3), by_gate(products, 3)
            r, z, n, q = kept
            gate = kept[:2]
            numpy.copyto(gate, products[:2])
            gate += into[:2]
            numpy.negative(gate, gate)
            numpy.exp(gate, gate)
            to_sigmoid(gate, one)
            numpy.copyto(q, products[2])
            numpy.multiply(r, q, n)
            n += into[2]
            numpy.tanh(n, n)
            y = numpy.subtract(before, n, h[rows])
            y *= z
            y += n
    return h, gates
