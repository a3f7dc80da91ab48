"""`info`: what is in the folder of a run."""

import argparse
import json
from pathlib import Path
from typing import Any

from ..train import Run
from ..train.run import WEIGHTS
from .output import JSON_HELP, print_json, print_table
from .parser import add_command

__all__ = ["add_info", "info"]


def add_info(commands: Any) -> None:
    """Declare the command and its options."""
    does = "Tell what a run was asked for, what came of it, and what weights it holds."
    command = add_command(commands, info, does, ["runs/digits-cnn-001"])
    command.add_argument("run_folder", metavar="RUN", type=Path, help="folder that train wrote")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def info(options: argparse.Namespace) -> int:
    """Read the run and print it as a table."""
    run = Run.read(options.run_folder)
    weights = run.model().state_dict() if (run.folder / WEIGHTS).exists() else {}  # there are none before its end
    count = sum(weight.numel() for weight in weights.values())
    if options.json:
        shapes = {name: {"dtype": str(w.dtype), "shape": list(w.shape)} for name, w in weights.items()}
        told = {"config": run.config, "result": run.result, "history": run.history}
        print_json({"run": str(options.run_folder), **told, "parameters": count, "weights": shapes})
        return 0
    rows = [
        (f"{section}.{name}", shown(value)) for section, table in run.config.items() for name, value in table.items()
    ]
    rows += [(shown(name), shown(value)) for name, value in run.result.items()]
    rows += [("epochs completed", str(len(run.history))), ("weights", f"{count:,}")]
    rows += [(f"  {shown(name)}", f"{weight.dtype} {tuple(weight.shape)}") for name, weight in weights.items()]
    print_table(rows)
    return 0


def shown(value: Any) -> str:
    """A value in one line, whatever control characters a forged file may hold."""
    if value is None:
        return "no"
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)
