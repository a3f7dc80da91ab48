"""Looking for a counterexample, making it small, and telling it."""

import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

import numpy

from .problems import Array, Miss, Tolerance, to_float64
from .repairs import agreed, repairs

__all__ = ["as_strategy", "find", "hold", "is_strategy", "shown", "smaller"]

Attempt = Callable[[Sequence[Any]], Miss | None]
FEW = 24  # numbers that are shown of an array


def is_strategy(x: Any) -> bool:
    """Whether this is a strategy of hypothesis."""
    return hasattr(x, "flatmap") and hasattr(x, "example")


def as_strategy(inputs: Any) -> Any:
    """The strategy itself, or one that gives a list of what a list of strategies and values gives."""
    if is_strategy(inputs):
        return inputs
    from hypothesis import strategies as st

    return st.tuples(*[x if is_strategy(x) else st.just(x) for x in inputs]).map(list)


def hold(attempt: Attempt, values: Any, tolerance: Tolerance, examples: int) -> None:
    """Raise an AssertionError with the smallest counterexample, if there is one among the values, or like them.

    `values` is a list, or a strategy that gives lists.
    """
    if is_strategy(values):
        misses = generated(attempt, values, examples)
    else:
        misses = [miss for miss in [attempt(values)] if miss is not None]
        others = variations(values, misses[0].problem.checked) if misses else []
        misses += [miss for x in others if (miss := quietly(attempt, x)) is not None]
    if not misses:
        return
    kinds = agreed(misses, tolerance, at_first=not is_strategy(values))
    empty = not any(miss.g.size for miss in misses)

    def shows_it(drawn: Sequence[Any]) -> bool:
        miss = quietly(attempt, drawn)
        if miss is None or (not miss.g.size and not empty):
            return False
        return not kinds or any(each.kind == kinds[0] for each in repairs(miss, tolerance))

    found = next((miss for miss in misses if shows_it(miss.values)), misses[0])
    for candidates in [values, None] if is_strategy(values) else [None]:
        strategy = smaller(found.values) if candidates is None else candidates
        smallest = None if strategy is None else find(strategy, shows_it, 400, shrink=True)
        found = (quietly(attempt, smallest) if smallest is not None else None) or found
    raise AssertionError(told(found, kinds, tolerance))


def generated(attempt: Attempt, strategy: Any, examples: int) -> list[Miss]:
    """The misses among so many examples of a strategy.

    Raises:
        Exception: whatever an attempt raises, with a note of what it was made with.
    """
    misses: list[Miss] = []
    errors: list[Exception] = []

    def look(drawn: Sequence[Any]) -> bool:
        try:
            miss = attempt(drawn)
        except Exception as error:
            error.add_note(f"with {', '.join(shown(x) for x in drawn)}")
            errors.append(error)
            return True
        if miss is not None:
            misses.append(miss)
        return False

    find(strategy, look, examples, shrink=False)
    if errors:
        raise errors[0]
    return misses


def find(strategy: Any, condition: Callable[[Any], bool], examples: int, shrink: bool) -> Any:
    """The smallest example for which the condition holds, or None; the same ones are tried each time."""
    import hypothesis

    last = None

    def holds(drawn: Any) -> bool:
        nonlocal last
        if found := condition(drawn):
            last = drawn
        return found

    generate, smaller = hypothesis.Phase.generate, hypothesis.Phase.shrink
    phases = [generate, smaller] if shrink else [generate]
    settings = hypothesis.settings(max_examples=examples, database=None, deadline=None, phases=phases)
    # a gradient may be random: what held once is shown then
    with suppress(hypothesis.errors.NoSuchExample, hypothesis.errors.Flaky):
        hypothesis.find(strategy, holds, settings=settings, random=random.Random(0))
    return last


def quietly(attempt: Attempt, values: Sequence[Any]) -> Miss | None:
    """The miss at values that nobody asked for: what cannot be computed there is none."""
    with suppress(Exception), warnings.catch_warnings(), numpy.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        miss = attempt(values)
        if miss is not None and all(numpy.isfinite(x).all() for x in miss.expected.values()):
            return miss if miss.given is None or numpy.isfinite(to_float64(miss.given)).all() else None
    return None


