"""The ratios as a picture, without any library: a row for each work, a mark for each peer, on a logarithmic scale."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

__all__ = ["write"]

COLORS = {"PyTorch": "#d62728", "mygrad": "#1f77b4", "autograd": "#2ca02c", "DeZero": "#9467bd", "JAX (jit)": "#ff7f0e"}
LEFT, WIDTH, ROW, TOP = 400, 560, 15, 46
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
