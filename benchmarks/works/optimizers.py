"""A step of an optimizer over one large parameter and over a hundred small ones."""

import numpy

from ..work import Work, numbers

__all__ = ["works"]

GOALS = {("SGD", 1): 1.0, ("Adam", 1): 1.3}


def step(name: str, count: int, size: int) -> Work:
    told = f"{count} parameters of {size:,}" if count > 1 else f"{size:,} parameters"
    goal = GOALS.get((name, count), numpy.nan)
    return Work(
        f"{name} step, {told}",
        lambda peer: peer.optimizer(name, [tuple(numbers(2, size, seed=i)) for i in range(count)]),
        goal,
    )


def works() -> list[Work]:
    names = ("SGD", "Adam", "AdamW", "RMSprop")
    return [step(name, count, size) for name in names for count, size in ((1, 1_000_000), (100, 64))]
