"""Functions with a jvp of their own, which forward products call: the same with PyTorch and with us."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg
from tinygrad_edu.func.structures import flatten

from .compare import assert_same

# torch warns of itself where it uses forward mode
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*torch.jit:DeprecationWarning", "ignore:Attempted to insert:UserWarning"
)

X = np.array([0.5, -1.5, 2.0])
W = np.array([[1.5, 0.25, -0.5], [-1.0, 2.0, 0.75]])


def product(m, **statics):
    """A Function of two Tensors with a jvp, and what else is given, or given in place of what it has."""

    def set_up(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * y + h * x.cos(), g * x

    def tangents(ctx, dx, dy):
        x, y = ctx.saved_tensors
        return dx * y + x * dy, x.cos() * dx

    parts = {
        "forward": lambda x, y: (x * y, x.sin()),
        "setup_context": set_up,
        "backward": backward,
        "jvp": tangents,
        **statics,
    }
    of = {name: staticmethod(part) for name, part in parts.items() if part is not None}
    return type("Product", (m.autograd.Function,), {"generate_vmap_rule": True, **of}).apply


def other_tensors_for_the_jvp(m, x, w):
    def set_up(ctx, inputs, output):
        ctx.save_for_backward(inputs[1], output[0])
        ctx.save_for_forward(inputs[0])
        ctx.y = inputs[1]

    def tangents(ctx, dx, dy):
        (x,) = ctx.saved_tensors
        return dx * ctx.y + x * dy, x.cos() * dx

    apply = product(m, setup_context=set_up, jvp=tangents)
    return m.func.jvp(apply, (x, x + 1), (x * 2, x * 3)), m.func.jvp(apply, (w, x), (w * 2, x * 0))


def by_other_means(m, x, w):
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return (g * y + h * x.cos()).detach(), (g * x).detach()

    apply = product(m, backward=backward)
    return m.func.jvp(apply, (x, x + 1), (x * 2, x * 3)), m.func.grad(lambda a: apply(a, x)[0].sum())(x)


def a_dirty_input(m, x, w):
    class Twice(m.autograd.Function):
        @staticmethod
        def forward(x):
            return x.mul_(2)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.mark_dirty(*inputs)

        @staticmethod
        def backward(ctx, g):
            return 2 * g

        @staticmethod
        def jvp(ctx, dx):
            return dx.mul_(2)

    return m.func.jvp(lambda a: Twice.apply(a * a), (x,), (x,))


def with_whole_numbers(m, x, w):
    class Power(m.autograd.Function):
        @staticmethod
        def forward(x, exponent, places):
            return x[places] ** exponent, places * 2

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.x, ctx.exponent, ctx.places = inputs
            ctx.mark_non_differentiable(output[1])

        @staticmethod
        def jvp(ctx, dx, no, none):
            assert no is None
            return ctx.exponent * ctx.x[ctx.places] ** (ctx.exponent - 1) * dx[ctx.places], None

    return m.func.jvp(lambda a: Power.apply(a, 3, m.tensor([2, 0]))[0], (x,), (x,))


FORWARDS = {
    "jvp": lambda m, x, w: m.func.jvp(product(m), (x, x + 1), (x * 2, x * 3)),
    "jvp by one": lambda m, x, w: m.func.jvp(lambda a: product(m)(a, w[0]), (x,), (x,)),
    "jvp of the other": lambda m, x, w: m.func.jvp(lambda a: product(m)(w[0], a), (x,), (x,)),
    "jvp without a backward": lambda m, x, w: m.func.jvp(product(m, backward=None), (x, x + 1), (x, x)),
    "jvp by other means backwards": by_other_means,
    "jvp that is not the backward's": lambda m, x, w: m.func.jvp(
        product(m, jvp=lambda ctx, dx, dy: (7 * dx, dy - dx)), (x, x), (x * 2, x * 3)
    ),
    "no tangent for one": lambda m, x, w: m.func.jvp(
        product(m, jvp=lambda c, dx, dy: (dx * 0, 9 * dy)), (x, x), (x, x)
    ),
    "tangents that are zero": lambda m, x, w: m.func.jvp(
        product(m, jvp=lambda c, dx, dy: (dx.new_zeros(3), dy.new_zeros(3))), (x, x), (x, x)
    ),
    "saved for each": other_tensors_for_the_jvp,
    "linearize": lambda m, x, w: m.func.linearize(product(m), x, x + 1)[1](x * 2, x * 3),
    "jacfwd": lambda m, x, w: m.func.jacfwd(product(m), argnums=(0, 1))(x, x + 1),
    "jacfwd of jacrev": lambda m, x, w: m.func.jacfwd(m.func.jacrev(lambda a: product(m)(a, x)[0].sum() ** 2))(x),
    "jvp of a gradient": lambda m, x, w: m.func.jvp(
        m.func.grad(lambda a: (product(m)(a, a)[1] ** 2).sum()), (x,), (x,)
    ),
    "gradient of a jvp": lambda m, x, w: m.func.grad(
        lambda a: sum(t.sum() for t in m.func.jvp(product(m), (a, x), (a * 2, x))[1])
    )(x),
    "examples": lambda m, x, w: m.vmap(lambda a: m.func.jvp(product(m), (a, x), (a, a))[1])(w),
    "a dirty input": a_dirty_input,
    "whole numbers": with_whole_numbers,
}


@pytest.mark.parametrize("name", FORWARDS)
def test_functions_with_a_jvp_of_their_own(name):
    ours, theirs = (FORWARDS[name](m, m.tensor(X), m.tensor(W)) for m in (tg, torch))
    found, expected = flatten(ours), torch.utils._pytree.tree_leaves(theirs)
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        assert_same(a, b, name)


NO_FORWARDS = {
    "by other means": lambda m, x: m.func.jvp(
        product(m, jvp=None, backward=lambda ctx, g, h: (m.from_numpy(g.detach().numpy()), None)), (x, x), (x, x)
    ),
    "too many": lambda m, x: m.func.jvp(product(m, jvp=lambda ctx, dx, dy: (dx, dy, dx)), (x, x), (x, x)),
    "of another shape": lambda m, x: m.func.jvp(product(m, jvp=lambda ctx, dx, dy: (dx[:2], dy)), (x, x), (x, x)),
    "neither": lambda m, x: m.func.jvp(product(m, jvp=None, backward=None), (x, x), (x, x)),
}


@pytest.mark.parametrize("name", NO_FORWARDS)
def test_functions_whose_jvp_cannot_be_had(name):
    for m in (torch, tg):
        with pytest.raises((RuntimeError, ValueError)):
            NO_FORWARDS[name](m, m.tensor(X))
