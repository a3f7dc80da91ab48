"""Modules: what they register, find, save and show; and what each layer computes."""

import copy
import gc
import math
import pickle
import weakref
from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import nn
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.nn import functional as F


class Block(nn.Module):
    """Members of every kind, not in alphabetical order."""

    def __init__(self):
        super().__init__()
        self.second = nn.Linear(3, 2)
        self.register_buffer("mean", tg.zeros(2))
        self.scale = nn.Parameter(tg.ones(2))
        self.register_buffer("scratch", tg.zeros(1), persistent=False)
        self.first = nn.Linear(2, 3, bias=False)

    def forward(self, x):
        return self.second(self.first(x)) * self.scale + self.mean


class Tied(nn.Module):
    """One layer under two names, and one Tensor in two layers."""

    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)
        self.b = self.a
        self.c = nn.Linear(2, 2)
        self.c.weight = self.a.weight

    def forward(self, x):
        return self.c(self.b(self.a(x)))


def arrays(state):
    return {name: tensor.numpy().copy() for name, tensor in state.items()}


def assert_same_state(state, expected):
    assert list(state) == list(expected)
    for name, array in expected.items():
        np.testing.assert_array_equal(state[name].numpy(), array)


# what a module registers


def test_members_are_found_in_the_order_of_definition():
    block = Block()
    assert [name for name, _ in block.named_parameters()] == ["scale", "second.weight", "second.bias", "first.weight"]
    assert [name for name, _ in block.named_buffers()] == ["mean", "scratch"]
    assert [name for name, _ in block.named_modules()] == ["", "second", "first"]
    assert [name for name, _ in block.named_children()] == ["second", "first"]
    assert list(block.children()) == [block.second, block.first]
    assert list(block.modules()) == [block, block.second, block.first]
    assert list(block.state_dict()) == ["scale", "mean", "second.weight", "second.bias", "first.weight"]
    assert [name for name, _ in block.named_parameters(recurse=False)] == ["scale"]
    assert [name for name, _ in block.named_parameters(prefix="net")][:2] == ["net.scale", "net.second.weight"]


def test_what_is_shared_comes_once():
    tied = Tied()
    assert [name for name, _ in tied.named_parameters()] == ["a.weight", "a.bias", "c.bias"]
    assert [name for name, _ in tied.named_modules()] == ["", "a", "c"]
    assert [name for name, _ in tied.named_children()] == ["a", "c"]
    every = [name for name, _ in tied.named_parameters(remove_duplicate=False)]
    assert every == ["a.weight", "a.bias", "b.weight", "b.bias", "c.weight", "c.bias"]
    assert list(tied.state_dict()) == every
    assert len(list(tied.parameters())) == 3


def test_a_shared_parameter_gets_the_sum_of_its_gradients():
    layer = nn.Linear(1, 1, bias=False)
    nn.Sequential(layer, layer)(tg.ones(1, 1)).backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), 2 * layer.weight.detach().numpy())


def test_assigning_again_keeps_the_place_and_another_kind_takes_the_end():
    block = Block()
    block.second = nn.Identity()
    assert [name for name, _ in block.named_children()] == ["second", "first"]
    block.mean = nn.Parameter(tg.ones(2))
    assert [name for name, _ in block.named_parameters(recurse=False)] == ["scale", "mean"]
    assert [name for name, _ in block.named_buffers()] == ["scratch"]


def test_none_keeps_a_place_without_being_found():
    block = Block()
    block.scale = None
    block.second = None
    block.mean = None
    assert list(block.state_dict()) == ["first.weight"]
    assert block.scale is None
    assert "(second): None" in repr(block)
    block.scale = nn.Parameter(tg.ones(1))
    assert next(iter(block.state_dict())) == "scale"


def test_a_buffer_that_is_assigned_stays_a_buffer():
    block = Block()
    block.mean = tg.ones(2)
    block.scratch = tg.ones(3)
    assert dict(block.named_buffers())["mean"].tolist() == [1, 1]
    assert "scratch" not in block.state_dict()


def test_attributes_of_any_other_kind_are_left_alone():
    net = nn.Module()
    net.numbers, net.tensor, net.layers = [1, 2], tg.ones(1), [nn.Linear(1, 1)]
    assert list(net.parameters()) == list(net.buffers()) == list(net.children()) == []
    net.numbers = nn.Linear(1, 1)
    assert [name for name, _ in net.named_parameters()] == ["numbers.weight", "numbers.bias"]


def test_a_member_can_be_deleted():
    block = Block()
    del block.scale, block.second
    assert list(block.state_dict()) == ["mean", "first.weight"]
    with pytest.raises(AttributeError, match="Block has no attribute 'scale'"):
        _ = block.scale
    with pytest.raises(AttributeError):
        del block.scale


def test_the_dictionaries_of_members_are_views():
    block = Block()
    assert list(block._modules) == ["second", "first"]
    assert list(block._buffers) == ["mean", "scratch"]
    assert len(block._parameters) == 1
    block._modules["first"] = nn.ReLU()
    assert isinstance(block.first, nn.ReLU)
    block._parameters["more"] = nn.Parameter(tg.ones(1))
    assert block.more in set(block.parameters())
    del block._parameters["more"]
    assert not hasattr(block, "more")
    with pytest.raises(KeyError):
        block._modules["scale"]
    with pytest.raises(KeyError):
        del block._buffers["scale"]
    assert "second" in repr(block._modules)


class Forgotten(nn.Module):
    def __init__(self, value):
        self.member = value


@pytest.mark.parametrize("value", [nn.Parameter(tg.ones(1)), nn.Identity()], ids=["parameter", "module"])
def test_a_forgotten_init_is_told(value):
    with pytest.raises(AttributeError, match=r"Forgotten cannot have the .* 'member' yet; call super\(\).__init__\(\)"):
        Forgotten(value)


