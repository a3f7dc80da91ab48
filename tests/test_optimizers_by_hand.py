"""Optimizers that PyTorch does not have, on the ways that NumPy says; hooks, names, copies and settings of all."""

import copy
import math
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim.line_search import Point, strong_wolfe

SHAPES = [(5, 4), (5,), ()]
STEPS = 30


def start():
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape) for shape in SHAPES]


def slopes(xs, i):
    """The gradients of sum a (x - cos)^2 / 2 + sin x, with weights a that change from step to step."""
    return [(1 + 0.5 * np.sin(i + np.arange(x.size))).reshape(x.shape) * (x - 0.5) + np.cos(x) for x in xs]


def hold(make, by_hand):
    """Hold an optimizer to a function that moves one array: (x, g, state, step) -> x."""
    parameters = [nn.Parameter(tg.tensor(x)) for x in start()]
    optimizer = make(parameters)
    xs, states = start(), [{} for _ in SHAPES]
    for i in range(STEPS):
        for p, g in zip(parameters, slopes([p.detach().numpy() for p in parameters], i), strict=True):
            p.grad = tg.tensor(np.asarray(g))
        optimizer.step()
        grads = slopes(xs, i)
        xs = [by_hand(x, g, state, i + 1) for x, g, state in zip(xs, grads, states, strict=True)]
        for p, x in zip(parameters, xs, strict=True):
            np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-10, atol=1e-12)


def moments(g, state, t, beta1, beta2):
    """Adam's m and v, with their bias corrected."""
    state["m"] = beta1 * state.get("m", 0) + (1 - beta1) * g
    state["v"] = beta2 * state.get("v", 0) + (1 - beta2) * g * g
    return state["m"] / (1 - beta1**t), state["v"] / (1 - beta2**t)


@pytest.mark.parametrize("decay", [0, 0.3])
@pytest.mark.parametrize("up", [1, -1])
def test_lion(decay, up):
    def by_hand(x, g, state, t):
        m, g = state.get("m", 0), g * up
        c = 0.8 * m + (1 - 0.8) * g
        state["m"] = 0.95 * m + (1 - 0.95) * g
        return x - 0.01 * (np.sign(c) + decay * x)

    hold(lambda ps: optim.Lion(ps, 0.01, betas=(0.8, 0.95), weight_decay=decay, maximize=up < 0), by_hand)


@pytest.mark.parametrize("decay", [0, 0.3])
def test_lamb(decay):
    def by_hand(x, g, state, t):
        m, v = moments(g, state, t, 0.8, 0.9)
        u = m / (np.sqrt(v) + 1e-6) + decay * x
        return x - 0.05 * np.linalg.norm(x) / np.linalg.norm(u) * u

    hold(lambda ps: optim.LAMB(ps, 0.05, betas=(0.8, 0.9), weight_decay=decay), by_hand)


