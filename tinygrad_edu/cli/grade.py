"""`grade`: what a learner's answers to the exercises of a notebook are worth."""

import argparse
from pathlib import Path
from typing import Any

from ..course.files import find_notebook
from ..course.grading import Graded, original_of
from ..course.grading import grade as graded
from .output import JSON_HELP, print_json, print_table
from .parser import add_command, positive

__all__ = ["add_grade", "grade", "notebook_named"]

LONGEST = 100  # letters of a line of the table
MOST_LINES = 8  # of what is said of one exercise


def add_grade(commands: Any) -> None:
    """Declare the command and its options."""
    does = """Grade a learner's answers to the exercises of a notebook.

The file is a notebook, or a program in which the answer to ex1 stands below a
line `# %% ex1`. The tests are those of the original notebook, which is found by
the file's name or by --notebook: those in the learner's file do not count. Each
answer runs in a process of its own, with a time limit and a folder that is
removed afterwards. This is no prison: what it may do, you may do."""
    command = add_command(commands, grade, does, ["05_backpropagation.ipynb", "answers.py --notebook 05 --json"])
    command.add_argument("file", type=Path, metavar="FILE", help="notebook (.ipynb) or program (.py) with the answers")
    command.add_argument("--notebook", metavar="NOTEBOOK", help="number or file of the notebook that it belongs to")
    limit = "how long one exercise may take, in seconds (default: 60)"
    command.add_argument("--time-limit", type=positive, default=60.0, metavar="S", help=limit)
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def grade(options: argparse.Namespace) -> int:
    """Grade the file, and print the table and the score."""
    notebook = notebook_named(options.notebook) if options.notebook else original_of(options.file)
    found = list(graded(options.file, notebook, options.time_limit))
    score, points = sum(each.earned for each in found), sum(each.points for each in found)
    if options.json:
        exercises = [vars(each) for each in found]
        told = {"file": str(options.file), "notebook": str(notebook), "score": score, "points": points}
        print_json({**told, "exercises": exercises})
        return 0
    print_table([["EXERCISE", "POINTS", "RESULT"], *[row for each in found for row in rows(each)]])
    share = f" ({100 * score / points:.0f} %)" if points else ""
    print(f"score {score:g} of {points:g}{share}, by the tests of {notebook.name}")
    return 0


def rows(graded: Graded) -> list[list[str]]:
    """The lines of the table on one exercise."""
    said = graded.said.splitlines() if graded.verdict not in ("right", "not done yet") else [graded.verdict]
    lines = [line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..." for line in said[:MOST_LINES]]
    lines += ["..."] if len(said) > MOST_LINES else []
    first, *rest = lines or [graded.verdict]
    return [[graded.exercise, f"{graded.earned:g}/{graded.points:g}", first], *[["", "", line] for line in rest]]


def notebook_named(name: str) -> Path:
    """The notebook of this number or file.

    Raises:
        FileNotFoundError: there is none of this number.
    """
    return find_notebook(int(name)) if name.isdecimal() else Path(name)
