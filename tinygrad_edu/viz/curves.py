"""The curves of a training run as an SVG picture, drawn by us."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence

from ..atomic import atomic_write_text
from .style import picture, text_width

__all__ = ["loss_curve_svg"]

WIDTH, HEIGHT = 360.0, 240.0  # of one panel
LEFT, RIGHT, TOP, BOTTOM = 52.0, 14.0, 40.0, 40.0  # from its borders to its axes
SMALL, LARGE = 11.0, 13.0  # font sizes
PANELS = {"loss": ("Loss", "loss", "val_loss"), "accuracy": ("Accuracy", "accuracy", "val_accuracy")}
MARKED = 30  # epochs up to which each one has a dot

Points = list[tuple[float, float]]


def loss_curve_svg(history: Sequence[Mapping[str, float]], path: str | os.PathLike[str] | None = None) -> str:
    """Loss and accuracy, in training and validation, against the epoch; as SVG text, and as a file if `path` is given.

    Each entry of `history` is an epoch: a dict with any of `loss`, `val_loss`, `accuracy` and `val_accuracy` (from 0
    to 1), and `epoch`, counted from 1 where it is missing. A value that is not finite leaves a gap in its curve.

    Raises:
        ValueError: the history holds none of these.
        OSError: the file cannot be written; what stood there before is untouched.

    >>> picture = loss_curve_svg([{"loss": 2.3, "val_loss": 2.2}, {"loss": 1.1, "val_loss": 1.3}])
    >>> picture.startswith("<svg"), picture.count("<polyline")
    (True, 2)
    """
    epochs = [float(entry.get("epoch", k + 1)) for k, entry in enumerate(history)]
    panels = [
        (title, curves)
        for title, *keys in PANELS.values()
        if any(curves := [curve(history, epochs, key) for key in keys])
    ]
    if not panels:
        raise ValueError(
            "there is nothing to draw: no entry of the history has a finite loss, val_loss, accuracy or val_accuracy"
        )
    parts: list[str] = []
    for k, (title, curves) in enumerate(panels):
        parts += [f'<g transform="translate({WIDTH * k:g})">', *panel(title, curves, epochs), "</g>"]
    description = ". ".join(summary(title, curves) for title, curves in panels)
    text = picture(WIDTH * len(panels), HEIGHT, "Training curves", description, parts)
    if path is not None:
        with atomic_write_text(path) as file:
            file.write(text)
    return text


def curve(history: Sequence[Mapping[str, float]], epochs: Sequence[float], key: str) -> Points:
    """The (epoch, value) pairs of one key, NaN where there is no finite value; empty if there is none at all."""
    values = [float(entry.get(key, math.nan)) for entry in history]
    values = [value if math.isfinite(value) else math.nan for value in values]
    return [] if all(map(math.isnan, values)) else list(zip(epochs, values, strict=True))


def summary(title: str, curves: Sequence[Points]) -> str:
    """`Loss: training 2.3 to 0.1, validation 2.2 to 0.2`."""
    ends = []
    for name, points in zip(("training", "validation"), curves, strict=True):
        values = [value for _, value in points if not math.isnan(value)]
        if values:
            ends.append(f"{name} {values[0]:.4g} to {values[-1]:.4g}")
    return f"{title}: {', '.join(ends)}"


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) that span low to high, about `count` of them."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(power * k for k in (1, 2, 5, 10) if span / (power * k) <= count)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, max(last, first + 1) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Powers of ten that span low to high, no more than ten of them."""
    least, most = max(math.floor(math.log10(low)), -300), min(math.ceil(math.log10(high)), 300)  # floats end there
    step = max(1, -(-(most - least) // 8))
    return [10.0**k for k in range(least, most + step, step)]


def tick_text(value: float) -> str:
    return f"{value:.6g}" if value == 0 or 1e-4 <= abs(value) < 1e6 else f"{value:.0e}"


def panel(title: str, curves: Sequence[Points], epochs: Sequence[float]) -> Iterator[str]:
    """One pair of axes with its curves, title and legend."""
    values = [value for points in curves for _, value in points if not math.isnan(value)]
    low, high = min(values), max(values)
    if low == high:
        low, high = sorted((low / 2, high)) if low else (0.0, 1.0)
    logarithmic = low > 0 and high / low > 100
    heights = decades(low, high) if logarithmic else ticks(low, high)
    scale = math.log10 if logarithmic else float
    bottom, top = scale(heights[0]), scale(heights[-1])
    first, last = min(epochs), max(epochs)
    if first == last:
        first, last = first - 1, last + 1

    def x(epoch: float) -> float:
        return LEFT + (epoch - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (scale(value) - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM)

    yield f'<text class="tg-ink tg-b" font-size="{LARGE:g}" x="{LEFT:g}" y="22">{title}</text>'
    for value in heights:
        yield f'<path class="tg-grid-l" d="M{LEFT:g} {y(value):.1f}H{WIDTH - RIGHT:g}"/>'
        yield label(tick_text(value), LEFT - 7, y(value) + 4, "end")
    for epoch in ticks(first, last, 6):
        if first <= epoch <= last and epoch == round(epoch):
            yield f'<path class="tg-line-l" d="M{x(epoch):.1f} {HEIGHT - BOTTOM:g}v4"/>'
            yield label(tick_text(epoch), x(epoch), HEIGHT - BOTTOM + 17, "middle")
    yield f'<path class="tg-line-l" d="M{LEFT:g} {HEIGHT - BOTTOM:g}H{WIDTH - RIGHT:g}"/>'
    yield label("epoch", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 7, "middle")
    right = WIDTH - RIGHT
    for name, colour, dashes, points in reversed(
        list(zip(("training", "validation"), ("operation", "output"), ("", "6 3"), curves, strict=True))
    ):
        if not points:
            continue
        places = [(x(epoch), y(value)) if not math.isnan(value) else None for epoch, value in points]
        yield from draw_curve(places, colour, dashes)
        yield label(name, right, 22, "end")
        right -= text_width(name, SMALL) + 5
        yield f'<path class="tg-{colour}-l" {line_style(dashes)} d="M{right:.1f} 18h-20"/>'
        right -= 34


def draw_curve(places: Sequence[tuple[float, float] | None], colour: str, dashes: str) -> Iterator[str]:
    """A line through the places, in pieces where some are missing, with dots where they are few."""
    piece: list[tuple[float, float]] = []
    for place in [*places, None]:
        if place is not None:
            piece.append(place)
        elif piece:
            corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in piece)
            yield f'<polyline class="tg-{colour}-l" {line_style(dashes)} points="{corners}"/>'
            if len(places) <= MARKED or len(piece) == 1:
                yield from (
                    f'<circle class="tg-{colour}" stroke-width="1.5" cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
                    for x, y in piece
                )
            piece = []


def line_style(dashes: str) -> str:
    return f'stroke-width="2" stroke-linejoin="round" stroke-dasharray="{dashes or "none"}"'


def label(text: str, x: float, y: float, anchor: str) -> str:
    """A small text, whose anchor is its start, middle or end."""
    return f'<text class="tg-soft" font-size="{SMALL:g}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
