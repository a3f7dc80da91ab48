"""The program that judges one answer, in a process of its own: it reads a task, runs the cells, and leaves a verdict.

What the test sees of the answer is what the original cell defines, and nothing else: names that a learner's cell
defines beside them, such as another `abs`, stay in that cell, and what the original cell imports is imported anew.
"""

import ast
import contextlib
import json
import linecache
import os
import sys
import traceback
import types
import warnings
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["judge", "main"]

LEAST_MEMORY, MOST_MEMORY = 4 * 2**30, 8 * 2**30  # bytes of addresses that the process may have, where it is counted
MOST_WRITTEN = 256 * 2**20  # bytes of a file that it may write
LONGEST = 2_000  # letters of what is said
Told = tuple[str, str]


def main() -> None:
    """Judge the task on standard input, and write the verdict to the file that it names."""
    task = json.load(sys.stdin.buffer)
    limit(task["seconds"])
    warnings.simplefilter("ignore")
    verdict, said = judge(task)
    path = Path(task["result"])
    path.with_suffix(".part").write_text(json.dumps([task["token"], verdict, said]))
    path.with_suffix(".part").replace(path)
    os._exit(0)  # nothing that the answer leaves behind, a thread or a function to call at the end, holds this up


def limit(seconds: float) -> None:
    """Bound the memory, the files and the work of this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    work = int(min(seconds, 1e6) * (os.cpu_count() or 1)) + 60  # for the case that who watches the clock is killed
    for kind, most in (
        (resource.RLIMIT_FSIZE, MOST_WRITTEN),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, min(max(memory, LEAST_MEMORY), MOST_MEMORY)),
        (resource.RLIMIT_CPU, work),
    ):
        with contextlib.suppress(ValueError, OSError):  # there is a lower one already
            resource.setrlimit(kind, (most, most))


def judge(task: dict[str, Any]) -> Told:
    """The verdict on an answer, and what is to be said: ("right", ""), ("not done yet", ""), ("wrong", ..)."""
    answers, wanted = types.ModuleType("answers"), task["wanted"]
    sys.modules["answers"] = answers  # where classes of the answer are looked for
    try:
        order = needed(task)
        load_imports(task["test"])
        undo_changes = partial(put_back, functions_there())
        for name in order:
            if (told := run_answer(task["answers"][name], answers.__dict__)) is not None:
                return told if name == wanted else ("wrong", f"it needs {name}, which fails: {told[1] or told[0]}")
        undo_changes()
        return run_test(task, order, answers)
    except BaseException as error:
        return "wrong", what(error)


def load_imports(test: str) -> None:
    """Load the modules that a test imports, before an answer can change them."""
    with contextlib.suppress(Exception):  # the test itself will say what is wrong
        lines = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Import | ast.ImportFrom)]
        for line in lines:
            exec(ast.unparse(line), {})


def functions_there() -> list[tuple[Any, str, Any, Any]]:
    """The functions and classes of all modules, and of the classes of this package: (owner, name, itself, its code)."""
    modules = [module for name, module in sys.modules.items() if name != "answers" and hasattr(module, "__dict__")]
    classes = {x for module in modules for x in vars(module).values() if isinstance(x, type) and is_ours(x)}
    return [
        (owner, name, value, getattr(value, "__code__", None))
        for owner in [*modules, *classes]
        for name, value in vars(owner).items()
        if callable(value) or isinstance(value, types.ModuleType | property | classmethod)
    ]


def is_ours(x: type) -> bool:
    """Whether it is a class of this package."""
    return str(getattr(x, "__module__", "")).startswith("tinygrad_edu")


def put_back(before: list[tuple[Any, str, Any, Any]]) -> None:
    """Undo what an answer has changed in others' modules, such as what the test compares with."""
    for owner, name, value, code in before:
        if vars(owner).get(name) is not value:
            with contextlib.suppress(AttributeError, TypeError):
                setattr(owner, name, value)
        if code is not None and value.__code__ is not code:
            value.__code__ = code


def needed(task: dict[str, Any]) -> list[str]:
    """The answers that are to run: the one asked for, and before it those whose names it or its test uses."""
    owners = {name: each for each, cell in task["cells"].items() for name in cell["names"] if each in task["answers"]}
    order = [task["wanted"]]
    sources = [task["test"], task["answers"][task["wanted"]]["source"]]
    while sources:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            for node in ast.walk(ast.parse(runnable(sources.pop()))):
                owner = owners.get(node.id) if isinstance(node, ast.Name) else None
                if owner is not None and owner not in order:
                    order.insert(0, owner)
                    sources.append(task["answers"][owner]["source"])
    return [name for name in task["answers"] if name in order]


