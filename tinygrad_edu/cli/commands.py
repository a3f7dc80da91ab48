"""The commands and their options together."""

import argparse
from collections.abc import Sequence

from .._version import __version__
from .info import add_info
from .parser import PROGRAM, Parser
from .predict import add_predict
from .torch import add_torch
from .train import add_train

__all__ = ["parse"]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The options of a command, whose function is `run`.

    Raises:
        UsageError: they cannot be understood.
        SystemExit: help or the version was asked for, and printed.
    """
    parser = Parser(
        prog=PROGRAM,
        description="Train a small network on handwritten digits, with nothing but NumPy, and see what it learned.",
        epilog=f"""examples:
  {PROGRAM} train
  {PROGRAM} predict runs/digits-cnn-001 --digit 7
  {PROGRAM} train --help""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tinygrad_edu {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    add_train(commands)
    add_predict(commands)
    add_torch(commands)
    add_info(commands)
    return parser.parse_args(arguments)
