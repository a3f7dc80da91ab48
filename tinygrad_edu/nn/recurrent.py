"""Recurrent networks: RNN, LSTM and GRU, of several layers and both directions, on padded or packed sequences."""

import math
import warnings
from collections.abc import Sequence
from numbers import Real
from typing import Any

from ..errors import ShapeError
from ..functions.creation import empty, zeros
from ..functions.dims import check_room
from ..functions.joining import cat, stack
from ..tensor import Tensor
from . import functional, init
from .functional.recurrent import Weights, recurrent_layer
from .module import Module
from .parameter import Parameter
from .utils.rnn import PackedSequence

__all__ = ["GRU", "LSTM", "RNN", "RNNBase"]

GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "GRU": 3, "LSTM": 4}


class RNNBase(Module):
    r"""What RNN, LSTM and GRU have in common: layers, directions, dropout, the order of dimensions, packed sequences.

    Parameters, for each layer k and, with the suffix `_reverse`, for its other direction: `weight_ih_lk (gates * H,
    in)`, `weight_hh_lk (gates * H, H)`, `bias_ih_lk` and `bias_hh_lk (gates * H)` if `bias`, and `weight_hr_lk (P, H)`
    with a projection, all drawn uniformly from $\pm 1 / \sqrt H$. The first layer takes the input, each other one the
    outputs of both directions of the one before, after dropout in training.

    Raises:
        ValueError: a size is not positive, the dropout is no probability, the mode is not known.
        TypeError: a size is no integer, or a switch no bool.
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: Any = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if mode not in GATES:
            raise ValueError(f"the modes are {', '.join(GATES)}, got {mode!r}")
        check_sizes(input_size=input_size, hidden_size=hidden_size, num_layers=num_layers)
        check_switches(bias=bias, batch_first=batch_first)
        if isinstance(dropout, bool) or not isinstance(dropout, Real) or not 0 <= float(dropout) <= 1:
            raise ValueError(f"dropout is a probability, between 0 and 1, got {dropout!r}")
        if dropout and num_layers == 1:
            warnings.warn(f"dropout={dropout} has no effect in one layer: it is between layers", stacklevel=3)
        if proj_size and mode != "LSTM":
            raise ValueError("proj_size is for an LSTM only")
        if not 0 <= proj_size < hidden_size:
            raise ValueError(f"proj_size is 0, or less than hidden_size {hidden_size}, got {proj_size}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        self._all_weights: list[list[str]] = []
        rows, out = GATES[mode] * hidden_size, proj_size or hidden_size
        check_room(num_layers * rows * out, f"{num_layers} layers")
        for layer in range(num_layers):
            width = out * (1 + bidirectional) if layer else input_size
            shapes: dict[str, tuple[int, ...]] = {"weight_ih": (rows, width), "weight_hh": (rows, out)}
            if bias:
                shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
            if proj_size:
                shapes |= {"weight_hr": (proj_size, hidden_size)}
            for suffix in ("", "_reverse")[: 1 + bidirectional]:
                names = {f"{name}_l{layer}{suffix}": shape for name, shape in shapes.items()}
                for name, shape in names.items():
                    setattr(self, name, Parameter(empty(*shape, device=device, dtype=dtype)))
                self._all_weights.append(list(names))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: it is for GPUs."""

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Parameter]:
        return [parameter for parameters in self.all_weights for parameter in parameters]

    def _weights(self, place: int) -> Weights:
        parameters: dict[str, Any] = {}
        for name in self._all_weights[place]:
            kind, part = name.split("_l")[0].split("_")
            parameters[part if kind == "weight" else f"{kind}_{part}"] = getattr(self, name)
        return Weights(**parameters)

    # forward

    def forward(self, input: Any, hx: Any = None) -> Any:
        """(the outputs of the last layer at all steps, the final states of all layers)."""
        if isinstance(input, PackedSequence):
            rows, batch_sizes, order, inverse = input
            sizes = tuple(batch_sizes.tolist())
            self._check(rows, 2)
            states = [x if order is None else x.index_select(1, order) for x in self._states(hx, rows, sizes[0])]
            rows, states = self._layers(rows, states, sizes)
            return PackedSequence(rows, batch_sizes, order, inverse), self._given(
                [x if inverse is None else x.index_select(1, inverse) for x in states]
            )
        if input.ndim not in (2, 3):
            raise ValueError(f"{self._get_name()} takes (T, B, in) or, of one sequence, (T, in), got {input.shape}")
        batched = input.ndim == 3
        if not batched:
            input, hx = input.unsqueeze(1), self._with_batch(hx)
        elif self.batch_first:
            input = input.transpose(0, 1)
        T, B = input.shape[:2]
        self._check(input, 3)
        if not T:
            raise RuntimeError(f"Expected sequence length to be larger than 0 in RNN; {self._get_name()} got no step")
        rows, states = self._layers(input.reshape(T * B, input.shape[2]), self._states(hx, input, B), (B,) * T)
        output = rows.reshape(T, B, rows.shape[1])
        if not batched:
            return output.squeeze(1), self._given([x.squeeze(1) for x in states])
        return output.transpose(0, 1) if self.batch_first else output, self._given(states)

    def _layers(self, rows: Tensor, states: Sequence[Tensor], sizes: tuple[int, ...]) -> tuple[Tensor, list[Tensor]]:
        directions = 1 + self.bidirectional
        final = []
        for layer in range(self.num_layers):
            if layer and self.dropout:
                rows = functional.dropout(rows, self.dropout, self.training)
            outputs = []
            for direction in range(directions):
                place = layer * directions + direction
                initial = [x[place] for x in states]
                output, last = recurrent_layer(self.mode, rows, initial, self._weights(place), sizes, direction == 1)
                outputs.append(output)
                final.append(last)
            rows = cat(outputs, 1) if self.bidirectional else outputs[0]
        return rows, [stack(each) for each in zip(*final, strict=True)]

    # the states, as a list: (h), or (h, c) of an LSTM

    def _given(self, states: list[Tensor]) -> Any:
        return tuple(states) if self.mode == "LSTM" else states[0]

    def _with_batch(self, hx: Any) -> Any:
        """The initial states of one sequence as those of a batch of one."""
        if hx is None:
            return None
        each = self._each(hx)
        if any(x.ndim != 2 for x in each):
            raise ShapeError(f"an input of one sequence needs states (layers, H), got {[x.shape for x in each]}")
        return self._given([x.unsqueeze(1) for x in each])

    def _each(self, hx: Any) -> list[Tensor]:
        if self.mode != "LSTM":
            return [hx]
        if isinstance(hx, Tensor) or len(hx) != 2:
            raise TypeError("an LSTM takes its initial states as (h_0, c_0)")
        return list(hx)

    def _states(self, hx: Any, input: Tensor, batch: int) -> list[Tensor]:
        """The initial states, zeros by default.

        Raises:
            ShapeError: a state does not fit.
        """
        count = self.num_layers * (1 + self.bidirectional)
        sizes = [self.proj_size or self.hidden_size, self.hidden_size][: 1 + (self.mode == "LSTM")]
        if hx is None:
            return [zeros(count, batch, size, dtype=input.dtype) for size in sizes]
        states = self._each(hx)
        for x, size in zip(states, sizes, strict=True):
            if x.shape != (count, batch, size):
                raise ShapeError(f"Expected hidden state of size {(count, batch, size)}, got {x.shape}")
            self._check_dtype(x, "an initial state")
        return states

    # what came

    def _check(self, input: Tensor, ndim: int) -> None:
        if input.ndim != ndim or input.shape[-1] != self.input_size:
            form = "(T, B, in)" if ndim == 3 else "(N, in)"
            raise ShapeError(
                f"{self._get_name()} takes {form} with in = {self.input_size}, got {input.shape}: "
                "input.size(-1) must be equal to input_size"
            )
        self._check_dtype(input, "an input")

    def _check_dtype(self, x: Tensor, what: str) -> None:
        wanted = self.weight_ih_l0.dtype
        if x.dtype != wanted:
            raise ValueError(f"{what} of {x.dtype} meets weights of {wanted}; convert it with .to({wanted})")

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        text = f"{self.input_size}, {self.hidden_size}"
        if self.proj_size:
            text += f", proj_size={self.proj_size}"
        if self.num_layers != 1:
            text += f", num_layers={self.num_layers}"
        if not self.bias:
            text += ", bias=False"
        if self.batch_first:
            text += ", batch_first=True"
        if self.dropout:
            text += f", dropout={self.dropout}"
        if self.bidirectional:
            text += f", bidirectional={self.bidirectional}"
        return text


