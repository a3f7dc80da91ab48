"""Modules in pictures: which operation belongs to which call, what folds, and frames that hold what is theirs."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_viz import curve_points, overlap, random_graphs

import tinygrad_edu as tg
from tinygrad_edu import nn, viz
from tinygrad_edu.models import GPT, resnet20
from tinygrad_edu.viz import Edge, Graph, Vertex, to_svg, to_text, trace
from tinygrad_edu.viz.fold import fold
from tinygrad_edu.viz.layers import Box
from tinygrad_edu.viz.nesting import TITLE, Nested, nest
from tinygrad_edu.viz.scopes import common, number_calls, parents
from tinygrad_edu.viz.style import text_width
from tinygrad_edu.viz.svg import reaches


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell, self.head = nn.LSTMCell(2, 4), nn.Linear(4, 1)

    def forward(self, x):
        h = c = tg.zeros(1, 4)
        for step in x:
            h, c = self.cell(step[None], (h, c))
        return self.head(h)


class ByHand(nn.Module):
    def __init__(self):
        super().__init__()
        self.W, self.U = nn.Parameter(tg.rand(2, 4)), nn.Parameter(tg.rand(4, 4))

    def forward(self, x):
        h = tg.zeros(1, 4)
        for step in x:
            h = (step[None] @ self.W + h @ self.U).tanh()
        return h


class Residual(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.norm, self.inner = nn.LayerNorm(size), nn.Sequential(nn.Linear(size, size), nn.ReLU())

    def forward(self, x):
        return x + self.inner(self.norm(x))


def traced(model, *inputs, noted=True):
    with viz.Scopes(model) as scopes:
        y = model(*inputs)
    return trace(y.sum(), names=model, scopes=scopes if noted else None)


def scopes_of(graph):
    return [(v.scope, v.operation) for v in graph.of_kind("operation")]


# scopes


def test_operations_know_their_modules():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), Residual(2))
    graph = traced(model, tg.rand(1, 2))
    assert scopes_of(graph) == [
        ("0", "linear"), ("1", "relu"), ("2.norm", "standardize"), ("2.inner.0", "linear"), ("2.inner.1", "relu"),
        ("2", "add"), ("", "sum"),
    ]  # fmt: skip
    assert graph.kinds["2.inner"] == "Sequential"
    assert {v.name: v.scope for v in graph.of_kind("parameter")}["2.inner.0.bias"] == "2.inner.0"


def test_without_notes_the_parameters_tell_the_modules():
    graph = traced(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), Residual(2)), tg.rand(1, 2), noted=False)
    assert scopes_of(graph) == [
        ("0", "linear"), ("", "relu"), ("2.norm", "standardize"), ("2.inner.0", "linear"), ("", "relu"), ("", "add"),
        ("", "sum"),
    ]  # fmt: skip
    residual = traced(nn.Sequential(Residual(2), nn.Linear(2, 2)), tg.rand(1, 2), noted=False)
    between = [scope for scope, operation in scopes_of(residual) if operation in ("relu", "add")]
    assert between == ["", ""], "what has no parameters, between different modules, is in what both are in"


def test_calls_of_one_module_are_counted():
    linear = nn.Linear(2, 2)
    model = nn.Sequential(linear, linear, nn.Tanh())
    assert [scope for scope, _ in scopes_of(traced(model, tg.rand(1, 2)))] == ["0:0", "0:1", "2", ""]


def test_notes_leave_the_model_as_it_was_also_after_an_error():
    model = nn.Linear(2, 2)
    outer = nn.Sequential(model)
    with pytest.raises(ValueError, match="Linear"), viz.Scopes(outer):
        outer(tg.rand(1, 3))
    assert not model._forward_hooks
    assert not model._forward_pre_hooks
    assert outer(tg.rand(1, 2)).shape == (1, 2)


@pytest.mark.parametrize(
    ("scopes", "around"),
    [(["a.b", "a.c"], "a"), (["a.b"], "a.b"), (["a", "ab"], ""), (["a.b.c", "a.b", "a.b.d"], "a.b")],
)
def test_what_scopes_have_in_common(scopes, around):
    assert common(scopes) == around


# folding


def test_small_graphs_stay_whole():
    graph = traced(Residual(2), tg.rand(1, 2))
    assert fold(graph) is graph


@pytest.mark.parametrize("model", [Recurrent, ByHand])
def test_steps_fold_to_the_first_the_rest_and_the_last(model):
    graph = traced(model(), tg.rand(100, 2))
    folded = fold(graph)
    assert len(folded.vertices) <= 60
    (rest,) = [v for v in folded.vertices if "… 98 × (" in v.operation]
    assert sum(max(v.folded, 1) for v in folded.vertices) == len(graph.vertices)
    weights = {v.id for v in folded.of_kind("parameter") if v.name.split(".")[0] in ("cell", "W", "U")}
    assert weights <= {e.source for e in folded.edges if e.target == rest.id}, "its inputs are seen"


@pytest.mark.parametrize(
    ("make", "data"),
    [(resnet20, lambda: tg.rand(1, 3, 32, 32)), (lambda: GPT(65, 16, 4, 4, 32), lambda: tg.randint(0, 65, (2, 16)))],
)
def test_real_networks_are_seen_at_a_glance(make, data):
    graph = traced(make(), data())
    assert len(fold(graph).vertices) <= 40 < 100 < len(graph.vertices)


def test_modules_open_as_deep_as_there_is_room():
    model = nn.Sequential(*(nn.Sequential(*(Residual(2) for _ in range(3))) for _ in range(5)))
    graph = traced(model, tg.rand(1, 2))
    names = {v.name for v in fold(graph).of_kind("operation")}
    assert names == {"", *(f"{group}.{k}" for group in range(5) for k in range(3))}
    closed = fold(graph, depth=0)
    assert [v.name for v in closed.of_kind("operation")] == ["0", "1", "2", "3", "4", ""]
    assert [v.operation for v in closed.of_kind("operation")] == ["Sequential"] * 5 + ["sum"]
    one_open = fold(graph, depth=0, open=["1.2"])
    assert [v.name for v in one_open.of_kind("operation")] == [
        "0",
        "1.0",
        "1.1",
        "norm",
        "inner",
        "",
        "2",
        "3",
        "4",
        "",
    ]


# layout


@st.composite
def scoped_graphs(draw: st.DrawFn) -> Graph:
    graph = draw(random_graphs())
    name = st.sampled_from(["a", "b", "layers"])
    operations = [v.id for v in graph.of_kind("operation")]
    ways, way = [], ()
    for _ in operations:
        if draw(st.booleans()):
            way = tuple((part, 0) for part in draw(st.lists(name, max_size=3)))
        ways.append(way)
    scopes = dict(zip(operations, number_calls(ways), strict=True))
    for v in graph.vertices:
        users = [scopes[e.target] for e in graph.edges if e.source == v.id and e.target in scopes]
        if v.kind != "operation" and users:
            scopes[v.id] = common(users)
    return Graph(tuple(replace(v, scope=scopes.get(v.id, "")) for v in graph.vertices), graph.edges)


def lay_out(graph: Graph) -> Nested:
    sizes = [(40.0 + 7 * len(v.name or v.operation), 38.0 + 14 * (v.id % 3 == 0)) for v in graph.vertices]
    return nest(graph, sizes, [30.0] * len(sizes))


def within(inner: Box, outer: Box) -> bool:
    return (
        outer.x <= inner.x
        and outer.y <= inner.y
        and inner.x + inner.width <= outer.x + outer.width
        and inner.y + inner.height <= outer.y + outer.height
    )


@settings(max_examples=60, deadline=None)
@given(scoped_graphs())
def test_everything_is_inside_its_frame_and_nothing_overlaps(graph):
    layout = lay_out(graph)
    frames = {frame.scope: frame.box for frame in layout.frames}
    page = Box(0, 0, layout.width, layout.height)
    for vertex, box in zip(graph.vertices, layout.boxes, strict=True):
        around = list(parents(vertex.scope))
        for scope, frame in frames.items():
            if scope in around:
                assert within(box, frame)
                assert box.y >= frame.y + TITLE
            else:
                assert not overlap(box, frame)
        assert within(box, page)
        assert not any(overlap(box, other) for other in layout.boxes[vertex.id + 1 :])
    for scope, frame in frames.items():
        for other, box in frames.items():
            if scope != other:
                assert within(box, frame) or within(frame, box) or not overlap(box, frame)
    assert layout == lay_out(graph)


@settings(max_examples=40, deadline=None)
@given(scoped_graphs())
def test_lines_lead_from_box_to_box_and_cross_none(graph):
    layout = lay_out(graph)
    ends = [(route.edge.source, route.edge.target) for route in layout.routes]
    assert sorted(ends) == sorted({(edge.source, edge.target) for edge in graph.edges})
    for route in layout.routes:
        source, target = (layout.boxes[v] for v in (route.edge.source, route.edge.target))
        (x0, y0), (x1, y1) = route.points[0], route.points[-1]
        assert source.x - 1e-6 <= x0 <= source.x + source.width + 1e-6
        assert target.x - 1e-6 <= x1 <= target.x + target.width + 1e-6
        assert route.sideways or abs(y0 - source.y - source.height) < 1e-6, "a line begins at its box"
        assert route.sideways or abs(y1 - target.y) < 1e-6, "and ends at its box, through all the frames between"
        for (x, y), (following, below) in pairwise(route.points):
            assert route.sideways or below > y - 1e-6, "edges point down"
            assert route.sideways or below > y + 1e-6 or abs(following - x) < 1e-6, "a line goes on where it ended"
        for x, y in curve_points(route):
            for v, box in enumerate(layout.boxes):
                inside = box.x < x < box.x + box.width and box.y < y < box.y + box.height
                assert not inside or v in (route.edge.source, route.edge.target)


def test_the_main_path_is_straight_through_all_frames():
    graph = traced(nn.Sequential(Residual(2), nn.Sequential(Residual(2), nn.Tanh()), Residual(2)), tg.rand(1, 2))
    layout = lay_out(graph)
    assert len(layout.frames) == 7
    boxes = [layout.boxes[v.id] for v in graph.of_kind("operation")]
    assert len({round(box.x + box.width / 2, 3) for box in boxes}) == 1


def test_a_leaf_beside_its_user_leaves_room_for_all_its_names():
    vertices = (Vertex(0, "constant"), Vertex(1, "operation", "first"), Vertex(2, "operation", "lstm"))
    graph = Graph(vertices, (Edge(1, 2, "x"), Edge(0, 2, "h0"), Edge(0, 2, "c0")))
    layout = nest(graph, [(60.0, 38.0)] * 3, reaches(graph))
    leaf, _, user = layout.boxes
    assert max(user.x - leaf.x, leaf.x - user.x) - 60 > text_width("h0, c0", 10)


def test_scopes_with_a_gap_and_leaves_used_outside_make_no_lines_that_come_back():
    scopes = ["a", "a", "a", "", "a", "a.b", "a.b"]
    kinds = ["parameter", *["operation"] * 6]
    vertices = tuple(Vertex(v, kind, scope=scope) for v, (kind, scope) in enumerate(zip(kinds, scopes, strict=True)))
    graph = Graph(vertices, (Edge(0, 1), Edge(0, 3), *(Edge(v, v + 1) for v in range(1, 6))))
    layout = lay_out(graph)
    assert [frame.scope for frame in layout.frames] == ["a.b"]
    assert all(route.sideways or route.points[0][1] < route.points[-1][1] for route in layout.routes)


def test_frames_are_named_in_the_picture():
    model = nn.Sequential(Residual(2), Residual(2))
    picture = to_svg(traced(model, tg.rand(1, 2)))
    words = list(ElementTree.fromstring(picture).itertext())
    assert "0: Residual" in words
    assert "inner: Sequential" in words
    assert "0" not in to_text(fold(traced(model, tg.rand(1, 2)), depth=0)).split("sum")[0]


def test_drawing_changes_nothing():
    model = Recurrent()
    loss = model(tg.rand(6, 2)).sum()
    versions = [p._version for p in model.parameters()]
    to_svg(trace(loss, names=model, values=True))
    assert [p._version for p in model.parameters()] == versions
    assert all(p.grad is None for p in model.parameters())
    after = tg.autograd.grad(loss, [model.head.weight])[0]
    assert after.shape == model.head.weight.shape


# what is wrong


def test_nan_is_red_and_the_first_one_named():
    x = tg.tensor([1.0, -1.0], requires_grad=True)
    y = x.log() * x
    graph = trace(y.exp().sum(), statistics=True)
    assert viz.first_bad(graph).operation == "log"
    picture = to_svg(graph)
    assert picture.count("tg-bad") >= 2
    assert "NaN or infinite first at log (test_nesting.py:" in picture
    good = trace(x.exp().sum(), statistics=True)
    assert viz.first_bad(good) is None
    assert "tg-bad" not in to_svg(good)


def test_statistics_are_those_of_values_and_gradients():
    x = tg.tensor([0.0, 1.0, 3.0], requires_grad=True)
    x.square().sum().backward()
    (leaf,) = trace((x * x).sum(), names={"x": x}, statistics=True).of_kind("parameter")
    assert (leaf.value_statistics.least, leaf.value_statistics.most) == (0, 3)
    assert leaf.value_statistics.zeros == pytest.approx(1 / 3)
    assert (leaf.grad_statistics.most, leaf.grad_statistics.bad) == (6, 0)


def test_backward_is_a_graph_too():
    x = tg.tensor([0.5, 1.0], requires_grad=True)
    loss = x.tanh().sum()
    (grad,) = tg.autograd.grad(loss, x, create_graph=True)
    forward, backward, both = trace(loss), trace(grad), trace(loss, grad)
    assert [v.operation for v in forward.of_kind("operation")] == ["tanh", "sum"]
    assert "sub" in [v.operation for v in backward.of_kind("operation")]
    assert len(list(both.of_kind("output"))) == 2
    assert len(both.vertices) < len(forward.vertices) + len(backward.vertices), "what they share is there once"


def test_a_graph_shows_itself_in_a_notebook():
    graph = trace(tg.ones(2, requires_grad=True).sum())
    assert graph._repr_svg_() == to_svg(graph)
