"""The exercises of a notebook, each a cell to answer in and a cell that tests the answer, and what a learner answered.

The cells are marked as nbgrader marks them: an answer cell has a `grade_id` and `solution`, a test cell has a
`grade_id` such as `ex1-test`, `grade` and its `points`. In a program of Python cells begin with `# %%`, and the answer
to ex1 with `# %% ex1`.
"""

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Answer", "Cell", "Exercise", "find_answers", "read_cells", "read_exercises", "read_notebook"]

MOST_BYTES = 64 * 2**20  # of a file
HEAD = re.compile(r"^# %%(?!%)(.*)$")


@dataclass(frozen=True)
class Cell:
    """A cell of code, and its marks."""

    source: str
    name: str = ""  # its grade_id
    is_answer: bool = False
    is_test: bool = False
    points: float = 0
    line: int = 1  # where it begins in the file, of a program


@dataclass(frozen=True)
class Exercise:
    """One task: what is to be answered, and the test of it."""

    name: str
    points: float
    answer: str  # the grade_id of the cell to answer in
    blank: str  # what stands there at first
    test: str
    names: tuple[str, ...] = field(init=False)  # what an answer defines
    imports: str = field(init=False)  # what a test may use as well

    def __post_init__(self) -> None:
        body = ast.parse(self.blank).body
        imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        object.__setattr__(self, "names", tuple(name for node in body for name in defined_by(node)))
        object.__setattr__(self, "imports", "\n".join(map(ast.unparse, imports)))


@dataclass(frozen=True)
class Answer:
    """What a learner answered."""

    source: str
    line: int = 1
    before: str = ""  # what stands before the first cell of a program: imports
    whole: bool = False  # it is a whole program, without cells


def read_exercises(path: Path) -> list[Exercise]:
    """The exercises of a notebook, in its order.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no notebook, has no exercises, or its marks do not fit each other.
    """
    cells = read_cells(path)
    answers = {cell.name: cell for cell in cells if cell.is_answer}
    names = [cell.name for cell in cells if cell.is_answer or cell.is_test]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{path.name}: two cells are marked {name!r}")
    found, latest = [], ""
    for cell in cells:
        latest = cell.name if cell.is_answer else latest
        if not cell.is_test or cell.is_answer:
            continue
        fitting = [name for name in answers if re.match(re.escape(name) + r"([^0-9A-Za-z]|$)", cell.name)]
        answer = max(fitting, key=len, default=latest)
        if not answer:
            raise ValueError(f"{path.name}: the test {cell.name!r} stands before any cell to answer in")
        try:
            shown = re.sub(r"[-_]?test", "", cell.name) or cell.name
            found.append(Exercise(shown, cell.points, answer, answers[answer].source, cell.source))
        except SyntaxError as error:
            raise ValueError(f"{path.name}: the cell {answer!r} is no Python: {error}") from None
    if not found:
        raise ValueError(f"{path.name} has no exercises: no cell is marked by nbgrader's marks as a test")
    return found


def find_answers(path: Path, exercises: Sequence[Exercise]) -> dict[str, Answer]:
    """What a learner's file has for each answer cell, by its grade_id; what is not there is left out.

    Where the marks were lost, the last cell counts that defines what the answer cell defines.

    Raises:
        OSError: it cannot be read.
        ValueError: it is neither a notebook nor a text.
    """
    cells = read_cells(path)
    program = path.suffix.lower() != ".ipynb"
    before = cells[0].source if program and cells and not cells[0].name else ""
    if program and len(cells) == 1 and before:
        return {each.answer: Answer(before, whole=True) for each in exercises}
    known = {each.answer: each.names for each in exercises}
    marked = {cell.name: cell for cell in cells if cell.name in known and not cell.is_test}
    unmarked = [cell for cell in cells if cell.name not in known and not cell.is_test]
    found = {}
    for name, defines in known.items():
        candidates = [cell for cell in unmarked if defines and all(has_definition(cell.source, x) for x in defines)]
        cell = marked.get(name, candidates[-1] if candidates else None)
        if cell is not None:
            found[name] = Answer(cell.source, cell.line, before if cell is not cells[0] else "")
    return found


