"""`blank`: a sheet of exercises to hand out."""

import argparse
from pathlib import Path
from typing import Any

from ..atomic import atomic_write_text
from ..course.sheets import as_notebook, as_program, blank_sheet, read_solutions
from .grade import notebook_named
from .parser import PROGRAM, UsageError, add_command

__all__ = ["add_blank", "blank"]


def add_blank(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Make a sheet to hand out: a notebook without outputs, its answers blank.

With --solutions it is one for the teacher, to be used as nbgrader's source: each
solution stands between ### BEGIN SOLUTION and ### END SOLUTION."""
    command = add_command(
        commands, blank, does, ["5 -o sheet.ipynb", "5 -o 05.py", "5 --solutions -o source/05/05.ipynb"]
    )
    command.add_argument("notebook", metavar="NOTEBOOK", help="number or file of the notebook")
    out = "file to write, a notebook (.ipynb) or a program (.py) (default: the notebook's name, here)"
    command.add_argument("-o", "--out", type=Path, metavar="FILE", help=out)
    command.add_argument("--solutions", action="store_true", help="put the solutions in, between nbgrader's marks")


def blank(options: argparse.Namespace) -> int:
    """Write the sheet, and print its name."""
    notebook = notebook_named(options.notebook)
    out = options.out or Path(notebook.name)
    if out.suffix.lower() not in (".ipynb", ".py"):
        raise UsageError(f"argument -o/--out: it takes a name that ends in .ipynb or .py, got {str(out)!r}", HELP)
    if out.exists():
        raise UsageError(f"argument -o/--out: {str(out)!r} is there already, perhaps with answers", HELP)
    sheet = blank_sheet(notebook, read_solutions(notebook) if options.solutions else None)
    out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write_text(out) as file:
        file.write(as_program(sheet) if out.suffix.lower() == ".py" else as_notebook(sheet))
    print(out)
    return 0


HELP = f"{PROGRAM} blank"
