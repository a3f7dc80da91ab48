"""Schedules: users' own, their errors and their ends; averages of weights."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim
from tinygrad_edu.optim import lr_scheduler, swa_utils


def sgd(**settings):
    return optim.SGD([nn.Parameter(tg.ones(1))], **{"lr": 0.5, **settings})


def rates(schedule, steps):
    """The rates of the next steps."""
    found = []
    for _ in range(steps):
        schedule.optimizer.step()
        schedule.step()
        found += schedule.get_last_lr()
    return found


def test_users_define_schedules():
    class Halving(lr_scheduler.LRScheduler):
        def __init__(self, optimizer, every, last_epoch=-1):
            self.every = every
            super().__init__(optimizer, last_epoch)

        def get_lr(self):
            assert self._get_lr_called_within_step
            return [lr * 0.5 ** (self.last_epoch // self.every) for lr in self.base_lrs]

    optimizer = sgd()
    schedule = Halving(optimizer, 2)
    assert (schedule.last_epoch, schedule._step_count, schedule.base_lrs) == (0, 1, [0.5])
    rates = []
    for _ in range(5):
        rates += schedule.get_last_lr()
        optimizer.step()
        schedule.step()
    assert rates == [0.5, 0.5, 0.25, 0.25, 0.125]
    assert optimizer.param_groups[0]["initial_lr"] == 0.5
    assert "optimizer" not in schedule.state_dict()
    with pytest.raises(NotImplementedError, match="give it a method get_lr"):
        lr_scheduler.LRScheduler(sgd())


def test_a_schedule_goes_on_where_its_state_says():
    def run(optimizer, schedule, steps):
        rates = []
        for _ in range(steps):
            optimizer.step()
            schedule.step()
            rates += schedule.get_last_lr()
        return rates

    def made(optimizer):
        parts = [lr_scheduler.LinearLR(optimizer, 0.1, total_iters=3), lr_scheduler.CosineAnnealingLR(optimizer, 9)]
        return lr_scheduler.SequentialLR(optimizer, parts, [3])

    optimizer = sgd()
    schedule = made(optimizer)
    whole = run(optimizer, schedule, 12)
    optimizer = sgd()
    schedule = made(optimizer)
    first = run(optimizer, schedule, 5)
    state, settings = schedule.state_dict(), optimizer.state_dict()
    optimizer = sgd(lr=9.0)
    schedule = made(optimizer)
    optimizer.load_state_dict(settings)
    schedule.load_state_dict(state)
    assert first + run(optimizer, schedule, 7) == whole


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda: lr_scheduler.StepLR(3, 1), TypeError, "for an Optimizer, got int"),
        (lambda: lr_scheduler.StepLR(sgd(), 0), ValueError, "step_size must be 1 epoch or more"),
        (lambda: lr_scheduler.CosineAnnealingLR(sgd(), 0), ValueError, "T_max must be 1 epoch or more"),
        (lambda: lr_scheduler.StepLR(sgd(), 1, last_epoch=3), ValueError, "no 'initial_lr'"),
        (lambda: lr_scheduler.LambdaLR(sgd(), 0.5), TypeError, "function of the epoch, got float"),
        (lambda: lr_scheduler.CyclicLR(sgd(), 0.1, 1.0, 0), ValueError, "step_size_up must be 1 step or more"),
        (lambda: lr_scheduler.CyclicLR(adagrad(), 0.1, 1.0), ValueError, "neither momentum nor betas"),
        (lambda: lr_scheduler.OneCycleLR(sgd(), 0.1, epochs=3), ValueError, "total_steps"),
        (lambda: lr_scheduler.OneCycleLR(sgd(), 0.1, steps_per_epoch=3), ValueError, "total_steps"),
        (lambda: swa_utils.SWALR(3, 0.1), TypeError, "for an Optimizer, got int"),
        (lambda: swa_utils.get_ema_multi_avg_fn(1.5), ValueError, "from 0 to 1, got 1.5"),
        (
            lambda: swa_utils.AveragedModel(nn.Linear(1, 1), avg_fn=max, multi_avg_fn=max),
            ValueError,
            "avg_fn or multi_avg_fn, not both",
        ),
        (
            lambda: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(sgd(), 1), lr_scheduler.StepLR(sgd(), 1)]),
            ValueError,
            "schedule 1, StepLR, belongs to another optimizer",
        ),
    ],
)
def test_errors_say_what_was_wrong(act, error, words):
    with pytest.raises(error, match=words):
        act()


def adagrad():
    return optim.Adagrad([nn.Parameter(tg.ones(1))])


def test_a_constant_factor_of_0_ends():
    optimizer = sgd()
    schedule = lr_scheduler.ConstantLR(optimizer, 0.0, total_iters=2)
    rates = []
    for _ in range(4):
        rates += schedule.get_last_lr()
        optimizer.step()
        schedule.step()
    assert rates == [0, 0, 0.5, 0.5]


def test_a_phase_without_length_is_passed():
    schedule = lr_scheduler.OneCycleLR(sgd(momentum=0.9), 1.0, total_steps=10, pct_start=0.1)
    assert schedule.get_last_lr() == [1.0]


def test_a_plateau_after_another_group_has_come():
    for min_lr, fits in ((0, True), ([0.1], False)):
        optimizer = sgd()
        schedule = lr_scheduler.ReduceLROnPlateau(optimizer, patience=0, min_lr=min_lr)
        optimizer.add_param_group({"params": [nn.Parameter(tg.ones(1))]})
        schedule.step(1.0)
        if fits:
            schedule.step(2.0)
            assert schedule.get_last_lr() == [0.05, 0.05]
        else:
            with pytest.raises(RuntimeError, match="now has 2 groups, and min_lr 1 values"):
                schedule.step(2.0)


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({}, 4.0),
        ({"avg_fn": swa_utils.get_swa_avg_fn()}, 4.0),
        ({"multi_avg_fn": swa_utils.get_swa_multi_avg_fn()}, 4.0),
        ({"avg_fn": swa_utils.get_ema_avg_fn(0.5)}, 5.0),
        ({"multi_avg_fn": swa_utils.get_ema_multi_avg_fn(0.5)}, 5.0),
        ({"avg_fn": lambda a, p, n: a * n + p}, 16.0),
    ],
)
def test_averages(named, expected):
    model = nn.Linear(1, 1, bias=False)
    averaged = swa_utils.AveragedModel(model, **named)
    for value in (1.0, 3.0, 8.0):
        nn.init.constant_(model.weight, value)
        averaged.update_parameters(model)
    assert averaged.module.weight.item() == pytest.approx(expected)
    assert averaged.n_averaged.item() == 3
    assert list(averaged.state_dict()) == ["n_averaged", "module.weight"]
    assert averaged.module.weight.requires_grad
    assert model.weight.item() == 8


def test_buffers_are_taken_over_or_averaged():
    for use_buffers, expected in ((False, 8), (True, 4)):
        model = nn.Linear(1, 1)
        model.register_buffer("seen", tg.tensor([0.0]))
        averaged = swa_utils.AveragedModel(model, use_buffers=use_buffers)
        for value in (1.0, 3.0, 8.0):
            model.seen.fill_(value)
            averaged.update_parameters(model)
        assert averaged.module.seen.item() == pytest.approx(expected)


def test_running_statistics_are_computed_anew():
    layer, other = nn.BatchNorm1d(1), nn.InstanceNorm1d(1, track_running_stats=True)
    layer.running_mean.fill_(7.0)
    model = nn.Sequential(layer, nn.ReLU()).eval()
    swa_utils.update_bn([(tg.full((4, 1), v), "label") for v in (1.0, 2.0, 6.0)], model)
    assert layer.running_mean.item() == pytest.approx(3)
    assert (layer.momentum, layer.training) == (0.1, False)
    other.running_mean.fill_(7.0)
    swa_utils.update_bn(iter(()), other)  # nothing to do, and no batch is asked for
    assert other.running_mean.item() == 7


def test_the_rate_of_averaging_is_reached():
    for strategy in ("cos", "linear"):
        optimizer = sgd()
        schedule = swa_utils.SWALR(optimizer, 0.1, anneal_epochs=4, anneal_strategy=strategy)
        rates = []
        for _ in range(6):
            rates += schedule.get_last_lr()
            optimizer.step()
            schedule.step()
        np.testing.assert_allclose([rates[0], rates[2], *rates[4:]], [0.5, 0.3, 0.1, 0.1])


SCHEDULES = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 2),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda epoch: 0.5),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.1, 1.0, cycle_momentum=False, scale_fn=lambda x: 1.0),
    "ReduceLROnPlateau": lr_scheduler.ReduceLROnPlateau,
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o), lr_scheduler.LambdaLR(o, lambda epoch: 0.5)], [2]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.ExponentialLR(o, 0.9)]),
}


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize(
    "change",
    [
        lambda state: None,
        lambda state: [],
        lambda state: {**state, "last_epoch": "x"},
        lambda state: {**state, "last_epoch": None},
        lambda state: {**state, "_last_lr": 3},
        lambda state: {**state, "_last_lr": [0.1, 0.2]},
        lambda state: {**state, "_schedulers": state["_schedulers"] * 2} if "_schedulers" in state else None,
        lambda state: {**state, "_schedulers": 3} if "_schedulers" in state else None,
        lambda state: {k: v for k, v in state.items() if k != "_schedulers"} if "_schedulers" in state else None,
        lambda state: {**state, "_schedulers": [*state["_schedulers"][:-1], 3]} if "_schedulers" in state else None,
        lambda state: {**state, "lr_lambdas": 3} if "lr_lambdas" in state else None,
        lambda state: {**state, "lr_lambdas": [3]} if "lr_lambdas" in state else None,
        lambda state: {**state, "_scale_fn_custom": 3} if "_scale_fn_custom" in state else None,
    ],
)
def test_a_state_that_is_none_of_a_schedule_changes_nothing(name, change):
    optimizer = optim.SGD([nn.Parameter(tg.ones(2))], lr=0.1)
    schedule = SCHEDULES[name](optimizer)
    state = change(schedule.state_dict())
    before = repr(schedule.state_dict())
    with pytest.raises(ValueError, match=r"of a schedule|of this|of a state_dict"):
        schedule.load_state_dict(state)
    assert repr(schedule.state_dict()) == before


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda o: lr_scheduler.LinearLR(o, None), r"LinearLR\(a SGD, None\): an int and a NoneType"),
        (lambda o: lr_scheduler.OneCycleLR(o, "x", 10), r"OneCycleLR\(a SGD, 'x', 10\): a str and a float"),
        (lambda o: lr_scheduler.CyclicLR(o, None, 1), r"step\(a CyclicLR\): an int and a NoneType cannot be put"),
        (lambda o: optim.SGD([nn.Parameter(tg.ones(1))], lr="x"), r"SGD: lr is a number, got a str"),
        (lambda o: optim.Adam([nn.Parameter(tg.ones(1))], betas=0.9), r"Adam\(.*, betas=0.9\): "),
    ],
)
def test_a_setting_of_another_kind_is_told_with_what_it_was_given_to(make, words):
    with pytest.raises(TypeError, match=words):
        make(sgd())


def test_a_scale_that_is_an_object_takes_over_what_was_saved():
    class Falling:
        def __init__(self, factor):
            self.factor = factor

        def __call__(self, x):
            return self.factor**x

    def cycle(factor):
        return lr_scheduler.CyclicLR(sgd(), 0.1, 1.0, 4, scale_fn=Falling(factor), cycle_momentum=False)

    saved, other = cycle(0.5), cycle(0.9)
    other.load_state_dict(saved.state_dict())
    assert rates(other, 10) == rates(saved, 10)


def test_milestones_may_come_back_as_a_plain_dictionary():
    def two_steps():
        return lr_scheduler.MultiStepLR(sgd(), [2, 4, 4])

    saved, other = two_steps(), two_steps()
    state = saved.state_dict()
    other.load_state_dict({**state, "milestones": dict(state["milestones"])})
    assert rates(other, 6) == rates(saved, 6)


@pytest.mark.parametrize("kind", [lr_scheduler.LinearLR, lr_scheduler.PolynomialLR, lr_scheduler.CosineAnnealingLR])
def test_a_schedule_that_begins_later_leaves_the_rate_as_it_is(kind):
    optimizer = sgd()
    optimizer.param_groups[0].update(initial_lr=0.5, lr=0.25)
    named = {"T_max": 9} if kind is lr_scheduler.CosineAnnealingLR else {"total_iters": 9}
    assert kind(optimizer, **named, last_epoch=2).get_last_lr() == [0.25]


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("StepLR", [3]),
        ("MultiStepLR", [[3]]),
        ("ConstantLR", []),
        ("LinearLR", []),
        ("ExponentialLR", [0.9]),
        ("PolynomialLR", []),
        ("CosineAnnealingLR", [5]),
        ("CosineAnnealingWarmRestarts", [5]),
        ("OneCycleLR", [1.0, 10]),
        ("LambdaLR", [lambda epoch: 0.5]),
        ("MultiplicativeLR", [lambda epoch: 0.5]),
    ],
)
def test_the_next_rates_are_asked_for_with_a_warning(name, settings):
    schedule = getattr(lr_scheduler, name)(sgd(momentum=0.9), *settings)
    with pytest.warns(UserWarning, match="the present ones are get_last_lr"):
        schedule.get_lr()


@pytest.mark.parametrize(
    ("make", "missing"),
    [
        (lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 1.0, 10, cycle_momentum=False), "max_lr|initial_lr"),
        (lambda optimizer: lr_scheduler.OneCycleLR(optimizer, 1.0, 10), "max_momentum"),
        (lambda optimizer: optim.swa_utils.SWALR(optimizer, 0.1), "swa_lr"),
    ],
)
def test_a_group_added_without_what_its_schedule_needs(make, missing):
    optimizer = sgd(momentum=0.9)
    schedule = make(optimizer)
    optimizer.add_param_group({"params": [nn.Parameter(tg.ones(1))]})
    before = schedule.last_epoch
    optimizer.step()
    with pytest.raises(
        ValueError, match=rf"group 1 of the optimizer has no '({missing})', which {type(schedule).__name__}"
    ):
        schedule.step()
    assert schedule.last_epoch == before
