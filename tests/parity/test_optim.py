"""Our optimizers beside PyTorch's: the same trajectories, and states that either can go on from."""

import copy
import importlib
import itertools

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

STEPS = 50

SETTINGS = {
    "SGD": [
        {"lr": 0.01, "momentum": m, "dampening": d, "weight_decay": w, "nesterov": n, "maximize": up}
        for m, d, w, n, up in itertools.product((0, 0.9), (0, 0.3), (0, 0.1), (False, True), (False, True))
        if not n or (m and not d)
    ],
    "Adam": [
        {"lr": 0.01, "decoupled_weight_decay": True, "weight_decay": 0.3},
        *[
            {"lr": 0.01, "betas": b, "eps": e, "weight_decay": w, "amsgrad": a, "maximize": up}
            for (b, e), w, a, up in itertools.product(
                (((0.9, 0.999), 1e-8), ((0.3, 0.6), 1e-3), ((0.0, 0.0), 1e-8)), (0, 0.1), (False, True), (False, True)
            )
        ],
    ],
    "AdamW": [
        {},
        *[
            {"lr": 0.01, "betas": (0.6, 0.9), "weight_decay": w, "amsgrad": a, "maximize": up}
            for w, a, up in itertools.product((0, 0.3), (False, True), (False, True))
        ],
    ],
    "Adagrad": [
        {},
        *[
            {"lr": 0.1, "lr_decay": d, "weight_decay": w, "initial_accumulator_value": i, "eps": 1e-3, "maximize": up}
            for d, w, i, up in itertools.product((0, 0.1), (0, 0.1), (0, 0.2), (False, True))
        ],
    ],
    "Adadelta": [
        {},
        *[
            {"lr": 0.5, "rho": r, "eps": 1e-3, "weight_decay": w, "maximize": up}
            for r, w, up in itertools.product((0.3, 0.95), (0, 0.1), (False, True))
        ],
    ],
    "RMSprop": [
        {},
        *[
            {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "weight_decay": w, "momentum": m, "centered": c, "maximize": up}
            for w, m, c, up in itertools.product((0, 0.1), (0, 0.5), (False, True), (False, True))
        ],
    ],
    "Rprop": [
        {},
        {"lr": 0.05, "etas": (0.3, 1.5)},
        {"lr": 0.05, "step_sizes": (1e-3, 0.1), "maximize": True},
    ],
    "NAdam": [
        {},
        *[
            {"lr": 0.01, "weight_decay": w, "momentum_decay": d, "decoupled_weight_decay": apart, "maximize": up}
            for w, d, apart, up in itertools.product((0, 0.1), (0, 0.1), (False, True), (False, True))
        ],
    ],
    "RAdam": [
        {},
        *[
            {"lr": 0.01, "betas": b, "weight_decay": w, "decoupled_weight_decay": apart, "maximize": up}
            for b, w, apart, up in itertools.product(((0.9, 0.99), (0.3, 0.6)), (0, 0.1), (False, True), (False, True))
        ],
    ],
    "Adamax": [
        {},
        *[
            {"lr": 0.01, "betas": b, "eps": 1e-3, "weight_decay": w, "maximize": up}
            for b, w, up in itertools.product(((0.9, 0.99), (0.3, 0.6)), (0, 0.1), (False, True))
        ],
    ],
    "Adafactor": [
        {},
        *[
            {"lr": lr, "beta2_decay": b, "eps": e, "d": d, "weight_decay": w, "maximize": up}
            for lr, b, (e, d), w, up in itertools.product(
                (0.01, 0.05), (-0.8, -0.3), (((None, 1e-3), 1.0), ((1e-3, 0.1), 2.0)), (0, 0.1), (False, True)
            )
        ],
    ],
    "ASGD": [
        {},
        *[
            {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": t, "weight_decay": w, "maximize": up}
            for t, w, up in itertools.product((5, 1e6), (0, 0.1), (False, True))
        ],
    ],
}
CASES = [pytest.param(name, settings, id=f"{name} {settings}") for name in SETTINGS for settings in SETTINGS[name]]


class Race:
    """The same network in both libraries, with the same data in the same order."""

    def __init__(self, library, dtype):
        self.tensor = tg.tensor if library is nn else torch.tensor
        self.dtype = dtype
        self.rng = np.random.default_rng(0)
        shapes = [(5, 4), (5,), (1, 5)]
        self.w1, self.b1, self.w2 = self.parameters = [library.Parameter(self.draw(*shape)) for shape in shapes]

    def draw(self, *shape):
        return self.tensor(self.rng.standard_normal(shape).astype(self.dtype))

    def run(self, optimizer, steps):
        way = []
        for _ in range(steps):
            x = self.draw(8, 4)
            optimizer.zero_grad()
            y = ((x @ self.w1.T + self.b1).tanh() @ self.w2.T).tanh()  # bounded, for those that walk up
            ((y - x[:, :1]) ** 2).mean().backward()
            optimizer.step()
            way.append(np.concatenate([p.detach().numpy().reshape(-1) for p in self.parameters]))
        return np.array(way)


@pytest.mark.parametrize(("name", "settings"), CASES)
def test_the_trajectory_is_pytorchs(name, settings):
    for dtype, tolerance in ((np.float64, 1e-12), (np.float32, 2e-5)):
        mine, reference = Race(nn, dtype), Race(torch.nn, dtype)
        way = mine.run(getattr(optim, name)(mine.parameters, **settings), STEPS)
        expected = reference.run(getattr(torch.optim, name)(reference.parameters, **settings), STEPS)
        # a coordinate may pass through 0, where only its distance to the others' size says something
        np.testing.assert_allclose(way, expected, rtol=tolerance, atol=tolerance)


def as_torch(state):
    if isinstance(state, tg.Tensor):
        return torch.tensor(state.numpy())
    if isinstance(state, dict):
        return {key: as_torch(value) for key, value in state.items()}
    return [as_torch(value) for value in state] if isinstance(state, list) else state


def as_ours(state):
    if isinstance(state, torch.Tensor):
        return tg.tensor(state.numpy())
    if isinstance(state, dict):
        return {key: as_ours(value) for key, value in state.items()}
    return [as_ours(value) for value in state] if isinstance(state, list) else state


@pytest.mark.parametrize("name", SETTINGS)
def test_a_rate_may_be_a_tensor(name):
    mine, reference = Race(nn, np.float64), Race(torch.nn, np.float64)
    way = mine.run(getattr(optim, name)(mine.parameters, lr=tg.tensor(0.02, dtype=tg.float64)), STEPS)
    rate = torch.tensor(0.02, dtype=torch.float64)
    expected = reference.run(getattr(torch.optim, name)(reference.parameters, lr=rate, foreach=False), STEPS)
    np.testing.assert_allclose(way, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", SETTINGS)
def test_pytorchs_own_samples_of_settings(name):
    pytest.importorskip("expecttest", reason="PyTorch's internal tables import it")
    from torch.testing._internal.common_optimizers import optim_db

    info = next(info for info in optim_db if info.optim_cls.__name__ == name)
    ways = {"foreach": False} if name == "Adafactor" else {"foreach": False, "differentiable": False}
    for sample in info.optim_inputs_func(device="cpu", dtype=torch.float64):
        mine, reference = Race(nn, np.float64), Race(torch.nn, np.float64)
        settings = {
            key: tuple(map(as_ours, value)) if isinstance(value, tuple) else as_ours(value)
            for key, value in copy.deepcopy(sample.kwargs).items()
        }
        way = mine.run(getattr(optim, name)(mine.parameters, **settings, **ways), STEPS)
        expected = reference.run(info.optim_cls(reference.parameters, **sample.kwargs, **ways), STEPS)
        np.testing.assert_allclose(way, expected, rtol=1e-11, atol=1e-11, err_msg=f"{sample.desc} {sample.kwargs}")


RESUMED = [
    *[(name, {}) for name in SETTINGS],
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("AdamW", {"amsgrad": True}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 3}),
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "amsgrad": True}),
]


