"""Running a model to see what it does: with what it was given, with other values, and with other sizes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import combinations
from typing import Any, NamedTuple

import numpy
from numpy.typing import NDArray

from ...grad_mode import no_grad
from ...recording import Recorded, wrap
from ...told import warn_user
from .errors import ExportError
from .leaving import noticed
from .sizes import Runs
from .trace import Call, Trace

__all__ = ["Program", "followed", "leaves", "traced"]

Array = NDArray[Any]
Axes = Mapping[tuple[int, int], str]  # (input, dimension): the name of the size that varies there


class Run(NamedTuple):
    """What a model did once."""

    calls: list[Call]
    inputs: tuple[Any, ...]  # (shape, dtype) of each
    outputs: tuple[Any, ...]  # (source, shape, dtype) of each
    places: list[str]  # where values left the engine


class Program(NamedTuple):
    """What a model does, whatever the sizes that vary: its calls, and where its outputs come from."""

    calls: list[Call]
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]


def leaves(tree: Any) -> list[Any]:
    """The Tensors in nested tuples, lists and dicts."""
    if isinstance(tree, Recorded):
        return [tree]
    parts = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, tuple | list) else ()
    return [leaf for part in parts for leaf in leaves(part)]


def filled(tree: Any, tensors: Iterator[Any]) -> Any:
    """The same structure with other Tensors."""
    if isinstance(tree, Recorded):
        return next(tensors)
    if isinstance(tree, dict):
        return {key: filled(part, tensors) for key, part in tree.items()}
    if isinstance(tree, tuple | list):
        parts = [filled(part, tensors) for part in tree]
        return type(tree)._make(parts) if hasattr(tree, "_make") else type(tree)(parts)
    return tree


@contextmanager
def evaluated(model: Any) -> Iterator[None]:
    """A module in evaluation mode; afterwards its modules have the attributes that they had, whatever forward sets."""
    modules = list(model.modules()) if hasattr(model, "modules") else []
    before = [dict(vars(module)) for module in modules]
    containers = [(x, x.copy()) for attributes in before for x in attributes.values() if type(x) in (dict, list)]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, attributes in zip(modules, before, strict=True):
            vars(module).clear()
            vars(module).update(attributes)
        for container, content in containers:
            container.clear()
            (container.update if isinstance(container, dict) else container.extend)(content)


@contextmanager
def followed(model: Any, trace: Trace) -> Iterator[None]:
    """The trace knows within which module a call is made."""
    with ExitStack() as stack:
        for name, module in model.named_modules() if hasattr(model, "named_modules") else ():
            if name:
                enter = module.register_forward_pre_hook(entering(trace, name), prepend=True)
                stack.callback(enter.remove)
                stack.callback(module.register_forward_hook(leaving(trace)).remove)
        yield


def entering(trace: Trace, name: str) -> Callable[..., None]:
    """The hook before a module's forward."""
    return lambda module, args: trace.scopes.append(name)


def leaving(trace: Trace) -> Callable[..., None]:
    """The hook after it."""
    return lambda module, args, output: trace.scopes.__delitem__(-1)


def other_values(array: Array) -> Array:
    """An array of the same shape with other values, another largest one too, but all within the same bounds.

    Where all are alike, there are others near them: indices stay indices, and are not negative.
    """
    if array.dtype == bool:
        return flipped(array) if 0 < array.sum() < array.size else numpy.logical_not(array, out=array.copy())
    if not array.size or not numpy.isfinite(array).all():
        return flipped(array)
    low, high = array.min(), array.max()
    if array.dtype.kind == "f" and low == high:
        some = (low or 1) * numpy.linspace(0.5, 0.9, array.size).reshape(array.shape)
    elif array.dtype.kind == "f":
        some = low + (high - array) * 0.9
    elif low != high:
        some = numpy.minimum(high - (array - low), high - 1)
    else:
        some = array + (-1 if low > 0 else 1) * (numpy.arange(array.size).reshape(array.shape) % 2 == 0)
    return numpy.asarray(some).astype(array.dtype)


def flipped(array: Array) -> Array:
    """The array with its elements in reverse; without dimensions it is an array too."""
    return numpy.asarray(numpy.flip(array))


def resized(array: Array, sizes: Mapping[int, int]) -> Array:
    """The array with other sizes of some dimensions, its elements repeated."""
    for dim, size in sizes.items():
        array = numpy.take(array, numpy.arange(size) % array.shape[dim], dim)
    return array


