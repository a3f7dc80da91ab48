"""Optimizer: groups of parameters with their settings, a state for each parameter, and the loop over them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ..graph import enable_grad, no_grad
from ..nn.parameter import clear_gradients
from ..tensor import Tensor

__all__ = ["Optimizer", "check_settings"]

Group = dict[str, Any]


def check_settings(owner: str, **settings: float) -> None:
    """Refuse settings that are negative.

    Raises:
        ValueError: naming the first that is.
    """
    for name, value in settings.items():
        if not value >= 0:
            raise ValueError(f"{owner}: {name} must be 0 or more, got {value}")


class Optimizer:
    """What all optimizers share; a new one says in `update` how one parameter moves, or defines `step` itself.

    `param_groups` is a list of dictionaries: "params" and the settings of those parameters, from `defaults` where a
    group does not say otherwise. `state[p]` is a dictionary for each parameter.

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

    Raises:
        ValueError: there is no parameter, one is not a leaf, or one is in two groups.
        TypeError: what is given is no iterable of Tensors or of dictionaries.
    """

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, (Tensor, Mapping)) or not hasattr(params, "__iter__"):
            raise TypeError(f"params is an iterable of Tensors or of dictionaries, got {type(params).__name__}")
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        groups = list(params)
        if not groups:
            raise ValueError(
                f"{type(self).__name__} got an empty parameter list; a generator that was used before is empty too"
            )
        for group in groups if isinstance(groups[0], Mapping) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters, with settings of their own where the dictionary has them.

        Raises:
            ValueError: one is not a leaf, or comes twice.
            TypeError: a group is no dictionary, its params are a set, or one is no Tensor.
        """
        if not isinstance(param_group, Mapping):
            raise TypeError(f"a parameter group is a dictionary, got {type(param_group).__name__}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError("parameters come in an order, which a set does not have; use a list")
        params = [params] if isinstance(params, Tensor) else list(params)
        known = {p for group in self.param_groups for p in group["params"]}
        for p in params:
            if not isinstance(p, Tensor):
                raise TypeError(f"an optimizer moves Tensors, got {type(p).__name__}")
            if not p.is_leaf:
                raise ValueError(
                    f"can't optimize a non-leaf Tensor: the one of shape {p.shape} was computed by {p.grad_fn}; "
                    "optimize what it was computed from, or its detach().requires_grad_()"
                )
            if p in known:
                raise ValueError(f"a parameter of shape {p.shape} is given twice")
            known.add(p)
        self.param_groups.append({**self.defaults, **param_group, "params": params})

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            clear_gradients(group["params"], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Move every parameter that has a gradient; a closure that computes loss and gradients is called before.

        Returns the closure's loss.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    g = p.grad
                    if g is not None:
                        self.update(p, g, group)
        return loss

    def update(self, p: Tensor, g: Tensor, group: Group) -> None:
        """Move one parameter in place, given its gradient and the settings of its group; nothing is recorded."""
        raise NotImplementedError(
            f"{type(self).__name__} does not say how a parameter moves: give it a method update()"
        )

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with numbers in the place of parameters; the Tensors are shared.

        `{"state": {0: {..}, ..}, "param_groups": [{.., "params": [0, ..]}]}`, as PyTorch's.
        """
        places = {p: i for i, p in enumerate(self.parameters())}
        return {
            "state": {places[p]: dict(state) for p, state in self.state.items()},
            "param_groups": [{**group, "params": [places[p] for p in group["params"]]} for group in self.param_groups],
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the state and the settings of a state_dict; parameters are matched by their order.

        Floating state takes the dtype of its parameter, except the count of steps.

        Raises:
            ValueError: it has other groups, or other numbers of parameters in them; nothing is changed then.
        """
        own = [len(group["params"]) for group in self.param_groups]
        given = [len(group["params"]) for group in state_dict["param_groups"]]
        if own != given:
            raise ValueError(
                f"the state_dict has groups of {given} parameters, the optimizer groups of {own}; they must be equal"
            )
        loaded = deepcopy(dict(state_dict))
        keys = [key for group in loaded["param_groups"] for key in group["params"]]
        parameter = dict(zip(keys, self.parameters(), strict=True))
        self.state = defaultdict(dict)
        for key, state in loaded["state"].items():
            p = parameter[key]
            self.state[p] = {name: as_state(value, name, p) for name, value in state.items()}
        self.param_groups = [
            {**self.defaults, **group, "params": mine["params"]}
            for group, mine in zip(loaded["param_groups"], self.param_groups, strict=True)
        ]

    def parameters(self) -> list[Tensor]:
        """The parameters of all groups, in order."""
        return [p for group in self.param_groups for p in group["params"]]

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            settings = [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
            lines += [f"Parameter Group {i}", *settings]
        return "\n".join([*lines, ")"])


def as_state(value: Any, name: str, p: Tensor) -> Any:
    """A loaded piece of a parameter's state in the parameter's dtype."""
    floats = isinstance(value, Tensor) and value.dtype.kind == "f"
    return value.to(p.dtype) if floats and name != "step" else value
