"""What a layered layout is made of, and the order of what stands in each layer: few lines are to cross."""

from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import NamedTuple

__all__ = ["Box", "Item", "Link", "Name", "order"]

Name = int | str

SWEEPS = 6


class Box(NamedTuple):
    """A place: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float

    def moved(self, x: float, y: float) -> "Box":
        """The box so far to the right and down."""
        return Box(self.x + x, self.y + y, self.width, self.height)


@dataclass(slots=True, eq=False, repr=False)
class Item:
    """What takes room in a layer: a box, or (without a width) a port, or (without a name) a trunk passing through."""

    name: Name = ""
    boxes: dict[Name, Box] = field(default_factory=dict)  # its own and those of leaves beside it, from its centre
    ports: dict[int, float] = field(default_factory=dict)  # where a frame has the line of each value, from its centre
    width: float = field(init=False)  # of its own box
    left: float = field(init=False)  # from its centre to its left edge, leaves included
    right: float = field(init=False)
    height: float = field(init=False)
    up: list["Link"] = field(default_factory=list)
    down: list["Link"] = field(default_factory=list)
    rank: int = 0
    x: float = 0.0  # of its centre; in `order` a place from 0 to 1, so that layers of different lengths compare
    band: tuple[float, float] = (0.0, 0.0)  # the top and the bottom of its layer

    def __post_init__(self) -> None:
        boxes = self.boxes.values()
        self.width = self.boxes[self.name].width if boxes else 0.0
        self.left = max([-box.x for box in boxes], default=0.0)
        self.right = max([box.x + box.width for box in boxes], default=0.0)
        self.height = max([-2 * box.y for box in boxes], default=0.0)

    def port(self, value: int) -> float:
        """Where the line of a value meets it best, from its centre."""
        return self.ports.get(value, 0.0)


@dataclass(slots=True, eq=False, repr=False)
class Link:
    """The line of a value from one item down to another, and where it leaves and arrives; both items know of it."""

    upper: Item
    lower: Item
    value: int
    length: int  # of the longest way that it is part of
    start: float = 0.0
    end: float = 0.0

    def __post_init__(self) -> None:
        self.upper.down.append(self)
        self.lower.up.append(self)


def order(items: Sequence[Item], carefully: bool) -> list[list[Item]]:
    """The items of each layer from left to right: the best of some sweeps; carefully from two starts, and swapping."""
    tried: list[tuple[int, list[list[Item]]]] = []
    for last_first in (False, True) if carefully else (False,):
        layers: list[list[Item]] = [[] for _ in range(2 + max((item.rank for item in items if item.width), default=0))]
        for item in depth_first(items, last_first):
            layers[item.rank].append(item)
        for turn in range(SWEEPS if carefully else SWEEPS // 2):
            for layer in layers[:: 1 if turn % 2 else -1]:
                if turn:
                    sweep(layer, downward=turn % 2 == 1)
                spread(layer)
            if carefully:
                swap_neighbours(layers)
            tried.append((crossings(layers), [list(layer) for layer in layers]))
            if not tried[-1][0]:
                break
    return min(tried, key=itemgetter(0))[1]


def depth_first(items: Sequence[Item], last_first: bool) -> list[Item]:
    """All items, walking up from the outputs, into the last or the first input first."""
    found: dict[Item, None] = {}
    stack = [item for item in reversed(items) if not item.down]
    while stack:
        item = stack.pop()
        if item not in found:
            found[item] = None
            stack.extend(link.upper for link in (item.up if last_first else reversed(item.up)))
    return list(found)


def sweep(layer: list[Item], downward: bool) -> None:
    """Sort a layer by the barycentres of what its items are joined to, above or below."""
    for item in layer:
        ends = [link.start for link in item.up] if downward else [link.end for link in item.down]
        item.x = sum(ends) / len(ends) if ends else item.x
    layer.sort(key=attrgetter("x"))


def spread(layer: Sequence[Item]) -> None:
    """Spread the items of a layer evenly over 0 to 1, and the ports of each over its share."""
    for k, item in enumerate(layer):
        item.x = (k + 0.5) / len(layer)
        for link in item.up:
            link.end = item.x + item.port(link.value) / len(layer) / (item.width or 1)
        for link in item.down:
            link.start = item.x + item.port(link.value) / len(layer) / (item.width or 1)


def swap_neighbours(layers: Sequence[list[Item]]) -> None:
    """Swap neighbours in a layer where that takes crossings away, down through all layers."""
    for layer in layers:
        for k in range(len(layer) - 1):
            a, b = layer[k : k + 2]
            pairs = [(i.start, j.start) for i in a.up for j in b.up]
            pairs += [(i.end, j.end) for i in a.down for j in b.down]
            if sum((i > j) - (i < j) for i, j in pairs) > 0:
                layer[k : k + 2] = b, a
        spread(layer)


def crossings(layers: Sequence[Sequence[Item]]) -> int:
    """How many pairs of lines cross."""
    count = 0
    for layer in layers:
        passed: list[float] = []
        for _, end in sorted([(link.start, link.end) for item in layer for link in item.down]):
            count += len(passed) - bisect(passed, end)
            insort(passed, end)
    return count
