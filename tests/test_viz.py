"""Graphs as data, as text and as pictures, and the curves of a training run."""

import math
import os
import xml.etree.ElementTree as ElementTree

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.viz import Edge, Graph, Vertex, draw, loss_curve_svg, to_svg, to_text, trace
from tinygrad_edu.viz.fold import fold
from tinygrad_edu.viz.layers import Box
from tinygrad_edu.viz.nesting import Nested, Route, nest

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "\"quoted\" 'twice'",
    "<b>&amp;</b>",
    "</script><script>alert(1)</script>",
    "]]><!-- -->",
    "two\nlines\tand\rmore",
    "nul \x00 bell \x07 escape \x1b[31m",
    "\u202eright to left\u2028",
    "lone \ud800 surrogate and \ufffe",
    "重み 🌲 é",
    "x" * 500,
    "",
]


class Sketch:
    """A graph put down by hand."""

    def __init__(self) -> None:
        self.vertices: list[Vertex] = []
        self.edges: list[Edge] = []

    def add(self, kind: str, name: str = "", shape: tuple[int, ...] = (4, 8), **inputs: int) -> int:
        names = {"operation": name} if kind == "operation" else {"name": name}
        here = len(self.vertices)
        self.vertices.append(Vertex(here, kind, shape=shape, dtype="float32", **names))
        self.edges += [Edge(source, here, label) for label, source in inputs.items()]
        return here

    def op(self, name: str, **inputs: int) -> int:
        return self.add("operation", name, **inputs)

    def graph(self) -> Graph:
        return Graph(tuple(self.vertices), tuple(self.edges))


def expression() -> Graph:
    s = Sketch()
    a, b, c = (s.add("parameter", name, ()) for name in "abc")
    s.add("output", "L", (), value=s.op("tanh", x=s.op("add", x=s.op("mul", x=a, y=b), y=c)))
    return s.graph()


def perceptron() -> Graph:
    s = Sketch()
    x = s.add("input", "images")
    for k in range(3):
        weight, bias = s.add("parameter", f"layers.{k}.weight"), s.add("parameter", f"layers.{k}.bias")
        x = s.op("relu", x=s.op("linear", x=x, weight=weight, bias=bias))
    s.add("output", "loss", (), value=s.op("cross_entropy", x=x, target=s.add("input", "labels")))
    return s.graph()


def residual(blocks: int = 3) -> Graph:
    s = Sketch()
    x = s.add("input", "x")
    for k in range(blocks):
        y = s.op("conv", x=x, weight=s.add("parameter", f"blocks.{k}.conv.weight"))
        norm = {name: s.add("parameter", f"blocks.{k}.norm.{name}") for name in ("weight", "bias", "mean", "var")}
        y = s.op("relu", x=s.op("batch_norm", x=y, **norm))
        x = s.op("relu", x=s.op("add", x=y, y=x))
    s.add("output", "y", value=x)
    return s.graph()


def recurrent(steps: int = 5) -> Graph:
    s = Sketch()
    weights = {name: s.add("parameter", name) for name in ("weight_ih", "weight_hh", "bias")}
    h, total = s.add("input", "h0"), None
    for t in range(steps):
        inputs = s.op("matmul", x=s.add("input", f"x[{t}]"), y=weights["weight_ih"])
        state = s.op("matmul", x=h, y=weights["weight_hh"])
        h = s.op("tanh", x=s.op("add", x=s.op("add", x=inputs, y=state), y=weights["bias"]))
        loss = s.op("mean", x=h)
        total = loss if total is None else s.op("add", x=total, y=loss)
    s.add("output", "loss", (), value=total)
    return s.graph()


def dense() -> Graph:
    s = Sketch()
    features = [s.add("input", "x")]
    for k in range(6):
        joined = s.op("cat", **{f"tensors[{i}]": x for i, x in enumerate(features)})
        features.append(s.op("linear", x=joined, weight=s.add("parameter", f"w{k}")))
    s.op("cat", **{f"tensors[{i}]": x for i, x in enumerate(features)})
    return s.graph()


def two_outputs_one_alone() -> Graph:
    s = Sketch()
    x = s.add("parameter", "x")
    s.add("output", "square", value=s.op("mul", x=x, y=x))
    s.add("output", "root", value=s.op("sqrt", x=x))
    s.add("constant", "alone")
    return s.graph()


