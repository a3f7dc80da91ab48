"""Optimizers: each walks as its algorithm says, and says what it cannot take."""

import copy
import gc
import itertools
import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim


def bowl(x):
    """A long valley beside a wave, steep enough to swing in and flat enough to walk up without end."""
    return (x[0] - 1) ** 2 + 3 * (x[1] - x[0]) ** 2 + x[2].cos()


def bowl_gradient(x):
    across = 6 * (x[1] - x[0])
    return np.array([2 * (x[0] - 1) - across, across, -math.sin(x[2])])


START = [-0.5, 1.0, 0.3]


def walked(make, steps=30):
    """The way of a parameter in float64."""
    x = nn.Parameter(tg.tensor(np.array(START)))
    optimizer = make([x])
    way = []
    for _ in range(steps):
        optimizer.zero_grad()
        bowl(x).backward()
        optimizer.step()
        way.append(x.detach().numpy().copy())
    return np.array(way)


def sgd_by_hand(lr, momentum, dampening, weight_decay, nesterov, maximize):
    x, b, way = np.array(START), None, []
    for _ in range(30):
        g = bowl_gradient(x) * (-1 if maximize else 1) + weight_decay * x
        b = g if b is None else momentum * b + (1 - dampening) * g
        x = x - lr * (g if not momentum else g + momentum * b if nesterov else b)
        way.append(x)
    return np.array(way)


def adam_by_hand(lr, betas, eps, weight_decay, amsgrad, maximize):
    x, m, v, most, way = np.array(START), 0.0, 0.0, 0.0, []
    for t in range(1, 31):
        g = bowl_gradient(x) * (-1 if maximize else 1) + weight_decay * x
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g * g
        most = np.maximum(most, v)
        v_hat = (most if amsgrad else v) / (1 - betas[1] ** t)
        x = x - lr * m / (1 - betas[0] ** t) / (np.sqrt(v_hat) + eps)
        way.append(x)
    return np.array(way)


SGD_SETTINGS = [
    {"lr": 0.01, "momentum": m, "dampening": d, "weight_decay": w, "nesterov": n, "maximize": up}
    for m, d, w, n, up in itertools.product((0, 0.9), (0, 0.3), (0, 0.1), (False, True), (False, True))
    if not n or (m and not d)
]
ADAM_SETTINGS = [
    {"lr": 0.05, "betas": b, "eps": e, "weight_decay": w, "amsgrad": a, "maximize": up}
    for b, e, w, a, up in itertools.product(
        ((0.9, 0.999), (0.3, 0.6), (0.6, 0.0)), (1e-8, 1e-2), (0, 0.1), (False, True), (False, True)
    )
]


@pytest.mark.parametrize("settings", SGD_SETTINGS, ids=str)
def test_sgd_walks_as_its_formula(settings):
    way = walked(lambda params: optim.SGD(params, **settings))
    np.testing.assert_allclose(way, sgd_by_hand(**settings), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("settings", ADAM_SETTINGS, ids=str)
def test_adam_walks_as_its_formula(settings):
    way = walked(lambda params: optim.Adam(params, **settings))
    np.testing.assert_allclose(way, adam_by_hand(**settings), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [lambda ps: optim.SGD(ps, lr=0.02, momentum=0.9, nesterov=True), lambda ps: optim.Adam(ps, lr=0.05)],
    ids=["SGD", "Adam"],
)
def test_the_valley_is_found(make):
    way = walked(make, steps=500)
    np.testing.assert_allclose(way[-1], [1, 1, math.pi], atol=1e-3)


# groups and state


def layers():
    tg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1))


def fit(net, optimizer, steps, seed=0):
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        x = tg.tensor(rng.standard_normal((8, 3)).astype(np.float32))
        optimizer.zero_grad()
        ((net(x) - x.sum(1, keepdim=True)) ** 2).mean().backward()
        optimizer.step()


