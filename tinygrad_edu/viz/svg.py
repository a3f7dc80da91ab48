"""A Graph as an SVG picture, drawn by us: no other program is needed."""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from .fold import LIMIT, fold
from .labels import about, caption, data_text, heading, is_bad, names_itself, needs_labels, shape_text
from .layers import Box
from .layout import PORT_GAP
from .model import Graph, Vertex, renderers
from .nesting import TITLE, TITLE_SIZE, Frame, Nested, Route, nest
from .style import escape_xml, number, picture, text_width

__all__ = ["to_svg"]

HEADING, DETAIL, LABEL = 13.0, 11.0, 10.0  # font sizes
PADDING = 11.0
ARROW = 6.0
SAME = 0.05  # apart, where nobody sees it
REACH = 28.0  # from a box to the leaves beside it
ROUNDING = {"operation": 6.0, "constant": 2.0}  # other kinds are pills


class Label(NamedTuple):
    """The name of an input of a vertex, and where it stands."""

    target: int
    text: str
    x: float
    y: float
    anchor: str


def to_svg(graph: Graph, limit: int = LIMIT, *, depth: int | None = None, open: Collection[str] = ()) -> str:
    """The picture as SVG text, from inputs at the top to outputs at the bottom; what is too big folds, as `fold` tells.

    It follows the reader's light or dark theme, and hovering over a box tells all that is known of it.
    """
    drawn = fold(graph, limit, depth=depth, open=open)
    lines = [text_lines(vertex) for vertex in drawn.vertices]
    layout = nest(drawn, [box_size(text) for text in lines], reaches(drawn))
    words = caption(graph, drawn)
    width = max(layout.width, text_width(words, DETAIL) + 32)
    height = layout.height + 10
    left = (width - layout.width) / 2
    parts = [
        f'<g transform="translate({number(left)})">',
        *map(draw_frame, layout.frames),
        *draw_routes(drawn, layout),
        *map(draw_title, layout.frames),
        *map(draw_box, drawn.vertices, layout.boxes, lines),
        "</g>",
        f'<g class="tg-soft" font-size="{DETAIL:g}" text-anchor="middle">',
        f'<text x="{number(width / 2)}" y="{number(height - 12)}">{escape_xml(words)}</text></g>',
    ]
    return picture(width, height, "Computation graph", f"Computation graph from top to bottom: {words}", parts)


renderers["svg"] = to_svg


def text_lines(vertex: Vertex) -> list[str]:
    """What stands in a box: its heading, its shape and, if known, its numbers."""
    return [heading(vertex), *filter(None, (shape_text(vertex), data_text(vertex)))]


def box_size(lines: Sequence[str]) -> tuple[float, float]:
    widths = [text_width(lines[0], HEADING, bold=True), *(text_width(line, DETAIL) for line in lines[1:])]
    return max(max(widths) + 2 * PADDING, 56.0), 24.0 + 14.0 * (len(lines) - 1)


def reaches(graph: Graph) -> list[float]:
    """How far each leaf must stand from the box beside it, for the input's name to fit in between."""
    needed = [needs_labels(vertex, len(edges)) for vertex, edges in zip(graph.vertices, graph.inputs(), strict=True)]
    reach = []
    for vertex, edges in zip(graph.vertices, graph.uses(), strict=True):
        told = [edge.label for edge in edges if needed[edge.target] and not names_itself(vertex, edge.label)]
        reach.append(max(REACH, text_width(", ".join(told), LABEL) + ARROW + 10))
    return reach


def draw_box(vertex: Vertex, box: Box, lines: Sequence[str]) -> str:
    rounding = min(ROUNDING.get(vertex.kind, box.height / 2), 19.0)
    dashes = ' stroke-dasharray="4 3"' if vertex.kind == "constant" else ""
    bad = " tg-bad" if is_bad(vertex) else ""
    thick = 3.0 if bad else 2.2 if vertex.kind == "output" else 1.2
    centre = box.x + box.width / 2
    text = "".join(
        f'<text class="{"tg-ink tg-b" if k == 0 else "tg-soft"}" font-size="{HEADING if k == 0 else DETAIL:g}" '
        f'x="{number(centre)}" y="{number(box.y + 16.5 + 14 * k)}">{escape_xml(line)}</text>'
        for k, line in enumerate(lines)
    )
    return (
        f'<g text-anchor="middle"><title>{escape_lines(about(vertex))}</title>{stacked(vertex, box, rounding)}'
        f'<rect class="tg-{vertex.kind}{bad}" stroke-width="{thick:g}"{dashes} rx="{number(rounding)}" '
        f'x="{number(box.x)}" y="{number(box.y)}" width="{number(box.width)}" height="{number(box.height)}"/>{text}</g>'
    )


def escape_lines(lines: Iterator[str]) -> str:
    return "\n".join(map(escape_xml, lines))


