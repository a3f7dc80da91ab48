"""Single layers as functions, forward and backward: convolution, pooling, norms, softmax with cross-entropy."""

from collections.abc import Callable
from typing import Any

import numpy

from ..peers.tinygrad_edu import seed
from ..work import Array, Program, Work, numbers

__all__ = ["works"]

# (batch, channels in, size, channels out, kernel, stride, goal)
CONVOLUTIONS = [
    (64, 3, 32, 16, 3, 1, 1.5),
    (64, 16, 32, 16, 3, 1, 1.5),
    (64, 32, 16, 32, 3, 1, 1.5),
    (64, 64, 8, 64, 3, 1, 1.5),
    (64, 16, 32, 32, 3, 2, 1.5),
    (64, 64, 16, 64, 1, 1, 1.0),
    (64, 1, 28, 6, 5, 1, 1.0),
    (1, 16, 32, 16, 3, 1, 0.6),
]


def layer(name: str, call: Callable[..., Any], arrays: list[Array], *fixed: Array, goal: float = numpy.nan) -> Work:
    """A function of arrays, which want gradients, and of what is fixed."""

    def build(peer: Any) -> Program:
        return peer.gradients(call, arrays, seed(call, arrays, *fixed), *[peer.constant(x) for x in fixed])

    return Work(f"{name}, forward and backward", build, goal)


def convolution(batch: int, channels: int, size: int, out: int, kernel: int, stride: int, goal: float) -> Work:
    return layer(
        f"conv {channels}->{out} {kernel}x{kernel} stride {stride}, batch {batch}, {size}x{size}",
        lambda m, x, w: m.conv2d(x, w, None, stride, kernel // 2),
        [numbers(batch, channels, size, size), numbers(out, channels, kernel, kernel, seed=1)],
        goal=goal,
    )


def norm(name: str, call: Callable[..., Any], shape: tuple[int, ...], size: int, goal: float = numpy.nan) -> Work:
    told = "x".join(map(str, shape))
    return layer(f"{name}, {told}", call, [numbers(*shape), numbers(size, seed=1), numbers(size, seed=2)], goal=goal)


def works() -> list[Work]:
    source = numpy.random.default_rng(0)
    maps = numbers(64, 16, 32, 32)
    found = [convolution(*row) for row in CONVOLUTIONS]
    found += [
        layer("max-pool 2, 64x16x32x32", lambda m, x: m.max_pool2d(x, 2), [maps], goal=0.5),
        norm("batch norm", lambda m, x, w, b: m.batch_norm(x, w, b), (32, 64, 32, 32), 64, 1.3),
        norm("batch norm", lambda m, x, w, b: m.batch_norm(x, w, b), (64, 16, 28, 28), 16, 1.3),
        norm("layer norm", lambda m, x, w, b: m.layer_norm(x, w, b), (32, 128, 512), 512),
        norm("layer norm", lambda m, x, w, b: m.layer_norm(x, w, b), (8, 64, 128), 128),
        layer("GELU, 8x64x512", lambda m, x: m.gelu(x), [numbers(8, 64, 512)]),
        layer("softmax, 512x512", lambda m, x: m.softmax(x, -1), [numbers(512, 512)]),
    ]
    for rows, classes in ((64, 10), (512, 100), (512, 5000)):
        name, chosen = f"softmax with cross-entropy, {rows}x{classes}", source.integers(0, classes, rows)
        found.append(layer(name, lambda m, x, y: m.cross_entropy(x, y), [numbers(rows, classes)], chosen, goal=1.2))
    for count in (100, 10_000):
        name, index = f"embedding of 1600 indices in {count} rows of 128", source.integers(0, count, (32, 50))
        found.append(layer(name, lambda m, w, index: m.embedding(index, w), [numbers(count, 128)], index))
    return found
