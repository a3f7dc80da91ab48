"""Time and memory against the length of a chain, growth over steps with the collector off, bytes saved for backward."""

import gc
import os
import subprocess
import sys
import time
import tracemalloc


def resident_mib() -> float:
    """Memory of this process that is in use now, in MiB (Linux)."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def chain(length: int) -> None:
    """One chain, in this process: prints its row."""
    import tinygrad_edu as tg

    x = tg.tensor([1.0], requires_grad=True)
    before, start = resident_mib(), time.perf_counter()
    y = x
    for _ in range(length):
        y = y * 1.0000001
    forward, held = time.perf_counter(), resident_mib() - before
    y.backward()
    print(f"| {length:,} | {forward - start:.2f} | {time.perf_counter() - forward:.2f} | {held:.0f} |")


def growth(steps: int) -> None:
    """Traced memory over training steps with the collector off."""
    import tinygrad_edu as tg
    from tinygrad_edu import nn, optim

    model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5))
    optimizer, loss = optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    x, y = tg.randn(8, 20), tg.randint(0, 5, (8,))

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    gc.collect()
    gc.disable()
    for _ in range(50):
        step()
    tracemalloc.start()
    for _ in range(50):
        step()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(steps):
        step()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"{steps} steps with the collector off: {grown} bytes more, {gc.collect()} objects left to collect")
    gc.enable()


def report() -> None:
    """Print everything; each chain runs in a process of its own."""
    print("| operations | forward, s | backward, s | held, MiB |\n|---:|---:|---:|---:|")
    for length in (10_000, 100_000, 1_000_000):
        command = f"from benchmarks.memory import chain; chain({length})"
        subprocess.run([sys.executable, "-c", command], check=True)
    print()
    growth(1000)
