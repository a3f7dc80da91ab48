"""Recurrent layers on NumPy: all steps of a batch of sequences, one product with the recurrent weight for each step.

The rows of one step stand together; `steps` holds their slices, in the order in which the steps are taken. A step has
n rows, which belong to the first n sequences: those that are as long. What a step keeps of its gates is laid out gate
by gate, so that all but one pass over them runs through memory without gaps, three times faster than by columns.
"""

from collections.abc import Sequence
from typing import Any

import numpy
from numpy.typing import NDArray

__all__ = ["entering", "gru", "lstm", "lstm_adjoint", "rnn"]

Array = NDArray[Any]
Steps = Sequence[slice]


def entering(state: Array, initial: Array, n: int) -> Array:
    """The states of the first n sequences before a step: those after the step before, and of newcomers the initial."""
    return state[:n] if n <= len(state) else numpy.concatenate((state, initial[len(state) : n]))


def by_gate(x: Array, count: int) -> Array:
    """A row's gates, which follow each other, as a dimension in front; `(n, count * H) -> (count, n, H)`, a view."""
    return x.reshape(len(x), count, x.shape[1] // count).transpose(1, 0, 2)


def block(x: Array, count: int) -> Array:
    """The rows of one step as what they hold: the gates one after the other; `(n, count * H) -> (count, n, H)`."""
    return x.reshape(count, len(x), x.shape[1] // count)


def to_sigmoid(x: Array) -> None:
    """1 / (1 + exp(x)), the sigmoid of -x, in the memory of x."""
    numpy.exp(x, x)
    x += 1
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
    weight, y, cell = numpy.ascontiguousarray(weight.T), h0, c0
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for rows in steps:
            n, kept = rows.stop - rows.start, block(gates[rows], 4)
            z = entering(y, h0, n) @ weight
            z += a[rows]
            z = by_gate(z, 4)
            numpy.negative(z[:2], kept[:2])
            numpy.negative(z[3], kept[2])
            to_sigmoid(kept[:3])
            i, f, o, g = kept
            numpy.tanh(z[2], g)
            cell = numpy.multiply(f, entering(cell, c0, n), c[rows])
            cell += i * g
            y = numpy.tanh(cell)
            if projection is None:
                y = numpy.multiply(y, o, h[rows])
            else:
                y *= o
                y = numpy.matmul(y, projection.T, h[rows])
    return h, c, gates


def lstm_adjoint(
    g_h: Array | None, g_c: Array | None, h: Array, c: Array, gates: Array, c0: Array, weight: Array, steps: Steps
) -> tuple[Array, Array, Array]:
    """The gradients of a, h0 and c0 of an LSTM without projection; all sequences have the same length."""
    ga = numpy.empty(gates.shape, gates.dtype)
    dh, dc = numpy.zeros_like(c0), numpy.zeros_like(c0)
    for t in reversed(range(len(steps))):
        rows = steps[t]
        i, f, o, g = block(gates[rows], 4)
        di, df, dg, do = by_gate(ga[rows], 4)
        if g_h is not None:
            dh += g_h[rows]
        if g_c is not None:
            dc += g_c[rows]
        x = numpy.tanh(c[rows])  # dc += dh (o - h tanh c): o (1 - tanh^2 c), because h is o tanh c
        x *= h[rows]
        numpy.subtract(o, x, x)
        x *= dh
        dc += x
        numpy.subtract(1, o, x)
        x *= h[rows]
        numpy.multiply(x, dh, do)
        y = dc * i
        numpy.multiply(g, g, x)
        numpy.subtract(1, x, x)
        numpy.multiply(x, y, dg)
        numpy.subtract(1, i, x)
        x *= g
        numpy.multiply(x, y, di)
        dc *= f
        numpy.subtract(1, f, x)
        x *= c[steps[t - 1]] if t else c0
        numpy.multiply(x, dc, df)
        dh = ga[rows] @ weight
    return ga, dh, dc


def gru(a: Array, h0: Array, weight: Array, bias: Array | None, steps: Steps) -> tuple[Array, Array]:
    """(h, gates) of all steps; `(N, H), (N, 4 H)`; the gates are r, z, n and q = W_n h + b_n, as blocks."""
    size = h0.shape[1]
    h, gates = numpy.empty((len(a), size), a.dtype), numpy.empty((len(a), 4 * size), a.dtype)
    weight, y = numpy.ascontiguousarray(weight.T), h0
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for rows in steps:
            before, kept = entering(y, h0, rows.stop - rows.start), block(gates[rows], 4)
            recurrent = before @ weight
            if bias is not None:
                recurrent += bias
            into = by_gate(a[rows], 3)
            recurrent = by_gate(recurrent, 3)
            r, z, n, q = kept
            numpy.copyto(kept[:2], recurrent[:2])
            kept[:2] += into[:2]
            numpy.negative(kept[:2], kept[:2])
            to_sigmoid(kept[:2])
            numpy.copyto(q, recurrent[2])
            numpy.multiply(r, q, n)
            n += into[2]
            numpy.tanh(n, n)
            y = numpy.subtract(before, n, h[rows])
            y *= z
            y += n
    return h, gates
