"""Backward, gradients as values, hooks, grad modes, and the checks of gradients."""

import copy
import math
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import autograd
from tinygrad_edu.autograd import GradcheckError, grad, gradcheck, gradgradcheck
from tinygrad_edu.errors import GradientError, ShapeError
from tinygrad_edu.primitive import Primitive
from tinygrad_edu.testing import check_gradient, numerical_gradient


def leaf(*values, **named):
    return tg.tensor([*values], requires_grad=True, **named)


def test_backward_accumulates():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [5, 7]


def test_backward_of_what_is_not_a_number_needs_a_gradient():
    x = leaf(1.0, 2.0)
    with pytest.raises(GradientError, match=r"shape \(2,\) needs a gradient of that shape.*\.sum\(\)"):
        (x * x).backward()
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        (x * x).backward(tg.ones(3))
    (x * x).backward(tg.tensor([1.0, 10.0]))
    assert x.grad.tolist() == [2, 40]
    (x * x)[:1].backward()
    assert x.grad.tolist() == [4, 40]


def test_backward_without_anything_that_requires_grad():
    for y in (tg.ones(1), tg.ones(1) * 2, leaf(1.0).detach(), (leaf(1.0) > 0), leaf(1.0).argmax()):
        with pytest.raises(GradientError, match="does not require grad"):
            y.sum().backward()


def test_backward_to_chosen_inputs():
    x, w = leaf(1.0, 2.0), leaf(3.0, 4.0)
    seen = []
    w.register_hook(seen.append)
    y = x * w
    (y * y).sum().backward(inputs=[x, y])
    assert x.grad.tolist() == [18, 64]
    assert y.grad.tolist() == [6, 16]
    assert w.grad is None
    assert not seen


def test_gradients_as_values():
    x, w, unused = leaf(1.0, 2.0), leaf(3.0, 4.0), leaf(1.0)
    y = (x * w).sum()
    gx, gw = grad(y, (x, w), retain_graph=True)
    assert (gx.tolist(), gw.tolist()) == ([3, 4], [1, 2])
    assert x.grad is w.grad is None
    with pytest.raises(GradientError, match=r"inputs\[1\] was not used.*allow_unused=True"):
        grad(y, (x, unused), retain_graph=True)
    assert grad(y, (unused,), allow_unused=True, retain_graph=True) == (None,)
    assert grad(y, unused, materialize_grads=True)[0].tolist() == [0]
    with pytest.raises(GradientError, match=r"inputs\[0\] does not require grad"):
        grad((x * w).sum(), tg.ones(2))
    with pytest.raises(GradientError, match="2 outputs need as many grad_outputs, got 1"):
        grad([y, y], x, [None])


def test_gradients_of_several_outputs_add_up():
    x = leaf(1.0, 2.0)
    a, b = x * x, (x * 3).sum()
    (g,) = grad([a, b, b], x, [tg.tensor([1.0, 10.0]), None, tg.tensor(2.0)])
    assert g.tolist() == [2 + 9, 40 + 9]


def test_a_gradient_with_respect_to_something_in_the_middle():
    x = leaf(1.0, 2.0)
    y = x * 2
    z = (y * y * x).sum()
    assert grad(z, y, retain_graph=True)[0].tolist() == [4, 16]
    assert grad(z, [y, x], retain_graph=True)[1].tolist() == [12, 48]
    assert grad(y, y, tg.ones(2))[0].tolist() == [1, 1]


def test_orders_up_to_the_fifth():
    x = tg.tensor(0.7, dtype="float64", requires_grad=True)
    y = (2 * x).sin()
    for order in range(1, 6):
        (y,) = grad(y, x, create_graph=True)
        expected = 2**order * [np.cos, lambda v: -np.sin(v), lambda v: -np.cos(v), np.sin][(order - 1) % 4](1.4)
        assert y.item() == pytest.approx(expected, rel=1e-12)


