"""Families of functions that are read at their first use: the tables are true, and nobody can tell the difference."""

import importlib
import json
import subprocess
import sys

import pytest

import tinygrad_edu as tg
from tinygrad_edu.functions import late

READ = """
import importlib, json, sys
import tinygrad_edu as tg
from tinygrad_edu.functions import late

named = {*dir(tg.Tensor)}
families = sorted({*late.FUNCTIONS, *late.METHODS})
early = [family for family in families if f"tinygrad_edu.functions.{family}" in sys.modules]
left = {}
for family in families:
    importlib.import_module(f"tinygrad_edu.functions.{family}")
    names = late.METHODS.get(family, "").split()
    left[family] = [name for name in names if isinstance(vars(tg.Tensor)[name], late.LateMethod)]
print(json.dumps({"early": early, "left": left, "untold": sorted({*dir(tg.Tensor)} - named)}))
"""


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def read():
    return json.loads(run(READ))


def test_importing_the_package_reads_none_of_them(read):
    assert read["early"] == []


@pytest.mark.parametrize("family", sorted({*late.FUNCTIONS, *late.METHODS}))
def test_the_tables_say_what_a_family_defines(family, read):
    defined = importlib.import_module(f"tinygrad_edu.functions.{family}").__all__
    assert late.FUNCTIONS.get(family, "").split() == [name for name in defined if name in tg.__all__]
    assert read["left"][family] == []  # a method that another family defines, or none


def test_every_method_of_the_families_is_in_the_table(read):
    assert read["untold"] == []


def test_names_are_there_before_they_are_read():
    names = ["cumsum", "cholesky", "vmap", "conv2d", "addcmul"]
    assert {*names} <= {*dir(tg)}
    assert run(
        f"import tinygrad_edu as tg; print([hasattr(tg, name) for name in {names}], hasattr(tg, 'cumsumm'))"
    ) == ("[True, True, True, True, True] False\n")


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("print(tg.tensor([1.0, 2.0]).cumsum(0))", "tensor([1., 3.])"),
        ("print(tg.Tensor.cumsum(tg.tensor([1.0, 2.0]), dim=0))", "tensor([1., 3.])"),
        ("x = tg.tensor([1.0, 2.0]); x.erf_(); x.zero_(); print(x.lerp_(tg.ones(2), 0.5))", "tensor([0.5000, 0.5000])"),
        ("print(tg.Tensor.diag.__name__, tg.diag.__module__, tg.diag is tg.diag)", "diag tinygrad_edu True"),
        ("from tinygrad_edu import median; print(median(tg.tensor([3, 1, 2])))", "tensor(2)"),
        ("import pickle; print(pickle.loads(pickle.dumps(tg.trapezoid)) is tg.trapezoid)", "True"),
        ("import pickle; print(pickle.loads(pickle.dumps(tg.trapz)) is tg.trapz)", "True"),
        ("from tinygrad_edu import *; print(einsum('ij->ji', ones(1, 2)).shape)", "(2, 1)"),
    ],
)
def test_a_first_use_of_every_kind(program, printed):
    assert run(f"import tinygrad_edu as tg\n{program}") == printed + "\n"


def test_a_subclass_overrides_and_reaches_one_that_has_not_been_read():
    program = """
import tinygrad_edu as tg
class Own(tg.Tensor):
    def cumsum(self, dim):
        return "own", super().cumsum(dim).tolist()
print(Own([1.0, 2.0]).cumsum(0), Own([1.0, 2.0]).cumprod(0).tolist())
"""
    assert run(program) == "('own', [1.0, 3.0]) [1.0, 2.0]\n"


def test_threads_may_ask_for_the_first_time_together():
    program = """
import threading
import tinygrad_edu as tg
found = []
x = tg.tensor([1.0, 2.0])
calls = [lambda: x.cumsum(0), lambda: x.erf(), lambda: tg.diag(x), lambda: x.scatter(0, tg.tensor([0]), 1.0)] * 8
threads = [threading.Thread(target=lambda call=call: found.append(call())) for call in calls]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found))
"""
    assert run(program) == "32\n"
