"""Functions of one's own: gradients of every order, what a ctx keeps, what it refuses, and no memory left behind."""

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.autograd import Function, detect_anomaly, grad, gradcheck, gradgradcheck, once_differentiable
from tinygrad_edu.errors import GradientError, ShapeError
from tinygrad_edu.primitive import Primitive


def leaf(*values, dtype=tg.float64):
    return tg.tensor([*values], dtype=dtype, requires_grad=True)


class Sine(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()


class Exponential(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class Polar(Function):
    """Two outputs, both saved, and a number among the arguments."""

    @staticmethod
    def forward(r, angle, scale=1.0):
        return r * angle.cos() * scale, r * angle.sin() * scale

    @staticmethod
    def setup_context(ctx, inputs, output):
        r, _, ctx.scale = inputs
        ctx.save_for_backward(r, *output)

    @staticmethod
    def backward(ctx, gx, gy):
        r, x, y = ctx.saved_tensors
        return (gx * x + gy * y) / r, gy * x - gx * y, None


class Middle(Function):
    """Saves what is neither input nor output, which is a constant to a second backward."""

    @staticmethod
    def forward(ctx, x):
        factor = x * 0 + 3
        ctx.save_for_backward(factor)
        return x * factor

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]


class Negated(Function):
    """Passes its input on as it is."""

    @staticmethod
    def forward(ctx, x):
        return x

    @staticmethod
    def backward(ctx, g):
        return -g


@pytest.mark.parametrize(
    ("function", "inputs"),
    [
        (Sine.apply, [leaf(0.5, -1.0)]),
        (Exponential.apply, [leaf(0.5, -1.0)]),
        (lambda x: Exponential.apply(Sine.apply(x * x)), [leaf(0.5, -1.0)]),
        (Polar.apply, [leaf(0.5, 2.0), leaf(0.3, -1.0)]),
        (lambda r, a: Polar.apply(r, a, scale=2.5), [leaf(0.5, 2.0), leaf(0.3, -1.0)]),
        (lambda r, a: Polar.apply(r, a)[1], [leaf(0.5, 2.0), leaf(0.3, -1.0)]),
        (lambda r: Polar.apply(r, r), [leaf(0.5, 2.0)]),
        (Middle.apply, [leaf(0.5, -1.0)]),
    ],
)
def test_gradients_of_first_and_second_order(function, inputs):
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@pytest.mark.parametrize("wrong", [1.5, -1.0, 0.0])
def test_a_wrong_backward_is_found(wrong):
    class Wrong(Sine):
        @staticmethod
        def backward(ctx, g):
            return Sine.backward(ctx, g) * wrong

    with pytest.raises(GradientError, match="output 0 and input 0"):
        gradcheck(Wrong.apply, [leaf(0.5, -1.0)])
    assert not gradcheck(Wrong.apply, [leaf(0.5, -1.0)], raise_exception=False)


def test_second_gradients_through_a_saved_output_of_several_add_up():
    """The same of a primitive: an output that its rule names has two nodes in the second backward."""

    def both(x, *, xp):
        return x * x, xp.exp(x)

    operation = Primitive(both, "both")
    operation.vjp(x=lambda g, x, out: g[0] * 2 * x + g[1] * out[1])
    x = leaf(0.5, -1.0)
    assert gradgradcheck(lambda x: operation(x)[0] * operation(x)[1], [x])
    a, b = operation(x)
    (g,) = grad((a * b).sum(), x, create_graph=True)
    (h,) = grad(g.sum(), x)
    values = x.detach()
    np.testing.assert_allclose(h, values.exp() * (values**2 + 4 * values + 2))


@pytest.mark.parametrize("make", [Sine.apply, Exponential.apply, lambda x: Polar.apply(x, x)[0], Negated.apply])
def test_memory_returns_without_the_collector(make):
    gc.collect()
    gc.disable()
    try:
        x = leaf(0.5, -1.0)
        for create_graph in (False, True):
            y = make(x)
            node = weakref.ref(y._node)
            (g,) = grad(y.sum(), x, create_graph=create_graph, retain_graph=True)
            del y, g
            assert node() is None
    finally:
        gc.enable()


def test_saved_tensors_are_freed_by_backward_unless_retained():
    y = Sine.apply(leaf(1.0)).sum()
    y.backward(retain_graph=True)
    y.backward()
    with pytest.raises(GradientError, match="retain_graph"):
        y.backward()


def test_a_saved_tensor_that_was_overwritten_is_told_with_both_lines():
    x = leaf(1.0, 2.0) * 2
    y = Sine.apply(x)
    x.add_(1)
    with pytest.raises(
        GradientError, match=r"(?s)backward of Sine .*test_function.py.* overwritten .*test_function.py"
    ):
        y.sum().backward()


def test_a_write_within_forward_is_no_write_to_what_it_saved():
    class Filled(Function):
        @staticmethod
        def forward(ctx, x):
            y = x * 1
            y.mul_(2)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0]

    x = leaf(1.0, 3.0)
    Filled.apply(x).sum().backward()
    assert x.grad.tolist() == [2, 6]


