"""An LSTM on NumPy: what the steps of recurrent.py are here.

A step passes over its gates again and again, so all else is kept from it. States and input go through one product, with
the bias as the weight of an input that is always 1; the weight brings the gates with the signs, and in the order, in
which a step takes them. What backward multiplies a step's gradients with does not depend on these, so it is computed
for some steps at once: few enough to stay in the cache.
"""

from collections.abc import Callable
from typing import Any

import numpy
from numpy.typing import NDArray

from .constants import constant_for
from .memory import aligned
from .recurrent import Steps, Weight, blocks, by_gate, entering, runs, small_parts, to_sigmoid

__all__ = ["lstm", "lstm_adjoint", "weight_gradients"]

Array = NDArray[Any]

CACHED = 1 << 18  # numbers in a weight that every step reads again: 1 MB of float32
BLOCK = 1 << 14  # numbers in the states of some steps whose slopes, five times as many, stay in the cache
GATES = (0, -1.0), (1, -1.0), (3, -1.0), (2, 1.0)  # -z of i, f and o, since a sigmoid takes exp(-z), and z of g


class Entering:
    """What enters the gates of a step, W x + U h + b, with their signs and in their order; `z (4, n, H)`."""

    def __init__(self, x: Array, B: int, weight_ih: Array, weight_hh: Array, bias: Array | None) -> None:
        (rows, self.states), self.size = weight_hh.shape, x.shape[1]
        of_input = [weight_ih] if bias is None else [weight_ih, bias[:, None]]
        width, H = self.states + self.size + len(of_input) - 1, rows // 4
        self.columns, self.z_of_all = aligned((B, width), x.dtype), aligned((4, B, H), x.dtype)
        self.columns[:, -1] = 1
        self.together = width * rows <= CACHED and small_parts(B, width, H, 4) > 0
        if self.together:
            self.weight, self.x = Weight(numpy.concatenate((weight_hh, *of_input), axis=1), B, GATES), x
        else:  # the input of all steps first, in a large product
            in_order = [numpy.concatenate([k * w[gate * H :][:H] for gate, k in GATES]) for w in of_input]
            self.weight, self.x = Weight(weight_hh, B, GATES), x @ in_order[0].T
            if bias is not None:
                self.x += in_order[1][:, 0]

    def start(self, of: Callable[[Array], Array], n: int) -> Array:
        """What the next steps, of n sequences, take; one after the other."""
        self.both, self.z = self.columns[:n], self.z_of_all[:, :n]
        self.y, self.given = self.both[:, : self.states], self.both[:, self.states : self.states + self.size]
        self.into = self.weight.parts_of(self.z)
        return of(self.x) if self.together else by_gate(of(self.x), 4)

    def __call__(self, x: Array, y: Array) -> None:
        if self.together:
            self.y[...] = y
            self.given[...] = x
            numpy.matmul(self.both, self.weight.parts, self.into)
        else:
            numpy.matmul(y, self.weight.parts, self.into)
            self.z += x


def lstm(
    x: Array,
    h0: Array,
    c0: Array,
    weight_ih: Array,
    weight_hh: Array,
    bias: Array | None,
    projection: Array | None,
    steps: Steps,
) -> tuple[Array, Array, Array]:
    """(h, c, gates) of all steps; `(N, P), (N, H), (N, 4 H)`; the gates are i, f, o, g, as blocks."""
    h, c, gates = (numpy.empty((len(x), n), x.dtype) for n in (h0.shape[1], c0.shape[1], len(weight_hh)))
    enter, room = Entering(x, len(h0), weight_ih, weight_hh, bias), aligned(c0.shape, x.dtype)
    y, cell, one = h0, c0, constant_for(x, 1.0)
    with numpy.errstate(over="ignore"):  # of exp, where 1 / inf is the right answer, 0
        for of in runs(steps):
            kept, after = blocks(of(gates), 4), of(h)
            n = after.shape[1]
            y, cell, product = entering(y, h0, n), entering(cell, c0, n), room[:n]
            inputs = enter.start(of, n)
            z_of_sigmoids, z_of_new = enter.z[:3], enter.z[3]
            for x_t, (i, f, o, g), sigmoids, c_t, h_t in zip(inputs, kept, kept[:, :3], of(c), after, strict=True):
                enter(x_t, y)
                numpy.exp(z_of_sigmoids, sigmoids)
                to_sigmoid(sigmoids, one)
                numpy.tanh(z_of_new, g)
                cell = numpy.multiply(f, cell, c_t)
                cell += numpy.multiply(i, g, product)
                numpy.tanh(cell, product)
                if projection is None:
                    y = numpy.multiply(product, o, h_t)
                else:
                    product *= o
                    y = numpy.matmul(product, projection.T, h_t)
    return h, c, gates


