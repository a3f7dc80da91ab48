"""Recurrent layers and transformers, forward and backward to their parameters, and a language model's tokens."""

from typing import Any

import numpy

from ..work import Network, Program, Work, numbers

__all__ = ["GPT", "LSTM", "works"]


def lstm(m: Any, x: Any, weight_ih: Any, weight_hh: Any, bias_ih: Any, bias_hh: Any) -> Any:
    """Step by step, as one writes it where there is no layer for it; `(T, B, 128) -> (T, B, 128)`."""
    h = c = m.constant(numpy.zeros((32, 128), numpy.float32))
    found = []
    for t in range(50):
        a = m.linear(x[t], weight_ih, bias_ih) + m.linear(h, weight_hh, bias_hh)
        i, f, o = m.sigmoid(a[:, :128]), m.sigmoid(a[:, 128:256]), m.sigmoid(a[:, 384:])
        c = f * c + i * m.tanh(a[:, 256:384])
        h = o * m.tanh(c)
        found.append(h)
    return m.stack(found)


def gpt(library: Any) -> Any:
    """4 blocks of 128 numbers with 4 heads: norm, causal attention, norm, two affine maps with GELU."""
    nn = library.nn

    class Block(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(128), nn.LayerNorm(128)
            self.attend, self.project = nn.Linear(128, 384), nn.Linear(128, 128)
            self.widen, self.narrow, self.activation = nn.Linear(128, 512), nn.Linear(512, 128), nn.GELU()

        def attention(self, x: Any) -> Any:
            B, T, C = x.shape
            parts = [part.view(B, T, 4, C // 4).transpose(1, 2) for part in self.attend(x).split(C, 2)]
            found = nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
            return self.project(found.transpose(1, 2).reshape(B, T, C))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.narrow(self.activation(self.widen(self.norm2(x))))

    class Model(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.token, self.position = nn.Embedding(65, 128), nn.Parameter(library.zeros(256, 128))
            self.blocks = nn.Sequential(*[Block() for _ in range(4)])
            self.norm, self.output = nn.LayerNorm(128), nn.Linear(128, 65, bias=False)

        def forward(self, tokens: Any) -> Any:
            x = self.token(tokens) + self.position[: tokens.shape[1]]
            return self.output(self.norm(self.blocks(x))).flatten(0, 1)

    return Model()


def recurrent(kind: str) -> Network:
    """A layer of 128 to 128."""
    return Network(lambda library: getattr(library.nn, kind)(128, 128), lstm if kind == "LSTM" else None)


LSTM, GPT = recurrent("LSTM"), Network(gpt)


def attention(length: int, causal: bool) -> Work:
    arrays, g = [numbers(8, 4, length, 32, seed=i) for i in range(3)], numbers(8, 4, length, 32, seed=3)

    def call(m: Any, *parts: Any) -> Any:
        return m.scaled_dot_product_attention(*parts, is_causal=causal)

    name = f"{'causal ' if causal else ''}attention, 8x4 of {length}x32, forward and backward"
    return Work(name, lambda peer: peer.gradients(call, arrays, g))


def step(length: int, goal: float) -> Work:
    source = numpy.random.default_rng(0)
    tokens, following = source.integers(0, 65, (8, length)), source.integers(0, 65, 8 * length)

    def build(peer: Any) -> Program:
        training, given, wanted = peer.training(GPT, 0.01), peer.constant(tokens), peer.constant(following)
        return lambda: training.step(given, wanted)

    return Work(f"GPT, batch 8, length {length}, size 128, 4 layers, step", build, goal)


def works() -> list[Work]:
    x, g = numbers(50, 32, 128), numbers(50, 32, 128, seed=1)
    found = []
    for kind, goal in (("LSTM", 1.2), ("GRU", numpy.nan), ("RNN", numpy.nan)):
        name, network = f"{kind}, batch 32, 50 steps, size 128, forward and backward", recurrent(kind)
        found.append(Work(name, lambda peer, network=network: peer.through(network, x, g), goal))
    found += [attention(64, True), attention(64, False), attention(256, True)]
    return [*found, step(64, 1.2), step(256, numpy.nan)]
