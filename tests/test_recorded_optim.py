"""Optimizers and schedules on the ways that PyTorch took: see parity/record_optim.py for how they were recorded."""

import inspect
import json
import math
import pathlib

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import nn, optim

RECORDED = json.loads((pathlib.Path(__file__).parent / "recorded" / "optim.json").read_text())


START = [-0.5, 1.0, 0.3]


def bowl(x):
    return (x[0] - 1) ** 2 + 3 * (x[1] - x[0]) ** 2 + x[2].cos()


def told(case):
    return f"{case['name']} {case['settings']}"


@pytest.mark.parametrize("case", RECORDED["optimizers"], ids=told)
def test_the_way_is_the_recorded_one(case):
    for dtype, tolerance in ((tg.float64, 1e-10), (tg.float32, 1e-3)):
        x = nn.Parameter(tg.tensor(START, dtype=dtype))
        optimizer = getattr(optim, case["name"])([x], **case["settings"])

        def closure(x=x, optimizer=optimizer):
            optimizer.zero_grad()
            loss = bowl(x)
            loss.backward()
            return loss

        points = []
        for _ in case["way"]:
            optimizer.step(closure)
            points.append(x.tolist())
        np.testing.assert_allclose(points, case["way"], rtol=tolerance, atol=tolerance)


def scheduled(m, optimizer, name, settings):
    """A schedule of `m`, which is our optim or PyTorch's, from what can be written down of it."""
    settings = dict(settings)
    if "lr_lambda" in settings:
        formula = settings["lr_lambda"]
        settings["lr_lambda"] = lambda epoch: eval(formula, {"epoch": epoch})
    if "schedulers" in settings:
        settings["schedulers"] = [scheduled(m, optimizer, *part) for part in settings["schedulers"]]
    made = getattr(m.swa_utils if name == "SWALR" else m.lr_scheduler, name)
    return made(**settings) if name == "ChainedScheduler" else made(optimizer, **settings)


def metric(step):
    """What a plateau is looked for in: it falls, and rises now and then."""
    return round(1 / (1 + step / 5) + 0.2 * math.sin(step), 3)


@pytest.mark.parametrize("case", RECORDED["schedules"], ids=told)
def test_the_rates_are_the_recorded_ones(case):
    optimizer = optim.SGD([nn.Parameter(tg.ones(1))], lr=0.1, momentum=0.5)
    schedule = scheduled(optim, optimizer, case["name"], case["settings"])
    rates = []
    for step in range(len(case["rates"])):
        rates.append([optimizer.param_groups[0][key] for key in ("lr", "momentum")])
        optimizer.step()
        schedule.step(*[metric(step)] if case["name"] == "ReduceLROnPlateau" else [])
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-12)
    assert len({rate for rate, _ in rates}) > 1


def test_all_that_pytorch_has_too_is_recorded():
    ours_alone = {"AdamP", "LAMB", "LARS", "Lion", "Nesterov", "Optimizer", "LRScheduler"}
    ours_alone |= {"Muon"}  # PyTorch computes it in bfloat16: tests/parity compare what agrees
    for kind, module in (("optimizers", optim), ("schedules", optim.lr_scheduler)):
        made = {name for name in module.__all__ if inspect.isclass(getattr(module, name))}
        assert made - ours_alone <= {case["name"] for case in RECORDED[kind]}