def sizes_of(values: Sequence[Any]) -> list[int]:
    """The sizes that dimensions of the values have."""
    return sorted({size for x in values for size in numpy.shape(x) if size})


def resized(values: Sequence[Any], sizes: dict[int, int]) -> list[Any]:
    """The values with every dimension of one size given another: the first elements, and then from the first again."""

    def fitted(x: Any) -> Any:
        for axis, size in enumerate(numpy.shape(x)):
            wanted = sizes.get(size, size)
            if wanted != size:
                x = numpy.take(x, numpy.arange(wanted) % size, axis)
        return x

    return [fitted(x) if isinstance(x, numpy.ndarray) else x for x in values]


def variations(values: Sequence[Any], checked: Sequence[int]) -> Iterator[list[Any]]:
    """Values like these, of other sizes and with other numbers: they tell apart what is the same at one point."""
    rng = numpy.random.default_rng(0)

    def moved(values: Sequence[Any]) -> list[Any]:
        return [x * rng.uniform(0.8, 1.2, x.shape) if i in checked else x for i, x in enumerate(values)]

    yield moved(values)
    for size in sizes_of(values):
        yield moved(resized(values, {size: size + 1}))
        yield moved(resized(values, {size: size + 2}))


def smaller(values: Sequence[Any]) -> Any:
    """A strategy of values like these, with smaller dimensions and rounder numbers; None without hypothesis."""
    try:
        from hypothesis import strategies as st
    except Exception:  # it is not installed, or it is broken
        return None
    sizes = {size: st.integers(1, size) for size in sizes_of(values)}

    def cut(drawn: tuple[dict[int, int], int]) -> list[Any]:
        kept, digits = drawn
        found = resized(values, kept)
        floats = [isinstance(x, numpy.ndarray) and x.dtype.kind == "f" for x in found]
        return [
            x.round(digits) + 0.0 if is_float and digits < 9 else x for x, is_float in zip(found, floats, strict=True)
        ]

    return st.tuples(st.fixed_dictionaries(sizes), st.sampled_from([0, 1, 2, 15])).map(cut)


def told(miss: Miss, kinds: Sequence[str], tolerance: Tolerance) -> str:
    """The message: what is wrong, what it looks like, the counterexample, what was expected and what was given."""
    name = miss.problem.names[miss.place]
    found = {each.kind: each.said for each in repairs(miss, tolerance)}
    said = [found[kind] for kind in kinds if kind in found] or ["no common mistake explains it"]
    point = ", ".join(f"{name} = {shown(x)}" for name, x in zip(miss.problem.names, miss.values, strict=True))
    lines = [f"the gradient of {name} is wrong: {said[0]}", f"smallest counterexample: {point}"]
    if miss.problem.takes_g:
        lines.append(f"gradient that comes in: {shown(miss.g)}")
    lines += [f"expected gradient: {shown(miss.right)}", f"given gradient: {shown(miss.given)}"]
    if miss.given is not None and to_float64(miss.given).shape != miss.right.shape:
        lines[-2] += f", shape {miss.right.shape}"
        lines[-1] += f", shape {to_float64(miss.given).shape}"
    elif miss.right.size > FEW:
        place = tuple(int(i) for i in numpy.argwhere(miss.wrong)[0])
        lines.append(f"first difference at {list(place)}; {miss.wrong.sum()} of {miss.wrong.size} elements differ")
    return "\n".join(lines)


def shown(x: Any) -> str:
    """The numbers in one line."""
    if x is None or isinstance(x, str | bool | int):
        return repr(x)
    array: Array = numpy.asarray(x.detach().numpy() if hasattr(x, "detach") else x)
    if array.dtype.kind not in "biuf":
        return f"{x!r:.60}"
    text = numpy.array2string(array, precision=5, threshold=FEW, edgeitems=2, separator=", ", suppress_small=True)
    return " ".join(text.split()) + (f" {array.shape}" if array.size > FEW or not array.size else "")
