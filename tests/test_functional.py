"""Jacobians, Hessians and products with them, against matrices worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.autograd import grad, gradcheck, gradgradcheck, hessian, hvp, jacobian, jvp, vhp, vjp
from tinygrad_edu.errors import GradientError

RNG = np.random.default_rng(0)
A = RNG.normal(size=(3, 4))
S = RNG.normal(size=(4, 4))
X = RNG.normal(size=4)


def quadratic(x):
    return x @ tg.tensor(S) @ x


def same(found, expected):
    np.testing.assert_allclose(found, expected, 1e-9, 1e-12)


@given(st.integers(0, 3), st.integers(1, 4))
def test_a_linear_map_is_its_own_jacobian(rows, columns):
    matrix = RNG.normal(size=(rows, columns))
    x, u, v = (tg.tensor(RNG.normal(size=n)) for n in (columns, rows, columns))

    def function(x):
        return tg.tensor(matrix) @ x

    same(jacobian(function, x), matrix)
    same(vjp(function, x, u)[1], matrix.T @ u.numpy())
    same(jvp(function, x, v)[1], matrix @ v.numpy())


def test_a_quadratic_form_has_its_matrix_for_a_hessian():
    x, v = tg.tensor(X), tg.tensor(X[::-1].copy())
    same(hessian(quadratic, x), S + S.T)
    value, product = hvp(quadratic, x, v)
    same(value, X @ S @ X)
    same(product, (S + S.T) @ v.numpy())
    same(vhp(quadratic, x, v)[1], (S + S.T) @ v.numpy())


def test_structures_follow_those_of_inputs_and_outputs():
    x, y = tg.ones(2, 3), tg.ones(4)

    def function(x, y):
        return x.sum(0), y * 2, x.sum() * y.sum()

    found = jacobian(function, (x, y))
    assert [[part.shape for part in row] for row in found] == [
        [(3, 2, 3), (3, 4)],
        [(4, 2, 3), (4, 4)],
        [(2, 3), (4,)],
    ]
    same(found[0][1], np.zeros((3, 4)))
    assert isinstance(jacobian(lambda x: (x,), x), tuple)
    assert jacobian(lambda x: (x,), (x,))[0][0].shape == (2, 3, 2, 3)
    assert jacobian(lambda x: x * 2, tg.ones(0, 2)).shape == (0, 2, 0, 2)
    blocks = hessian(lambda x, y: (x.sum() * y).sum(), (x, y))
    assert [[part.shape for part in row] for row in blocks] == [[(2, 3, 2, 3), (2, 3, 4)], [(4, 2, 3), (4, 4)]]


def test_results_carry_a_history_only_with_create_graph():
    x = tg.tensor(X, requires_grad=True)
    for product in (vjp, jvp, hvp, vhp):
        for create_graph in (False, True):
            value, found = product(quadratic, x, None if product is vjp else x, create_graph)
            assert value.requires_grad is found.requires_grad is create_graph
    assert not jacobian(quadratic, x).requires_grad
    assert x.grad is None


def test_products_can_be_differentiated():
    x = tg.tensor(X, requires_grad=True)
    v = tg.tensor(X + 1, requires_grad=True)

    def cubic(x):
        return (x**3).sum()

    assert gradcheck(lambda x, v: vjp(lambda x: x.sin() * x[0], x, v, create_graph=True), [x, v])
    assert gradcheck(lambda x, v: jvp(lambda x: x.sin() * x[0], x, v, create_graph=True), [x, v])
    assert gradcheck(lambda x, v: hvp(cubic, x, v, create_graph=True)[1], [x, v])
    assert gradgradcheck(lambda x, v: vhp(cubic, x, v, create_graph=True)[1], [x, v])
    assert gradcheck(lambda x: hessian(lambda x: x.exp().prod(), x, create_graph=True), [x])


def test_they_work_under_no_grad_and_leave_the_mode_alone():
    with tg.no_grad():
        same(jacobian(lambda x: x * x, tg.tensor(X)), np.diag(2 * X))
        assert not tg.is_grad_enabled()


def test_what_a_function_reaches_by_itself_is_no_input():
    x = tg.tensor(X, requires_grad=True)
    same(jacobian(lambda y: x * y, x), np.diag(X))


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: vjp(lambda x: x, x), RuntimeError, "one output, of one element"),
        (lambda x: jvp(lambda x: x, x), RuntimeError, "one input, of one element"),
        (lambda x: vjp(lambda x: x, x, x[:1]), RuntimeError, r"got shapes \[\(1,\)\] where those are \[\(4,\)\]"),
        (lambda x: jvp(lambda x: x, x, (x, x)), RuntimeError, "v must be like the input"),
        (lambda x: jacobian(lambda x: 5, x), TypeError, "result of the function must be a Tensor .* got int"),
        (lambda x: jacobian(lambda x: [x], x), TypeError, "got list"),
        (lambda x: jacobian(lambda x: x, (x, 3)), TypeError, "got int at index 1"),
        (lambda x: jacobian(lambda x: x, x, strategy="sideways"), ValueError, "sideways"),
        (lambda x: hessian(lambda x: x, x), RuntimeError, "one element"),
        (lambda x: hvp(lambda x: (x.sum(),), x, x), RuntimeError, "one Tensor"),
        (lambda x: vjp(lambda x: x.detach(), x, x, strict=True), GradientError, "output 0 does not depend"),
        (lambda x: jacobian(lambda x, y: x, (x, x), strict=True), GradientError, "does not depend on input 1"),
        (lambda x: hessian(lambda x: x.sum(), x, strict=True), GradientError, "the gradient of input 0"),
    ],
)
def test_errors(call, error, message):
    with pytest.raises(error, match=message):
        call(tg.tensor(X))


def test_grad_of_a_batch_of_gradients():
    x = tg.tensor(X, requires_grad=True)
    y = tg.tensor(A) @ x
    (found,) = grad(y, x, tg.eye(3, dtype=tg.float64), is_grads_batched=True)
    same(found, A)
    with pytest.raises(GradientError, match="freed"):
        grad((x * x).sum() + y.sum(), x, retain_graph=False) and grad(y, x, tg.ones(3))
    unused = tg.ones(2, requires_grad=True)
    found = grad(x * x, [x, unused], tg.ones(2, 4), is_grads_batched=True, allow_unused=True)
    assert found[1] is None
    for wrong in (None, [tg.ones(2, 4), tg.ones(3, 4)], tg.ones(())):
        with pytest.raises(ValueError, match="is_grads_batched"):
            grad([x * x, x * x] if isinstance(wrong, list) else x * x, x, wrong, is_grads_batched=True)


def test_gradcheck_takes_the_settings_of_pytorch_and_no_others():
    x = tg.tensor(X, requires_grad=True)
    assert gradcheck(lambda x: x * x, [x], fast_mode=True, check_batched_grad=False, nondet_tol=1e-9)
    with pytest.raises(TypeError, match="knows no fast"):
        gradcheck(lambda x: x * x, [x], fast=True)
    assert gradgradcheck(lambda x: x**3, [x], tg.tensor(X))