@pytest.mark.parametrize(("name", "settings"), RESUMED, ids=str)
def test_either_goes_on_from_the_others_state(name, settings):
    mine, reference = Race(nn, np.float64), Race(torch.nn, np.float64)
    optimizer = getattr(optim, name)(mine.parameters, **settings)
    expected_optimizer = getattr(torch.optim, name)(reference.parameters, **settings)
    mine.run(optimizer, 5)
    reference.run(expected_optimizer, 5)
    state, expected_state = copy.deepcopy(optimizer.state_dict()), copy.deepcopy(expected_optimizer.state_dict())
    assert state["state"].keys() == expected_state["state"].keys()
    for key, entry in expected_state["state"].items():
        assert list(state["state"][key]) == list(entry)
        for part, value in entry.items():
            found = state["state"][key][part]
            assert (found.shape, f"torch.{found.dtype}") == (tuple(value.shape), str(value.dtype)), part
    (group,), (expected_group,) = state["param_groups"], expected_state["param_groups"]
    assert group.items() <= expected_group.items()

    optimizer = getattr(optim, name)(mine.parameters, lr=9.0)
    optimizer.load_state_dict(as_ours(expected_state))
    expected_optimizer = getattr(torch.optim, name)(reference.parameters, lr=9.0)
    expected_optimizer.load_state_dict(as_torch(state))
    np.testing.assert_allclose(mine.run(optimizer, 10), reference.run(expected_optimizer, 10), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", SETTINGS)
def test_states_go_through_files_both_ways(name, tmp_path):
    mine, reference = Race(nn, np.float32), Race(torch.nn, np.float32)
    optimizer, theirs = (getattr(m, name)(race.parameters) for m, race in ((optim, mine), (torch.optim, reference)))
    for race, moved in ((mine, optimizer), (reference, theirs)):
        race.run(moved, 3)
    tg.save(optimizer.state_dict(), tmp_path / "ours.pt")
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    optimizer = getattr(optim, name)(mine.parameters, lr=7.0)
    optimizer.load_state_dict(tg.load(tmp_path / "theirs.pt"))
    theirs = getattr(torch.optim, name)(reference.parameters, lr=7.0)
    theirs.load_state_dict(torch.load(tmp_path / "ours.pt", weights_only=True))
    np.testing.assert_allclose(mine.run(optimizer, 5), reference.run(theirs, 5), rtol=2e-5, atol=2e-5)


def minimised(library, optimizer, dtype, settings, steps):
    """The ways of L-BFGS on a convex loss, and how often it was evaluated."""
    tensor = tg.tensor if library is nn else torch.tensor
    rng = np.random.default_rng(1)
    x, y = (tensor(rng.standard_normal(shape).astype(dtype)) for shape in ((30, 4), (30, 1)))
    w, b = (library.Parameter(tensor(rng.standard_normal(shape).astype(dtype))) for shape in ((4, 1), (1,)))
    moved = optimizer([w, b], **settings)
    way, losses = [], []

    def closure():
        moved.zero_grad()
        loss = ((1 + (x @ w + b - y) ** 2).sqrt()).mean() + 0.1 * (w**4).sum()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        moved.step(closure)
        way.append(np.concatenate([p.detach().numpy().reshape(-1) for p in (w, b)]))
    return np.array(way), losses, moved


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"lr": 0.1, "max_iter": 4},
        {"lr": 30.0, "max_iter": 3},
        {"lr": 0.02, "max_iter": 3, "max_eval": 40},
        {"history_size": 2, "max_iter": 6},
        {"max_eval": 3, "tolerance_grad": 1e-2},
        {"tolerance_change": 1e-3},
    ],
    ids=str,
)
def test_lbfgs_takes_the_same_way_with_as_many_evaluations(settings, search):
    if search is None and settings.get("lr") == 30.0:
        settings = {**settings, "lr": 1.5}
    settings = {**settings, "line_search_fn": search}
    way, losses, _ = minimised(nn, optim.LBFGS, np.float64, settings, 12)
    expected, expected_losses, _ = minimised(torch.nn, torch.optim.LBFGS, np.float64, settings, 12)
    assert len(losses) == len(expected_losses)
    np.testing.assert_allclose(losses, expected_losses, rtol=1e-10)
    np.testing.assert_allclose(way, expected, rtol=1e-7, atol=1e-9)
    # in float32 the searches part soon, by their rounding, and meet at the bottom
    way, losses, _ = minimised(nn, optim.LBFGS, np.float32, settings, 12)
    assert way.dtype == np.float32
    assert losses[-1] == pytest.approx(expected_losses[-1], rel=1e-3)


