"""Sheets to hand out: a notebook without outputs, with blank answers, or with solutions that nbgrader takes out.

`### BEGIN SOLUTION` and `### END SOLUTION` enclose what nbgrader replaces where it makes the sheet of the students.
"""

import ast
import json
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .exercises import find_answers, notebook_cell, read_exercises, read_notebook

__all__ = ["as_notebook", "as_program", "blank_sheet", "read_solutions", "with_solution"]

SKIPPED = "skip-execution"  # of exercises, where the notebook itself is run
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def blank_sheet(path: Path | str, solutions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A notebook without outputs; `solutions`, sources by grade_id, are put between nbgrader's marks.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no notebook.
    """
    sheet = read_notebook(Path(path))
    for cell in sheet["cells"]:
        if cell.get("cell_type") != "code":
            continue
        cell.update(execution_count=None, outputs=[])
        found = notebook_cell(cell)
        if found.is_answer or found.is_test:
            untag(cell)
        if solutions and found.is_answer and found.name in solutions:
            cell["source"] = with_solution(found.source, solutions[found.name]).splitlines(keepends=True)
    return sheet


def untag(cell: dict[str, Any]) -> None:
    """Let a cell be run: nbgrader skips cells with this tag, and counts a test that was not run as passed."""
    tags = [tag for tag in cell["metadata"].pop("tags", []) if tag != SKIPPED]
    if tags:
        cell["metadata"]["tags"] = tags


def read_solutions(notebook: Path) -> dict[str, str]:
    """The solutions of a notebook's exercises, by grade_id: they are in the folder `solutions` beside it.

    Raises:
        OSError: there are none.
        ValueError: one is missing.
    """
    path = notebook.parent / "solutions" / f"{notebook.stem}.py"
    exercises = read_exercises(notebook)
    found = {name: answer.source.strip("\n") for name, answer in find_answers(path, exercises).items()}
    if missing := [each.answer for each in exercises if each.answer not in found]:
        raise ValueError(f"{path.name} has no solution of {', '.join(missing)}")
    return found


def with_solution(blank: str, solution: str) -> str:
    r"""The blank cell with what solves it in the place of each `raise NotImplementedError`, between nbgrader's marks.

    What the solution imports stands above, for all to see. Where the two cells have not the same functions, the whole
    solution is between the marks.

    >>> print(with_solution("def f(x):\n    raise NotImplementedError", "def f(x):\n    return x + 1"))
    def f(x):
        ### BEGIN SOLUTION
        return x + 1
        ### END SOLUTION
    """
    solved = dict(functions(ast.parse(solution)))
    gaps = [(name, node, gap) for name, node in functions(ast.parse(blank)) if (gap := gap_in(node)) is not None]
    lines = blank.splitlines()
    if not same_frame(blank, solution) or not all(fits(node, gap, solved[name]) for name, node, gap in gaps):
        return f"{BEGIN}\n{solution}\n{END}"
    for name, node, gap in reversed(gaps):
        text = "\n".join([BEGIN, body_of(solution, solved[name], node.body.index(gap)), END])
        lines[gap.lineno - 1 : gap.end_lineno] = textwrap.indent(text, " " * gap.col_offset).splitlines()
    more = [line for line in imports(solution) if line not in imports(blank)]
    above = [*more, "", ""] if more else []
    return "\n".join([*above, *lines])


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, Function]]:
    """The functions and methods, by their dotted names, in the order of their lines."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield within + node.name, node
        if isinstance(node, Function | ast.ClassDef):
            yield from functions(node, f"{within}{node.name}.")


def gap_in(function: Function) -> ast.Raise | None:
    """The `raise NotImplementedError` of a function that is to be written."""
    for node in function.body:
        if isinstance(node, ast.Raise) and "NotImplementedError" in ast.unparse(node):
            return node
    return None


def imports(source: str) -> list[str]:
    """The statements that import something for all of a cell."""
    return [ast.unparse(node) for node in ast.parse(source).body if isinstance(node, ast.Import | ast.ImportFrom)]


def same_frame(blank: str, solution: str) -> bool:
    """Whether a solution only fills the gaps: what is outside of the functions to be written is the same."""
    to_write = {name for name, node in functions(ast.parse(blank)) if gap_in(node) is not None}

    def frame(source: str) -> str:
        tree = ast.parse(source)
        tree.body = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]
        for name, node in list(functions(tree)):
            if name in to_write:
                node.body = [ast.Pass()]
        return ast.dump(tree)

    return bool(to_write) and frame(blank) == frame(solution)


def fits(function: Function, gap: ast.Raise, solved: Function) -> bool:
    """Whether a solution begins as its function does before the gap, which has lines of its own."""
    place = function.body.index(gap)
    before = [list(map(ast.dump, each.body[:place])) for each in (function, solved)]
    return (
        before[0] == before[1]
        and (place == 0 or function.body[place - 1].lineno < gap.lineno)
        and (gap.lineno > function.lineno)
    )


def body_of(source: str, function: Function, place: int) -> str:
    """What a function does from its statement at this place on."""
    lines = source.splitlines()
    if place >= len(function.body):
        return "pass"
    start = function.body[place].lineno - 1
    while lines[start - 1].lstrip().startswith("#"):  # comments belong to what follows
        start -= 1
    return textwrap.dedent("\n".join(lines[start : function.end_lineno]))


def as_notebook(sheet: Mapping[str, Any]) -> str:
    """The file of a notebook."""
    return json.dumps(sheet, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def as_program(sheet: Mapping[str, Any]) -> str:
    """The notebook as a program of Python with a cell after each `# %%`; text is comments."""
    parts = []
    for cell in sheet["cells"]:
        found = notebook_cell(cell)
        if cell.get("cell_type") == "code":
            # a command of notebooks is no Python
            lines = [f"# {line}" if line.startswith(("%", "!")) else line for line in found.source.splitlines()]
            parts.append("\n".join([f"# %% {found.name}".rstrip(), *lines]))
        else:
            lines = [f"# {line}".rstrip() for line in found.source.splitlines()]
            parts.append("\n".join(["# %% [markdown]", *lines]))
    return "\n\n".join(parts) + "\n"