def test_a_forgotten_init_is_told_where_only_numbers_are_assigned():
    net = Forgotten(3)
    assert net.member == 3
    for act in (lambda: net(1), lambda: net.register_buffer("b", tg.ones(1)), lambda: list(net.parameters())):
        with pytest.raises(AttributeError, match=r"call super\(\).__init__\(\) first"):
            act()


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda m: setattr(m, "scale", tg.ones(2)), TypeError, "Block.scale is a parameter and takes an nn.Parameter"),
        (lambda m: setattr(m, "scale", nn.Identity()), TypeError, "takes an nn.Parameter or None, got Identity"),
        (lambda m: setattr(m, "second", 3), TypeError, "is a module and takes an nn.Module or None, got int"),
        (lambda m: setattr(m, "mean", 3.0), TypeError, "is a buffer and takes a Tensor or None, got float"),
        (lambda m: m.register_parameter("p", tg.ones(1)), TypeError, "'p' is an nn.Parameter or None, got Tensor"),
        (lambda m: m.register_buffer("b", 3), TypeError, "'b' is a Tensor or None, got int"),
        (lambda m: m.add_module("m", len), TypeError, "'m' is an nn.Module or None, got builtin"),
        (lambda m: m.register_buffer("forward", None), KeyError, "already has an attribute 'forward'"),
        (lambda m: m.register_parameter("mean", None), KeyError, "already has an attribute 'mean'"),
        (lambda m: m.add_module("a.b", nn.ReLU()), KeyError, "without dots"),
        (lambda m: m.add_module("", nn.ReLU()), KeyError, "not empty"),
        (lambda m: m.train("yes"), ValueError, "True or False"),
        (lambda m: m.to(tg.int64), TypeError, "floating dtypes only, got int64"),
        (lambda m: m.get_submodule("second.x"), AttributeError, "Linear has no submodule 'x'"),
        (lambda m: m.get_submodule("scale"), AttributeError, "Block has no submodule 'scale'"),
        (lambda m: m.get_parameter("second.x"), AttributeError, "no parameter 'x' among"),
        (lambda m: m.get_buffer("scale"), AttributeError, "no buffer 'scale' among"),
        (lambda m: m.nothing, AttributeError, "Block has no attribute 'nothing'$"),
        (lambda m: nn.Module()(1), NotImplementedError, "give it a method forward"),
        (lambda m: nn.Parameter([1.0]), TypeError, "made of a Tensor, got list"),
        (lambda m: nn.Parameter(tg.tensor([1])), RuntimeError, "float"),
        (
            lambda m: m.load_state_dict([]),
            TypeError,
            "Expected state_dict to be dict-like, got list; it has Tensors by name",
        ),
    ],
)
def test_errors_say_what_was_wrong(act, error, words):
    with pytest.raises(error, match=words):
        act(Block())


class Restored(nn.Linear):
    def __setstate__(self, state):
        super().__setstate__({"restored": True, **state})


def test_a_subclass_can_set_its_state():
    net = Restored(2, 1)
    for again in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert again.restored
        assert again.weight.tolist() == net.weight.tolist()


def test_members_can_be_replaced_all_at_once():
    net = nn.Sequential(nn.BatchNorm1d(2), nn.Linear(2, 1))
    norm, linear = net
    norm.register_buffer("scratch", tg.zeros(1), persistent=False)
    twos = nn.Parameter(tg.full((1, 2), 2.0))
    linear._parameters = {"bias": None, "weight": twos}
    assert linear(tg.ones(2)).tolist() == [4]
    assert list(linear.parameters()) == [twos]
    norm._buffers = {"scratch": tg.ones(1), "running_mean": tg.ones(2)}
    assert list(norm._buffers) == ["scratch", "running_mean"]
    assert list(norm.state_dict()) == ["weight", "bias", "running_mean"]
    assert not hasattr(norm, "running_var")
    net._modules = dict(reversed(net._modules.items()))
    assert [type(child).__name__ for child in net] == ["Linear", "BatchNorm1d"]


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda m: m.nothing, AttributeError),
        (lambda m: m.get_parameter("nothing"), AttributeError),
        (lambda m: m.parts["nothing"], KeyError),
        (lambda m: m._buffers["nothing"], KeyError),
        (lambda m: {}["nothing"], KeyError),
        (lambda m: nn.functional.relu(m), TypeError),
    ],
)
def test_errors_of_a_forward_keep_their_class(act, error):
    class Wrong(nn.Module):
        def __init__(self):
            super().__init__()
            self.parts = nn.ModuleDict()

        def forward(self):
            return act(self)

    with pytest.raises(error):
        Wrong()()


def test_getters_follow_dotted_names():
    net = nn.Sequential(OrderedDict(body=Block()))
    assert net.get_submodule("body.second") is net.body.second
    assert net.get_submodule("") is net
    assert net.get_parameter("body.second.bias") is net.body.second.bias
    assert net.get_buffer("body.mean") is net.body.mean


# Parameter


def test_a_parameter_shares_its_array_and_is_a_leaf():
    x = tg.zeros(2)
    p = nn.Parameter(x)
    assert p.requires_grad
    assert p.is_leaf
    assert isinstance(p, tg.Tensor)
    x[0] = 3.0
    assert p.tolist() == [3, 0]
    assert not nn.Parameter(x, requires_grad=False).requires_grad
    assert nn.Parameter().shape == (0,)
    computed = nn.Parameter(tg.ones(1, requires_grad=True) * 2)
    assert computed.is_leaf


def test_a_parameter_shows_itself_as_pytorchs():
    assert repr(nn.Parameter(tg.tensor([1.0, 2.5]))) == (
        "Parameter containing:\ntensor([1.0000, 2.5000], requires_grad=True)"
    )


def test_results_of_parameters_are_tensors():
    p = nn.Parameter(tg.ones(2))
    assert type(p * 2) is type(p.detach()) is type(p.data) is tg.Tensor


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_a_copy_is_of_its_own(again):
    tied = Tied()
    tied(tg.ones(1, 2)).sum().backward()
    other = again(tied)
    assert_same_state(other.state_dict(), arrays(tied.state_dict()))
    assert type(other.a.weight) is nn.Parameter
    assert other.b is other.a
    assert other.c.weight is other.a.weight
    assert other.a.weight is not tied.a.weight
    if again is copy.deepcopy:  # pickle leaves gradients out, as PyTorch does
        np.testing.assert_array_equal(other.a.weight.grad.numpy(), tied.a.weight.grad.numpy())
    with tg.no_grad():
        other.a.weight.add_(1.0)
    assert not tg.equal(other.a.weight.detach(), tied.a.weight.detach())
    assert not again(tied.eval()).training


def test_a_module_from_a_pickle_is_a_module_in_all():
    net = pickle.loads(pickle.dumps(nn.Sequential(nn.Identity(), Block())))
    assert net(tg.ones(1, 2)).shape == (1, 2)
    net[1].second = nn.Linear(3, 2)
    assert [name for name, _ in net[1].named_children()] == ["second", "first"]
    with pytest.raises(TypeError):
        net[1].scale = 3


# state


def test_a_state_dict_shares_memory_and_has_no_history():
    block = Block()
    state = block.state_dict()
    assert not state["scale"].requires_grad
    with tg.no_grad():
        block.scale.add_(1.0)
    assert state["scale"].tolist() == [2, 2]
    assert block.state_dict(keep_vars=True)["scale"] is block.scale
    assert list(block.state_dict(prefix="net."))[:2] == ["net.scale", "net.mean"]


