"""An encoder that reads a sequence, and a decoder that writes another and looks back at what was read."""

from typing import NamedTuple

from .. import nn
from ..functions.joining import cat
from ..nn import functional as F
from ..nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from ..tensor import Tensor
from ..told import guarded

__all__ = ["Seq2Seq"]


class Source(NamedTuple):
    """What was read: a vector at each position `(B, S, size)`, the states at the end, and where a token is `(B, S)`."""

    vectors: Tensor
    state: tuple[Tensor, Tensor]
    there: Tensor


class Seq2Seq(nn.Module):
    r"""Logits of the target's next token at each position; `source (B, S), target (B, T) -> (B, T, vocabulary)`.

    The encoder, an LSTM, reads the source; the decoder, another, goes on from its last state and is given the target
    up to now. Its state $h$ weighs the encoder's vectors $\bar h_s$ by $a = \mathrm{softmax}_s(h^\top \bar h_s)$, and
    the logits are an affine map of $\tanh(W\,[\sum_s a_s \bar h_s, h] + b)$. Without `attention` they are one of $h$,
    and the last state is all that the decoder knows of the source. `padding` fills the ends of shorter sources.

    Source: Sutskever, Vinyals and Le, "Sequence to Sequence Learning with Neural Networks" (2014); Luong, Pham and
    Manning, "Effective Approaches to Attention-based Neural Machine Translation" (2015), equations 5 to 8, the score
    being `dot`.
    """

    def __init__(self, vocabulary: int, size: int = 128, attention: bool = True, padding: int = 0) -> None:
        super().__init__()
        self.padding = padding
        self.embedding = nn.Embedding(vocabulary, size)
        self.encoder = nn.LSTM(size, size, batch_first=True)
        self.decoder = nn.LSTM(size, size, batch_first=True)
        self.combine = nn.Linear(2 * size, size) if attention else None
        self.output = nn.Linear(size, vocabulary)

    @guarded
    def encode(self, source: Tensor) -> Source:
        """Read the sources, each to its own end."""
        there = source != self.padding
        packed = pack_padded_sequence(self.embedding(source), there.sum(1), batch_first=True, enforce_sorted=False)
        vectors, state = self.encoder(packed)
        vectors, _ = pad_packed_sequence(vectors, batch_first=True, total_length=source.shape[1])
        return Source(vectors, state, there)

    @guarded
    def attend(self, source: Source, states: Tensor) -> Tensor:
        """How much each state of the decoder looks at each token of the source; `(B, T, size) -> (B, T, S)`."""
        scores = states @ source.vectors.mT  # (B, T, S)
        return scores.masked_fill(~source.there[:, None], -float("inf")).softmax(-1)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """The logits after each token of the target, which is given whole: teacher forcing."""
        read = self.encode(source)
        states, _ = self.decoder(self.embedding(target), read.state)  # (B, T, size)
        if self.combine is not None:
            context = self.attend(read, states) @ read.vectors  # (B, T, size)
            states = F.tanh(self.combine(cat([context, states], -1)))
        return self.output(states)