LINES = {
    "a valley": lambda x: ((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2).sum(),
    "waves": lambda x: ((x * 3).sin() * 2 + x**2 / 20).sum(),
    "walls": lambda x: (x**4 + x.exp() / 100).sum(),
    "an edge": lambda x: (x**2 - x**2 / 2 - (x.abs() + 0.1).log() + x).sum(),
    "a slope": lambda x: (x * 2).sum(),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", LINES)
def test_line_searches_try_the_same_points(name, seed):
    rng = np.random.default_rng(seed)
    start = rng.normal(size=4) * 3
    settings = {"lr": rng.choice([0.01, 0.3, 3.0]), "max_iter": int(rng.choice([2, 8])), "history_size": 3}
    tried = []
    for m in (tg, torch):
        x = m.tensor(start, requires_grad=True)
        moved, points = m.optim.LBFGS([x], line_search_fn="strong_wolfe", **settings), []

        def closure(m=m, x=x, moved=moved, points=points):
            moved.zero_grad()
            loss = LINES[name](x)
            loss.backward()
            points.append([loss.item(), *x.tolist()])
            return loss

        for _ in range(3):
            moved.step(closure)
        tried.append(points)
    assert len(tried[0]) == len(tried[1]) > 3
    np.testing.assert_allclose(*tried, rtol=1e-6, atol=1e-9)


def test_lbfgs_goes_on_from_the_others_state():
    settings = {"max_iter": 3, "history_size": 5, "line_search_fn": "strong_wolfe"}
    _, _, mine = minimised(nn, optim.LBFGS, np.float64, settings, 2)
    _, _, theirs = minimised(torch.nn, torch.optim.LBFGS, np.float64, settings, 2)
    state, expected = mine.state_dict()["state"][0], theirs.state_dict()["state"][0]
    assert set(expected) - set(state) == {"al"}  # a scratch list
    for key in ("n_iter", "func_evals"):
        assert state[key] == expected[key]

    def resumed(moved):
        p = moved.param_groups[0]["params"]
        target = [1.0, -2.0, 0.5, 0.0]

        def closure():
            moved.zero_grad()
            loss = sum((p[0][i, 0] - t) ** 2 * (i + 1) for i, t in enumerate(target)) + (p[1] ** 4).sum()
            loss.backward()
            return loss

        for _ in range(3):
            moved.step(closure)
        return np.concatenate([q.detach().numpy().reshape(-1) for q in p])

    ours, as_before = copy.deepcopy(mine.state_dict()), copy.deepcopy(theirs.state_dict())
    mine.load_state_dict(as_ours(as_before))
    theirs.load_state_dict(as_torch(ours))
    np.testing.assert_allclose(resumed(mine), resumed(theirs), rtol=1e-8, atol=1e-10)


def test_names_of_parameters_are_kept_as_pytorch_keeps_them():
    def states(m, library):
        net = library.Linear(2, 1)
        made = m.SGD(net.named_parameters(), lr=0.1)
        other = m.SGD([("a", net.weight), ("b", net.bias)], lr=0.2)
        before = other.state_dict()["param_groups"][0]["param_names"]
        plain = m.SGD(net.parameters(), lr=0.3)
        other.load_state_dict(plain.state_dict())
        unnamed = other.state_dict()["param_groups"][0]["param_names"]
        other.load_state_dict(made.state_dict())
        return (
            made.state_dict()["param_groups"][0]["param_names"],
            before,
            unnamed,
            other.param_groups[0]["param_names"],
        )

    assert states(optim, nn) == states(torch.optim, torch.nn)


def test_hooks_are_called_as_pytorch_calls_them():
    def calls(m, of_all, p):
        told = []

        def closure():
            told.append("closure")

        optimizer = m.SGD([p], lr=0.5)
        everywhere = [
            of_all.register_optimizer_step_post_hook(lambda o, args, kwargs: told.append("after every step")),
            of_all.register_optimizer_step_pre_hook(lambda o, args, kwargs: told.append("before every step")),
        ]
        optimizer.register_step_pre_hook(lambda o, args, kwargs: told.append((o is args[0], len(args), [*kwargs])))
        optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o,), {"closure": closure}))
        handle = optimizer.register_step_post_hook(lambda o, args, kwargs: told.append((p.tolist(), len(args))))
        (p * p).sum().backward()
        optimizer.step(lambda: told.append("another closure"))
        handle.remove()
        optimizer.step()
        m.Adam([p], lr=0.1).step()
        for hook in everywhere:
            hook.remove()
        optimizer.step()
        return told

    ours = calls(optim, optim, nn.Parameter(tg.ones(1)))
    assert ours == calls(
        torch.optim, importlib.import_module("torch.optim.optimizer"), torch.nn.Parameter(torch.ones(1))
    )


