"""`notebook`: open a notebook of the course, or run it."""

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

from ..course import execute, find_notebook
from .parser import PROGRAM, UsageError, add_command, folder_name, whole

__all__ = ["add_notebook", "notebook"]


def add_notebook(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Open a notebook of the course in Jupyter, or run it here.

The notebooks come with the source, in the folder `notebooks`. Their data are
looked for in the folder that the environment variable TINYGRAD_EDU_DATA names;
where it is not set, smaller sets that come with the package stand in. Running
them takes the extra `notebook`, opening them Jupyter."""
    command = add_command(commands, notebook, does, ["5", "12 --fast", "12 --full --out mine.ipynb"])
    command.add_argument("number", metavar="NN", type=whole(1, 99), help="which notebook, such as 5")
    how = command.add_mutually_exclusive_group()
    how.add_argument("--fast", action="store_true", help="run it with little data, in seconds, instead of opening it")
    how.add_argument("--full", action="store_true", help="run it as it was published, in minutes")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--write", action="store_true", help="put the outputs of the run into the notebook itself")
    where.add_argument("--out", metavar="FILE", type=Path, help="write the notebook with its outputs here")
    command.add_argument("--folder", type=folder_name, help="the folder of the notebooks (default: notebooks)")


def notebook(options: argparse.Namespace) -> int:
    """Open or run the notebook."""
    path = find_notebook(options.number, options.folder)
    if not (options.fast or options.full):
        if options.write or options.out:
            raise UsageError("--write and --out take --fast or --full", HELP)
        return opened(path)
    target = path if options.write else options.out
    if target:  # told before the minutes of a run, not after them
        if target.is_dir():
            raise UsageError(f"argument --out: it takes the name of a file, got the folder {str(target)!r}", HELP)
        target.parent.mkdir(parents=True, exist_ok=True)
    ran = execute(path, fast=options.fast)
    print(ran.printed, end="")
    print(f"{path.name} ran in {ran.seconds:.0f} s")
    if options.write and ran.has_stand_ins:
        raise RuntimeError(f"{path.name} is left as it was: what it shows is for the real data, set TINYGRAD_EDU_DATA")
    if target:
        ran.save(target)
        print(f"wrote {target}")
    return 0


def opened(path: Path) -> int:
    """Start Jupyter with the notebook; it runs until it is stopped."""
    for module in ("jupyterlab", "notebook"):
        if importlib.util.find_spec(module):
            print(f"opening {path} in Jupyter; Ctrl-C stops it")
            return subprocess.run([sys.executable, "-m", module, str(path)], check=False).returncode
    raise ImportError("opening a notebook needs Jupyter: pip install jupyterlab; or run it here by --fast or --full")


HELP = f"{PROGRAM} notebook"