@pytest.mark.parametrize("make", [Block, Tied, lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(2, 2))])
def test_a_state_dict_goes_round(make):
    source, target = make(), make()
    shared = target.state_dict()
    expected = arrays(source.state_dict())
    result = target.load_state_dict(source.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert_same_state(target.state_dict(), expected)
    assert_same_state(shared, expected)  # it was written into the memory that the parameters had
    target.load_state_dict(arrays(make().state_dict()))  # arrays serve as well
    target.load_state_dict(expected)
    assert_same_state(target.state_dict(), expected)


def test_loading_keeps_dtypes_and_takes_integers_and_numbers():
    net = nn.Module()
    net.register_buffer("count", tg.tensor(3))
    net.register_buffer("flags", tg.tensor([True, False]))
    net.weight = nn.Parameter(tg.zeros(2))
    net.load_state_dict({"count": tg.tensor(7), "flags": tg.tensor([False, True]), "weight": np.array([1.0, 2.0])})
    assert (net.count.item(), net.count.dtype) == (7, tg.int64)
    assert net.flags.tolist() == [False, True]
    assert (net.weight.tolist(), net.weight.dtype) == ([1, 2], tg.float32)


def test_a_state_dict_that_does_not_fit_tells_everything_and_changes_nothing():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1), nn.Linear(1, 1))
    before = arrays(net.state_dict())
    wrong = {
        "0.weight": tg.ones(3, 2),
        "0.bias": tg.ones(4),
        "1.weight": tg.ones(1, 4),
        "2.weight": [[1.0]],
        "3.weight": tg.ones(1),
        "extra": tg.ones(1),
    }
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(wrong)
    text = str(caught.value)
    assert "Error(s) in loading state_dict for Sequential" in text
    assert 'Missing key(s) in state_dict: "1.bias", "2.bias".' in text
    assert 'Unexpected key(s) in state_dict: "3.weight", "extra".' in text
    assert "size mismatch for 0.bias: copying a param with shape (4,), where the model has (3,)" in text
    assert "size mismatch for 1.weight: copying a param with shape (1, 4), where the model has (1, 3)" in text
    assert "size mismatch for 2.weight: copying a param with shape list" in text
    assert_same_state(net.state_dict(), before)

    with pytest.raises(RuntimeError, match="size mismatch") as caught:
        net.load_state_dict(wrong, strict=False)  # a wrong shape is no matter of being strict
    assert "Missing" not in str(caught.value)
    assert_same_state(net.state_dict(), before)

    with pytest.raises(TypeError):
        net.load_state_dict({**net.state_dict(), "0.weight": tg.zeros(3, 2), "2.bias": np.array(["word"])})
    assert_same_state(net.state_dict(), before)


def test_without_strict_what_fits_is_loaded_and_the_rest_returned():
    net = nn.Linear(2, 3)
    keys = net.load_state_dict({"weight": tg.ones(3, 2), "more": tg.ones(1)}, strict=False)
    assert keys.missing_keys == ["bias"]
    assert keys.unexpected_keys == ["more"]
    assert repr(keys) == "_IncompatibleKeys(missing_keys=['bias'], unexpected_keys=['more'])"
    assert net.weight.detach().numpy().min() == 1


# changes to all of it


def test_train_eval_and_apply_reach_every_module():
    net = nn.Sequential(Block(), nn.Dropout())
    assert net.training
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    seen = []
    assert net.apply(seen.append) is net
    assert seen == [net[0].second, net[0].first, net[0], net[1], net]


def test_a_module_can_decline_to_train():
    class Frozen(nn.Sequential):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(Frozen(nn.Sequential(nn.BatchNorm1d(2), nn.Dropout())), nn.Dropout())
    assert net.train() is net
    assert [module.training for module in net.modules()] == [True, False, False, False, False, True]
    assert not any(module.training for module in net.eval().modules())


def test_gradients_are_forgotten_or_zeroed():
    net = nn.Linear(2, 1)
    net(tg.ones(1, 2)).sum().backward()
    held = net.weight.grad
    net.zero_grad(set_to_none=False)
    assert held.tolist() == [[0, 0]]
    assert net.weight.grad.tolist() == [[0, 0]]
    net.zero_grad()
    assert net.weight.grad is None
    net.zero_grad(set_to_none=False)
    assert net.weight.grad is None


def test_zeroed_gradients_have_no_history():
    p = nn.Parameter(tg.ones(1))
    (p * p).backward(create_graph=True)
    assert p.grad.requires_grad
    net = nn.Module()
    net.p = p
    net.zero_grad(set_to_none=False)
    assert not p.grad.requires_grad
    assert p.grad.tolist() == [0]


def test_requires_grad_freezes():
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    assert net[0].requires_grad_(False) is net[0]
    net(tg.ones(1, 2)).backward()
    assert net[0].weight.grad is None
    assert net[1].weight.grad is not None


@pytest.mark.parametrize(("method", "dtype"), [("double", tg.float64), ("half", tg.float16), ("float", tg.float32)])
def test_conversion_keeps_parameters_and_leaves_integers(method, dtype):
    net = Block()
    net.register_buffer("count", tg.tensor(3))
    net(tg.ones(1, 2)).sum().backward()
    weight = net.first.weight
    assert getattr(net, method)() is net
    assert net.first.weight is weight
    assert weight.dtype == weight.grad.dtype == net.mean.dtype == net.scratch.dtype == dtype
    assert net.count.dtype == tg.int64
    assert isinstance(weight, nn.Parameter)
    assert weight.requires_grad
    net.zero_grad()
    out = net(tg.ones(1, 2, dtype=dtype))
    assert out.dtype == dtype
    out.sum().backward()
    assert weight.grad.dtype == dtype
    assert Block().to(tg.ones(1, dtype=dtype)).scale.dtype == dtype


# hooks


def test_hooks_see_and_replace_arguments_and_output():
    net = nn.Identity()
    seen = []
    before = net.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    bare = net.register_forward_pre_hook(lambda module, args: args[0] + 1)  # a bare value is one argument
    after = net.register_forward_hook(lambda module, args, output: seen.append((module, args, output)))
    last = net.register_forward_hook(lambda module, args, output: output * 10)
    assert net(3) == 70
    assert seen == [(net, (7,), 7)]
    before.remove()
    assert net(3) == 40
    for handle in (bare, after, last, last):
        handle.remove()
    assert net(3) == 3
    assert len(seen) == 2


def test_hooks_run_in_order_unless_prepended_and_take_keywords_if_asked():
    class Power(nn.Module):
        def forward(self, x, *, exponent=1):
            return x**exponent

    net, order = Power(), []
    net.register_forward_pre_hook(lambda *_: order.append("a"))
    net.register_forward_pre_hook(lambda *_: order.append("b"), prepend=True)
    net.register_forward_pre_hook(lambda m, args, kwargs: (args, {"exponent": 3}), with_kwargs=True)
    net.register_forward_hook(lambda m, args, kwargs, out: order.append(kwargs), with_kwargs=True)
    net.register_forward_hook(lambda m, args, out: -out)
    assert net(2, exponent=2) == -8
    assert order == ["b", "a", {"exponent": 3}]


def test_a_hook_may_remove_itself():
    net = nn.Identity()
    handle = net.register_forward_hook(lambda *_: handle.remove())
    assert net(1) == net(1) == 1


