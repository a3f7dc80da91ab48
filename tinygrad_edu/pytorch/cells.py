"""Steps of recurrent networks as functions of their weights; ours are the modules RNNCell, LSTMCell and GRUCell."""

from collections.abc import Sequence
from typing import Any

from ..errors import ShapeError
from ..nn.functional.recurrent import Weights, recurrent_layer
from ..tensor import Tensor

__all__ = ["gru_cell", "lstm_cell", "rnn_relu_cell", "rnn_tanh_cell"]


def step(mode: str, gates: int, input: Tensor, states: tuple[Tensor, ...], *parameters: Any) -> tuple[Tensor, ...]:
    """The states after a step; of parameters `w_ih (gates * H, in)`, `w_hh (gates * H, H)` and two biases or Nones.

    Raises:
        ShapeError: the sizes do not fit.
    """
    w_ih, w_hh, *biases = parameters
    size = w_hh.shape[-1]
    for name, weight in (("weight_ih", w_ih), ("weight_hh", w_hh)):
        if weight.ndim != 2 or len(weight) != gates * size:
            raise ShapeError(f"{name} is {gates} * {size} rows for states of {size}, got {weight.shape}")
    if input.shape != (len(input), w_ih.shape[1]) or any(x.shape != (len(input), size) for x in states):
        raise ShapeError(
            f"a cell of these weights takes (B, {w_ih.shape[1]}) and states (B, {size}), "
            f"got {input.shape} and {[x.shape for x in states]}"
        )
    b_ih, b_hh = [w_ih.new_zeros(gates * size) if bias is None else bias for bias in biases]
    return recurrent_layer(mode, input, states, Weights(w_ih, w_hh, b_ih, b_hh), (len(input),))[1]


def gru_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """The state after a step of a GRU."""
    return step("GRU", 3, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def lstm_cell(
    input: Tensor, hx: Sequence[Tensor], w_ih: Tensor, w_hh: Tensor, b_ih: Any = None, b_hh: Any = None
) -> tuple[Tensor, ...]:
    """The states (h, c) after a step of an LSTM."""
    return step("LSTM", 4, input, tuple(hx), w_ih, w_hh, b_ih, b_hh)


def rnn_relu_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """The state after a step of an RNN, by relu."""
    return step("RNN_RELU", 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]


def rnn_tanh_cell(input: Tensor, hx: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Any = None, b_hh: Any = None) -> Tensor:
    """The state after a step of an RNN, by tanh."""
    return step("RNN_TANH", 1, input, (hx,), w_ih, w_hh, b_ih, b_hh)[0]
