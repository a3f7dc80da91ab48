"""What all our pictures share: colours for light and dark, text that is safe and whose width is known."""

import re
import unicodedata
from collections.abc import Iterable
from xml.sax.saxutils import escape

__all__ = ["PALETTE", "escape_xml", "number", "picture", "printable", "shorten", "text_width"]

FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"

# Advance widths of Helvetica in thousandths of the font size, from space to tilde.
WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 "
    "584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 "
    "667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 "
    "278 556 500 722 500 500 500 334 260 334 584"
)
WIDTH = {chr(32 + i): int(width) / 1000 for i, width in enumerate(WIDTHS.split())}


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width of a text in pixels at this font size, a little generous for characters outside ASCII."""
    width = sum(WIDTH.get(c) or (1.0 if unicodedata.east_asian_width(c) in "WF" else 0.7) for c in text)
    return width * size * (1.07 if bold else 1.0)


def shorten(text: str, limit: int) -> str:
    """The text with its middle left out if it is longer than `limit` characters: both ends of a name tell most."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 2
    return f"{text[: limit - 1 - tail]}…{text[-tail:]}"


def printable(text: str) -> str:
    """The text with control characters, line ends and lone surrogates written as escapes: one line, always."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def escape_xml(text: str) -> str:
    """The text as it stands between tags or inside quotes of an XML file."""
    return escape(printable(text), {'"': "&quot;", "'": "&#39;"})


# Okabe and Ito's palette, which stays apart for colour-blind readers: (light fill, light line, dark fill, dark line).
PALETTE = {
    "operation": ("#e4eff8", "#0072b2", "#12344a", "#56b4e9"),
    "parameter": ("#fdf0d5", "#b87400", "#46330b", "#e69f00"),
    "input": ("#ddf3ea", "#00805c", "#0b3b2e", "#2fc79b"),
    "constant": ("#f2f2f2", "#767676", "#2e2e2e", "#a0a0a0"),
    "output": ("#fae6dc", "#c04f00", "#4a2410", "#f0803c"),
}
RED = ("#d00000", "#ff5a5a")  # what is NaN or infinite
SHADES = {  # (light, dark)
    "paper": ("#ffffff", "#16181c"),
    "ink": ("#1b1f24", "#eceff4"),
    "soft": ("#57606a", "#a9b1bd"),
    "line": ("#7d8590", "#8b949e"),
    "grid": ("#e3e6ea", "#30353c"),
}


def picture(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole SVG file around these parts, on paper of this size in pixels."""
    size = f'width="{number(width)}" height="{number(height)}"'
    about = f'role="img" aria-label="{title}" class="tg" {size} viewBox="0 0 {number(width)} {number(height)}"'
    paper = f'<rect class="tg-paper" {size}/>'
    body = "\n".join([paper, *parts])
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {about}>',
        f"<desc>{escape_xml(description)}</desc>",
        stylesheet(set(re.findall(r"tg-[a-z-]+", body))),
        body,
        "</svg>",
        "",
    ]
    return "\n".join(lines)


def number(x: float) -> str:
    """A coordinate to a tenth of a pixel, as short as it goes."""
    return f"{x:.1f}".removesuffix(".0")


def stylesheet(used: set[str]) -> str:
    """The CSS of these classes; all have a prefix, as the style of an inline SVG reaches the whole page."""
    return (
        f"<style>.tg{{font-family:{FONT}}}.tg-b{{font-weight:bold}}"
        ".tg-halo{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
        f"{rules(0, used)}@media (prefers-color-scheme:dark){{{rules(1, used)}}}</style>"
    )


def rules(dark: int, used: set[str]) -> str:
    """The colours of light (0) or dark (1); a class that ends in -l is for lines."""
    colours = {"tg-halo": f"stroke:{SHADES['paper'][dark]}"}
    for kind, palette in PALETTE.items():
        fill, stroke = palette[2 * dark : 2 * dark + 2]
        colours |= {f"tg-{kind}": f"fill:{fill};stroke:{stroke}", f"tg-{kind}-l": f"fill:none;stroke:{stroke}"}
    colours["tg-frame"] = (
        f"fill:{SHADES['soft'][dark]};fill-opacity:0.05;stroke:{SHADES['line'][dark]};stroke-opacity:0.6"
    )
    colours["tg-bad"] = f"stroke:{RED[dark]}"
    for name, shades in SHADES.items():
        colours |= {f"tg-{name}": f"fill:{shades[dark]}", f"tg-{name}-l": f"fill:none;stroke:{shades[dark]}"}
    return "".join(f".{name}{{{colour}}}" for name, colour in colours.items() if name in used)
