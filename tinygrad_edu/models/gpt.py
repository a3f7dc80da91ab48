"""GPT: a Transformer that is given tokens and tells what comes next."""

import math

from .. import nn
from ..functions.creation import ones
from ..functions.sequences import arange
from ..nn import functional as F
from ..tensor import Tensor
from .generation import Cache

__all__ = ["GPT"]


class Attention(nn.Module):
    """Causal attention with several heads; `(B, T, C) -> (B, T, C)`.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
    """

    def __init__(self, size: int, heads: int, dropout: float, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.c_attn = nn.Linear(size, 3 * size, bias)
        self.c_proj = nn.Linear(size, size, bias)

    def forward(self, x: Tensor, seen: Tensor | None, cache: Cache | None) -> Tensor:
        """Of tokens that see what is in the cache, and of themselves those `seen`: if None, those before them."""
        B, T, C = x.shape
        parts = self.c_attn(x).chunk(3, -1)
        q, k, v = [part.view(B, T, self.heads, C // self.heads).transpose(1, 2) for part in parts]  # (B, heads, T, E)
        if cache is not None:
            k, v = cache.extend(self, k, v)  # (B, heads, cached + T, E)
        dropped = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, seen, dropped, is_causal=seen is None and T > 1)
        y = self.c_proj(y.transpose(1, 2).reshape(B, T, C))
        return F.dropout(y, self.dropout, self.training)


class FeedForward(nn.Module):
    """Two affine maps with a GELU between them; `(.., C) -> (.., C)`."""

    def __init__(self, size: int, dropout: float, bias: bool) -> None:
        super().__init__()
        self.c_fc = nn.Linear(size, 4 * size, bias)
        self.gelu = nn.GELU("tanh")
        self.c_proj = nn.Linear(4 * size, size, bias)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """What is added to the residual stream."""
        return self.dropout(self.c_proj(self.gelu(self.c_fc(x))))


class Block(nn.Module):
    """Attention and then a feed-forward network, each of the normalised input and added to it."""

    def __init__(self, size: int, heads: int, dropout: float, bias: bool) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(size, bias=bias)
        self.attn = Attention(size, heads, dropout, bias)
        self.ln_2 = nn.LayerNorm(size, bias=bias)
        self.mlp = FeedForward(size, dropout, bias)

    def forward(self, x: Tensor, seen: Tensor | None, cache: Cache | None) -> Tensor:
        """`(B, T, C) -> (B, T, C)`."""
        x = x + self.attn(self.ln_1(x), seen, cache)
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    """Logits of the next token at each position; `(B, T) -> (B, T, vocabulary)`.

    With a cache, the tokens come after those that are in it. The table of the tokens' vectors is the output's, too.

    Raises:
        ValueError: the heads do not divide the size; in forward, there are more tokens than the context holds.

    Source: Radford et al., "Language Models are Unsupervised Multitask Learners" (GPT-2, 2019), section 2.3, whose
    parameters' names it has; Press and Wolf, "Using the Output Embedding to Improve Language Models" (2017).
    """

    def __init__(
        self,
        vocabulary: int,
        context: int = 64,
        layers: int = 4,
        heads: int = 4,
        size: int = 128,
        dropout: float = 0.0,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if size % heads:
            raise ValueError(f"{heads} heads cannot share {size} numbers evenly")
        self.context = context
        self.wte = nn.Embedding(vocabulary, size)
        self.wpe = nn.Embedding(context, size)
        self.dropout = nn.Dropout(dropout)
        self.h = nn.ModuleList([Block(size, heads, dropout, bias) for _ in range(layers)])
        self.ln_f = nn.LayerNorm(size, bias=bias)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                # what is added to the residual stream is drawn smaller, so that its variance does not grow with depth
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * layers) if name.endswith("c_proj.weight") else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """The logits after each of these tokens."""
        T = tokens.shape[1]
        start = 0 if cache is None else len(cache)
        if start + T > self.context:
            raise ValueError(f"the context is {self.context} tokens, got {T} and {start} before them")
        seen = None if T == 1 or not start else ones(T, start + T, dtype=bool).tril(start)
        x = self.dropout(self.wte(tokens) + self.wpe(arange(start, start + T)))  # (B, T, C)
        for block in self.h:
            x = block(x, seen, cache)
        return F.linear(self.ln_f(x), self.wte.weight)  # (B, T, vocabulary)
