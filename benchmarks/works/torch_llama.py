"""The network of tinygrad_edu.models.Llama in PyTorch, names of weights included, with a cache of keys and values."""

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["Llama"]


class Layer(nn.Module):
    """A layer of a Llama with 8 heads of queries, 4 of keys and values; its keys and values are kept."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.attention, self.feed_forward = nn.Module(), nn.Module()
        for name, size in (("wq", dim), ("wk", dim // 2), ("wv", dim // 2), ("wo", dim)):
            setattr(self.attention, name, nn.Linear(dim, size, bias=False))
        self.feed_forward.w1 = nn.Linear(dim, hidden, bias=False)
        self.feed_forward.w2 = nn.Linear(hidden, dim, bias=False)
        self.feed_forward.w3 = nn.Linear(dim, hidden, bias=False)
        self.attention_norm, self.ffn_norm = nn.RMSNorm(dim, 1e-5), nn.RMSNorm(dim, 1e-5)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        a, f, y = self.attention, self.feed_forward, self.attention_norm(x)
        q, k, v = [part.view(1, 1, -1, 8).transpose(1, 2) for part in (a.wq(y), a.wk(y), a.wv(y))]
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = torch.cat([self.keys, k], 2), torch.cat([self.values, v], 2)
        self.keys, self.values = k, v
        y = F.scaled_dot_product_attention(q, k, v, enable_gqa=True)
        x = x + a.wo(y.transpose(1, 2).reshape(1, 1, -1))
        y = self.ffn_norm(x)
        return x + f.w2(F.silu(f.w1(y)) * f.w3(y))


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, odd * cos + even * sin], -1).flatten(-2)


class Llama(nn.Module):
    def __init__(self, dim: int, hidden: int, layers: int, vocabulary: int, length: int) -> None:
        super().__init__()
        self.tok_embeddings = nn.Embedding(vocabulary, dim)
        self.layers = nn.ModuleList([Layer(dim, hidden) for _ in range(layers)])
        self.norm = nn.RMSNorm(dim, 1e-5)
        angle = torch.outer(torch.arange(length), 10_000 ** (-torch.arange(0, 8, 2) / 8))
        self.cos, self.sin = angle.cos(), angle.sin()

    def forward(self, token: torch.Tensor, position: int) -> torch.Tensor:
        x = self.tok_embeddings(token)
        for layer in self.layers:
            if position == 0:
                layer.keys = layer.values = torch.empty(1, 4, 0, 8)
            x = layer(x, self.cos[position], self.sin[position])
        return F.linear(self.norm(x), self.tok_embeddings.weight)
