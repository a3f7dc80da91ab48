"""The table of rows: for each primitive, by its name, how ONNX says it.

A row is a function of the graph, the primitive's inputs and its settings, as the primitive itself is of arrays:

    @row
    def tanh(g, x):
        return g.Tanh(x)
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar, overload

__all__ = ["ROWS", "WITHOUT", "Row", "row", "rows"]


Translation = TypeVar("Translation", bound=Callable[..., Any])


class Row(NamedTuple):
    """How a primitive is translated, which of its settings say nothing, and whether its forward gives what it means."""

    translate: Callable[..., Any]
    ignores: frozenset[str] = frozenset()
    computes: bool = True


ROWS: dict[str, Row] = {}
# Primitives without a row, and why.
WITHOUT: dict[str, str] = {}


@overload
def row(translate: Translation, /) -> Translation: ...
@overload
def row(
    *, name: str = ..., ignores: tuple[str, ...] = ..., computes: bool = ...
) -> Callable[[Translation], Translation]: ...
def row(translate: Any = None, /, *, name: str = "", ignores: tuple[str, ...] = (), computes: bool = True) -> Any:
    """Enter a function as the row of the primitive that it is named like."""

    def enter(function: Translation) -> Translation:
        ROWS[name or function.__name__] = Row(function, frozenset(ignores), computes)
        return function

    return enter if translate is None else enter(translate)


def rows(operators: Mapping[str, str]) -> None:
    """Enter primitives that are one operator of ONNX, without attributes."""
    for name, operator in operators.items():
        ROWS[name] = Row(node_of(operator))


def node_of(operator: str) -> Callable[..., Any]:
    """The row of one operator."""
    return lambda g, *inputs: getattr(g, operator)(*inputs)