def made(backward, forward=lambda ctx, x, y, n: x * 2):
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


@pytest.mark.parametrize(
    ("backward", "error", "message"),
    [
        (lambda ctx, g: (g, g), GradientError, r"Made.backward returned an incorrect number of gradients: 2 for the 3"),
        (lambda ctx, g: g, GradientError, r"incorrect number of gradients: 1 for the 3 arguments"),
        (lambda ctx, g: (g, g, None, g), GradientError, r"incorrect number of gradients: 4 for the 3"),
        (lambda ctx, g: (g, g, g), GradientError, "a gradient for argument 2, which is no Tensor"),
        (lambda ctx, g: (g[:2], None, None), ShapeError, r"a gradient of \(2,\) for argument 0 of shape \(3,\)"),
        (lambda ctx, g: (g[0], None, None), ShapeError, r"a gradient of \(\) for argument 0 of shape \(3,\)"),
        (lambda ctx, g: (2.0, None, None), TypeError, "a float at position 0"),
        (lambda ctx, g: [g, None, None], GradientError, "incorrect number"),
    ],
)
@pytest.mark.parametrize("create_graph", [False, True])
def test_what_backward_may_not_return(backward, error, message, create_graph):
    x = leaf(1.0, 2.0, 3.0)
    with pytest.raises(error, match=message):
        grad(made(backward).apply(x, tg.ones(3), 5).sum(), x, create_graph=create_graph)


@pytest.mark.parametrize("useless", [lambda g: g * 5, lambda g: g[:2], lambda g: tg.ones(4, 3, 1)])
def test_what_needs_no_gradient_may_get_one_of_any_shape_and_it_is_dropped(useless):
    x = leaf(1.0, 2.0, 3.0)
    made(lambda ctx, g: (g * 2, useless(g), None)).apply(x, tg.arange(3), "n").sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_errors_of_a_backward_tell_where_the_forward_was_called():
    def backward(ctx, g):
        raise KeyError("mine")

    with pytest.raises(KeyError) as caught:
        made(backward).apply(leaf(1.0), 1, 2).sum().backward()
    assert any("backward of Made" in note and "test_function.py" in note for note in caught.value.__notes__)


def test_a_function_without_backward_or_called_as_an_object():
    half = type("Half", (Function,), {"forward": staticmethod(lambda ctx, x: x * 2)})
    with pytest.raises(NotImplementedError, match="backward"):
        half.apply(leaf(1.0)).sum().backward()
    with pytest.raises(NotImplementedError, match="forward"):
        type("None", (Function,), {}).apply(leaf(1.0))
    with pytest.raises(RuntimeError, match=r"Half\.apply"):
        half()(leaf(1.0))
    with pytest.raises(NotImplementedError, match="setup_context"):
        Function.setup_context(None, (), None)
    with pytest.raises(TypeError, match="argument 1 is of type int"):
        made(None, lambda ctx, x: ctx.save_for_backward(x, 3)).apply(leaf(1.0))


def test_an_input_passed_on_may_be_marked_as_not_differentiable():
    def forward(ctx, x, y):
        ctx.mark_non_differentiable(x)
        return x, y * 2

    passed = type("Passed", (Function,), {"forward": forward, "backward": lambda ctx, gx, gy: (None, gy * 2)})
    x, y = leaf(1.0), leaf(1.0)
    first, second = passed.apply(x, y)
    assert not first.requires_grad
    second.sum().backward()
    assert (x.grad, y.grad.tolist()) == (None, [2])


def test_backward_and_vjp_are_one_thing():
    both = type("Both", (Sine,), {"vjp": staticmethod(lambda ctx, g: g)})
    with pytest.raises(GradientError, match="Both defines both"):
        both.apply(leaf(1.0)).sum().backward()


def test_an_input_passed_on_is_another_tensor_that_cannot_be_written_to():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = Negated.apply(y)
    assert z is not y
    assert np.shares_memory(z._array, y._array)
    with pytest.raises(GradientError, match="cannot be written to"):
        z.add_(1)
    (z * y).sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_a_parameter_returned_as_it_is_stays_a_leaf():
    weight = leaf(1.0, 2.0)
    give = type(
        "Give",
        (Function,),
        {"forward": staticmethod(lambda ctx, x: weight), "backward": staticmethod(lambda ctx, g: g * 3)},
    )
    x = leaf(0.0, 0.0)
    give.apply(x).sum().backward()
    assert weight.is_leaf
    assert weight.grad is None
    assert x.grad.tolist() == [3, 3]