def test_hooks_of_a_copy_are_its_own():
    net = nn.Identity()
    other = copy.deepcopy(net)
    other.register_forward_hook(lambda *_: 7)
    assert (net(1), other(1)) == (1, 7)


def test_a_module_returns_its_memory_without_the_collector():
    gc.collect()
    gc.disable()
    try:
        net = nn.Sequential(Block(), nn.ReLU())
        net.register_forward_hook(lambda *_: None)
        net(tg.ones(1, 2)).sum().backward()
        gone = weakref.ref(net[0].first.weight._array)
        del net
        assert gone() is None
    finally:
        gc.enable()


# display: as PyTorch 2.13 shows the same modules

SHOWN = [
    (lambda: nn.Linear(3, 4), "Linear(in_features=3, out_features=4, bias=True)"),
    (lambda: nn.Linear(3, 4, bias=False), "Linear(in_features=3, out_features=4, bias=False)"),
    (lambda: nn.Conv2d(1, 6, 5), "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1))"),
    (
        lambda: nn.Conv2d(4, 6, (3, 5), stride=2, padding=(1, 2), dilation=(1, 2), groups=2, bias=False),
        "Conv2d(4, 6, kernel_size=(3, 5), stride=(2, 2), padding=(1, 2), dilation=(1, 2), groups=2, bias=False)",
    ),
    (
        lambda: nn.Conv2d(1, 2, 3, padding="same"),
        "Conv2d(1, 2, kernel_size=(3, 3), stride=(1, 1), padding=same)",
    ),
    (lambda: nn.MaxPool2d(2), "MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
    (
        lambda: nn.MaxPool2d((2, 3), stride=1, padding=1, dilation=2, ceil_mode=True),
        "MaxPool2d(kernel_size=(2, 3), stride=1, padding=1, dilation=2, ceil_mode=True)",
    ),
    (lambda: nn.ReLU(), "ReLU()"),
    (lambda: nn.ReLU(inplace=True), "ReLU(inplace=True)"),
    (lambda: nn.Flatten(), "Flatten(start_dim=1, end_dim=-1)"),
    (lambda: nn.Flatten(0, 2), "Flatten(start_dim=0, end_dim=2)"),
    (lambda: nn.Dropout(), "Dropout(p=0.5, inplace=False)"),
    (lambda: nn.Dropout(0.25, inplace=True), "Dropout(p=0.25, inplace=True)"),
    (lambda: nn.Identity(54, x=1), "Identity()"),
    (lambda: nn.CrossEntropyLoss(), "CrossEntropyLoss()"),
    (lambda: nn.MSELoss(), "MSELoss()"),
    (lambda: nn.Sequential(), "Sequential()"),
    (
        lambda: nn.ModuleList([nn.ReLU(), nn.ReLU(), nn.Linear(1, 2), nn.ReLU()]),
        "ModuleList(\n  (0-1): 2 x ReLU()\n  (2): Linear(in_features=1, out_features=2, bias=True)\n  (3): ReLU()\n)",
    ),
    (
        lambda: nn.Sequential(
            OrderedDict(
                body=nn.Sequential(nn.Linear(1, 2), nn.ReLU()),
                heads=nn.ModuleList([nn.Linear(2, 1), nn.Linear(2, 1)]),
            )
        ),
        (
            "Sequential(\n"
            "  (body): Sequential(\n"
            "    (0): Linear(in_features=1, out_features=2, bias=True)\n"
            "    (1): ReLU()\n"
            "  )\n"
            "  (heads): ModuleList(\n"
            "    (0-1): 2 x Linear(in_features=2, out_features=1, bias=True)\n"
            "  )\n"
            ")"
        ),
    ),
]


@pytest.mark.parametrize(("make", "text"), SHOWN, ids=[text[:40].replace("\n", " ") for _, text in SHOWN])
def test_a_module_shows_itself_as_pytorchs(make, text):
    assert repr(make()) == text


def test_extra_lines_and_empty_places_are_shown():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 2)
            self.register_module("gone", None)

        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(Net()) == (
        "Net(\n  a=1\n  b=2\n  (fc): Linear(in_features=1, out_features=2, bias=True)\n  (gone): None\n)"
    )


# containers


def test_sequential_runs_its_modules_in_turn():
    net = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    x = tg.randn(5, 3)
    expected = net[2](net[0](x).relu())
    np.testing.assert_array_equal(net(x).detach().numpy(), expected.detach().numpy())
    assert nn.Sequential()(x) is x


@pytest.mark.parametrize("kind", [nn.Sequential, lambda *modules: nn.ModuleList(modules)], ids=["Sequential", "list"])
def test_a_row_is_a_list_of_modules(kind):
    modules = [nn.Identity() for _ in range(5)]
    row = kind(*modules)
    assert len(row) == 5
    assert list(row) == modules
    assert row[-1] is modules[4]
    assert list(row[1:4:2]) == [modules[1], modules[3]]
    assert type(row[:2]) is type(row)
    assert modules[2] in row
    more = nn.Identity()
    assert row.append(more) is row
    assert row[5] is more
    assert row.pop() is more
    row[1] = more
    assert list(row) == [modules[0], more, *modules[2:]]
    del row[1]
    assert list(row) == [modules[0], *modules[2:]]
    assert [name for name, _ in row.named_children()] == ["0", "1", "2", "3"]
    row.insert(1, more)
    assert list(row) == [modules[0], more, *modules[2:]]
    for place, end in ((-4, 0), (4, -1)):
        row.insert(place, row.pop(list(row).index(more)))
        assert row[end] is more
    row.insert(1, row.pop())
    del row[1:4]
    assert list(row) == [modules[0], modules[4]]
    row += kind(modules[1], modules[2])
    assert list(row) == [modules[0], modules[4], modules[1], modules[2]]
    assert list(row + kind(modules[3])) == [*row, modules[3]]
    assert list(kind().extend(modules)) == modules


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda row: row[3], IndexError),
        (lambda row: row[-4], IndexError),
        (lambda row: row["0"], TypeError),
        (lambda row: row.append(3), TypeError),
        (lambda row: row.__setitem__(0, 3), TypeError),
        (lambda row: row.__setitem__(3, nn.ReLU()), IndexError),
        (lambda row: nn.Sequential(nn.ReLU(), len), TypeError),
    ],
)
def test_a_row_says_what_it_does_not_have(act, error):
    with pytest.raises(error):
        act(nn.Sequential(nn.ReLU(), nn.ReLU(), nn.ReLU()))


def test_sequential_by_name():
    net = nn.Sequential(OrderedDict(fc=nn.Linear(1, 2), act=nn.ReLU(), out=nn.Linear(2, 1)))
    assert net.act is net[1]
    assert list(net[::2].state_dict()) == ["fc.weight", "fc.bias", "out.weight", "out.bias"]


# layers


