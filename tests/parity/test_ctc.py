"""Connectionist temporal classification beside PyTorch's: losses and gradients over lengths, layouts and edges."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold

RNG = np.random.default_rng(0)
REDUCTIONS = ["none", "mean", "sum"]


def normal(*shape):
    return RNG.standard_normal(shape)


def ctc_inputs(length, count, classes, longest, rng):
    frames = rng.integers(1, length + 1, count)
    frames[:1] = length
    spelt = rng.integers(0, longest + 1, count)
    return rng.standard_normal((length, count, classes)), rng.integers(1, classes, (count, longest)), frames, spelt


def spelled(m, x, targets, frames, spelt, **settings):
    return m.nn.functional.ctc_loss(m.log_softmax(x, -1), targets, frames, spelt, **settings)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("zero_infinity", [False, True])
@pytest.mark.parametrize("sizes", [(12, 4, 5, 4), (6, 3, 2, 3), (1, 2, 3, 1), (30, 2, 8, 1)], ids=str)
def test_ctc(sizes, zero_infinity, reduction):
    rng = np.random.default_rng(sum(sizes))
    settings = {"reduction": reduction, "zero_infinity": zero_infinity}
    for dtype in ("float64", "float32"):
        x, targets, frames, spelt = ctc_inputs(*sizes, rng)
        x = x.astype(dtype)
        hold(lambda m, *inputs: spelled(m, *inputs, **settings), x, targets, frames, spelt)
        hold(lambda m, *inputs: m.nn.functional.ctc_loss(*inputs, **settings), x, targets, frames, spelt)
        row = np.concatenate([target[:n] for target, n in zip(targets, spelt, strict=True)])
        hold(lambda m, *inputs: spelled(m, *inputs, **settings), x, row, frames, spelt)
        lengths = tuple(map(int, frames)), tuple(map(int, spelt))
        hold(
            lambda m, x, targets, lengths=lengths: spelled(m, x, targets, *lengths, **settings),
            x,
            targets.astype("int32"),
        )


@pytest.mark.parametrize("blank", [0, 2, 4])
def test_ctc_with_another_blank(blank):
    x, targets, frames, spelt = ctc_inputs(9, 3, 5, 4, RNG)
    targets[targets == blank] = (blank + 1) % 5
    hold(lambda m, *inputs: spelled(m, *inputs, blank=blank), x, targets, frames, spelt)


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_ctc_of_one_sample(reduction):
    x, target = normal(7, 4), np.array([1, 2, 2])
    for lengths in [((7,), (3,)), (np.array(7), np.array(3)), (np.array([6]), np.array([2]))]:
        hold(
            lambda m, x, target, lengths=lengths: spelled(
                m,
                x,
                target[: int(lengths[1][0] if isinstance(lengths[1], tuple) else lengths[1].item())],
                *[m.from_numpy(n) if isinstance(n, np.ndarray) else n for n in lengths],
                reduction=reduction,
            ),
            x,
            target,
        )


@pytest.mark.parametrize("zero_infinity", [False, True])
def test_ctc_of_a_target_too_long_for_its_frames(zero_infinity):
    settings = {"reduction": "none", "zero_infinity": zero_infinity}
    arrays = [normal(2, 2, 3), np.array([[1, 1], [1, 2]]), (2, 2), (2, 2)]
    hold(lambda m, *inputs: spelled(m, *inputs, **settings), *arrays)
    hold(lambda m, *inputs: m.nn.functional.ctc_loss(*inputs, **settings), *arrays)


def test_ctc_of_targets_without_symbols_and_inputs_without_frames():
    x = normal(4, 3, 3)
    settings = {"reduction": "none", "zero_infinity": True}
    hold(
        lambda m, *inputs: spelled(m, *inputs, **settings),
        x,
        np.zeros((3, 0), int),
        np.array([4, 1, 2]),
        np.zeros(3, int),
    )
    hold(
        lambda m, *inputs: spelled(m, *inputs, **settings),
        x,
        np.array([[1, 2], [1, 1], [2, 1]]),
        np.array([0, 4, 0]),
        np.array([0, 2, 1]),
    )


@pytest.mark.parametrize(
    ("frames", "spelt", "targets", "blank"),
    [
        ([5], [2, 2], [[1, 2], [1, 2]], 0),
        ([5, 6], [2, 2], [[1, 2], [1, 2]], 0),
        ([5, 5], [2, 3], [[1, 2], [1, 2]], 0),
        ([5, 5], [2, 2], [1, 2, 1], 0),
        ([5, 5], [2, 2], [[1, 2], [1, 2]], 4),
        ([5, 5], [2, 2], [[1, 2], [1, 2]], -1),
        ([-1, 5], [2, 2], [[1, 2], [1, 2]], 0),
        ([5, 5], [-1, 2], [[1, 2], [1, 2]], 0),
    ],
)
def test_ctc_that_does_not_fit(frames, spelt, targets, blank):
    def program(m, x, targets):
        return spelled(m, x, targets, tuple(frames), tuple(spelt), blank=blank)

    hold(program, normal(5, 2, 4), np.array(targets))


def test_the_gradient_of_ctc_has_no_gradient():
    for m in (tg, torch):
        x = m.tensor(normal(5, 2, 4), requires_grad=True)
        y = spelled(m, x, m.tensor([[1, 2], [1, 1]]), (5, 5), (2, 2))
        (gx,) = m.autograd.grad(y, x, create_graph=True)
        with pytest.raises(RuntimeError):
            m.autograd.grad((gx * gx).sum(), x)
