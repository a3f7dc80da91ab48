"""Grading learners' files: who gets which points, and that nothing in a file keeps the rest of it from being graded."""

import json
import os
import pathlib
import time

import pytest

from tinygrad_edu.cli import main
from tinygrad_edu.course.exercises import find_answers, read_exercises
from tinygrad_edu.course.grading import grade
from tinygrad_edu.course.sheets import as_notebook, as_program, blank_sheet, read_solutions, with_solution

posix = pytest.mark.skipif(os.name != "posix", reason="processes of POSIX")

BLANKS = {
    "ex1": 'def double(x):\n    """Twice x."""\n    raise NotImplementedError',
    "ex2": (
        "import math\n\n\nclass Adder:\n    def __init__(self, start=0):\n        raise NotImplementedError\n\n"
        "    def add(self, x):\n        raise NotImplementedError"
    ),
    "ex3": "def quadruple(x):\n    raise NotImplementedError",
}
TESTS = {
    "ex1": (2, "for x in (0, 1, 7):\n    assert double(x) == 2 * x\nassert abs(double(-3)) == 6"),
    "ex2": (3, "adder = Adder(2)\nadder.add(3)\nassert math.sqrt(adder.add(4)) == 3, 'two, three and four are nine'"),
    "ex3": (1.5, "assert quadruple(3) == double(6)"),
}
SOLUTIONS = {
    "ex1": 'def double(x):\n    """Twice x."""\n    return x + x',
    "ex2": (
        "import math\n\n\nclass Adder:\n    def __init__(self, start=0):\n        self.total = start\n\n"
        "    def add(self, x):\n        # it is kept\n        self.total += x\n        return self.total"
    ),
    "ex3": "def quadruple(x):\n    return double(double(x))",
}


def code(source: str, name: str = "", **marks) -> dict:
    nbgrader = {
        "grade_id": name,
        "grade": False,
        "solution": False,
        "locked": False,
        "schema_version": 3,
        "task": False,
    }
    metadata = {"nbgrader": {**nbgrader, **marks}, "tags": ["skip-execution"]} if name else {}
    lines = source.splitlines(keepends=True)
    return {"cell_type": "code", "source": lines, "metadata": metadata, "outputs": [], "execution_count": 3}


def notebook(answers: dict, tests: dict = TESTS) -> dict:
    cells = [{"cell_type": "markdown", "source": ["# Made up\n", "\n", "To test with."], "metadata": {}}]
    cells.append(code("%matplotlib inline\nprint('taught here')"))
    for name, source in answers.items():
        cells.append(code(source, name, solution=True))
        if name in tests:
            points, test = tests[name]
            cells.append(code(test, f"{name}-test", grade=True, locked=True, points=points))
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def program(answers: dict) -> str:
    return "\n\n".join(f"# %% {name}\n{source}" for name, source in answers.items())


@pytest.fixture
def original(tmp_path) -> pathlib.Path:
    """The teacher's notebook, with its solutions beside it."""
    folder = tmp_path / "notebooks"
    (folder / "solutions").mkdir(parents=True)
    (folder / "solutions" / "05_made_up.py").write_text(program(SOLUTIONS))
    path = folder / "05_made_up.ipynb"
    path.write_text(json.dumps(notebook(BLANKS)))
    return path


@pytest.fixture
def graded(original, tmp_path):
    """Grade these answers; (verdict, said) of each exercise."""

    def call(answers, suffix=".py", limit=60.0):
        path = tmp_path / f"answers{suffix}"
        content = answers if isinstance(answers, str) else program(answers)
        path.write_text(content if suffix == ".py" else json.dumps(notebook(answers)))
        return {each.exercise: (each.verdict, each.said) for each in grade(path, original, limit)}

    return call


def verdict_on(graded, source: str, **options) -> tuple[str, str]:
    """What is said of ex1 answered so; the next must not suffer."""
    found = graded({"ex1": source, "ex2": SOLUTIONS["ex2"]}, **options)
    assert found["ex2"] == ("right", "")
    return found["ex1"]


# right and not done


@pytest.mark.parametrize("suffix", [".py", ".ipynb"])
def test_solutions_get_all_points_and_blanks_none(graded, suffix):
    assert graded(SOLUTIONS, suffix) == dict.fromkeys(SOLUTIONS, ("right", ""))
    assert graded(BLANKS, suffix) == {
        "ex1": ("not done yet", ""),
        "ex2": ("not done yet", ""),
        "ex3": ("not done yet", ""),
    }


