"""What things cost, told without a clock: Python-level calls, arrays alive, bytes saved for backward.

    python tests/costs.py          measures, and writes tests/costs.json

The numbers are the same on Python 3.11 to 3.13 and under every NumPy 2. Calls are those of this package's functions
alone, and comprehensions, which Python 3.12 began to inline, are not counted. Memory is that of arrays of 128 KiB, too
small for NumPy's own ways of saving temporaries, in whole arrays, beside which Python's objects are nothing.
"""

import json
import pathlib
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

import numpy as np

import tinygrad_edu as tg
from benchmarks.peers.tinygrad_edu import peer
from benchmarks.works.operations import OPERATIONS
from tinygrad_edu import nn, optim
from tinygrad_edu.autograd.graph import saved_tensors_hooks

TABLE = pathlib.Path(__file__).with_suffix(".json")
PACKAGE = str(pathlib.Path(tg.__file__).parent)
NUMBERS = 1 << 15  # float32: 128 KiB


def calls(program: Callable[[], Any]) -> int:
    """How many functions of this package are called."""
    count = 0

    def see(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        code = frame.f_code
        ours = code.co_filename.startswith(PACKAGE) and not code.co_name.endswith(("comp>", "expr>"))
        count += event == "call" and ours

    program()
    program()  # what the first calls work out is kept
    sys.setprofile(see)
    try:
        program()
    finally:
        sys.setprofile(None)
    return count


def arrays(program: Callable[[], Any], unit: int) -> tuple[int, int]:
    """How many arrays of so many bytes are alive after a program, with what it gives, and at most on the way."""
    program()
    tracemalloc.start()
    kept = program()
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    return int(after / unit + 0.25), int(peak / unit + 0.25)  # a mask or two beside them are none


def operation(name: str) -> dict[str, int]:
    """Calls of forward and backward; arrays that the forward leaves, and at most are alive in either."""
    call, shape = OPERATIONS[name], (2, NUMBERS // 2) if "(2, 5)" in name else (NUMBERS // 10, 10)
    xs = [tg.rand(*shape, requires_grad=True) for _ in range(call.__code__.co_argcount - 1)]
    out = call(peer, *xs)
    g = tg.ones(*out.shape)
    held, forward = arrays(lambda: call(peer, *xs), 4 * NUMBERS)

    def both() -> None:
        for x in xs:
            x.grad = None
        call(peer, *xs).backward(g)

    return {
        "calls forward": calls(lambda: call(peer, *xs)),
        "calls forward and backward": calls(both),
        "arrays held": held,
        "arrays at the peak of forward": forward,
        "arrays at the peak": arrays(both, 4 * NUMBERS)[1],
    }


def mlp_step() -> dict[str, int]:
    """A step of a fixed MLP: batch 64, 784 to 256 to 10, with Adam."""
    tg.manual_seed(0)
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer, loss = optim.Adam(model.parameters()), nn.CrossEntropyLoss()
    x, classes = tg.randn(64, 784), tg.randint(0, 10, (64,))

    def step() -> None:
        optimizer.zero_grad()
        loss(model(x), classes).backward()
        optimizer.step()

    step()
    return {"calls": calls(step), "peak, in 64 KiB": arrays(step, 1 << 16)[1]}


LAYERS: dict[str, tuple[Callable[[], Any], tuple[int, ...]]] = {
    "Linear": (lambda: nn.Linear(64, 32), (8, 64)),
    "Conv2d": (lambda: nn.Conv2d(4, 8, 3, padding=1), (8, 4, 16, 16)),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), (8, 4, 16, 16)),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), (8, 4, 16, 16)),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(4), (8, 4, 16, 16)),
    "LayerNorm": (lambda: nn.LayerNorm(64), (8, 64)),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), (8, 4, 16, 16)),
    "RMSNorm": (lambda: nn.RMSNorm(64), (8, 64)),
    "ReLU": (nn.ReLU, (8, 64)),
    "GELU": (nn.GELU, (8, 64)),
    "SiLU": (nn.SiLU, (8, 64)),
    "Tanh": (nn.Tanh, (8, 64)),
    "Sigmoid": (nn.Sigmoid, (8, 64)),
    "Softmax": (lambda: nn.Softmax(-1), (8, 64)),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), (8, 64)),
    "Dropout": (nn.Dropout, (8, 64)),
    "LSTM": (lambda: nn.LSTM(16, 16), (10, 4, 16)),
    "GRU": (lambda: nn.GRU(16, 16), (10, 4, 16)),
    "RNN": (lambda: nn.RNN(16, 16), (10, 4, 16)),
    "TransformerEncoderLayer": (lambda: nn.TransformerEncoderLayer(16, 4, 32, 0.0, batch_first=True), (4, 16, 16)),
}


def saved(name: str) -> int:
    """Bytes that a layer saves for its backward, each memory once, beside its input and its parameters."""
    make, shape = LAYERS[name]
    tg.manual_seed(0)
    layer, x = make(), tg.randn(*shape, requires_grad=True)
    memory: dict[int, np.ndarray] = {}

    def pack(t: tg.Tensor) -> tg.Tensor:
        owner = t.detach().numpy()
        while isinstance(owner.base, np.ndarray):
            owner = owner.base
        memory[id(owner)] = owner
        return t

    with saved_tensors_hooks(pack, lambda t: t):
        out = layer(x)
    given = {id(t.detach().numpy()) for t in (x, *layer.parameters(), *layer.buffers())}
    del out
    return sum(array.nbytes for key, array in memory.items() if key not in given)


def measured() -> dict[str, dict[str, Any]]:
    """Everything."""
    return {
        "operations": {name: operation(name) for name in OPERATIONS},
        "steps": {"MLP, 784 to 256 to 10, batch 64, Adam": mlp_step()},
        "bytes saved": {name: {"bytes": saved(name)} for name in LAYERS},
    }


if __name__ == "__main__":
    TABLE.write_text(json.dumps(measured(), indent=1) + "\n")
