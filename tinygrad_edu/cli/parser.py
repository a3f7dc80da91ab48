"""Reading options: a parser that raises, and the kinds of values that options take."""

import argparse
import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from ..errors import did_you_mean
from .signals import ended_by_signals

__all__ = ["PROGRAM", "Parser", "UsageError", "add_command", "folder_name", "one_of", "positive", "whole"]

PROGRAM = "python -m tinygrad_edu"


class UsageError(Exception):
    """An option or its value is wrong; `program` is the command that has a `--help` about it."""

    def __init__(self, message: str, program: str) -> None:
        super().__init__(f"{message} (see {program} --help)")


class Parser(argparse.ArgumentParser):
    """A parser that raises instead of printing and leaving."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        raise UsageError(message, self.prog)


def add_command(commands: Any, run: Callable[[argparse.Namespace], int], does: str, examples: Sequence[str]) -> Parser:
    """A command with its help, named like the function that runs it; the overview has the first sentence of `does`."""
    brief = does.partition(".")[0]
    parser: Parser = commands.add_parser(
        run.__name__,
        help=brief[0].lower() + brief[1:],
        description=does,
        epilog="examples:\n" + "\n".join(f"  {PROGRAM} {run.__name__} {line}".rstrip() for line in examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=partial(in_order, run))
    return parser


def in_order(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run a command that ends in order where a signal comes."""
    with ended_by_signals():
        return run(options)


def folder_name(text: str) -> Path:
    """The name of a folder."""
    if not text:
        raise argparse.ArgumentTypeError("it takes the name of a folder, got ''")
    return Path(text)


def one_of(names: Iterable[str]) -> Callable[[str], str]:
    """A value that is one of these names, in whatever case."""
    known = {name.lower(): name for name in sorted(names)}

    def name(text: str) -> str:
        if text.lower() not in known:
            near, all_of_them = did_you_mean(text, known.values()), ", ".join(known.values())
            raise argparse.ArgumentTypeError(f"there is no {text!r}; {near}it takes {all_of_them}")
        return known[text.lower()]

    return name


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number within bounds."""
    needed = f"a whole number of {least} or more" if most is None else f"a whole number from {least} to {most}"

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"it takes {needed}, got {text!r}") from None
        if value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"it takes {needed}, got {text}")
        return value

    return number


def positive(text: str) -> float:
    """A finite number above 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"it takes a number above 0, got {text!r}")
    return value