def test_a_program_without_cells_answers_everything(graded):
    found = graded("import math\n\n\n" + "\n\n\n".join([SOLUTIONS["ex1"], SOLUTIONS["ex3"]]))
    assert found["ex1"] == found["ex3"] == ("right", "")
    assert found["ex2"] == ("wrong", "it defines no 'Adder'")


def test_what_stands_before_the_first_cell_belongs_to_each(graded):
    answers = {"ex1": "def double(x):\n    return operator.mul(2, x)"}
    assert graded("import operator\n\n" + program(answers))["ex1"] == ("right", "")


def test_cells_that_lost_their_marks_are_known_by_what_they_define(original, tmp_path):
    sheet = notebook(SOLUTIONS)
    for cell in sheet["cells"]:
        cell["metadata"] = {}
    path = tmp_path / "05.ipynb"
    path.write_text(json.dumps(sheet))
    assert [each.verdict for each in grade(path, original)] == ["right"] * 3


def test_answers_build_on_each_other(graded):
    found = graded({**SOLUTIONS, "ex1": "double = 3 +"})
    assert found["ex3"] == ("wrong", "it needs ex1, which fails: it is no Python: invalid syntax, in line 2")


# wrong


def test_a_wrong_answer_is_told_by_what_came(graded):
    assert verdict_on(graded, "def double(x):\n    return x * x") == (
        "wrong",
        "it should be that double(x) == 2 * x\ndouble(x) is 1\n2 * x is 2",
    )
    found = graded({**SOLUTIONS, "ex2": SOLUTIONS["ex2"].replace("+= x", "= x")})
    assert found["ex2"] == ("wrong", "two, three and four are nine")


def test_a_value_that_the_test_spells_out_is_not_said_twice(original, tmp_path):
    sheet = notebook(BLANKS, {"ex1": (2, "assert [double(1)] == [2]")})
    original.write_text(json.dumps(sheet))
    path = tmp_path / "answers.py"
    path.write_text(program({"ex1": "def double(x):\n    return x"}))
    (first,) = grade(path, original)
    assert first.said == "it should be that [double(1)] == [2]\n[double(1)] is [1]"


def test_an_error_is_told_with_the_line_that_it_came_from(graded):
    assert verdict_on(graded, "def double(x):\n    return [][x]") == (
        "wrong",
        "IndexError: list index out of range, in line 3: return [][x]",
    )
    assert verdict_on(graded, "1 / 0\n" + SOLUTIONS["ex1"]) == (
        "wrong",
        "ZeroDivisionError: division by zero, in line 2: 1 / 0",
    )
    assert verdict_on(graded, "def double(x, y):\n    return x") == (
        "wrong",
        "TypeError: double() missing 1 required positional argument: 'y', in the test: assert double(x) == 2 * x",
    )


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def double(x:\n    return x", "it is no Python: "),
        ("double = '''", "it is no Python: "),
        ("(" * 5000, "it is no Python: "),
        ("def double(x):\n    return x\n\0", ""),
        ("import sys\nsys.exit(0)", "it ends the program (sys.exit)"),
        ("def double(x):\n    raise SystemExit", "it ends the program (sys.exit)"),
        ("import nothing_of_this_name", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
        ("def double(x):\n    return double(x)", "RecursionError: "),
        ("def double(x):\n    return input()", "EOFError: "),
        ("def double(x):\n    raise KeyboardInterrupt", "KeyboardInterrupt"),
        (
            "class Odd(Exception):\n    def __str__(self):\n        1 / 0\n\n\ndef double(x):\n    raise Odd",
            "Odd, in line",
        ),
        ("def triple(x):\n    return 3 * x", "it defines no 'double'"),
    ],
)
def test_a_broken_answer_costs_its_own_points_only(graded, source, said):
    verdict, why = verdict_on(graded, source)
    assert verdict == "wrong"
    assert why.startswith(said), why
    assert why


@posix
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os\nos._exit(0)", "its process ended with exit code 0 before the test was through"),
        ("import os\nos.kill(os.getpid(), 9)", "its process ended by SIGKILL before the test was through"),
        ("import os\nos.abort()", "its process ended by SIGABRT before the test was through"),
    ],
)
def test_a_process_that_ends_is_no_success(graded, source, said):
    assert verdict_on(graded, source) == ("stopped", said)