GRAPHS = [expression, perceptron, residual, recurrent, dense, two_outputs_one_alone]


@st.composite
def random_graphs(draw: st.DrawFn) -> Graph:
    s = Sketch()
    for k in range(draw(st.integers(1, 4))):
        s.add(draw(st.sampled_from(["input", "parameter", "constant"])), f"leaf {k}")
    for _ in range(draw(st.integers(0, 25))):
        sources = draw(st.lists(st.integers(0, len(s.vertices) - 1), min_size=1, max_size=4))
        s.op(
            draw(st.sampled_from(["mul", "linear", "a_rather_long_operation"])),
            **dict(zip("wxyz", sources, strict=False)),
        )
        if draw(st.booleans()):
            s.add("parameter", f"parameter {len(s.vertices)}")
    return s.graph()


# layout


def lay_out(graph: Graph) -> Nested:
    sizes = [(40.0 + 7 * len(v.name or v.operation), 38.0 + 14 * (v.id % 3 == 0)) for v in graph.vertices]
    return nest(graph, sizes, [30.0] * len(sizes))


def overlap(a: Box, b: Box) -> bool:
    return a.x < b.x + b.width and b.x < a.x + a.width and a.y < b.y + b.height and b.y < a.y + a.height


def curve_points(route: Route) -> list[tuple[float, float]]:
    """Points along a route as svg.py draws it: straight, or a cubic that leaves and arrives straight."""
    points = []
    for (x0, y0), (x1, y1) in zip(route.points, route.points[1:], strict=False):
        for k in range(33):
            t = k / 32
            ease, half = t * t * (3 - 2 * t), 1.5 * t * (1 - t) ** 2 + 1.5 * t * t * (1 - t) + t**3
            points.append(
                (
                    x0 + (x1 - x0) * (half if route.sideways else ease),
                    y0 + (y1 - y0) * (ease if route.sideways else half),
                )
            )
    return points


def check_layout(graph: Graph, layout: Nested) -> None:
    boxes = layout.boxes
    assert len(boxes) == len(graph.vertices)
    for k, box in enumerate(boxes):
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
        for other in boxes[k + 1 :]:
            assert not overlap(box, other), (box, other)
    assert {(r.edge.source, r.edge.target) for r in layout.routes} == {(e.source, e.target) for e in graph.edges}
    for route in layout.routes:
        source, target = boxes[route.edge.source], boxes[route.edge.target]
        (x0, y0), (x1, y1) = route.points[0], route.points[-1]
        assert source.x <= x0 <= source.x + source.width
        assert source.y <= y0 <= source.y + source.height
        assert target.x <= x1 <= target.x + target.width
        assert target.y <= y1 <= target.y + target.height
        assert route.sideways or source.y + source.height < target.y, "edges point down"
        for x, y in curve_points(route):
            for v, box in enumerate(boxes):
                if v not in (route.edge.source, route.edge.target):
                    inside = box.x < x < box.x + box.width and box.y < y < box.y + box.height
                    assert not inside, (route, graph.vertices[v])


@pytest.mark.parametrize("make", GRAPHS)
def test_boxes_do_not_overlap_and_edges_cross_none(make):
    check_layout(make(), lay_out(make()))


@settings(max_examples=60, deadline=None)
@given(random_graphs())
def test_layout_of_random_graphs(graph):
    check_layout(graph, lay_out(graph))
    ElementTree.fromstring(to_svg(graph))
    assert to_text(graph)


def test_main_path_is_a_straight_line():
    graph = residual()
    boxes = lay_out(graph).boxes
    centres = {round(boxes[v.id].x + boxes[v.id].width / 2, 6) for v in graph.vertices if v.kind != "parameter"}
    assert len(centres) == 1


def test_leaves_with_one_use_stand_beside_their_user():
    graph = perceptron()
    boxes = lay_out(graph).boxes
    for edge in graph.edges:
        if graph.vertices[edge.source].kind == "parameter":
            a, b = boxes[edge.source], boxes[edge.target]
            assert a.y + a.height / 2 == pytest.approx(b.y + b.height / 2)


# SVG


def texts(svg: str) -> str:
    return "\n".join(ElementTree.fromstring(svg).itertext())


