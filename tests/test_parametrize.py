"""Parametrized and pruned modules: assignment, caching, copies, what is refused, and hooks of all modules."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.nn import hooks
from tinygrad_edu.nn.utils import parametrize, prune


class Exponential(nn.Module):
    """Positive weights; how often they are computed is counted."""

    count = 0

    def forward(self, x):
        type(self).count += 1
        return x.exp()

    def right_inverse(self, x):
        return x.log()


class OneWay(nn.Module):
    def forward(self, x):
        return x * x


def positive():
    layer = nn.Linear(2, 2)
    with tg.no_grad():
        layer.weight.abs_().add_(0.1)
    return parametrize.register_parametrization(layer, "weight", Exponential())


def test_the_value_stays_and_is_learned_through_the_parametrization():
    layer = nn.Linear(2, 2)
    with tg.no_grad():
        before = layer.weight.abs_().add_(0.1).numpy().copy()
    held = layer.weight
    parametrize.register_parametrization(layer, "weight", Exponential())
    np.testing.assert_allclose(layer.weight.detach().numpy(), before, rtol=1e-5)
    assert layer.parametrizations.weight.original is held
    layer(tg.ones(1, 2)).sum().backward()
    np.testing.assert_allclose(held.grad.numpy(), before, rtol=1e-5)
    assert type(layer).__name__ == "ParametrizedLinear"
    assert isinstance(layer, nn.Linear)
    assert parametrize.type_before_parametrizations(layer) is nn.Linear


def test_assignment_goes_to_the_original():
    layer = positive()
    layer.weight = tg.full((2, 2), 3.0)
    np.testing.assert_allclose(layer.weight.detach().numpy(), 3, rtol=1e-6)
    np.testing.assert_allclose(layer.parametrizations.weight.original.detach().numpy(), np.log(3), rtol=1e-6)
    one_way = parametrize.register_parametrization(nn.Linear(2, 2), "weight", OneWay())
    with pytest.raises(RuntimeError, match="OneWay has no right_inverse"):
        one_way.weight = tg.ones(2, 2)


def test_within_cached_it_is_computed_once():
    layer = positive()
    Exponential.count = 0
    with parametrize.cached():
        layer(layer(tg.ones(1, 2)))
        with parametrize.cached():
            assert layer.weight is layer.weight
        assert Exponential.count == 1
    assert layer.weight is not layer.weight
    assert not parametrize.kept


def test_copies_and_pickles_are_apart():
    layer = positive()
    x = tg.ones(1, 2)
    for again in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert parametrize.is_parametrized(again, "weight")
        assert again(x).tolist() == layer(x).tolist()
        again.weight = tg.ones(2, 2)
        assert again(x).tolist() != layer(x).tolist()
    assert repr(copy.deepcopy(layer)) == repr(layer)


def test_a_buffer_and_what_was_there_before():
    norm = nn.BatchNorm1d(3)
    parametrize.register_parametrization(norm, "running_var", OneWay())
    parametrize.register_parametrization(norm, "bias", OneWay())
    assert "parametrizations.running_var.original" in norm.state_dict()
    parametrize.remove_parametrizations(norm, "running_var", leave_parametrized=False)
    assert parametrize.is_parametrized(norm, "bias")
    assert "running_var" in dict(norm.named_buffers())
    parametrize.remove_parametrizations(norm, "bias")
    assert type(norm) is nn.BatchNorm1d


@pytest.mark.parametrize("how", ["matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (3, 5)])
def test_an_orthogonal_weight_stays_so_in_training(sizes, how):
    tg.manual_seed(0)
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(*sizes), "weight", how)
    before = layer.weight.detach()
    optimizer = tg.optim.SGD(layer.parameters(), lr=0.2)
    for _ in range(3):
        optimizer.zero_grad()
        (layer(tg.randn(8, sizes[0])) ** 4).mean().backward()
        optimizer.step()
    weight = layer.weight.detach()
    assert not tg.allclose(weight, before, atol=1e-3)
    product = weight @ weight.T if sizes[1] < sizes[0] else weight.T @ weight
    assert tg.allclose(product, tg.eye(min(sizes)), atol=1e-5)
    layer.weight = before
    assert tg.allclose(layer.weight, before, atol=1e-5)


def test_other_tensors_of_a_parametrized_module_are_attributes():
    layer = nn.utils.parametrizations.orthogonal(nn.Linear(2, 2))
    layer.note = tg.ones(3)
    assert layer.note.tolist() == [1.0, 1.0, 1.0]
    layer.bias = nn.Parameter(tg.ones(2))
    assert layer.bias.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("use_trivialization", [True, False])
@pytest.mark.parametrize("sizes", [(4, 4), (5, 3), (3, 5)])
def test_an_orthogonal_weight_takes_what_is_assigned(sizes, use_trivialization):
    for seed in range(4):
        q = np.linalg.qr(np.random.default_rng(seed).standard_normal((max(sizes), min(sizes))))[0].astype("f4")
        layer = nn.utils.parametrizations.orthogonal(
            nn.Linear(*sizes), orthogonal_map="householder", use_trivialization=use_trivialization
        )
        given = tg.from_numpy(q if sizes[1] > sizes[0] else q.T if sizes[0] > sizes[1] else q)
        layer.weight = given
        assert tg.allclose(layer.weight, given, atol=1e-5)


def test_what_orthogonal_refuses():
    orthogonal = nn.utils.parametrizations.orthogonal
    with pytest.raises(ValueError, match="no parameter or buffer 'bias' of two dimensions"):
        orthogonal(nn.Linear(2, 2), "bias")
    with pytest.raises(ValueError, match="got 'euler'"):
        orthogonal(nn.Linear(2, 2), orthogonal_map="euler")
    with pytest.raises(ValueError, match=r"of shape \(2, 2\) cannot be given"):
        orthogonal(nn.Linear(2, 2)).weight = tg.eye(3)
    layer = orthogonal(nn.Linear(2, 2), use_trivialization=False)
    with pytest.raises(NotImplementedError, match="no inverse"):
        layer.weight = tg.eye(2)


def test_what_parametrize_refuses():
    class Wider(nn.Module):
        def forward(self, x):
            return tg.cat([x, x])

    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="not have a parameter or buffer 'wait'"):
        parametrize.register_parametrization(layer, "wait", OneWay())
    with pytest.raises(ValueError, match="may not change the shape"):
        parametrize.register_parametrization(layer, "weight", Wider())
    assert list(layer.state_dict()) == ["weight", "bias"]
    parametrize.register_parametrization(layer, "weight", Wider(), unsafe=True)
    assert layer.weight.shape == (4, 2)
    with pytest.raises(ValueError, match=r"does not have a parametrization"):
        parametrize.remove_parametrizations(layer, "bias")
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="computed of 2 originals"):
        parametrize.remove_parametrizations(normed, "weight", leave_parametrized=False)
    with pytest.raises(ValueError, match="no parameter 'wait'"):
        nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2), "wait")


@pytest.mark.parametrize(
    ("inverse", "message"),
    [
        (lambda x: None, "must return a Tensor or a Sequence of Tensors, got NoneType"),
        (lambda x: [x, 1], "element 1 of the sequence with type int"),
        (lambda x: x.double(), "may not change the dtype"),
        (lambda x: [x, x], "positional argument"),
    ],
)
def test_an_inverse_that_cannot_be_changes_nothing(inverse, message):
    class Odd(nn.Module):
        def forward(self, x):
            return x

        def right_inverse(self, x):
            return inverse(x)

    layer = nn.Linear(2, 2)
    before = layer.weight.tolist()
    with pytest.raises((ValueError, TypeError), match=message):
        parametrize.register_parametrization(layer, "weight", Odd())
    assert not parametrize.is_parametrized(layer)
    assert layer.weight.tolist() == before


def test_parametrizations_are_in_the_mode_of_the_module():
    layer = nn.Linear(2, 2).eval()
    parametrize.register_parametrization(layer, "weight", OneWay())
    assert not layer.parametrizations.weight[0].training


def test_transfer():
    source = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    target = parametrize.transfer_parametrizations_and_params(source, nn.Linear(3, 2))
    assert target.weight.tolist() == source.weight.tolist()
    assert target.parametrizations.weight.original0 is source.parametrizations.weight.original0
    assert not parametrize.is_parametrized(target, "bias")
    other = parametrize.transfer_parametrizations_and_params(source, nn.Identity(), "weight")
    assert other.weight.tolist() == source.weight.tolist()


def test_what_is_pruned_stays_at_zero_in_training():
    tg.manual_seed(0)
    net = prune.random_unstructured(nn.Linear(6, 4), "weight", 0.5)
    optimizer = tg.optim.SGD(net.parameters(), 0.1, momentum=0.9)
    for _ in range(3):
        optimizer.zero_grad()
        net(tg.ones(2, 6)).square().sum().backward()
        optimizer.step()
    assert int((net.weight == 0).sum()) == 12
    assert prune.is_pruned(nn.Sequential(net))
    prune.random_structured(net, "weight", 1, dim=0)
    assert int((net.weight.abs().sum(1) == 0).sum()) == 1
    prune.remove(net, "weight")
    assert not prune.is_pruned(net)
    assert net.weight in {p for group in optimizer.param_groups for p in group["params"]}


def test_a_method_of_pruning_of_ones_own():
    class EverySecond(prune.BasePruningMethod):
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t, default_mask):
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    layer = nn.Linear(4, 2)
    EverySecond.apply(layer, "weight")
    EverySecond.apply(layer, "weight")
    assert layer.weight_mask.tolist() == [[0, 0, 0, 1], [0, 0, 0, 1]]
    prune.custom_from_mask(layer, "weight", tg.tensor([[1, 1, 1, 0], [1, 1, 1, 1]]))
    assert layer.weight_mask.tolist() == [[0, 0, 0, 0], [0, 0, 0, 1]]


def test_what_prune_refuses():
    layer = nn.Linear(4, 2)
    for amount in (0, 0.0, 1, 0.5, 8, 1.0):
        pruned = prune.l1_unstructured(nn.Linear(4, 2), "weight", amount)
        assert (pruned.weight_mask == 0).sum().item() == (amount if isinstance(amount, int) else 8 * amount)
    for amount in (1.5, -0.1, -1, 9):
        with pytest.raises(ValueError, match="amount is a fraction"):
            prune.l1_unstructured(layer, "weight", amount)
    with pytest.raises(TypeError, match="amount is a fraction"):
        prune.L1Unstructured("all")
    with pytest.raises(ValueError, match="no parameter 'wait'"):
        prune.l1_unstructured(layer, "wait", 1)
    with pytest.raises(ValueError, match="importance scores must have"):
        prune.l1_unstructured(layer, "weight", 1, importance_scores=tg.ones(3))
    with pytest.raises(ValueError, match="weight is not pruned"):
        prune.remove(layer, "weight")
    with pytest.raises(TypeError, match="unstructured methods, not LnStructured"):
        prune.global_unstructured([(layer, "weight")], prune.LnStructured, amount=1, n=2)


def test_hooks_of_all_modules():
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    seen = []
    handles = [
        hooks.register_module_forward_pre_hook(lambda m, args: seen.append(("before", type(m).__name__))),
        hooks.register_module_forward_hook(lambda m, args, out: seen.append(("after", type(m).__name__))),
        hooks.register_module_full_backward_pre_hook(lambda m, g: seen.append(("back from", type(m).__name__))),
        hooks.register_module_full_backward_hook(lambda m, g, h: seen.append(("back to", type(m).__name__))),
    ]
    own = net[1].register_forward_hook(lambda m, args, out: seen.append(("own", "ReLU")) or out * 2)
    x = tg.ones(1, 2, requires_grad=True)
    net(x).sum().backward()
    for handle in handles:
        handle.remove()
    assert seen[:7] == [
        ("before", "Sequential"),
        ("before", "Linear"),
        ("after", "Linear"),
        ("before", "ReLU"),
        ("after", "ReLU"),
        ("own", "ReLU"),
        ("after", "Sequential"),
    ]
    assert [name for moment, name in seen if moment == "back from"] == ["Sequential", "ReLU", "Linear"]
    assert {name for moment, name in seen if moment == "back to"} == {"Sequential", "ReLU", "Linear"}
    own.remove()
    count = len(seen)
    net(x)
    assert len(seen) == count
    assert not hooks.everywhere