def test_linear_is_its_formula():
    layer = nn.Linear(4, 3)
    w, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    for shape in [(4,), (5, 4), (2, 5, 4), (0, 4)]:
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        np.testing.assert_allclose(layer(tg.tensor(x)).detach().numpy(), x @ w.T + b, rtol=1e-5, atol=1e-6)
    bare = nn.Linear(4, 3, bias=False)
    assert bare.bias is None
    assert list(bare.state_dict()) == ["weight"]
    assert nn.Linear(2, 2, dtype=tg.float64).bias.dtype == tg.float64


@pytest.mark.parametrize(("rows", "given", "out"), [(32, 784, 64), (7, 1500, 128), (32, 500, 66), (33, 784, 64)])
def test_a_product_in_parts_is_the_product(rows, given, out):
    source = np.random.default_rng(0)
    x, weight, bias = (source.standard_normal(shape) for shape in [(rows, given), (out, given), out])
    for w in (weight, np.asfortranarray(weight)):
        y = F.linear(*map(tg.from_numpy, (x, w, bias))).numpy()
        assert y.flags.c_contiguous
        np.testing.assert_allclose(y, np.einsum("bi,oi->bo", x, weight) + bias, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: nn.Linear(64, 3)(tg.ones(8, 1, 8, 8)), r"Linear expects \(\.\.\., 64\), got \(8, 1, 8, 8\); flatten"),
        (
            lambda: nn.Linear(64, 3)(tg.ones(8, 65)),
            r"expects \(\.\.\., 64\), got \(8, 65\); its last dimension must be 64",
        ),
        (lambda: nn.Linear(64, 3)(tg.ones(())), r"got \(\)"),
        (lambda: F.linear(tg.ones(2, 3), tg.ones(4, 3), tg.ones(5)), r"expects a bias of \(4,\)"),
        (lambda: F.linear(tg.ones(2, 3), tg.ones(1, 4, 3)), r"expects a weight \(out, in\), got \(1, 4, 3\)"),
        (lambda: nn.Conv2d(3, 4, 3)(tg.ones(2, 1, 8, 8)), "3"),
        (lambda: nn.Conv2d(1, 4, 3)(tg.ones(8, 8)), r"\(8, 8\)"),
    ],
)
def test_a_layer_says_what_it_expects(act, words):
    with pytest.raises(ShapeError, match=words):
        act()


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), "groups must divide"),
        (lambda: nn.Conv2d(4, 3, 3, groups=2), "groups must divide"),
        (lambda: nn.Conv2d(4, 4, 3, groups=0), "groups must be a positive integer"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="wrap"), "padding_mode"),
        (lambda: nn.Conv2d(1, 1, 3, padding="full"), "'same' or 'valid'"),
        (lambda: nn.Conv2d(1, 1, 3, padding="same", stride=2), "keeps the sizes"),
        (lambda: nn.Dropout(1.5), "between 0 and 1"),
        (lambda: F.dropout(tg.ones(1), -0.1, training=False), "between 0 and 1"),
        (lambda: nn.init.calculate_gain("softest"), "no gain for 'softest'"),
        (lambda: nn.init.calculate_gain("leaky_relu", "steep"), "slope"),
        (lambda: nn.init.xavier_uniform_(tg.ones(3)), r"got shape \(3,\)"),
        (lambda: nn.init.kaiming_normal_(tg.ones(3, 3), mode="fan"), "mode is one of"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(act, words):
    with pytest.raises(ValueError, match=words):
        act()


@pytest.mark.parametrize("padding", [0, 1, (1, 0), "same", "valid"])
def test_conv2d_is_its_sum(padding):
    layer = nn.Conv2d(2, 3, (3, 2), padding=padding).double()
    x = tg.randn(2, 2, 5, 6, dtype=tg.float64)
    w, b = layer.weight.detach().numpy(), layer.bias.detach().numpy()
    widths = {0: (0, 0, 0, 0), 1: (1, 1, 1, 1), (1, 0): (1, 1, 0, 0), "same": (1, 1, 0, 1), "valid": (0, 0, 0, 0)}[
        padding
    ]
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), widths[:2], widths[2:]))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 2), axis=(2, 3))
    expected = np.einsum("bchwkl,ockl->bohw", windows, w) + b[:, None, None]
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-10, atol=1e-12)


def test_max_pool2d_gives_the_largest_and_where():
    x = tg.arange(16.0).reshape(1, 1, 4, 4)
    assert nn.MaxPool2d(2)(x).tolist() == [[[[5, 7], [13, 15]]]]
    values, indices = nn.MaxPool2d(3, stride=1, return_indices=True)(x)
    assert values.tolist() == [[[[10, 11], [14, 15]]]]
    assert indices.tolist() == [[[[10, 11], [14, 15]]]]


def test_relu_and_flatten():
    x = tg.tensor([[-1.0, 2.0], [3.0, -4.0]])
    assert nn.ReLU()(x).tolist() == [[0, 2], [3, 0]]
    assert x.tolist() == [[-1, 2], [3, -4]]
    assert nn.ReLU(inplace=True)(x) is x
    assert x.tolist() == [[0, 2], [3, 0]]
    assert nn.Flatten()(tg.ones(2, 3, 4)).shape == (2, 12)
    assert nn.Flatten(0, 1)(tg.ones(2, 3, 4)).shape == (6, 4)
    assert nn.Identity()(x) is x


def test_a_relu_in_place_differentiates_as_the_other():
    x = tg.randn(4, 3, requires_grad=True)
    (gx,) = tg.autograd.grad((nn.ReLU(inplace=True)(x * 2) ** 2).sum(), x)
    (expected,) = tg.autograd.grad((nn.ReLU()(x * 2) ** 2).sum(), x)
    np.testing.assert_array_equal(gx.numpy(), expected.numpy())


def test_dropout_passes_everything_in_evaluation_and_for_p_0():
    x = tg.randn(3, requires_grad=True)
    assert nn.Dropout(0.5).eval()(x) is x
    assert F.dropout(x, 0.5, training=False) is x
    assert nn.Dropout(0.0)(x).tolist() == x.tolist()
    dropped = nn.Dropout(1.0)(x)
    assert dropped.tolist() == [0, 0, 0]
    dropped.sum().backward()
    assert x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("dtype", [tg.float64, tg.float32, tg.float16], ids=str)
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_mean_and_hands_its_mask_to_the_gradient(p, dtype):
    tg.manual_seed(0)
    x = tg.ones(200, 200, dtype=dtype, requires_grad=True)
    y = F.dropout(x, p)
    assert y.dtype == dtype
    kept = y.detach().numpy() != 0
    np.testing.assert_allclose(y.detach().numpy()[kept], 1 / (1 - p), rtol=1e-3)
    # 40,000 draws: five standard deviations of the share that is kept
    assert abs(kept.mean() - (1 - p)) < 5 * math.sqrt(p * (1 - p) / kept.size)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_dropout_repeats_with_its_seed_and_works_in_place():
    x = tg.ones(100)
    tg.manual_seed(3)
    first = F.dropout(x).tolist()
    assert F.dropout(x).tolist() != first
    tg.manual_seed(3)
    assert nn.Dropout(inplace=True)(x) is x
    assert x.tolist() == first


