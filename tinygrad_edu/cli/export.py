"""`export`: a trained network as an ONNX file."""

import argparse
from pathlib import Path
from typing import Any

from ..io import onnx
from ..train import Run
from ..train.setup import sample_batch
from .output import JSON_HELP, print_json
from .parser import PROGRAM, UsageError, add_command

__all__ = ["add_export", "export"]


def add_export(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Write a trained network as an ONNX file, which other runtimes run.

Its input is a batch of any size, shaped as the run's data are, and its output
the scores of the classes, before softmax. This needs the extra `onnx`."""
    command = add_command(commands, export, does, ["runs/digits-cnn-001 --out digits.onnx"])
    command.add_argument("run_folder", metavar="RUN", type=Path, help="folder that train wrote")
    command.add_argument("--out", type=Path, metavar="FILE", required=True, help="file to write, such as model.onnx")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def export(options: argparse.Namespace) -> int:
    """Read the run, export its network, and tell where it is.

    Raises:
        ValueError: the network cannot be said in ONNX.
    """
    run = Run.read(options.run_folder)
    if options.out.resolve() in {file.resolve() for file in options.run_folder.iterdir()}:
        raise UsageError(f"argument --out: {str(options.out)!r} is a file of the run", f"{PROGRAM} export")
    inputs, _ = sample_batch(run.config["data"]["name"])
    axes = {"input": {0: "batch"}}
    try:
        onnx.export(run.model(), inputs, options.out, input_names=["input"], dynamic_axes=axes)
    except onnx.ExportError as error:
        raise ValueError(str(error)) from None
    if options.json:
        taken = {"name": "input", "shape": ["batch", *inputs.shape[1:]]}
        print_json({"run": str(options.run_folder), "out": str(options.out), "input": taken})
    else:
        print(options.out)
    return 0
