"""Networks of tinygrad_edu.models beside the same ones in PyTorch, from the same weights: inference."""

from collections.abc import Callable
from typing import Any

import numpy
import torch
from torch import nn
from torch.nn import functional as F

import tinygrad_edu as tg
from tinygrad_edu import models
from tinygrad_edu.models.generation import Cache

from .works import Work, numbers


class Block(nn.Module):
    def __init__(self, channels: int, planes: int) -> None:
        super().__init__()
        self.stride = 1 if channels == planes else 2
        self.conv1 = nn.Conv2d(channels, planes, 3, self.stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.new = (planes - channels) // 2

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.new:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.new, self.new))
        return F.relu(y + x)


class ResNet20(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16), Block(16, 16), Block(16, 16))
        self.layer2 = nn.Sequential(Block(16, 32), Block(32, 32), Block(32, 32))
        self.layer3 = nn.Sequential(Block(32, 64), Block(64, 64), Block(64, 64))
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


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


def same_weights(ours: Any, theirs: Any) -> None:
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()})
    ours.eval()
    theirs.eval()


def resnet(batch: int) -> Work:
    """The class scores of a batch of images."""
    ours, theirs, x = models.resnet20(), ResNet20(), numbers(batch, 3, 32, 32)
    same_weights(ours, theirs)

    def program(library: Any, model: Any, x: Any) -> Callable[[], Any]:
        def run() -> Any:
            with library.no_grad():
                return model(x)

        return run

    return Work(
        f"ResNet-20, batch {batch}, inference", program(tg, ours, tg.tensor(x)), program(torch, theirs, torch.tensor(x))
    )


def llama(count: int) -> Work:
    """Tokens one by one, each attending to the kept keys and values of those before it; the sizes of stories260K."""
    ours, theirs = models.Llama(64, 172, 5, 8, 4, 512, 512), Llama(64, 172, 5, 512, 512)
    same_weights(ours, theirs)
    tokens = numpy.random.default_rng(0).integers(0, 512, (count, 1, 1))
    our_tokens, their_tokens = [tg.tensor(x) for x in tokens], [torch.tensor(x) for x in tokens]

    @tg.no_grad()
    def our_program() -> Any:
        cache = Cache()
        for token in our_tokens:
            logits = ours(token, cache)
        return logits

    @torch.no_grad()
    def their_program() -> Any:
        for position, token in enumerate(their_tokens):
            logits = theirs(token, position)
        return logits

    return Work(f"Llama of 260 K parameters, {count} tokens one by one", our_program, their_program)