# initial values


@pytest.mark.parametrize(
    ("make", "fan_in"),
    [
        (lambda: nn.Linear(100, 300), 100),
        (lambda: nn.Conv2d(12, 300, (3, 5)), 180),
        (lambda: nn.Conv2d(12, 300, 5, groups=4), 75),
    ],
)
def test_layers_start_uniform_in_one_over_the_root_of_the_fan_in(make, fan_in):
    tg.manual_seed(0)
    layer = make()
    for parameter in (layer.weight, layer.bias):
        values = parameter.detach().numpy().astype(float).reshape(-1)
        bound = 1 / math.sqrt(fan_in)
        assert np.abs(values).max() <= bound * (1 + 1e-6)
        assert np.abs(values).max() > 0.97 * bound
        # five standard errors of the moments of a uniform distribution
        assert abs(values.mean()) < 5 * bound / math.sqrt(3 * values.size)
        assert abs((values**2).mean() / bound**2 - 1 / 3) < 5 * math.sqrt(4 / 45 / values.size)


@pytest.mark.parametrize(
    ("fill", "low", "high", "std"),
    [
        (lambda w: nn.init.uniform_(w, -2, 1), -2, 1, 3 / math.sqrt(12)),
        (lambda w: nn.init.normal_(w, 1.0, 0.5), None, None, 0.5),
        (lambda w: nn.init.xavier_uniform_(w, 2.0), -2 * math.sqrt(6 / 500), 2 * math.sqrt(6 / 500), None),
        (lambda w: nn.init.xavier_normal_(w), None, None, math.sqrt(2 / 500)),
        (lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"), -math.sqrt(6 / 300), math.sqrt(6 / 300), None),
        (lambda w: nn.init.kaiming_normal_(w, 0.2, "fan_out"), None, None, math.sqrt(2 / 1.04 / 200)),
    ],
)
def test_initial_values_have_their_distribution(fill, low, high, std):
    tg.manual_seed(1)
    weight = nn.Parameter(tg.empty(200, 300))
    assert fill(weight) is weight
    assert weight.requires_grad
    assert weight.is_leaf
    values = weight.detach().numpy()
    if low is not None:
        assert low <= values.min() < low + 0.01 * (high - low)
        assert high - 0.01 * (high - low) < values.max() <= high
        std = (high - low) / math.sqrt(12)
    assert values.std() == pytest.approx(std, rel=0.02)


def test_constants_and_gains():
    x = tg.randn(2, 2)
    assert nn.init.ones_(x).tolist() == [[1, 1], [1, 1]]
    assert nn.init.zeros_(x).tolist() == [[0, 0], [0, 0]]
    assert nn.init.constant_(nn.Parameter(x), 0.5).tolist() == [[0.5, 0.5], [0.5, 0.5]]
    gain = nn.init.calculate_gain
    assert [gain("linear"), gain("conv2d"), gain("sigmoid"), gain("selu")] == [1, 1, 1, 0.75]
    assert [gain("relu"), gain("tanh")] == [math.sqrt(2), 5 / 3]
    assert gain("leaky_relu") == pytest.approx(math.sqrt(2 / 1.0001))
    assert gain("leaky_relu", 1) == 1


def test_the_seed_makes_networks_repeat():
    nets = []
    for _ in range(2):
        tg.manual_seed(7)
        nets.append(nn.Sequential(nn.Linear(3, 4), nn.Conv2d(1, 2, 3)))
    assert_same_state(nets[0].state_dict(), arrays(nets[1].state_dict()))


# losses


def log_probabilities(x):
    shifted = x - x.max(1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(1, keepdims=True))


def expected_cross_entropy(x, target, weight, ignore_index, reduction, smoothing):
    """By loops over rows of (N, C)."""
    log_p, (_, count) = log_probabilities(x), x.shape
    weight = np.ones(count) if weight is None else weight
    losses, weights = [], []
    for row, y in zip(log_p, target, strict=True):
        ignored = y == ignore_index
        q = np.full(count, smoothing / count)
        if not ignored:
            q[y] += 1 - smoothing
        losses.append(0.0 if ignored else -(weight * q * row).sum())
        weights.append(0.0 if ignored else weight[y])
    if reduction == "none":
        return np.array(losses)
    if reduction == "sum":
        return np.sum(losses)
    return np.sum(losses) / np.sum(weights) if any(weights) else np.nan


@given(data=st.data())
def test_cross_entropy_of_classes_is_its_sum(data):
    rows, count = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    x = rng.standard_normal((rows, count)) * data.draw(st.sampled_from([1, 100]))
    ignore_index = data.draw(st.sampled_from([-100, -1, 0]))
    target = rng.integers(0, count, rows)
    if data.draw(st.booleans()):
        target[rng.random(rows) < 0.3] = ignore_index
    weight = rng.uniform(0.5, 2, count) if data.draw(st.booleans()) else None
    reduction = data.draw(st.sampled_from(["mean", "sum", "none"]))
    smoothing = data.draw(st.sampled_from([0.0, 0.3, 1.0]))
    loss = nn.CrossEntropyLoss(None if weight is None else tg.tensor(weight), ignore_index, reduction, smoothing)
    expected = expected_cross_entropy(x, target, weight, ignore_index, reduction, smoothing)
    np.testing.assert_allclose(loss(tg.tensor(x), tg.tensor(target)).numpy(), expected, rtol=1e-10, atol=1e-10)


@given(shape=st.lists(st.integers(1, 3), max_size=3), seed=st.integers(0, 99), smoothing=st.sampled_from([0.0, 0.2]))
def test_every_layout_is_that_of_rows(shape, seed, smoothing):
    rng = np.random.default_rng(seed)
    shape = tuple(shape)
    target = rng.integers(0, 4, shape)
    x = rng.standard_normal((*shape[:1], 4, *shape[1:]))
    rows = np.moveaxis(x, min(1, len(shape)), -1).reshape(-1, 4)
    for reduction in ("mean", "sum", "none"):
        given = F.cross_entropy(tg.tensor(x), tg.tensor(target), reduction=reduction, label_smoothing=smoothing)
        expected = expected_cross_entropy(rows, target.reshape(-1), None, -100, reduction, smoothing)
        np.testing.assert_allclose(given.numpy(), expected.reshape(given.shape), rtol=1e-12, atol=1e-12)
        assert given.shape == (shape if reduction == "none" else ())


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_sure_probabilities_are_classes(reduction, smoothing):
    x, y = tg.randn(5, 4, 3, dtype=tg.float64), tg.randint(0, 4, (5, 3))
    q = F.one_hot(y, 4).movedim(-1, 1).double()
    loss = nn.CrossEntropyLoss(reduction=reduction, label_smoothing=smoothing)
    np.testing.assert_allclose(loss(x, q).numpy(), loss(x, y).numpy(), rtol=1e-12)


LOSSES = {
    "rows": lambda x, w: F.cross_entropy(x, tg.tensor([1, 0, 2])),
    "rows, sum": lambda x, w: F.cross_entropy(x, tg.tensor([1, 0, 2]), reduction="sum"),
    "rows, none": lambda x, w: F.cross_entropy(x, tg.tensor([1, 0, 2]), reduction="none") ** 2,
    "ignored": lambda x, w: F.cross_entropy(x, tg.tensor([1, -100, 2])),
    "weighted": lambda x, w: F.cross_entropy(x, tg.tensor([1, 0, 2]), w),
    "smoothed": lambda x, w: F.cross_entropy(x, tg.tensor([1, -100, 2]), w, label_smoothing=0.1),
    "probabilities": lambda x, w: F.cross_entropy(x, w.softmax(0).expand(3, 4)),
    "nll": lambda x, w: F.nll_loss(x, tg.tensor([1, -100, 3]), w),
    "mse": lambda x, w: F.mse_loss(x, w.expand(3, 4)),
    "mse, weighted": lambda x, w: F.mse_loss(x, tg.ones(3, 4).double(), weight=w.expand(3, 4)),
    "linear": lambda x, w: F.linear(x, w.reshape(1, 4)),
    "softmax": lambda x, w: F.softmax(x * w, dim=-1) + F.log_softmax(x, dim=0),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_are_those_of_differences(name):
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.standard_normal((3, 4)), requires_grad=True)
    w = tg.tensor(rng.uniform(0.5, 1.5, 4), requires_grad=True)
    assert tg.autograd.gradcheck(LOSSES[name], [x, w])
    assert tg.autograd.gradgradcheck(LOSSES[name], [x, w])


@pytest.mark.parametrize("target", [tg.tensor([0, 1]), tg.tensor([[1.0, 0.0], [0.0, 1.0]])], ids=["classes", "floats"])
def test_cross_entropy_is_finite_where_a_softmax_underflows(target):
    x = tg.tensor([[1e4, -1e4], [1e4, -1e4]], requires_grad=True)
    loss = F.cross_entropy(x, target, reduction="none")
    assert loss.tolist() == [0, 2e4]
    loss.sum().backward()
    assert x.grad.tolist() == [[0, 0], [1, -1]]


def test_an_ignored_row_leaves_no_trace_even_where_it_is_infinite():
    x = tg.tensor([[0.0, 0.0], [-math.inf, 0.0]], requires_grad=True)
    F.cross_entropy(x, tg.tensor([0, 5]), ignore_index=5).backward()
    assert x.grad.tolist() == [[-0.5, 0.5], [0, 0]]


def test_the_mean_over_nothing_is_nan():
    x = tg.zeros(2, 3)
    assert math.isnan(F.cross_entropy(x, tg.tensor([-100, -100])).item())
    assert math.isnan(F.cross_entropy(tg.zeros(0, 3), tg.zeros(0, dtype=tg.int64)).item())


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda x: F.cross_entropy(x, tg.tensor([0, 4])), IndexError, "outside 0 to 3"),
        (lambda x: F.cross_entropy(x, tg.tensor([0, -1])), IndexError, "outside 0 to 3"),
        (lambda x: F.cross_entropy(tg.ones(2, 200), tg.tensor([0, -2])), IndexError, "outside 0 to 199"),
        (lambda x: F.cross_entropy(x, tg.tensor([0])), ShapeError, r"classes of shape \(2,\), got int64 \(1,\)"),
        (lambda x: F.cross_entropy(x, tg.tensor([[0], [1]])), ShapeError, r"got int64 \(2, 1\)"),
        (lambda x: F.cross_entropy(x, tg.tensor([0.0, 1.0])), ShapeError, "probabilities of the same shape"),
        (lambda x: F.cross_entropy(x, tg.tensor([True, False])), ShapeError, "integer classes"),
        (lambda x: F.cross_entropy(x, tg.tensor([0, 1]), tg.ones(3)), ShapeError, "each of 4 classes"),
        (lambda x: F.cross_entropy(tg.ones(()), tg.tensor(0)), ShapeError, "got one number"),
        (lambda x: F.cross_entropy(x, tg.tensor([0, 1]), reduction="avg"), ValueError, "got 'avg'"),
        (lambda x: F.cross_entropy(x, tg.tensor([0, 1]), label_smoothing=2), RuntimeError, "label_smoothing"),
        (lambda x: F.cross_entropy(x, np.array([0, 1])), TypeError, "takes a Tensor as target, got ndarray"),
        (lambda x: F.cross_entropy(x, x, ignore_index=1), RuntimeError, "ignore_index is for classes"),
        (lambda x: F.mse_loss(x, x, "avg"), ValueError, "got 'avg'"),
        (lambda x: F.binary_cross_entropy(x, x + 1.5), RuntimeError, "targets are between 0 and 1, got .* 1.5"),
        (lambda x: F.binary_cross_entropy(x, x - 0.5), RuntimeError, "targets are between 0 and 1, got some from -0.5"),
        (lambda x: F.linear_cross_entropy(x, x[0], x), ShapeError, r"linear_weight \(C, \*, in\), got .* and \(4,\)"),
        (lambda x: F.linear_cross_entropy(x[None], x, x), ShapeError, r"takes an input .* got \(1, 2, 4\)"),
        (lambda x: F.linear_cross_entropy(x[0], x[None], x), ShapeError, r"needs an input \(N, in\), got \(4,\)"),
        (
            lambda x: F.linear_cross_entropy(x, x, x.argmax(1), linear_bias=x[0]),
            ShapeError,
            r"linear_bias \(2,\), got \(4,\)",
        ),
        (lambda x: F.linear_cross_entropy(x, x, [0]), TypeError, "takes a Tensor as target"),
        (lambda x: F.linear_cross_entropy(x, x[:, :3], x), ShapeError, r"takes an input \(N, in\) .* and \(2, 3\)"),
        (lambda x: F.linear_cross_entropy(x, [0], x), TypeError, "takes a Tensor as linear_weight, got list"),
        (lambda x: F.mse_loss(x, x, weight=tg.ones(4)), ShapeError, r"input's shape \(2, 4\)"),
    ],
)
def test_a_loss_says_what_it_cannot_take(act, error, words):
    with pytest.raises(error, match=words):
        act(tg.zeros(2, 4))


