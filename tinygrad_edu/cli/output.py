"""What commands print: tables for people, JSON for machines."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["JSON_HELP", "print_json", "print_table"]

JSON_HELP = "print the result as one JSON object, and nothing else, on standard output"


def print_json(value: Any) -> None:
    """Print a value as JSON; what is not finite, which JSON does not have, is null."""
    print(json.dumps(finite(value), indent=2, allow_nan=False, ensure_ascii=True))


def finite(value: Any) -> Any:
    """The same value, with None for each number that is not finite."""
    if isinstance(value, dict):
        return {name: finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and value - value != 0 else value


def print_table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows whose cells begin below each other."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())