def test_groups_have_settings_of_their_own():
    net = layers()
    optimizer = optim.SGD([{"params": net[0].parameters()}, {"params": net[2].weight, "lr": 0.5}], lr=0.1, momentum=0.9)
    assert [group["lr"] for group in optimizer.param_groups] == [0.1, 0.5]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.9, 0.9]
    optimizer.add_param_group({"params": [net[2].bias], "weight_decay": 0.3})
    assert [len(group["params"]) for group in optimizer.param_groups] == [2, 1, 1]
    before = {name: p.detach().numpy().copy() for name, p in net.named_parameters()}
    for p in net.parameters():
        p.grad = tg.ones_like(p)
    optimizer.param_groups[0]["lr"] = 0.0
    optimizer.step()
    after = {name: p.detach().numpy() for name, p in net.named_parameters()}
    np.testing.assert_array_equal(after["0.weight"], before["0.weight"])
    np.testing.assert_allclose(after["2.weight"], before["2.weight"] - 0.5, rtol=1e-6)
    np.testing.assert_allclose(after["2.bias"], before["2.bias"] - 0.1 * (1 + 0.3 * before["2.bias"]), rtol=1e-5)


def test_a_given_group_is_not_changed():
    group = {"params": [nn.Parameter(tg.ones(1))]}
    optim.Adam([group])
    assert list(group) == ["params"]


@pytest.mark.parametrize(
    "make",
    [
        lambda net: optim.SGD(net.parameters(), lr=0.1),
        lambda net: optim.SGD(net.parameters(), lr=0.1, momentum=0.9),
        lambda net: optim.Adam(net.parameters(), lr=0.01, amsgrad=True),
    ],
    ids=["SGD", "momentum", "Adam"],
)
def test_a_run_resumed_from_its_state_is_the_same_bit_for_bit(make):
    net = layers()
    optimizer = make(net)
    fit(net, optimizer, 5)
    weights, state = copy.deepcopy(net.state_dict()), copy.deepcopy(optimizer.state_dict())
    fit(net, optimizer, 5, seed=1)

    other = layers()
    resumed = make(other)
    fit(other, resumed, 2, seed=7)  # a state of its own, which must go
    other.load_state_dict(weights)
    resumed.load_state_dict(state)
    fit(other, resumed, 5, seed=1)
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())


def test_a_state_dict_has_pytorchs_form():
    net = layers()
    optimizer = optim.SGD([{"params": [net[2].bias]}, {"params": net[0].parameters(), "lr": 0.5}], lr=0.1, momentum=0.9)
    assert optimizer.state_dict()["state"] == {}
    fit(net, optimizer, 1)
    state = optimizer.state_dict()
    assert [group["params"] for group in state["param_groups"]] == [[0], [1, 2]]
    assert state["param_groups"][1]["lr"] == 0.5
    assert sorted(state["state"]) == [0, 1, 2]
    assert state["state"][1]["momentum_buffer"].shape == (4, 3)

    adam = optim.Adam([net[2].bias])
    fit(net, adam, 3)
    (only,) = adam.state_dict()["state"].values()
    assert sorted(only) == ["exp_avg", "exp_avg_sq", "step"]
    assert (only["step"].item(), only["step"].shape, only["step"].dtype) == (3, (), tg.float32)


def test_a_loaded_state_is_a_copy_in_the_dtype_of_the_parameter():
    p, q = (nn.Parameter(tg.ones(2, dtype=dtype)) for dtype in (tg.float64, tg.float32))
    source, target = optim.Adam([p]), optim.Adam([q])
    p.grad = tg.ones_like(p)
    source.step()
    target.load_state_dict(source.state_dict())
    assert target.state[q]["exp_avg"].dtype == tg.float32
    source.step()
    assert target.state[q]["step"].item() == 1
    np.testing.assert_allclose(target.state[q]["exp_avg"].numpy(), 0.1, rtol=1e-6)


