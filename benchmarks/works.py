"""The works: each is built twice, for tinygrad_edu and for PyTorch, from the same numbers; both give their result."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim


class Work(NamedTuple):
    """A name, the two programs, and what they should agree on after one call each."""

    name: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]


def numbers(*shape: int, seed: int = 0) -> numpy.ndarray:
    return numpy.random.default_rng(seed).standard_normal(shape).astype(numpy.float32)


def chain() -> Work:
    """Ten times x * 0.9, + 0.1, tanh, exp, log, then sum: 51 operations of ten elements, forward and backward."""
    start = numpy.linspace(0.1, 1, 10, dtype=numpy.float32)

    def program(x: Any) -> Callable[[], Any]:
        def run() -> Any:
            y = x
            for _ in range(10):
                y = ((y * 0.9 + 0.1).tanh().exp()).log()
            x.grad = None
            y.sum().backward()
            return x.grad

        return run

    return Work(
        "chain of 51 ten-element operations",
        program(tg.tensor(start, requires_grad=True)),
        program(torch.tensor(start, requires_grad=True)),
    )


def operation(name: str, call: Callable[..., Any], operands: int) -> Work:
    """One ten-element operation, forward and backward of its sum."""
    arrays = [numpy.abs(numbers(10, seed=i)) + 0.5 for i in range(operands)]

    def program(xs: list[Any], one: Any) -> Callable[[], Any]:
        def run() -> Any:
            xs[0].grad = None
            call(*xs).backward(one)
            return xs[0].grad

        return run

    ones = numpy.ones(10, numpy.float32)
    return Work(
        f"{name}, ten elements",
        program([tg.tensor(a, requires_grad=True) for a in arrays], tg.tensor(ones)),
        program([torch.tensor(a, requires_grad=True) for a in arrays], torch.tensor(ones)),
    )


def training_step(name: str, ours: Any, theirs: Any, inputs: numpy.ndarray, classes: int) -> Work:
    """Forward, cross-entropy, backward and an SGD step of two models that start from the same weights."""
    labels = numpy.random.default_rng(1).integers(0, classes, len(inputs))
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in ours.state_dict().items()})

    def program(model: Any, x: Any, y: Any, loss: Any, optimizer: Any) -> Callable[[], Any]:
        def run() -> Any:
            optimizer.zero_grad()
            value = loss(model(x), y)
            value.backward()
            optimizer.step()
            return value.detach()

        return run

    return Work(
        name,
        program(
            ours, tg.tensor(inputs), tg.tensor(labels), nn.CrossEntropyLoss(), optim.SGD(ours.parameters(), lr=0.01)
        ),
        program(
            theirs,
            torch.tensor(inputs),
            torch.tensor(labels),
            torch.nn.CrossEntropyLoss(),
            torch.optim.SGD(theirs.parameters(), lr=0.01),
        ),
    )


def mlp(library: Any, hidden: int) -> Any:
    return library.Sequential(
        library.Linear(784, hidden),
        library.ReLU(),
        library.Linear(hidden, hidden),
        library.ReLU(),
        library.Linear(hidden, 10),
    )


def cnn(library: Any) -> Any:
    return library.Sequential(
        library.Conv2d(1, 16, 3, padding=1),
        library.ReLU(),
        library.MaxPool2d(2),
        library.Conv2d(16, 32, 3, padding=1),
        library.ReLU(),
        library.MaxPool2d(2),
        library.Flatten(),
        library.Linear(32 * 7 * 7, 10),
    )


def convolution(batch: int, channels: int, size: int, out: int, kernel: int, stride: int, backward: bool) -> Work:
    """One 2-D convolution with padding that keeps the size, forward or forward and backward."""
    x, w = numbers(batch, channels, size, size), numbers(out, channels, kernel, kernel, seed=1)

    def program(library: Any, x: Any, w: Any, g: Any) -> Callable[[], Any]:
        def run() -> Any:
            y = library.conv2d(x, w, stride=stride, padding=kernel // 2)
            if backward:
                x.grad = w.grad = None
                y.backward(g)
                return w.grad
            return y

        return run

    side = (size + 2 * (kernel // 2) - kernel) // stride + 1
    g = numbers(batch, out, side, side, seed=2)
    what = "forward and backward" if backward else "forward"
    return Work(
        f"conv {channels}->{out} {kernel}x{kernel} stride {stride}, batch {batch}, {size}x{size}, {what}",
        program(tg, tg.tensor(x, requires_grad=backward), tg.tensor(w, requires_grad=backward), tg.tensor(g)),
        program(
            torch, torch.tensor(x, requires_grad=backward), torch.tensor(w, requires_grad=backward), torch.tensor(g)
        ),
    )


def attention(batch: int, heads: int, length: int, size: int, fused: bool) -> Work:
    """Causal attention forward and backward, by the function for it or written out with a mask and a softmax."""
    shape = (batch, heads, length, size)
    arrays = [numbers(*shape, seed=seed) for seed in range(4)]

    def program(library: Any, query: Any, key: Any, value: Any, g: Any) -> Callable[[], Any]:
        later = library.ones(length, length).triu(1) == 1

        def written_out() -> Any:
            scores = (query @ key.transpose(-2, -1)) * size**-0.5
            return library.softmax(scores.masked_fill(later, -float("inf")), -1) @ value

        def run() -> Any:
            query.grad = key.grad = value.grad = None
            if fused:
                out = library.nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
            else:
                out = written_out()
            out.backward(g)
            return key.grad

        return run

    return Work(
        f"attention {'fused' if fused else 'written out'}, {batch}x{heads} of {length}x{size}, forward and backward",
        program(tg, *[tg.tensor(a, requires_grad=i < 3) for i, a in enumerate(arrays)]),
        program(torch, *[torch.tensor(a, requires_grad=i < 3) for i, a in enumerate(arrays)]),
    )


def gpt_block(nn: Any, size: int, heads: int, dropout: float) -> Any:
    """A block of a GPT as its programs write it: norm, causal attention, norm, two affine maps with GELU."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(size), nn.LayerNorm(size)
            self.attend, self.project = nn.Linear(size, 3 * size), nn.Linear(size, size)
            self.widen, self.narrow = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)
            self.activation, self.dropout = nn.GELU(), nn.Dropout(dropout)

        def attention(self, x: Any) -> Any:
            B, T, C = x.shape
            parts = [part.view(B, T, heads, C // heads).transpose(1, 2) for part in self.attend(x).split(C, 2)]
            found = nn.functional.scaled_dot_product_attention(*parts, is_causal=True, dropout_p=dropout)
            return self.dropout(self.project(found.transpose(1, 2).reshape(B, T, C)))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm1(x))
            return x + self.dropout(self.narrow(self.activation(self.widen(self.norm2(x)))))

    return Block()


def forward_and_backward(name: str, make: Callable[[Any], Any], *shape: int) -> Work:
    """A module that keeps the shape of its input, forward and backward, from the same weights."""
    ours, theirs = make(nn), make(torch.nn)
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})
    x, g = numbers(*shape), numbers(*shape, seed=1)

    def program(module: Any, x: Any, g: Any) -> Callable[[], Any]:
        def run() -> Any:
            module.zero_grad()
            x.grad = None
            module(x).backward(g)
            return x.grad

        return run

    return Work(
        name,
        program(ours, tg.tensor(x, requires_grad=True), tg.tensor(g)),
        program(theirs, torch.tensor(x, requires_grad=True), torch.tensor(g)),
    )