def test_hooks_of_states_are_called_as_pytorch_calls_them():
    def calls(m, p):
        told = []
        optimizer = m.SGD([p], lr=0.5)

        def note(name, *, changes=None):
            def hook(o, *state):
                told.append((name, o is optimizer, [sorted(s) for s in state]))
                return changes and {**state[0], **changes}

            return hook

        optimizer.register_state_dict_pre_hook(note("first before"))
        optimizer.register_state_dict_pre_hook(note("second before"), prepend=True)
        optimizer.register_state_dict_post_hook(note("after", changes={"more": 1}))
        optimizer.register_state_dict_post_hook(lambda o, state: state.update(added=2))
        removed = optimizer.register_state_dict_post_hook(note("never"))
        removed.remove()
        state = optimizer.state_dict()
        told.append(sorted(state))
        groups = [{**group, "lr": 3.0} for group in state["param_groups"]]
        optimizer.register_load_state_dict_pre_hook(note("first to load", changes={"param_groups": groups}))
        optimizer.register_load_state_dict_pre_hook(note("second to load"), prepend=True)
        optimizer.register_load_state_dict_pre_hook(lambda o, state: state.pop("added") and None)
        optimizer.register_load_state_dict_post_hook(note("loaded"))
        optimizer.load_state_dict(state)
        told.append((optimizer.param_groups[0]["lr"], sorted(state)))
        copy.deepcopy(optimizer).state_dict()
        return told

    assert calls(optim, nn.Parameter(tg.ones(1))) == calls(torch.optim, torch.nn.Parameter(torch.ones(1)))


