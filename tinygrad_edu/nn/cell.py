"""One step of a recurrent network: RNNCell, LSTMCell and GRUCell."""

import math
from typing import Any

from ..errors import DtypeError, ShapeError
from ..functions.creation import empty, zeros
from ..tensor import Tensor
from . import init
from .functional.recurrent import Weights, recurrent_layer
from .module import Module
from .parameter import Parameter

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    r"""What the cells have in common.

    Parameters: `weight_ih (gates * H, in)`, `weight_hh (gates * H, H)` and, if `bias`, `bias_ih` and `bias_hh
    (gates * H)`, all drawn uniformly from $\pm 1 / \sqrt H$.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        rows = num_chunks * hidden_size
        self.weight_ih = Parameter(empty(rows, input_size, device=device, dtype=dtype))
        self.weight_hh = Parameter(empty(rows, hidden_size, device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(rows, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0.0
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, mode: str, input: Tensor, states: tuple[Tensor, ...] | None, count: int = 1) -> tuple[Tensor, ...]:
        """The states after one step from an input and the states before it; of a batch, or of one example.

        Raises:
            ShapeError: the sizes do not fit.
            ValueError: the input does not have one or two dimensions.
        """
        if input.ndim not in (1, 2):
            raise ValueError(f"{self._get_name()} takes (B, in) or (in), got {input.shape}")
        form = (*input.shape[:-1], self.hidden_size)
        if states is None:
            states = (zeros(*form, dtype=input.dtype),) * count
        if input.shape[-1] != self.input_size or len(states) != count or any(x.shape != form for x in states):
            raise ShapeError(
                f"{self._get_name()} takes (.., {self.input_size}) and {'two states' if count > 1 else 'a state'} "
                f"(.., {self.hidden_size}), got {input.shape} and {[x.shape for x in states]}"
            )
        for x in (input, *states):
            if x.dtype != self.weight_ih.dtype:
                raise DtypeError(
                    f"{self._get_name()} has weights of {self.weight_ih.dtype}, got {x.dtype}; convert with .to()"
                )
        weights = Weights(self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if input.ndim == 1:
            after = recurrent_layer(mode, input.unsqueeze(0), [x.unsqueeze(0) for x in states], weights, (1,))[1]
            return tuple([x.squeeze(0) for x in after])
        return recurrent_layer(mode, input, states, weights, input.shape[:1])[1]

    def extra_repr(self) -> str:
        """The sizes, and whether there is no bias."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(RNNCellBase):
    r"""One step of an RNN: $h' = \phi(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})$, $\phi$ being tanh or relu.

    `(B, in), h (B, H) -> (B, H)`, or all without B; h is zeros by default. For the parameters see RNNCellBase.

    Raises:
        ShapeError: in forward, the sizes do not fit.
        RuntimeError: in forward, the nonlinearity is neither "tanh" nor "relu".

    Source: Elman, "Finding Structure in Time" (1990).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state after the step."""
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f'the nonlinearity is "tanh" or "relu", got {self.nonlinearity!r}')
        return self._step(f"RNN_{self.nonlinearity.upper()}", input, None if hx is None else (hx,))[0]

    def extra_repr(self) -> str:
        """The sizes, and the settings that are not the default."""
        text = super().extra_repr()
        return text if self.nonlinearity == "tanh" else f"{text}, nonlinearity={self.nonlinearity}"


class LSTMCell(RNNCellBase):
    r"""One step of an LSTM: $c' = f c + i g$, $h' = o \tanh c'$.

    $i, f, o = \sigma(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})$ and $g = \tanh(\ldots)$ likewise, each with its rows of
    the parameters, in the order i, f, g, o. `(B, in), (h, c) each (B, H) -> (h', c')`, or all without B; (h, c) are
    zeros by default. For the parameters see RNNCellBase.

    Raises:
        ShapeError: in forward, the sizes do not fit.

    Source: Hochreiter and Schmidhuber, "Long Short-Term Memory" (1997); Gers, Schmidhuber and Cummins, "Learning to
    Forget" (2000), for f.
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The states (h', c') after the step."""
        h, c = self._step("LSTM", input, None if hx is None else tuple(hx), 2)
        return h, c


class GRUCell(RNNCellBase):
    r"""One step of a GRU: $h' = (1 - z)\,n + z h$.

    $r, z = \sigma(W_{ih} x + b_{ih} + W_{hh} h + b_{hh})$ and $n = \tanh(W_{ih} x + b_{ih} + r\,(W_{hh} h + b_{hh}))$,
    each with its rows of the parameters, in the order r, z, n. `(B, in), h (B, H) -> (B, H)`, or all without B; h is
    zeros by default. For the parameters see RNNCellBase.

    Raises:
        ShapeError: in forward, the sizes do not fit.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine
    Translation" (2014).
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        """The state after the step."""
        return self._step("GRU", input, None if hx is None else (hx,))[0]