def to_parameters(name: str, make: Callable[[Any], Any], x: numpy.ndarray, g: numpy.ndarray) -> Work:
    """A module forward and backward to its parameters, from the same weights; gives the gradient of the first."""
    ours, theirs = make(nn), make(torch.nn)
    theirs.load_state_dict({key: torch.tensor(value.numpy()) for key, value in ours.state_dict().items()})

    def program(module: Any, x: Any, g: Any) -> Callable[[], Any]:
        first = next(module.parameters())

        def run() -> Any:
            module.zero_grad()
            y = module(x)
            (y[0] if isinstance(y, tuple) else y).backward(g)
            return first.grad

        return run

    return Work(name, program(ours, tg.tensor(x), tg.tensor(g)), program(theirs, torch.tensor(x), torch.tensor(g)))


def optimizer_step(name: str, count: int, size: int, **settings: float) -> Work:
    """A step of an optimizer over so many parameters of this size, one by one as PyTorch's `foreach=False`."""
    arrays = [numbers(2, size, seed=i) for i in range(count)]

    def program(parameters: list[Any], gradients: list[Any], optimizer: Any) -> Callable[[], Any]:
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g

        def run() -> Any:
            optimizer.step()
            return parameters[0].detach()

        return run

    ours = [nn.Parameter(tg.tensor(start)) for start, _ in arrays]
    theirs = [torch.nn.Parameter(torch.tensor(start)) for start, _ in arrays]
    return Work(
        f"{name} step, {count} parameters of {size:,}",
        program(ours, [tg.tensor(g) for _, g in arrays], getattr(optim, name)(ours, lr=1e-3, **settings)),
        program(
            theirs,
            [torch.tensor(g) for _, g in arrays],
            getattr(torch.optim, name)(theirs, lr=1e-3, foreach=False, **settings),
        ),
    )