@pytest.mark.parametrize("decay", [0, 0.3])
@pytest.mark.parametrize("shape", [(5,), (5, 4), (2, 3, 4)])
def test_adafactor(shape, decay):
    def size(x):
        return np.sqrt(np.mean(x * x))

    rng = np.random.default_rng(0)
    x, rows, columns, whole = rng.standard_normal(shape), 0.0, 0.0, 0.0
    p = nn.Parameter(tg.tensor(x))
    optimizer = optim.Adafactor([p], 0.3, weight_decay=decay)
    for t in range(1, 9):
        g = rng.standard_normal(shape)
        p.grad = tg.tensor(g)
        optimizer.step()
        share, rate = t**-0.8, max(1e-3, size(x)) * min(0.3, t**-0.5)
        x = x * (1 - 0.3 * decay)
        if x.ndim > 1:
            rows = rows + share * ((g * g).mean(-1, keepdims=True) - rows)
            columns = columns + share * ((g * g).mean(-2, keepdims=True) - columns)
            v = rows * columns / rows.mean(-2, keepdims=True)
        else:
            v = whole = whole + share * (g * g - whole)
        u = g / np.sqrt(v)
        x = x - rate * u / max(1.0, size(u))
        np.testing.assert_allclose(p.detach().numpy(), x, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", [optim.LAMB, optim.LARS])
def test_a_weight_of_zeros_moves_by_the_plain_step(kind):
    p = nn.Parameter(tg.zeros(3))
    p.grad = tg.ones(3)
    kind([p], lr=0.5).step()
    np.testing.assert_allclose(p.detach().numpy(), -0.5, rtol=1e-5)
    before = p.tolist()
    p.grad = tg.zeros(3)
    kind([p], lr=0.5).step()
    assert p.tolist() == before


@pytest.mark.parametrize("decay", [0, 0.3])
def test_lars(decay):
    def by_hand(x, g, state, t):
        length = np.linalg.norm(x)
        rate = 0.02 * length / (np.linalg.norm(g) + decay * length)
        state["v"] = 0.8 * state.get("v", 0) + 0.5 * rate * (g + decay * x)
        return x - state["v"]

    hold(
        lambda ps: optim.LARS(ps, 0.5, momentum=0.8, weight_decay=decay, trust_coefficient=0.02),
        by_hand,
    )


def test_nesterov():
    def by_hand(y, g, state, t):
        before, a = state.get("x", y), state.get("a", 1.0)
        state["x"] = y - 0.05 * g
        state["a"] = (1 + math.sqrt(4 * a * a + 1)) / 2
        return state["x"] + (a - 1) / state["a"] * (state["x"] - before)

    hold(lambda ps: optim.Nesterov(ps, 0.05), by_hand)


def test_nesterovs_bound_holds_and_is_quadratic():
    curvature = tg.tensor(np.geomspace(1e-4, 1, 30))
    y = nn.Parameter(tg.ones(30, dtype=tg.float64))
    plain = nn.Parameter(tg.ones(30, dtype=tg.float64))
    fast, slow = optim.Nesterov([y], lr=1.0), optim.SGD([plain], lr=1.0)
    for k in range(200):
        for p, optimizer in ((y, fast), (plain, slow)):
            optimizer.zero_grad()
            (curvature * p * p).sum().div(2).backward()
            optimizer.step()
        x = fast.state[y]["x"]
        assert (curvature * x * x).sum().item() / 2 <= 2 * 30 / (k + 2) ** 2
    assert (curvature * x * x).sum().item() < 0.2 * (curvature * plain * plain).sum().item()


def projected(x, u, g, delta=0.1, eps=1e-8):
    """AdamP's equations 11 and 12, for the channels and then for the whole; and whether there was a projection."""
    if x.ndim > 1:
        for rows in (len(x), 1):
            p, s, q = (a.reshape(rows, -1) for a in (x, u, g))
            norm = np.linalg.norm(p, axis=1) + eps
            cosine = np.abs((p * q).sum(1)) / (norm * (np.linalg.norm(q, axis=1) + eps))
            if cosine.max() < delta / math.sqrt(p.shape[1]):
                unit = p / norm[:, None]
                return (s - unit * (unit * s).sum(1, keepdims=True)).reshape(x.shape), True
    return u, False


@pytest.mark.parametrize("delta", [0.3, 1.5])
@pytest.mark.parametrize("nesterov", [False, True])
def test_adamp(delta, nesterov):
    seen = set()

    def by_hand(x, g, state, t):
        m, v = moments(g, state, t, 0.8, 0.9)
        if nesterov:
            m = (0.8 * state["m"] + 0.2 * g) / (1 - 0.8**t)
        u, done = projected(x, m / (np.sqrt(v) + 1e-8), g, delta)
        seen.add(done)
        return x - 0.05 * 0.2 * (0.1 if done else 1) * x - 0.05 * u

    hold(
        lambda ps: optim.AdamP(ps, 0.05, betas=(0.8, 0.9), weight_decay=0.2, delta=delta, nesterov=nesterov),
        by_hand,
    )
    assert seen == {True, False}


def test_adamp_keeps_the_length_of_a_weight_that_is_normalised():
    tg.manual_seed(0)
    w = nn.Parameter(tg.randn(6, 8, dtype=tg.float64))
    plain = nn.Parameter(w.detach().clone())
    x = tg.randn(8, dtype=tg.float64)
    for p, optimizer in ((w, optim.AdamP([w], 0.1)), (plain, optim.Adam([plain], 0.1))):
        for _ in range(50):
            optimizer.zero_grad()
            ((p / p.norm(dim=1, keepdim=True)) @ x).sum().backward()
            optimizer.step()
    assert w.norm() < 0.9 * plain.norm()


# the line search


@pytest.mark.parametrize("t", [1e-4, 0.1, 1.0, 50.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (lambda t: (t - 2) ** 2, lambda t: 2 * (t - 2)),
        (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),  # Moré and Thuente's first
        (lambda t: (t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, lambda t: 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3),
    ],
)
def test_what_is_found_meets_the_wolfe_conditions(f, slope, t):
    told = []

    def evaluate(t):
        told.append(t)
        return Point(t, f(t), slope(t), None)

    start = evaluate(0.0)
    found = strong_wolfe(evaluate, start, t, 1.0, 1e-12, 60)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert found.t in told


def test_a_flat_place_that_is_too_high_is_passed_over():
    def evaluate(t):
        return Point(t, (t - 2) ** 2, 2 * (t - 2), None)

    # with these numbers t = 1.0 to 3.0 is flat enough, and up to 2.2 low enough
    assert 1.0 <= strong_wolfe(evaluate, evaluate(0.0), 2.5, 1.0, 1e-12, 60, 0.45, 0.5).t <= 2.2
    assert strong_wolfe(evaluate, evaluate(0.0), 2.1, 1.0, 1e-12, 60, 0.45, 0.5).t == 2.1


def test_a_search_that_may_not_go_on_gives_the_better_end():
    start = Point(0.0, 1.0, -1.0, None)
    assert strong_wolfe(lambda t: Point(t, 1.0 - t, -1.0, None), start, 0.5, 1.0, 1e-9, 3).loss < 0.5
    assert strong_wolfe(lambda t: Point(t, 2.0, 1.0, None), start, 0.5, 1.0, 1e-9, 0) is start


def test_lbfgs_finds_the_bottom_of_rosenbrocks_valley():
    x = nn.Parameter(tg.tensor([-1.2, 1.0], dtype=tg.float64))
    optimizer = optim.LBFGS([x], line_search_fn="strong_wolfe", tolerance_change=1e-15)

    def closure():
        optimizer.zero_grad()
        loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == pytest.approx(24.2)
    for _ in range(4):
        optimizer.step(closure)
    np.testing.assert_allclose(x.detach().numpy(), [1, 1], atol=1e-6)
    with pytest.raises(TypeError):
        optimizer.step()


# what all of them share

ALL = [name for name in optim.__all__ if name[0].isupper() and name != "Optimizer"]


def stepped(optimizer, steps=1):
    def closure():
        optimizer.zero_grad()
        loss = sum((p**2).sum() for group in optimizer.param_groups for p in group["params"])
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)


UNCHECKED = {  # as by PyTorch
    "ASGD": {"lambd", "alpha", "t0"},
    "LBFGS": {"max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size"},
    "SGD": {"dampening"},
    "Adafactor": {"beta2_decay"},
    "Muon": {"eps", "ns_steps"},
}


@pytest.mark.parametrize("name", ALL)
def test_settings_out_of_range_are_refused_by_their_names(name):
    make, p = getattr(optim, name), nn.Parameter(tg.ones(2, 2))
    defaults = make([p]).defaults
    for key in defaults.keys() - UNCHECKED.get(name, set()):
        if type(defaults[key]) in (int, float):
            with pytest.raises(ValueError, match=key):
                make([p], **{key: -1.0})
    for key in {"etas", "step_sizes", "eps"} & {key for key in defaults if isinstance(defaults[key], tuple)}:
        with pytest.raises(ValueError, match=rf"{name}: {key} are two numbers, got \(0.5,\)"):
            make([p], **{key: (0.5,)})
    if "betas" in defaults:
        make([p], betas=(0.0, 0.0))
        for betas in ((0.9,), (0.9, 0.9, 0.9)):
            with pytest.raises(ValueError, match=rf"{name}: betas are two numbers"):
                make([p], betas=betas)
        for betas in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, -0.1)):
            with pytest.raises(ValueError, match=rf"{name}: betas\["):
                make([p], betas=betas)


