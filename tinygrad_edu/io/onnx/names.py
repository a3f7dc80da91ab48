"""What an exported model calls its inputs, outputs and sizes that vary."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from .runs import Axes, leaves

__all__ = ["axes_of", "names_of_inputs", "names_of_outputs"]


def names_of_inputs(
    model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], given: Sequence[str] | None
) -> list[str]:
    """The inputs' names: those given, or those of the parameters of forward.

    Raises:
        ValueError: there are not as many as Tensors among the arguments, or not all different.
    """
    count = len(leaves((args, kwargs)))
    if not count:
        raise ValueError("export takes a Tensor among args, or several, to run the model with")
    if given is not None:
        if len(given) != count or len(set(given)) != count:
            raise ValueError(f"input_names takes {count} different names, one for each Tensor, got {list(given)}")
        return list(given)
    try:
        bound = inspect.signature(getattr(model, "forward", model)).bind_partial(*args).arguments
    except (TypeError, ValueError):
        return ["input", *[f"input_{i}" for i in range(1, count)]]
    found: list[str] = []
    for name, value in [*bound.items(), *kwargs.items()]:
        inside = len(leaves(value))
        found += [name] if inside == 1 else [f"{name}_{i}" for i in range(inside)]
    return found


def names_of_outputs(count: int, given: Sequence[str] | None) -> list[str]:
    """The outputs' names: those given, or "output", "output_1" and so on.

    Raises:
        ValueError: there are not as many as outputs, or not all different.
    """
    if not count:
        raise ValueError("the model gives no Tensor")
    if given is None:
        return ["output", *[f"output_{i}" for i in range(1, count)]]
    if len(given) != count or len(set(given)) != count:
        raise ValueError(f"output_names takes {count} different names, one for each Tensor, got {list(given)}")
    return list(given)


def axes_of(
    dynamic_axes: Mapping[str, Any],
    names: Sequence[str],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    outputs: Sequence[str] | None,
) -> Axes:
    """The sizes that vary, by (input, dimension).

    Raises:
        ValueError: there is no such input or dimension, or one name stands for different sizes.
    """
    found: dict[tuple[int, int], str] = {}
    sizes: dict[str, int] = {}
    tensors = leaves((args, kwargs))
    for name, dims in dynamic_axes.items():
        if name not in names:
            if outputs is not None and name in outputs:
                continue
            raise ValueError(f"dynamic_axes names {name!r}; the inputs are {', '.join(names)}")
        number = names.index(name)
        told = dims.items() if isinstance(dims, Mapping) else [(dim, f"{name}_dim_{dim}") for dim in dims]
        for dim, symbol in told:
            ndim = tensors[number].ndim
            if not -ndim <= dim < ndim:
                raise ValueError(f"dynamic_axes: {name} has {ndim} dimensions, and none of number {dim}")
            size = tensors[number].shape[dim]
            if not size or sizes.setdefault(symbol, size) != size:
                raise ValueError(f"dynamic_axes: {symbol!r} takes one size above 0, got {sizes.get(symbol)} and {size}")
            found[number, dim % ndim] = symbol
    return found
