"""Functions of one's own, products with Jacobians, checkpoints and hooks: the same programs with PyTorch and us."""

import warnings

import numpy as np
import pytest
import torch
import torch.utils.checkpoint

import tinygrad_edu as tg

from .compare import assert_same, flat

X = np.array([[0.5, -1.5, 2.0], [1.25, 0.75, -0.25]])
W = np.array([[1.5, 0.25, -0.5], [-1.0, 2.0, 0.75]])
REFUSALS = (RuntimeError, TypeError, ValueError, IndexError, AssertionError)


def leaves(m):
    return [m.tensor(values.tolist(), dtype=m.float64, requires_grad=True) for values in (X, W)]


def results(program, m):
    """What a program gives, with the gradients it leaves and whether each result can be differentiated."""
    x, w = leaves(m)
    with warnings.catch_warnings():
        if m is torch:
            warnings.simplefilter("ignore")
        found = [y for y in flat(program(m, x, w)) if not callable(y)]
    tracked = [y.requires_grad for y in found if isinstance(y, m.Tensor)]
    return [*found, x.grad, w.grad, *tracked]


def hold(program):
    theirs = results(program, torch)
    ours = results(program, tg)
    assert len(ours) == len(theirs)
    for i, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        if isinstance(b, str):
            assert a == b
        else:
            assert_same(a, b, f"result {i}")


def refuse(program):
    for m in (torch, tg):
        with pytest.raises(REFUSALS):
            results(program, m)


# Functions


