"""Pages and Graphviz: one file, no word of a user's becomes markup, formulas that a browser can draw."""

import importlib
import json
import pkgutil
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.models import LeNet
from tinygrad_edu.primitive import Primitive
from tinygrad_edu.viz import dot
from tinygrad_edu.viz.page.formulas import mathml

HOSTILE = [
    "\"quoted\" 'twice'", "<b>&amp;</b>", "</script><script>alert(1)</script>", "<!--", "two\nlines", "\\N \\l {x|y}",
    "<table>", "nul \x00", "lone \ud800 surrogate", "重み 🌲", "${x} `y`",
]  # fmt: skip


def small(name="w"):
    w, x = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([3.0, 4.0])
    return (w * x).sum(), {name: w, f"x {name}": x}


class Parts(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.data = [], ""
        self.inside = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = dict(attrs).get("id") if tag == "script" else None

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "data":
            self.data += data


def primitives():
    for module in pkgutil.walk_packages(tg.__path__, "tinygrad_edu."):
        if not module.name.endswith("__main__"):
            yield from (x for x in vars(importlib.import_module(module.name)).values() if isinstance(x, Primitive))


def test_every_formula_is_drawn():
    formulas = {primitive.formula: primitive.name for primitive in primitives()}
    assert len(formulas) > 100
    for formula, name in formulas.items():
        assert Parts(mathml(formula)).tags[0][0] == "math", name


def test_a_formula_that_cannot_be_read_is_left_out():
    assert mathml(r"\nonsense{") == ""


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup(name):
    loss, names = small(name)
    page = viz.step(loss, names=names, title=name)
    parts = Parts(page.text)
    assert [tag for tag, _ in parts.tags].count("script") == 2
    assert not {tag for tag, _ in parts.tags} & {"b", "table", "img", "link", "iframe"}
    json.loads(parts.data)
    assert page.text.encode("utf-8")
    assert page._repr_html_().count("<") == 2, "in a notebook it is one frame"


def test_a_page_needs_nothing_from_elsewhere():
    loss, names = small()
    page = viz.step(loss, names=names)
    parts = Parts(page.text)
    assert not [attrs for _, attrs in parts.tags if attrs.keys() & {"src", "href", "onclick", "onload"}]
    assert "default-src 'none'" in page.text
    assert not re.search(r"https?://(?!www\.w3\.org/)", page.text)


def test_the_same_graph_gives_the_same_page():
    tg.manual_seed(0)
    model, x = LeNet(), tg.rand(2, 1, 28, 28)

    def make():
        with viz.Scopes(model) as scopes:
            loss = nn.functional.cross_entropy(model(x), tg.tensor([1, 2]))
        return viz.step(loss, names=model, scopes=scopes).text

    assert make() == make()


def test_the_page_of_lenet_is_small(tmp_path):
    model = LeNet()
    with viz.Scopes(model) as scopes:
        loss = nn.functional.cross_entropy(model(tg.rand(32, 1, 28, 28)), tg.randint(0, 10, (32,)))
    path = viz.step(loss, names=model, scopes=scopes).save(tmp_path / "lenet.html")
    assert path.stat().st_size < 1.5e6


def test_what_cannot_be_stepped_through_is_told():
    loss, names = small()
    with pytest.raises(ValueError, match="does not require grad"):
        viz.step(tg.tensor(1.0))
    with pytest.raises(TypeError, match="takes Tensors"):
        viz.step("loss")
    loss.backward()
    with pytest.raises(RuntimeError, match="freed"):
        viz.step(loss, names=names)


@pytest.mark.parametrize("suffix", [".html", ".dot", ".gv", ".svg", ".txt"])
def test_drawings_are_saved_by_their_names(tmp_path, suffix):
    loss, names = small()
    path = viz.draw(loss, names=names, path=tmp_path / f"graph{suffix}").save(tmp_path / f"again{suffix}")
    assert path.read_text(encoding="utf-8") == (tmp_path / f"graph{suffix}").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HOSTILE)
def test_graphviz_reads_what_we_write(name, tmp_path):
    s = viz.Graph(
        (viz.Vertex(0, "input", name=name), viz.Vertex(1, "operation", name, scope=f"{name}.{name}")),
        (viz.Edge(0, 1, name), viz.Edge(0, 1, "y")),
    )
    path = dot.draw_with_graphviz(viz.to_dot(s), tmp_path / "x.svg")
    assert len(ElementTree.parse(path).getroot().findall(".//{http://www.w3.org/2000/svg}ellipse")) == 0
    drawn = path.read_text()
    assert drawn.count('class="node"') == 2
    assert drawn.count('class="edge"') == 2


def test_modules_are_clusters():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 1))
    text = viz.to_dot(viz.trace(model(tg.rand(1, 2)).sum(), names=model))
    assert text.count("subgraph cluster_") >= 1


def test_without_graphviz_one_line_says_what_to_install(tmp_path, monkeypatch):
    loss, names = small()
    monkeypatch.setattr(dot, "programs", list)
    with pytest.raises(RuntimeError, match=r"dot, or pip install \"tinygrad-edu\[viz\]\"") as told:
        viz.draw(loss, names=names).save(tmp_path / "graph.png")
    assert "\n" not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_a_graphviz_that_hangs_or_fails_gives_way_to_the_next(tmp_path, monkeypatch):
    slow, broken = tmp_path / "slow", tmp_path / "broken"
    slow.write_text("#!/bin/sh\nsleep 20\n")
    broken.write_text("#!/bin/sh\necho no >&2\nexit 1\n")
    for program in (slow, broken):
        program.chmod(0o755)
    real = dot.programs()
    assert real, "the extra brings a program"
    monkeypatch.setattr(dot, "PATIENCE", 0.5)
    monkeypatch.setattr(dot, "programs", lambda: [str(slow), str(broken)])
    with pytest.raises(RuntimeError, match="no"):
        dot.draw_with_graphviz("digraph {a}", tmp_path / "x.svg")
    monkeypatch.setattr(dot, "PATIENCE", 60.0)
    monkeypatch.setattr(dot, "programs", lambda: [str(broken), *real])
    assert dot.draw_with_graphviz("digraph {a}", tmp_path / "x.svg").stat().st_size > 100


def test_importing_the_package_does_not_import_what_draws():
    code = (
        "import sys, tinygrad_edu.viz; print([m for m in ('matplotlib', 'graphviz', 'math_core') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
    assert "tinygrad_edu.viz" not in subprocess.run(
        [sys.executable, "-c", "import sys, tinygrad_edu; print(sorted(m for m in sys.modules if 'viz' in m))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_a_program_of_the_extra_is_found_without_a_path(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert [program for program in dot.programs() if shutil.which(program)] or dot.programs()