def traced(model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], axes: Axes) -> Program:
    """The model's calls, from runs that differ in values and in the sizes that are to vary.

    Raises:
        ExportError: a run fails, or runs differ in what cannot be followed.
    """
    given = [x._array for x in leaves((args, kwargs))]
    plans = sizes_of_runs(given, axes)
    found = []
    for i, sizes in enumerate(plans):
        arrays = with_sizes(given, axes, sizes)
        if i == 1:
            found.append(run_with_other_values(model, args, kwargs, arrays))
        else:
            same = all(x.shape == y.shape for x, y in zip(arrays, given, strict=True))
            what = "" if same else f"{listed(sizes)}; axes that must agree need one name"
            found.append(run(model, args, kwargs, arrays, what))
    for place in found[0].places:
        warn_user(
            f"ONNX export: the model takes values out of a Tensor at {place}; what it decides or computes by them "
            "stays in the exported model as it is for these inputs"
        )
    runs = Runs(plans)
    calls = runs.calls([one.calls for one in found])
    inputs, outputs = runs.merge([one.inputs for one in found]), runs.merge([one.outputs for one in found])
    if not isinstance(outputs, tuple):
        raise ExportError("the model gives other outputs for other values or sizes of its inputs")
    return Program(calls, inputs, outputs)


def with_sizes(given: Sequence[Array], axes: Axes, sizes: Mapping[str, int]) -> list[Array]:
    """Copies of the inputs, with these sizes where they vary."""
    arrays = [x.copy() for x in given]
    for (number, dim), name in axes.items():
        if arrays[number].shape[dim] != sizes[name]:
            arrays[number] = resized(arrays[number], {dim: sizes[name]})
    return arrays


def sizes_of_runs(given: Sequence[Array], axes: Axes) -> list[dict[str, int]]:
    """The sizes of each run: twice the same, then as many others as tell apart sums of sizes and of their products.

    They are 2 or more, since a size of 1 broadcasts.
    """
    base = {name: max(2, given[number].shape[dim]) for (number, dim), name in axes.items()}
    if not base:
        return [base, base]
    singly = [{**base, name: size + more} for name, size in base.items() for more in (1, 2)]
    pairs = [{**base, a: base[a] + 1, b: base[b] + 1} for a, b in combinations(base, 2)]
    return [base, base, *singly, *pairs, {name: size + 3 + i for i, (name, size) in enumerate(base.items())}]


def listed(sizes: Mapping[str, int]) -> str:
    """`batch=3, time=5`."""
    return ", ".join(f"{name}={size}" for name, size in sizes.items())


def run_with_other_values(model: Any, args: Any, kwargs: Any, arrays: Sequence[Array]) -> "Run":
    """A run with other values; of integers, which may be indices, with the given ones in reverse if others fail.

    Raises:
        ExportError: it fails with these too.
    """
    others = list(map(other_values, arrays))
    try:
        return run(model, args, kwargs, others, "other values of its inputs")
    except ExportError:
        kept = [flipped(x) if x.dtype.kind in "iu" else y for x, y in zip(arrays, others, strict=True)]
        return run(model, args, kwargs, kept, "other values of its inputs")


def run(model: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], arrays: Sequence[Array], what: str) -> "Run":
    """What the model does with these arrays in place of its inputs.

    Raises:
        ExportError: it fails, where it did not with the given ones; `what` says what is other.
    """
    given, named = filled((args, dict(kwargs)), map(wrap, arrays))
    forms = tuple([(x.shape, x.dtype) for x in arrays])
    trace = Trace(arrays, named_arrays(model))
    with evaluated(model), no_grad(), followed(model, trace), trace.running(), noticed(trace) as places:
        try:
            output = model(*given, **named)
        except Exception as error:
            if not what or isinstance(error, ExportError):
                raise
            raise ExportError(f"the model fails for {what}: {error}") from error
        outputs = tuple([(trace.read(y._array), y.shape, y.dtype) for y in leaves(output)])
    return Run(trace.calls, forms, outputs, places)


def named_arrays(model: Any) -> dict[str, Array]:
    """The arrays of a module's parameters and buffers by their names."""
    if not hasattr(model, "named_parameters"):
        return {}
    return {name: x._array for name, x in [*model.named_parameters(), *model.named_buffers()]}