def test_what_does_not_end_is_stopped(graded):
    found = graded({"ex1": "def double(x):\n    while True:\n        pass", "ex3": SOLUTIONS["ex3"]}, limit=1.0)
    assert found["ex1"] == ("stopped", "it was not done after 1 seconds: is there a loop that does not end?")
    assert found["ex2"][0] == "missing"
    assert found["ex3"][0] == "stopped"


@posix
def test_what_an_answer_leaves_behind_holds_nothing_up(graded, tmp_path):
    log = tmp_path / "log"
    child = f"import time\nwhile True: open({str(log)!r}, 'a').write('x'); time.sleep(0.01)"
    left = (
        "import os, subprocess, sys, threading, time\n"
        "threading.Thread(target=time.sleep, args=(600,)).start()\n"
        f"subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"while not os.path.exists({str(log)!r}):\n    time.sleep(0.01)\n"
    )
    assert verdict_on(graded, left + SOLUTIONS["ex1"]) == ("right", "")
    written = log.stat().st_size
    time.sleep(0.3)
    assert log.stat().st_size == written


def test_prints_are_not_seen_and_files_go_to_a_folder_of_its_own(graded, tmp_path, capfd, monkeypatch):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    noisy = "import sys\nprint('x' * 10_000_000)\nsys.stderr.write('x' * 1_000_000)\nopen('left', 'w').write('x')\n"
    assert verdict_on(graded, noisy + SOLUTIONS["ex1"]) == ("right", "")
    assert capfd.readouterr() == ("", "")
    assert not list(here.iterdir())


# cheating


@pytest.mark.parametrize(
    "source",
    [
        "def abs(x):\n    return 6\n\n\nrange = list\n\n\ndef double(x):\n    return 0",
        "double = 5\nx = 2\n__builtins__ = {}",
        "import sys\nsys.modules['test'] = None\n\n\ndef double(x):\n    return 7",
        "raise AssertionError",
        "def double(x):\n    raise AssertionError('right')",
        "def double(x):\n    raise NotImplementedError\n\n\nassert True",
        "import builtins\nbuiltins.abs = lambda x: 6\nbuiltins.range = list\n\n\ndef double(x):\n    return 0",
        "import __main__\n__main__.run_test = lambda *_: ('right', '')\n\n\ndef double(x):\n    return 0",
        "import __main__\n__main__.put_back = __main__.failed = print\n\n\ndef double(x):\n    return 0",
        "import json\njson.dumps = lambda told: repr([told[0], 'right', ''])\n\n\ndef double(x):\n    return 0",
    ],
)
def test_names_beside_the_answer_do_not_reach_the_test(graded, source):
    assert verdict_on(graded, source)[0] in ("wrong", "not done yet")


@pytest.mark.parametrize(
    "change",
    [
        "np.allclose = lambda *_: True",
        "np.allclose.__code__ = (lambda a, b, rtol=0, atol=0, equal_nan=False: True).__code__",
        "tg.testing.check_gradient = print",
        "tg.testing.gradients.hold = print",
        "tg.Tensor.__sub__ = lambda self, other: self * 0\ntg.Tensor.allclose = lambda *_: True",
    ],
)
def test_what_the_test_compares_with_cannot_be_replaced(original, tmp_path, change):
    """Not by a line, at least: a test of every kind gives no points for a gradient that is not there."""
    test = (
        "import numpy as np\nimport tinygrad_edu as tg\nfrom tinygrad_edu.testing import check_gradient\n"
        "x = tg.ones(2, dtype=tg.float64)\ncheck_gradient(double, x)\n"
        "assert np.allclose(double(x).numpy(), 2)\nassert (double(x) - 2).allclose(0 * x)"
    )
    original.write_text(json.dumps(notebook(BLANKS, {"ex1": (2, test)})))
    path = tmp_path / "answers.py"
    imports = "import numpy as np\nimport tinygrad_edu as tg\nimport tinygrad_edu.testing.gradients\n"
    for answer, verdict in (("2 * x.detach()", "wrong"), ("2 * x", "right")):
        path.write_text(program({"ex1": f"{imports}{change}\n\n\ndef double(x):\n    return {answer}"}))
        (found,) = grade(path, original)
        assert found.verdict == verdict, found.said


def test_what_a_function_of_the_test_was_given_is_told(original, tmp_path):
    test = "import numpy as np\nassert np.allclose(double(1), 2)"
    original.write_text(json.dumps(notebook(BLANKS, {"ex1": (2, test)})))
    path = tmp_path / "answers.py"
    path.write_text(program({"ex1": "def double(x):\n    return [x]"}))
    (found,) = grade(path, original)
    assert found.said == "it should be that np.allclose(double(1), 2)\ndouble(1) is [1]"