def lstm_adjoint(
    g_h: Array | None, g_c: Array | None, h: Array, c: Array, gates: Array, c0: Array, weight: Array, steps: Steps
) -> tuple[Array, Array, Array]:
    """The gradients of a, h0 and c0 of an LSTM without projection; all sequences have the same length."""
    ga = numpy.empty(gates.shape, gates.dtype)
    (of,) = runs(steps)
    g_h, g_c = (None if g is None else of(g) for g in (g_h, g_c))
    after, cells, kept, rows = of(h), of(c), blocks(of(gates), 4), of(ga)
    to_gates = by_gate(rows, 4)
    recurrent, one = Weight(weight.T, len(c0)), constant_for(gates, 1.0)
    dh, dc, x = (aligned(c0.shape, c0.dtype) for _ in range(3))
    dh[:] = dc[:] = 0
    into = recurrent.parts_of(dh[None])
    count = max(1, min(len(steps), BLOCK // max(1, c0.size)))
    slopes, to_cell = aligned((count, 4, *c0.shape), c0.dtype), aligned((count, *c0.shape), c0.dtype)
    for stop in range(len(steps), 0, -count):
        start = max(0, stop - count)
        part, there = slice(start, stop), slice(stop - start)
        y, i, both, o, g = after[part], kept[part, 0], kept[part, :2], kept[part, 2], kept[part, 3]
        of_both, of_cell = slopes[there, :2], to_cell[there]
        of_i, of_f, of_g, of_o = slopes[there].swapaxes(0, 1)
        numpy.tanh(cells[part], of_cell)  # o (1 - tanh^2 c) = o - h tanh c, because h is o tanh c
        of_cell *= y
        numpy.subtract(o, of_cell, of_cell)
        numpy.subtract(one, both, of_both)
        of_both *= both
        of_i *= g
        of_f[0] *= cells[start - 1] if start else c0
        of_f[1:] *= cells[start : stop - 1]
        numpy.multiply(g, g, of_g)
        numpy.subtract(one, of_g, of_g)
        of_g *= i
        numpy.subtract(one, o, of_o)  # o (1 - o) tanh c = (1 - o) h
        of_o *= y
        for t in reversed(range(start, stop)):
            k = t - start
            if g_h is not None:
                dh += g_h[t]
            if g_c is not None:
                dc += g_c[t]
            dc += numpy.multiply(dh, of_cell[k], x)
            numpy.multiply(slopes[k, :3], dc, to_gates[t, :3])
            numpy.multiply(of_o[k], dh, to_gates[t, 3])
            dc *= kept[t, 1]
            numpy.matmul(rows[t], recurrent.parts, into)
    return ga, dh, dc


def weight_gradients(ga: Array, x: Array, h: Array, h0: Array, steps: Steps) -> tuple[Array, Array, Array]:
    """The gradients of the weights of x and of the states before each step, and of the bias, in one product."""
    size, y = x.shape[1], h0
    columns = numpy.empty((len(x), size + h.shape[1] + 1), x.dtype)
    columns[:, :size], columns[:, -1] = x, 1
    for of in runs(steps):
        before, after = of(columns)[..., size:-1], of(h)
        before[0], before[1:], y = entering(y, h0, after.shape[1]), after[:-1], after[-1]
    together = ga.T @ columns
    return together[:, :size].copy(), together[:, size:-1].copy(), together[:, -1].copy()
