"""The rules of a primitive against finite differences, and on arrays against Tensors."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy
from numpy.typing import NDArray

from ..autograd import grad
from ..extras import require
from ..functions.creation import tensor
from ..primitive import Primitive
from ..tensor import Tensor
from .gradients import check_gradient
from .problems import to_float64
from .search import find, is_strategy

__all__ = ["check_vjp"]

Array = NDArray[Any]
SPANS = [(-2.0, 2.0), (0.1, 0.9), (1.1, 2.0)]  # logarithms, roots, arcs take not everything


def check_vjp(
    primitive: Primitive,
    inputs: Any = None,
    settings: Mapping[str, Any] | None = None,
    *,
    orders: int = 2,
    eps: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-6,
    directions: int = 2,
    examples: int = 25,
) -> None:
    r"""Hold the rules of a primitive to finite differences, in random directions.

    First order: for random u and v, `<u, J v>`, which is a difference of forwards along v, is `<vjp(u), v>`. Second
    order: the same for vjp itself, as a function of the inputs and of u. Rules on arrays must give what rules on
    Tensors give, and each gradient must have its input's shape and dtype, in float64, float32 and float16.

    `inputs` are arrays, or a strategy of hypothesis that gives lists of them, of which `examples` are tried. Without,
    there are arrays that broadcast against each other, or matrices where the primitive takes no others.

    >>> from tinygrad_edu.ops.elementwise import mul
    >>> check_vjp(mul)

    Raises:
        AssertionError: something of this does not hold; it names the primitive and the inputs, or shows the smallest
            counterexample and the mistake that it looks like.
        TypeError: this is no primitive.
        ValueError: no input has a rule and holds floats, or the primitive takes none of the inputs that were tried.
    """
    if not isinstance(primitive, Primitive):
        raise TypeError(f"check_vjp takes a primitive, got {type(primitive).__name__} {primitive!r:.60}")
    settings = dict(settings or {})
    if inputs is None:
        inputs = drawn_inputs(primitive, settings)
    if is_strategy(inputs):

        def fn(*xs: Tensor) -> Any:
            return primitive(*xs, **settings)

        check_gradient(fn, inputs, examples=examples, eps=eps, rtol=max(rtol, 1e-4), atol=atol)
        for drawn in substantial(inputs)[:3]:
            check_vjp(primitive, drawn, settings, orders=orders, eps=eps, rtol=rtol, atol=atol, directions=directions)
        return
    arrays = [numpy.asarray(x) for x in inputs]
    names = primitive.input_names(len(arrays))
    rules = [primitive.rules.get(name, primitive.rules.get("*")) for name in names]
    wanted = [i for i, x in enumerate(arrays) if x.dtype.kind == "f" and rules[i] is not None]
    if not wanted:
        raise ValueError(f"{primitive.name}: no input has a rule and holds floats")
    rng = numpy.random.default_rng(0)
    label = f"{primitive.name}({', '.join(f'{x.dtype} {x.shape}' for x in arrays)})"

    def forward(*moved: Any) -> Any:
        placed: list[Any] = list(arrays)
        for i, x in zip(wanted, moved, strict=True):
            placed[i] = x
        return primitive(*[x if isinstance(x, Tensor) else tensor(x) for x in placed], **settings)

    points = [arrays[i].astype(numpy.float64) for i in wanted]
    told = [names[i] for i in wanted]
    seed = rng.uniform(-1, 1, forward(*points).shape)

    by_arrays = gradients(forward, points, seed, create_graph=False)
    by_tensors = gradients(forward, points, seed, create_graph=True)
    for name, point, first, second in zip(told, points, by_arrays, by_tensors, strict=True):
        if first.shape != point.shape:
            raise AssertionError(f"{label}: the gradient of {name} has shape {first.shape}, not {point.shape}")
        if not numpy.allclose(first.numpy(), second.detach().numpy(), 1e-12, 1e-12, equal_nan=True):
            raise AssertionError(f"{label}: the rule of {name} gives another gradient on arrays than on Tensors")

    found = [g.numpy() for g in by_arrays]
    along = directional(lambda *xs: (to_float64(forward(*xs)) * seed).sum(), points, eps, directions)
    agree(f"{label}, first order", told, along, found, rtol, atol)

    if orders > 1:
        weights = [rng.uniform(-1, 1, x.shape) for x in points]

        def weighted(*moved: Any) -> Any:
            """sum(vjp(u) * weights), as a function of the inputs and of u."""
            *xs, u = moved
            return sum((g.detach().numpy() * w).sum() for g, w in zip(gradients(forward, xs, u), weights, strict=True))

        second_order = gradients_of_gradients(forward, points, seed, weights)
        along = directional(weighted, [*points, seed], eps, directions)
        agree(f"{label}, second order", [*told, "the output's gradient"], along, second_order, rtol, 10 * atol)

    for dtype in (numpy.float32, numpy.float16):
        low = [x.astype(dtype) for x in points]
        for name, gradient in zip(told, gradients(forward, low, seed), strict=True):
            if gradient.dtype != dtype:
                raise AssertionError(f"{label}: the gradient of a {numpy.dtype(dtype)} {name} is {gradient.dtype}")


def drawn_inputs(primitive: Primitive, settings: Mapping[str, Any]) -> Any:
    """A strategy of inputs that the primitive takes.

    Raises:
        ValueError: it takes none of those that are known.
    """
    require("hypothesis", "test", "check_vjp without inputs")
    from . import strategies as st

    count = 2 if primitive.variadic else max(primitive.least, 1)

    def takes(drawn: Sequence[Any]) -> bool:
        with suppress(Exception), numpy.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bool(numpy.isfinite(to_float64(primitive(*drawn, **settings))).all())
        return False

    for low, high in SPANS:
        elements: dict[str, Any] = {"low": low, "high": high, "away_from": (-1.0, 0.0, 1.0)}
        kinds = [st.broadcasts(count, **elements)]
        if count <= 2:
            kinds.append(st.matrices(**elements) if count == 2 else st.batches(**elements).map(lambda x: (x,)))
        for strategy in kinds:
            examples = substantial(strategy)
            if sum(map(takes, examples)) > len(examples) / 2:
                return strategy.filter(takes)
    raise ValueError(f"{primitive.name}: say on which inputs it is to be tried, and with which settings")


def substantial(strategy: Any) -> list[Any]:
    """Examples of a strategy that have elements, the largest first."""
    found: list[Any] = []

    def look(drawn: Any) -> bool:
        if all(numpy.size(x) for x in drawn):
            found.append(drawn)
        return False

    find(strategy, look, 20, shrink=False)
    return sorted(found, key=lambda drawn: -sum(numpy.size(x) for x in drawn))


def gradients(forward: Callable[..., Any], points: Sequence[Array], seed: Array, create_graph: bool = False) -> Any:
    """The gradients of <forward, seed> with respect to each point, zeros where it is not used."""
    leaves = [tensor(x, requires_grad=True) for x in points]
    output = forward(*leaves)
    u = tensor(seed.astype(output.dtype))
    return grad(output, leaves, u, create_graph=create_graph, allow_unused=True, materialize_grads=True)


def gradients_of_gradients(
    forward: Callable[..., Any], points: Sequence[Array], seed: Array, weights: Sequence[Array]
) -> list[Array]:
    """The gradients of sum(vjp(u) * weights) with respect to each point and to u, zeros where it is flat."""
    leaves = [tensor(x, requires_grad=True) for x in [*points, seed]]
    *xs, u = leaves
    first = grad(forward(*xs), xs, u, create_graph=True, allow_unused=True, materialize_grads=True)
    reached = [(g, tensor(w)) for g, w in zip(first, weights, strict=True) if g is not None and g.requires_grad]
    if not reached:
        return [numpy.zeros(x.shape) for x in leaves]
    outputs, seeds = zip(*reached, strict=True)
    found = grad(outputs, leaves, seeds, allow_unused=True, materialize_grads=True)
    return [to_float64(g) for g in found]


def directional(
    fn: Callable[..., Any], points: Sequence[Array], eps: float, directions: int
) -> Iterator[tuple[int, Array, float]]:
    """(which point, the direction, the difference along it), for each point in some random directions."""
    rng = numpy.random.default_rng(1)
    for i, x in enumerate(points):
        for _ in range(directions):
            v = rng.uniform(-1, 1, x.shape)
            high, low = (fn(*[y + side * eps * v if j == i else y for j, y in enumerate(points)]) for side in (1, -1))
            yield i, v, float(high - low) / (2 * eps)


def agree(
    label: str,
    names: Sequence[str],
    along: Iterator[tuple[int, Array, float]],
    found: Sequence[Array],
    rtol: float,
    atol: float,
) -> None:
    """Raise an AssertionError where a gradient's component along a direction is not the difference along it."""
    for i, v, expected in along:
        component = float((found[i] * v).sum())
        if not numpy.isclose(component, expected, rtol, atol * max(1.0, v.size), equal_nan=True):
            raise AssertionError(
                f"{label}: along a random direction the gradient of {names[i]} is {component:.8g}, "
                f"finite differences give {expected:.8g}"
            )
