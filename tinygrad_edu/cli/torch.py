"""`torch`: a PyTorch program, run by this engine."""

import argparse
import sys
import traceback
from typing import Any

from ..pytorch import run_script

__all__ = ["add_torch"]


def add_torch(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "torch", help="run a PyTorch program with this engine", description="Run a PyTorch program with this engine."
    )
    parser.add_argument("script", help="the program: a Python file that imports torch")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="its own arguments")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the program; what it raises is shown with its traceback, as Python does, and the exit code is then 1.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a Python program.
    """
    try:
        run_script(options.script, options.arguments)
    except FileNotFoundError as error:
        if error.filename == options.script:
            raise
        traceback.print_exc()
        return 1
    except SyntaxError as error:
        if error.filename in (None, options.script):
            line = "" if error.lineno is None else f", line {error.lineno}"
            raise ValueError(f"{options.script!r} is not a Python program: {error.msg}{line}") from None
        traceback.print_exc()
        return 1
    except SystemExit as stopped:
        if isinstance(stopped.code, str):
            print(stopped.code, file=sys.stderr)
            return 1
        return int(stopped.code or 0)
    except Exception:
        traceback.print_exc()
        return 1
    return 0
