"""The command line where it is stopped by a signal, and where its streams are closed or lack letters."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

ROOT = pathlib.Path(__file__).parent.parent
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and streams of POSIX")

CELL = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
MARKS = {"schema_version": 3, "grade_id": "ex1", "grade": False, "solution": True, "locked": False, "task": False}
TEST = {**MARKS, "grade_id": "ex1-test", "grade": True, "solution": False, "points": 1}
WAITS = "import os, time\nopen({!r}, 'w').write(str(os.getpid()))\nwhile True: time.sleep(0.01)\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tmp").mkdir()
    return tmp_path


def start(folder, *arguments, closed=(), **environment):
    """The program as a process, with these streams closed."""

    def prepare():
        for number, _ in STOPS:  # where the tests themselves run under nohup, they are ignored, and would be here
            signal.signal(number, signal.SIG_DFL)
        for place in closed:
            os.close(place)

    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL}
    settings = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp"), **environment}
    command = [sys.executable, "-m", "tinygrad_edu", *arguments]
    return subprocess.Popen(command, env=settings, preexec_fn=prepare, text=True, encoding="utf-8", **pipes)


def finish(process):
    with process:
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    return process.returncode, out, err


def pid_in(path, process):
    """What a process writes there once it runs."""
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError, ValueError):
            return int(path.read_text())
        time.sleep(0.02)
    raise AssertionError(f"it never ran: {finish(process)}")


def ends(pid):
    """Whether the process ends, and is not waited for by anybody who does not."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = pathlib.Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    return False


STOPS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(("number", "code"), STOPS)
def test_grading_that_is_stopped_stops_the_answer_too(number, code, folder):
    answer = {**CELL, "source": "def f(): ...", "metadata": {"nbgrader": MARKS}}
    test = {**CELL, "source": "f()", "metadata": {"nbgrader": TEST}}
    (folder / "05.ipynb").write_text(json.dumps({"cells": [answer, test], "nbformat": 4, "nbformat_minor": 5}))
    (folder / "mine.py").write_text("# %% ex1\n" + WAITS.format(str(folder / "pid")))
    process = start(folder, "grade", "mine.py", "--notebook", "05.ipynb")
    pid = pid_in(folder / "pid", process)
    process.send_signal(number)
    assert finish(process) == (code, "", f"tinygrad_edu: error: stopped by {number.name}\n")
    assert ends(pid)
    assert os.listdir("tmp") == []


@pytest.mark.parametrize(("number", "code"), STOPS)
def test_a_notebook_that_is_stopped_stops_its_process_too(number, code, folder):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    cell = {**CELL, "source": WAITS.format(str(folder / "pid"))}
    (folder / "05_five.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4, "nbformat_minor": 5}))
    process = start(folder, "notebook", "5", "--fast", "--folder", ".", "--out", "out.ipynb")
    pid = pid_in(folder / "pid", process)
    process.send_signal(number)
    assert finish(process) == (code, "", f"tinygrad_edu: error: stopped by {number.name}\n")
    assert ends(pid)
    assert os.listdir("tmp") == []
    assert not (folder / "out.ipynb").exists()


@pytest.mark.parametrize("closed", [(1,), (2,), (0, 1, 2)])
@pytest.mark.parametrize("arguments", [("data", "list", "--json"), ("summary", "mlp"), ("train",)])
def test_closed_streams_hurt_nobody(arguments, closed, folder):
    if arguments == ("train",):
        arguments += ("--model", "mlp", "--epochs", "1", "--set", "data.samples=64", "--json")
    code, out, err = finish(start(folder, *arguments, closed=closed))
    assert code == 0, err
    assert out == "" or 1 not in closed
    assert "Traceback" not in err


def test_nothing_takes_the_place_of_a_closed_stream(folder):
    """Else a file that is opened would, and what a library prints there would end in it."""
    code = "import os; from tinygrad_edu.cli import main; main(['--version']); print(open('new', 'w').fileno() > 2)"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, preexec_fn=lambda: os.close(2)
    )
    assert process.communicate(timeout=60)[0].endswith(b"True\n")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp949", "utf-16"])
def test_letters_that_the_output_lacks_are_told_by_others(encoding, folder):
    environment = {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-m", "tinygrad_edu", "graph", "--model", "mlp"]
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, env=settings, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[0].startswith("loss  scalar")
    assert lines[1].startswith("`- " if encoding in ("ascii", "latin-1") else "└─ ")