def test_a_gradient_penalty():
    def penalty(x, w):
        y = (x @ w).tanh().sum()
        (g,) = grad(y, x, create_graph=True)
        return ((g * g).sum(1) - 1).square().mean()

    rng = np.random.default_rng(0)
    check_gradient(lambda w: penalty(tg.tensor(rng_x, requires_grad=True), w), rng.normal(size=(3, 2)))


rng_x = np.random.default_rng(1).normal(size=(4, 3))


def test_through_an_optimisation_step():
    def after_two_steps(rate, x):
        w = tg.ones(3, dtype="float64", requires_grad=True) * 1.0
        for _ in range(2):
            loss = ((w * x).tanh() ** 2).sum()
            (g,) = grad(loss, w, create_graph=True)
            w = w - rate * g
        return (w * x).sum()

    check_gradient(after_two_steps, [np.array(0.1), np.array([0.5, -1.0, 2.0])])


def test_hooks_run_in_order_and_replace():
    x = leaf(1.0, 2.0)
    y = x * 2
    order = []
    first = y.register_hook(lambda g: order.append("first") or g * 10)
    y.register_hook(lambda g: order.append(g.tolist()))
    y.retain_grad()
    y.sum().backward(retain_graph=True)
    assert order == ["first", [10, 10]]
    assert y.grad.tolist() == [10, 10]
    assert x.grad.tolist() == [20, 20]
    first.remove()
    first.remove()
    y.sum().backward()
    assert x.grad.tolist() == [22, 22]


def test_hooks_on_leaves():
    x = leaf(1.0, 2.0)
    handle = x.register_hook(lambda g: g * 3)
    (x * x + x).sum().backward()
    assert x.grad.tolist() == [9, 15]
    handle.remove()
    x.sum().backward()
    assert x.grad.tolist() == [10, 16]


@pytest.mark.parametrize("returned", [1.0, "g", tg.ones(3)])
def test_a_hook_that_returns_no_gradient(returned):
    x = leaf(1.0, 2.0)
    x.register_hook(lambda g: returned)
    with pytest.raises((ShapeError, TypeError), match=r"must return a (gradient of shape \(2,\)|Tensor) or None"):
        x.sum().backward()


def test_a_hook_may_keep_the_gradient_it_sees():
    x = leaf(1.0, 2.0)
    seen = []
    x.register_hook(seen.append)
    (x * 2).sum().backward()
    x.grad.mul_(100)
    (x * 2).sum().backward()
    assert [g.tolist() for g in seen] == [[2, 2], [2, 2]]


def test_an_error_in_a_rule_names_the_call():
    def broken(x):
        return x * 2

    operation = Primitive(broken, r"\bar{x} = 2 \bar{y}")
    operation.vjp(x=lambda g: g[:, :5, None])
    x = leaf(1.0)
    y = operation(x)
    with pytest.raises(IndexError) as failure:
        y.backward()
    assert any("in the backward of broken" in note and "test_autograd.py" in note for note in failure.value.__notes__)


def test_only_the_rules_that_lead_to_a_target_are_called():
    called = []

    def multiply(x, y):
        return x * y

    def rule(name, gx):
        called.append(name)
        return gx

    operation = Primitive(multiply, "")
    operation.vjp(x=lambda g, y: rule("x", g * y), y=lambda g, x: rule("y", g * x))
    x, y = leaf(2.0), leaf(3.0)
    assert grad(operation(x, y), y)[0].tolist() == [2]
    assert called == ["y"]
    operation(x, y).backward()
    assert called == ["y", "x", "y"]


def test_a_node_waits_for_all_who_use_it():
    x = leaf(2.0)
    y = x * x
    z = y * y  # y is used by what comes next and, much later, again
    for _ in range(3):
        z = z + z
    (y * 3 + z).backward()
    assert x.grad.tolist() == [2 * 2 * (3 + 8 * 2 * 4)]
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    (g,) = grad(y * 3 + y, y)
    assert seen == [4] == g.tolist()


