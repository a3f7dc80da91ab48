"""Optimizers and schedules on the ways that PyTorch took: see parity/record_optim.py for how they were recorded."""

import json
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


@pytest.mark.parametrize("case", RECORDED["schedules"], ids=told)
def test_the_rates_are_the_recorded_ones(case):
    optimizer = optim.SGD([nn.Parameter(tg.ones(1))], lr=0.1, momentum=0.5)
    schedule = getattr(optim.lr_scheduler, case["name"])(optimizer, **case["settings"])
    rates = []
    for _ in case["rates"]:
        rates.append([optimizer.param_groups[0][key] for key in ("lr", "momentum")])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(rates, case["rates"], rtol=1e-12)