def defined_by(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a cell defines; not those that it imports."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]


def has_definition(source: str, name: str) -> bool:
    """Whether a cell seems to define a name. It is not parsed: it is a stranger's, and need not be Python."""
    word = re.escape(name)
    return re.search(rf"^(?:(?:async\s+)?def|class)\s+{word}\b|^{word}\s*(?::[^=\n]+)?=(?!=)", source, re.M) is not None


def read_cells(path: Path) -> list[Cell]:
    """The cells of code of a notebook or of a program.

    Raises:
        OSError: it cannot be read.
        ValueError: it is neither.
    """
    if path.suffix.lower() == ".ipynb":
        return [notebook_cell(cell) for cell in read_notebook(path)["cells"] if cell.get("cell_type") == "code"]
    if path.suffix.lower() != ".py":
        raise ValueError(f"{path.name} is neither a notebook (.ipynb) nor a program (.py)")
    return program_cells(read_text(path))


def read_text(path: Path) -> str:
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise ValueError(f"{path.name} is no file but a pipe or a device")  # to read it might never end
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path.name} has more than {MOST_BYTES // 2**20} MB")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path.name} is no text: it is not in UTF-8") from None


def read_notebook(path: Path) -> dict[str, Any]:
    """The JSON object of a notebook, with a list of cells, each a JSON object.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged, or of a format before 4.
    """
    try:
        notebook = json.loads(read_text(path))
    except (json.JSONDecodeError, RecursionError) as error:
        raise ValueError(f"{path.name} is no notebook, or a damaged one: {error}") from None
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        old = isinstance(notebook, dict) and "worksheets" in notebook
        reason = "its format is older than 4; save it with a newer Jupyter" if old else "it has no list of cells"
        raise ValueError(f"{path.name} is no notebook: {reason}")
    return notebook


def notebook_cell(cell: dict[str, Any]) -> Cell:
    """A cell of a notebook; marks that are not as they should be are none."""
    source, metadata = cell.get("source", ""), cell.get("metadata")
    lines = source if isinstance(source, list) else [source]
    text = "".join(line for line in lines if isinstance(line, str))
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return Cell(text, **read_marks(marks))


def read_marks(marks: Any) -> dict[str, Any]:
    """nbgrader's marks of a cell."""
    if not isinstance(marks, dict) or not isinstance(marks.get("grade_id"), str):
        return {}
    points = marks.get("points", 0)
    points = points if isinstance(points, int | float) and 0 <= points < float("inf") else 0
    told = {"name": marks["grade_id"], "points": points}
    return {**told, "is_answer": marks.get("solution") is True, "is_test": marks.get("grade") is True}


def program_cells(text: str) -> list[Cell]:
    """The cells of a program: what stands before the first `# %%`, where there is something, and each cell of code."""
    lines = text.removesuffix("\n").split("\n")  # not by splitlines, which would cut texts that hold odd separators
    heads = [(i, match[1]) for i, line in enumerate(lines) if (match := HEAD.match(line))]
    ends = [*[i for i, _ in heads[1:]], len(lines)]
    first = "\n".join(lines[: heads[0][0]] if heads else lines)
    cells = [Cell(first)] if re.search(r"^\s*[^#\s]", first, re.M) else []
    for (start, head), end in zip(heads, ends, strict=False):
        if re.search(r"\[(markdown|md|raw)\]", head) is None:
            cells.append(Cell("\n".join(lines[start + 1 : end]), line=start + 2, **head_marks(head)))
    return cells


def head_marks(head: str) -> dict[str, Any]:
    """The marks in the head of a program's cell: nbgrader's, as jupytext writes them, or only a name."""
    if found := re.search(r"nbgrader=(\{.*?\})", head):
        try:
            return read_marks(json.loads(found[1]))
        except json.JSONDecodeError:
            return {}
    name = re.match(r"\s*([\w-]+)\s*(?:$|[^\w\s=])", head) or re.match(r"\s*([\w-]+)\b(?!=)", head)
    return {"name": name[1]} if name else {}