def test_asgd_averages_after_its_first_steps():
    p, seen = nn.Parameter(tg.tensor([4.0], dtype=tg.float64)), []
    optimizer = optim.ASGD([p], lr=0.1, t0=3)
    for _ in range(8):
        stepped(optimizer)
        seen.append(p.item())
    state = optimizer.state[p]
    assert state["mu"].item() == pytest.approx(1 / 5)
    # the first of what is averaged is where the step to t0 + 1 ends
    assert state["ax"].item() == pytest.approx(np.mean(seen[4:]))


@pytest.mark.parametrize("name", ALL)
def test_a_state_needs_no_gradients(name):
    p = nn.Parameter(tg.tensor([[1.0, -2.0, 3.0]]))
    optimizer = getattr(optim, name)([p])
    stepped(optimizer, 2)
    assert not any(isinstance(x, tg.Tensor) and x.requires_grad for x in optimizer.state[p].values())


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("way", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
def test_a_copy_goes_on_as_its_original(name, way):
    p = nn.Parameter(tg.tensor([[1.0, -2.0, 3.0]]))
    optimizer = getattr(optim, name)([p], lr=0.01)
    stepped(optimizer, 2)
    twin = way(optimizer)
    (q,) = twin.param_groups[0]["params"]
    assert q is not p
    stepped(optimizer, 2)
    stepped(twin, 2)
    assert p.tolist() == q.tolist()
    assert twin.defaults == optimizer.defaults


BETAS = (0.9, 0.999)
DEFAULTS = {
    "ASGD": {"lr": 0.01, "lambd": 1e-4, "alpha": 0.75, "t0": 1e6, "weight_decay": 0},
    "LAMB": {"lr": 1e-3, "betas": BETAS, "eps": 1e-6, "weight_decay": 0},
    "LARS": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0, "trust_coefficient": 1e-3},
    "LBFGS": {"lr": 1, "max_iter": 20, "max_eval": 25, "tolerance_grad": 1e-7, "history_size": 100},
    "SGD": {"lr": 1e-3, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False},
    "Adadelta": {"lr": 1.0, "rho": 0.9, "eps": 1e-6, "weight_decay": 0},
    "Adafactor": {"lr": 0.01, "beta2_decay": -0.8, "eps": (None, 1e-3), "d": 1.0, "weight_decay": 0.0},
    "Adagrad": {"lr": 0.01, "lr_decay": 0, "eps": 1e-10, "weight_decay": 0, "initial_accumulator_value": 0},
    "Adam": {"lr": 1e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0, "amsgrad": False},
    "AdamP": {"lr": 1e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0, "delta": 0.1, "wd_ratio": 0.1},
    "AdamW": {"lr": 1e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0.01, "amsgrad": False},
    "Adamax": {"lr": 2e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0},
    "Lion": {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0},
    "Muon": {"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True, "eps": 1e-7, "ns_steps": 5},
    "NAdam": {"lr": 2e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0, "momentum_decay": 4e-3},
    "Nesterov": {"lr": 1e-3},
    "RAdam": {"lr": 1e-3, "betas": BETAS, "eps": 1e-8, "weight_decay": 0},
    "RMSprop": {"lr": 0.01, "momentum": 0, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "centered": False},
    "Rprop": {"lr": 0.01, "etas": (0.5, 1.2), "step_sizes": (1e-6, 50)},
}


@pytest.mark.parametrize("name", ALL)
def test_settings_that_are_not_given(name):
    found = getattr(optim, name)([nn.Parameter(tg.ones(2, 2))]).defaults
    assert {key: found[key] for key in DEFAULTS[name]} == DEFAULTS[name]
    assert not any(found.get(key) for key in ("maximize", *({"decoupled_weight_decay"} if name != "AdamW" else ())))


@pytest.mark.parametrize("name", ALL)
def test_a_rate_may_be_a_tensor_of_one_element(name):
    ends = []
    for lr in (0.0625, tg.tensor(0.0625), tg.tensor([0.0625])):
        p = nn.Parameter(tg.tensor([[1.0, -2.0, 3.0]]))
        stepped(getattr(optim, name)([p], lr=lr), 3)
        ends.append(p.detach().numpy())
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-5)
    np.testing.assert_allclose(ends[2], ends[0], rtol=1e-5)
    with pytest.raises(ValueError, match=f"{name}: lr is a number or a Tensor of one element"):
        getattr(optim, name)([p], lr=tg.ones(2))
    with pytest.raises(ValueError, match=f"{name}: lr must be 0 or more, got -1"):
        getattr(optim, name)([p], lr=-1.0)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("dtype", [tg.float64, tg.float32, tg.float16])
