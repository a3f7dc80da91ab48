"""Grading a learner's file against the tests of the original notebook, each exercise in a process of its own.

It keeps honest mistakes from spoiling each other: an endless loop, an exit, a crash costs its own exercise only, and
functions of other modules that an answer replaces are put back before the test. It is no prison for programs: an answer
runs with the rights of whoever grades it, and one that sets out to cheat, by what Python shows of itself, can. Read
what you grade, or grade it where nothing is to be lost.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .exercises import Answer, Exercise, find_answers, read_exercises
from .files import find_notebook, notebooks_folder

__all__ = ["Graded", "grade", "original_of"]

VERDICTS = {"right", "wrong", "not done yet"}


@dataclass(frozen=True)
class Graded:
    """What came of one exercise."""

    exercise: str
    earned: float
    points: float
    verdict: str  # "right", "wrong", "not done yet", "missing" or "stopped"
    said: str = ""


def original_of(path: Path) -> Path:
    """The notebook that a file belongs to by its name: the same name, or the number in it.

    Raises:
        OSError: there is no such notebook.
        ValueError: the name says nothing.
    """
    same = notebooks_folder() / f"{path.stem}.ipynb"
    if same.is_file():
        return same
    number = re.search(r"(?<!\d)(\d\d)(?!\d)", path.stem)
    if number is None:
        raise ValueError(f"which notebook {path.name!r} belongs to, its name does not say: name it by --notebook")
    return find_notebook(int(number[1]))


def grade(path: Path | str, notebook: Path | str, time_limit: float = 60.0) -> Iterator[Graded]:
    """Grade the answers in a learner's file, one exercise after the other.

    Raises:
        OSError: a file cannot be read.
        ValueError: the file or the notebook is damaged, or the file has none of the cells.
    """
    path, notebook = Path(path), Path(notebook)
    exercises = read_exercises(notebook)
    answers = find_answers(path, exercises)
    if not answers:
        names = ", ".join(dict.fromkeys(each.answer for each in exercises))
        raise ValueError(f"{path.name} has none of the cells to answer in that {notebook.name} has: {names}")
    for each in exercises:
        if each.answer in answers:
            verdict, said = judged(each, exercises, answers, time_limit)
        else:
            verdict, said = "missing", f"the file has no cell {each.answer!r}, and none that defines what it should"
        yield Graded(each.name, each.points if verdict == "right" else 0, each.points, verdict, printable(said))


def judged(
    exercise: Exercise, exercises: Sequence[Exercise], answers: Mapping[str, Answer], time_limit: float
) -> tuple[str, str]:
    """The verdict on one exercise, from a process of its own with an empty folder to write to."""
    own = answers[exercise.answer]
    at_hand = {exercise.answer: own} if own.whole else answers
    task: dict[str, Any] = {
        "token": secrets.token_hex(),
        "wanted": exercise.answer,
        "whole": own.whole,
        "seconds": time_limit,
        "test": exercise.test,
        "cells": {each.answer: {"names": each.names, "imports": each.imports} for each in exercises},
        "answers": {
            name: {"source": answer.source, "line": answer.line, "before": answer.before}
            for name, answer in at_hand.items()
        },
    }
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, tempfile.TemporaryDirectory() as kept:
        task["result"] = str(Path(kept, "verdict.json"))
        code = run(json.dumps(task).encode(), folder, time_limit)
        if code is None:
            return "stopped", f"it was not done after {time_limit:g} seconds: is there a loop that does not end?"
        try:
            token, verdict, said = json.loads(Path(task["result"]).read_text())
        except (OSError, ValueError, TypeError):
            return "stopped", f"its process ended {manner(code)} before the test was through"
    if token != task["token"] or verdict not in VERDICTS:
        return "wrong", "the verdict was not given by the test"
    return verdict, str(said)


def run(task: bytes, folder: str, time_limit: float) -> int | None:
    """Let a process judge the task; its exit code, or None if it had to be stopped."""
    package = str(Path(__file__).parents[2])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH", "")])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        "OMP_NUM_THREADS": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name("judge.py"))],
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        process.communicate(task, time_limit)
        return process.returncode
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)  # and what it started
            else:
                process.kill()
        process.wait()


def manner(code: int) -> str:
    """How a process ended."""
    if code >= 0:
        return f"with exit code {code}"
    with suppress(ValueError):
        return f"by {signal.Signals(-code).name}"
    return f"by signal {-code}"


def printable(text: str) -> str:
    """The text without what would move a terminal's cursor."""
    return "\n".join("".join(c if c.isprintable() else " " for c in line).rstrip() for line in text.splitlines())
