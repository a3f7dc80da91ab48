"""The Transformer: an encoder and a decoder made of attention, without recurrence."""

import math

from .. import nn
from ..functions.joining import stack
from ..functions.linear import outer
from ..functions.sequences import arange
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guard, guarded

__all__ = ["Transformer", "sinusoids"]


def sinusoids(length: int, size: int) -> Tensor:
    r"""A vector for each position, from which attention can tell order and distance; `(length, size)`.

    $PE_{p,\,2i} = \sin(p / 10000^{2i/size})$ and $PE_{p,\,2i+1} = \cos(p / 10000^{2i/size})$.

    Raises:
        ValueError: the size is odd.

    Source: Vaswani et al. (2017), section 3.5.

    >>> sinusoids(2, 2)
    tensor([[0.0000, 1.0000],
            [0.8415, 0.5403]])
    """
    if size % 2:
        raise ValueError(f"sines and cosines come in pairs, so the size is even; got {size}")
    frequency = 10_000 ** (-arange(0, size, 2, dtype="float64") / size)
    angle = outer(arange(length, dtype="float64"), frequency)  # (length, size / 2)
    return stack([angle.sin(), angle.cos()], -1).flatten(1).float()


class Transformer(nn.Module):
    r"""Logits of the target's next token at each position; `source (B, S), target (B, T) -> (B, T, vocabulary)`.

    Source and target share one table of vectors, scaled by $\sqrt{size}$, which is the output's, too. `padding` fills
    the ends of shorter sources.

    Raises:
        ValueError: the heads do not divide the size; in forward, there are more tokens than the context holds.

    Source: Vaswani et al., "Attention Is All You Need" (2017), sections 3.1 to 3.5.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 64,
        layers: int = 2,
        heads: int = 4,
        size: int = 64,
        dropout: float = 0.1,
        padding: int = 0,
    ) -> None:
        super().__init__()
        self.context = context
        self.padding = padding
        self.scale = math.sqrt(size)
        self.embedding = nn.Embedding(vocabulary, size)
        self.register_buffer("positions", sinusoids(context, size), persistent=False)
        self.dropout = nn.Dropout(dropout)
        self.transformer = nn.Transformer(size, heads, layers, layers, 4 * size, dropout, batch_first=True)
        nn.init.normal_(self.embedding.weight, std=1 / self.scale)

    def embed(self, tokens: Tensor) -> Tensor:
        """A vector for each token at its position; `(B, T) -> (B, T, size)`."""
        T = tokens.shape[1]
        if self.context < T:
            raise ValueError(f"the context is {self.context} tokens, got {T}")
        return self.dropout(self.scale * self.embedding(tokens) + self.positions[:T])

    @guarded
    def encode(self, source: Tensor) -> Tensor:
        """A vector for each token of the source, which knows of all the others; `(B, S) -> (B, S, size)`."""
        return self.transformer.encoder(self.embed(source), src_key_padding_mask=source == self.padding)

    @guarded
    def decode(self, target: Tensor, memory: Tensor, source: Tensor) -> Tensor:
        """The logits after each token of a target, from what the encoder made of the source."""
        seen = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        x = self.transformer.decoder(
            self.embed(target), memory, tgt_mask=seen, memory_key_padding_mask=source == self.padding
        )
        return F.linear(x, self.embedding.weight)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """The logits after each token of the target, which is given whole: teacher forcing."""
        return self.decode(target, self.encode(source), source)


guard(globals(), __all__, __name__)