def test_state_and_parameters_keep_their_dtype(name, dtype):
    p, empty = (
        nn.Parameter(tg.tensor([[1.0, -2.0], [3.0, 0.5]], dtype=dtype)),
        nn.Parameter(tg.zeros(0, 3, dtype=dtype)),
    )
    lonely = nn.Parameter(tg.ones(1, 2, dtype=dtype))
    optimizer = getattr(optim, name)([p, empty, lonely], lr=2.0)
    p.grad, empty.grad = tg.ones_like(p), tg.zeros_like(empty)
    before = p.tolist()
    optimizer.step(lambda: (p**2).sum().detach())
    assert p.dtype == dtype
    assert p.tolist() != before
    assert lonely.tolist() == [[1, 1]]
    for state in optimizer.state.values():
        for key, value in state.items():
            if isinstance(value, tg.Tensor) and value.ndim:
                assert value.dtype == dtype, key
                assert not value.requires_grad


def test_hooks_see_each_step_and_go_when_removed():
    class Twice(optim.SGD):
        def step(self, closure=None):
            super().step(closure)
            return super().step()

    p = nn.Parameter(tg.ones(1))
    for kind, steps in ((optim.SGD, 1), (Twice, 2)):
        told = []
        optimizer = kind([p], lr=0.25)
        optimizer.register_step_pre_hook(lambda o, args, kwargs, told=told: told.append(p.item()))
        handle = optimizer.register_step_post_hook(lambda o, args, kwargs, told=told: told.append(p.item()))
        with tg.no_grad():
            p.fill_(1.0)
        p.grad = tg.ones(1)
        optimizer.step()
        handle.remove()
        optimizer.step()
        assert told == [1, 1 - 0.25 * steps, 1 - 0.25 * steps]
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match=r"returns None or \(args, kwargs\), got 3"):
        optimizer.step()


