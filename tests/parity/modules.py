"""Running one module with PyTorch and with us, from the same weights, and holding the two to each other."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn

from .compare import TOLERANCE, as_array, assert_same, flat, run


def as_arrays(state: Any) -> dict[str, Any]:
    """A state_dict's values as arrays of their own."""
    return {name: np.array(as_array(tensor)) for name, tensor in state.items()}


def held_state(mine: Any, reference: Any, told: str) -> None:
    """The same names in the same order, and the same shapes and dtypes."""
    state, expected = mine.state_dict(), reference.state_dict()
    assert list(state) == list(expected), told
    for name, tensor in state.items():
        assert tensor.shape == tuple(expected[name].shape), f"{told}: {name}"
        assert f"torch.{tensor.dtype}" == str(expected[name].dtype), f"{told}: {name}"


def hold_module(
    make: Callable[[Any], Any],
    *arrays: Any,
    call: Callable[[Any, Any], Any] | None = None,
    double: bool = True,
    training: bool = True,
    steps: int = 1,
) -> None:
    """Make a module with both libraries, give both the same weights, and hold everything that shows to PyTorch's.

    What shows: `repr`, the state_dict (names, order, shapes, dtypes, and values after `steps` calls), the results of a
    call, the gradients of its float inputs and of its parameters. `make(nn)` makes the module; `call(module, *inputs)`
    calls it where plain calling will not do. Arrays become Tensors; everything else is passed as it is.
    """
    mine = make(nn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reference = make(torch.nn)
    told = repr(reference)
    assert repr(mine) == told
    held_state(mine, reference, told)
    if double:
        mine, reference = mine.double(), reference.double()
    reference.load_state_dict({name: torch.tensor(array) for name, array in as_arrays(mine.state_dict()).items()})
    mine.train(training)
    reference.train(training)
    for _ in range(steps):
        results = []
        for m, module in ((tg, mine), (torch, reference)):
            module.zero_grad()

            def program(_m: Any, *inputs: Any, module: Any = module) -> Any:
                # a copy: a module that works in place must not be given a leaf
                copies = [x * 1 if hasattr(x, "requires_grad") and x.requires_grad else x for x in inputs]
                return call(module, *copies) if call else module(*copies)

            with warnings.catch_warnings():
                if m is torch:
                    warnings.simplefilter("ignore")
                found = run(program, m, list(arrays), True)
            results.append([*found, *[p.grad for p in module.parameters()]])
        ours, theirs = map(flat, results)
        assert len(ours) == len(theirs), f"{told}: {len(ours)} results, theirs {len(theirs)}"
        for i, (x, y) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(x, y, f"{told}: result {i}")
    held_state(mine, reference, told)
    for (name, array), expected in zip(
        as_arrays(mine.state_dict()).items(), as_arrays(reference.state_dict()).values(), strict=True
    ):
        tolerance = TOLERANCE.get(array.dtype.name, 0)
        np.testing.assert_allclose(array, expected, tolerance, tolerance, err_msg=f"{told}: {name}, {steps} calls")