def test_odd_separators_in_a_text_do_not_cut_a_cell(graded):
    assert verdict_on(graded, "s = '\u2028\x1c'\n\n\n" + SOLUTIONS["ex1"]) == ("right", "")


def test_modules_of_the_answer_cell_are_imported_anew_for_the_test(graded):
    fake = "class math:\n    sqrt = staticmethod(lambda x: 3)\n\n\n"
    source = fake + SOLUTIONS["ex2"].replace("import math", "").replace("+= x", "= -1")
    verdict, said = graded({"ex2": source})["ex2"]
    assert verdict == "wrong"
    assert said.startswith("ValueError: ")


def test_tests_in_the_learners_file_do_not_count(original, tmp_path):
    sheet = notebook({"ex1": "def double(x):\n    return 0"}, {"ex1": (100, "pass")})
    path = tmp_path / "05.ipynb"
    path.write_text(json.dumps(sheet))
    first, *_ = grade(path, original)
    assert (first.earned, first.points, first.verdict) == (0, 2, "wrong")


# files


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("05.ipynb", '{"cells": [', "05.ipynb is no notebook, or a damaged one: "),
        ("05.ipynb", "[" * 100_000, "05.ipynb is no notebook, or a damaged one: "),
        ("05.ipynb", "[]", "05.ipynb is no notebook: it has no list of cells"),
        (
            "05.ipynb",
            '{"worksheets": []}',
            "05.ipynb is no notebook: its format is older than 4; save it with a newer Jupyter",
        ),
        ("05.ipynb", '{"cells": [3]}', "05.ipynb is no notebook: it has no list of cells"),
        (
            "05.ipynb",
            '{"cells": []}',
            "05.ipynb has none of the cells to answer in that 05_made_up.ipynb has: ex1, ex2, ex3",
        ),
        (
            "05.ipynb",
            '{"cells": [{"cell_type": "code", "source": 3, "metadata": []}]}',
            "05.ipynb has none of the cells",
        ),
        ("05.py", "", "05.py has none of the cells"),
        ("05.py", b"\xff\xfe\x00", "05.py is no text: it is not in UTF-8"),
        ("05.txt", "x", "05.txt is neither a notebook (.ipynb) nor a program (.py)"),
        ("05.py", None, "'05.py': No such file or directory"),
        ("answers.py", "x = 1", "which notebook 'answers.py' belongs to, its name does not say: name it by --notebook"),
        ("07.py", "x = 1", "there is no notebook 07 in "),
    ],
)
def test_a_file_that_cannot_be_graded_is_one_line(original, tmp_path, monkeypatch, capsys, name, content, said):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        pathlib.Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    assert main(["grade", name]) == 1
    out, err = capsys.readouterr()
    assert not out
    assert err.count("\n") == 1
    assert err.startswith(f"tinygrad_edu: error: {said}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells.pop(2), "the test 'ex1-test' stands before any cell to answer in"),
        (lambda cells: cells.append(cells[2]), "two cells are marked 'ex1'"),
        (lambda cells: cells[2].update(source="def double("), "the cell 'ex1' is no Python"),
        (lambda cells: cells.clear(), "has no exercises"),
    ],
)
def test_marks_of_an_original_must_fit(original, change, said):
    sheet = notebook(BLANKS)
    change(sheet["cells"])
    original.write_text(json.dumps(sheet))
    with pytest.raises(ValueError, match=said):
        read_exercises(original)


def test_the_last_of_two_answers_counts(original, tmp_path):
    path = tmp_path / "05.py"
    path.write_text(program({"ex1": "x = 1"}) + "\n" + program({"ex1": SOLUTIONS["ex1"]}))
    assert find_answers(path, read_exercises(original))["ex1"].source.startswith("def double")


# the command


