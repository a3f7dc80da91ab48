"""A recurrent language model: it reads a text character by character and tells what comes next."""

from typing import Any

from .. import nn
from ..tensor import Tensor
from ..told import guarded

__all__ = ["CharRNN"]

KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class CharRNN(nn.Module):
    """Logits of the next character at each position; `(B, T) -> (B, T, vocabulary)`.

    `kind` is "rnn", "lstm" or "gru". What was read before a position is known through the state alone, `size` numbers
    a layer (twice as many of an LSTM), however long it was.

    Raises:
        ValueError: there is no such kind.

    Source: Mikolov et al., "Recurrent neural network based language model" (2010), section 2, for a simple network;
    Graves, "Generating Sequences With Recurrent Neural Networks" (2013), section 2, for LSTMs in layers.
    """

    def __init__(
        self, vocabulary: int, size: int = 128, layers: int = 1, kind: str = "lstm", dropout: float = 0.0
    ) -> None:
        super().__init__()
        if kind not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}, got {kind!r}")
        self.embedding = nn.Embedding(vocabulary, size)
        self.rnn = KINDS[kind](size, size, layers, batch_first=True, dropout=dropout)
        self.output = nn.Linear(size, vocabulary)

    def forward(self, tokens: Tensor) -> Tensor:
        """The logits after each character of texts that are whole."""
        return self.read(tokens)[0]

    @guarded
    def read(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The logits, and the state with which to read on where these texts end; `(B, T) -> (B, T, vocabulary), state`.

        The state is that of `nn.LSTM`, `nn.GRU` or `nn.RNN`, zeros by default.
        """
        y, state = self.rnn(self.embedding(tokens), state)  # (B, T, size)
        return self.output(y), state
