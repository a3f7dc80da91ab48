"""What an optimizer is given: groups of parameters and settings, checked."""

from collections.abc import Mapping
from typing import Any

from ..autograd.hooks import retains_grad
from ..dtypes import float32, float64, get_default_dtype
from ..functions.creation import full
from ..tensor import Tensor

__all__ = [
    "Group",
    "as_group",
    "as_number",
    "check_betas",
    "check_pair",
    "check_settings",
    "check_ways",
    "counter",
    "next_step",
]

Group = dict[str, Any]


def as_group(given: Mapping[str, Any], defaults: dict[str, Any]) -> Group:
    """A group with a list of its parameters, their names apart from them, and all settings.

    Raises:
        ValueError: it has no "params", one is not a leaf, or some have names and some not.
        TypeError: it is no dictionary, its params are a set, or one is no Tensor.
    """
    if not isinstance(given, Mapping):
        raise TypeError(f"a parameter group is a dictionary, got {type(given).__name__}")
    if "params" not in given:
        raise ValueError(f'a parameter group needs an entry "params", this one has {sorted(given)}')
    params = given["params"]
    if isinstance(params, set):
        raise TypeError("parameters come in an order, which a set does not have; use a list")
    params = [params] if isinstance(params, Tensor) else list(params)
    names = [entry[0] for entry in params if isinstance(entry, tuple)]
    if names and len(names) < len(params):
        raise ValueError(f"only {len(names)} of {len(params)} parameters have names; give names to all or to none")
    params = [entry[1] if isinstance(entry, tuple) else entry for entry in params]
    for p in params:
        if not isinstance(p, Tensor):
            raise TypeError(f"an optimizer moves Tensors, got {type(p).__name__}")
        if not p.is_leaf and not retains_grad(p):
            raise ValueError(
                f"can't optimize a non-leaf Tensor: the one of shape {p.shape} was computed by {p.grad_fn}; "
                "optimize what it was computed from, or its detach().requires_grad_()"
            )
    group = {**given, "params": params}
    if names:
        group["param_names"] = names
    for name, value in defaults.items():
        group.setdefault(name, value)
    return group


def check_settings(owner: str, **settings: Any) -> None:
    """Refuse settings that are negative.

    Raises:
        ValueError: naming the first that is, or a Tensor of more than one element.
        TypeError: naming the first that is no number.
    """
    for name, value in settings.items():
        if isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError(f"{owner}: {name} is a number or a Tensor of one element, got one of shape {value.shape}")
        try:
            right = value >= 0
        except TypeError:
            raise TypeError(f"{owner}: {name} is a number, got a {type(value).__name__}") from None
        if not right:
            raise ValueError(f"{owner}: {name} must be 0 or more, got {value}")


def check_betas(owner: str, betas: tuple[Any, ...]) -> None:
    """Refuse decay rates of moving averages that are not two, or not from 0 up to, but not, 1.

    Raises:
        ValueError: there are not two, or naming the first that is not.
    """
    check_pair(owner, "betas", betas)
    for i, beta in enumerate(betas):
        if not 0 <= beta < 1:
            raise ValueError(f"{owner}: betas[{i}] must be from 0 up to, but not, 1, got {beta}")


def check_pair(owner: str, name: str, pair: tuple[Any, ...]) -> None:
    """Refuse a setting of more or fewer than two numbers.

    Raises:
        ValueError: it is one.
    """
    if len(pair) != 2:
        raise ValueError(f"{owner}: {name} are two numbers, got {pair}")


def check_ways(owner: str, ways: dict[str, Any]) -> None:
    """Take `foreach`, `fused` and `capturable`, by which PyTorch computes the same step: here there is one way.

    Raises:
        TypeError: another argument was given.
        ValueError: a step is to be differentiable.
    """
    for name, value in ways.items():
        if name not in ("foreach", "fused", "capturable", "differentiable"):
            raise TypeError(f"{owner} got an unexpected argument {name!r}")
        if name == "differentiable" and value:
            raise ValueError(f"{owner}: steps write to the parameters; optim.unrolled has differentiable ones")


def as_number(value: Any) -> Any:
    """A setting that is a Tensor of one element as one without dimensions."""
    return value.squeeze() if isinstance(value, Tensor) else value


def counter(start: float = 0) -> Any:
    """A number among the state; in float32 as PyTorch's, also beside parameters of other dtypes."""
    return full((), start, dtype=float64 if get_default_dtype() == float64 else float32)


def next_step(state: dict[str, Any]) -> float:
    """Count one step more of a parameter; how many there are with it."""
    count: float = state["step"].item() + 1
    state["step"].fill_(count)
    return count
