"""The horizontal places: straight lines are chosen first, and then moved as whole blocks."""

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from .layers import Item

__all__ = ["align"]

GAP = 26.0  # between neighbours in a layer
TRUNK_GAP = 12.0  # between a trunk and its neighbours
SWEEPS = 16


def align(items: Sequence[Item], layers: Sequence[Sequence[int]]) -> list[float]:
    """The x of each item's centre: straight lines first, heaviest first, then each block near its neighbours."""
    spots = [0] * len(items)
    for layer in layers:
        for spot, i in enumerate(layer):
            spots[i] = spot
    block = straighten(items, spots)
    room: dict[tuple[int, int], float] = {}  # how far apart the centres of two neighbouring blocks must be
    for layer in layers:
        for a, b in pairwise(layer):
            gap = GAP if items[a].vertex >= 0 and items[b].vertex >= 0 else TRUNK_GAP
            pair = block[a], block[b]
            room[pair] = max(room.get(pair, 0.0), items[a].right + gap + items[b].left)
    heads = sorted({block[i] for layer in layers for i in layer})
    before: dict[int, list[tuple[int, float]]] = {head: [] for head in heads}
    after: dict[int, list[tuple[int, float]]] = {head: [] for head in heads}
    for (a, b), apart in room.items():
        after[a].append((b, apart))
        before[b].append((a, apart))
    pulls: dict[int, list[int]] = {head: [] for head in heads}
    for layer in layers:
        for i in layer:
            for j in items[i].down:
                if block[i] != block[j]:
                    pulls[block[i]].append(block[j])
                    pulls[block[j]].append(block[i])
    xs = settle(from_left(heads, before, after), before, after, pulls)
    return [xs.get(block[i], 0.0) for i in range(len(items))]


def straighten(items: Sequence[Item], spots: Sequence[int]) -> list[int]:
    """Choose the segments that will be vertical, none crossing another; gives each item the head of its block."""
    main_up, main_down = main_paths(items)
    segments = []
    for i, item in enumerate(items):
        for j in item.down:
            trunk = (item.vertex < 0) + (items[j].vertex < 0)
            main = (main_down[i] == j) + (main_up[j] == i) if main_down[i] >= 0 <= main_up[j] else 0
            weight = 3 * main if not trunk else 2 * trunk + main // 2
            if not weight:
                continue
            segments.append((-weight, item.rank, spots[i], spots[j], i, j))
    chosen: dict[int, list[tuple[int, int]]] = defaultdict(list)
    above: dict[int, int] = {}
    for _, layer, upper, lower, i, j in sorted(segments):
        kept = chosen[layer]
        at = bisect(kept, (upper, lower))
        free = at == 0 or (kept[at - 1][0] < upper and kept[at - 1][1] < lower)
        if free and (at == len(kept) or (kept[at][0] > upper and kept[at][1] > lower)):
            kept.insert(at, (upper, lower))
            above[j] = i
    block = list(range(len(items)))
    for i in sorted(above, key=lambda i: items[i].rank):
        block[i] = block[above[i]]
    return block


def main_paths(items: Sequence[Item]) -> tuple[list[int], list[int]]:
    """For each item the neighbour above and below that continues the longest way up and down; -1 for none."""
    main_up, main_down = [-1] * len(items), [-1] * len(items)
    for main, ways, down in ((main_up, "up", False), (main_down, "down", True)):
        length = [0] * len(items)
        for i in sorted(range(len(items)), key=lambda i: items[i].rank, reverse=down):
            ends = getattr(items[i], ways)
            if ends:
                longest = max(length[j] for j in ends)
                length[i] = longest + (items[i].vertex >= 0)
                best = [j for j in ends if length[j] == longest]
                main[i] = best[0] if len(best) == 1 else -1
    return main_up, main_down


def from_left(
    heads: Sequence[int], before: dict[int, list[tuple[int, float]]], after: dict[int, list[tuple[int, float]]]
) -> dict[int, float]:
    """Every block as far left as its neighbours let it, in an order in which neighbours to the left come first."""
    waiting = {head: len(before[head]) for head in heads}
    ready = [head for head in heads if not waiting[head]]
    xs: dict[int, float] = {}
    for head in ready:
        xs[head] = max((xs[a] + apart for a, apart in before[head]), default=0.0)
        for b, _ in after[head]:
            waiting[b] -= 1
            if not waiting[b]:
                ready.append(b)
    return xs


def settle(
    xs: dict[int, float],
    before: dict[int, list[tuple[int, float]]],
    after: dict[int, list[tuple[int, float]]],
    pulls: dict[int, list[int]],
) -> dict[int, float]:
    """Move each block towards the median of what it is joined to, as far as its neighbours leave room."""
    for sweep in range(SWEEPS):
        were = dict(xs)
        for head in list(xs) if sweep % 2 else list(reversed(xs)):
            low = max([xs[a] + apart for a, apart in before[head]], default=float("-inf"))
            high = min([xs[b] - apart for b, apart in after[head]], default=float("inf"))
            wish = median([xs[other] for other in pulls[head]]) if pulls[head] else xs[head]
            xs[head] = max(low, min(high, wish))
        if were == xs:
            break
    return xs
