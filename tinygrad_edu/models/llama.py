"""A language model of Llama's kind."""

import json
import math
import os
from typing import Any, Self

from .. import nn
from ..atomic import FilePath
from ..functions.creation import ones, tensor
from ..functions.linear import kron, outer
from ..functions.sequences import arange, eye
from ..io import load_safetensors, safetensors_metadata
from ..nn import functional as F
from ..tensor import Tensor
from ..told import guarded
from .generation import Cache
from .llama2c import read_llama2c

__all__ = ["Llama"]


Turn = tuple[Tensor, Tensor, Tensor]  # cosines, sines, and the turn by a right angle


def angles(length: int, size: int, theta: float) -> Tensor:
    r"""$p\,\theta^{-2i/E}$ for position p and pair i of a vector's elements, twice for each pair; `(length, E)`."""
    frequency = theta ** (-arange(0, size, 2, dtype="float64") / size)
    return outer(arange(length, dtype="float64"), frequency).repeat_interleave(2, -1)


def rotate(x: Tensor, turn: Turn) -> Tensor:
    r"""Rotary position embedding: each pair of neighbours turned by its angle; `(.., T, E) -> (.., T, E)`.

    $x \cos\varphi + x J \sin\varphi$, where J turns each pair by a right angle: $(a, b) J = (-b, a)$. The product of
    two vectors then depends on the distance of their positions.

    Source: Su et al., "RoFormer: Enhanced Transformer with Rotary Position Embedding" (2021), equation 34.
    """
    cos, sin, right_angle = turn
    return x * cos + (x @ right_angle) * sin


class Attention(nn.Module):
    """Causal attention, in which several heads of queries share one of keys and values; `(B, T, C) -> (B, T, C)`.

    Source: Ainslie et al., "GQA: Training Generalized Multi-Query Transformer Models" (2023).
    """

    def __init__(self, dim: int, heads: int, kv_heads: int) -> None:
        super().__init__()
        self.size = dim // heads
        self.wq = nn.Linear(dim, dim, bias=False)
        self.wk = nn.Linear(dim, kv_heads * self.size, bias=False)
        self.wv = nn.Linear(dim, kv_heads * self.size, bias=False)
        self.wo = nn.Linear(dim, dim, bias=False)

    def forward(self, x: Tensor, turn: Turn, seen: Tensor | None, cache: Cache | None) -> Tensor:
        """Of tokens turned as their positions ask, which see what is in the cache, and of themselves those `seen`."""
        B, T, C = x.shape
        q, k, v = [y.view(B, T, -1, self.size).transpose(1, 2) for y in (self.wq(x), self.wk(x), self.wv(x))]
        q, k = rotate(q, turn), rotate(k, turn)  # (B, heads, T, E)
        if cache is not None:
            k, v = cache.extend(self, k, v)  # (B, kv heads, cached + T, E)
        y = F.scaled_dot_product_attention(q, k, v, seen, enable_gqa=True)
        return self.wo(y.transpose(1, 2).reshape(B, T, C))


