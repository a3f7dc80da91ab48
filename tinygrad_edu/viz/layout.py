"""Where everything goes in a layered layout, inputs at the top and outputs at the bottom.

The steps are those of Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures"
(1981): rank the boxes, order each layer so that few lines cross, then choose coordinates. Two things are our own. All
long lines of one value share one trunk, from which they branch off. And straight lines are chosen first, and then moved
as whole blocks: a network's main path is one straight line. Lines bend only between layers, where no boxes are, so they
cross none.
"""

from collections.abc import Iterator, Sequence
from graphlib import TopologicalSorter
from typing import NamedTuple

from .layers import Box, Item, Link, Name, order
from .straight import align

__all__ = ["PORT_GAP", "Layout", "Point", "arrange"]

Point = tuple[float, float]

MARGIN = 16.0
LAYER_GAP = 28.0
LANDING = 8.0  # straight down at the end of a line, for its arrow
PORT_GAP = 14.0  # between the ends of two lines on one box
PORT_INSET = 14.0  # from the corners of the box, which are round
SWING = 0.1  # of its width, by which a wide curve is taller


class Layout(NamedTuple):
    """Boxes by name, those of ports empty; the points of each line by its value and where it leads; and the whole."""

    boxes: dict[Name, Box]
    routes: dict[tuple[int, Name], tuple[Point, ...]]
    frame: Box


def arrange(items: Sequence[Item], width: float, carefully: bool) -> Layout:
    """Place items that are linked, on this width at least; those without a width are ports at the upper and lower edge.

    `carefully` takes several times as long for fewer crossings. Time grows about linearly with the lines and the layers
    they pass.
    """
    rank(items)
    every = [*items, *split(items)]
    layers = order(every, carefully)
    align(layers)
    shift = MARGIN - min((item.x - item.left for item in every), default=0.0)
    for item in every:
        item.x += shift
    for item in every:
        for link, x in meet(item, [(link.upper.x + link.upper.port(link.value), link) for link in item.up]):
            link.end = x
        for link, x in meet(item, [(link.lower.x + link.lower.port(link.value), link) for link in item.down]):
            link.start = x
    height = stack(layers)
    width = max([width, *(item.x + item.right + MARGIN for item in every)])
    boxes = {name: box.moved(item.x, sum(item.band) / 2) for item in items for name, box in item.boxes.items()}
    routes = {(link.value, item.name): route(link, boxes) for item in items for link in item.up}
    for item in items:
        for leaf in [name for name in item.boxes if isinstance(name, int) and name != item.name]:
            routes[leaf, item.name] = sideways(boxes[leaf], boxes[item.name])
    return Layout(boxes, routes, Box(0.0, 0.0, width, height))


def rank(items: Sequence[Item]) -> None:
    """A layer for each item: below all that it depends on, and as near to its users as that shortens the lines.

    The first and the last layer are left to the ports.
    """
    downwards = list(TopologicalSorter({item: [link.upper for link in item.up] for item in items}).static_order())
    for item in downwards:
        item.rank = max([link.upper.rank + 1 for link in item.up], default=1 if item.width else 0)
    last = 1 + max((item.rank for item in items if item.width), default=0)
    for item in reversed(downwards):
        # What comes from far passes by anyway, so it does not hold its user up.
        held = sum(1 for link in item.up if link.upper.up)
        if not item.width and item.up:
            item.rank = last
        elif item.width and len(item.down) > held:
            item.rank = min(link.lower.rank for link in item.down) - 1


def split(items: Sequence[Item]) -> list[Item]:
    """Lead the lines from layer to layer, through trunks that are made for them and shared by those of one value."""
    trunks: dict[int, list[Item]] = {}
    for item in items:
        links, item.down = item.down, []
        for link in links:
            trunk = trunks.setdefault(link.value, [item])
            while len(trunk) < link.lower.rank - item.rank:
                trunk.append(Item(rank=item.rank + len(trunk)))
                Link(trunk[-2], trunk[-1], link.value, link.length)
            link.upper = trunk[link.lower.rank - item.rank - 1]
            link.upper.down.append(link)
    return [item for trunk in trunks.values() for item in trunk[1:]]


def meet(item: Item, ends: list[tuple[float, Link]]) -> Iterator[tuple[Link, float]]:
    """Where lines meet a box: at their ports, or straight across from their other ends if it can be, none too close."""
    room = max(item.width / 2 - PORT_INSET, 0.0)
    gap = min(PORT_GAP, 2 * room / max(len(ends) - 1, 1))
    x = item.x - room - gap
    for k, (wish, link) in enumerate(sorted(ends, key=lambda end: end[0])):
        x = min(max(wish, x + gap), item.x + room - gap * (len(ends) - 1 - k))
        yield link, item.x + item.port(link.value) if item.ports else x


def stack(layers: Sequence[Sequence[Item]]) -> float:
    """Set the layers below each other, the further apart the wider lines swing between them; tells where they end."""
    bottom = -LAYER_GAP
    for layer in layers:
        widest = max([abs(link.end - link.start) for item in layer for link in item.up], default=0.0)
        top = bottom + LAYER_GAP + min(SWING * widest, 2 * LAYER_GAP)
        bottom = top + max([item.height for item in layer], default=0.0)
        for item in layer:
            item.band = top, bottom
    return bottom


def sideways(leaf: Box, user: Box) -> tuple[Point, Point]:
    """The way of a line from a leaf to its user beside it."""
    start, end = (leaf.x + leaf.width, user.x) if leaf.x < user.x else (leaf.x, user.x + user.width)
    y = leaf.y + leaf.height / 2
    return (start, y), (end, min(max(y, user.y + 6), user.y + user.height - 6))


def route(last: Link, boxes: dict[Name, Box]) -> tuple[Point, ...]:
    """The way of a line, told by its last link: out of the box it comes from, along the trunk, and into a box."""
    way = [last]
    while way[-1].upper.name == "":
        way.append(way[-1].upper.up[0])
    source, target = boxes[way[-1].upper.name], boxes[last.lower.name]
    points = [(way[-1].start, source.y + source.height)]
    for link in reversed(way):
        points += [(link.start, link.upper.band[1]), (link.end, link.lower.band[0])]
    x, y = points.pop()
    return (*points, (x, y - LANDING), (x, target.y))
