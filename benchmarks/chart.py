"""Pictures without any library: our time over the peers' by work, and curves of growth, on logarithmic scales."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

__all__ = ["write", "write_curves"]

COLORS = {"PyTorch": "#d62728", "mygrad": "#1f77b4", "autograd": "#2ca02c", "DeZero": "#9467bd", "JAX (jit)": "#ff7f0e"}
LEFT, WIDTH, ROW, TOP = 430, 560, 15, 46
LEAST, MOST = 1 / 64, 8.0  # of the scale; what lies beyond stands at its end


def place(ratio: float) -> float:
    """Where a ratio stands on the scale."""
    share = math.log(min(max(ratio, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return LEFT + WIDTH * share


def text(x: float, y: float, told: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(told)}</text>'


def upright(x: float, top: float, bottom: float, color: str) -> str:
    """A line from top to bottom."""
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="{color}"/>'


def dot(x: float, y: float, color: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y}" r="4" fill="{color}" fill-opacity="0.8"/>'


def write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """An SVG: left of 1 we are the faster."""
    width, height = LEFT + WIDTH + 20, TOP + ROW * len(rows) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"']
    parts.append('font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>')
    parts.append(text(4, 16, "our time over theirs; | what was asked for"))
    for i, (title, color) in enumerate(COLORS.items()):
        parts += [dot(LEFT + 105 * i, 12, color), text(LEFT + 105 * i + 8, 16, title)]
    for power in range(round(math.log2(LEAST)), round(math.log2(MOST)) + 1):
        x, told = place(2.0**power), f"{2**power}" if power >= 0 else f"1/{2**-power}"
        parts += [upright(x, TOP - 8, height - 8, "#ddd" if power else "#000"), text(x, TOP - 12, told, "middle")]
    for i, row in enumerate(rows):
        y = TOP + ROW * i + 6
        parts.append(text(LEFT - 12, y + 4, row["work"], "end"))
        if row["goal"]:
            parts.append(upright(place(row["goal"]), y - 6, y + 6, COLORS["PyTorch"]))
        parts += [dot(place(value), y, COLORS[title]) for title, value in row["ratio"].items()]
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")


CURVES = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf")
SIDE, EDGE = 380, 50  # of each of two panels: its width, and what is left for its axis


def write_curves(path: Path, curves: Mapping[str, tuple[Sequence[int], Sequence[float], Sequence[float]]]) -> None:
    """Time and memory against size: (sizes, seconds, bytes) of each curve, and in grey what is linear."""
    height, names = SIDE + EDGE, 15 * len(curves)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * (SIDE + EDGE) + 20}" height="{height + names + 20}"']
    parts.append('font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/>')
    for panel, (title, unit) in enumerate((("time, seconds", 1.0), ("memory, MiB", 2.0**-20))):
        left = EDGE + panel * (SIDE + EDGE)
        values = [value * unit for curve in curves.values() for value in curve[panel + 1]]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

        def spot(size: float, value: float, left: int = left, low: int = low, high: int = high) -> str:
            x = left + SIDE * math.log10(size) / 6
            return f"{x:.1f},{20 + SIDE * (high - math.log10(value)) / (high - low):.1f}"

        parts.append(text(left, 14, f"{title}, against size"))
        for power in range(7):
            parts.append(upright(left + SIDE * power / 6, 20, 20 + SIDE, "#eee"))
            parts.append(text(left + SIDE * power / 6, 34 + SIDE, f"1e{power}", "middle"))
        powers = range(low, high + 1)
        parts += [text(left - 4, 24 + SIDE * (high - n) / (high - low), f"1e{n}", "end") for n in powers]
        reach = min(6, high - low)
        linear = f"{spot(1, 10.0**low)} {spot(10.0**reach, 10.0 ** (low + reach))}"
        parts.append(f'<polyline points="{linear}" fill="none" stroke="#999" stroke-dasharray="3"/>')
        for color, (sizes, *columns) in zip(CURVES, curves.values(), strict=True):
            points = " ".join(spot(*pair) for pair in zip(sizes, [x * unit for x in columns[panel]], strict=True))
            parts.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>')
    for i, (color, name) in enumerate(zip(CURVES, curves, strict=True)):
        y = height + 12 + 15 * i
        parts += [dot(EDGE, y, color), text(EDGE + 10, y + 4, name)]
    path.write_text("\n".join([*parts, "</svg>"]) + "\n")
