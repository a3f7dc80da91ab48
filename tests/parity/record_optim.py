"""Write down the ways of PyTorch's optimizers and schedules, for tests that run without it.

`python -m parity.record_optim`, in the folder tests, writes recorded/optim.json. Nothing in it is random: the
problem is `bowl`, in float64, from START.
"""

import json
import pathlib
import warnings

import torch
from test_recorded_optim import metric, scheduled

FILE = pathlib.Path(__file__).parent.parent / "recorded" / "optim.json"
START = [-0.5, 1.0, 0.3]
STEPS = 50

OPTIMIZERS = [
    ("SGD", {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.01, "momentum": 0.9, "dampening": 0.5, "maximize": True}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.01, "weight_decay": 0.01, "initial_accumulator_value": 0.1}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True, "eps": 1e-3, "weight_decay": 0.01}),
    ("Rprop", {"lr": 0.05, "etas": [0.4, 1.3], "step_sizes": [1e-4, 1.0]}),
    ("Adam", {"lr": 0.05, "betas": [0.8, 0.95], "weight_decay": 0.01, "amsgrad": True}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.05, "weight_decay": 0.01, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.05, "weight_decay": 0.01}),
    ("Adamax", {"lr": 0.05, "weight_decay": 0.01}),
    ("ASGD", {"lr": 0.05, "lambd": 0.01, "t0": 10, "weight_decay": 0.01}),
    ("Adafactor", {"lr": 0.1, "weight_decay": 0.01}),
    ("LBFGS", {"max_iter": 2, "line_search_fn": "strong_wolfe"}),
    ("LBFGS", {"lr": 0.1, "max_iter": 2, "history_size": 3}),
]

SCHEDULES = [
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 9]}),
    ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
    ("LinearLR", {"start_factor": 0.2, "end_factor": 0.9, "total_iters": 6}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 7, "power": 2.0}),
    ("CosineAnnealingLR", {"T_max": 7, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS}),
    ("OneCycleLR", {"max_lr": 1.0, "total_steps": STEPS, "three_phase": True, "anneal_strategy": "linear"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "step_size_down": 7, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4, "mode": "exp_range", "gamma": 0.9}),
    ("LambdaLR", {"lr_lambda": "1 / (1 + 0.1 * epoch)"}),
    ("MultiplicativeLR", {"lr_lambda": "0.9 + 0.002 * epoch"}),
    (
        "SequentialLR",
        {
            "schedulers": [
                ("LinearLR", {"start_factor": 0.1, "total_iters": 5}),
                ("CosineAnnealingLR", {"T_max": 20}),
                ("CosineAnnealingWarmRestarts", {"T_0": 4, "T_mult": 2}),
            ],
            "milestones": [5, 25],
        },
    ),
    (
        "ChainedScheduler",
        {
            "schedulers": [
                ("ConstantLR", {"factor": 0.25, "total_iters": 4}),
                ("ExponentialLR", {"gamma": 0.95}),
                ("StepLR", {"step_size": 10, "gamma": 0.5}),
            ]
        },
    ),
    ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2, "cooldown": 3, "threshold": 0.05, "min_lr": 0.002}),
    ("ReduceLROnPlateau", {"mode": "max", "factor": 0.3, "patience": 1, "threshold_mode": "abs", "eps": 1e-4}),
    ("SWALR", {"swa_lr": 0.05, "anneal_epochs": 6}),
    ("SWALR", {"swa_lr": 0.3, "anneal_epochs": 9, "anneal_strategy": "linear"}),
]


def bowl(x):
    return (x[0] - 1) ** 2 + 3 * (x[1] - x[0]) ** 2 + x[2].cos()


def way(name, settings):
    """Where the parameter is after each step."""
    x = torch.nn.Parameter(torch.tensor(START, dtype=torch.float64))
    optimizer = getattr(torch.optim, name)([x], **settings)

    def closure():
        optimizer.zero_grad()
        loss = bowl(x)
        loss.backward()
        return loss

    points = []
    for _ in range(STEPS):
        optimizer.step(closure)
        points.append(x.tolist())
    return points


def rates(name, settings):
    """The rate and the momentum of each step."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.5)
    schedule = scheduled(torch.optim, optimizer, name, settings)
    found = []
    for step in range(STEPS):
        found.append([optimizer.param_groups[0][key] for key in ("lr", "momentum")])
        optimizer.step()
        schedule.step(*[metric(step)] if name == "ReduceLROnPlateau" else [])
    return found


if __name__ == "__main__":
    warnings.simplefilter("error")
    recorded = {
        "made": f"by PyTorch {torch.__version__}, `python -m parity.record_optim`; no randomness, float64",
        "optimizers": [{"name": n, "settings": s, "way": way(n, s)} for n, s in OPTIMIZERS],
        "schedules": [{"name": n, "settings": s, "rates": rates(n, s)} for n, s in SCHEDULES],
    }
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(recorded, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")
