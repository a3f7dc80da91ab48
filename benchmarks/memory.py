"""Memory: bytes saved for backward, beside PyTorch's; the peak of a step, in processes of their own; checkpoint."""

import gc
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy

from .peers import load
from .work import Array, Network, numbers
from .works.networks import LENET, RESNET20
from .works.sequences import GPT, LSTM

__all__ = ["report", "saved_bytes"]

MIB = 2**20
tokens = numpy.random.default_rng(0).integers(0, 65, (8, 64))
CASES: dict[str, tuple[Network, Array]] = {
    "LeNet, batch 64": (LENET, numbers(64, 1, 28, 28)),
    "ResNet-20, batch 32": (RESNET20, numbers(32, 3, 32, 32)),
    "LSTM, batch 32, 50 steps, size 128": (LSTM, numbers(50, 32, 128)),
    "GPT, batch 8, length 64, size 128, 4 layers": (GPT, tokens),
}


def memory_of(x: Any) -> tuple[int, int]:
    """Where a tensor's memory begins and how long it is, of all that the tensor keeps alive."""
    if hasattr(x, "untyped_storage"):
        storage = x.untyped_storage()
        return storage.data_ptr(), storage.nbytes()
    array = x.detach().numpy()
    while isinstance(array.base, numpy.ndarray):
        array = array.base
    return array.__array_interface__["data"][0], array.nbytes


@contextmanager
def saved_bytes(library: Any, known: Any) -> Iterator[Callable[[], int]]:
    """Counts what is saved for backward within it: each memory once, and not that of the tensors that are known."""
    before = {memory_of(x)[0] for x in known}
    kept: dict[int, int] = {}
    alive = []

    def pack(x: Any) -> Any:
        start, size = memory_of(x)
        if start not in before:
            kept[start] = size
        alive.append(x)  # or other tensors would be given its memory
        return x

    with library.autograd.graph.saved_tensors_hooks(pack, lambda x: x):
        yield lambda: sum(kept.values())


def forward(peer: Any, network: Network, x: Array) -> tuple[Any, Any]:
    """A network and its output's sum."""
    module = peer.module(network)
    y = module(peer.constant(x))
    return module, (y[0] if isinstance(y, tuple) else y).sum()


def saved(peer: Any, name: str) -> int:
    """Bytes that the forward of a case leaves behind for its backward."""
    network, x = CASES[name]
    module, given = peer.module(network), peer.constant(x)
    with saved_bytes(peer.library, [given, *module.parameters(), *module.buffers()]) as count:
        y = module(given)
        loss = (y[0] if isinstance(y, tuple) else y).sum()
        found = count()
    del loss
    return found


def resident(what: str) -> float:
    """VmRSS, the memory in use, or VmHWM, its peak so far, in MiB (Linux)."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(what))


def peak(name: str, library: str) -> None:
    """Print what a step takes at its peak over what stands before, in MiB: resident, and for us traced."""
    peer, (network, x) = load(library), CASES[name]

    def step() -> Any:
        module, y = forward(peer, network, x)
        y.backward()
        return module

    forward(load(library), LENET, CASES["LeNet, batch 64"][1][:1])[1].backward()  # what a first call sets up for good
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak begins anew
    before = resident("VmRSS")
    kept = step()
    grown = resident("VmHWM") - before
    traced = 0.0
    if library == "tinygrad_edu":
        del kept
        tracemalloc.start()
        step()
        traced = tracemalloc.get_traced_memory()[1] / MIB
    print(grown, traced)


def in_a_process(call: str) -> list[float]:
    """What a fresh process prints."""
    command = [sys.executable, "-c", f"from benchmarks import memory; memory.{call}"]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=dict(os.environ))
    return [float(word) for word in told.stdout.split()]


def checkpointed(depth: int, segments: int) -> None:
    """Print the peak in MiB and the time in ms of a deep MLP's step, in so many checkpointed segments or none."""
    import time

    import tinygrad_edu as tg
    from tinygrad_edu import nn
    from tinygrad_edu.autograd import checkpoint

    tg.manual_seed(0)
    layers = [nn.Sequential(nn.Linear(256, 256), nn.ReLU()) for _ in range(depth)]
    each = depth // max(segments, 1)
    parts = [nn.Sequential(*layers[i : i + each]) for i in range(0, depth, each)]
    x = tg.randn(1024, 256, requires_grad=True)

    def step() -> None:
        y = x
        for part in parts:
            y = checkpoint(part, y) if segments else part(y)
        y.sum().backward()
        for layer in layers:
            layer.zero_grad()

    step()
    start = time.perf_counter()
    step()
    spent = time.perf_counter() - start
    tracemalloc.start()
    step()
    print(tracemalloc.get_traced_memory()[1] / MIB, spent * 1e3)


def report() -> None:
    """Print three Markdown tables."""
    ours, theirs = load("tinygrad_edu"), load("torch")
    print("| saved for backward | ours, MiB | PyTorch, MiB | ratio |\n|---|---:|---:|---:|")
    for name in CASES:
        a, b = saved(ours, name), saved(theirs, name)
        print(f"| {name} | {a / MIB:.2f} | {b / MIB:.2f} | {a / b:.2f} |", flush=True)

    print("\n| peak of forward and backward | traced, MiB | resident, MiB | PyTorch, resident, MiB | ratio |")
    print("|---|---:|---:|---:|---:|")
    for name in CASES:
        a, traced = in_a_process(f"peak({name!r}, 'tinygrad_edu')")
        b, _ = in_a_process(f"peak({name!r}, 'torch')")
        print(f"| {name} | {traced:.1f} | {a:.1f} | {b:.1f} | {a / b:.2f} |", flush=True)

    print("\n| MLP of 64 layers of 256, batch 1024 | peak, MiB | step, ms |\n|---|---:|---:|")
    for segments in (0, 4, 8, 16):
        most, spent = in_a_process(f"checkpointed(64, {segments})")
        told = f"{segments} checkpoints" if segments else "plain"
        print(f"| {told} | {most:.1f} | {spent:.0f} |", flush=True)