def test_names_come_with_parameters_and_stay():
    net = nn.Linear(2, 1)
    optimizer = optim.Adam(net.named_parameters())
    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert [p is q for p, q in zip(optimizer.parameters(), net.parameters(), strict=True)] == [True, True]
    optimizer.load_state_dict(optim.Adam(net.parameters()).state_dict())
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    with pytest.raises(ValueError, match="only 1 of 2 parameters have names"):
        optim.SGD([("weight", net.weight), net.bias])
    with pytest.raises(ValueError, match="give names to all or to none"):
        optim.SGD([{"params": [("weight", net.weight)]}, {"params": [net.bias]}])


def test_a_parameter_given_twice_in_a_group_is_warned_of():
    p = nn.Parameter(tg.ones(1))
    with pytest.warns(UserWarning, match="moved twice"):
        optimizer = optim.SGD([p, p], lr=0.25)
    p.grad = tg.ones(1)
    optimizer.step()
    assert p.item() == 0.5
    assert optimizer.state_dict()["param_groups"][0]["params"] == [0, 0]


def test_state_that_belongs_to_no_parameter_is_kept():
    p = nn.Parameter(tg.ones(2, dtype=tg.float64))
    optimizer = optim.SGD([p])
    group = optimizer.state_dict()["param_groups"]
    optimizer.load_state_dict(
        {"state": {"global": {"n": 3}, 0: {"history": [tg.ones(1)], "n": 2}}, "param_groups": group}
    )
    assert optimizer.state["global"] == {"n": 3}
    assert optimizer.state[p]["history"][0].dtype == tg.float64
    assert optimizer.state_dict()["state"].keys() == {"global", 0}


def test_a_group_without_parameters_is_refused():
    with pytest.raises(ValueError, match='needs an entry "params"'):
        optim.SGD([{"lr": 0.1}])
    with pytest.raises(ValueError, match="takes one group"):
        optim.LBFGS([{"params": [nn.Parameter(tg.ones(1))]}, {"params": [nn.Parameter(tg.ones(1))]}])


def test_a_result_that_retains_its_gradient_can_be_moved():
    p = tg.ones(2, requires_grad=True) * 2
    p.retain_grad()
    optimizer = optim.SGD([p], lr=0.5)
    p.sum().backward()
    optimizer.step()
    assert p.tolist() == [1.5, 1.5]
