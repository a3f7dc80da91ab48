"""Values in nested containers, as PyTorch's programs take them apart and put them together again."""

from collections.abc import Callable
from typing import Any

from ..func.structures import flatten, rebuild, register

__all__ = [
    "_register_pytree_node",
    "register_pytree_node",
    "tree_flatten",
    "tree_leaves",
    "tree_map",
    "tree_map_only",
    "tree_unflatten",
]

tree_leaves = flatten


def register_pytree_node(cls: type, flatten_fn: Any, unflatten_fn: Any, **settings: Any) -> None:
    """Have objects of a class taken for structures, by two functions that take one apart and put one together.

    Raises:
        ValueError: the class is one already.
    """
    register(cls, flatten_fn, unflatten_fn)


_register_pytree_node = register_pytree_node


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
