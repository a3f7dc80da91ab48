"""BERT: a Transformer that sees a text from both sides and tells which tokens were masked."""

from .. import nn
from ..functions.random import Generator, rand, randint
from ..functions.sequences import arange
from ..nn import functional as F
from ..ops.elementwise import where
from ..tensor import Tensor
from ..told import guard, guarded

__all__ = ["BERT", "mask_tokens"]


class BERT(nn.Module):
    """Logits of the token at each position; `(B, T) -> (B, T, vocabulary)`. `encode` gives the vectors `(B, T, size)`.

    `segments (B, T)` tells to which of two texts each token belongs, all to the first by default, and `padding (B, T)`
    is True where there is no token. For another task, put an affine layer on `encode(tokens)[:, 0]`.

    Raises:
        ValueError: in forward, there are more tokens than the context holds.

    Source: Devlin, Chang, Lee and Toutanova, "BERT: Pre-training of Deep Bidirectional Transformers for Language
    Understanding" (2019), section 3 and appendix A.
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 64,
        layers: int = 4,
        heads: int = 4,
        size: int = 128,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.context = context
        self.tokens = nn.Embedding(vocabulary, size)
        self.positions = nn.Embedding(context, size)
        self.segments = nn.Embedding(2, size)
        self.norm = nn.LayerNorm(size)
        self.dropout = nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(size, heads, 4 * size, dropout, "gelu", batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.predict = nn.Sequential(nn.Linear(size, size), nn.GELU(), nn.LayerNorm(size))
        self.bias = nn.Parameter(self.tokens.weight.new_zeros(vocabulary))
        for p in self.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, std=0.02)

    @guarded
    def encode(self, tokens: Tensor, segments: Tensor | None = None, padding: Tensor | None = None) -> Tensor:
        """A vector for each token, which knows of all the others; `(B, T) -> (B, T, size)`."""
        T = tokens.shape[1]
        if self.context < T:
            raise ValueError(f"the context is {self.context} tokens, got {T}")
        x = self.tokens(tokens) + self.positions(arange(T))
        x = x + (self.segments.weight[0] if segments is None else self.segments(segments))
        return self.encoder(self.dropout(self.norm(x)), src_key_padding_mask=padding)

    def forward(self, tokens: Tensor, segments: Tensor | None = None, padding: Tensor | None = None) -> Tensor:
        """The logits of what stands at each place."""
        x = self.predict(self.encode(tokens, segments, padding))
        return F.linear(x, self.tokens.weight, self.bias)  # (B, T, vocabulary)


def mask_tokens(
    tokens: Tensor, vocabulary: int, mask: int, share: float = 0.15, generator: Generator | None = None
) -> tuple[Tensor, Tensor]:
    """Tokens to be guessed and what they are: a share of the places is chosen; `(B, T) -> (B, T), (B, T)`.

    Of the chosen ones 80 % become the token `mask`, 10 % any token, and 10 % stay; where none is chosen the label is
    -100, which cross-entropy leaves out.

    Source: Devlin et al. (2019), appendix A.1.
    """
    chosen = rand(tokens.shape, generator=generator) < share
    fate = rand(tokens.shape, generator=generator)
    other = randint(0, vocabulary, tokens.shape, generator=generator)
    changed = where(fate < 0.8, mask, where(fate < 0.9, other, tokens))
    return where(chosen, changed, tokens), where(chosen, tokens, -100)


guard(globals(), __all__, __name__)
