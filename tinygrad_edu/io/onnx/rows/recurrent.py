"""Recurrent layers, by ONNX's operators of the same names, whose gates stand in another order.

Here the input of an RNN and of a GRU arrives multiplied by its weight; there the operator does that itself, so it gets
what the product was made of.
"""

from collections.abc import Sequence
from typing import Any

import numpy

from ..graph import Graph, UntranslatableError, Value
from ..sizes import Uniform
from ..table import row
from .indexing import States

LSTM_GATES = (0, 3, 1, 2)  # ours are input, forget, cell, output; ONNX's input, output, forget, cell
GRU_GATES = (1, 0, 2)  # ours are reset, update, new; ONNX's update, reset, new


def steps(sizes: Any) -> tuple[Any, Any]:
    """(how many steps, how many sequences).

    Raises:
        UntranslatableError: the sequences are of different lengths.
    """
    if isinstance(sizes, Uniform):
        return sizes.count, sizes.item
    if any(n != sizes[0] for n in sizes):
        raise UntranslatableError("packed sequences of different lengths; give padded ones of one length")
    return len(sizes), sizes[0]


def entering(g: Graph, a: Value) -> tuple[Value, Value, Value | None]:
    """(x, weight, bias) of which `a` is the product; a times 1 where it is none."""
    if a.call is not None and a.call[0] == "linear":
        x, weight, *bias = a.call[1]
        return x, weight, bias[0] if bias else None
    return a, g.constant(numpy.eye(a.shape[1], dtype=a.dtype), name="identity"), None


def in_order(g: Graph, matrix: Value, gates: Sequence[int], name: str) -> Value:
    """A weight whose rows are gates, in ONNX's order and with its dimension of directions."""

    def change(array: Any) -> Any:
        blocks = array.reshape(len(gates), -1, *array.shape[1:])
        return blocks[list(gates)].reshape(1, *array.shape)

    return g.rearranged(matrix, name, change)


def biases(g: Graph, of_input: Value | None, of_state: Value | None, gates: Sequence[int], rows: int, x: Value) -> Any:
    """Both biases, one after the other, zeros where there is none."""
    parts = []
    for bias in (of_input, of_state):
        if bias is None:
            parts.append(g.constant(numpy.zeros((1, rows), x.dtype)))
        else:
            parts.append(in_order(g, bias, gates, "by_gate"))
    return g.Concat(*parts, axis=1)


class Layer:
    """What the three kinds of layers share: the operator's inputs and attributes."""

    def __init__(
        self,
        g: Graph,
        entering: tuple[Value, Value, Value | None],
        weight: Value,
        bias: Value | None,
        gates: Sequence[int],
        sizes: Any,
        reverse: bool,
    ) -> None:
        T, B = steps(sizes)
        x, weight_ih, bias_ih = entering
        rows, self.hidden = weight.shape
        self.g, self.B, self.T, self.reverse = g, B, T, reverse
        self.inputs = [
            g.reshape(x, (T, B, weight_ih.shape[1])),
            in_order(g, weight_ih, gates, "by_gate"),
            in_order(g, weight, gates, "by_gate"),
            biases(g, bias_ih, bias, gates, rows, x),
            None,
        ]
        self.attributes = {"hidden_size": self.hidden, "direction": "reverse" if reverse else "forward"}

    def state(self, h: Value) -> Any:
        """An initial state, with its dimension of directions."""
        return self.g.Unsqueeze(h, self.g.axes((0,)))

    def rows(self, y: Value) -> Any:
        """The states of all steps as rows."""
        return self.g.Reshape(y, self.g.ints((-1, self.hidden)))

    def last(self, y: Value) -> Any:
        """The last state."""
        return self.g.Squeeze(y, self.g.axes((0,)))


@row
def rnn(g: Graph, a: Value, h0: Value, weight: Value, *, nonlinearity: str, sizes: Any, reverse: bool) -> Any:
    layer = Layer(g, entering(g, a), weight, None, (0,), sizes, reverse)
    how = {"activations": ["Tanh" if nonlinearity == "tanh" else "Relu"], **layer.attributes}
    y, _ = g.RNN(*layer.inputs, layer.state(h0), outputs=2, **how)
    return layer.rows(y)


@row
def lstm(
    g: Graph,
    x: Value,
    h0: Value,
    c0: Value,
    weight_ih: Value,
    weight_hh: Value,
    bias: Value | None = None,
    *,
    sizes: Any,
    reverse: bool,
) -> Any:
    layer = Layer(g, (x, weight_ih, bias), weight_hh, None, LSTM_GATES, sizes, reverse)
    y, _, c = g.LSTM(*layer.inputs, layer.state(h0), layer.state(c0), outputs=3, **layer.attributes)
    (rows, _), (gate_rows, gates) = g.call.shapes[1:]
    end = slice(layer.B) if reverse else slice(rows - layer.B, None)
    states = States((rows, layer.hidden), x.dtype, layer.last(c), end)
    return layer.rows(y), states, States((gate_rows, gates), x.dtype, c, slice(0, 0))


@row
def gru(g: Graph, a: Value, h0: Value, weight: Value, bias: Value | None = None, *, sizes: Any, reverse: bool) -> Any:
    layer = Layer(g, entering(g, a), weight, bias, GRU_GATES, sizes, reverse)
    y, _ = g.GRU(*layer.inputs, layer.state(h0), outputs=2, linear_before_reset=1, **layer.attributes)
    gates = g.call.shapes[1]
    return layer.rows(y), States(gates, a.dtype, y, slice(0, 0))
