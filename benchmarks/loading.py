"""Loaders: what a batch costs beside PyTorch's DataLoader, and how long a training step waits for its input."""

import itertools
import random
import statistics
import time
from typing import Any

import numpy
import torch
import torch.utils.data

import tinygrad_edu as tg
import tinygrad_edu.data
from tinygrad_edu import nn, optim

BATCHES = 50
COUNT = 128 * BATCHES
ROUNDS = 5
IMAGES = numpy.random.default_rng(0).random((COUNT, 784), numpy.float32)
LABELS = numpy.random.default_rng(1).integers(0, 10, COUNT)


class Samples:
    """Single samples, as a data set written by hand gives them."""

    def __init__(self, library: Any) -> None:
        self.images, self.labels = library.tensor(IMAGES), LABELS.tolist()

    def __getitem__(self, index: int) -> Any:
        return self.images[index], self.labels[index]

    def __len__(self) -> int:
        return COUNT


class Augmented(tinygrad_edu.data.Dataset[Any]):
    """Images of 28x28 shifted by chance: some 5 us each."""

    def __getitem__(self, index: int) -> Any:
        shift = random.randrange(84)
        image = numpy.zeros(784, numpy.float32)
        image[shift:] = IMAGES[index, : 784 - shift]
        return image, int(LABELS[index])

    def __len__(self) -> int:
        return COUNT


def per_batch(loader: Any) -> float:
    """Seconds for a batch of an epoch, from the first on."""
    batches = iter(loader)
    next(batches)
    start = time.perf_counter()
    count = sum(1 for _ in batches)
    return (time.perf_counter() - start) / count


def waiting(loader: Any, model: Any, optimizer: Any) -> tuple[list[float], list[float]]:
    """Seconds that each training step of an epoch takes without its input, and that it waits for its input."""
    loss = nn.CrossEntropyLoss()
    steps, waits = [], []
    batches = iter(loader)
    next(batches)
    before = time.perf_counter()
    for x, y in batches:
        start = time.perf_counter()
        waits.append(start - before)
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()
        before = time.perf_counter()
        steps.append(before - start)
    return steps, waits


def mlp(hidden: int) -> Any:
    return nn.Sequential(nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, 10))


def report() -> None:
    """Print two Markdown tables."""
    torch.set_num_threads(1)
    ours, theirs = tinygrad_edu.data, torch.utils.data
    ours_tensors = ours.TensorDataset(tg.tensor(IMAGES), tg.tensor(LABELS))
    theirs_tensors = theirs.TensorDataset(torch.tensor(IMAGES), torch.tensor(LABELS))
    print("| a batch of 128 of 784 | workers | ours, us | PyTorch, us | ratio |\n|---|---:|---:|---:|---:|")
    for name, pair in (("a TensorDataset", (ours_tensors, theirs_tensors)), ("samples", (Samples(tg), Samples(torch)))):
        for workers in (0, 2):
            options: Any = {"batch_size": 128, "shuffle": True, "num_workers": workers}
            loaders = ours.DataLoader(pair[0], **options), theirs.DataLoader(pair[1], **options)
            rounds = [[per_batch(loader) * 1e6 for loader in loaders] for _ in range(ROUNDS)]
            times = [statistics.median(column) for column in zip(*rounds, strict=True)]
            ratio = statistics.median(a / b for a, b in rounds)
            print(f"| {name} | {workers} | {times[0]:.0f} | {times[1]:.0f} | {ratio:.2f} |", flush=True)

    print("\n| an MLP's step, batch 128 | workers | step, us | waits, us | share |\n|---|---:|---:|---:|---:|")
    for name, data in (("a TensorDataset", ours_tensors), ("augmented samples", Augmented())):
        for hidden in (256, 1024):
            for workers in (0, 1, 2):
                model = mlp(hidden)
                optimizer = optim.SGD(model.parameters(), lr=0.01)
                loader = ours.DataLoader(data, 128, shuffle=True, num_workers=workers, persistent_workers=workers > 0)
                rounds = [waiting(loader, model, optimizer) for _ in range(ROUNDS)]
                columns = (itertools.chain(*column) for column in zip(*rounds, strict=True))
                step, waited = (statistics.median(column) * 1e6 for column in columns)
                share = waited / (step + waited)
                print(f"| {name}, hidden {hidden} | {workers} | {step:.0f} | {waited:.0f} | {share:.1%} |", flush=True)