def stacked(vertex: Vertex, box: Box, rounding: float) -> str:
    """The edge of a second card behind a box that stands for several vertices."""
    if not vertex.folded:
        return ""
    return (
        f'<rect class="tg-{vertex.kind}" stroke-width="1.2" rx="{number(rounding)}" x="{number(box.x + 4)}" '
        f'y="{number(box.y + 4)}" width="{number(box.width)}" height="{number(box.height)}"/>'
    )


def draw_frame(frame: Frame) -> str:
    box = frame.box
    size = f'width="{number(box.width)}" height="{number(box.height)}"'
    return f'<rect class="tg-frame" rx="8" x="{number(box.x)}" y="{number(box.y)}" {size}/>'


def draw_title(frame: Frame) -> str:
    """The name of an open module, in the upper left corner of its frame."""
    place = f'x="{number(frame.box.x + 8)}" y="{number(frame.box.y + TITLE - 4)}"'
    return f'<text class="tg-soft tg-halo" font-size="{TITLE_SIZE:g}" {place}>{escape_xml(frame.title)}</text>'


def draw_routes(graph: Graph, layout: Nested) -> Iterator[str]:
    """All edges: first the lines, then the labels, so that no line runs through a label."""
    yield '<g class="tg-line-l" stroke-width="1.3">'
    yield from (f'<path d="{path(route, ARROW)}"/>' for route in layout.routes)
    yield '</g><g class="tg-line">'
    yield from (f'<path d="{arrow(route)}"/>' for route in layout.routes)
    yield f'</g><g class="tg-soft tg-halo" font-size="{LABEL:g}">'
    for _, text, x, y, anchor in labels(graph, layout.routes):
        yield f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}">{escape_xml(text)}</text>'
    yield "</g>"


def labels(graph: Graph, routes: Sequence[Route]) -> Iterator[Label]:
    """The inputs' names at the ends of their edges, where they are needed."""
    entering: dict[int, list[Route]] = {}
    for route in routes:
        entering.setdefault(route.edge.target, []).append(route)
    for target, found in entering.items():
        several = [route for route in found if ", " in route.edge.label]  # one Tensor as several inputs
        if several or needs_labels(graph.vertices[target], len(found)):
            yield from labels_beside(graph, several or found)


def path(route: Route, arrow: float) -> str:
    """The line of a route, from where it leaves those drawn before it to the foot of its arrow of this length."""
    (x0, y0), *rest = route.points[max(route.branches - 1, 0) :]
    x, y = rest[-1]
    rest[-1] = (x - math.copysign(arrow, x - x0), y) if route.sideways else (x, y - arrow)
    steps = [f"M{number(x0)} {number(y0)}"]
    for k, (x, y) in enumerate(rest):
        upright = abs(x - x0) < SAME
        straight_on = k + 1 < len(rest) and upright and abs(rest[k + 1][0] - x) < SAME
        if upright or y == y0:
            if not straight_on:
                steps.append(f"L{number(x)} {number(y)}")
        elif route.sideways:
            middle = number((x0 + x) / 2)
            steps.append(f"C{middle} {number(y0)} {middle} {number(y)} {number(x)} {number(y)}")
        else:
            middle = number((y0 + y) / 2)
            steps.append(f"C{number(x0)} {middle} {number(x)} {middle} {number(x)} {number(y)}")
        x0, y0 = x, y
    return "".join(steps)


def arrow(route: Route) -> str:
    """The head of an arrow at the end of a route."""
    (x0, _), (x, y) = route.points[-2:]
    if not route.sideways:
        return f"M{number(x)} {number(y)}l-3.5 -7.5h7z"
    back = -7.5 if x > x0 else 7.5
    return f"M{number(x)} {number(y)}l{back} -3.5v7z"


def labels_beside(graph: Graph, routes: Sequence[Route]) -> Iterator[Label]:
    """The names at the ends of the edges into one vertex, where there is room and they say something new."""
    for route in routes:
        (x0, y0), (x, _) = route.points[-2:]
        if route.sideways and not names_itself(graph.vertices[route.edge.source], route.edge.label):
            yield Label(
                route.edge.target, route.edge.label, (x0 + x + (ARROW if x < x0 else -ARROW)) / 2, y0 - 4, "middle"
            )
    above = sorted((route for route in routes if not route.sideways), key=lambda route: route.points[-1])
    if len(above) > 3 or (len(above) == 1 and len(routes) > 1):
        return  # no room for so many; and next to inputs that are named, the one that is left needs no name
    for k, route in enumerate(above):
        x, y = route.points[-1]
        outer = k == 0 and len(above) > 1
        short = text_width(route.edge.label, LABEL) < PORT_GAP - 5
        leftwards = outer if not short or route.points[-3][0] == x else route.points[-3][0] > x
        if short or k in (0, len(above) - 1):
            yield Label(
                route.edge.target,
                route.edge.label,
                x + (-5 if leftwards else 5),
                y - 4,
                "end" if leftwards else "start",
            )