OPTIMIZERS: list[tuple[str, dict[str, float]]] = [
    ("SGD", {"momentum": 0.9}),
    ("Adam", {}),
    ("AdamW", {}),
    ("RMSprop", {}),
]

CONVOLUTIONS = [  # batch, channels in, size, channels out, kernel, stride
    (64, 3, 32, 16, 3, 1),
    (64, 16, 32, 16, 3, 1),
    (64, 32, 16, 32, 3, 1),
    (64, 64, 8, 64, 3, 1),
    (64, 16, 32, 32, 3, 2),
    (64, 1, 28, 6, 5, 1),
    (1, 16, 32, 16, 3, 1),
]

LAYERS: list[tuple[str, Callable[[Any], Any], tuple[int, ...]]] = [
    ("batch norm", lambda nn: nn.BatchNorm2d(64), (32, 64, 32, 32)),
    ("batch norm", lambda nn: nn.BatchNorm2d(16), (64, 16, 28, 28)),
    ("batch norm, evaluated", lambda nn: nn.BatchNorm2d(64).eval(), (32, 64, 32, 32)),
    ("layer norm", lambda nn: nn.LayerNorm(512), (32, 128, 512)),
    ("layer norm", lambda nn: nn.LayerNorm(128), (8, 64, 128)),
    ("group norm", lambda nn: nn.GroupNorm(8, 64), (32, 64, 32, 32)),
    ("RMS norm", lambda nn: nn.RMSNorm(512), (32, 128, 512)),
    ("GELU", lambda nn: nn.GELU(), (32, 128, 512)),
    ("GELU by tanh", lambda nn: nn.GELU("tanh"), (32, 128, 512)),
    ("SiLU", lambda nn: nn.SiLU(), (32, 128, 512)),
    ("leaky ReLU", lambda nn: nn.LeakyReLU(0.1), (32, 128, 512)),
]


def all_works() -> list[Work]:
    works = [chain()]
    works += [
        operation("add", lambda x, y: x + y, 2),
        operation("mul", lambda x, y: x * y, 2),
        operation("exp", lambda x: x.exp(), 1),
        operation("relu", lambda x: x.relu(), 1),
        operation("sqrt", lambda x: x.sqrt(), 1),
        operation("x ** 2", lambda x: x**2, 1),
        operation("x[2:8] then reshape", lambda x: x[0:10].reshape(10), 1),
    ]
    for batch, hidden in ((1, 16), (32, 64), (64, 256), (128, 1024)):
        name = f"MLP step, batch {batch} x hidden {hidden}"
        works.append(training_step(name, mlp(nn, hidden), mlp(torch.nn, hidden), numbers(batch, 784), 10))
    works.append(training_step("CNN step, batch 64, 28x28", cnn(nn), cnn(torch.nn), numbers(64, 1, 28, 28), 10))
    for optimizer, settings in OPTIMIZERS:
        works += [optimizer_step(optimizer, count, size, **settings) for count, size in ((100, 64), (1, 1_000_000))]
    for shape in CONVOLUTIONS:
        works += [convolution(*shape, backward=False), convolution(*shape, backward=True)]
    works += [attention(8, 4, 64, 32, fused) for fused in (True, False)]
    works.append(attention(8, 4, 256, 32, fused=True))
    for T in (64, 256):
        name = f"GPT block, batch 8, length {T}, size 128, 4 heads, forward and backward"
        works.append(forward_and_backward(name, lambda nn: gpt_block(nn, 128, 4, 0.0), 8, T, 128))
    for what, make, shape in LAYERS:
        name = f"{what}, {'x'.join(map(str, shape))}, forward and backward"
        works.append(forward_and_backward(name, make, *shape))
    x, g = numbers(50, 32, 128), numbers(50, 32, 128, seed=1)
    for kind in ("LSTM", "GRU", "RNN"):
        name = f"{kind}, batch 32, 50 steps, size 128, forward and backward"
        works.append(to_parameters(name, lambda nn, kind=kind: getattr(nn, kind)(128, 128), x, g))
    for count in (100, 10_000):
        index = numpy.random.default_rng(0).integers(0, count, (50, 32))
        name = f"embedding of 1600 indices in {count} rows of 128, forward and backward"
        works.append(to_parameters(name, lambda nn, count=count: nn.Embedding(count, 128), index, g))
    return works