@pytest.mark.parametrize(
    "act",
    [
        lambda optim, p: optim.SGD([]),
        lambda optim, p: optim.SGD([p * 2]),
        lambda optim, p: optim.SGD(p),
        lambda optim, p: optim.SGD([1]),
        lambda optim, p: optim.SGD([{"params": [p]}, {"params": [p]}]),
        lambda optim, p: optim.SGD([{"params": {p}}]),
        lambda optim, p: optim.SGD([p], lr=-1),
        lambda optim, p: optim.SGD([p], nesterov=True),
        lambda optim, p: optim.Adam([p], betas=(1.0, 0.9)),
        lambda optim, p: optim.Adam([p], eps=-1.0),
        lambda optim, p: optim.Adam([p], betas=(p.detach()[:1], 0.9)),
        lambda optim, p: optim.Adam([p], learning_rate=1.0),
        lambda optim, p: optim.AdamW([p], decoupled_weight_decay=False),
        lambda optim, p: optim.SGD([p], fuse=True),
        lambda optim, p: optim.Adam([p]).load_state_dict(optim.Adam([{"params": []}]).state_dict()),
        lambda optim, p: optim.SGD([p, p], lr=1.0),
        lambda optim, p: optim.SGD([("w", p), p.detach()]),
        lambda optim, p: optim.SGD([{"params": [("w", p)]}, {"params": [p.detach()]}]),
        lambda optim, p: optim.SGD([p]).add_param_group([p]),
        lambda optim, p: optim.LBFGS([{"params": [p]}, {"params": [p.detach()]}]),
        lambda optim, p: optim.LBFGS([p], line_search_fn="armijo").step(lambda: (p * p).sum().backward() or p.sum()),
        lambda optim, p: optim.LBFGS([p], lr=-1),
        lambda optim, p: optim.Adagrad([p], lr_decay=-1),
        lambda optim, p: optim.Adagrad([p], initial_accumulator_value=-1),
        lambda optim, p: optim.Adadelta([p], rho=1.5),
        lambda optim, p: optim.Adadelta([p], eps=-1),
        lambda optim, p: optim.RMSprop([p], alpha=-1),
        lambda optim, p: optim.RMSprop([p], momentum=-1),
        lambda optim, p: optim.Rprop([p], etas=(1.5, 1.2)),
        lambda optim, p: optim.NAdam([p], momentum_decay=-1),
        lambda optim, p: optim.RAdam([p], betas=(0.9, 1.0)),
        lambda optim, p: optim.Adamax([p], weight_decay=-1),
        lambda optim, p: optim.ASGD([p], weight_decay=-1),
        lambda optim, p: optim.Adafactor([p], beta2_decay=0.1),
        lambda optim, p: optim.Adafactor([p], d=0.5),
        lambda optim, p: optim.Adafactor([p], eps=(None, -1.0)),
        lambda optim, p: optim.Adafactor([p], eps=(-1.0, 1e-3)),
    ],
)
def test_the_same_is_refused_with_the_same_error(act):
    with pytest.raises((ValueError, TypeError, RuntimeError, UserWarning)) as expected:
        act(torch.optim, torch.nn.Parameter(torch.ones(2)))
    with pytest.raises(expected.type):
        act(optim, nn.Parameter(tg.ones(2)))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"nesterov": False, "momentum": 0.8},
        {"adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.0},
        {"ns_coefficients": (2.0, -1.5, 0.5), "ns_steps": 8, "adjust_lr_fn": "original"},
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(4, 7), (7, 4), (5, 5)])
def test_muon_agrees_but_for_the_rounding_to_bfloat16(settings, shape):
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal(shape), rng.standard_normal((4, *shape))
    moved = {}
    for m in (torch, tg):
        p = m.nn.Parameter(m.tensor(start))
        rule = m.optim.Muon([p], lr=0.1, **settings)
        for g in grads:
            p.grad = m.tensor(g)
            rule.step()
        moved[m] = p.detach().numpy(), rule.state_dict()
    np.testing.assert_allclose(moved[tg][0], moved[torch][0], atol=0.02)
    (ours, theirs) = moved[tg][1], moved[torch][1]
    np.testing.assert_allclose(
        ours["state"][0]["momentum_buffer"].numpy(), theirs["state"][0]["momentum_buffer"].numpy(), 1e-12
    )
    assert ours["param_groups"] == theirs["param_groups"]
