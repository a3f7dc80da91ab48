"""Whole programs: importing, training to an accuracy, an epoch by the training loop, saving and loading."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy

from ..work import Array, Program, Seconds, Work, numbers
from .networks import mlp

__all__ = ["works"]

MODULES = {"PyTorch": "torch", "JAX (jit)": "jax", "DeZero": "numpy; numpy.int = int; import dezero"}
MEGABYTES = 100
GOAL = 0.98


def importing(peer: Any) -> Program:
    """In a fresh process, after NumPy."""
    module = MODULES.get(peer.title, peer.title)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    program = f"import numpy, time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"

    def run() -> Any:
        command = [sys.executable, "-c", program]
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return Seconds(told.stdout)

    return run


def images(train: bool) -> tuple[Array, Array]:
    """MNIST as rows of 784 numbers from 0 to 1, and the digits."""
    from tinygrad_edu.data import mnist

    x, y = mnist()[not train].tensors
    return x.numpy().reshape(-1, 784), y.numpy()


def to_accuracy(peer: Any) -> Program:
    """MNIST by an MLP with 256 hidden, SGD and batches of 64, until 98 % of the test images are told right."""
    (x, y), (test_x, test_y) = images(True), images(False)
    network = mlp(256)
    peer.training(network, 0.2)  # or it is lacking

    def right(parameters: list[Array]) -> float:
        h = test_x
        for weight, bias in zip(parameters[::2], parameters[1::2], strict=True):
            h = numpy.maximum(h @ weight.T + bias, 0) if len(bias) > 10 else h @ weight.T + bias
        return float((h.argmax(1) == test_y).mean())

    def run() -> Any:
        training, source = peer.training(network, 0.2), numpy.random.default_rng(0)
        spent = 0.0
        for _ in range(30):
            start, order = time.perf_counter(), source.permutation(len(x))
            for rows in numpy.split(order[: len(x) // 64 * 64], len(x) // 64):
                training.step(peer.constant(x[rows]), peer.constant(y[rows]))
            spent += time.perf_counter() - start
            if right(training.parameters()) >= GOAL:
                break
        return Seconds(spent)

    return run


def arrays() -> list[Array]:
    return [numbers(1024, 1024, seed=i) for i in range(MEGABYTES // 4)]


def saving(peer: Any) -> Program:
    folder = tempfile.TemporaryDirectory()
    run = peer.saving(arrays(), str(Path(folder.name, "weights.npz" if peer.title == "DeZero" else "weights.pt")))

    def save(folder: Any = folder) -> None:  # which lives as long as the program
        run()

    return save


def loading(peer: Any) -> Program:
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name, "weights.pt"))
    peer.saving(arrays(), path)()
    run = peer.loading(path)

    def load(folder: Any = folder) -> Any:
        return run()

    return load


def works() -> list[Work]:
    return [
        Work("import, after NumPy", importing, rounds=11),
        Work("MNIST to 98 %, MLP with 256 hidden, batch 64", to_accuracy, rounds=1),
        Work(f"saving {MEGABYTES} MB", saving, rounds=7),
        Work(f"loading {MEGABYTES} MB and summing it", loading, rounds=7),
    ]
