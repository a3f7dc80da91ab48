"""Imports run one way, from a higher floor of the house to a lower one, and NumPy is all that they need."""

import ast
import functools
import graphlib
import pathlib
import sys
from collections.abc import Iterator

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PACKAGE = "tinygrad_edu"

FLOORS = {
    "_version": 0,
    "accelerator": 0,
    "atomic": 0,
    "backend": 0,
    "backends": 0,
    "cuda": 0,
    "dtypes": 0,
    "errors": 0,
    "extras": 0,
    "grad_mode": 0,
    "kernels": 0,
    "observing": 0,
    "primitive": 0,
    "promises": 0,
    "wording": 0,
    "writes": 0,
    "ops": 1,
    "graph": 2,
    "index": 3,
    "inplace": 3,
    "printing": 3,
    "protocols": 3,
    "recording": 3,
    "tensor": 3,
    "told": 3,
    "autograd": 4,
    "functions": 4,
    "io": 4,
    "linalg": 4,
    "special": 4,
    "distributions": 5,
    "func": 5,
    "nn": 5,
    "optim": 5,
    "data": 6,
    "models": 6,
    "train": 6,
    "course": 7,
    "pytorch": 7,
    "sklearn": 7,
    "testing": 7,
    "viz": 7,
    "__main__": 8,
    "cli": 8,
    "__init__": 9,
}

# Packages of the extras, which no module needs in order to be imported.
OPTIONAL = {"tqdm"}
# `testing` is for those who test, so it may need what tests need.
NEEDED = {"testing": {"hypothesis"}}

MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in sorted((ROOT / PACKAGE).rglob("*.py"))
}


def part(module: str) -> str:
    """The file or folder of the package that a module belongs to."""
    return module.split(".")[1]


def resolve(name: str) -> str | None:
    """The module of ours that a dotted name stands for, or None."""
    return next((found for found in (name, f"{name}.__init__") if found in MODULES), None)


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(), module)


def imports(module: str) -> Iterator[tuple[ast.stmt, str]]:
    """Each import statement of a module, wherever it stands, with each dotted name that it imports from."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                submodule = f"{source}.{alias.name}"
                yield node, submodule if resolve(submodule) else source


def ours(module: str) -> set[str]:
    """The modules of ours that a module imports."""
    names = {name for _, name in imports(module) if name.split(".")[0] == PACKAGE}
    missing = {name for name in names if resolve(name) is None}
    assert not missing, f"{module} imports what is not there"
    return {found for name in names if (found := resolve(name)) is not None} - {module}


@pytest.mark.parametrize("module", MODULES)
def test_every_file_has_a_floor_and_imports_from_no_higher_one(module):
    assert part(module) in FLOORS, f"{part(module)} has no floor: give it one above"
    here = FLOORS[part(module)]
    higher = {other: floor for other in ours(module) if (floor := FLOORS.get(part(other), 0)) > here}
    assert not higher, f"on floor {here}, {module} imports from higher ones"


def test_no_two_files_import_each_other():
    order = graphlib.TopologicalSorter({module: ours(module) for module in MODULES})
    order.prepare()  # raises CycleError, which names the cycle


@pytest.mark.parametrize("module", MODULES)
def test_numpy_is_all_that_an_import_needs(module):
    inside = {
        id(node)
        for function in ast.walk(tree(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    at_import = {PACKAGE, "numpy", *sys.stdlib_module_names, *NEEDED.get(part(module), ())}
    for node, name in imports(module):
        allowed = at_import | OPTIONAL if id(node) in inside else at_import
        assert name.split(".")[0] in allowed, f"{module}:{node.lineno} imports {name}"


def test_the_root_shows_the_parts():
    for name in ("nn", "optim"):
        link = ROOT / name
        assert link.is_symlink()
        assert link.readlink() == pathlib.Path(PACKAGE, name)
