"""`evaluate`: how good a run is on data that it has not seen."""

import argparse
from pathlib import Path
from typing import Any

from ..data import DATASETS, DataLoader
from ..train import Run
from ..train import evaluate as measure
from ..train.setup import load_data, loss_for
from .output import JSON_HELP, print_json
from .parser import PROGRAM, UsageError, add_command, one_of

__all__ = ["add_evaluate", "evaluate"]


def add_evaluate(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Tell how good a trained network is on held-out samples.

They are those of its own data set, or of another with inputs and classes alike."""
    command = add_command(commands, evaluate, does, ["runs/digits-cnn-001", "runs/mnist-mlp-001 --data fashion-mnist"])
    command.add_argument("run_folder", metavar="RUN", type=Path, help="folder that train wrote")
    command.add_argument("--data", type=one_of(DATASETS), metavar="NAME", help="another data set than the run's own")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def evaluate(options: argparse.Namespace) -> int:
    """Read the run, go through the samples, and tell."""
    run = Run.read(options.run_folder)
    own = run.config["data"]["name"]
    name = options.data or own
    if kind_of(name) != kind_of(own):
        message = f"argument --data: the run is for {kind_of(own)}, and {name} for {kind_of(name)}"
        raise UsageError(message, f"{PROGRAM} evaluate")
    test_set = load_data(name, run.config["data"].get("samples") if name == own else None)[1]
    found = measure(run.model(), DataLoader(test_set, 256), loss_for(name))
    if options.json:
        print_json({"run": str(options.run_folder), "data": name, "samples": len(test_set), **found})
        return 0
    accuracy = f"accuracy {100 * found['accuracy']:.2f} %, " if "accuracy" in found else ""
    print(f"{name}, {len(test_set)} held-out samples: {accuracy}loss {found['loss']:.6g}")
    return 0


def kind_of(name: str) -> str:
    """What a data set is for, and of which shape: `image classification, inputs (1, 28, 28), 10 classes`."""
    entry = DATASETS[name]
    classes = f", {len(entry.classes)} classes" if entry.classes else ""
    return f"{entry.task}, inputs {entry.shape}{classes}"