def test_backward_is_silent_and_numpy_warns_as_before():
    x = leaf(1e-30, 0.0)
    with np.errstate(divide="raise", over="call", under="warn", invalid="print"):
        before = np.geterr()
        seen = []
        y = x.log()
        y.register_hook(lambda g: seen.append(np.geterr()["divide"]))
        (y * tg.tensor([1e30, 1.0])).sum().backward()
        assert np.geterr() == before
    assert x.grad.tolist() == [math.inf, math.inf]
    assert seen == ["ignore"]


def test_several_outputs():
    def halves(x):
        n = x.shape[0] // 2
        return x[:n] * 2, x[n:] * x[n:], x.argmax()

    operation = Primitive(halves, r"\bar{x} = (2 \bar{a}, 2 b \bar{b})")
    operation.vjp(
        x=lambda g, x: (
            tg.cat([g[0] * 2, g[1] * 2 * x[2:]])
            if isinstance(x, tg.Tensor)
            else np.concatenate([g[0] * 2, g[1] * 2 * x[2:]])
        )
    )
    x = leaf(1.0, 2.0, 3.0, 4.0)
    a, b, index = operation(x)
    assert (a.tolist(), b.tolist(), index.item()) == ([2, 4], [9, 16], 3)
    assert not index.requires_grad
    with tg.no_grad():
        assert not any(y.requires_grad for y in operation(x))
    (a.sum() + (b * b).sum()).backward(retain_graph=True)
    assert x.grad.tolist() == [2, 2, 4 * 27, 4 * 64]
    x.grad = None
    b.sum().backward()  # nothing comes back to a
    assert x.grad.tolist() == [0, 0, 6, 8]
    a, b, _ = operation(x)
    (g,) = grad(b.sum(), x, create_graph=True)
    assert grad((g * g).sum(), x)[0].tolist() == [0, 0, 24, 32]


def test_several_outputs_that_the_rule_needs():
    def exponentials(x):
        return np.exp(x), np.exp(-x)

    operation = Primitive(exponentials, r"\bar{x} = a \bar{a} - b \bar{b}")
    operation.vjp(x=lambda g, out: g[0] * out[0] - g[1] * out[1])

    def cosh(x):
        a, b = operation(x)
        return a + b * 2

    check_gradient(cosh, np.array([0.5, -1.0]))
    x = leaf(0.5, -1.0, dtype="float64")
    assert gradgradcheck(cosh, x)


@pytest.mark.parametrize("mode", [tg.no_grad, tg.enable_grad, lambda: tg.set_grad_enabled(False)])
def test_modes_as_blocks_restore_what_was(mode):
    for before in (True, False):
        with tg.set_grad_enabled(before):
            with mode():
                inside = tg.is_grad_enabled()
                with tg.enable_grad():
                    assert tg.is_grad_enabled()
                assert tg.is_grad_enabled() == inside
            assert tg.is_grad_enabled() == before
            with pytest.raises(KeyError), mode():
                raise KeyError
            assert tg.is_grad_enabled() == before
    assert tg.is_grad_enabled()


def test_modes_as_decorators():
    @tg.no_grad()
    def quiet(x):
        return x * 2, tg.is_grad_enabled()

    @tg.no_grad
    def bare(x, *, times=2):
        """Documented."""
        return x * times, tg.is_grad_enabled()

    @tg.set_grad_enabled(False)
    def switched(x):
        return x * 2, tg.is_grad_enabled()

    @tg.no_grad()
    def steps(x, *, times):
        got = yield x * times, tg.is_grad_enabled()
        yield got, tg.is_grad_enabled()
        return 5

    assert tg.is_grad_enabled()
    x = leaf(1.0)
    for function in (quiet, bare, switched):
        y, enabled = function(x)
        assert not y.requires_grad
        assert not enabled
    assert bare.__doc__ == "Documented."
    assert bare(x, times=3)[0].item() == 3
    generator = steps(x, times=2)
    y, enabled = next(generator)
    assert (y.requires_grad, enabled, tg.is_grad_enabled()) == (False, False, True)
    assert generator.send("sent") == ("sent", False)
    with pytest.raises(StopIteration, match="5"):
        next(generator)

    @tg.no_grad()
    def recursive(n):
        return [tg.is_grad_enabled(), *(recursive(n - 1) if n else [])]

    assert recursive(3) == [False] * 4
    assert tg.is_grad_enabled()


