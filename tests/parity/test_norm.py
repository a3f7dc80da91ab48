"""Norms beside PyTorch's: values, gradients, second gradients, running statistics, layers, what both refuse."""

import numpy as np
import pytest

from .compare import hold
from .grids import FLOATS, laid_out
from .modules import hold_module


def numbers(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype) * 2 + 0.5


# name: the program of (nn.functional, x, weight, bias), the shape of x, that of weight and bias
NORMS = {
    "batch, rows": (lambda f, x, w, b: f.batch_norm(x, None, None, w, b, True), (5, 3), (3,)),
    "batch": (lambda f, x, w, b: f.batch_norm(x, None, None, w, b, training=True, eps=0.1), (2, 3, 4, 5), (3,)),
    "batch, no bias": (lambda f, x, w, b: f.batch_norm(x, None, None, w, None, True) * b.sum(), (4, 3, 2), (3,)),
    "batch, no weight": (lambda f, x, w, b: f.batch_norm(x, None, None, None, b, True) * w.sum(), (4, 3, 2), (3,)),
    "batch, bare": (lambda f, x, w, b: f.batch_norm(x, None, None, training=True) * w.sum() * b.sum(), (4, 3), (3,)),
    "layer": (lambda f, x, w, b: f.layer_norm(x, (5,), w, b), (2, 3, 5), (5,)),
    "layer, two dimensions": (lambda f, x, w, b: f.layer_norm(x, [3, 5], w, b, 0.01), (2, 3, 5), (3, 5)),
    "layer, of one": (lambda f, x, w, b: f.layer_norm(x, (4,), w, b), (4,), (4,)),
    "layer, no bias": (lambda f, x, w, b: f.layer_norm(x, (4,), w) * b.sum(), (3, 4), (4,)),
    "layer, no weight": (lambda f, x, w, b: f.layer_norm(x, (4,), bias=b) * w.sum(), (3, 4), (4,)),
    "layer, bare": (lambda f, x, w, b: f.layer_norm(x, (4,)) * w.sum() * b.sum(), (3, 4), (4,)),
    "group": (lambda f, x, w, b: f.group_norm(x, 2, w, b), (2, 6, 3, 2), (6,)),
    "group, all": (lambda f, x, w, b: f.group_norm(x, 1, weight=w, bias=b, eps=0.1), (3, 4), (4,)),
    "group, each": (lambda f, x, w, b: f.group_norm(x, 4, w, b), (2, 4, 5), (4,)),
    "group, bare": (lambda f, x, w, b: f.group_norm(x, 2) * w.sum() * b.sum(), (2, 4, 3), (4,)),
    "instance": (lambda f, x, w, b: f.instance_norm(x, None, None, w, b), (2, 3, 4), (3,)),
    "instance, bare": (lambda f, x, w, b: f.instance_norm(x, eps=0.1) * w.sum() * b.sum(), (2, 3, 2, 2), (3,)),
    "rms": (lambda f, x, w, b: f.rms_norm(x, (5,), w) + b, (2, 3, 5), (5,)),
    "rms, two dimensions": (lambda f, x, w, b: f.rms_norm(x, (3, 5), w, eps=0.1) * b, (2, 3, 5), (3, 5)),
    "rms, bare": (lambda f, x, w, b: f.rms_norm(x, (5,)) * w + b, (2, 5), (5,)),
    "local response": (lambda f, x, w, b: f.local_response_norm(x, 3, 0.5) * w.sum() * b.sum(), (2, 5, 4), (5,)),
    "local response, even": (
        lambda f, x, w, b: f.local_response_norm(x, size=2, alpha=0.1, beta=0.5, k=2.0) * w.sum() * b.sum(),
        (2, 3, 2, 2),
        (3,),
    ),
    "normalize": (lambda f, x, w, b: f.normalize(x) * w + b, (3, 4), (4,)),
    "normalize, last": (lambda f, x, w, b: f.normalize(x, p=1, dim=-1) * w + b, (2, 3, 4), (4,)),
    "normalize, longest": (lambda f, x, w, b: f.normalize(x, float("inf"), 0, eps=0.5) * w + b, (3, 4), (4,)),
}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", NORMS)
def test_norm(name, dtype):
    program, shape, size = NORMS[name]
    w, b = numbers(*size, seed=1, dtype=dtype), numbers(*size, seed=2, dtype=dtype)
    # float16 is compared forward: its sums of gradients are rounded at other places
    lenient = name == "local response, even" and dtype == "float16"  # PyTorch cannot pool it
    for x in laid_out(numbers(*shape, dtype=dtype)):
        hold(
            lambda m, x, w, b: program(m.nn.functional, x, w, b), x, w, b, backward=dtype != "float16", lenient=lenient
        )


