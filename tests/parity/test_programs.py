"""The programs of tests/programs, run by PyTorch and by us: the same words, and the same numbers."""

import contextlib
import io
import pathlib
import re
import runpy
import sys
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.pytorch import run_script

PROGRAMS = sorted((pathlib.Path(__file__).parent.parent / "programs").glob("*.py"))
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def output(run):
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        run()
    return told.getvalue()


@pytest.fixture(autouse=True)
def _settings(monkeypatch):
    import torch

    # PyTorch's own lists of samples, which other tests import, forbid programs to set flags
    flags = torch.backends.ContextProp.__set__.__globals__
    monkeypatch.setitem(flags, "__allow_nonbracketed_mutation_flag", True)
    argv, ours, theirs = sys.argv, tg.get_default_dtype(), torch.get_default_dtype()
    yield
    sys.argv = argv
    tg.set_default_dtype(ours)
    torch.set_default_dtype(theirs)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_the_same_words_and_numbers(program):
    sys.argv = [str(program)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = output(lambda: runpy.run_path(str(program), run_name="__main__"))
    ours = output(lambda: run_script(str(program)))
    assert NUMBER.sub("#", ours) == NUMBER.sub("#", theirs)
    numbers = [np.array([float(x) for x in NUMBER.findall(told)]) for told in (ours, theirs)]
    np.testing.assert_allclose(*numbers, rtol=2e-3, atol=2e-4)
