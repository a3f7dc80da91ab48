"""nn.utils.parametrize, parametrizations and prune beside PyTorch's."""

import pickle
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


@pytest.mark.parametrize("name", ["one", "two", "orthogonal by default", "spectral_norm", "spectral_norm, bias"])
def test_what_is_taken_off_leaves_the_original(name):
    mine, reference = PARAMETRIZED[name](nn), PARAMETRIZED[name](torch.nn)
    which = "bias" if name.endswith("bias") else "weight"
    reference.load_state_dict({key: torch.tensor(x.numpy()) for key, x in mine.state_dict().items()})
    for m, layer in ((nn, mine), (torch.nn, reference)):
        m.utils.parametrize.remove_parametrizations(layer, which, leave_parametrized=False)
    np.testing.assert_array_equal(getattr(mine, which).detach().numpy(), getattr(reference, which).detach().numpy())


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


def scores(layer):
    """Those of least weight matter most."""
    return 1 / layer.weight.detach().abs()


PRUNED = {
    "l1": lambda p, layer: p.l1_unstructured(layer, "weight", 0.4),
    "l1, a number": lambda p, layer: p.l1_unstructured(layer, "bias", 1),
    "l1, twice": lambda p, layer: p.l1_unstructured(p.l1_unstructured(layer, "weight", 0.4), "weight", 0.5),
    "norms": lambda p, layer: p.ln_structured(layer, "weight", 0.34, 2, 0),
    "norms of columns": lambda p, layer: p.ln_structured(layer, "weight", 2, 1, 1),
    "norms, twice": lambda p, layer: p.ln_structured(p.ln_structured(layer, "weight", 1, 2, 0), "weight", 1, 2, 0),
    "both ways": lambda p, layer: p.ln_structured(p.l1_unstructured(layer, "weight", 0.3), "weight", 1, 2, 1),
    "nothing": lambda p, layer: p.identity(layer, "weight"),
    "l1, by scores": lambda p, layer: p.l1_unstructured(layer, "weight", 0.4, scores(layer)),
    "norms, by scores": lambda p, layer: p.ln_structured(layer, "weight", 2, 2, 1, scores(layer)),
    "all together, by scores": lambda p, layer: p.global_unstructured(
        [(layer, "weight"), (layer, "bias")], p.L1Unstructured, {(layer, "weight"): scores(layer)}, amount=0.5
    ),
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
        layer.register_forward_pre_hook(lambda module, args: None)  # one that prunes nothing
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


def test_the_hooks_of_pruning_are_its_methods():
    found = []
    for m, n in ((tg, nn), (torch, torch.nn)):
        prune, layer = n.utils.prune, n.Conv1d(2, 4, 3)
        with m.no_grad():
            layer.weight.copy_(m.tensor(np.random.default_rng(0).normal(size=(4, 2, 3))))
        weight = layer.weight
        assert isinstance(prune.l1_unstructured(layer, "weight", 0.2), n.Conv1d)
        (first,) = layer._forward_pre_hooks.values()
        assert isinstance(first, prune.L1Unstructured)
        assert isinstance(prune.LnStructured.apply(layer, "weight", 1, n=2, dim=0), prune.PruningContainer)
        prune.ln_structured(layer, "weight", 1, n=float("inf"), dim=1)
        (hook,) = layer._forward_pre_hooks.values()
        found.append([hook._tensor_name, [type(each).__name__ for each in hook], len(hook), type(hook[0]).__name__])
        found[-1] += [layer.weight.tolist(), layer.weight_mask.tolist(), list(dict(layer.named_parameters()))]
        assert type(pickle.loads(pickle.dumps(layer))._forward_pre_hooks.popitem()[1]) is prune.PruningContainer
        prune.remove(layer, "weight")
        assert layer.weight is weight
        assert not layer._forward_pre_hooks
        found[-1] += [layer.weight.tolist(), list(layer.state_dict())]
    assert str(found[0]) == str(found[1])


def test_methods_of_pruning_by_themselves():
    found = []
    for m, n in ((tg, nn), (torch, torch.nn)):
        prune, t = n.utils.prune, m.arange(1.0, 9).reshape(2, 4)
        mask, all_of_them = m.tensor([[1, 1, 1, 0], [1, 1, 0, 1]]), prune.PruningContainer()
        all_of_them._tensor_name = "test"
        for method in (prune.L1Unstructured(2), prune.LnStructured(1, 2, 0), prune.LnStructured(1, 2, 1)):
            method._tensor_name = "another"
            with pytest.raises(ValueError, match="test"):
                all_of_them.add_pruning_method(method)
            method._tensor_name = "test"
            all_of_them.add_pruning_method(method)
            found.append(all_of_them.compute_mask(t, mask).tolist())
        for wrong in (10, "magnitude"):
            with pytest.raises(TypeError):
                all_of_them.add_pruning_method(wrong)
        method = prune.L1Unstructured(2)
        found += [method.prune(t, mask).tolist(), method.prune(t).tolist(), method.prune(t, mask, -1 / t).tolist()]
    assert found[:6] == found[6:]