NO_SECOND = {"batch, no weight", "layer, no weight"}  # PyTorch's second derivative wants a weight where there is a bias


@pytest.mark.parametrize("name", [name for name in NORMS if name not in NO_SECOND])
def test_norm_twice(name):
    program, shape, size = NORMS[name]

    def slopes(m, x, w, b):
        y = program(m.nn.functional, x, w, b)
        grads = m.autograd.grad((y * y * y).sum(), (x, w, b), create_graph=True)
        return [g for g in grads if g.requires_grad]

    hold(slopes, numbers(*shape), numbers(*size, seed=1), numbers(*size, seed=2))


@pytest.mark.parametrize(
    ("program", "shape", "size"),
    [
        (lambda f, x, w, b: f.batch_norm(x, None, None, w, b, True), (8, 70, 9, 11), (70,)),
        (lambda f, x, w, b: f.batch_norm(x, None, None, w, b, True), (3000, 40), (40,)),
        (lambda f, x, w, b: f.layer_norm(x, (96,), w, b), (5, 301, 96), (96,)),
        (lambda f, x, w, b: f.group_norm(x, 4, w, b), (7, 24, 30, 31), (24,)),
        (lambda f, x, w, b: f.instance_norm(x, None, None, w, b), (7, 24, 30, 31), (24,)),
    ],
)
@pytest.mark.parametrize("offset", [0, 100])
def test_norm_of_many_blocks(program, shape, size, offset):
    """Far from 0 as well, where a variance as the mean square less the squared mean would be lost."""
    w, b = numbers(*size, seed=1), numbers(*size, seed=2)
    hold(lambda m, x, w, b: program(m.nn.functional, x, w, b), numbers(*shape) + offset, w, b)
    if not offset:
        single = [a.astype("float32") for a in (numbers(*shape), w, b)]
        # gradients of thousands of float32 are no better than their sums
        hold(lambda m, x, w, b: program(m.nn.functional, x, w, b), *single, backward=False)


@pytest.mark.parametrize("name", ["batch", "layer", "group", "instance", "rms"])
def test_norm_of_what_does_not_vary_and_of_no_numbers(name):
    program, shape, size = NORMS[name]
    w, b = numbers(*size, seed=1), numbers(*size, seed=2)
    with_nan = numbers(*shape)
    with_nan.reshape(-1)[3] = np.nan
    with_inf = numbers(*shape)
    with_inf.reshape(-1)[3] = np.inf
    for x in (np.full(shape, 7.0), np.zeros(shape), with_nan, with_inf):
        hold(lambda m, x, w, b: program(m.nn.functional, x, w, b), x, w, b)


def test_norm_of_nothing():
    for program, shape in (
        (lambda f, x: f.batch_norm(x, None, None, training=True), (0, 3, 2)),
        (lambda f, x: f.batch_norm(x, x[0].detach(), x[0].detach()), (4, 0)),
        (lambda f, x: f.layer_norm(x, (3,)), (0, 3)),
        (lambda f, x: f.group_norm(x, 2), (0, 4, 3)),
        (lambda f, x: f.rms_norm(x, (3,)), (0, 3)),
        (lambda f, x: f.local_response_norm(x, 2), (0, 4, 3)),
        (lambda f, x: f.normalize(x), (0, 3)),
    ):
        hold(lambda m, x, program=program: program(m.nn.functional, x), numbers(*shape))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("which", ["both", "mean", "var"])
