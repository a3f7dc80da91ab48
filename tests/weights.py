"""Where the published weights and data are that some tests read; those tests are skipped where there are none."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent
PLACES = [pathlib.Path(os.environ["TINYGRAD_EDU_DATA"])] if os.environ.get("TINYGRAD_EDU_DATA") else []


def weights(name: str) -> pathlib.Path:
    """The file of these weights; skips the test where it is not at hand."""
    return found(name, "weights")


def data(name: str) -> pathlib.Path:
    """The file of these data; skips the test where it is not at hand."""
    return found(name, "data")


def found(name: str, folder: str) -> pathlib.Path:
    for place in (*PLACES, ROOT.parent / "shared"):
        for file in (place / name, place / folder / name, place.parent / folder / name):
            if file.is_file():
                return file
    pytest.skip(f"{name} is not in TINYGRAD_EDU_DATA")
