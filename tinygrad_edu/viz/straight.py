"""The horizontal places: straight lines are chosen first, and then moved as whole blocks."""

from collections.abc import Sequence
from graphlib import TopologicalSorter
from itertools import chain, pairwise
from statistics import median

from .layers import Item

__all__ = ["align"]

GAP = 26.0  # between neighbours in a layer
TRUNK_GAP = 12.0  # between a trunk and its neighbours
SWEEPS = 4


def align(layers: Sequence[Sequence[Item]]) -> None:
    """Choose the x of each item: straight lines first, then each block near what it is joined to."""
    block = straighten(layers)
    before: dict[Item, dict[Item, float]] = {head: {} for head, _ in block.values()}
    after: dict[Item, dict[Item, float]] = {head: {} for head in before}
    pulls: dict[Item, list[tuple[Item, float]]] = {head: [] for head in before}
    for layer in layers:
        for a, b in pairwise(layer):
            (left, shift), (right, other) = block[a], block[b]
            apart = a.right + (GAP if a.width and b.width else TRUNK_GAP) + b.left + shift - other
            after[left][right] = before[right][left] = max(apart, after[left].get(right, apart))
        for link in chain.from_iterable(item.down for item in layer):
            (head, shift), (foot, other) = block[link.upper], block[link.lower]
            if head is not foot:
                aside = shift + link.upper.port(link.value) - other - link.lower.port(link.value)
                pulls[head].append((foot, -aside))
                pulls[foot].append((head, aside))
    rightwards = list(TopologicalSorter(before).static_order())
    for head in rightwards:
        head.x = max([other.x + apart for other, apart in before[head].items()], default=0.0)
    for turn in range(SWEEPS):
        for head in rightwards if turn % 2 else reversed(rightwards):
            low = max([other.x + apart for other, apart in before[head].items()], default=float("-inf"))
            high = min([other.x - apart for other, apart in after[head].items()], default=float("inf"))
            wish = median([other.x + aside for other, aside in pulls[head]]) if pulls[head] else head.x
            head.x = max(low, min(high, wish))
    for item, (head, shift) in block.items():
        item.x = head.x + shift


def straighten(layers: Sequence[Sequence[Item]]) -> dict[Item, tuple[Item, float]]:
    """Choose the lines that will be vertical, none crossing another: the head of each item's block, and how far right.

    First come those on which alone the longest way goes on, and then those of trunks.
    """
    block = {item: (item, 0.0) for item in chain.from_iterable(layers)}
    spots = {item: k for layer in layers for k, item in enumerate(layer)}
    for layer in layers:
        weights = {}
        for link in chain.from_iterable(item.down for item in layer):
            others = (other for other in (*link.upper.down, *link.lower.up) if other is not link)
            trunks = (link.upper.name == "") + (link.lower.name == "")
            weights[link] = trunks or 3 * all(other.length < link.length for other in others)
        kept: list[tuple[int, int]] = []
        for link in sorted(filter(weights.get, weights), key=weights.__getitem__, reverse=True):
            upper, lower = spots[link.upper], spots[link.lower]
            if all((upper - other) * (lower - end) > 0 for other, end in kept):
                kept.append((upper, lower))
                head, shift = block[link.upper]
                block[link.lower] = head, shift + link.upper.port(link.value) - link.lower.port(link.value)
    return block