def test_set_grad_enabled_as_a_call():
    mode = tg.set_grad_enabled(mode=False)
    try:
        assert not (leaf(1.0) * 2).requires_grad
    finally:
        tg.set_grad_enabled(True)
    assert (leaf(1.0) * 2).requires_grad
    for _ in range(2):
        with mode:
            assert not tg.is_grad_enabled()
            with mode:
                assert not tg.is_grad_enabled()
        assert tg.is_grad_enabled()


def test_leaves():
    x = leaf(1.0, 2.0)
    y = x * 2
    assert (x.is_leaf, y.is_leaf, tg.ones(2).is_leaf, y.detach().is_leaf) == (True, False, True, True)
    assert x.grad_fn is None
    assert y.grad_fn is not None
    with pytest.raises(RuntimeError, match="only a leaf"):
        y.requires_grad_(False)
    with pytest.raises(RuntimeError, match="int64"):
        tg.arange(3).requires_grad_()
    with pytest.raises(RuntimeError, match=r"\.detach\(\)\.numpy\(\)"):
        y.numpy()
    x.requires_grad_(False)
    assert not (x * 2).requires_grad


def test_setting_grad():
    x = leaf(1.0, 2.0)
    x.grad = tg.ones(2)
    (x * x).sum().backward()
    assert x.grad.tolist() == [3, 5]
    for wrong, error in ((tg.ones(3), RuntimeError), (tg.ones(2, dtype="float64"), RuntimeError), (1.0, TypeError)):
        with pytest.raises(error, match="gradient"):
            x.grad = wrong
    x.grad = None
    assert x.grad is None


def test_gradients_have_their_leafs_dtype():
    for dtype in ("float16", "float32", "float64"):
        x, w = leaf(1.0, 2.0, dtype=dtype), leaf(0.5, dtype="float64")
        for y in (x * w, x * w.float(), x.double() + x.half(), (x * tg.arange(2)), x.float().exp()):
            x.grad = w.grad = None
            y.sum().backward()
            assert x.grad.dtype == dtype
            assert w.grad is None or w.grad.dtype == tg.float64


@pytest.mark.parametrize("create_graph", [False, True])
def test_the_gradient_after_create_graph_is_the_leafs_own(create_graph):
    x, w = leaf(1.0, 2.0), leaf(1.0, 2.0)
    (x + w).sum().backward(create_graph=create_graph)
    with tg.no_grad():
        x.grad.zero_()
    assert w.grad.tolist() == [1, 1]


def test_leaves_are_copied_and_pickled_and_results_are_not():
    x = leaf(1.0, 2.0)
    (x * x).sum().backward()
    for other in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert other.requires_grad
        assert other.tolist() == [1, 2]
        with tg.no_grad():
            other.add_(1)
        assert x.tolist() == [1, 2]
    assert copy.deepcopy(x).grad.tolist() == [2, 4]
    assert pickle.loads(pickle.dumps(x)).grad is None  # as PyTorch
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        copy.deepcopy(x * 2)


