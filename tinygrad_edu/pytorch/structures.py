"""Values in nested containers, as PyTorch's programs take them apart and put them together again."""

from collections.abc import Callable
from typing import Any

from ..func.structures import flatten, rebuild

__all__ = ["tree_flatten", "tree_leaves", "tree_map", "tree_map_only", "tree_unflatten"]

tree_leaves = flatten


def tree_flatten(tree: Any) -> tuple[list[Any], Any]:
    """All leaves, and the structure, for tree_unflatten."""
    return flatten(tree), tree


def tree_unflatten(leaves: Any, treespec: Any) -> Any:
    """The structure with other leaves."""
    return rebuild(treespec, leaves)


def tree_map(func: Callable[..., Any], tree: Any, *rests: Any) -> Any:
    """The structure with what a function gives for each leaf, and those at its place in other structures."""
    return rebuild(tree, [func(*parts) for parts in zip(flatten(tree), *map(flatten, rests), strict=True)])


def tree_map_only(kind: Any, func: Callable[..., Any], tree: Any) -> Any:
    """As tree_map, on the leaves of one type alone."""
    return tree_map(lambda leaf: func(leaf) if isinstance(leaf, kind) else leaf, tree)
