"""The order of the vertices in each layer: few edges are to cross."""

from bisect import bisect, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Item", "order"]

SWEEPS = 8
PATIENCE = 2


@dataclass(slots=True)
class Item:
    """What takes room in a layer: a vertex with the leaves beside it, or (vertex -1) a trunk on its way through."""

    vertex: int
    rank: int
    left: float = 0.0  # room from its centre to its left edge, leaves included
    right: float = 0.0
    height: float = 0.0
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)


def order(items: Sequence[Item], carefully: bool) -> list[list[int]]:
    """The items of each layer from left to right; carefully, from the better of two starts and with more tried."""
    starts = [depth_first(items, last) for last in ((False, True) if carefully else (False,))]
    return min((sweep(items, start, carefully) for start in starts), key=lambda found: found[0])[1]


def sweep(items: Sequence[Item], start: Sequence[int], carefully: bool) -> tuple[int, list[list[int]]]:
    """Barycentre sweeps down and up from this order; gives the fewest crossings seen and the layers that had them."""
    layers: list[list[int]] = [[] for _ in range(1 + max((item.rank for item in items), default=0))]
    for i in start:
        layers[items[i].rank].append(i)
    spots = [0.0] * len(items)
    for layer in layers:
        renumber(layer, spots)
    best, fewest = [list(layer) for layer in layers], crossings(items, layers, spots)
    vain = 0  # sweeps since the last that took crossings away
    for turn in range(SWEEPS):
        if not fewest or (vain == PATIENCE and not carefully):
            break
        downward = turn % 2 == 0
        for layer in layers if downward else reversed(layers):
            if len(layer) > 1:
                centres = {}
                for i in layer:
                    ends = items[i].up if downward else items[i].down
                    centres[i] = sum([spots[j] for j in ends]) / len(ends) if ends else spots[i]
                layer.sort(key=centres.__getitem__)
                renumber(layer, spots)
        if carefully:
            swap_neighbours(items, layers, spots)
        count, vain = crossings(items, layers, spots), vain + 1
        if count < fewest:
            vain = 0
            best, fewest = [list(layer) for layer in layers], count
    return fewest, best


def swap_neighbours(items: Sequence[Item], layers: Sequence[list[int]], spots: list[float]) -> None:
    """Swap neighbours in a layer where that takes crossings away, down through all layers."""
    for layer in layers:
        for k in range(len(layer) - 1):
            a, b = layer[k], layer[k + 1]
            gain = 0
            for one, other in ((items[a].up, items[b].up), (items[a].down, items[b].down)):
                gain += sum((spots[i] > spots[j]) - (spots[i] < spots[j]) for i in one for j in other)
            if gain > 0:
                layer[k], layer[k + 1] = b, a
        renumber(layer, spots)


def renumber(layer: Sequence[int], spots: list[float]) -> None:
    """Spread the items of a layer evenly over 0 to 1, so that layers of different lengths compare."""
    for spot, i in enumerate(layer):
        spots[i] = (spot + 0.5) / len(layer)


def depth_first(items: Sequence[Item], last_first: bool) -> list[int]:
    """All items, walking up from the outputs, into the last or the first input first."""
    seen: set[int] = set()
    found: list[int] = []
    for start in range(len(items)):
        stack = [start] if not items[start].down and items[start].rank >= 0 else []
        while stack:
            i = stack.pop()
            if i not in seen:
                seen.add(i)
                found.append(i)
                stack.extend(items[i].up if last_first else reversed(items[i].up))
    return found


def crossings(items: Sequence[Item], layers: Sequence[Sequence[int]], spots: Sequence[float]) -> int:
    """How many pairs of edges cross."""
    count = 0
    for layer in layers:
        passed: list[float] = []
        for i in layer:
            ends = [spots[j] for j in items[i].down]
            count += sum([len(passed) - bisect(passed, end) for end in ends])
            for end in ends:
                insort(passed, end)
    return count
