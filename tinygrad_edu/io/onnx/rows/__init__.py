"""The rows of the table, by family; importing this enters them all."""

from . import (
    activation,
    elementwise,
    indexing,
    layers,
    movement,
    recurrent,
    reduction,
    resampling,
    special,
    windows,
    without,
)

__all__ = [
    "activation",
    "elementwise",
    "indexing",
    "layers",
    "movement",
    "recurrent",
    "reduction",
    "resampling",
    "special",
    "windows",
    "without",
]