def test_settings_come_from_the_state_and_missing_ones_from_the_defaults():
    p = nn.Parameter(tg.ones(1))
    optimizer = optim.SGD([p], lr=0.1, momentum=0.5)
    optimizer.load_state_dict({"state": {}, "param_groups": [{"lr": 0.7, "params": [0], "foreach": None}]})
    (group,) = optimizer.param_groups
    assert (group["lr"], group["momentum"], group["params"][0] is p) == (0.7, 0.5, True)


def test_the_decay_stays_decoupled_in_a_loaded_state_of_adam():
    p = nn.Parameter(tg.ones(1))
    optimizer = optim.AdamW([p])
    optimizer.load_state_dict(optim.Adam([p], lr=0.1, weight_decay=0.5).state_dict())
    p.grad = tg.zeros(1)
    optimizer.step()
    assert p.item() == pytest.approx(1 - 0.1 * 0.5)


def test_a_momentum_that_is_none_as_pytorch_saves_it_begins_at_the_gradient():
    ps = [nn.Parameter(tg.ones(2)) for _ in range(8)]
    optimizer = optim.SGD(ps, lr=0.1, momentum=0.9)
    optimizer.load_state_dict(
        {"state": {i: {"momentum_buffer": None} for i in range(8)}, "param_groups": [{"params": list(range(8))}]}
    )
    for p in ps:
        p.grad = tg.ones(2)
    for expected in (0.9, 0.71):
        optimizer.step()
        np.testing.assert_allclose([p.tolist() for p in ps], expected, rtol=1e-6)


def test_a_state_of_other_groups_is_refused_and_changes_nothing():
    net = layers()
    optimizer = optim.Adam(net.parameters())
    fit(net, optimizer, 1)
    before = optimizer.state_dict()
    with pytest.raises(ValueError, match=r"groups of \[2\] parameters, the optimizer groups of \[4\]"):
        optimizer.load_state_dict(optim.Adam(net[0].parameters()).state_dict())
    assert optimizer.state_dict()["state"].keys() == before["state"].keys()


# steps


def test_a_parameter_without_a_gradient_stays():
    net = layers()
    net[0].requires_grad_(False)
    before = net[0].weight.tolist()
    optimizer = optim.Adam(net.parameters())
    fit(net, optimizer, 2)
    assert net[0].weight.tolist() == before
    assert len(optimizer.state) == 2


def test_a_step_records_nothing_and_is_seen_by_a_backward_that_comes_too_late():
    p = nn.Parameter(tg.ones(2))
    optimizer = optim.SGD([p], lr=0.1)
    y = (p * p).sum()
    p.grad = tg.ones(2)
    optimizer.step()
    assert p.is_leaf
    assert p.requires_grad
    with pytest.raises(RuntimeError, match="overwritten"):
        y.backward()


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned():
    p = nn.Parameter(tg.tensor([3.0]))
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 9
        assert not tg.is_grad_enabled()
    assert p.item() == 0
    assert optimizer.step() is None


def test_gradients_are_forgotten_or_zeroed():
    p = nn.Parameter(tg.ones(1))
    optimizer = optim.SGD([p])
    p.grad = held = tg.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert held.tolist() == p.grad.tolist() == [0]
    optimizer.zero_grad()
    assert p.grad is None


def test_steps_leave_no_garbage():
    net = layers()
    optimizer = optim.Adam(net.parameters())
    fit(net, optimizer, 3)
    gc.collect()
    gc.disable()
    try:
        fit(net, optimizer, 20)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_large_parameter_takes_the_same_step():
    rng = np.random.default_rng(0)
    start, g = rng.standard_normal((2, 3, 100_000)).astype(np.float32)
    for gradient in (g, np.asfortranarray(g)):
        p = nn.Parameter(tg.tensor(start))
        p.grad = tg.from_numpy(gradient)
        optim.SGD([p], lr=0.1).step()
        np.testing.assert_array_equal(p.detach().numpy(), start + g * np.float32(-0.1))


