"""Two programs timed in turn, so that a machine whose speed drifts treats both alike."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

Program = Callable[[], object]


class Result(NamedTuple):
    """Median times in seconds, and the median of the ratios of neighbouring rounds."""

    ours: float
    theirs: float
    ratio: float


def seconds(program: Program, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        program()
    return (time.perf_counter() - start) / calls


def interleaved(ours: Program, theirs: Program, rounds: int = 15, round_seconds: float = 0.05) -> Result:
    """Time both in turn, each round as many calls as fit into about `round_seconds`."""
    counts = []
    for program in (ours, theirs):
        program()
        counts.append(max(1, int(round_seconds / max(seconds(program, 3), 1e-7))))
    pairs = [(seconds(ours, counts[0]), seconds(theirs, counts[1])) for _ in range(rounds)]
    return Result(
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        statistics.median(ours / theirs for ours, theirs in pairs),
    )


def fastest(ours: Program, theirs: Program, rounds: int) -> Result:
    """The fastest call of each, called in turn: for short programs on a machine that others keep busy."""
    times = [(seconds(ours, 1), seconds(theirs, 1)) for _ in range(rounds)]
    best = [min(column) for column in zip(*times, strict=True)]
    return Result(best[0], best[1], best[0] / best[1])