@pytest.mark.parametrize("norm", ["batch_norm", "instance_norm"])
def test_running_statistics(norm, which, training):
    def program(m, x, mean, var, w, b):
        mean, var = mean.detach().clone(), var.detach().clone()
        f = getattr(m.nn.functional, norm)
        y = f(x, mean if which != "var" else None, var if which != "mean" else None, w, b, training, 0.3)
        return y, mean, var

    for dtype in FLOATS[:2]:
        mean, var = numbers(3, seed=1, dtype=dtype), abs(numbers(3, seed=2, dtype=dtype))
        hold(program, numbers(2, 3, 4, dtype=dtype), mean, var, numbers(3, seed=3, dtype=dtype), mean)


@pytest.mark.parametrize("weight", FLOATS)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.filterwarnings("ignore:Mismatch dtype:UserWarning")  # PyTorch's, of its own speed
def test_rms_norm_keeps_the_inputs_dtype(dtype, weight):
    hold(
        lambda m, x, w: m.nn.functional.rms_norm(x, (5,), w),
        numbers(3, 5, dtype=dtype),
        numbers(5, dtype=weight),
        backward=dtype == "float64" or weight != "float64",
    )


def test_names_beside_torch():
    x, w, b = numbers(4, 6), numbers(6, seed=1), numbers(6, seed=2)
    hold(lambda m, x, w, b: m.layer_norm(x, (6,), w, b), x, w, b)
    hold(lambda m, x, w, b: m.group_norm(x, 3, w, b), x, w, b)
    hold(lambda m, x, w: m.rms_norm(x, (6,), w), x, w)
    hold(lambda m, x, w, b: m.batch_norm(x, w, b, None, None, True, 0.1, 1e-5, False), x, w, b)
    images = numbers(2, 6, 3)
    hold(lambda m, x, w, b: m.instance_norm(x, w, b, None, None, True, 0.1, 1e-5, False), images, w, b)


@pytest.mark.parametrize("dtype", FLOATS)
def test_renorm(dtype):
    x = numbers(3, 4, 2, dtype=dtype)
    for p, dim, most in ((2, 0, 3.0), (1, 1, 4), (0.5, -1, 2.5), (2.0, 2, 100.0), (2, 0, 0)):
        hold(lambda m, x, p, dim, most: m.renorm(x, p, dim, most), x, p, dim, most, backward=dtype != "float16")
        hold(lambda m, x, p, dim, most: (x * 1).renorm_(p, dim, most), x, p, dim, most, backward=False)