@pytest.mark.parametrize("name", HOSTILE)
def test_any_name_gives_well_formed_svg_and_one_line_of_text(name):
    s = Sketch()
    x = s.add("parameter", name)
    y = s.op(name or "op", **{name or "x": x, f"{name}!": s.add("input", "data")})
    s.vertices[y] = Vertex(y, "operation", name or "op", settings=((name, name),), formula=name, scope=name, line=name)
    s.add("output", name, value=y)
    picture = to_svg(s.graph())
    root = ElementTree.fromstring(picture.encode("utf-8"))
    assert root.get("role") == "img"
    assert not [tag for tag in root.iter() if tag.tag.removeprefix(SVG) in ("script", "b")]
    assert len(root.findall(f".//{SVG}rect")) == 1 + len(s.vertices)
    tree = to_text(s.graph())
    assert tree.count("\n") == len(s.vertices) + 2
    assert all(c.isprintable() or c == "\n" for c in tree)
    tree.encode("utf-8")


@pytest.mark.parametrize("make", GRAPHS)
def test_the_same_graph_gives_the_same_picture_and_text(make):
    assert to_svg(make()) == to_svg(make())
    assert to_text(make()) == to_text(make())


def test_svg_tells_what_is_known():
    loss, names = small_loss()
    picture = texts(to_svg(trace(loss, names=names, values=True)))
    for words in (
        "loss",
        "data 2 | grad",
        "test_viz.py:",
        "local derivative",
        "3 operations · 3 parameters (3 numbers)",
    ):
        assert words in picture
    assert "prefers-color-scheme:dark" in picture


# trace and text


def small_loss():
    a, b, c = (tg.tensor(value, requires_grad=True) for value in (2.0, -3.0, 10.0))
    loss = (a * b + c).tanh()
    loss.backward(retain_graph=True)
    return loss, {"a": a, "b": b, "c": c, "loss": loss}


def test_text_of_a_small_expression():
    loss, names = small_loss()
    assert to_text(trace(loss, names=names)) == (
        "loss  scalar\n"
        "└─ tanh  scalar\n"
        "   └─ add  scalar\n"
        "      ├─ mul  scalar\n"
        "      │  ├─ a  scalar  parameter\n"
        "      │  └─ b  scalar  parameter\n"
        "      └─ c  scalar  parameter\n"
        "\n"
        "3 operations · 3 parameters (3 numbers) · 4 B kept for backward\n"
    )


def test_retained_gradients_are_shown():
    x = tg.tensor(3.0, requires_grad=True)
    square = x * x
    square.retain_grad()
    loss = square * 5
    loss.backward(retain_graph=True)
    graph = trace(loss, names={"x": x, "square": square}, values=True, statistics=True)
    found = {vertex.name: (vertex.grad, vertex.grad_statistics) for vertex in graph.vertices if vertex.name}
    assert {name: grad for name, (grad, _) in found.items()} == {"x": 30.0, "square": 5.0}
    assert found["square"][1].mean == 5.0
    (other,) = (v for v in graph.vertices if v.operation == "mul" and not v.name)
    assert other.grad is None


def test_trace_gives_plain_data():
    loss, names = small_loss()
    graph = trace(loss, names=names, values=True)
    assert [v.id for v in graph.vertices] == list(range(len(graph.vertices)))
    a, b, product, c, total, tanh, output = graph.vertices
    assert (a.kind, a.name, a.shape, a.dtype, a.value) == ("parameter", "a", (), "float32", 2.0)
    assert b.grad == pytest.approx(float(names["b"].grad.numpy()))
    assert product.formula
    assert product.line.startswith("test_viz.py:")
    assert (tanh.operation, tanh.saved_bytes, total.saved_bytes) == ("tanh", 4, 0)
    assert (output.kind, output.name) == ("output", "loss")
    assert output.value == pytest.approx(math.tanh(4.0))
    assert graph.edges[:2] == (Edge(0, 2, "x"), Edge(1, 2, "y"))
    assert c.value == 10.0
    hash(graph)


def test_data_without_gradient_is_named_and_counted_once():
    x, w = tg.tensor(numpy.ones((3, 2), "f4")), tg.tensor(numpy.ones((2, 2), "f4"), requires_grad=True)
    y = (x @ w) + (x @ w)
    graph = trace(y, names={"x": x, "layer.w": w})
    (data,) = graph.of_kind("input")
    assert (data.name, data.shape) == ("x", (3, 2))
    assert sum(v.saved_bytes for v in graph.vertices) == x.numpy().nbytes
    assert [v.scope for v in graph.of_kind("operation") if v.operation == "matmul"] == ["layer", "layer"]


