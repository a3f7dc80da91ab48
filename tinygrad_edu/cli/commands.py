"""The commands and their options together."""

import argparse
from collections.abc import Sequence

from .._version import __version__
from .blank import add_blank
from .data import add_data
from .evaluate import add_evaluate
from .export import add_export
from .grade import add_grade
from .graph import add_graph
from .info import add_info
from .notebook import add_notebook
from .parser import PROGRAM, Parser
from .predict import add_predict
from .summary import add_summary
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
        description="Train small networks, on handwritten digits or other data, and see what they learned.",
        epilog=f"""examples:
  {PROGRAM} train
  {PROGRAM} predict runs/digits-cnn-001 --digit 7
  {PROGRAM} train --help

exit codes:
  0    all went well
  1    something could not be done; one line on standard error says what
  2    an option, a setting or its value is wrong; one line says which
  130  stopped by Ctrl-C; 128 + n by signal n, such as 143 by SIGTERM""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tinygrad_edu {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    add_train(commands)
    add_evaluate(commands)
    add_predict(commands)
    add_info(commands)
    add_summary(commands)
    add_graph(commands)
    add_export(commands)
    add_data(commands)
    add_notebook(commands)
    add_grade(commands)
    add_blank(commands)
    add_torch(commands)
    return parser.parse_args(arguments)
