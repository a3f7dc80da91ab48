"""Running one program with PyTorch and with us, and holding the outcomes to each other."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

import tinygrad_edu as tg

OURS = (ValueError, TypeError, RuntimeError, IndexError, OverflowError)
THEIRS = (*OURS, NotImplementedError, AttributeError)
TOLERANCE = {"float64": 1e-10, "float32": 2e-5, "float16": 4e-3}


def flat(found: Any) -> list[Any]:
    """Tensors and other values in nested tuples, in order."""
    if isinstance(found, (tuple, list)):
        return [item for part in found for item in flat(part)]
    return [found]


def as_array(x: Any) -> Any:
    return x.detach().numpy() if isinstance(x, (tg.Tensor, torch.Tensor)) else np.asarray(x)


def assert_same(ours: Any, theirs: Any, what: str) -> None:
    """Hold dtype, shape and values of one result to PyTorch's."""
    if theirs is None or ours is None:
        assert ours is theirs, f"{what}: ours {ours!r}, theirs {theirs!r}"
        return
    ours, theirs = as_array(ours), as_array(theirs)
    assert ours.dtype == theirs.dtype, f"{what}: dtype {ours.dtype}, theirs {theirs.dtype}"
    assert ours.shape == theirs.shape, f"{what}: shape {ours.shape}, theirs {theirs.shape}"
    tolerance = TOLERANCE.get(theirs.dtype.name, 0)
    np.testing.assert_allclose(ours, theirs, tolerance, tolerance, err_msg=what)


def run(program: Callable[..., Any], m: Any, arrays: list[Any], backward: bool) -> list[Any]:
    """The results of a program on Tensors of these arrays, and the gradients of those that hold floats."""
    inputs = [m.from_numpy(np.array(x)) if isinstance(x, np.ndarray) else x for x in arrays]
    leaves = [x.requires_grad_() for x in inputs if hasattr(x, "dtype") and backward and as_array(x).dtype.kind == "f"]
    results = [x for x in flat(program(m, *inputs)) if x is not None]
    outputs = [x for x in results if getattr(x, "requires_grad", False) and not x.is_leaf]
    requires = [bool(getattr(x, "requires_grad", False)) for x in results]
    total: Any = 0
    for i, y in enumerate(outputs):
        # weights differ between elements, so that a gradient sent to the wrong place shows
        weights = np.cos(np.arange(as_array(y).size) + i).reshape(as_array(y).shape).astype(as_array(y).dtype)
        total = total + (y * m.from_numpy(np.array(weights))).sum()
    if outputs:
        total.backward()
    return [*results, *[x.grad for x in leaves], *requires]


def outcome(program: Callable[..., Any], m: Any, arrays: list[Any], backward: bool) -> Any:
    with warnings.catch_warnings():
        if m is torch:
            warnings.simplefilter("ignore")
        try:
            return run(program, m, arrays, backward)
        except Exception as error:
            if not isinstance(error, THEIRS if m is torch else OURS):
                raise
            return error


def hold(program: Callable[..., Any], *arrays: Any, backward: bool = True, lenient: bool = False) -> None:
    """Run a program with both libraries; both must give the same, or both must raise.

    `lenient`: where PyTorch refuses, we may compute.
    """
    theirs = outcome(program, torch, list(arrays), backward)
    ours = outcome(program, tg, list(arrays), backward)
    told = ", ".join(f"{x.dtype} {x.shape}" if isinstance(x, np.ndarray) else repr(x) for x in arrays)
    if isinstance(theirs, Exception):
        assert lenient or isinstance(ours, Exception), f"on {told}: theirs raises {theirs!r:.200}, ours gives {ours}"
        return
    assert not isinstance(ours, Exception), f"on {told}: ours raises {ours!r:.300}, theirs gives {theirs}"
    assert len(ours) == len(theirs), f"on {told}: {len(ours)} results, theirs {len(theirs)}"
    for i, (x, y) in enumerate(zip(ours, theirs, strict=True)):
        assert_same(x, y, f"on {told}: result {i}")