WRITES = {
    "add_": (lambda x, y: x.add_(y, alpha=2.0), lambda x, y: x + 2 * y),
    "addcmul_": (lambda x, y: x.addcmul_(y, y, value=2.0), lambda x, y: x + 2 * y * y),
    "addcdiv_": (lambda x, y: x.addcdiv_(y, y + 1, value=2.0), lambda x, y: x + 2 * (y / (y + 1))),
    "lerp_": (lambda x, y: x.lerp_(y, 0.25), lambda x, y: x + (y - x) / 4),
}


@pytest.mark.parametrize("name", WRITES)
def test_an_addition_to_itself_moved_by_one_reads_what_was_there(name):
    write, formula = WRITES[name]
    x = (np.arange(200_000) % 1000).astype(np.float32)
    moved = tg.tensor(x)
    write(moved[1:], moved[:-1])
    np.testing.assert_allclose(moved.numpy()[1:], formula(x[1:], x[:-1]), 1e-6)


@pytest.mark.parametrize("name", WRITES)
def test_much_is_written_into_views_and_of_what_broadcasts(name):
    write, formula = WRITES[name]
    x, y = np.random.default_rng(0).random((2, 300, 400)).astype(np.float32)
    for target, value in ((x, y), (x.T, y.T), (x.T, y.reshape(400, 300)), (x, y[:1]), (x, y[:, :1])):
        moved = tg.tensor(x)
        write(moved if target is x else moved.T, tg.from_numpy(value))
        np.testing.assert_allclose((moved if target is x else moved.T).numpy(), formula(target, value), 1e-5)


# optimizers of users


class SignDescent(optim.Optimizer):
    def __init__(self, params, lr=0.1):
        super().__init__(params, {"lr": lr})

    def update(self, p, g, group):
        self.state[p]["count"] = self.state[p].get("count", 0) + 1
        p.add_(g.sign(), alpha=-group["lr"])


