"""Packages that are optional: missing, too old, or there and broken, each is one line that says what to install."""

import importlib
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest

import tinygrad_edu as tg
from tinygrad_edu import io, nn, viz
from tinygrad_edu.course.execution import advice
from tinygrad_edu.data import read_image
from tinygrad_edu.extras import LEAST, require
from tinygrad_edu.testing import check_gradient
from tinygrad_edu.train import TensorBoard, progress

ROOT = Path(__file__).parents[1]
BROKEN = {
    "raise ImportError('libfoo.so.3:\\n cannot open')": r"fails \(ImportError: libfoo.so.3: cannot open\)",
    "import a_package_that_it_needs": r"fails \(ModuleNotFoundError: No module named 'a_package_that_it_needs'\)",
    "raise AttributeError('numpy has no bool8')": r"fails \(AttributeError: numpy has no bool8\)",
    "x = = 1": r"fails \(SyntaxError: invalid syntax",
    "__version__ = '0.0.9rc1'": r"or newer, and what is there is 0.0.9rc1",
    "": "or newer, and what is there is .*__init__.py",  # a file of the learner's own that took the name
}
USES = {
    "PIL": ("image", lambda: read_image("a.png")),
    "graphviz": ("viz", lambda: viz.to_dot(viz.trace(loss()))),
    "matplotlib": ("viz", lambda: viz.histograms({"x": tg.rand(9)})),
    "onnx": ("onnx", lambda: io.onnx.export(nn.Linear(2, 1), tg.ones(1, 2), "a.onnx")),
    "tensorboardX": ("tensorboard", lambda: TensorBoard("events")),
    "hypothesis": ("test", lambda: importlib.import_module("tinygrad_edu.testing.strategies")),
}


def loss():
    return tg.ones(2, requires_grad=True).sum()


@pytest.fixture
def without(monkeypatch, tmp_path):
    """A function that puts a module of this text in the place of a package."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")

    def replace(package, text):
        (tmp_path / "first" / package).mkdir(parents=True)
        (tmp_path / "first" / package / "__init__.py").write_text(text)
        monkeypatch.syspath_prepend(tmp_path / "first")
        for name in [*sys.modules]:
            if name.partition(".")[0] == package or name == "tinygrad_edu.testing.strategies":
                monkeypatch.delitem(sys.modules, name)

    yield replace
    for name in [*sys.modules]:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", None)):
            del sys.modules[name]


@pytest.mark.parametrize("text", BROKEN)
@pytest.mark.parametrize("package", USES)
def test_a_package_that_is_broken_or_too_old_is_one_line_that_names_the_extra(package, text, without):
    extra, use = USES[package]
    without(package, text)
    with pytest.raises(ImportError, match=BROKEN[text]) as caught:
        use()
    said = str(caught.value)
    assert said.endswith(f': pip install "tinygrad-edu[{extra}]"')
    assert "\n" not in said


@pytest.mark.parametrize("text", ["raise ImportError('no libtk')", "raise AttributeError('gone')"])
def test_what_can_do_without_a_package_does_so_where_it_is_broken(text, without, monkeypatch):
    without("tqdm", text)
    without("hypothesis", text)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress() as shown:
        assert type(shown).__name__ == "ProgressLine"
    with pytest.raises(AssertionError, match="smallest counterexample"):
        check_gradient(lambda x: x.detach() * x, tg.ones(2, dtype=tg.float64))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("No module named 'gymnasium'", '; pip install "tinygrad-edu[rl]"'),
        ("No module named 'sklearn.svm'", '; pip install "tinygrad-edu[sklearn]"'),
        ("No module named 'onnxruntime'", "; pip install onnxruntime"),
        ("something else", ""),
    ],
)
def test_a_notebook_that_lacks_a_package_says_what_to_install(said, told):
    assert advice(SimpleNamespace(ename="ModuleNotFoundError", evalue=said)) == told
    assert advice(SimpleNamespace(ename="ValueError", evalue=said)) == ""


def test_the_versions_asked_for_are_those_of_the_extras():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    listed = [each.split(">=") for group in extras.values() for each in group]
    asked = {each[0]: each[1] for each in listed if len(each) == 2}
    names = {"PIL": "pillow", "sklearn": "scikit-learn"}
    assert {names.get(module, module): least for module, least in LEAST.items()}.items() <= asked.items()


def test_a_version_is_compared_by_its_numbers(without):
    without("onnx", "__version__ = '1.100.0+cpu'")
    assert require("onnx", "onnx", "this").__version__ == "1.100.0+cpu"
