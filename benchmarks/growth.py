"""Growth: time and memory against the length of a chain, batch, width, depth, sequence length, and loader workers.

Each size is a process of its own. A slope is that of the logarithms, by least squares over the larger half of sizes,
where what is constant no longer counts: 1 is linear.
"""

import math
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_edu as tg
from tinygrad_edu import data, nn, optim

from .memory import resident

__all__ = ["report"]


class Growth(NamedTuple):
    """What grows, how a step of a size is made, the sizes, and the slopes that the arithmetic itself has."""

    step: Callable[[int], Callable[[], Any]]
    sizes: Sequence[int]
    time: float = 1
    memory: float = 1


def chain(length: int) -> Callable[[], Any]:
    """So many multiplications of one number, and backward through them."""
    x = tg.tensor([1.0], requires_grad=True)

    def step() -> None:
        y = x
        for _ in range(length):
            y = y * 1.0000001
        y.backward()

    return step


def training(model: Any, x: Any, classes: Any) -> Callable[[], Any]:
    optimizer, loss = optim.Adam(model.parameters()), nn.CrossEntropyLoss()

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), classes).backward()
        optimizer.step()

    return step


def mlp(batch: int, width: int, depth: int) -> Callable[[], Any]:
    hidden = [layer for _ in range(depth) for layer in (nn.Linear(width, width), nn.ReLU())]
    model = nn.Sequential(nn.Linear(64, width), nn.ReLU(), *hidden, nn.Linear(width, 10))
    return training(model, tg.randn(batch, 64), tg.randint(0, 10, (batch,)))


def lstm(length: int) -> Callable[[], Any]:
    layer, x = nn.LSTM(32, 32), tg.randn(length, 8, 32)
    return lambda: layer(x)[0].sum().backward()


def attention(length: int) -> Callable[[], Any]:
    q, k, v = (tg.randn(2, 4, length, 16, requires_grad=True) for _ in range(3))
    attend = nn.functional.scaled_dot_product_attention
    return lambda: attend(q, k, v, is_causal=True).sum().backward()


def parameters(count: int) -> Callable[[], Any]:
    held = [nn.Parameter(tg.randn(8)) for _ in range(count)]
    for p in held:
        p.grad = tg.randn(8)
    return optim.Adam(held).step


GROWTHS: dict[str, Growth] = {
    "length of a chain": Growth(chain, (1_000, 10_000, 100_000, 1_000_000)),
    "batch of an MLP": Growth(lambda n: mlp(n, 256, 2), (16, 64, 256, 1024, 4096)),
    "width of an MLP": Growth(lambda n: mlp(64, n, 2), (64, 128, 256, 512, 1024, 2048), 2, 2),
    "depth of an MLP": Growth(lambda n: mlp(64, 64, n), (4, 16, 64, 256, 1024)),
    "length of an LSTM's sequence": Growth(lstm, (16, 64, 256, 1024, 4096)),
    "length of causal attention": Growth(attention, (64, 128, 256, 512, 1024, 2048), 2, 1),
    "parameters of Adam": Growth(parameters, (10, 100, 1_000, 10_000)),
}


def measure(name: str, size: int) -> None:
    """Print the processor time of a step in seconds and the memory that it takes at its peak in bytes."""
    step = GROWTHS[name].step(size)
    if size >= 100_000:  # where tracing takes minutes
        before = resident("VmRSS")
        start = time.process_time()
        step()
        print(time.process_time() - start, (resident("VmHWM") - before) * 2**20)
        return
    step()
    times, end = [], time.perf_counter() + 1
    while len(times) < 3 or time.perf_counter() < end:
        start = time.process_time()
        step()
        times.append(time.process_time() - start)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    step()
    print(min(times), tracemalloc.get_traced_memory()[1] - before)


def slope(sizes: Sequence[int], values: Sequence[float]) -> float:
    """The slope of the logarithms over the larger half."""
    half = len(sizes) // 2
    return statistics.linear_regression(
        [math.log(size) for size in sizes[half:]], [math.log(value) for value in values[half:]]
    ).slope


def loading(workers: int) -> float:
    """Seconds for a batch of an epoch from workers that each take 20 us for a sample; the fastest of three epochs."""

    class Slow(data.Dataset[Any]):
        def __getitem__(self, index: int) -> Any:
            end = time.perf_counter() + 2e-5
            while time.perf_counter() < end:
                pass
            return float(index), index % 10

        def __len__(self) -> int:
            return 12_800

    loader = data.DataLoader(Slow(), 128, num_workers=workers, persistent_workers=workers > 0)
    spent = []
    for _ in range(3):
        start = time.perf_counter()
        spent.append(sum(1 for _ in loader) and (time.perf_counter() - start) / 100)
    return min(spent)


def report(folder: Path) -> None:
    """Print two Markdown tables, and draw the first."""
    from . import chart

    print("| against | from | to | time at the end | its slope | memory at the end, MiB | its slope | as it must |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    curves = {}
    for name, growth in GROWTHS.items():
        found = []
        for size in growth.sizes:
            command = [sys.executable, "-c", f"from benchmarks import growth; growth.measure({name!r}, {size})"]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            found.append([float(word) for word in told.stdout.split()])
        times, memory = zip(*found, strict=True)
        curves[name] = growth.sizes, times, memory
        slopes = slope(growth.sizes, times), slope(growth.sizes, memory)
        ends = f"{growth.sizes[0]:,} | {growth.sizes[-1]:,} | {times[-1] * 1e3:.4g} ms"
        told = f"{slopes[0]:.2f} | {memory[-1] / 2**20:.1f} | {slopes[1]:.2f} | {growth.time:g}, {growth.memory:g}"
        print(f"| {name} | {ends} | {told} |", flush=True)
    chart.write_curves(folder / "growth.svg", curves)

    print("\n| loader's workers | a batch of 128 samples of 20 us, ms |\n|---:|---:|")
    for workers in (0, 1, 2, 4):
        print(f"| {workers} | {loading(workers) * 1e3:.2f} |", flush=True)
