r"""Recurrent layers without state: a whole batch of sequences through one layer in one direction.

Each is one primitive for all steps: a step is one product with the recurrent weight and a few passes over its gates.
What the input gives, $a_t = W x_t + b$, waits for no step before. Of an RNN and a GRU it is one matrix product for all
steps and stands outside; an LSTM, which has four gates, takes it within the step's product, and so need not write it
to memory and read it again. The gradient of a weight is one product for all steps. As a step by step program of Tensor
operations a layer takes six times as long; a test holds the one to the other.

Rows. Sequences lie in memory step by step: all first elements, then all second ones, the longest sequences first. Then
`sizes`, how many sequences each step has, says all about their lengths, and sequences of one length are no special
case. `reverse` takes the steps from the last to the first, each sequence from its own end.
"""

import functools
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy

from ...kernels import lstm as lstm_kernels
from ...kernels import recurrent as kernels
from ...ops.elementary import tanh
from ...ops.elementwise import masked
from ...ops.indexing import getitem
from ...ops.movement import cat, pad
from ...ops.reduction import sum
from ...primitive import primitive
from .linear import linear

__all__ = ["Weights", "by_steps", "gru", "lstm", "projected_lstm", "recurrent_layer", "rnn"]

Sizes = tuple[int, ...]


@functools.lru_cache(128)
def steps_of(sizes: Sizes, reverse: bool) -> tuple[slice, ...]:
    """The rows of each step, in the order in which the steps are taken."""
    steps = tuple([slice(end - n, end) for n, end in zip(sizes, accumulate(sizes), strict=True)])
    return steps[::-1] if reverse else steps


def final_state(y: Any, sizes: Sizes, reverse: bool) -> Any:
    """What each sequence has come to at its last step; `(N, H) -> (B, H)`."""
    if reverse:
        return getitem(y, index=slice(sizes[0]))
    if sizes[0] == sizes[-1]:
        return getitem(y, index=slice(len(y) - sizes[0], None))
    starts = numpy.array([rows.start for rows in steps_of(sizes, False)])
    sequence = numpy.arange(sizes[0])
    last = numpy.searchsorted(-numpy.array(sizes), -sequence) - 1  # the step after which it is gone
    return getitem(y, index=starts[last] + sequence)


# the parts of an array, and back: as slices of their own each would have a gradient of the size of the whole


@primitive(formula=r"\bar{x} = \mathrm{cat}(\bar{y}_t)")
def by_steps(x: Any, *, steps: Sequence[slice]) -> Any:
    """The rows of each step; `(N, *) -> T times (n, *)`."""
    return tuple([x[rows] for rows in steps])


def joined(parts: Sequence[Any], steps: Sequence[slice]) -> Any:
    """The rows of all steps in the order of memory, from those of each step in the order of the steps."""
    return cat(*(parts if steps[0].start == 0 else parts[::-1]), dim=0)


by_steps.vjp(x=lambda g, steps: joined(g, steps))


def entering(before: Any, initial: Any, n: int) -> Any:
    """The states of n sequences before a step: those after the step before it, and of newcomers the initial ones."""
    if n > len(before):
        return cat(before, initial[len(before) : n], dim=0)
    return before if n == len(before) else before[:n]


def states_before(after: Sequence[Any], initial: Any) -> list[Any]:
    """The states before each step, from those after each step."""
    return [entering(y, initial, len(then)) for y, then in zip((initial, *after[:-1]), after, strict=True)]


def leaving(d: Any, n: int, to_initial: list[Any]) -> Any:
    """The gradient of n sequences' states after a step, from that of those that enter the next: the adjoint of it.

    The gradient of newcomers at the next step goes to their initial states; sequences that end here get 0.
    """
    if n < len(d):
        to_initial.append(d[n:])
        return d[:n]
    return pad(d, widths=((0, n - len(d)), (0, 0))) if n > len(d) else d


def initial_gradient(d: Any, to_initial: list[Any]) -> Any:
    """The gradient of the initial states of all sequences."""
    return cat(d, *reversed(to_initial), dim=0) if to_initial else d


def plus(x: Any, y: Any) -> Any:
    """x + y, where nothing may have come back to y."""
    return x if y is None else x + y


def gradients_by_steps(g: Any, steps: Sequence[slice]) -> Sequence[Any]:
    """The gradient of each step's rows, None where nothing has come back."""
    return [None] * len(steps) if g is None else by_steps(g, steps=steps)


