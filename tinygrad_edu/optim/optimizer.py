"""Optimizer: groups of parameters with their settings, a state for each parameter, and the loop over them."""

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import numpy

from ..functions import multiply_add as multiply_add  # gives Tensor lerp_, addcmul_ and addcdiv_
from ..grad_mode import enable_grad, grad_enabled
from ..nn.parameter import clear_gradients
from ..recording import in_library
from ..tensor import Tensor
from ..told import guard_methods
from .blocks import WHOLE, Blocks
from .grouping import Group, as_group, counter
from .hooks import Hooked, with_hooks
from .packing import Packs, fewest_of

__all__ = ["Optimizer"]


class Optimizer(Hooked):
    """What all optimizers share; a new one says in `update` how one parameter moves, or defines `step` itself.

    `params` gives Tensors, pairs (name, Tensor), or dictionaries with such "params" and settings of their own.
    `param_groups` is a list of dictionaries: "params" and the settings of those parameters, from `defaults` where a
    group does not say otherwise. `state[p]` is a dictionary for each parameter. Those that PyTorch has take its
    `foreach`, `fused` and `capturable` too, which choose among its ways to compute a step: here they change nothing.

    >>> from tinygrad_edu import nn, ones
    >>> class Sign(Optimizer):
    ...     def __init__(self, params, lr=0.1):
    ...         super().__init__(params, {"lr": lr})
    ...
    ...     def update(self, p, g, group):
    ...         p.add_(g.sign(), alpha=-group["lr"])
    >>> p = nn.Parameter(ones(2))
    >>> (p * p).sum().backward()
    >>> Sign([p]).step()
    >>> p.tolist()
    [0.8999999761581421, 0.8999999761581421]

    Gradients add up until they are cleared, so that several small batches make the step of a large one:

    >>> optimizer = Sign([p], lr=0.5)
    >>> optimizer.zero_grad()
    >>> batches = [ones(2), -3 * ones(2), 2 * ones(2), 4 * ones(2)]
    >>> for i, x in enumerate(batches, start=1):
    ...     loss = (p * x).sum() / 2  # the mean over two batches
    ...     loss.backward()
    ...     if i % 2 == 0:
    ...         optimizer.step()
    ...         optimizer.zero_grad()
    ...         print(p)
    Parameter containing:
    tensor([1.4000, 1.4000], requires_grad=True)
    Parameter containing:
    tensor([0.9000, 0.9000], requires_grad=True)

    Raises:
        ValueError: there is no parameter, one is not a leaf, or one is in two groups; some have names and some not.
        TypeError: what is given is no iterable of Tensors or of dictionaries.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, Mapping)) or not hasattr(params, "__iter__"):
            given = type(params).__name__
            advice = "; put it in a list" if isinstance(params, Tensor) else ""
            advice = "; give its parameters()" if hasattr(params, "parameters") else advice
            advice = "; call it" if given == "method" else advice
            raise TypeError(f"params is an iterable of Tensors or of dictionaries, got {given}{advice}")
        self.__setstate__({"defaults": defaults, "state": defaultdict(dict), "param_groups": []})
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{type(self).__name__} got an empty parameter list; a generator that was used before is empty too"
            )
        for group in groups if isinstance(groups[0], Mapping) else [{"params": groups}]:
            self.add_param_group(group)

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if "step" in vars(cls):
            cls.step = with_hooks(cls.step)  # type: ignore[method-assign]
        guard_methods(cls, "__init__")

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.defaults: dict[str, Any] = state["defaults"]
        self.state: defaultdict[Any, dict[str, Any]] = state["state"]
        self.param_groups: list[Group] = state["param_groups"]
        self._packs: defaultdict[int, Packs] = defaultdict(Packs)  # by the number of the group
        self._blocks = Blocks()
        self._begin_hooks()
        self._opt_called = False  # whether a step was made: a schedule's step comes after it

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add parameters, with settings of their own where the dictionary has them.

        Raises:
            ValueError: one is not a leaf, or is in another group; some have names and some not.
            TypeError: a group is no dictionary, its params are a set, or one is no Tensor.
        """
        group = as_group(param_group, self.defaults)
        params = group["params"]
        if len(set(params)) < len(params):
            warnings.warn("a parameter is given twice in one group, and will be moved twice in a step", stacklevel=2)
        for other in self.param_groups:
            if ("param_names" in group) != ("param_names" in other):
                raise ValueError(
                    "some groups of parameters have names and some have none; give names to all or to none"
                )
            if twice := set(params).intersection(other["params"]):
                raise ValueError(f"a parameter of shape {twice.pop().shape} is given twice, in two groups")
        self.param_groups.append(group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            clear_gradients(group["params"], set_to_none)

    @with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; a closure that computes loss and gradients is called before.

        Returns the closure's loss.

        Raises:
            ValueError: a setting or a piece of the state, replaced since, is of a kind that no step can be made with.
        """
        loss = None
        if closure is not None:
            if not callable(closure):
                raise TypeError(f"step() takes a function that computes the loss, got {type(closure).__name__}")
            with enable_grad():
                loss = closure()
        mode = grad_enabled.set(False)
        try:
            for i, group in enumerate(self.param_groups):
                uphill = group.get("maximize", False)
                for p in self._packs[i].move(self, group):
                    g = p.grad
                    if g is None or (p._array.nbytes > WHOLE and self._blocks.move(p, self, group)):
                        continue
                    self.update(p, -g if uphill else g, group)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            if wrong := what_is_wrong(self, error):
                raise ValueError(f"{type(self).__name__} cannot make a step: {wrong}") from error
            raise
        finally:
            grad_enabled.reset(mode)
        return loss

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """Move one parameter in place; nothing is recorded.

        Given are its gradient (its negative where the group has `maximize`), and the settings of its group. An update
        that is marked as `elementwise` is given many small parameters as one, laid end to end.
        """
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a parameter moves: give it a method update()"
        )

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with numbers in the place of parameters; the Tensors are shared.

        `{"state": {0: {..}, ..}, "param_groups": [{.., "params": [0, ..]}]}`, as PyTorch's.
        """
        self._call_hooks("state_dict_pre")
        places: dict[Any, int] = {}
        for i, p in enumerate(self.parameters()):
            places.setdefault(p, i)
        state_dict = {
            "state": {places.get(p, p): state for p, state in self.state.items()},
            "param_groups": [{**group, "params": [places[p] for p in group["params"]]} for group in self.param_groups],
        }
        return self._changed_by_hooks("state_dict_post", state_dict)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the settings of a state_dict, as copies; parameters are matched by their order.

        State takes the dtype of its parameter, except the count of steps.

        Raises:
            ValueError: it is no state_dict of an optimizer, or has other groups, other numbers of parameters in them,
                or the state of parameters of other shapes; nothing is changed then.
        """
        if isinstance(state_dict, Mapping):
            state_dict = self._changed_by_hooks("load_state_dict_pre", dict(state_dict))
        check_state_dict(state_dict)
        own = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in state_dict["param_groups"]]
        if own != given:
            raise ValueError(
                f"the state_dict has groups of {given} parameters, the optimizer groups of {own}; they must be equal"
            )
        loaded = deepcopy(state_dict)
        keys = [key for group in loaded["param_groups"] for key in group["params"]]
        parameter = dict(zip(keys, self.parameters(), strict=True))
        states: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for key, state in loaded["state"].items():
            p = parameter.get(key)
            if p is not None:
                check_state(key, state, p, type(self).update in fewest_of)
            states[key if p is None else p] = state if p is None else as_state(state, p)
        self.state = states
        self.param_groups = [
            {**self.defaults, **names_of(mine), **group, "params": mine["params"]}
            for group, mine in zip(loaded["param_groups"], self.param_groups, strict=True)
        ]
        self._call_hooks("load_state_dict_post")

    def parameters(self) -> list[Tensor]:
        """The parameters of all groups, in order."""
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            settings = [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
            lines += [f"Parameter Group {i}", *settings]
        return "\n".join([*lines, ")"])


def check_state_dict(state_dict: Any) -> None:
    """Refuse what is no state_dict of an optimizer.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= state_dict.keys():
        given = f"the keys {list(state_dict)!r:.200}" if isinstance(state_dict, Mapping) else f"{state_dict!r:.60}"
        raise ValueError(f'the state_dict of an optimizer has "state" and "param_groups", got {given}')
    if not isinstance(state_dict["state"], Mapping):
        raise ValueError(f'the "state" of a state_dict is a dictionary, got {type(state_dict["state"]).__name__}')
    groups = state_dict["param_groups"]
    if not isinstance(groups, (list, tuple)) or not all(isinstance(group, Mapping) for group in groups):
        raise ValueError(f'the "param_groups" of a state_dict are a list of dictionaries, got {groups!r:.60}')
    if not all(isinstance(group.get("params"), (list, tuple)) for group in groups):
        raise ValueError('each of the "param_groups" of a state_dict has "params", the numbers of its parameters')


def check_state(key: Any, state: Any, p: Tensor, elementwise: bool) -> None:
    """Refuse what cannot be the state of a parameter; of an elementwise update it has the parameter's shape.

    Raises:
        ValueError: it is no dictionary, or belongs to a parameter of another shape.
    """
    if not isinstance(state, Mapping):
        raise ValueError(f"the state of parameter {key} is a dictionary, got {type(state).__name__}")
    for name, value in state.items() if elementwise else ():
        if isinstance(value, Tensor) and value.ndim and value.shape != p.shape:
            raise ValueError(
                f"the state of parameter {key} has {name!r} of shape {value.shape}, but the parameter is of shape "
                f"{p.shape}: it is the state of another model"
            )


def names_of(group: Group) -> Group:
    """The names of a group's parameters, if they have any."""
    return {"param_names": group["param_names"]} if "param_names" in group else {}


def as_state(value: Any, p: Tensor) -> Any:
    """A loaded piece of a parameter's state, however deep, in the parameter's dtype."""
    if isinstance(value, dict):
        return {name: as_count(part) if name == "step" else as_state(part, p) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([as_state(part, p) for part in value])
    return value.to(p.dtype) if isinstance(value, Tensor) and p.dtype.kind == "f" else value


def as_count(step: Any) -> Any:
    """A loaded count of steps, which PyTorch once kept as a number."""
    return counter(step) if isinstance(step, (int, float)) else step


def what_is_wrong(optimizer: Optimizer, error: Exception) -> str | None:
    """Which setting or piece of the state cannot be what an update takes, if one is of another kind than it was."""
    for i, group in enumerate(optimizer.param_groups):
        for name, default in optimizer.defaults.items():
            if name not in group:
                return f"param_groups[{i}] has no {name!r}"
            if not alike(group[name], default):
                return (
                    f"param_groups[{i}][{name!r}] is {group[name]!r:.60}, where something like {default!r:.60} belongs"
                )
    if not in_library[type(optimizer).update.__code__.co_filename]:
        return None
    for i, p in enumerate(optimizer.parameters()):
        for name, value in optimizer.state.get(p, {}).items():
            if not isinstance(value, Tensor if isinstance(error, AttributeError) else (Tensor, int, float)):
                return f"the state of parameter {i} has {value!r:.60} as {name!r}, where a Tensor belongs"
    return f"the state of a parameter has no {error}" if isinstance(error, KeyError) else None


def alike(value: Any, default: Any) -> bool:
    """Whether a setting is of the kind of its default: numbers and Tensors of one are alike, and tuples of them."""
    if isinstance(default, (tuple, list)):
        return isinstance(value, (tuple, list)) and len(value) == len(default) and all(map(alike, value, default))
    if isinstance(default, (int, float, Tensor)):
        return isinstance(value, (int, float, Tensor, numpy.number, numpy.bool))
    return True
