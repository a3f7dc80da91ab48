"""Connectionist temporal classification in NumPy: the sum over all paths that spell a target, and their shares.

A path goes through the target's symbols with blanks before, between and after them: 2 S + 1 states. At each frame it
stays, goes to the next state, or skips the blank between two different symbols. All samples and states of a frame are
computed at once. The lattice is kept with two more columns, of probability 0, so that no step is a special case.

Source: Graves et al., "Connectionist Temporal Classification" (2006), section 4.1.
"""

from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

__all__ = ["Spelling", "log_forward", "shares", "spell"]

Array = NDArray[Any]


class Spelling(NamedTuple):
    """The targets of a batch as rows of states.

    `symbols (N, L)`: what each state emits. `barred (N, L)`: 0 where a path may come from two states before, -inf
    elsewhere. `ends (N)`: the last state. `frames (N)`: how many frames of the input count.
    """

    symbols: Array
    barred: Array
    ends: Array
    frames: Array


def spell(targets: Array, target_lengths: Array, frames: Array, blank: int) -> Spelling:
    """Put blanks around the symbols of padded targets; `(N, S), (N), (N) -> (N, 2 S + 1)` states."""
    count, longest = targets.shape
    symbols = numpy.full((count, 2 * longest + 1), blank)
    symbols[:, 1::2] = targets
    barred = numpy.full(symbols.shape, -numpy.inf)
    barred[:, 1:2] = 0
    barred[:, 3::2][targets[:, 1:] != targets[:, :-1]] = 0
    return Spelling(symbols, barred, 2 * target_lengths, frames)


def log_sum(a: Array, b: Array, c: Array) -> Array:
    """ln(exp(a) + exp(b) + exp(c)), also where all are -inf."""
    peak = numpy.maximum(numpy.maximum(a, b), numpy.maximum(c, numpy.finfo(a.dtype).min))
    sums: Array = numpy.log(numpy.exp(a - peak) + numpy.exp(b - peak) + numpy.exp(c - peak)) + peak
    return sums


def log_forward(log_probs: Array, spelling: Spelling) -> tuple[Array, Array]:
    """(losses, lattice): -ln of all paths' probability, and ln of that of the paths up to each frame and state.

    `(T, N, C) -> (N), (T + 1, N, 2 + L)`. The first row is before any frame, in the state before the first.
    """
    length, count = log_probs.shape[:2]
    symbols, barred, ends, frames = spelling
    emitted = numpy.take_along_axis(log_probs, symbols[None], 2)
    barred = barred.astype(log_probs.dtype)
    lattice = numpy.full((length + 1, count, 2 + symbols.shape[1]), -numpy.inf, log_probs.dtype)
    lattice[0, :, 1] = 0
    with numpy.errstate(divide="ignore", invalid="ignore"):
        for before, now, emission in zip(lattice, lattice[1:], emitted, strict=False):
            now[:, 2:] = log_sum(before[:, 2:], before[:, 1:-1], before[:, :-2] + barred) + emission
        rows = numpy.arange(count)
        losses = -numpy.logaddexp(lattice[frames, rows, ends + 2], lattice[frames, rows, ends + 1])
    return losses, lattice


def shares(log_probs: Array, losses: Array, lattice: Array, spelling: Spelling, blank: int) -> Array:
    """How probable it is, given the target, that each frame emits each symbol; `(T, N, C) -> (T, N, C)`.

    Frames beyond a sample's own emit nothing: 0. Where no path spells the target all is NaN.
    """
    length, count = log_probs.shape[:2]
    symbols, barred, ends, frames = spelling
    states = numpy.arange(symbols.shape[1])
    final = numpy.where((states == ends[:, None]) | (states == ends[:, None] - 1), 0, -numpy.inf).astype(lattice.dtype)
    emitted = numpy.take_along_axis(log_probs, symbols[None], 2)
    # what leaves a state to the one two further is barred where that one's entry is
    leaving = numpy.full_like(barred, -numpy.inf, lattice.dtype)
    leaving[:, :-2] = barred[:, 2:]
    after = numpy.full((count, len(states) + 2), -numpy.inf, lattice.dtype)  # emitted from the next frame to the end
    share = numpy.empty((length, count, len(states)), lattice.dtype)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        for t in reversed(range(length)):
            left = log_sum(after[:, :-2], after[:, 1:-1], after[:, 2:] + leaving)
            share[t] = left = numpy.where((frames == t + 1)[:, None], final, left)
            after[:, :-2] = left + emitted[t]
        share = numpy.exp(share + lattice[1:, :, 2:] + losses[:, None])
        found = numpy.zeros_like(log_probs) + (losses * 0)[:, None]  # 0 times infinity: there is no path to share
    rows = numpy.arange(count)
    found[:, :, blank] += share[:, :, ::2].sum(2)
    for state in states[1::2]:
        found[:, rows, symbols[:, state]] += share[:, :, state]
    inside = numpy.arange(length)[:, None] < frames
    return numpy.where(inside[:, :, None], found, numpy.zeros((), found.dtype))
