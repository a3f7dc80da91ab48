"""A work: something that every peer can be asked to do, built for each of them from the same numbers."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

__all__ = ["Array", "LackingError", "Network", "Program", "Seconds", "Training", "Work", "numbers"]

Array = NDArray[Any]
Program = Callable[[], Any]  # one call does the work once and gives what peers should agree on


class LackingError(AttributeError):
    """A peer has nothing to do this work with: a dash in the table."""


class Seconds(float):
    """What a program gives that has timed itself: a process that it started, training up to an accuracy."""


class Work(NamedTuple):
    """A name, how a peer's program is built, and what part of PyTorch's time was asked for (issue 6)."""

    name: str
    build: Callable[[Any], Program]
    goal: float = math.nan
    rounds: int = 15


class Network(NamedTuple):
    """A network twice: of modules, for the peers that have PyTorch's, and as a function of its parameters."""

    module: Callable[[Any], Any]  # of the library whose `nn` it is made of
    function: Callable[..., Any] | None = None  # (peer, x, *parameters), these in the module's order


class Training(NamedTuple):
    """A training in progress: a step on (x, classes), which gives the loss, and the parameters as they are now."""

    step: Callable[[Any, Any], Any]
    parameters: Callable[[], list[Array]]


def numbers(*shape: int, seed: int = 0) -> Array:
    """The same normal numbers for every peer, float32."""
    return numpy.random.default_rng(seed).standard_normal(shape, numpy.float32)
