"""The two modes of a notebook: full, for its figures, and fast, to see that it runs."""

import operator
import os
import platform
import time
from typing import TypeVar

import numpy

from .._version import __version__
from ..extras import require
from ..functions.random import manual_seed
from ..viz.figures.canvas import COLOURS
from .materials import stand_ins_used

__all__ = ["finish", "is_fast", "pick", "start"]

T = TypeVar("T")

VARIABLE = "TINYGRAD_EDU_FAST"
STANDING_IN = "with stand-ins for"
LOOKS = {
    "figure.dpi": 80,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": f"cycler('color', {list(COLOURS)})",
}
started = {"at": 0.0, "cpu": 0.0, "seed": 0}


def is_fast() -> bool:
    """Whether the notebook is to be quick: TINYGRAD_EDU_FAST is set to something other than 0."""
    return os.environ.get(VARIABLE, "0") not in ("", "0")


def pick(full: T, fast: T, embedded: T | None = None) -> T:
    """`full` in full mode, `fast` in fast mode, and `embedded`, or else `fast`, once data stand in for others.

    >>> pick(full=12, fast=1) in (12, 1)
    True
    """
    if stand_ins_used():
        return fast if embedded is None else embedded
    return fast if is_fast() else full


def start(seed: int = 0) -> None:
    """Seed the generator, start the clock, and say which mode it is; pictures get one look.

    Raises:
        ImportError: matplotlib, of the extra `viz`, is not installed.
        TypeError: the seed is no whole number.
    """
    try:
        seed = operator.index(seed)
    except TypeError:
        raise TypeError(f"start takes a whole number as its seed, got {seed!r}") from None
    manual_seed(seed)
    started.update(at=time.perf_counter(), cpu=time.process_time(), seed=seed)
    require("matplotlib", "viz", "the course").rcParams.update(LOOKS)
    print(f"{mode()}, seed {seed}")


def finish(**figures: float) -> None:
    """Print the figures that were reached, what they took, and what they were reached with.

    Raises:
        TypeError: a figure is no number.
    """
    for name, value in figures.items():
        try:
            print(f"{name.replace('_', ' ')}: {value:.6g}")
        except (TypeError, ValueError):
            raise TypeError(f"finish takes numbers; {name} is {value!r:.60}") from None
    elapsed = time.perf_counter() - started["at"]
    worked = time.process_time() - started["cpu"]  # on a busy machine the clock says little
    took = f"{elapsed:.0f} s, {worked:.0f} s of them at work, on {os.cpu_count()} cores of {platform.machine()}"
    print(f"{mode()}, seed {started['seed']}: {took}")
    print(f"tinygrad_edu {__version__}, NumPy {numpy.__version__}, Python {platform.python_version()}")


def mode() -> str:
    """The mode in words."""
    if stand_ins_used():
        return f"{STANDING_IN} {', '.join(sorted(stand_ins_used()))}"
    return f"fast mode ({VARIABLE}=1: less data, fewer epochs)" if is_fast() else "full mode"