def cube(m):
    class Cube(m.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return g * 3 * x**2

    return Cube.apply


def exponential(m):
    """Saves its output."""

    class Exponential(m.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    return Exponential.apply


def scaled_pair(m):
    """Two outputs, of which one is saved, and a factor that is no Tensor; in two steps."""

    class ScaledPair(m.autograd.Function):
        @staticmethod
        def forward(x, w, factor=2.0):
            return x.sin() * factor, x * w

        @staticmethod
        def setup_context(ctx, inputs, output):
            x, w, ctx.factor = inputs
            ctx.save_for_backward(x, w, output[0])

        @staticmethod
        def backward(ctx, a, b):
            x, w, _ = ctx.saved_tensors
            return a * x.cos() * ctx.factor + b * w, b * x, None

    return ScaledPair.apply


def squares(m):
    """Saves the second of its outputs."""

    class Squares(m.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y, z = x * 2, x.exp()
            ctx.save_for_backward(z, None)
            return y, z

        @staticmethod
        def backward(ctx, a, b):
            z, nothing = ctx.saved_tensors
            assert nothing is None
            return a * 2 + b * z

    return Squares.apply


def function(m, forward, backward, **more):
    """A Function of two functions."""
    body = {"forward": staticmethod(forward), "backward": staticmethod(backward), **more}
    return type("Made", (m.autograd.Function,), body).apply


def doubled(ctx, x):
    return x * 2


def first_order(m, x, w):
    cube(m)(x * w).sum().backward()


def third_order(m, x, w):
    y = cube(m)(x * w) * w
    (g,) = m.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = m.autograd.grad((g * x).sum(), x, create_graph=True)
    (h * w).sum().backward()
    return g, h


def output_saved_to_second_order(m, x, w):
    y = exponential(m)(x * 0.5)
    (g,) = m.autograd.grad(y.sum(), x, create_graph=True)
    (g * w).sum().backward()
    return y, g


def one_of_several_outputs_saved(m, x, w):
    y, z = squares(m)(x * w)
    (g,) = m.autograd.grad((y * z).sum(), x, create_graph=True)
    (g * w).sum().backward()
    return g


def two_outputs_and_a_number(m, x, w):
    a, b = scaled_pair(m)(x, w, 3.0)
    (g,) = m.autograd.grad((a * b).sum(), w, create_graph=True)
    (g * g).sum().backward()
    return a, b, g


def arguments_by_name_and_default(m, x, w):
    a, _ = scaled_pair(m)(x, w)
    b, _ = scaled_pair(m)(x, factor=5.0, w=w)
    (a * b).sum().backward()
    return a, b


def only_the_second_output_used(m, x, w):
    _, b = scaled_pair(m)(x, w)
    b.sum().backward()


def what_needs_a_gradient(m, x, w):
    seen = []

    def backward(ctx, g):
        seen.append(str(ctx.needs_input_grad))
        return g * 2, None, None

    y = function(m, lambda ctx, x, w, n: seen.append(str(ctx.needs_input_grad)) or x * 2, backward)
    y(x, w.detach(), 3).sum().backward()
    with m.no_grad():
        y(x, w, "s")
    return seen


def missing_gradients_are_zeros(m, x, w):
    seen = []

    def backward(ctx, *gs):
        seen.extend(gs)
        return gs[0] + gs[1]

    y, _, i = function(m, lambda ctx, x: (x * 2, x.float(), x.argmax()), backward)(x)
    y.sum().backward()
    return [*seen, i]


def missing_gradients_are_none(m, x, w):
    seen = []

    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx, a, b):
        seen.append(a is None)
        return b * 3

    _, z = function(m, forward, backward)(x)
    z.sum().backward()
    return seen


def not_differentiable_output(m, x, w):
    def forward(ctx, x):
        y, z = x * 2, x.round()
        ctx.mark_non_differentiable(z)
        ctx.save_for_backward(z)
        return y, z

    y, z = function(m, forward, lambda ctx, a, b: a * ctx.saved_tensors[0] + b)(x)
    (y * z).sum().backward()
    return y, z


def not_differentiable_at_all(m, x, w):
    def forward(ctx, x):
        y = x.sign()
        ctx.mark_non_differentiable(y)
        return y

    return function(m, forward, lambda ctx, g: g)(x)


def written_in_place(m, x, w):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.add_(1)
        return x

    y = x * w
    z = function(m, forward, lambda ctx, g: g * 5)(y)
    (y * w).sum().backward()
    return z is y, y


def a_view_written_in_place(m, x, w):
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x.mul_(3)
        return x

    y = x * 1
    function(m, forward, lambda ctx, g: g * 3)(y[0])
    (y * w).sum().backward()
    return y


def gradient_reversed(m, x, w):
    y = function(m, lambda ctx, x: x, lambda ctx, g: -g)(x * w)
    (y * y).sum().backward()
    return y


def straight_through(m, x, w):
    y = function(m, lambda ctx, x: x.round(), lambda ctx, g: g)(x)
    (y * w).sum().backward()
    return y


def view_returned(m, x, w):
    y = function(m, lambda ctx, x: x.view_as(x), lambda ctx, g: g * 7)(x)
    y.sum().backward()
    return y


def other_values_among_the_outputs(m, x, w):
    y, n, s, nothing = function(m, lambda ctx, x: (x * 2, 3, "s", None), lambda ctx, *gs: gs[0] * 2)(x)
    y.sum().backward()
    return y, n, s, nothing is None


def one_output_in_a_tuple(m, x, w):
    found = function(m, lambda ctx, x: (x * 2,), lambda ctx, g: g * 2)(x)
    found[0].sum().backward()
    return len(found), found


def broadcast_gradient_is_summed(m, x, w):
    bias = w[0]
    y = function(m, lambda ctx, x, b: x + b, lambda ctx, g: (g, g))(x, bias)
    (y * w).sum().backward()


def gradient_cast_to_the_argument(m, x, w):
    y = function(m, lambda ctx, x: x * 2, lambda ctx, g: g.float() * 2)(x)
    y.sum().backward()


def more_nones_than_arguments(m, x, w):
    function(m, doubled, lambda ctx, g: (g, None, None))(x).sum().backward()


def no_gradient_at_all(m, x, w):
    function(m, doubled, lambda ctx, g: None)(x).sum().backward()


def same_argument_twice(m, x, w):
    y = function(m, lambda ctx, a, b: a * 2 + b * 3, lambda ctx, g: (g * 2, g * 3))(x, x)
    y.sum().backward()


def gradient_held_elsewhere(m, x, w):
    held = m.ones(2, 3, dtype=m.float64)
    y = function(m, doubled, lambda ctx, g: held)
    y(x).sum().backward()
    y(x).sum().backward()
    return held


def backward_within_a_backward(m, x, w):
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        with m.enable_grad():
            x = x.detach().requires_grad_()
            y = (x**3).sum()
        return g * m.autograd.grad(y, x)[0]

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    function(m, forward, backward)(x * w).sum().backward()


def differentiated_once(m, x, w):
    once = m.autograd.function.once_differentiable

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    y = function(m, forward, once(lambda ctx, g: g * 2 * ctx.saved_tensors[0]))(x)
    (y * w).sum().backward(retain_graph=True)
    return m.autograd.grad((y * x).sum(), x, create_graph=True)


def saved_nothing_backward_twice(m, x, w):
    y = function(m, doubled, lambda ctx, g: g * 2)(x).sum()
    y.backward()
    y.backward()


def called_without_a_graph(m, x, w):
    with m.no_grad():
        return cube(m)(x), scaled_pair(m)(x, w)


def vjp_for_backward(m, x, w):
    made = type(
        "Made",
        (m.autograd.Function,),
        {"forward": staticmethod(doubled), "vjp": staticmethod(lambda ctx, g: g * 2)},
    )
    made.apply(x).sum().backward()


# grad and backward


def several_tensors_backward(m, x, w):
    m.autograd.backward([(x * w).sum(), x * x], [None, w.detach()])


def backward_to_inputs(m, x, w):
    y = x * w
    m.autograd.backward([y.sum(), (y * y).sum()], inputs=[w, y])
    return y.grad


def backward_to_one_input(m, x, w):
    (x * w).sum().backward(inputs=x)


def batched_gradients(m, x, w):
    y, z = x * w, x.sum(0)
    gy = m.arange(24, dtype=m.float64).reshape(4, 2, 3)
    gz = m.arange(12, dtype=m.float64).reshape(4, 3)
    return m.autograd.grad([y, z], [x, w], [gy, gz], is_grads_batched=True, create_graph=True)


def recorded_under_no_grad(m, x, w):
    y = (x**3).sum()
    with m.no_grad():
        (g,) = m.autograd.grad(y, x, create_graph=True)
    return g


def hooks_record_only_with_create_graph(m, x, w):
    seen = []
    y = x * w
    y.register_hook(lambda g: seen.append((g * w).requires_grad))
    y.sum().backward(retain_graph=True)
    y.sum().backward(create_graph=True)
    return seen


def materialized(m, x, w):
    return m.autograd.grad((x * x).sum(), [x, w], materialize_grads=True)


# functional


def scalar(x, w):
    return (x**2 * w + w.exp() * x).sum()


def pair(x, w):
    return (x * w).sum(0), x.sin()


def jacobians(m, x, w):
    f = m.autograd.functional
    both = f.jacobian(pair, (x, w)), f.jacobian(pair, (x, w), create_graph=True)
    return both, f.jacobian(lambda x: x @ w.detach().t(), x), f.jacobian(lambda x: (x.sum(), x.detach()), x)


def jacobians_in_other_ways(m, x, w):
    f = m.autograd.functional
    x = x.detach()
    return f.jacobian(pair, (x, w), vectorize=True), f.jacobian(
        lambda x: x**3, x, vectorize=True, strategy="forward-mode"
    )


def jacobian_differentiated(m, x, w):
    m.autograd.functional.jacobian(pair, (x, w), create_graph=True)[0][1].pow(2).sum().backward()


def hessians(m, x, w):
    f = m.autograd.functional
    one = f.hessian(lambda x: (x**3).sum(), x)
    return one, f.hessian(scalar, (x, w)), f.hessian(lambda x, w: (w**3).sum(), (x, w))


def hessian_differentiated(m, x, w):
    m.autograd.functional.hessian(scalar, (x, w), create_graph=True)[1][1].sum().backward()


def products(m, x, w):
    f = m.autograd.functional
    return (
        f.vjp(lambda x: x**2, x, w),
        f.vjp(pair, (x, w), (w[0].detach(), x)),
        f.vjp(lambda x: (x**2).sum(), x),
        f.jvp(lambda x: x**2, x, w),
        f.jvp(pair, (x, w), (w, x)),
        f.jvp(lambda x: x.sum(), x, w),
        f.jvp(lambda x: (x, x * 2), x[0, 0]),
        f.hvp(lambda x: (x**4).sum(), x, w),
        f.hvp(scalar, (x, w), (w, x)),
        f.vhp(lambda x: (x**4).sum(), x, w),
        f.vhp(scalar, (x, w), (w, x)),
    )


def products_differentiated(m, x, w):
    f = m.autograd.functional
    found = [
        f.vjp(lambda x: x**3, x, w, create_graph=True),
        f.jvp(lambda x: x**3, x, w, create_graph=True),
        f.hvp(lambda x: (x**4).sum(), x, w, create_graph=True),
        f.vhp(lambda x: (x**4).sum(), x, w, create_graph=True),
    ]
    sum((part * part).sum() for part in flat(found)).backward()
    return found


def products_of_what_is_not_used(m, x, w):
    f = m.autograd.functional
    return (
        f.vjp(lambda x, w: x * 2, (x, w), x),
        f.jvp(lambda x, w: x * 2, (x, w), (x, w)),
        f.vjp(lambda x: x.detach(), x, w),
        f.hvp(lambda x: x.sum(), x, w),
        f.vhp(lambda x, w: x.sum(), (x, w), (x, w)),
        f.jacobian(lambda x, w: x[0] * 2, (x, w)),
    )


def strict_and_dependent(m, x, w):
    f = m.autograd.functional
    return (
        f.vjp(pair, (x, w), (w[0], x), strict=True),
        f.jvp(pair, (x, w), (w, x), strict=True),
        f.jacobian(lambda x, w: (x * w, x + w), (x, w), strict=True),
        f.hessian(scalar, (x, w), strict=True),
        f.hvp(scalar, (x, w), (w, x), strict=True),
        f.vhp(scalar, (x, w), (w, x), strict=True),
    )


# checkpoints


def checkpoint(m):
    return m.utils.checkpoint.checkpoint if m is torch else m.autograd.checkpoint


def checkpointed(m, x, w):
    y = checkpoint(m)(lambda x: (x * w).sin().exp(), x * 2, use_reentrant=False)
    (y * y).sum().backward()
    return y


def checkpointed_with_keywords_and_several_outputs(m, x, w):
    def part(x, *, scale, nothing=None):
        return x.exp() * scale, {"b": x.sin()}["b"], 5, nothing

    a, b, n, nothing = checkpoint(m)(part, x, scale=w, use_reentrant=False)
    (a * b).sum().backward()
    return a, b, n, nothing is None


def checkpoints_nested(m, x, w):
    def inner(x):
        return (x * w).tanh() * x

    def outer(x):
        return checkpoint(m)(inner, x.sin(), use_reentrant=False).exp() * x

    checkpoint(m)(outer, x, use_reentrant=False).sum().backward()


def checkpoint_to_second_order(m, x, w):
    y = checkpoint(m)(lambda x: (x * w).sin().exp(), x, use_reentrant=False)
    (g,) = m.autograd.grad(y.sum(), x, create_graph=True)
    (g * g).sum().backward()
    return g


def checkpoint_backward_twice(m, x, w):
    y = checkpoint(m)(lambda x: (x * w).exp(), x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()


def checkpoint_writes_in_place(m, x, w):
    def part(x):
        y = x * w
        y += x
        y[0] = w[1]
        return y.exp() * y

    checkpoint(m)(part, x, use_reentrant=False).sum().backward()


def checkpoint_of_a_function(m, x, w):
    checkpoint(m)(lambda x: cube(m)(x * w) * exponential(m)(x), x, use_reentrant=False).sum().backward()


def checkpoints_in_a_chain(m, x, w):
    chain = [lambda x, i=i: (x * w).sin() + i for i in range(5)]
    if m is torch:
        y = m.utils.checkpoint.checkpoint_sequential(chain, 2, x, use_reentrant=False)
    else:
        y = m.autograd.checkpoint_sequential(chain, 2, x, use_reentrant=False)
    y.sum().backward()
    return y


# hooks and the graph


def hooks_on_nodes(m, x, w):
    seen = []
    y = (x * w).exp()
    y.grad_fn.register_hook(lambda gi, go: seen.extend([*gi, *go]))
    y.grad_fn.register_prehook(lambda go: seen.extend(go))
    handle = y.grad_fn.register_prehook(lambda go: (go[0] * 0,))
    handle.remove()
    y.grad_fn.register_prehook(lambda go: (go[0] * 3,))
    y.grad_fn.register_hook(lambda gi, go: (gi[0] * 2,))
    y.sum().backward()
    return seen


def hook_on_a_product(m, x, w):
    seen = []
    y = x * w[0]
    y.grad_fn.register_hook(lambda gi, go: seen.extend(gi))
    z = x.detach() * w
    z.grad_fn.register_hook(lambda gi, go: seen.append(gi[0] is None))
    (y * z).sum().backward(create_graph=True)
    return seen


def hook_on_a_function(m, x, w):
    seen = []
    a, b = scaled_pair(m)(x, w)
    assert a.grad_fn is b.grad_fn
    a.grad_fn.register_hook(lambda gi, go: seen.extend([*gi[:2], *go]))
    a.grad_fn.register_prehook(lambda go: (go[0], go[1] * 2))
    (a * b).sum().backward()
    return seen


def hook_on_an_accumulator(m, x, w):
    seen = []
    y = x * w
    y.grad_fn.next_functions[0][0].register_hook(lambda gi, go: seen.extend([len(gi), go[0], x.grad.clone()]))
    y.sum().backward()
    return seen


def hooks_after_accumulation(m, x, w):
    def step(p):
        with m.no_grad():
            p.sub_(p.grad, alpha=0.1)
        p.grad = None

    handle = x.register_post_accumulate_grad_hook(step)
    (x * w).sum().backward()
    handle.remove()
    (x * w).sum().backward()
    return x.detach().clone()


def hooks_on_several(m, x, w):
    seen = []
    y, z = x * w, w.exp()
    unused = x * 2
    for mode in ("all", "any"):
        with m.autograd.graph.register_multi_grad_hook((x, y, z, unused), seen.append, mode=mode):
            (y * z).sum().backward(retain_graph=True)
            (y * y).sum().backward(retain_graph=True, inputs=[x])
    (y * z).sum().backward()
    return [[g is None for g in found] if isinstance(found, list) else 1 for found in seen], seen[:2]


def names_of_nodes(m, x, w):
    y = cube(m)(x).exp() + scaled_pair(m)(x, w)[1] * 2
    found, steps = [], [y.grad_fn]
    while steps:
        node = steps.pop(0)
        found.append(node.name())
        for parent, place in node.next_functions:
            found.append(place)
            steps += [parent] if parent is not None else []
    return found


def retained(m, x, w):
    y = x * w
    before = y.retains_grad
    y.retain_grad()
    x.retain_grad()
    return before, y.retains_grad, x.retains_grad


def saved_elsewhere(m, x, w):
    packed = []

    def pack(t):
        packed.append(t.shape[0])
        return t.detach().numpy().copy()

    with m.autograd.graph.saved_tensors_hooks(pack, m.from_numpy):
        y = (x * w).exp()
        z = cube(m)(y)
    (g,) = m.autograd.grad((z * x).sum(), x, create_graph=True)
    (g * 2).sum().backward()
    return len(packed), y, z, g


def saved_on_the_cpu(m, x, w):
    with m.autograd.graph.save_on_cpu():
        y = (x * w).exp()
    y.sum().backward()


def inference(m, x, w):
    with m.inference_mode() if m is torch else m.autograd.inference_mode():
        y = x * 2
        kinds = [y.is_inference(), m.ones(2).is_inference(), x.is_inference(), m.is_grad_enabled()]
    return y.clone(), y[0].is_inference(), y.clone().is_inference(), (x * 2).is_inference(), kinds


def inference_as_a_decorator(m, x, w):
    mode = m.inference_mode if m is torch else m.autograd.inference_mode
    enabled = m.is_inference_mode_enabled if m is torch else m.autograd.is_inference_mode_enabled
    plain, called, off = (d(lambda: [enabled(), m.is_grad_enabled()]) for d in (mode, mode(), mode(mode=False)))
    with mode(False):
        inside = x * 2
    return plain(), called(), off(), enabled(), m.is_grad_enabled(), inside


PROGRAMS = [
    value
    for value in list(globals().values())
    if getattr(value, "__module__", None) == __name__ and value.__code__.co_varnames[:3] == ("m", "x", "w")
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_program(program):
    hold(program)


@pytest.mark.parametrize(
    "backward",
    [
        lambda ctx, g: (g, g),
        lambda ctx, g: g,
        lambda ctx, g: (g, None, None, g),
        lambda ctx, g: (g, g, g),
        lambda ctx, g: (g[:1, :2], None, None),
        lambda ctx, g: (g.sum(), None, None),
        lambda ctx, g: (1.0, None, None),
        lambda ctx, g: [g, None, None],
        lambda ctx, g: None,
        lambda ctx, g: "gradient",
    ],
)
def test_what_a_backward_may_not_return(backward):
    refuse(lambda m, x, w: function(m, lambda ctx, x, w, n: x * 2, backward)(x, w.detach(), 2).sum().backward())


def mark_leaf_dirty(ctx, x):
    ctx.mark_dirty(x)
    x.add_(1)
    return x


def mark_dirty_and_return_another(ctx, x):
    ctx.mark_dirty(x)
    x.add_(1)
    return x * 2


def save_a_number(ctx, x):
    ctx.save_for_backward(x, 3)
    return x


def save_and_overwrite(m, x, w):
    y = x * 2
    z = cube(m)(y)
    y.add_(1)
    z.sum().backward()


def differentiate_twice(m, x, w):
    once = m.autograd.function.once_differentiable
    y = function(m, lambda ctx, x: x * 2, once(lambda ctx, g: g * 2))(x)
    m.autograd.grad((y * x).sum(), x, create_graph=True)[0].sum().backward()


def write_to_what_came_back_as_it_was(m, x, w):
    y = function(m, lambda ctx, x: x, lambda ctx, g: -g)(x * 2)
    y.add_(1)


@pytest.mark.parametrize(
    "program",
    [
        lambda m, x, w: function(m, mark_leaf_dirty, doubled)(x),
        lambda m, x, w: function(m, mark_dirty_and_return_another, doubled)(x * 2),
        lambda m, x, w: function(m, save_a_number, doubled)(x),
        save_and_overwrite,
        differentiate_twice,
        write_to_what_came_back_as_it_was,
        lambda m, x, w: [y := cube(m)(x).sum(), y.backward(), y.backward()],
        lambda m, x, w: (
            type("Half", (m.autograd.Function,), {"forward": staticmethod(doubled)}).apply(x).sum().backward()
        ),
        lambda m, x, w: type("Half", (m.autograd.Function,), {}).apply(x),
        lambda m, x, w: type("Half", (m.autograd.Function,), {})()(x),
        lambda m, x, w: x.sum().backward(inputs=[]),
        lambda m, x, w: m.autograd.grad(x.sum(), []),
        lambda m, x, w: m.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True),
        lambda m, x, w: m.autograd.grad(x * x, x, m.ones(()), is_grads_batched=True),
        lambda m, x, w: m.autograd.backward([x.sum(), w.sum()], [None]),
        lambda m, x, w: m.autograd.backward([x.sum(), w.detach().sum()]),
        lambda m, x, w: (x * 2).register_post_accumulate_grad_hook(print),
        lambda m, x, w: x.detach().register_post_accumulate_grad_hook(print),
        lambda m, x, w: [(y := x * 2).grad_fn.register_hook(lambda gi, go: (gi[0],) * 3), y.sum().backward()],
        lambda m, x, w: [(y := x * 2).grad_fn.register_prehook(lambda go: (*go, *go)), y.sum().backward()],
        lambda m, x, w: m.autograd.graph.register_multi_grad_hook([x], print, mode="some"),
        lambda m, x, w: m.autograd.functional.vjp(lambda x: x * 2, x),
        lambda m, x, w: m.autograd.functional.vjp(lambda x: x * 2, x, w[0]),
        lambda m, x, w: m.autograd.functional.vjp(lambda x: 5, x),
        lambda m, x, w: m.autograd.functional.jvp(lambda x: x * 2, x),
        lambda m, x, w: m.autograd.functional.jvp(lambda x: x * 2, x, (x, w)),
        lambda m, x, w: m.autograd.functional.jvp(lambda x: x * 2, [x], x),
        lambda m, x, w: m.autograd.functional.hvp(lambda x: x * 2, x, w),
        lambda m, x, w: m.autograd.functional.hvp(lambda x: (x.sum(),), x, w),
        lambda m, x, w: m.autograd.functional.hvp(lambda x: (x**2).sum(), x),
        lambda m, x, w: m.autograd.functional.hessian(lambda x: x * 2, x),
        lambda m, x, w: m.autograd.functional.vjp(lambda x, w: x.sum(), (x, w), strict=True),
        lambda m, x, w: m.autograd.functional.vjp(lambda x: x.detach(), x, w, strict=True),
        lambda m, x, w: m.autograd.functional.jvp(lambda x, w: x * 2, (x, w), (x, w), strict=True),
        lambda m, x, w: m.autograd.functional.jacobian(lambda x, w: x.sum(), (x, w), strict=True),
        lambda m, x, w: m.autograd.functional.jacobian(lambda x: x * 2, x, create_graph=True, strict=True),
        lambda m, x, w: m.autograd.functional.hessian(lambda x: x.sum(), x, strict=True),
        lambda m, x, w: m.autograd.functional.hvp(lambda x: x.sum(), x, w, strict=True),
        lambda m, x, w: m.autograd.functional.vhp(lambda x: x.sum(), x, w, strict=True),
    ],
)
def test_what_pytorch_refuses_we_refuse(program):
    refuse(program)


def nothing_times_a_root(m, x, w):
    (m.zeros(3, requires_grad=True).sqrt() * 0).sum().backward()


@pytest.mark.parametrize("mode", ["with", "set", "function", "off", "nan allowed"])
def test_anomalies(mode):
    def finds(m):
        x, w = leaves(m)
        if mode == "off":
            with m.autograd.set_detect_anomaly(True), m.autograd.set_detect_anomaly(False):
                return nothing_times_a_root(m, x, w)
        if mode == "nan allowed":
            with m.autograd.detect_anomaly(check_nan=False):
                return nothing_times_a_root(m, x, w)
        block = m.autograd.detect_anomaly() if mode == "with" else m.autograd.set_detect_anomaly(mode=True)
        try:
            with block:
                nothing_times_a_root(m, x, w)
        except RuntimeError as error:
            return str(error)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = finds(torch)
    ours = finds(tg)
    assert (ours is None) == (theirs is None) == (mode in ("off", "nan allowed"))
    assert ours is None or ("sqrt" in ours and "nothing_times_a_root" in ours)