def test_gradcheck():
    x = leaf(0.5, -1.5, dtype="float64")
    assert gradcheck(lambda x: (x.exp(), x * x[0]), x)
    assert gradcheck(lambda times, x: x * times, (3, x))
    assert gradgradcheck(lambda x: x.exp() * x[0], x)
    with pytest.raises(ValueError, match="at least one input that requires grad"):
        gradcheck(lambda x: x * x, x.detach())
    with pytest.warns(UserWarning, match="input 0 holds float32"):
        assert gradcheck(lambda x: x * x, leaf(1.0), eps=1e-2, atol=1e-2)
    with pytest.raises(GradcheckError, match="output 0 and input 0"):
        gradcheck(lambda x: x * x.detach(), x)
    assert not gradcheck(lambda x: x * x.detach(), x, raise_exception=False)


def test_gradcheck_of_elements_that_share_memory():
    x = tg.ones(1, dtype=tg.float64, requires_grad=True).expand(3)
    with pytest.raises(RuntimeError, match=r"those of input 0 share memory .* clone\(\) it"):
        gradcheck(tg.exp, x)
    assert gradcheck(tg.exp, x.clone())


def test_gradcheck_along_one_direction():
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(300, 200)), requires_grad=True)
    turned = tg.tensor(rng.normal(size=(4, 4)), requires_grad=True)
    assert gradcheck(lambda x: (x.sin() * x[0], x.exp()), x, fast_mode=True)
    assert gradgradcheck(lambda x: x.sin() * x[0], x, fast_mode=True)
    before = x.numpy(force=True).copy()
    assert not gradcheck(lambda x: x * x.detach(), x, fast_mode=True, raise_exception=False)
    assert (x.numpy(force=True) == before).all()
    assert not gradcheck(lambda x: TransposedBackward.apply(x), turned, fast_mode=True, raise_exception=False)
    with pytest.raises(GradcheckError, match="and no output requires grad"):
        gradcheck(lambda x: x.detach() * 2, x, fast_mode=True)