def block(x: Any, count: int) -> Any:
    """The rows of one step as what they hold, gate by gate; `(n, count * H) -> (count, n, H)`."""
    return x.reshape(count, len(x), x.shape[1] // count)


@primitive(formula=r"\bar{a}_t = (\bar{h}_t + W^\top \bar{a}_{t+1})\,\phi'_t,\ \bar{W} = \sum \bar{a}_t h_{t-1}^\top")
def rnn(a: Any, h0: Any, weight: Any, *, nonlinearity: str, sizes: Sizes, reverse: bool) -> Any:
    r"""$h_t = \phi(a_t + W h_{t-1})$, where $\phi$ is tanh or relu; `a (N, H), h0 (B, H), weight (H, H) -> (N, H)`.

    Source: Elman, "Finding Structure in Time" (1990).
    """
    return kernels.rnn(a, h0, weight, nonlinearity, steps_of(sizes, reverse))


def rnn_gradients(
    g: Any, out: Any, h0: Any, weight: Any, nonlinearity: str, sizes: Sizes, reverse: bool, needs: tuple[bool, ...]
) -> Any:
    steps = steps_of(sizes, reverse)
    h, g_h = by_steps(out, steps=steps), by_steps(g, steps=steps)
    to_h0: list[Any] = []
    to_a: list[Any] = []
    d = masked(h[-1], False)
    for y, gy in zip(reversed(h), reversed(g_h), strict=True):
        d = leaving(d, len(y), to_h0) + gy
        da = d * (1 - y * y) if nonlinearity == "tanh" else masked(d, y > 0)
        to_a.append(da)
        d = da @ weight
    ga = joined(to_a[::-1], steps)
    return ga, initial_gradient(d, to_h0), ga.T @ joined(states_before(h, h0), steps) if needs[2] else None


rnn.joint_vjp(
    lambda g, out, h0, weight, nonlinearity, sizes, reverse, needs: rnn_gradients(
        g, out, h0, weight, nonlinearity, sizes, reverse, needs
    )
)


@primitive(
    formula=r"""\bar{c}_t = \bar{h}_t\,o\,(1 - \tanh^2 c_t) + f_{t+1} \bar{c}_{t+1},\
\bar{a}_t = (\bar{c}_t g\,i(1-i),\ \bar{c}_t c_{t-1} f(1-f),\ \bar{c}_t i\,(1-g^2),\ \bar{h}_t \tanh c_t\,o(1-o)),\
(\bar{W}, \bar{U}, \bar{b}) = \sum \bar{a}_t (x_t, h_{t-1}, 1)^\top""",
    promotion="common",
    kinds="f",
)
def lstm(
    x: Any, h0: Any, c0: Any, weight_ih: Any, weight_hh: Any, bias: Any = None, *, sizes: Sizes, reverse: bool
) -> tuple[Any, Any, Any]:
    r"""$c_t = f\,c_{t-1} + i\,g$ and $h_t = o \tanh c_t$ of all steps, and the gates.

    $(i, f, g, o) = (\sigma, \sigma, \tanh, \sigma)(a_t)$ of $a_t = W x_t + U h_{t-1} + b$; `x (N, in), h0 (B, H),
    c0 (B, H), weight_ih (4 H, in), weight_hh (4 H, H), bias (4 H) -> (N, H), (N, H), (N, 4 H)`. The gates are there for
    their gradients: a step's rows hold i, f, o, g as blocks.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Gers, Schmidhuber and Cummins, "Learning to
    Forget" (2000), for f.
    """
    return lstm_kernels.lstm(x, h0, c0, weight_ih, weight_hh, bias, None, steps_of(sizes, reverse))


@primitive(formula=lstm.formula + r",\ \bar{P} = \sum \bar{h}_t (o \tanh c_t)^\top", promotion="common", kinds="f")
def projected_lstm(
    x: Any,
    h0: Any,
    c0: Any,
    weight_ih: Any,
    weight_hh: Any,
    projection: Any,
    bias: Any = None,
    *,
    sizes: Sizes,
    reverse: bool,
) -> tuple[Any, Any, Any]:
    r"""The same with $h_t = P\,(o \tanh c_t)$; `h0 (B, P), weight_hh (4 H, P), projection (P, H) -> (N, P), ...`.

    Source: Sak, Senior and Beaufays, "Long Short-Term Memory Based Recurrent Neural Network Architectures" (2014).
    """
    return lstm_kernels.lstm(x, h0, c0, weight_ih, weight_hh, bias, projection, steps_of(sizes, reverse))


def lstm_adjoint(
    g: Any, out: Any, h0: Any, c0: Any, weight: Any, projection: Any, steps: Sequence[slice]
) -> tuple[Any, Any, Any, Any]:
    """The gradients of a, h0, c0, and of all h."""
    c, gates = by_steps(out[1], steps=steps), by_steps(out[2], steps=steps)
    g_h, g_c, g_gates = [gradients_by_steps(part, steps) for part in g]
    to_h0: list[Any] = []
    to_c0: list[Any] = []
    to_a: list[Any] = []
    to_h: list[Any] = []
    cells = states_before(c, c0)
    dh, dc = masked(h0[: len(c[-1])], False), masked(c[-1], False)
    for t in reversed(range(len(steps))):
        n = len(c[t])
        i, f, o, g = block(gates[t], 4)
        from_gates = g_gates[t]
        y = tanh(c[t])
        dh = plus(leaving(dh, n, to_h0), g_h[t])
        to_h.append(dh)
        dy = dh if projection is None else dh @ projection
        dc = plus(leaving(dc, n, to_c0) + dy * o * (1 - y * y), g_c[t])
        di, df, do, dg = dc * g, dc * cells[t], dy * y, dc * i
        if from_gates is not None:
            di, df, do, dg = [x + gx for x, gx in zip((di, df, do, dg), block(from_gates, 4), strict=True)]
        da = cat(di * i * (1 - i), df * f * (1 - f), dg * (1 - g * g), do * o * (1 - o), dim=1)
        to_a.append(da)
        dh, dc = da @ weight, dc * f
    return (
        joined(to_a[::-1], steps),
        initial_gradient(dh, to_h0),
        initial_gradient(dc, to_c0),
        joined(to_h[::-1], steps) if projection is not None else None,
    )


def lstm_gradients(
    g: Any,
    out: Any,
    x: Any,
    h0: Any,
    c0: Any,
    weight_ih: Any,
    weight_hh: Any,
    projection: Any,
    sizes: Sizes,
    reverse: bool,
    needs: tuple[bool, ...],
) -> Any:
    """The gradients of x, h0, c0, both weights, the projection and the bias."""
    steps, (h, c, gates), (g_h, g_c, g_gates) = steps_of(sizes, reverse), out, g
    on_arrays = all(each is None or type(each) is numpy.ndarray for each in (*g, x))
    if on_arrays and g_gates is None and projection is None and sizes[0] == sizes[-1]:
        # the same without a temporary array for each product, which is a third of a backward's time
        ga, gh0, gc0 = lstm_kernels.lstm_adjoint(g_h, g_c, h, c, gates, c0, weight_hh, steps)
        gh = None
    else:
        ga, gh0, gc0, gh = lstm_adjoint(g, out, h0, c0, weight_hh, projection, steps)
    to_ih = to_hh = to_bias = to_projection = None
    if on_arrays and any(needs[3:]):
        to_ih, to_hh, to_bias = lstm_kernels.weight_gradients(ga, x, h, h0, steps)
    elif any(needs[3:]):
        before = joined(states_before(by_steps(h, steps=steps), h0), steps)
        to_ih, to_hh, to_bias = ga.T @ x, ga.T @ before, sum(ga, dim=(0,))
    if gh is not None and projection is not None:
        o = joined([block(part, 4)[2] for part in by_steps(gates, steps=steps)], steps)
        to_projection = gh.T @ (o * tanh(c))
    return ga @ weight_ih if needs[0] else None, gh0, gc0, to_ih, to_hh, to_projection, to_bias


def without_projection(gradients: Sequence[Any]) -> Any:
    """Those of them that an LSTM without projection has."""
    return *gradients[:5], gradients[6]


lstm.joint_vjp(
    lambda g, out, x, h0, c0, weight_ih, weight_hh, sizes, reverse, needs: without_projection(
        lstm_gradients(g, out, x, h0, c0, weight_ih, weight_hh, None, sizes, reverse, needs)
    )
)
projected_lstm.joint_vjp(
    lambda g, out, x, h0, c0, weight_ih, weight_hh, projection, sizes, reverse, needs: lstm_gradients(
        g, out, x, h0, c0, weight_ih, weight_hh, projection, sizes, reverse, needs
    )
)
lstm.partial = projected_lstm.partial = True


@primitive(
    formula=r"""\bar{n} = \bar{h}_t (1-z)(1-n^2),\ \bar{z} = \bar{h}_t (h_{t-1} - n)\,z(1-z),\
\bar{r} = \bar{n}\,q\,r(1-r),\ \bar{q} = \bar{n}\,r,\ \bar{h}_{t-1} \mathrel{+}= z\,\bar{h}_t"""
)
def gru(a: Any, h0: Any, weight: Any, bias: Any = None, *, sizes: Sizes, reverse: bool) -> tuple[Any, Any]:
    r"""$h_t = (1 - z)\,n + z\,h_{t-1}$ of all steps, and the gates.

    $r = \sigma(a_r + W_r h_{t-1} + b_r)$, $z = \sigma(a_z + W_z h_{t-1} + b_z)$, $n = \tanh(a_n + r\,q)$ with
    $q = W_n h_{t-1} + b_n$. `a (N, 3 H), h0 (B, H), weight (3 H, H), bias (3 H) -> (N, H), (N, 4 H)`. The gates are
    there for their gradients: a step's rows hold r, z, n, q as blocks.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014); with r behind the product,
    as in cuDNN.
    """
    return kernels.gru(a, h0, weight, bias, steps_of(sizes, reverse))


def gru_gradients(g: Any, out: Any, h0: Any, weight: Any, sizes: Sizes, reverse: bool, needs: tuple[bool, ...]) -> Any:
    steps = steps_of(sizes, reverse)
    h, gates = [by_steps(part, steps=steps) for part in out]
    g_h, g_gates = [gradients_by_steps(part, steps) for part in g]
    before = states_before(h, h0)
    to_h0: list[Any] = []
    to_a: list[Any] = []
    to_products: list[Any] = []
    d = masked(h[-1], False)
    for t in reversed(range(len(steps))):
        r, z, n, q = block(gates[t], 4)
        from_gates = g_gates[t]
        d = plus(leaving(d, len(h[t]), to_h0), g_h[t])
        dz, dn = d * (before[t] - n), d * (1 - z)
        if from_gates is not None:
            gr, gz, gn, gq = block(from_gates, 4)
            dz, dn = dz + gz, dn + gn
        dn = dn * (1 - n * n)
        dr, dq = dn * q, dn * r
        if from_gates is not None:
            dr, dq = dr + gr, dq + gq
        dr, dz = dr * r * (1 - r), dz * z * (1 - z)
        products = cat(dr, dz, dq, dim=1)
        to_products.append(products)
        to_a.append(cat(dr, dz, dn, dim=1))
        d = products @ weight + d * z
    products = joined(to_products[::-1], steps)
    return (
        joined(to_a[::-1], steps),
        initial_gradient(d, to_h0),
        products.T @ joined(before, steps) if needs[2] else None,
        sum(products, dim=(0,)) if needs[3:] == (True,) else None,
    )


gru.joint_vjp(
    lambda g, out, h0, weight, sizes, reverse, needs: gru_gradients(g, out, h0, weight, sizes, reverse, needs)
)
gru.partial = True


class Weights(NamedTuple):
    """The parameters of one layer in one direction; the biases are None without them, `hr` without a projection."""

    ih: Any
    hh: Any
    bias_ih: Any = None
    bias_hh: Any = None
    hr: Any = None


def recurrent_layer(
    mode: str, input: Any, states: Sequence[Any], weights: Weights, sizes: Sizes, reverse: bool = False
) -> tuple[Any, tuple[Any, ...]]:
    """(h of all steps, the final states) of a layer in one direction; `(N, in) -> (N, H)` and `(B, H)` for each.

    `mode` is "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; the states are (h_0, c_0) of an LSTM and else (h_0,).
    """
    settings = {"sizes": sizes, "reverse": reverse}
    if mode == "GRU":
        a = linear(input, weights.ih, weights.bias_ih)
        bias = [] if weights.bias_hh is None else [weights.bias_hh]
        h, _ = gru(a, *states, weights.hh, *bias, **settings)
        return h, (final_state(h, sizes, reverse),)
    bias = [] if weights.bias_ih is None else [weights.bias_ih + weights.bias_hh]
    if mode == "LSTM":
        if weights.hr is None:
            h, c, _ = lstm(input, *states, weights.ih, weights.hh, *bias, **settings)
        else:
            h, c, _ = projected_lstm(input, *states, weights.ih, weights.hh, weights.hr, *bias, **settings)
        return h, (final_state(h, sizes, reverse), final_state(c, sizes, reverse))
    a = linear(input, weights.ih, *bias)
    h = rnn(a, *states, weights.hh, nonlinearity="tanh" if mode == "RNN_TANH" else "relu", **settings)
    return h, (final_state(h, sizes, reverse),)
