"""`data list`: which data sets there are."""

import argparse
from typing import Any

from ..data import DATASETS
from .output import JSON_HELP, print_json, print_table
from .parser import add_command

__all__ = ["add_data", "data"]


def add_data(commands: Any) -> None:
    """Declare the command and its options."""
    does = """List the data sets by name.

Some come with the package. The others are looked for in the folder that the
environment variable TINYGRAD_EDU_DATA names, and in the user's folder of
caches; what is in neither is downloaded when it is used, if it can be."""
    command = add_command(commands, data, does, ["list", "list --json"])
    command.add_argument("what", choices=["list"], help="`list`: what is there, and under which licence")
    command.add_argument("--json", action="store_true", help=JSON_HELP)


def data(options: argparse.Namespace) -> int:
    """Print the catalogue."""
    if options.json:
        print_json(
            [
                {
                    "name": name,
                    "task": entry.task,
                    "shape": list(entry.shape),
                    "train": entry.rows[0],
                    "test": entry.rows[1],
                    "classes": list(entry.classes),
                    "at_hand": entry.at_hand,
                    "can_be_downloaded": entry.can_be_downloaded,
                    "licence": entry.licence,
                    "source": entry.source,
                }
                for name, entry in DATASETS.items()
            ]
        )
        return 0
    rows = [["NAME", "FOR", "INPUT", "TRAIN", "TEST", "AT HAND", "LICENCE"]]
    for name, entry in DATASETS.items():
        shape = "x".join(map(str, entry.shape))
        at_hand = "yes" if entry.at_hand else "download" if entry.can_be_downloaded else "no"
        counts = [f"{count:,}" for count in entry.rows]
        rows.append([name, entry.task, shape, *counts, at_hand, entry.licence])
    print_table(rows)
    return 0
