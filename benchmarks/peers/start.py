"""The weights that a network starts from, the same for every peer."""

import functools

import tinygrad_edu

from ..work import Array, Network

__all__ = ["initial"]


@functools.lru_cache(4)
def initial(network: Network) -> list[Array]:
    """The parameters that this network starts with."""
    tinygrad_edu.manual_seed(0)
    return [p.detach().numpy().copy() for p in network.module(tinygrad_edu).parameters()]