def test_mse_loss_is_its_formula_and_warns_of_broadcasting():
    x, y = tg.tensor([1.0, 2.0, 4.0]), tg.tensor([1.0, 0.0, 1.0])
    assert nn.MSELoss()(x, y).item() == pytest.approx(13 / 3)
    assert nn.MSELoss(reduction="sum")(x, y).item() == 13
    assert nn.MSELoss(reduction="none")(x, y).tolist() == [0, 4, 9]
    assert F.mse_loss(x, y, weight=tg.tensor([1.0, 1.0, 2.0])).item() == 22 / 4
    with pytest.warns(UserWarning, match="Please ensure they have the same size"):
        assert F.mse_loss(x, y.reshape(3, 1)).item() == pytest.approx(np.mean([[0, 1, 9], [1, 4, 16], [0, 1, 9]]))


def test_softmax_without_dim_guesses_with_a_warning():
    x = tg.randn(2, 3)
    for function in (F.softmax, F.log_softmax):
        with pytest.warns(UserWarning, match="say which"):
            guessed = function(x)
        assert guessed.tolist() == function(x, dim=1).tolist()
    assert F.softmax(tg.tensor(3.0), dim=0).item() == 1
    assert x.softmax(dim=0, dtype=tg.float64).dtype == tg.float64
    with pytest.raises(IndexError):
        F.softmax(x, dim=2)