def test_names_from_a_module():
    class Linear:
        weight, bias = (tg.tensor(numpy.ones(shape, "f4"), requires_grad=True) for shape in ((2, 2), (2,)))

        def named_parameters(self):
            return iter([("fc.weight", self.weight), ("fc.bias", self.bias)])

        def named_buffers(self):
            return iter([("fc.scale", scale)])

    scale, x, model = tg.tensor([2.0, 3.0]), tg.tensor(numpy.ones((3, 2), "f4")), Linear()
    y = (x @ model.weight + model.bias) * scale
    assert {v.name for v in trace(y, names=model).vertices} == {"fc.weight", "fc.bias", "fc.scale", ""}
    graph = trace(y, names={"": model, "x": x})
    assert {(v.name, v.kind) for v in graph.vertices if v.name} == {
        ("fc.weight", "parameter"),
        ("fc.bias", "parameter"),
        ("fc.scale", "input"),
        ("x", "input"),
    }
    assert {v.scope for v in graph.of_kind("operation") if v.operation in ("matmul", "add")} == {"fc"}
    assert "net.fc.bias" in {v.name for v in trace(y, names={"net": model}).vertices}


def test_a_slice_of_the_data_counts_as_itself():
    data = numpy.ones((1000, 2), "f4")
    x, w = tg.from_numpy(data[:3]), tg.tensor(numpy.ones((2, 2), "f4"), requires_grad=True)
    assert sum(v.saved_bytes for v in trace(x @ w, names={"x": x}).vertices) == 3 * 2 * 4


def test_numbers_among_the_inputs():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    tree = to_text(trace(x * 3.0 + 1.0))
    assert "└─ 3  scalar  constant" in tree
    assert "└─ constant\n" in tree  # nothing of the 1.0 was kept: the rule of add needs no value


def test_shared_vertices_are_printed_once():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    for _ in range(30):
        y = y + y
    tree = to_text(trace(y, names={"x": x}))
    assert tree.count("exp") == 2  # where it is printed, and where it is referred to
    assert tree.count("(2,)") == 33
    assert max(map(len, tree.splitlines())) < 120


def test_tensors_without_a_graph():
    for x, kind in ((tg.tensor([1.0, 2.0]), "input"), (tg.tensor([1.0, 2.0], requires_grad=True), "parameter")):
        (vertex,) = trace(x, names={"x": x}, values=True).vertices
        assert (vertex.kind, vertex.name, vertex.shape, vertex.value) == (kind, "x", (2,), (1.0, 2.0))
        ElementTree.fromstring(to_svg(trace(x)))


def test_tracing_changes_nothing():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = (x.exp() * x).sum()
    graph = trace(y, names={"x": x}, values=True)
    y.backward()
    assert x.grad.numpy() == pytest.approx(numpy.exp([1.0, 2.0]) * [2.0, 3.0])
    assert {v.saved_bytes for v in trace(y).vertices} == {0}  # backward freed it; the graph's form is still there
    assert [v.operation for v in trace(y).vertices] == [v.operation for v in graph.vertices]


def test_second_order_graph():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    (g,) = tg.autograd.grad((x * x * x).sum(), [x], create_graph=True)
    graph = trace(g.sum(), names={"x": x})
    assert sum(v.kind == "parameter" for v in graph.vertices) == 1
    check_layout(graph, lay_out(graph))


def test_several_outputs_share_one_graph():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    graph = trace(y.sum(), y.mean())
    assert sum(v.operation == "exp" for v in graph.vertices) == 1
    assert sum(v.kind == "output" for v in graph.vertices) == 2


def test_what_cannot_be_traced_is_said():
    x = tg.tensor([1.0])
    with pytest.raises(ValueError, match="at least one Tensor"):
        trace()
    with pytest.raises(TypeError, match="got float as an output"):
        trace(1.0)
    with pytest.raises(TypeError, match="got int as names\\['w'\\]"):
        trace(x, names={"w": 3})
    with pytest.raises(TypeError, match="names is list"):
        trace(x, names=["x"])


# big graphs


