"""tinygrad_edu itself, and what every peer starts from: a network's weights, the gradient of a function's output."""

import functools
from collections.abc import Callable
from typing import Any

import tinygrad_edu

from ..work import Array, Network, numbers
from .eager import Eager

__all__ = ["initial", "peer", "seed"]

peer = Eager(tinygrad_edu, "tinygrad_edu", tinygrad_edu.__version__)


@functools.lru_cache(4)
def initial(network: Network) -> list[Array]:
    """The parameters that this network starts with."""
    tinygrad_edu.manual_seed(0)
    return [p.detach().numpy().copy() for p in network.module(tinygrad_edu).parameters()]


def seed(function: Callable[..., Any], arrays: list[Array], *fixed: Array) -> Array | None:
    """A gradient for a function's output; None for that of a number, which is 1."""
    shape = function(peer, *map(peer.constant, [*arrays, *fixed])).shape
    return numbers(*shape, seed=9) if shape else None
