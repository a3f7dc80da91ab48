"""A line search for a step that descends enough and reaches a flatter place: the strong Wolfe conditions."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Point", "strong_wolfe"]


class Point(NamedTuple):
    """A step along the line: its length, the loss there, the slope along the line, and the whole gradient."""

    t: float
    loss: float
    slope: float
    gradient: Any


def ratio(x: float, y: float) -> float:
    """x / y; by 0 as floating-point numbers have it, not as an error."""
    return x / y if y else x * math.copysign(math.inf, y)


def cubic_minimum(p: Point, q: Point, least: float, most: float) -> float:
    """Where the cubic through two points with their slopes is smallest, within bounds; the middle where there is none.

    Source: Nocedal and Wright, "Numerical Optimization" (2006), equation 3.59.
    """
    if p.t > q.t:
        p, q = q, p
    d1 = p.slope + q.slope - ratio(3 * (p.loss - q.loss), p.t - q.t)
    square = d1 * d1 - p.slope * q.slope
    if not square >= 0:
        return (least + most) / 2
    d2 = math.sqrt(square)
    t = q.t - (q.t - p.t) * ratio(q.slope + d2 - d1, q.slope - p.slope + 2 * d2)
    return min(max(t, least), most)


def strong_wolfe(
    evaluate: Callable[[float], Point],
    start: Point,
    t: float,
    scale: float,
    smallest: float,
    most_evaluations: int,
    c1: float = 1e-4,
    c2: float = 0.9,
) -> Point:
    r"""A point with $f(t) \le f(0) + c_1 t f'(0)$ and $|f'(t)| \le c_2 |f'(0)|$.

    First the step grows until an interval must hold such a point, then the interval shrinks around it. Where it becomes
    shorter than `smallest`, as a distance (a step is `scale` times its t), or evaluations run out, its best end serves.

    Source: Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6.
    """

    def too_high(p: Point) -> bool:
        return p.loss > start.loss + c1 * p.t * start.slope

    def flat_enough(p: Point) -> bool:
        return abs(p.slope) <= -c2 * start.slope

    previous, new, evaluations = start, evaluate(t), 1
    while evaluations <= most_evaluations:
        if too_high(new) or (evaluations > 2 and new.loss >= previous.loss):
            break
        if flat_enough(new):
            return new
        if new.slope >= 0:
            break
        t = cubic_minimum(previous, new, new.t + 0.01 * (new.t - previous.t), 10 * new.t)
        previous, new = new, evaluate(t)
        evaluations += 1
    else:
        return start if start.loss <= new.loss else new

    ends, stalled = [previous, new], False
    low = 0 if previous.loss <= new.loss else 1
    while evaluations <= most_evaluations:
        left, right = sorted((ends[0].t, ends[1].t))
        if (right - left) * scale < smallest:
            break
        t = cubic_minimum(ends[0], ends[1], left, right)
        margin = 0.1 * (right - left)
        near_an_end = min(right - t, t - left) < margin
        if near_an_end and (stalled or not left < t < right):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near_an_end = False
        stalled = near_an_end
        new = evaluate(t)
        evaluations += 1
        if too_high(new) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = 0 if ends[0].loss <= ends[1].loss else 1
            continue
        if flat_enough(new):
            return new
        if new.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low]