class FeedForward(nn.Module):
    """SwiGLU: W2 (silu(W1 x) * W3 x), without biases; `(.., C) -> (.., C)`.

    Source: Shazeer, "GLU Variants Improve Transformer" (2020), equation 6.
    """

    def __init__(self, dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.w1 = nn.Linear(dim, hidden_dim, bias=False)
        self.w2 = nn.Linear(hidden_dim, dim, bias=False)
        self.w3 = nn.Linear(dim, hidden_dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """The gated hidden layer, back in the input's size."""
        return self.w2(F.silu(self.w1(x)) * self.w3(x))


class Block(nn.Module):
    """Attention and then a feed-forward network, each of the normalised input and added to it."""

    def __init__(self, dim: int, hidden_dim: int, heads: int, kv_heads: int, eps: float) -> None:
        super().__init__()
        self.attention = Attention(dim, heads, kv_heads)
        self.feed_forward = FeedForward(dim, hidden_dim)
        self.attention_norm = nn.RMSNorm(dim, eps)
        self.ffn_norm = nn.RMSNorm(dim, eps)

    def forward(self, x: Tensor, turn: Turn, seen: Tensor | None, cache: Cache | None) -> Tensor:
        """`(B, T, C) -> (B, T, C)`."""
        x = x + self.attention(self.attention_norm(x), turn, seen, cache)
        return x + self.feed_forward(self.ffn_norm(x))


class Llama(nn.Module):
    """Logits of the next token at each position; `(B, T) -> (B, T, vocab_size)`.

    The names of settings and parameters are those of the published checkpoints. With `tied_embeddings` the table that
    turns tokens into vectors turns vectors into logits, too. With a cache, the tokens come after those that are in it.

    Raises:
        ValueError: the heads do not divide the sizes; in forward, there are more tokens than `max_seq_len`.

    Source: Touvron et al., "LLaMA: Open and Efficient Foundation Language Models" (2023), section 2.2; grouped queries
    as in "Llama 2" (2023).
    """

    def __init__(
        self,
        dim: int,
        hidden_dim: int,
        n_layers: int,
        n_heads: int,
        n_kv_heads: int,
        vocab_size: int,
        max_seq_len: int,
        norm_eps: float = 1e-5,
        rope_theta: float = 10_000.0,
        tied_embeddings: bool = True,
    ) -> None:
        super().__init__()
        if dim % n_heads or n_heads % n_kv_heads or dim // n_heads % 2:
            raise ValueError(
                f"n_heads must divide dim into even parts, and n_kv_heads must divide n_heads; got dim {dim}, "
                f"n_heads {n_heads}, n_kv_heads {n_kv_heads}"
            )
        self.context = max_seq_len
        self.tok_embeddings = nn.Embedding(vocab_size, dim)
        blocks = [Block(dim, hidden_dim, n_heads, n_kv_heads, norm_eps) for _ in range(n_layers)]
        self.layers = nn.ModuleList(blocks)
        self.norm = nn.RMSNorm(dim, norm_eps)
        self.output = None if tied_embeddings else nn.Linear(dim, vocab_size, bias=False)
        angle = angles(max_seq_len, dim // n_heads, rope_theta)
        right_angle = kron(eye(dim // n_heads // 2), tensor([[0.0, 1.0], [-1.0, 0.0]]))
        self.register_buffer("cos", angle.cos().float(), persistent=False)
        self.register_buffer("sin", angle.sin().float(), persistent=False)
        self.register_buffer("right_angle", right_angle, persistent=False)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                # what is added to the residual stream is drawn smaller, so that its variance does not grow with depth
                added = name.endswith(("wo.weight", "w2.weight"))
                nn.init.normal_(weight, std=0.02 / math.sqrt(2 * n_layers) if added else 0.02)

    def forward(self, tokens: Tensor, cache: Cache | None = None) -> Tensor:
        """The logits after each of these tokens."""
        T = tokens.shape[1]
        start = 0 if cache is None else len(cache)
        if start + T > self.context:
            raise ValueError(f"the context is {self.context} tokens, got {T} and {start} before them")
        turn = self.cos[start : start + T], self.sin[start : start + T], self.right_angle
        seen = None if T == 1 else ones(T, start + T, dtype=bool).tril(start)
        x = self.tok_embeddings(tokens)  # (B, T, C)
        for block in self.layers:
            x = block(x, turn, seen, cache)
        output = self.output or self.tok_embeddings
        return F.linear(self.norm(x), output.weight)  # (B, T, vocab_size)

    @classmethod
    @guarded
    def from_file(cls, path: FilePath) -> Self:
        """The model in a file: safetensors with its `config` as JSON in the metadata, or, under .bin, llama2.c's v0.

        Raises:
            ValueError: the file holds something else.
            OSError: it cannot be opened.
        """
        unfit = (AttributeError, LookupError, TypeError, ValueError, ArithmeticError, MemoryError, RuntimeError)
        try:
            weights, config = read_llama2c(path) if os.fspath(path).endswith(".bin") else read_safetensors(path)
            model = cls(**checked(config, weights))
            model.load_state_dict(weights)
        except unfit as error:
            raise ValueError(f"{os.fspath(path)!r} holds no Llama: {error!r}") from None
        return model.eval()


def read_safetensors(path: FilePath) -> tuple[dict[str, Any], dict[str, Any]]:
    """The weights of a safetensors file, and the settings in its metadata."""
    return dict(load_safetensors(path)), json.loads(safetensors_metadata(path)["config"])


def checked(config: dict[str, Any], weights: dict[str, Any]) -> dict[str, Any]:
    """The settings, if the weights agree with them; nothing is allocated for a size that is only claimed.

    Raises:
        ValueError: they do not agree.
    """
    vocab_size, dim = weights["tok_embeddings.weight"].shape
    hidden_dim = len(weights["layers.0.feed_forward.w1.weight"])
    n_layers = sum(name.endswith(".feed_forward.w1.weight") for name in weights)
    found = {"vocab_size": vocab_size, "dim": dim, "hidden_dim": hidden_dim, "n_layers": n_layers}
    if differing := [name for name, size in found.items() if config[name] != size]:
        told = ", ".join(f"{name} {config[name]} where the weights have {found[name]}" for name in differing)
        raise ValueError(f"its settings are not those of its weights: {told}")
    return config
