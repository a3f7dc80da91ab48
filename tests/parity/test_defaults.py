"""What an argument is where it is not given: the same as in PyTorch, in every signature that both have."""

import inspect

import pytest
import torch
import torch.nn.utils.prune
import torch.optim.swa_utils
import torch.utils.data

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

PLACES = {
    "": (tg, torch),
    "nn": (nn, torch.nn),
    "nn.functional": (nn.functional, torch.nn.functional),
    "nn.init": (nn.init, torch.nn.init),
    "nn.utils": (nn.utils, torch.nn.utils),
    "nn.utils.prune": (nn.utils.prune, torch.nn.utils.prune),
    "optim": (optim, torch.optim),
    "optim.lr_scheduler": (optim.lr_scheduler, torch.optim.lr_scheduler),
    "optim.swa_utils": (optim.swa_utils, torch.optim.swa_utils),
    "distributions": (tg.distributions, torch.distributions),
    "data": (tg.data, torch.utils.data),
}
OTHERS = {
    ("Sequential.pop", "key"),  # as that of a list
    ("ModuleList.pop", "key"),
    ("random_split", "generator"),  # the one of all, by the name None
    ("load", "mmap"),
    ("load", "weights_only"),  # nothing else is there
    ("save", "pickle_module"),
    ("meshgrid", "indexing"),  # what PyTorch says it will be
}


def signatures(ours, theirs):
    """Functions, constructors and methods of the same names, with the parameters of both."""
    for name in sorted(set(dir(ours)) & set(dir(theirs))):
        one, other = getattr(ours, name), getattr(theirs, name)
        if name.startswith("_") or not callable(one):
            continue
        pairs = {name: (one, other)}
        if inspect.isclass(one):
            pairs[name] = one.__init__, other.__init__
            methods = [x for x in dir(one) if x[0] != "_" and callable(getattr(one, x)) and hasattr(other, x)]
            pairs.update({f"{name}.{x}": (getattr(one, x), getattr(other, x)) for x in methods})
        for told, both in pairs.items():
            try:
                yield told, *[inspect.signature(x).parameters for x in both]
            except (TypeError, ValueError):  # PyTorch's C++ has no signatures
                continue


def shown(default):
    """A function by its name: each package has its own."""
    return default.__name__ if inspect.isfunction(default) else default


@pytest.mark.parametrize("place", PLACES)
def test_defaults_are_pytorchs(place):
    count = 0
    for name, ours, theirs in signatures(*PLACES[place]):
        for key in ours.keys() & theirs.keys():
            if (name, key) not in OTHERS:
                count += 1
                assert shown(ours[key].default) == shown(theirs[key].default), f"{place}.{name}, {key}"
    assert count > 20