class TransposedBackward(autograd.Function):
    """A backward whose mistake is antisymmetric, and not seen where both directions are the same."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return g + (g - g.T)


def test_gradcheck_of_a_function_that_goes_back_itself():
    x = leaf(0.5, -1.5, dtype="float64")
    assert gradcheck(lambda x: grad((x**3).sum(), x, create_graph=True)[0], x)


def test_gradcheck_of_what_no_gradient_flows_through():
    x = leaf(0.5, -1.5, dtype="float64")
    assert gradcheck(lambda x: x.sign(), x)
    assert gradcheck(lambda x: (), x)
    with pytest.raises(GradcheckError, match="and no output requires grad"):
        gradcheck(lambda x: x.detach() * 2, x)


def test_gradcheck_of_a_backward_that_adds_something_of_its_own():
    def function(x):
        y = x.clone()
        y.register_hook(lambda g: g + 1e-2)
        return y

    x = leaf(0.5, -1.5, dtype="float64")
    with pytest.raises(GradcheckError, match="a gradient of zeros came back as something else"):
        gradcheck(function, x, atol=0.1)


def test_gradcheck_of_a_backward_that_is_never_the_same():
    calls = []

    def function(x):
        y = x.clone()
        y.register_hook(lambda g: g * (1 + len(calls) * 1e-3 + bool(calls.append(0))))
        return y

    x = leaf(0.5, -1.5, dtype="float64")
    with pytest.raises(GradcheckError, match=r"two backwards gave gradients that differ by more than 0\.0"):
        gradcheck(function, x, atol=10.0)
    assert gradcheck(function, x, atol=10.0, nondet_tol=10.0)


def test_gradcheck_of_a_form_that_depends_on_the_values():
    x = leaf(1.0, dtype="float64")
    with pytest.raises(GradcheckError, match=r"output 0 is float64 .*, and float64 .* when an input moves"):
        gradcheck(lambda x: tg.cat([x, x]) if x >= 1 else x, x)


def test_zeros_for_what_was_not_used_go_on_where_gradients_do():
    x, unused = leaf(2.0), leaf(3.0)
    (g,) = grad(x * x, unused, create_graph=True, materialize_grads=True)
    assert g.requires_grad
    assert grad(g, unused, materialize_grads=True)[0].tolist() == [0]
    assert not grad(x * x, unused, materialize_grads=True)[0].requires_grad


def test_a_generator_in_a_mode_gets_what_is_thrown_into_it():
    seen = []

    @tg.no_grad()
    def numbers():
        for i in range(3):
            try:
                yield i
            except KeyError:
                seen.append(("thrown", tg.is_grad_enabled()))
            except GeneratorExit:
                seen.append(("closed", tg.is_grad_enabled()))
                raise

    made = numbers()
    assert next(made) == 0
    assert made.throw(KeyError) == 1
    assert tg.is_grad_enabled()
    made.close()
    assert seen == [("thrown", False), ("closed", False)]
    made = numbers()
    next(made)
    with pytest.raises(TypeError):
        made.throw(TypeError)
    assert tg.is_grad_enabled()


def test_which_output_of_its_node_a_tensor_is():
    x = tg.ones(4, requires_grad=True)
    assert [y.output_nr for y in x.chunk(2)] == [0, 1]
    assert x.output_nr == (x * 2).output_nr == 0
    first, second = x.chunk(2)
    edge = autograd.graph.GradientEdge(second.grad_fn, second.output_nr, second._node)
    assert grad((first * 2 + second * 3).sum(), edge)[0].tolist() == [3, 3]


def test_views_know_what_they_are_views_of():
    x = tg.ones(2, 3)
    assert x.t()._is_view()
    assert x.t()[0]._base is x
    for y in (x, x * 2, x.clone(), x.detach()):
        assert not y._is_view()
        assert y._base is None


def test_data_and_grad_that_cannot_be():
    x = leaf(1.0, 2.0)
    with pytest.raises(RuntimeError, match="its data must be floats"):
        x.data = tg.tensor([1, 2])
    with pytest.raises(RuntimeError, match="cannot be its own gradient"):
        x.grad = x


def test_numerical_gradient():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(numerical_gradient(lambda x: x**3, x), 3 * x**2, rtol=1e-7)
    np.testing.assert_allclose(
        numerical_gradient(lambda x: (x**3).exp(), tg.tensor(x * 0.1)), 0.03 * x**2 * np.exp(0.001 * x**3), rtol=1e-6
    )
    assert numerical_gradient(lambda x: x * 2, 3.0) == pytest.approx(2)


@pytest.mark.parametrize(
    ("fn", "inputs", "message"),
    [
        (
            lambda x: x * x.detach(),
            [np.array([1.0, 2.0])],
            "^the gradient of x is wrong: it is 2 times too small\n",
        ),
        (lambda x: x.detach() * 2, [np.array([1.0])], r"^the gradient of x is wrong: there is none, .*\.detach\(\)"),
        (lambda x, y: x * y.detach(), [np.array(2.0), np.array(3.0)], "^the gradient of y is wrong: there is none"),
        (lambda x: x.numpy(), [np.array([1.0])], "fn must return a Tensor, it returned ndarray"),
        (lambda x: 3.0, [np.array([1.0])], "must return a Tensor, it returned float"),
        (lambda x: x * 2, [np.array([1, 2])], "nothing to check"),
    ],
)
def test_check_gradient_tells_what_is_wrong(fn, inputs, message):
    with pytest.raises((AssertionError, RuntimeError, TypeError, ValueError), match=message):
        check_gradient(fn, inputs)


def test_check_gradient_takes_what_it_is_given():
    check_gradient(lambda x: x.exp(), 0.5)
    check_gradient(lambda x: x.exp(), tg.tensor([0.5, 1.0]))
    check_gradient(lambda x, i: x[i] * x, [np.array([1.0, 2.0]), np.array([1, 0])])
    check_gradient(lambda x, unused: x * 2, [np.ones((2, 2), "float32"), 1.0])
    check_gradient(lambda x: x.round(), np.array([0.3, 1.2]))
