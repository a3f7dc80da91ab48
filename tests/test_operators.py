"""Each operator of the list is there, as function and method, and the tests have a row for it."""

import inspect
import operator
import pathlib
import re
from operator import attrgetter

import numpy as np
import pytest
from operators import FAMILIES, IN_PLACE

import tinygrad_edu as tg

HERE = pathlib.Path(__file__).parent
TESTED = "\n".join(
    file.read_text()
    for file in HERE.rglob("*.py")
    if file.name not in (pathlib.Path(__file__).name, "operators.py", "test_bad_arguments.py")
)
WORDS = set(re.findall(r"\w+", TESTED))
OPERATORS = [(family, name) for family, names in FAMILIES.items() for name in names.split()]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_operator_is_there(family):
    missing = []
    for name in FAMILIES[family].split():
        path, is_method = name.removesuffix("*"), name.endswith("*")
        owner = tg.Tensor if path.startswith(("__", "new_")) or path in ("T", "mT", "item", "view", "expand") else tg
        if is_method and not hasattr(tg.Tensor, path.rpartition(".")[2]):
            missing.append(f"Tensor.{path}")
        try:
            attrgetter(path)(owner)
        except AttributeError:
            if not (is_method and hasattr(tg.Tensor, path)):
                missing.append(path)
    assert not missing


def test_every_method_in_place_is_there():
    """As a method, or as PyTorch has it for some activations, as a function with `inplace`."""
    for name in IN_PLACE.split():
        function = getattr(tg.nn.functional, name.removesuffix("_"), None)
        assert hasattr(tg.Tensor, name) or "inplace" in inspect.signature(function).parameters, name


def is_tested(name):
    """Whether a test names it, or its family, as in f"conv{n}d"."""
    word = name.removesuffix("*").rpartition(".")[2]
    return word in WORDS or word in REFLECTED or f"{re.sub(r'[123]d$', '', word)}{{" in TESTED


def test_every_operator_has_a_row_in_some_test():
    assert len(OPERATORS) > 400
    assert not [name for _, name in OPERATORS if not is_tested(name)]


@pytest.mark.parametrize(
    "name", ["iadd", "isub", "imul", "itruediv", "ifloordiv", "imod", "ipow", "iand", "ior", "ixor"]
)
def test_assigning_operators_write_in_place(name):
    dtype = tg.int64 if name in ("iand", "ior", "ixor") else tg.float64
    x, y = tg.tensor([7, 12, 5], dtype=dtype), tg.tensor([2, 5, 3], dtype=dtype)
    expected = getattr(operator, name)(x.numpy().copy(), y.numpy())
    seen = x.view(3)
    assert getattr(operator, name)(x, y) is x
    assert seen.tolist() == expected.tolist()


REFLECTED = {
    "__radd__": lambda x, y: y + x,
    "__rsub__": lambda x, y: y - x,
    "__rmul__": lambda x, y: y * x,
    "__rpow__": lambda x, y: y**x,
    "__rmod__": lambda x, y: y % x,
    "__rand__": lambda x, y: y & x,
    "__ror__": lambda x, y: y | x,
    "__rxor__": lambda x, y: y ^ x,
    "__rmatmul__": lambda x, y: (y * x).sum(),
}


@pytest.mark.parametrize("name", REFLECTED)
def test_reflected_operators(name):
    x, y = np.array([1, 2, 3]), np.array([5, 6, 4])
    expected = REFLECTED[name](x, y)
    assert getattr(tg.tensor(x), name)(tg.tensor(y)).tolist() == expected.tolist()
    if name != "__rmatmul__":
        assert getattr(tg.tensor(x), name)(5).tolist() == REFLECTED[name](x, 5).tolist()
