"""nn.utils.parametrize, parametrizations and prune beside PyTorch's."""

import warnings
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.utils.prune

import tinygrad_edu as tg
from tinygrad_edu import nn

from .modules import hold_module


def symmetric(nn: Any) -> Any:
    class Symmetric(nn.Module):
        def forward(self, x):
            return x.triu() + x.triu(1).transpose(-1, -2)

        def right_inverse(self, x):
            return x.triu()

    return Symmetric()


def scaled(nn: Any) -> Any:
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm = nn.LayerNorm(3)

        def forward(self, x):
            return self.norm(x)

    return Scaled()


def stacked(nn: Any, *parts: Any) -> Any:
    layer = nn.Linear(3, 3)
    for part in parts:
        nn.utils.parametrize.register_parametrization(layer, "weight", part(nn))
    return layer


PARAMETRIZED = {
    "one": lambda nn: stacked(nn, symmetric),
    "two": lambda nn: stacked(nn, symmetric, scaled),
    "without an inverse": lambda nn: stacked(nn, scaled),
    "weight_norm": lambda nn: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3)),
    "weight_norm, conv": lambda nn: nn.utils.parametrizations.weight_norm(nn.Conv2d(4, 3, 2), dim=1),
    "weight_norm, whole": lambda nn: nn.utils.parametrizations.weight_norm(nn.Linear(4, 3), dim=None),
    **{
        f"orthogonal, {shape}, {how}{'' if base else ', without base'}": (
            lambda nn, shape=shape, how=how, base=base: nn.utils.parametrizations.orthogonal(
                nn.Linear(*shape), "weight", how, use_trivialization=base
            )
        )
        for shape in [(4, 4), (4, 6), (4, 2)]
        for how in ("matrix_exp", "cayley", "householder")
        for base in (True, False)
    },
    "orthogonal by default": lambda nn: nn.utils.parametrizations.orthogonal(nn.Linear(4, 3)),
    "spectral_norm": lambda nn: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3)),
    "spectral_norm, transposed": lambda nn: nn.utils.parametrizations.spectral_norm(nn.ConvTranspose2d(4, 3, 2)),
    "spectral_norm, bias": lambda nn: nn.utils.parametrizations.spectral_norm(nn.Linear(4, 3), "bias"),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", PARAMETRIZED)
def test_parametrized_layers(name, training):
    shape = (2, 4, 5, 5) if "conv" in name or "transposed" in name else (5, 3 if "Linear" in name else 4)
    shape = (5, 3) if name in ("one", "two", "without an inverse") else shape
    hold_module(PARAMETRIZED[name], np.random.default_rng(0).normal(size=shape), training=training, steps=2)


@pytest.mark.parametrize("name", PARAMETRIZED)
def test_removal(name):
    mine, reference = PARAMETRIZED[name](nn), PARAMETRIZED[name](torch.nn)
    which = "bias" if name.endswith("bias") else "weight"
    for m, layer in ((nn, mine), (torch.nn, reference)):
        assert m.utils.parametrize.is_parametrized(layer)
        assert m.utils.parametrize.is_parametrized(layer, which)
        m.utils.parametrize.remove_parametrizations(layer, which)
        assert not m.utils.parametrize.is_parametrized(layer)
    assert type(mine).__name__ == type(reference).__name__
    assert list(mine.state_dict()) == list(reference.state_dict())


def test_a_state_with_the_older_names_of_weight_norm():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        older = torch.nn.utils.weight_norm(torch.nn.Linear(4, 3))
    mine = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    mine.load_state_dict({name: tg.from_numpy(x.numpy()) for name, x in older.state_dict().items()})
    np.testing.assert_allclose(mine.weight.detach().numpy(), older.weight.detach().numpy(), rtol=1e-5)


PRUNED = {
    "l1": lambda p, layer: p.l1_unstructured(layer, "weight", 0.4),
    "l1, a number": lambda p, layer: p.l1_unstructured(layer, "bias", 1),
    "l1, twice": lambda p, layer: p.l1_unstructured(p.l1_unstructured(layer, "weight", 0.4), "weight", 0.5),
    "norms": lambda p, layer: p.ln_structured(layer, "weight", 0.34, 2, 0),
    "norms of columns": lambda p, layer: p.ln_structured(layer, "weight", 2, 1, 1),
    "norms, twice": lambda p, layer: p.ln_structured(p.ln_structured(layer, "weight", 1, 2, 0), "weight", 1, 2, 0),
    "both ways": lambda p, layer: p.ln_structured(p.l1_unstructured(layer, "weight", 0.3), "weight", 1, 2, 1),
    "nothing": lambda p, layer: p.identity(layer, "weight"),
    "all together": lambda p, layer: p.global_unstructured(
        [(layer, "weight"), (layer, "bias")], p.L1Unstructured, amount=0.5
    ),
}


@pytest.mark.parametrize("removed", [False, True])
@pytest.mark.parametrize("name", PRUNED)
def test_pruned_layers(name, removed):
    weight = np.random.default_rng(1).permutation(20).astype("float32").reshape(4, 5) - 9.3
    bias = np.array([3.0, -1.0, 0.25, 8.0], "float32")
    found = []
    for m, n in ((tg, nn), (torch, torch.nn)):
        layer = n.Linear(5, 4)
        layer.load_state_dict({"weight": m.tensor(weight), "bias": m.tensor(bias)})
        PRUNED[name](n.utils.prune, layer)
        assert n.utils.prune.is_pruned(layer)
        out = layer(m.ones(2, 5))
        out.sum().backward()
        gradients = [p.grad.numpy() for p in layer.parameters()]
        if removed:
            for which in ("weight", "bias"):
                if hasattr(layer, f"{which}_mask"):
                    held = getattr(layer, f"{which}_orig")
                    n.utils.prune.remove(layer, which)
                    assert getattr(layer, which) is held
        found.append((layer.state_dict(), out, gradients))
    (mine, out, gradients), (reference, expected, theirs) = found
    assert list(mine) == list(reference)
    for x, y in zip([*mine.values(), out], [*reference.values(), expected], strict=True):
        np.testing.assert_allclose(x.detach().numpy(), y.detach().numpy(), rtol=1e-6)
    for x, y in zip(gradients, theirs, strict=True):
        np.testing.assert_allclose(x, y)