def test_the_table_and_the_score(original, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    answers = {**SOLUTIONS, "ex1": "def double(x):\n    return x", "ex2": BLANKS["ex2"]}
    pathlib.Path("kim_05.py").write_text(program(answers).replace("double(double(x))", "4 * x"))
    assert main(["grade", "kim_05.py"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "EXERCISE  POINTS  RESULT",
        "ex1       0/2     it should be that double(x) == 2 * x",
        "                  double(x) is 1",
        "                  2 * x is 2",
        "ex2       0/3     not done yet",
        "ex3       0/1.5   it should be that quadruple(3) == double(6)",
        "                  quadruple(3) is 12",
        "                  double(6) is 6",
        "score 0 of 6.5 (0 %), by the tests of 05_made_up.ipynb",
    ]
    assert main(["grade", str(original.parent / "solutions" / "05_made_up.py"), "--notebook", "5", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["score"], told["points"]) == (6.5, 6.5)
    assert told["exercises"][1] == {"exercise": "ex2", "earned": 3, "points": 3, "verdict": "right", "said": ""}


def test_codes_for_terminals_are_not_printed(original, tmp_path, capsys):
    path = tmp_path / "05.py"
    path.write_text(
        "# %% ex1\ndef double(x):\n    raise ValueError('\\x1b[2J\\r\\x07' + 'x' * 5000 + '\\n' * 50 + 'y')"
    )
    assert main(["grade", str(path), "--notebook", str(original)]) == 0
    out = capsys.readouterr().out
    assert all(letter.isprintable() for letter in out.replace("\n", ""))
    assert len(out) < 2_000


# sheets


def test_a_blank_sheet_has_no_outputs_and_no_answers(original, tmp_path, capsys):
    for name in ("05_sheet.ipynb", "05_sheet.py"):
        out = tmp_path / "sheets" / name
        assert main(["blank", str(original), "-o", str(out)]) == 0
        assert capsys.readouterr().out == f"{out}\n"
        assert [each.verdict for each in grade(out, original)] == ["not done yet"] * 3
        assert "return" not in out.read_text()
        assert main(["blank", str(original), "-o", str(out)]) == 2
        assert "is there already" in capsys.readouterr().err
    cells = json.loads((tmp_path / "sheets" / "05_sheet.ipynb").read_text())["cells"]
    assert all(
        cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code"
    )
    # what is not run cannot fail: nbgrader would give its points to everybody
    assert not any("tags" in cell["metadata"] for cell in cells)
    assert main(["blank", str(original), "-o", str(tmp_path / "sheet.txt")]) == 2


def test_solutions_stand_between_the_marks_of_nbgrader(original, tmp_path):
    out = tmp_path / "05.ipynb"
    assert main(["blank", str(original), "--solutions", "-o", str(out)]) == 0
    assert [each.verdict for each in grade(out, original)] == ["right"] * 3
    sources = ["".join(cell["source"]) for cell in json.loads(out.read_text())["cells"]]
    assert sources[2] == (
        'def double(x):\n    """Twice x."""\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION'
    )
    assert "        ### BEGIN SOLUTION\n        # it is kept\n        self.total += x\n" in sources[4]
    assert sources[4].startswith("import math\n\n\nclass Adder:\n    def __init__(self, start=0):\n        ### BEGIN")


@pytest.mark.parametrize(
    ("blank", "solution"),
    [
        ("def f(x): raise NotImplementedError", "def f(x): return 1"),
        ("rate = None", "rate = 0.1"),
        ("def f(x):\n    raise NotImplementedError", "def g(x):\n    return 2"),
        ("def f(x):\n    raise NotImplementedError", "def g(x):\n    return 2\n\n\ndef f(x):\n    return g(x)"),
        ("def f(x):\n    y = 1\n    raise NotImplementedError", "def f(x):\n    y = 2\n    return y"),
    ],
)
def test_a_solution_of_another_form_is_marked_whole(blank, solution):
    assert with_solution(blank, solution) == f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"


def test_a_solution_fills_the_gap_only():
    blank = "import a\n\n\ndef f(x):\n    y = 1\n    raise NotImplementedError"
    solution = "import a\nfrom b import c\n\n\ndef f(x):\n    y = 1\n    # why\n    return (\n        y\n    )"
    marked = (
        "from b import c\n\n\nimport a\n\n\ndef f(x):\n    y = 1\n    ### BEGIN SOLUTION\n    # why\n    return (\n"
        "        y\n    )\n    ### END SOLUTION"
    )
    assert with_solution(blank, solution) == marked


def test_a_solution_that_is_missing_is_told(original):
    (original.parent / "solutions" / "05_made_up.py").write_text(program({"ex1": SOLUTIONS["ex1"]}))
    with pytest.raises(ValueError, match=r"05_made_up.py has no solution of ex2, ex3"):
        read_solutions(original)


def test_a_sheet_as_program_is_python(original):
    text = as_program(blank_sheet(original))
    compile(text, "sheet", "exec")
    assert "# %% [markdown]\n# # Made up\n#\n# To test with." in text
    assert json.loads(as_notebook(blank_sheet(original)))["nbformat"] == 4