def test_a_chain_of_100_000_operations():
    x = tg.tensor(1.0, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y.tanh().exp()
    graph = trace(y, names={"x": x})
    assert sum(1 for _ in graph.of_kind("operation")) == 100_000
    assert "… 49,998 × (tanh → exp) …" in texts(to_svg(graph))
    assert "folded: 100,002 vertices drawn as 7" in to_text(graph)
    y.backward()
    assert x.grad is not None


@pytest.mark.parametrize("make", [lambda: residual(80), lambda: recurrent(200)])
def test_big_graphs_fold_and_say_so(make):
    graph = make()
    folded = fold(graph)
    assert len(folded.vertices) <= 300 < len(graph.vertices)
    assert all(edge.source < edge.target for edge in folded.edges), "each vertex after what it depends on"
    assert sum(max(v.folded, 1) for v in folded.vertices) == len(graph.vertices)
    check_layout(folded, lay_out(folded))
    assert f"folded: {len(graph.vertices):,} vertices drawn as {len(folded.vertices):,}" in texts(to_svg(graph))


@settings(max_examples=60, deadline=None)
@given(random_graphs(), st.integers(1, 12))
def test_folding_keeps_what_depends_on_what(graph, limit):
    folded = fold(graph, limit)
    assert all(edge.source < edge.target for edge in folded.edges)
    assert sum(max(v.folded, 1) for v in folded.vertices) == len(graph.vertices)
    ElementTree.fromstring(to_svg(graph, limit))


def test_an_unfolded_graph_of_two_thousand_vertices_is_laid_out():
    graph = recurrent(250)
    assert len(graph.vertices) > 1700
    ElementTree.fromstring(to_svg(graph, limit=10_000))


# drawings and files


def test_draw_shows_and_saves(tmp_path):
    loss, names = small_loss()
    drawing = draw(loss, names=names, path=tmp_path / "graph.svg")
    assert (tmp_path / "graph.svg").read_text(encoding="utf-8") == drawing._repr_svg_()
    assert drawing.save(tmp_path / "graph.txt").read_text(encoding="utf-8") == repr(drawing)
    assert sorted(os.listdir(tmp_path)) == ["graph.svg", "graph.txt"]
    with pytest.raises(ValueError, match=r"end in one of \.svg, \.txt"):
        drawing.save(tmp_path / "graph.docx")
    with pytest.raises(OSError, match="missing"):
        drawing.save(tmp_path / "missing" / "graph.svg")


# curves


def test_loss_curve(tmp_path):
    history = [
        {"epoch": k, "loss": 2.0 / k, "val_loss": 2.2 / k, "accuracy": 1 - 0.5 / k, "val_accuracy": 1 - 0.6 / k}
        for k in range(1, 21)
    ]
    picture = loss_curve_svg(history, tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text(encoding="utf-8") == picture
    root = ElementTree.fromstring(picture)
    assert len(root.findall(f".//{SVG}polyline")) == 4
    for words in ("Loss", "Accuracy", "training", "validation", "epoch", "training 2 to 0.1"):
        assert words in texts(picture)


@pytest.mark.parametrize(
    ("history", "lines"),
    [
        ([{"loss": 1.0}], 1),
        ([{"loss": 0.0, "val_accuracy": 1.0}], 2),
        ([{"loss": 1e-30}, {"loss": 1e30}], 1),
        ([{"loss": 3.0}, {"loss": math.nan}, {"loss": 2.0}], 2),
        ([{"loss": 3.0}, {"loss": math.inf}], 1),
        ([{"loss": -5.0}, {"loss": -7.0}], 1),
        ([{"epoch": 10, "loss": 5.0}, {"epoch": 11, "loss": 5.0}], 1),
    ],
)
def test_loss_curve_of_odd_histories(history, lines):
    root = ElementTree.fromstring(loss_curve_svg(history))
    found = root.findall(f".//{SVG}polyline")
    assert len(found) == lines
    for line in found:
        for x, y in (map(float, point.split(",")) for point in line.get("points").split()):
            assert 0 <= x <= 360
            assert 0 <= y <= 240


@pytest.mark.parametrize("history", [[], [{}], [{"epoch": 1}], [{"loss": math.nan}]])
def test_loss_curve_of_nothing(history):
    with pytest.raises(ValueError, match="nothing to draw"):
        loss_curve_svg(history)