class AddOne(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x)
        x._array += 1  # no write that the engine sees
        return x

    @staticmethod
    def backward(ctx, g):
        return g


def test_a_dirty_input_is_the_output_and_its_write_is_known():
    x = leaf(1.0, 2.0)
    y = x * 2
    square = y * y
    assert AddOne.apply(y) is y
    assert y._node.operation == "AddOne"
    with pytest.raises(GradientError, match="overwritten"):
        square.sum().backward()
    with pytest.raises(GradientError, match="leaf"):
        AddOne.apply(x)
    with pytest.raises(GradientError, match="not among the outputs"):
        type("Lost", (AddOne,), {"forward": staticmethod(lambda ctx, x: ctx.mark_dirty(x) or x * 2)}).apply(x * 1)


def test_what_backward_returns_never_becomes_the_memory_of_a_grad():
    held = tg.ones(2, dtype=tg.float64)
    x = leaf(1.0, 2.0)
    give = made(lambda ctx, g: (held, None, None))
    for _ in range(2):
        give.apply(x, 1, 2).sum().backward()
    assert held.tolist() == [1, 1]
    assert x.grad.tolist() == [2, 2]


def test_once_differentiable():
    class Square(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x, x * 3

        @staticmethod
        @once_differentiable
        def backward(ctx, a, b):
            assert not tg.is_grad_enabled()
            return a * 2 * ctx.saved_tensors[0] + b * 3

    x = leaf(2.0)
    (g,) = grad((Square.apply(x)[0] * x).sum(), x, create_graph=True)
    assert g.tolist() == [12]
    with pytest.raises(GradientError, match="once_differentiable"):
        g.sum().backward()


def test_float32_stays_float32():
    x = tg.tensor([0.5, 1.0], requires_grad=True)
    made(lambda ctx, g: (g.double() * 2, None, None)).apply(x, 1, 2).sum().backward()
    assert x.grad.dtype == tg.float32
    Sine.apply(x).sum().backward()
    assert x.grad.dtype == tg.float32


def test_display_and_graph():
    a, b = Polar.apply(leaf(1.0), leaf(2.0))
    assert a.grad_fn is b.grad_fn
    assert a.grad_fn.name() == "PolarBackward"
    graph = tg.viz.trace(a * b, Sine.apply(a))
    assert {"Polar", "Sine"} <= {vertex.operation for vertex in graph.vertices}


def test_nan_in_the_backward_of_a_function_is_found():
    y = made(lambda ctx, g: (g * np.nan, None, None)).apply(leaf(1.0), 1, 2)
    with detect_anomaly(), pytest.raises(GradientError, match=r"backward of Made .*test_function.py.* its input 0"):
        y.sum().backward()
    y = Sine.apply(leaf(1.0))
    with detect_anomaly():
        y.sum().backward()


def test_a_saved_input_is_the_one_that_forward_got():
    """As in an adjoint method: backward differentiates again by a parameter that forward saved."""

    class Adjoint(Function):
        @staticmethod
        def forward(ctx, x, f, w):
            ctx.f = f
            ctx.save_for_backward(x, w)
            return f(x)

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            with tg.enable_grad():
                again = x.detach().requires_grad_()
                gx, gw = tg.autograd.grad(ctx.f(again), (again, w), g)
            return gx, None, gw

    found = []
    for call in (lambda f, x, w: Adjoint.apply(x, f, w), lambda f, x, w: f(x)):
        x, w = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([0.5, -1.0], requires_grad=True)
        call(lambda x, w=w: (x * w).exp(), x * 2, w).sum().backward()
        found.append((x.grad.tolist(), w.grad.tolist()))
    assert found[0] == found[1]


class Countdown(tg.autograd.Function):
    """Its backward runs a backward through itself, one less deep."""

    @staticmethod
    def forward(ctx, x):
        ctx.rest = x.detach() - 1
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        if ctx.rest == -1:
            return g
        if ctx.rest < 0:
            raise ArithmeticError("gone too far")
        with tg.enable_grad():
            rest = ctx.rest.requires_grad_()
            (Countdown.apply(rest) * 2).sum().backward()
        return g * rest.grad / 2


def test_backwards_within_backwards_however_deep(monkeypatch):
    for depth in (19, 20, 21, 600):
        x = tg.tensor(float(depth), requires_grad=True)
        Countdown.apply(x).backward()
        assert x.grad == 1
    monkeypatch.setattr(tg.autograd.nesting, "DEEPEST", 45)
    with pytest.raises(RuntimeError, match="45 deep within each other"):
        Countdown.apply(tg.tensor(45.0, requires_grad=True)).backward()
    Countdown.apply(tg.tensor(44.0, requires_grad=True)).backward()
    with pytest.raises(ArithmeticError, match="gone too far"):
        Countdown.apply(tg.tensor(40.5, requires_grad=True)).backward()
    assert tg.is_grad_enabled()
