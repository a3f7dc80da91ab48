"""Our schedules beside PyTorch's: the same rates and momenta, and states that either can go on from."""

import copy
import itertools
import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim import swa_utils

STEPS = 50


class Falling:
    """A function of the epoch that is an object, so that its attributes belong to the state."""

    def __init__(self, base):
        self.base = base

    def __call__(self, epoch):
        return self.base**epoch


SCHEDULES = {
    "StepLR": lambda m, o: m.StepLR(o, 3, gamma=0.5),
    "StepLR 1": lambda m, o: m.StepLR(o, 1),
    "MultiStepLR": lambda m, o: m.MultiStepLR(o, [2, 5, 5, 9], gamma=0.3),
    "ConstantLR": lambda m, o: m.ConstantLR(o, factor=0.25, total_iters=4),
    "ConstantLR 0": lambda m, o: m.ConstantLR(o, total_iters=0),
    "LinearLR": lambda m, o: m.LinearLR(o),
    "LinearLR down": lambda m, o: m.LinearLR(o, 0.9, 0.1, 6),
    "ExponentialLR": lambda m, o: m.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda m, o: m.PolynomialLR(o, 7, 2.0),
    "CosineAnnealingLR": lambda m, o: m.CosineAnnealingLR(o, 7, 0.01),
    "CosineAnnealingLR 1": lambda m, o: m.CosineAnnealingLR(o, 1),
    "CosineAnnealingWarmRestarts": lambda m, o: m.CosineAnnealingWarmRestarts(o, 4),
    "CosineAnnealingWarmRestarts longer": lambda m, o: m.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "OneCycleLR": lambda m, o: m.OneCycleLR(o, [1.0, 0.5], total_steps=STEPS),
    "OneCycleLR of three": lambda m, o: m.OneCycleLR(
        o, 1.0, epochs=5, steps_per_epoch=10, three_phase=True, anneal_strategy="linear", pct_start=0.4
    ),
    "OneCycleLR alone": lambda m, o: m.OneCycleLR(o, 1.0, STEPS, cycle_momentum=False, div_factor=2.0, pct_start=0.0),
    "CyclicLR": lambda m, o: m.CyclicLR(o, 0.01, [0.1, 0.4], step_size_up=4, step_size_down=7),
    "CyclicLR triangular2": lambda m, o: m.CyclicLR(o, [0.01, 0.02], 0.1, 4, mode="triangular2", base_momentum=0.3),
    "CyclicLR exp_range": lambda m, o: m.CyclicLR(o, 0.01, 0.1, 4, mode="exp_range", gamma=0.9),
    "CyclicLR by a function": lambda m, o: m.CyclicLR(
        o, 0.01, 0.1, 4, scale_fn=Falling(0.9), scale_mode="iterations", cycle_momentum=False
    ),
    "LambdaLR": lambda m, o: m.LambdaLR(o, [Falling(0.9), lambda epoch: epoch // 3]),
    "MultiplicativeLR": lambda m, o: m.MultiplicativeLR(o, lambda epoch: 0.9 + 0.01 * epoch),
    "SequentialLR": lambda m, o: m.SequentialLR(
        o, [m.LinearLR(o, 0.1, total_iters=5), m.CosineAnnealingLR(o, 20), m.ExponentialLR(o, 0.9)], [5, 25]
    ),
    "SequentialLR with restarts": lambda m, o: m.SequentialLR(
        o, [m.ConstantLR(o, 0.1, total_iters=2), m.CosineAnnealingWarmRestarts(o, 4, 2)], [5]
    ),
    "SequentialLR nested": lambda m, o: m.SequentialLR(
        o, [m.SequentialLR(o, [m.ConstantLR(o, 0.1), m.StepLR(o, 2)], [3]), m.ExponentialLR(o, 0.9)], [8]
    ),
    "ChainedScheduler": lambda m, o: m.ChainedScheduler(
        [m.LinearLR(o, 0.1, total_iters=5), m.ExponentialLR(o, 0.9), m.CosineAnnealingLR(o, 9)]
    ),
    "SWALR": lambda m, o: averaging(m).SWALR(o, 0.05, 6),
    "SWALR at once": lambda m, o: averaging(m).SWALR(o, [0.05, 0.5], 0, "linear"),
}


def averaging(m):
    return swa_utils if m is optim.lr_scheduler else torch.optim.swa_utils


def optimizers(kind="SGD", tensor=False):
    """An optimizer of two groups with different rates in each library."""
    made = []
    for m, o, parameter in ((tg, optim, nn.Parameter), (torch, torch.optim, torch.nn.Parameter)):
        rates = [m.tensor(rate, dtype=m.float64) if tensor else rate for rate in (0.1, 0.3)]
        p, q = parameter(m.ones(2)), parameter(m.ones(2))
        named = {"momentum": 0.5} if kind == "SGD" else {"betas": (0.5, 0.9)}
        made.append(getattr(o, kind)([{"params": [p]}, {"params": [q], "lr": rates[1]}], lr=rates[0], **named))
    return made


def settings(optimizer):
    """What schedules change."""
    return [float(group[name]) for group in optimizer.param_groups for name in ("lr", "momentum") if name in group] + [
        beta for group in optimizer.param_groups for beta in group.get("betas", ())
    ]


def hold_steps(ours, theirs, optimizer, reference, steps):
    for _ in range(steps):
        np.testing.assert_allclose(settings(optimizer), settings(reference), rtol=1e-12)
        np.testing.assert_allclose(
            [float(rate) for rate in ours.get_last_lr()], [float(rate) for rate in theirs.get_last_lr()], rtol=1e-12
        )
        optimizer.step()
        reference.step()
        ours.step()
        theirs.step()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("tensor", [False, True], ids=["", "Tensor"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_the_rates_are_pytorchs(name, tensor):
    for kind in ("SGD", "Adam"):
        optimizer, reference = optimizers(kind, tensor)
        ours = SCHEDULES[name](optim.lr_scheduler, optimizer)
        theirs = SCHEDULES[name](torch.optim.lr_scheduler, reference)
        hold_steps(ours, theirs, optimizer, reference, STEPS - 1)
        assert all(isinstance(rate, tg.Tensor) == tensor for rate in ours.get_last_lr())


def assert_same_state(ours, theirs):
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs)
        for key in theirs:
            assert_same_state(ours[key], theirs[key])
    elif isinstance(theirs, (list, tuple)):
        assert len(ours) == len(theirs)
        for x, y in zip(ours, theirs, strict=True):
            assert_same_state(x, y)
    else:
        assert ours == (pytest.approx(theirs) if isinstance(theirs, float) else theirs)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", SCHEDULES)
def test_either_goes_on_from_the_others_state(name):
    optimizer, reference = optimizers()
    ours = SCHEDULES[name](optim.lr_scheduler, optimizer)
    theirs = SCHEDULES[name](torch.optim.lr_scheduler, reference)
    hold_steps(ours, theirs, optimizer, reference, 11)
    state, expected = copy.deepcopy(ours.state_dict()), copy.deepcopy(theirs.state_dict())
    assert_same_state(state, expected)

    new_optimizer, new_reference = optimizers()
    ours = SCHEDULES[name](optim.lr_scheduler, new_optimizer)
    theirs = SCHEDULES[name](torch.optim.lr_scheduler, new_reference)
    new_optimizer.load_state_dict({**reference.state_dict(), "state": {}})
    new_reference.load_state_dict(copy.deepcopy({**optimizer.state_dict(), "state": {}}))
    ours.load_state_dict(expected)
    theirs.load_state_dict(state)
    hold_steps(ours, theirs, new_optimizer, new_reference, 20)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", [name for name in SCHEDULES if "Sequential" not in name and "Chained" not in name])
def test_epochs_can_be_given_and_schedules_go_on(name):
    optimizer, reference = optimizers()
    ours = SCHEDULES[name](optim.lr_scheduler, optimizer)
    theirs = SCHEDULES[name](torch.optim.lr_scheduler, reference)
    for epoch in (3, 4, 11, 7, 0, 20):
        ours.step(epoch)
        theirs.step(epoch)
        np.testing.assert_allclose(settings(optimizer), settings(reference), rtol=1e-12)
    if "SWALR" in name or "OneCycle" in name or "Cyclic" in name or "Lambda" in name or "Multipl" in name:
        return
    kind, named = name.split(" ")[0], {"StepLR": {"step_size": 2}, "MultiStepLR": {"milestones": [21, 23]}}
    named = {"ExponentialLR": {"gamma": 0.5}, "CosineAnnealingLR": {"T_max": 30}, **named}.get(kind, {})
    if kind == "CosineAnnealingWarmRestarts":
        named = {"T_0": 3}
    for last_epoch in (20, 2):
        ours = getattr(optim.lr_scheduler, kind)(optimizer, **named, last_epoch=last_epoch)
        theirs = getattr(torch.optim.lr_scheduler, kind)(reference, **named, last_epoch=last_epoch)
        hold_steps(ours, theirs, optimizer, reference, 5)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_fractions_of_epochs_between_restarts():
    for restarts in ((4, 1), (3, 2), (2, 3)):
        optimizer, reference = optimizers()
        ours = optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, *restarts)
        theirs = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(reference, *restarts)
        for epoch in np.linspace(0, 20, 61):
            ours.step(float(epoch))
            theirs.step(float(epoch))
            np.testing.assert_allclose(settings(optimizer), settings(reference), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "named",
    [
        {"mode": mode, "threshold_mode": kind, "threshold": t, "patience": p, "cooldown": c, "min_lr": low}
        for mode, kind, t, p, c, low in itertools.product(
            ("min", "max"), ("rel", "abs"), (1e-4, 0.2), (0, 2), (0, 3), (0, [0.05, 1e-3])
        )
    ],
    ids=str,
)
def test_plateaus_are_found_where_pytorch_finds_them(named):
    optimizer, reference = optimizers(tensor=named["patience"] == 2)
    ours = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, **named)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(reference, factor=0.5, **named)
    rng = np.random.default_rng(0)
    noisy = [float(np.round(3 / (1 + i) + rng.standard_normal() * 0.3, 1)) for i in range(40)]
    gradual = [0.9**i if named["mode"] == "min" else 1.1**i for i in range(12)]  # by less than the larger threshold
    for metric in (*gradual, *noisy[:20], float("nan"), *noisy[20:]):
        ours.step(metric)
        theirs.step(torch.tensor(metric, dtype=torch.float64))
        np.testing.assert_allclose(settings(optimizer), settings(reference), rtol=1e-6)
    state = ours.state_dict()
    assert {**state, "_last_lr": 0} == {**theirs.state_dict(), "_last_lr": 0}


REFUSED = {
    "no optimizer": lambda m, o: m.StepLR(3, 1),
    "Lambda of too many": lambda m, o: m.LambdaLR(o, [len]),
    "Multiplicative of no function": lambda m, o: m.MultiplicativeLR(o, 0.5),
    "ConstantLR above 1": lambda m, o: m.ConstantLR(o, 1.5),
    "LinearLR from 0": lambda m, o: m.LinearLR(o, 0),
    "LinearLR to 2": lambda m, o: m.LinearLR(o, 0.5, 2),
    "restarts of 0": lambda m, o: m.CosineAnnealingWarmRestarts(o, 0),
    "restarts of a float": lambda m, o: m.CosineAnnealingWarmRestarts(o, 2.5),
    "restarts of T_mult 0": lambda m, o: m.CosineAnnealingWarmRestarts(o, 2, 0),
    "restarts of eta_min": lambda m, o: m.CosineAnnealingWarmRestarts(o, 2, 1, "0"),
    "restarts before 0": lambda m, o: m.CosineAnnealingWarmRestarts(o, 2).step(-1),
    "OneCycle without steps": lambda m, o: m.OneCycleLR(o, 1.0),
    "OneCycle of 0": lambda m, o: m.OneCycleLR(o, 1.0, 0),
    "OneCycle of a float": lambda m, o: m.OneCycleLR(o, 1.0, 5.0),
    "OneCycle of epochs": lambda m, o: m.OneCycleLR(o, 1.0, epochs=-1, steps_per_epoch=2),
    "OneCycle pct": lambda m, o: m.OneCycleLR(o, 1.0, 5, pct_start=2.0),
    "OneCycle strategy": lambda m, o: m.OneCycleLR(o, 1.0, 5, anneal_strategy="sin"),
    "OneCycle of too many": lambda m, o: m.OneCycleLR(o, [1.0], 5),
    "OneCycle too far": lambda m, o: [m.OneCycleLR(o, 1.0, 5), o.step()][0].step(7),
    "Cyclic mode": lambda m, o: m.CyclicLR(o, 0.1, 0.2, mode="square"),
    "Cyclic of too many": lambda m, o: m.CyclicLR(o, [0.1] * 3, 0.2),
    "Plateau factor": lambda m, o: m.ReduceLROnPlateau(o, factor=1.0),
    "Plateau mode": lambda m, o: m.ReduceLROnPlateau(o, "lowest"),
    "Plateau threshold": lambda m, o: m.ReduceLROnPlateau(o, threshold_mode="exact"),
    "Plateau of too many": lambda m, o: m.ReduceLROnPlateau(o, min_lr=[0.1]),
    "Sequential of none": lambda m, o: m.SequentialLR(o, [], []),
    "Sequential milestones": lambda m, o: m.SequentialLR(o, [m.StepLR(o, 1)], [3]),
    "Sequential of a plateau": lambda m, o: m.SequentialLR(o, [m.ReduceLROnPlateau(o)], []),
    "Sequential of a number": lambda m, o: m.SequentialLR(o, [3], []),
    "Chained of none": lambda m, o: m.ChainedScheduler([]),
    "Chained of a plateau": lambda m, o: m.ChainedScheduler([m.ReduceLROnPlateau(o)]),
    "SWALR strategy": lambda m, o: averaging(m).SWALR(o, 0.1, anneal_strategy="sin"),
    "SWALR epochs": lambda m, o: averaging(m).SWALR(o, 0.1, 1.5),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_the_same_is_refused_with_the_same_error(name):
    optimizer, reference = optimizers()
    with pytest.raises((ValueError, TypeError)) as expected:
        REFUSED[name](torch.optim.lr_scheduler, reference)
    with pytest.raises(expected.type):
        REFUSED[name](optim.lr_scheduler, optimizer)


WARNED = {
    "step before the optimizer's": lambda m, o: m.StepLR(o, 1).step(),
    "get_lr outside": lambda m, o: m.ExponentialLR(o, 0.5).get_lr(),
    "an epoch": lambda m, o: [m.StepLR(o, 1), o.step()][0].step(3),
    "nothing": lambda m, o: [m.StepLR(o, 1), o.step()][0].step(),
    "a plateau": lambda m, o: m.ReduceLROnPlateau(o).step(1.0),
}


@pytest.mark.parametrize("name", WARNED)
def test_the_same_is_warned_of(name):
    counts = []
    for m, o in zip((optim.lr_scheduler, torch.optim.lr_scheduler), optimizers(), strict=True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            WARNED[name](m, o)
        counts.append([w.category for w in caught])
    assert counts[0] == counts[1]


def nets():
    """The same small network in both libraries."""
    made = []
    for library in (nn, torch.nn):
        layers = [library.Linear(3, 4), library.Tanh(), library.Linear(4, 2)]
        made.append(library.Sequential(*layers))
    mine, theirs = made
    theirs.load_state_dict({name: torch.tensor(value.numpy()) for name, value in mine.state_dict().items()})
    return mine, theirs


@pytest.mark.parametrize("kind", ["mean", "avg", "multi", "multi mean"])
@pytest.mark.parametrize("use_buffers", [False, True])
def test_averages_of_models_are_pytorchs(kind, use_buffers):
    averaged = []
    for net, m, o in zip(nets(), (tg, torch), (optim, torch.optim), strict=True):
        tools = o.swa_utils
        named = {
            "mean": {},
            "avg": {"avg_fn": tools.get_ema_avg_fn(0.7)},
            "multi": {"multi_avg_fn": tools.get_ema_multi_avg_fn(0.7)},
            "multi mean": {"multi_avg_fn": tools.get_swa_multi_avg_fn()},
        }[kind]
        net.register_buffer("count", m.tensor([1.0, 2.0]))
        average = tools.AveragedModel(net, use_buffers=use_buffers, **named)
        optimizer = o.SGD(net.parameters(), lr=0.1)
        for i in range(5):
            x = m.tensor(np.random.default_rng(i).standard_normal((6, 3)).astype(np.float32))
            optimizer.zero_grad()
            (net(x) ** 2).mean().backward()
            optimizer.step()
            net.count.add_(1)
            average.update_parameters(net)
        averaged.append(average)
    state, expected = (average.state_dict() for average in averaged)
    assert list(state) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(state[name].numpy(), value.numpy(), rtol=1e-5, atol=1e-6, err_msg=name)
        assert f"torch.{state[name].dtype}" == str(value.dtype)


def test_running_statistics_are_pytorchs():
    states = []
    for library, m, o in ((nn, tg, optim), (torch.nn, torch, torch.optim)):
        net = library.Sequential(library.BatchNorm1d(3, momentum=0.3), library.InstanceNorm1d(3))
        arrays = [np.random.default_rng(i).standard_normal((6, 3, 2)).astype(np.float32) for i in range(4)]
        o.swa_utils.update_bn([[m.tensor(x), None] for x in arrays], net)
        states.append({name: value.numpy() for name, value in net.state_dict().items()} | {"m": net[0].momentum})
    for name, value in states[1].items():
        np.testing.assert_allclose(states[0][name], value, rtol=1e-5, atol=1e-6, err_msg=name)