def runnable(source: str) -> str:
    """The source, without the commands of notebooks (`%matplotlib inline`, `!ls`) if it is no Python with them."""
    try:
        compile(source, "", "exec", ast.PyCF_ONLY_AST)
    except Exception:
        return "\n".join("" if line.startswith(("%", "!")) else line for line in source.split("\n"))
    return source


def run_answer(answer: dict[str, Any], names: dict[str, Any]) -> Told | None:
    """Run a learner's cell; None if nothing is wrong."""
    source = "\n" * (answer["line"] - 1) + runnable(answer["source"])
    try:
        exec(compiled(answer["before"], "<before the first cell>"), names)
        exec(compiled(source, "<answer>"), names)
    except SyntaxError as error:
        return "wrong", f"it is no Python: {error.msg}, in line {error.lineno}"
    except BaseException as error:
        return failed(error, source)
    return None


def run_test(task: dict[str, Any], order: list[str], answers: types.ModuleType) -> Told:
    """Run the test on what the answers define."""
    test, names = types.ModuleType("test"), {}
    for name in order if not task["whole"] else task["cells"]:
        cell = task["cells"][name]
        with contextlib.suppress(Exception):  # what is needed and not there the test will say
            exec(compiled(cell["imports"], "<imports>"), test.__dict__)
        names.update(dict.fromkeys(cell["names"], name))
    for name, owner in names.items():
        if name in vars(answers):
            vars(test)[name] = vars(answers)[name]
        elif owner == task["wanted"]:
            return "wrong", f"it defines no {name!r}"
    try:
        exec(compiled(task["test"], "<test>"), test.__dict__)
    except BaseException as error:
        answer = task["answers"][task["wanted"]]
        return failed(error, "\n" * (answer["line"] - 1) + answer["source"], task["test"])
    return "right", ""


def compiled(source: str, name: str) -> types.CodeType:
    """The code, whose lines are found by whoever asks for them."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    return compile(source, name, "exec", dont_inherit=True)


def failed(error: BaseException, source: str, test: str = "") -> Told:
    """The verdict on an answer that ended in an error, in its own cell or in the test."""
    frames = list(traceback.walk_tb(error.__traceback__))
    places = [(frame.f_code.co_filename, line) for frame, line in frames]
    own = [line for name, line in places if name == "<answer>"]
    last = places[-1][0] if places else ""
    if isinstance(error, NotImplementedError) and last == "<answer>":
        return "not done yet", ""
    tested = [(frame, line) for frame, line in frames if frame.f_code.co_filename == "<test>"]
    if isinstance(error, AssertionError) and tested and last != "<answer>":
        return "wrong", str(error)[:LONGEST].strip() or unequal(test, *tested[-1])
    said = what(error)
    if own:
        lines = source.splitlines()
        line = lines[own[-1] - 1].strip() if own[-1] <= len(lines) else ""
        said += f", in line {own[-1]}: {line:.100}"
    elif tested:
        said += f", in the test: {statement(test, tested[-1][1])}"
    return "wrong", said


def what(error: BaseException) -> str:
    """The error's class and message."""
    try:
        message = str(error)[:LONGEST]
    except Exception:
        message = ""
    if isinstance(error, SystemExit):
        return "it ends the program (sys.exit)"
    return f"{type(error).__name__}: {message}".rstrip(": ")


def statement(source: str, line: int) -> str:
    """The test's statement in this line."""
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.stmt)]
    around = [node for node in nodes if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return ast.unparse(max(around, key=lambda node: node.lineno)) if around else ""


def unequal(source: str, frame: types.FrameType, line: int) -> str:
    """What a plain assert of the test says, and of a comparison its two sides, of a call what it was given."""
    told = statement(source, line)
    tree = ast.parse(told).body
    if not tree or not isinstance(tree[0], ast.Assert):
        return told
    check, said = tree[0].test, f"it should be that {ast.unparse(tree[0].test)}"
    sides: list[ast.expr] = []
    if isinstance(check, ast.Compare) and len(check.ops) == 1:
        sides = [check.left, check.comparators[0]]
    elif isinstance(check, ast.Call):  # such as allclose(x, y)
        sides = [side for side in check.args if not isinstance(side, ast.Starred)]
    for side in sides:
        if not isinstance(side, ast.Constant):
            with contextlib.suppress(Exception):
                value = eval(compile(ast.Expression(side), "<test>", "eval"), frame.f_globals, frame.f_locals)
                if repr(value) != ast.unparse(side):
                    said += f"\n{ast.unparse(side):.60} is {value!r:.100}"
    return said


if __name__ == "__main__":
    main()