# clipping


def with_gradients(*gradients):
    parameters = [nn.Parameter(tg.zeros(len(g))) for g in gradients]
    for p, g in zip(parameters, gradients, strict=True):
        p.grad = tg.tensor(g)
    return parameters


@pytest.mark.parametrize(
    ("order", "norm"), [(2.0, 13.0), (1, 19.0), (math.inf, 12.0), (3, (27 + 64 + 1728) ** (1 / 3))]
)
def test_gradients_are_scaled_to_a_norm(order, norm):
    parameters = with_gradients([3.0, -4.0], [12.0])
    held = parameters[0].grad
    total = nn.utils.clip_grad_norm_(iter([*parameters, nn.Parameter(tg.ones(1))]), 2.0, order)
    assert total.item() == pytest.approx(norm)
    np.testing.assert_allclose(held.numpy(), np.array([3, -4]) * 2 / norm, rtol=1e-5)
    assert parameters[0].grad is held
    nn.utils.clip_grad_norm_(parameters, 100.0)
    np.testing.assert_allclose(parameters[1].grad.numpy(), 12 * 2 / norm, rtol=1e-5)


def test_gradients_are_held_between_bounds():
    (p,) = with_gradients([3.0, -4.0, 0.5])
    nn.utils.clip_grad_value_(p, 1)
    assert p.grad.tolist() == [1, -1, 0.5]


def test_a_norm_that_is_not_finite_can_be_an_error():
    (p,) = with_gradients([math.inf, 1.0])
    with pytest.raises(RuntimeError, match="nothing was clipped"):
        nn.utils.clip_grad_norm_(p, 1.0, error_if_nonfinite=True)
    assert p.grad.tolist() == [math.inf, 1]
    assert nn.utils.clip_grad_norm_([nn.Parameter(tg.ones(1))], 1.0).item() == 0
    used_up = nn.Linear(1, 1).parameters()
    list(used_up)
    with pytest.warns(UserWarning, match="empty generator"):
        nn.utils.clip_grad_norm_(used_up, 1.0)


def test_a_wrapper_that_looks_up_what_it_has_not_in_what_it_wraps():
    class Wrapper(nn.Module):
        def __init__(self, module):
            super().__init__()
            self.module = module

        def __getattr__(self, name):
            try:
                return super().__getattr__(name)
            except AttributeError:
                return getattr(super().__getattr__("module"), name)

    wrapper = Wrapper(nn.Linear(3, 2))
    assert wrapper.in_features == 3
    assert wrapper.weight is wrapper.module.weight
    assert not hasattr(wrapper, "groups")
    assert list(wrapper.state_dict()) == ["module.weight", "module.bias"]


def test_a_sequence_several_times_shares_its_modules():
    net = 2 * nn.Sequential(nn.Linear(2, 2), nn.ReLU()) * 2
    assert [type(module).__name__ for module in net] == ["Linear", "ReLU"] * 4
    assert net[0] is net[2] is net[6]
    assert len(list(net.parameters())) == 2


def test_members_are_a_dictionary_in_both_directions():
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
    assert [name for name, _ in reversed(net._modules.items())] == list(reversed(net._modules)) == ["1", "0"]
    assert next(reversed(net._modules.values())) is net[1]
    assert list(net[0]._parameters.keys()) == ["weight", "bias"]
    found = net._modules.copy()
    found.pop("0")
    assert len(net) == 2


def test_members_of_a_programs_own_kind_are_named_as_parameters_are():
    class Noted(nn.Module):
        def __init__(self, *notes):
            super().__init__()
            self.notes = dict(notes)

    inner = Noted(("a", 1), ("b", None))
    outer = nn.Sequential(Noted(("a", 1), ("c", 2)), inner, inner)
    of = lambda module: getattr(module, "notes", {}).items()  # noqa: E731
    assert list(outer._named_members(of)) == [("0.a", 1), ("0.c", 2)]  # 1 came before, None is none
    assert list(outer._named_members(of, "net", remove_duplicate=False))[-2:] == [("net.1.a", 1), ("net.2.a", 1)]
    assert list(inner._named_members(of, recurse=False)) == [("a", 1)]


def test_a_class_with_its_own_getattr_is_asked_for_members_each_time():
    asked = []

    class Asking(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(tg.ones(2))
            self.inner = nn.Linear(2, 1)
            self.register_buffer("mean", tg.zeros(2))
            self.plain = 3

        def __getattr__(self, name):
            asked.append(name)
            return super().__getattr__(name)

        def forward(self, x):
            return self.inner(x * self.weight - self.mean) * self.plain

    class Below(Asking):
        pass

    for kind in (Asking, Below):
        net = kind()
        for _ in range(2):
            asked.clear()
            net(tg.ones(1, 2))
            assert asked == ["inner", "weight", "mean"]
        assert list(net.state_dict()) == ["weight", "mean", "inner.weight", "inner.bias"]
        assert copy.deepcopy(net).weight is not net.weight
        with pytest.raises(AttributeError, match="no attribute 'other'"):
            net.other  # noqa: B018
        del net.weight
        assert not hasattr(net, "weight")
    assert "__getattribute__" not in vars(nn.Linear)


@pytest.mark.parametrize("kind", [lambda: nn.Linear(2, 3), lambda: nn.BatchNorm1d(3)])
def test_what_loads_a_state_dict_takes_its_arguments_by_name(kind):
    class Lenient(type(kind())):
        def _load_from_state_dict(
            self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        ):
            super()._load_from_state_dict(
                state_dict=state_dict,
                prefix=prefix,
                local_metadata=local_metadata,
                strict=False,
                missing_keys=missing_keys,
                unexpected_keys=unexpected_keys,
                error_msgs=error_msgs,
            )

    lenient = Lenient(2, 3) if isinstance(kind(), nn.Linear) else Lenient(3)
    assert lenient.load_state_dict({"bias": tg.ones(3), "another": tg.ones(1)}) == ([], [])
    assert lenient.bias.tolist() == [1.0, 1.0, 1.0]