class Plain(optim.Optimizer):
    """As programs for PyTorch define theirs."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    @tg.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                state["step"] = state.get("step", 0) + 1
                p.data.add_(p.grad, alpha=-group["lr"])


@pytest.mark.parametrize("kind", [SignDescent, Plain])
def test_users_define_optimizers(kind):
    p = nn.Parameter(tg.tensor([1.0, -2.0]))
    optimizer = kind([p], lr=0.25)
    p.grad = tg.tensor([1.0, -1.0])
    optimizer.step()
    optimizer.step()
    assert p.tolist() == [0.5, -1.5]
    assert list(optimizer.state_dict()["state"][0].values()) == [2]
    assert optimizer.defaults == {"lr": 0.25}


def test_an_optimizer_shows_its_groups():
    assert repr(optim.SGD([nn.Parameter(tg.ones(1))], lr=0.1)) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n)"
    )


def parameter():
    return nn.Parameter(tg.ones(2))


SHARED = parameter()


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: optim.SGD([]), ValueError, "SGD got an empty parameter list"),
        (lambda: optim.Adam(p for p in []), ValueError, "generator that was used before"),
        (lambda: optim.SGD(parameter()), TypeError, "iterable of Tensors or of dictionaries, got Parameter"),
        (lambda: optim.SGD({"params": [parameter()]}), TypeError, "got dict"),
        (lambda: optim.SGD(3), TypeError, "got int"),
        (lambda: optim.SGD([{"params": {parameter()}}]), TypeError, "a set does not have"),
        (lambda: optim.SGD([np.ones(2)]), TypeError, "moves Tensors, got ndarray"),
        (lambda: optim.SGD([parameter() * 2]), ValueError, "can't optimize a non-leaf"),
        (lambda: optim.SGD([SHARED, SHARED]), UserWarning, "given twice"),
        (lambda: optim.SGD([{"params": [SHARED]}, {"params": [SHARED]}]), ValueError, "given twice"),
        (lambda: optim.SGD([parameter()]).add_param_group([1]), TypeError, "a dictionary, got list"),
        (lambda: optim.SGD([parameter()], lr=-1), ValueError, "SGD: lr must be 0 or more, got -1"),
        (lambda: optim.SGD([parameter()], lr=math.nan), ValueError, "lr"),
        (lambda: optim.SGD([parameter()], momentum=-0.1), ValueError, "momentum"),
        (lambda: optim.SGD([parameter()], weight_decay=-1), ValueError, "weight_decay"),
        (lambda: optim.SGD([parameter()], nesterov=True), ValueError, "nesterov needs a momentum"),
        (lambda: optim.SGD([parameter()], momentum=1, dampening=1, nesterov=True), ValueError, "no dampening"),
        (lambda: optim.Adam([parameter()], lr=-1), ValueError, "Adam: lr"),
        (lambda: optim.Adam([parameter()], eps=-1e-8), ValueError, "eps"),
        (lambda: optim.Adam([parameter()], betas=(1.0, 0.9)), ValueError, r"betas\[0\]"),
        (lambda: optim.Adam([parameter()], betas=(0.9, -0.1)), ValueError, r"betas\[1\]"),
        (lambda: optim.Adam([parameter()], weight_decay=-1), ValueError, "weight_decay"),
        (lambda: optim.Adam([parameter()], betas=(tg.tensor(0.9), 0.9)), ValueError, "two numbers or two Tensors"),
        (
            lambda: optim.SGD([parameter()], learning_rate=1),
            TypeError,
            "unexpected argument 'learning_rate'",
        ),
        (lambda: optim.RMSprop([parameter()], differentiable=True), ValueError, r"optim\.unrolled"),
        (lambda: optim.SGD([parameter()]).load_state_dict({}), ValueError, "got the keys"),
        (lambda: optim.SGD([parameter()]).load_state_dict(None), ValueError, "got None"),
        (
            lambda: optim.SGD([parameter()]).load_state_dict({"state": {}, "param_groups": [{"lr": 1}]}),
            ValueError,
            'each of the "param_groups"',
        ),
    ],
)
def test_errors_say_what_was_wrong(act, error, words):
    with pytest.raises(error, match=words):
        act()


def test_ways_to_compute_a_step_are_taken_and_change_nothing():
    for ways in ({"foreach": True}, {"fused": True}, {"fused": None, "capturable": True, "differentiable": False}):
        p = nn.Parameter(tg.ones(2))
        p.grad = tg.ones(2)
        optim.AdamW([p], lr=0.5, weight_decay=0.0, **ways).step()
        np.testing.assert_allclose(p.detach().numpy(), 0.5, rtol=1e-6)


def test_hooks_surround_steps_and_states():
    told = []
    optimizer = optim.SGD([parameter()], lr=1.0)
    with optim.register_optimizer_step_pre_hook(lambda o, args, kwargs: told.append("every")):
        optimizer.register_step_pre_hook(lambda o, args, kwargs: told.append("before"))
        optimizer.register_step_post_hook(lambda o, args, kwargs: told.append("after"))
        optimizer.step()
    optimizer.step()
    assert told == ["every", "before", "after", "before", "after"]
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "made": "here"})
    optimizer.register_load_state_dict_pre_hook(lambda o, state: told.append(state.pop("made")))
    optimizer.register_load_state_dict_post_hook(lambda o: told.append(o.param_groups[0]["lr"]))
    state = optimizer.state_dict()
    optimizer.load_state_dict({**state, "param_groups": [{**state["param_groups"][0], "lr": 5.0}]})
    assert told[5:] == ["here", 5.0]
    assert state["made"] == "here"


def test_an_optimizer_must_say_how_a_parameter_moves():
    optimizer = optim.Optimizer([parameter()], {})
    optimizer.param_groups[0]["params"][0].grad = tg.ones(2)
    with pytest.raises(NotImplementedError, match="give it a method update"):
        optimizer.step()


# what they are made of


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize("weight", [0.0, 0.1, 0.5, 0.9, 1.0, -1.0])
def test_lerp_is_the_same_in_place(dtype, weight):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 3, 4)).astype(dtype)
    expected = tg.tensor(a).lerp(tg.tensor(b), weight)
    x = tg.tensor(a)
    assert x.lerp_(tg.tensor(b), weight) is x
    np.testing.assert_array_equal(x.numpy(), expected.numpy())
    assert x.numpy().dtype == dtype
    np.testing.assert_allclose(
        x.numpy(), a + weight * (b.astype(float) - a), rtol=1e-2 if dtype == np.float16 else 1e-5
    )
    if weight in (0, 1):
        np.testing.assert_array_equal(x.numpy(), b if weight else a)
    tensor_weight = tg.full((3, 4), weight, dtype=tg.tensor(a).dtype)
    np.testing.assert_allclose(tg.tensor(a).lerp_(tg.tensor(b), tensor_weight).numpy(), x.numpy(), rtol=1e-2)


@pytest.mark.parametrize("name", ["addcmul", "addcdiv"])
def test_products_and_quotients_are_added(name):
    x, y, z = (tg.rand(3, 4, dtype=tg.float64) + 0.5 for _ in range(3))
    expected = x.numpy() + 0.3 * (y.numpy() * z.numpy() if name == "addcmul" else y.numpy() / z.numpy())
    np.testing.assert_allclose(getattr(x, name)(y, z, value=0.3).numpy(), expected, rtol=1e-14)
    written = x.clone()
    assert getattr(written, name + "_")(y, z, value=0.3) is written
    np.testing.assert_allclose(written.numpy(), expected, rtol=1e-14)


@pytest.mark.parametrize(
    "write",
    [
        lambda x, y: x.addcmul_(y, y, value=2.0),
        lambda x, y: x.addcdiv_(y, y + 3, value=2.0),
        lambda x, y: x.lerp_(y, 0.3),
        lambda x, y: x.lerp_(y, 0.7),
        lambda x, y: x.mul_(y),
        lambda x, y: x.mul_(0.5),
        lambda x, y: x.add_(0.5),
        lambda x, y: x.add_(y, alpha=0.5),
        lambda x, y: x.clamp_(-1, 1),
    ],
)
def test_what_is_written_in_place_has_its_gradient(write):
    x, y = (tg.randn(3, dtype=tg.float64, requires_grad=True) for _ in range(2))
    assert tg.autograd.gradcheck(lambda x, y: write(x * 1.5, y) ** 2, [x, y])
    with tg.no_grad():
        expected = write(x * 1.5, y)
    np.testing.assert_array_equal(write(x * 1.5, y).detach().numpy(), expected.numpy())


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda: tg.ones(2).add_(tg.ones(3)), ValueError),
        (lambda: tg.ones(2).mul_(tg.ones(3)), ValueError),
        (lambda: tg.ones(2).mul_(tg.ones(2, 2)), ValueError),
        (lambda: tg.tensor([1, 2]).mul_(0.5), RuntimeError),
        (lambda: tg.tensor([1, 2]).add_(tg.tensor([1, 2]), alpha=0.5), RuntimeError),
        (lambda: tg.ones(1).expand(3).mul_(2.0), RuntimeError),
        (lambda: parameter().mul_(2.0), RuntimeError),
    ],
)
def test_a_write_that_cannot_be_is_refused(act, error):
    with pytest.raises(error):
        act()


def test_writes_are_counted():
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    z = y * y
    y.detach().mul_(3.0)
    with pytest.raises(RuntimeError, match="overwritten"):
        z.sum().backward()


def test_hooks_around_a_state_dict():
    p = nn.Parameter(tg.ones(2))
    optimizer, seen = optim.SGD([p], lr=0.5, momentum=0.9), []
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("before saving"))
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "more": 1})
    last = optimizer.register_state_dict_post_hook(lambda o, state: seen.append(sorted(state)), prepend=True)
    state = optimizer.state_dict()
    assert seen == ["before saving", ["param_groups", "state"]]
    assert state["more"] == 1
    last.remove()
    optimizer.register_load_state_dict_pre_hook(
        lambda o, state: {**state, "param_groups": [{"lr": 0.1, "params": [0]}]}
    )
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]))
    optimizer.load_state_dict(state)
    assert seen[-1] == 0.1
    assert state["param_groups"][0]["lr"] == 0.5


def test_an_optimizer_around_another_one():
    class Around(optim.Optimizer):
        def __init__(self, inner):  # without that of Optimizer, as some are
            self.inner, self.param_groups = inner, inner.param_groups

        def step(self, closure=None):
            return self.inner.step(closure)

    p = nn.Parameter(tg.ones(1))
    p.grad = tg.ones(1)
    Around(optim.SGD([p], lr=0.5)).step()
    assert p.tolist() == [0.5]


def trained(rule, **settings):
    params = [nn.Parameter(tg.ones(3, 2)), nn.Parameter(tg.zeros(3, 2))]
    for p in params:
        p.grad = tg.ones(3, 2)
    optimizer = rule(params, **settings)
    optimizer.step()
    return optimizer


def shown(optimizer):
    """All that a step or a load may change."""
    return repr((optimizer.state_dict(), [p.tolist() for p in optimizer.parameters()]))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: {**s, "state": None}, 'the "state" of a state_dict is a dictionary, got NoneType'),
        (lambda s: {**s, "state": [1]}, 'the "state" of a state_dict is a dictionary, got list'),
        (lambda s: {**s, "state": {0: s["state"][0], 1: 3}}, "the state of parameter 1 is a dictionary, got int"),
        (lambda s: {**s, "param_groups": None}, "a list of dictionaries, got None"),
        (lambda s: {**s, "param_groups": [3]}, r"a list of dictionaries, got \[3\]"),
        (lambda s: {**s, "param_groups": [{"params": None}]}, 'has "params", the numbers of its parameters'),
        (lambda s: {**s, "param_groups": [{"params": [0]}]}, "groups of"),
        (
            lambda s: {**s, "state": {**s["state"], 1: {"step": tg.tensor(1.0), "exp_avg": tg.ones(7, 5)}}},
            r"parameter 1 has 'exp_avg' of shape .*7, 5.*, .* state of another model",
        ),
    ],
)
def test_a_state_that_is_none_of_this_optimizer_changes_nothing(change, words):
    optimizer = trained(optim.Adam)
    before = shown(optimizer)
    with pytest.raises(ValueError, match=words):
        optimizer.load_state_dict(change(optimizer.state_dict()))
    assert shown(optimizer) == before


def first_pair(optimizer):
    """The name of a setting of two numbers."""
    return next(name for name, x in optimizer.defaults.items() if isinstance(x, tuple))


@pytest.mark.parametrize("rule", [optim.Adam, optim.LAMB, optim.Adafactor])
@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda o: o.param_groups[0].update(lr=None), r"param_groups\[0\]\['lr'\] is None, where something like"),
        (lambda o: o.param_groups[0].update(lr="x"), r"param_groups\[0\]\['lr'\] is 'x'"),
        (lambda o: o.param_groups[0].pop("lr"), r"param_groups\[0\] has no 'lr'"),
        (lambda o: o.param_groups[0].update(weight_decay=[1]), r"param_groups\[0\]\['weight_decay'\] is \[1\]"),
        (lambda o: o.param_groups[0].update({first_pair(o): (0.9,)}), r"is \(0.9,\), where something like"),
        (lambda o: o.state[o.parameters()[0]].update(step="x"), "state of parameter 0 has 'x' as 'step'"),
        (lambda o: o.state[o.parameters()[0]].update(step=None), "state of parameter 0 has None as 'step'"),
        (lambda o: o.state[o.parameters()[0]].pop("step"), "has no 'step'"),
    ],
)
def test_a_step_that_cannot_be_made_says_why(rule, spoil, words):
    optimizer = trained(rule)
    spoil(optimizer)
    before = [p.tolist() for p in optimizer.parameters()]
    with pytest.raises(ValueError, match=f"{rule.__name__} cannot make a step: .*{words}"):
        optimizer.step()
    assert [p.tolist() for p in optimizer.parameters()] == before


def test_mistakes_in_an_update_of_ones_own_are_told_as_they_are():
    class Mine(optim.Optimizer):
        def __init__(self, params):
            super().__init__(params, {"lr": 0.1})

        def update(self, p, g, group):
            self.state[p]["note"] = "text"
            p.no_such_method(g)

    with pytest.raises(AttributeError, match="no_such_method"):
        trained(Mine)


@pytest.mark.parametrize("rule", [optim.SGD, optim.Adam, optim.RMSprop, optim.LBFGS])
def test_a_closure_that_fails_changes_nothing(rule):
    optimizer = trained(rule) if rule is not optim.LBFGS else rule([nn.Parameter(tg.ones(3, 2))])
    before = [p.tolist() for p in optimizer.parameters()]

    def closure():
        raise ZeroDivisionError("in the closure")

    with pytest.raises(ZeroDivisionError, match="in the closure"):
        optimizer.step(closure)
    assert [p.tolist() for p in optimizer.parameters()] == before


def test_a_closure_is_a_function():
    with pytest.raises(TypeError, match=r"step\(\) takes a function that computes the loss, got int"):
        optim.SGD([nn.Parameter(tg.ones(2))]).step(3)


def test_a_line_search_that_is_broken_off_leaves_the_parameters_where_its_iteration_began():
    p = nn.Parameter(tg.tensor([3.0, -2.0]))
    optimizer = optim.LBFGS([p], line_search_fn="strong_wolfe")
    calls = []

    def closure():
        calls.append(p.tolist())
        if len(calls) == 2:
            raise ZeroDivisionError
        optimizer.zero_grad()
        loss = (p**4).sum()
        loss.backward()
        return loss

    with pytest.raises(ZeroDivisionError):
        optimizer.step(closure)
    assert calls[1] != calls[0] == p.tolist()


def test_steps_of_muon_have_directions_of_equal_length():
    p = nn.Parameter(tg.zeros(4, 6))
    p.grad = tg.tensor(np.random.default_rng(0).standard_normal((4, 6)).astype(np.float32))
    optim.Muon([p], lr=1.0, weight_decay=0.0, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=40).step()
    u, _, v = np.linalg.svd(p.grad.numpy(), full_matrices=False)
    np.testing.assert_allclose(p.detach().numpy(), -u @ v, atol=1e-3)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"lr": -1}, "Muon: lr"),
        ({"momentum": -1}, "Muon: momentum"),
        ({"adjust_lr_fn": "x"}, "'original' or 'match_rms_adamw', got 'x'"),
        ({"ns_steps": 100}, "less than 100"),
        ({"ns_coefficients": (1.0, 2.0)}, "three numbers"),
        ({"params": [nn.Parameter(tg.ones(3))]}, r"moves matrices, got a parameter of shape .*3"),
    ],
)
def test_what_muon_refuses(settings, words):
    with pytest.raises(ValueError, match=words):
        optim.Muon(**{"params": [nn.Parameter(tg.ones(2, 2))], **settings})


def test_lbfgs_steps_where_the_gradient_is_zero():
    p = tg.ones(2, requires_grad=True)
    optim.LBFGS([p], tolerance_grad=-1.0).step(lambda: (p * 0).sum())
    assert p.tolist() == [1.0, 1.0]
