"""The house rules that can be counted: short files, a small engine, names in order."""

import ast
import importlib
import io
import pathlib
import re
import tokenize

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = ROOT / "tinygrad_edu"
FILES = sorted(PACKAGE.rglob("*.py"))
TEXTS = sorted(
    file
    for folder in ("tinygrad_edu", "tests", "benchmarks")
    for file in (ROOT / folder).rglob("*.py")
    if file != pathlib.Path(__file__)
)

MOST_LINES = 400
MOST_ENGINE_LINES = 1500
MOST_DRAWING_LINES = 400
ENGINE = {"primitive", "backend", "ops", "graph", "grad_mode", "tensor"}
BESIDE = {"recording", "inplace", "dtypes", "errors", "writes", "kernels"}  # told as well, and not held to a number

DRAWING = ("layout", "layers", "straight", "nesting")  # where everything goes in the picture of a graph

LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
VAGUE = {"common", "helper", "helpers", "misc", "util", "utils"}
THEIRS = {"tinygrad_edu/nn/utils"}  # PyTorch's name
LISTS = {"tinygrad_edu/__init__.py"}  # of names: there is nothing to split
EXTRA = {"tinygrad_edu/sklearn.py": "sklearn"}  # what cannot be imported without an optional package
BANNED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")


def named(file: pathlib.Path) -> str:
    return str(file.relative_to(ROOT))


def code_lines(source: str) -> int:
    """How many lines hold code: docstrings, comments and blank lines are not counted."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {n for token in tokens if token.type not in LAYOUT for n in range(token.start[0], token.end[0] + 1)}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return len(lines)


def test_code_lines_are_counted_right():
    three = '"""Doc.\n\nMore.\n"""\n\nx = (\n    1,  # why\n)\n\n\n'
    three_more = 'def f():\n    """Doc."""\n    # why\n    return """a\nb"""\n'
    assert code_lines(three) == code_lines(three_more) == 3


def test_the_engine_stays_small(capsys):
    sizes = dict.fromkeys(sorted(ENGINE | BESIDE), 0)
    for file in FILES:
        part = file.relative_to(PACKAGE).with_suffix("").parts[0]
        if part in sizes:
            sizes[part] += code_lines(file.read_text())
    engine = sum(sizes[part] for part in ENGINE)
    with capsys.disabled():
        print(f"[the engine proper: {engine} lines of code; all of {sizes}: {sum(sizes.values())}]", end=" ")
    assert engine <= MOST_ENGINE_LINES, sizes


def test_the_layout_of_graphs_stays_small():
    sizes = {part: code_lines((PACKAGE / "viz" / f"{part}.py").read_text()) for part in DRAWING}
    assert sum(sizes.values()) <= MOST_DRAWING_LINES, sizes


@pytest.mark.parametrize("file", [file for file in FILES if named(file) not in LISTS], ids=named)
def test_a_file_is_one_thing(file):
    lines = len(file.read_text().splitlines())
    assert lines <= MOST_LINES, f"{lines} lines: split it where it is two things"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_public_names_are_listed_once_and_exist(file):  # in which order, ruff sees to
    if named(file) in EXTRA:
        pytest.importorskip(EXTRA[named(file)])
    module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    listed = getattr(module, "__all__", None)
    if listed is None:
        tree = ast.parse(file.read_text())
        assert file.name != "__init__.py" or len(tree.body) <= 1, "a package lists its public names in __all__"
        return
    assert len(listed) == len(set(listed))
    for name in listed:
        assert hasattr(module, name), f"{name} is listed in __all__ and not there"


@pytest.mark.parametrize("file", TEXTS, ids=named)
def test_what_the_house_does_without(file):
    source = file.read_text()
    assert not BANNED.search(source), "an unfinished mark"
    assert file.stem not in VAGUE, "a name that says nothing"
    assert file.parent.name not in VAGUE or named(file.parent) in THEIRS, "a name that says nothing"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names), f"line {node.lineno}: a star import"
