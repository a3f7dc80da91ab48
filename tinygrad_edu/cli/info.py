"""`info`: what is in the folder of a run."""

import argparse
import json
from pathlib import Path
from typing import Any

from ..train import Run
from .parser import add_command

__all__ = ["add_info", "info"]


def add_info(commands: Any) -> None:
    """Declare the command and its options."""
    does = "Tell what a run was asked for, what came of it, and what weights it holds."
    command = add_command(commands, info, does, ["runs/digits-cnn-001"])
    command.add_argument("run_folder", metavar="RUN", type=Path, help="folder that train wrote")


def info(options: argparse.Namespace) -> int:
    """Read the run and print it as two tables."""
    run = Run.read(options.run_folder)
    weights = run.model().state_dict()
    rows = [(shown(key), shown(value)) for key, value in run.config.items()]
    rows += [("epochs completed", str(len(run.history))), ("weights", f"{sum(w.numel() for w in weights.values()):,}")]
    rows += [(f"  {name}", f"{weight.dtype} {weight.shape}") for name, weight in weights.items()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:{width}}  {value}")
    return 0


def shown(value: Any) -> str:
    """A value of the configuration in one line, whatever control characters a forged file may hold."""
    if value is None:
        return "no"
    return value if isinstance(value, str) and value.isprintable() else json.dumps(value)
