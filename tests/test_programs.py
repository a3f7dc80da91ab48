"""The programs of tests/programs, which are PyTorch's, run by the command `torch`; each checks that it learns."""

import pathlib
import subprocess
import sys

import pytest

PROGRAMS = sorted((pathlib.Path(__file__).parent / "programs").glob("*.py"))
ARGUMENTS = {"classifier": ["--epochs", "4", "--save", "net.pt"]}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_of_pytorchs_runs(program, tmp_path):
    command = [sys.executable, "-m", "tinygrad_edu", "torch", str(program), *ARGUMENTS.get(program.stem, [])]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") >= 4