def check_sizes(**sizes: Any) -> None:
    """Refuse sizes that are no positive integers.

    Raises:
        TypeError: one is no integer.
        ValueError: one is not positive.
    """
    for name, size in sizes.items():
        if not isinstance(size, int):
            raise TypeError(f"{name} is an integer, got {size!r}")
        if size < 1:
            raise ValueError(f"{name} is 1 or more, got {size}")


def check_switches(**switches: Any) -> None:
    """Refuse what is neither True nor False.

    Raises:
        TypeError: one is neither.
    """
    for name, switch in switches.items():
        if not isinstance(switch, bool):
            raise TypeError(f"{name} is True or False, got {switch!r}")


class RNN(RNNBase):
    r"""The network of Elman: $h_t = \phi(W_{ih} x_t + b_{ih} + W_{hh} h_{t-1} + b_{hh})$, $\phi$ being tanh or relu.

    `(T, B, in) -> (T, B, D H)` and the last h of each layer and direction `(layers D, B, H)`, where D is 2 for both
    directions and else 1; with `batch_first` `(B, T, in)`; one sequence may come without B; or a PackedSequence. The
    initial h, zeros by default, is the second argument. For the parameters see RNNBase.

    Raises:
        ValueError: the nonlinearity is neither "tanh" nor "relu"; there is a projection; the input has another dtype.
        ShapeError: in forward, the sizes do not fit.

    Source: Elman, "Finding Structure in Time" (1990).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f'Unknown nonlinearity {nonlinearity!r}; it is "tanh" or "relu"')
        super().__init__(
            f"RNN_{nonlinearity.upper()}",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity


class LSTM(RNNBase):
    r"""Long short-term memory: $c_t = f_t c_{t-1} + i_t g_t$, $h_t = o_t \tanh c_t$.

    $i, f, o = \sigma(W x_t + b + W' h_{t-1} + b')$ and $g = \tanh(\ldots)$ likewise, each with its rows of the
    parameters, in the order i, f, g, o; with `proj_size` P, $h_t = W_{hr} (o_t \tanh c_t)$ of size P.

    `(T, B, in) -> (T, B, D H)` and the last (h, c) of each layer and direction, each `(layers D, B, H)`, where D is 2
    for both directions and else 1; with `batch_first` `(B, T, in)`; one sequence may come without B; or a
    PackedSequence. The initial (h, c), zeros by default, are the second argument. For the parameters see RNNBase.

    Raises:
        ValueError: proj_size is not less than hidden_size; the input is of another dtype.
        ShapeError: in forward, the sizes do not fit.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Gers, Schmidhuber and Cummins, "Learning to
    Forget" (2000), for f; Sak, Senior and Beaufays, "Long Short-Term Memory Based Recurrent Neural Network
    Architectures" (2014), for the projection.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device=device,
            dtype=dtype,
        )


class GRU(RNNBase):
    r"""Gated recurrent unit: $h_t = (1 - z_t)\,n_t + z_t h_{t-1}$.

    $r, z = \sigma(W x_t + b + W' h_{t-1} + b')$ and $n = \tanh(W x_t + b + r\,(W' h_{t-1} + b'))$, each with its rows
    of the parameters, in the order r, z, n.

    `(T, B, in) -> (T, B, D H)` and the last h of each layer and direction `(layers D, B, H)`, where D is 2 for both
    directions and else 1; with `batch_first` `(B, T, in)`; one sequence may come without B; or a PackedSequence. The
    initial h, zeros by default, is the second argument. For the parameters see RNNBase.

    Raises:
        ValueError: there is a projection; the input has another dtype.
        ShapeError: in forward, the sizes do not fit.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation" (2014); r multiplies after the product and its bias, as in PyTorch.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )
