"""Layers against finite differences: modules, whose gradients backward computes, and classes that compute their own."""

import copy
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy

from ..autograd import grad
from ..func import functional_call
from ..functions.creation import tensor
from ..functions.joining import cat
from ..nn import Module, functional
from ..tensor import Tensor
from .gradients import as_inputs, parameters, places
from .parameters import arrays_in, chosen_parameters, follow, gradient_at, written
from .problems import Array, Miss, Problem, Tolerance, close, first_miss, holds_floats, to_float64
from .search import as_strategy, find, hold, is_strategy, shown, smaller
from .tracing import followed

__all__ = ["check_layer"]


def check_layer(
    layer: Any,
    inputs: Any = None,
    *,
    against: Callable[..., Any] | str | None = None,
    parameters: Sequence[str] | Mapping[str, str] | None = None,
    wrt: int | Sequence[int] | None = None,
    examples: int = 25,
    eps: float = 1e-6,
    rtol: float = 1e-4,
    atol: float = 1e-6,
) -> None:
    r"""Hold the gradients of a layer, for its inputs and its parameters, to finite differences.

    The layer, or a function or class that makes it, has `forward(x)` and `backward(dout)`, which gives the gradient of
    x, or a tuple of those of several inputs, and leaves those of parameters beside them: of `W` in `dW`, `grad_W`
    or `W_grad`; of `params` in `grads`, lists or dictionaries alike. Parameters are found, or named:
    `parameters=["W"]`, `{"W": "dW"}`. Of a `nn.Module` the gradients are those that backward computes.

    `inputs` is one input or a list of them, arrays or strategies of hypothesis (see `.strategies`), of which `examples`
    are tried; for a layer without parameters there are some. `against`, a function of Tensors, or the name of one in
    `nn.functional`, says what the forward should give: it is called with the inputs, and with those parameters that it
    names.

    >>> import numpy
    >>> class Affine:
    ...     def __init__(self, W, b):
    ...         self.W, self.b = W, b
    ...
    ...     def forward(self, x):
    ...         self.x = x
    ...         return x @ self.W + self.b
    ...
    ...     def backward(self, dout):
    ...         self.dW, self.db = self.x.T @ dout, dout
    ...         return dout @ self.W.T
    >>> check_layer(Affine(numpy.ones((2, 3)), numpy.ones(3)), numpy.ones((4, 2)))
    Traceback (most recent call last):
    AssertionError: the gradient of b is wrong: the sum over the broadcast dimension 0 is missing: it was repeated
    smallest counterexample: x = [[1.]], W = [[1.]], b = [1.]
    gradient that comes in: [[1.11]]
    expected gradient: [1.11], shape (1,)
    given gradient: [[1.11]], shape (1, 1)

    Raises:
        AssertionError: a gradient is wrong or missing, with the smallest counterexample and the mistake that it looks
            like; or the forward gives something else than `against`.
        TypeError: it is no layer.
        ValueError: there is nothing to check; a parameter that is named is not there; the forward is random.
    """
    tolerance = Tolerance(eps, rtol, atol)
    made = made_layer(layer)
    reference = getattr(functional, against, None) if isinstance(against, str) else against
    if against is not None and not callable(reference):
        raise ValueError(f"against is a function of Tensors or the name of one in nn.functional, got {against!r}")
    chosen = default_inputs(made) if inputs is None else inputs
    if any(map(is_strategy, as_inputs(chosen))):
        chosen = as_strategy(chosen)
    example = find(chosen, is_substantial, 200, shrink=True) if is_strategy(chosen) else chosen
    subject = (ByBackward if isinstance(made, Module) else ByHand)(made, as_arrays(example), parameters, wrt)
    problem = subject.problem(reference)

    def attempt(values: Any) -> Miss | None:
        return first_miss(problem, values, tolerance)

    own = [to_float64(x) for x in subject.arrays]
    values = chosen.map(lambda drawn: as_arrays(drawn) + own) if is_strategy(chosen) else as_arrays(chosen) + own
    if reference is not None:
        hold_forward(problem, values, examples)
    hold(attempt, values, tolerance, examples)


def made_layer(layer: Any) -> Any:
    """The layer itself, or what a class or function makes.

    Raises:
        TypeError: it has no forward, or no backward of its own.
    """
    if isinstance(layer, type) or (callable(layer) and not hasattr(layer, "forward")):
        try:
            inspect.signature(layer).bind()
        except TypeError as error:
            raise TypeError(
                f"{layer.__name__} needs arguments ({error}): pass a layer that is made, or a function that makes one"
            ) from None
        layer = layer()
    kind = type(layer).__name__
    if not callable(getattr(layer, "forward", None)):
        raise TypeError(f"a layer has forward(x) and backward(dout); {kind} has no forward")
    if not isinstance(layer, Module) and not callable(getattr(layer, "backward", None)):
        raise TypeError(f"a layer has forward(x) and backward(dout), or is a nn.Module; {kind} has no backward")
    return layer


def default_inputs(layer: Any) -> Any:
    """Inputs for a layer that takes any: batches of rows, away from 0, where many layers have a kink.

    Raises:
        ValueError: it is not known what the layer takes.
    """
    from .strategies import batches

    if isinstance(layer, Module) or list(arrays_in(layer)) or len(parameters_of(layer.forward)) != 1:
        raise ValueError("say what the layer is to be called on: check_layer(layer, x)")
    return batches(away_from=(0.0,))


def parameters_of(method: Callable[..., Any]) -> list[inspect.Parameter]:
    """The positional parameters of a bound method."""
    found = inspect.signature(method).parameters.values()
    return [each for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def as_arrays(drawn: Any) -> list[Any]:
    """The inputs as arrays, those of floats in float64."""
    arrays = [x.detach().numpy() if isinstance(x, Tensor) else x for x in as_inputs(drawn)]
    return [to_float64(x) if holds_floats(x) else x for x in arrays]


def is_substantial(drawn: Any) -> bool:
    """Whether inputs have elements to check."""
    return all(numpy.size(x) for x in as_arrays(drawn))


def hold_forward(problem: Problem, values: Any, examples: int) -> None:
    """Raise an AssertionError where the forward is not what it is held against, with the smallest counterexample."""
    (trace,) = problem.traces

    def wanted(drawn: Sequence[Any]) -> Array:
        return to_float64(trace([tensor(x) if isinstance(x, numpy.ndarray) else x for x in drawn]))

    def differs(drawn: Sequence[Any]) -> bool:
        return not close(to_float64(problem.forward(drawn)), wanted(drawn))

    def differs_quietly(drawn: Sequence[Any]) -> bool:
        try:
            return differs(drawn)
        except Exception:
            return False

    if is_strategy(values):
        found = find(values, differs, examples, shrink=True)
    else:
        found = values if differs(values) else None
        if found is not None and (strategy := smaller(found)) is not None:
            found = find(strategy, differs_quietly, 200, shrink=True) or found
    if found is not None:
        point = ", ".join(f"{name} = {shown(x)}" for name, x in zip(problem.names, found, strict=True))
        raise AssertionError(
            f"the forward is wrong\nsmallest counterexample: {point}\n"
            f"expected output: {shown(wanted(found))}\ngiven output: {shown(to_float64(problem.forward(found)))}"
        )


class Subject:
    """A layer under test: its inputs come first among the values of its problem, and then its parameters."""

    layer: Any
    arrays: list[Any]  # the parameters
    names: list[str]
    count: int  # of inputs
    checked: list[int]
    takes_g = True

    def forward(self, values: Sequence[Any]) -> Any:
        """The output for these inputs and parameters."""
        raise NotImplementedError

    def backward(self, values: Sequence[Any], g: Array) -> Sequence[Any]:
        """The gradients of the checked values."""
        raise NotImplementedError

    def problem(self, reference: Callable[..., Any] | None) -> Problem:
        """What is to be checked; the reference, where there is one, is called with the parameters that it names."""

        def by_reference(values: Sequence[Any]) -> Any:
            assert reference is not None
            taken = [name for name in parameters(reference)[self.count :] if name in self.names]
            return reference(*values[: self.count], **{name: values[self.names.index(name)] for name in taken})

        def by_layer(values: Sequence[Any]) -> Any:
            return followed(lambda *values: self.forward(values), values)

        traces = [self.forward, by_layer] if reference is None else [by_reference]
        return Problem(self.names, self.checked, self.forward, self.backward, traces, self.takes_g)


class ByBackward(Subject):
    """A module, whose gradients backward computes."""

    def __init__(self, layer: Module, inputs: Sequence[Any], named: Any, wrt: Any) -> None:
        self.layer = copy.deepcopy(layer).double()
        found = {name: p for name, p in self.layer.named_parameters() if p.requires_grad}
        if missing := [name for name in named or () if name not in found]:
            raise ValueError(f"the module has no parameter {missing[0]!r}; it has {', '.join(found) or 'none'}")
        found = {name: p for name, p in found.items() if named is None or name in named}
        self.arrays = [p.detach().numpy() for p in found.values()]
        self.keys, self.count = list(found), len(inputs)
        self.names = [*input_names(layer, len(inputs)), *found]
        own = range(self.count, len(self.names))
        floats = any(map(holds_floats, inputs))
        self.checked = [*(places(inputs, wrt) if floats or wrt is not None else []), *own]
        hold_still(self, [*inputs, *self.arrays])

    def forward(self, values: Sequence[Any]) -> Any:
        """The output, several as one."""
        given = [tensor(x) if isinstance(x, numpy.ndarray) else x for x in values]
        own = dict(zip(self.keys, given[self.count :], strict=True))
        return joined(functional_call(copy.deepcopy(self.layer), own, tuple(given[: self.count])))

    def backward(self, values: Sequence[Any], g: Array) -> Sequence[Any]:
        """The gradients that backward computes."""
        given: list[Any] = [tensor(x, requires_grad=True) if i in self.checked else x for i, x in enumerate(values)]
        output = self.forward(given)
        if not output.requires_grad:
            return [None] * len(self.checked)
        return grad(output, [given[i] for i in self.checked], tensor(g.astype(output.dtype)), allow_unused=True)


class ByHand(Subject):
    """An object with forward and backward of its own."""

    def __init__(self, layer: Any, inputs: Sequence[Any], named: Any, wrt: Any) -> None:
        self.layer, self.count = layer, len(inputs)
        taken = parameters_of(layer.backward)
        tried = copy.deepcopy(layer)
        before = dict(arrays_in(tried))
        values = {path: x.copy() for path, x in before.items()}
        output = to_float64(tried.forward(*[numpy.copy(x) if isinstance(x, numpy.ndarray) else x for x in inputs]))
        self.takes_g = any(each.default is each.empty for each in taken) or (bool(taken) and output.ndim > 0)
        after = dict(arrays_in(tried))
        steady = [path for path, x in before.items() if after.get(path) is x and numpy.array_equal(x, values[path])]
        returned = self.called_back(tried, numpy.ones(output.shape))
        self.gradient_of = chosen_parameters(tried, steady, named)
        self.arrays = [follow(layer, path) for path in self.gradient_of]
        self.names = [*input_names(layer, self.count), *map(written, self.gradient_of)]
        if not any(map(holds_floats, inputs)) and wrt is None:
            self.with_gradient = []
        elif wrt is None and not isinstance(returned, list | tuple):
            self.with_gradient = places(inputs, None)[:1]
        else:
            self.with_gradient = places(inputs, wrt)
        self.checked = [*self.with_gradient, *range(self.count, len(self.names))]
        if not self.checked:
            raise ValueError("there is nothing to check: no input holds floats, and the layer has no parameters")
        hold_still(self, [*inputs, *self.arrays])

    def called_back(self, layer: Any, g: Array) -> Any:
        """What backward returns."""
        return layer.backward(g) if self.takes_g else layer.backward()

    def copied(self, values: Sequence[Any]) -> tuple[Any, list[Any]]:
        """A layer with these parameters wherever it has its own, and the inputs, its to keep."""
        own = zip(self.arrays, values[self.count :], strict=True)
        layer = copy.deepcopy(self.layer, {id(x): copied(y) for x, y in own})
        return layer, list(map(copied, values[: self.count]))

    def forward(self, values: Sequence[Any]) -> Any:
        """The output."""
        layer, inputs = self.copied(values)
        return layer.forward(*inputs)

    def backward(self, values: Sequence[Any], g: Array) -> Sequence[Any]:
        """What backward returns for the inputs, and leaves for the parameters."""
        layer, inputs = self.copied(values)
        layer.forward(*inputs)
        returned = self.called_back(layer, g.copy())
        found = list(returned) if isinstance(returned, list | tuple) else [returned]
        if len(found) == self.count:
            found = [found[i] for i in self.with_gradient]
        if len(found) < len(self.with_gradient):
            raise AssertionError(f"backward gives {len(found)} gradients for {self.count} inputs")
        own = [gradient_at(layer, path, name) for path, name in self.gradient_of.items()]
        return [*found[: len(self.with_gradient)], *own]


def copied(x: Any) -> Any:
    """An array that may be written to; what is followed through the layer is left as it is."""
    return x.copy() if isinstance(x, numpy.ndarray) else x


def hold_still(subject: Subject, values: Sequence[Any]) -> None:
    """Raise if the same inputs give different outputs.

    Raises:
        ValueError: they do.
    """
    if not close(to_float64(subject.forward(values)), to_float64(subject.forward(values))):
        raise ValueError("the forward is random: the same input gives different outputs; seed it, or switch that off")


def input_names(layer: Any, count: int) -> list[str]:
    """What forward calls its inputs."""
    names = [each.name for each in parameters_of(layer.forward)]
    return names[:count] if len(names) >= count else [f"input {i}" for i in range(count)]


def joined(output: Any) -> Any:
    """Several outputs as one Tensor."""
    if isinstance(output, Tensor):
        return output
    parts = list(output.values()) if isinstance(output, Mapping) else list(output)
    return cat([joined(x).flatten() for x in parts if isinstance(x, Tensor | tuple | list | Mapping)])
