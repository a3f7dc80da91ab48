"""All works, family by family."""

from ..work import Work
from . import language, layers, networks, operations, optimizers, programs, sequences

__all__ = ["all_works"]


def all_works() -> list[Work]:
    families = (operations, networks, layers, sequences, language, optimizers, programs)
    return [work for family in families for work in family.works()]
