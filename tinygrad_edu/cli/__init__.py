"""The command line: a function for each command, and what becomes of errors.

Exit codes: 0 all went well; 1 something could not be done; 2 an option or its value is wrong; 128 + n stopped by
signal n, so 130 is Ctrl-C. An error is one line on standard error.
"""

import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress

from ..told import KINDS
from .commands import parse
from .parser import UsageError
from .streams import streams_in_order

__all__ = ["main"]

FAILURES: tuple[type[Exception], ...] = (ArithmeticError, ImportError, MemoryError, *KINDS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments, by default the program's own, and give its exit code."""
    with streams_in_order():
        return code_of(arguments)


def code_of(arguments: Sequence[str] | None) -> int:
    """Run the command, say what went wrong, and give the exit code."""
    try:
        try:
            options = parse(arguments)
            code: int = options.run(options)
        except SystemExit as shown:  # --help and --version
            code = int(shown.code or 0)
        print(end="", flush=True)
        return code
    except UsageError as error:
        return fail(error, 2)
    except BrokenPipeError:  # the reader, such as `head`, has all that it wants
        silence_stdout()
        return 128 + getattr(signal, "SIGPIPE", 13)
    except OSError as error:
        silence_stdout()
        return fail(reason(error), 1)
    except FAILURES as error:
        return fail(error, 1)
    except KeyboardInterrupt as stopped:
        number = stopped.args[0] if stopped.args else signal.SIGINT
        return fail(f"stopped by {signal.Signals(number).name}", 128 + number)


def fail(error: object, code: int) -> int:
    """Say what is wrong in one line on standard error, and give the exit code."""
    said = " ".join(str(error).split()) or type(error).__name__
    with suppress(OSError):
        print(f"tinygrad_edu: error: {said}", file=sys.stderr, flush=True)
    return code


def reason(error: OSError) -> str:
    """What the system could not do, and with which file."""
    if error.strerror is None:  # it is one of ours, in words
        return str(error)
    said = error.strerror
    return f"cannot write the output: {said}" if error.filename is None else f"{os.fsdecode(error.filename)!r}: {said}"


def silence_stdout() -> None:
    """Let what is still to be written to standard output go nowhere: Python would complain about it at exit."""
    try:
        print(end="", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