REFUSED = {
    "one value for each channel": lambda f, x: f.batch_norm(x[:1, :, 0], None, None, training=True),
    "no statistics": lambda f, x: f.batch_norm(x, None, None),
    "no eps": lambda f, x: f.batch_norm(x, None, None, training=True, eps=0.0),
    "negative eps": lambda f, x: f.batch_norm(x, x[0, :, 0], x[0, :, 0], eps=-1.0),
    "a vector": lambda f, x: f.batch_norm(x[0, 0], None, None, training=True),
    "weights that do not fit": lambda f, x: f.batch_norm(x, None, None, x[0, :2, 0], training=True),
    "statistics that do not fit": lambda f, x: f.batch_norm(x, x[0, :2, 0], x[0, :2, 0]),
    "layer: other sizes": lambda f, x: f.layer_norm(x, (3,)),
    "layer: no sizes": lambda f, x: f.layer_norm(x, ()),
    "layer: a number": lambda f, x: f.layer_norm(x, 4),
    "layer: weights that do not fit": lambda f, x: f.layer_norm(x, (4,), x[0, 0, :3]),
    "group: do not divide": lambda f, x: f.group_norm(x, 2),
    "group: a vector": lambda f, x: f.group_norm(x[0, 0], 1),
    "group: weights that do not fit": lambda f, x: f.group_norm(x, 3, x[0, 0]),
    "instance: one place": lambda f, x: f.instance_norm(x[:, :, :1]),
    "instance: no statistics": lambda f, x: f.instance_norm(x, use_input_stats=False),
    "rms: other sizes": lambda f, x: f.rms_norm(x, (3,)),
    "local response: a matrix": lambda f, x: f.local_response_norm(x[0], 2),
    "normalize: no such dimension": lambda f, x: f.normalize(x, dim=3),
    "no Tensor": lambda f, x: f.layer_norm([1.0, 2.0], (2,)),
    "another dtype": lambda f, x: f.layer_norm(x, (4,), x[0, 0].float()),
    "integers": lambda f, x: f.layer_norm(x.long(), (4,)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_both_refuse(name):
    hold(lambda m, x: REFUSED[name](m.nn.functional, x), numbers(2, 3, 4))


MODULES = {
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(3), (5, 3)),
    "BatchNorm1d, sequences": (lambda nn: nn.BatchNorm1d(3, eps=0.1, momentum=0.4), (5, 3, 2)),
    "BatchNorm1d, all batches": (lambda nn: nn.BatchNorm1d(3, momentum=None), (5, 3)),
    "BatchNorm1d, no statistics": (lambda nn: nn.BatchNorm1d(3, track_running_stats=False), (5, 3)),
    "BatchNorm1d, no parameters": (lambda nn: nn.BatchNorm1d(3, affine=False), (5, 3)),
    "BatchNorm2d": (lambda nn: nn.BatchNorm2d(3), (2, 3, 4, 5)),
    "BatchNorm2d, no bias": (lambda nn: nn.BatchNorm2d(3, bias=False), (2, 3, 4, 5)),
    "BatchNorm2d, nothing": (lambda nn: nn.BatchNorm2d(3, 1e-3, 0.2, False, False), (2, 3, 4, 5)),
    "BatchNorm3d": (lambda nn: nn.BatchNorm3d(2), (2, 2, 3, 2, 2)),
    "LayerNorm": (lambda nn: nn.LayerNorm(4), (2, 3, 4)),
    "LayerNorm, two dimensions": (lambda nn: nn.LayerNorm([3, 4], eps=0.1), (2, 3, 4)),
    "LayerNorm, no bias": (lambda nn: nn.LayerNorm((4,), bias=False), (2, 3, 4)),
    "LayerNorm, no parameters": (lambda nn: nn.LayerNorm(4, elementwise_affine=False), (3, 4)),
    "GroupNorm": (lambda nn: nn.GroupNorm(2, 4), (2, 4, 3)),
    "GroupNorm, no bias": (lambda nn: nn.GroupNorm(2, 4, bias=False), (2, 4, 3, 2)),
    "GroupNorm, no parameters": (lambda nn: nn.GroupNorm(4, 4, 0.1, False), (2, 4, 3)),
    "InstanceNorm1d": (lambda nn: nn.InstanceNorm1d(3), (2, 3, 4)),
    "InstanceNorm1d, one": (lambda nn: nn.InstanceNorm1d(3, affine=True), (3, 4)),
    "InstanceNorm2d": (lambda nn: nn.InstanceNorm2d(3, affine=True, bias=False), (2, 3, 4, 2)),
    "InstanceNorm2d, statistics": (lambda nn: nn.InstanceNorm2d(3, 0.1, 0.3, True, True), (2, 3, 4, 2)),
    "InstanceNorm3d": (lambda nn: nn.InstanceNorm3d(2, track_running_stats=True), (2, 2, 3, 2, 2)),
    "RMSNorm": (lambda nn: nn.RMSNorm(4), (2, 3, 4)),
    "RMSNorm, settings": (lambda nn: nn.RMSNorm([3, 4], 0.1, elementwise_affine=False), (2, 3, 4)),
    "LocalResponseNorm": (lambda nn: nn.LocalResponseNorm(3, 0.1, 0.5, 2.0), (2, 5, 3)),
    "LocalResponseNorm, defaults": (lambda nn: nn.LocalResponseNorm(2), (2, 5, 3, 2)),
}


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", MODULES)
def test_module(name, training):
    make, shape = MODULES[name]
    hold_module(make, numbers(*shape), training=training, steps=3)
    hold_module(make, numbers(*shape, dtype="float32"), training=training, double=False)
