"""What was measured as Markdown and JSON."""

import datetime
import json
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["duration", "markdown", "write"]

Row = Mapping[str, Any]


def duration(seconds: float) -> str:
    """Three digits and a unit.

    >>> duration(0.000012345), duration(1.5)
    ('12.3 us', '1.5 s')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} us"


def machine() -> str:
    """The processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def cell(row: Row | None, title: str) -> str:
    return f"{row['ratio'][title]:.2f}" if row is not None and title in row["ratio"] else "–"


def markdown(runs: Mapping[int, Sequence[Row]], titles: Sequence[str]) -> str:
    """Our median, our time over each peer's, and what was asked for, by work; the first peer's on more threads last."""
    (_, first), *more = runs.items()
    others = [(threads, {row["work"]: row for row in rows}) for threads, rows in more]
    asked = ["asked", *[f"{titles[0]}, {threads} threads" for threads, _ in others]] if titles else []
    heads = ["work", "ours", *titles, *asked]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for row in first:
        goal = [f"{row['goal']:.2f}" if row["goal"] else ""] if titles else []
        ratios = [cell(row, title) for title in titles]
        again = [cell(rows.get(row["work"]), titles[0]) for _, rows in others if titles]
        lines.append([row["work"], duration(row["seconds"]["tinygrad_edu"]), *ratios, *goal, *again])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def write(folder: Path, runs: Mapping[int, Sequence[Row]], versions: Mapping[str, str]) -> None:
    """Both files, `speed.md` and `speed.json`."""
    import numpy

    about = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "versions": dict(versions),
    }
    (folder / "speed.json").write_text(json.dumps({**about, "threads": runs}, indent=1) + "\n")
    told = ", ".join([f"Python {about['python']}", f"NumPy {about['numpy']}", *[" ".join(x) for x in versions.items()]])
    titles = [title for title in versions if title != "tinygrad_edu"]
    (folder / "speed.md").write_text(f"{about['date']}; {about['machine']}; {told}.\n\n{markdown(runs, titles)}")
