"""Arguments that may be given one by one, as a sequence, or by name, beside PyTorch."""

import numpy as np
import pytest
import torch

from .compare import hold

X = np.arange(6.0).reshape(2, 3)
EITHER = {
    "permute": {"dims": (1, 0)},
    "reshape": {"shape": (3, 2)},
    "flip": {"dims": (0,)},
    "tile": {"dims": (2,)},
    "view": {"size": (3, 2)},
    "expand": {"size": (4, 2, 3)},
    "repeat": {"repeats": (2, 1)},
    "broadcast_to": {"size": (4, 2, 3)},
    "squeeze": {"dim": 0},
    "unsqueeze": {"dim": 0},
    "unflatten": {"dim": 0, "sizes": (1, 2)},
    "rot90": {"k": 1, "dims": (0, 1)},
    "roll": {"shifts": 1, "dims": 0},
    "movedim": {"source": 0, "destination": 1},
    "moveaxis": {"source": 0, "destination": 1},
    "transpose": {"dim0": 0, "dim1": 1},
    "swapaxes": {"axis0": 0, "axis1": 1},
    "swapdims": {"dim0": 0, "dim1": 1},
    "chunk": {"chunks": 2, "dim": 1},
    "split": {"split_size": 2, "dim": 1},
    "narrow": {"dim": 0, "start": 0, "length": 1},
    "select": {"dim": 0, "index": 0},
    "diagonal": {"offset": 0, "dim1": 0, "dim2": 1},
    "unfold": {"dimension": 1, "size": 2, "step": 1},
    "flatten": {"start_dim": 0, "end_dim": 1},
    "sum": {"dim": 0, "keepdim": True},
    "mean": {"axis": 0},
    "repeat_interleave": {"repeats": 2, "dim": 0},
    "diff": {"n": 0, "dim": 0},
}
NEW = {
    "zeros": {"size": (2,)},
    "ones": {"size": (2,)},
    "full": {"size": (2,), "fill_value": 1.0},
    "eye": {"n": 2, "m": 3},
    "arange": {"start": 0, "end": 3, "step": 1},
    "linspace": {"start": 0, "end": 3, "steps": 2},
    "tril_indices": {"row": 2, "col": 3, "offset": 1, "device": "cpu"},
    "triu_indices": {"row": 2, "col": 3, "offset": 1, "device": "cpu"},
}


@pytest.mark.parametrize("name", EITHER)
def test_by_name(name):
    if name != "view":  # PyTorch names the other arguments of the function split differently, and has no function view
        hold(lambda m, x: getattr(x, name)(**EITHER[name]), X)
    if hasattr(torch, name) and name != "split":
        hold(lambda m, x: getattr(m, name)(x, **EITHER[name]), X)
        hold(lambda m, x: getattr(m, name)(input=x, **EITHER[name]), X)
    hold(lambda m, x: x.view(size=(3, 2)), X)
    hold(lambda m, x: m.split(x, split_size_or_sections=2, dim=1), X)


@pytest.mark.parametrize("name", NEW)
def test_new_by_name(name):
    hold(lambda m: getattr(m, name)(**NEW[name]))


def test_an_empty_index_may_have_other_dimensions():
    hold(lambda m, x, i: m.gather(x, 0, i), np.arange(5.0), np.zeros((2, 0), np.int64))


def test_a_gradient_with_unit_spacing_by_none():
    hold(lambda m, x: m.gradient(x, spacing=None), np.arange(5.0) ** 2)
