"""Programs timed in turn, so that a machine whose speed drifts treats all alike."""

import statistics
import time
from collections.abc import Sequence

from .work import Program, Seconds

__all__ = ["fastest", "in_turn", "ratio"]

ROUND = 0.05  # seconds that the calls of a round are to take


def seconds(program: Program, calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        told = program()
    return float(told) if isinstance(told, Seconds) else (time.perf_counter() - start) / calls


def in_turn(programs: Sequence[Program], rounds: int) -> list[list[float]]:
    """Each program's times, round by round; a round is as many calls as fit into it."""
    counts = [max(1, int(ROUND / max(seconds(program, 3 if rounds > 3 else 1), 1e-7))) for program in programs]
    times = [[seconds(*pair) for pair in zip(programs, counts, strict=True)] for _ in range(rounds)]
    return [list(column) for column in zip(*times, strict=True)]


def fastest(ours: Program, theirs: Program, rounds: int) -> tuple[float, float]:
    """The fastest call of each, called in turn: for short programs on a machine that others keep busy."""
    times = [(seconds(ours, 1), seconds(theirs, 1)) for _ in range(rounds)]
    return min(a for a, _ in times), min(b for _, b in times)


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
