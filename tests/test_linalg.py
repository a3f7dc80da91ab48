"""Linear algebra against NumPy, against differences, and where there is no answer."""

import inspect
import math
from itertools import pairwise

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import linalg
from tinygrad_edu.autograd import gradcheck, gradgradcheck
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.kernels.substitution import substitute


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def spread(rng, *shape):
    """Random matrices with singular values apart from each other and from 0."""
    u, _, vh = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    k = min(shape[-2:])
    return (u * (np.arange(k) + 1 + rng.uniform(0, 0.4, k))) @ vh


def leaf(array):
    return tg.tensor(array, requires_grad=True)


def definite(x):
    return x @ x.mT + tg.eye(x.shape[-1], dtype=x.dtype)


def rebuilt_qr(x):
    q, r = linalg.qr(x)
    return q.abs() + 0, (q @ (r * r.abs())).abs()


def function_of_symmetric(x):
    values, vectors = linalg.eigh(x + x.mT)
    return (vectors * tg.cos(values).unsqueeze(-2)) @ vectors.mT, vectors.abs()


def function_of_any(x):
    u, s, vh = linalg.svd(x, full_matrices=False)
    return (u * tg.sin(s).unsqueeze(-2)) @ vh, u.abs(), vh.abs()


SQUARE = {
    "inv": linalg.inv,
    "det": linalg.det,
    "logabsdet": lambda x: linalg.slogdet(x).logabsdet,
    "logdet": lambda x: tg.logdet(definite(x)),
    "cholesky": lambda x: linalg.cholesky(definite(x)),
    "upper cholesky": lambda x: linalg.cholesky(definite(x), upper=True),
    "solve": lambda x: linalg.solve(x, x.mT * x),
    "solve a vector": lambda x: linalg.solve(x, x[..., 0]),
    "solve from the right": lambda x: linalg.solve(x, x.mT * x, left=False),
    "lower triangular": lambda x: linalg.solve_triangular(x + 3, x, upper=False),
    "upper triangular": lambda x: linalg.solve_triangular(x, x, upper=True, left=False, unitriangular=True),
    "eigvalsh": lambda x: linalg.eigvalsh(x + x.mT),
    "eigh": function_of_symmetric,
    "power": lambda x: linalg.matrix_power(x, 3),
    "exponential": linalg.matrix_exp,
    "exponential of large ones": lambda x: linalg.matrix_exp(x * 3) / 100,
    "reflections": lambda x: linalg.householder_product(x, x[..., 0]),
    "lu": lambda x: linalg.lu(x).L * 2 + linalg.lu(x).U ** 2,
    "lu_solve": lambda x: linalg.lu_solve(*linalg.lu_factor(x), x.mT),
    "negative power": lambda x: linalg.matrix_power(x, -2),
    **{f"cond in {p}": lambda x, p=p: linalg.cond(x, p) for p in (None, -2, "fro", "nuc", 1, math.inf)},
}
ANY = {
    "qr": rebuilt_qr,
    "svd": function_of_any,
    "svdvals": linalg.svdvals,
    "pinv": linalg.pinv,
    "lstsq": lambda x: linalg.lstsq(x, x * x).solution,
    "chain": lambda x: linalg.multi_dot([x[0].mT, x[0], x[0].mT]) if x.ndim > 2 else linalg.multi_dot([x, x.mT, x]),
    **{f"norm {p}": lambda x, p=p: linalg.matrix_norm(x, p) for p in ("fro", "nuc", 1, -1, 2, -2, math.inf)},
}


@pytest.mark.parametrize("name", SQUARE)
def test_derivatives_on_square_matrices(name, rng):
    for shape in [(3, 3), (2, 2, 2)]:
        x = leaf(spread(rng, *shape))
        assert gradcheck(SQUARE[name], x)
        assert gradgradcheck(SQUARE[name], x)


@pytest.mark.parametrize("name", ANY)
def test_derivatives_on_matrices(name, rng):
    for shape in [(3, 2), (2, 3), (2, 2, 2)]:
        x = leaf(spread(rng, *shape))
        assert gradcheck(ANY[name], x)
        assert gradgradcheck(ANY[name], x)


def test_a_third_derivative(rng):
    """Of det at A in the directions A, A, A: det((1 + t) A) = (1 + t)^n det(A)."""
    a = spread(rng, 4, 4)
    x = leaf(a)
    found = linalg.det(x)
    for factor in (4, 3, 2):
        (g,) = tg.autograd.grad(found, x, create_graph=True)
        expected = found.item() * factor
        found = (g * tg.tensor(a)).sum()
        assert found.item() == pytest.approx(expected)


def test_values_are_numpy_s(rng):
    x = spread(rng, 2, 3, 3)
    b = rng.standard_normal((2, 3, 2))
    symmetric = x @ x.swapaxes(-1, -2)
    for ours, theirs in [
        (linalg.inv(tg.tensor(x)), np.linalg.inv(x)),
        (linalg.solve(tg.tensor(x), tg.tensor(b)), np.linalg.solve(x, b)),
        (linalg.det(tg.tensor(x)), np.linalg.det(x)),
        (linalg.cholesky(tg.tensor(symmetric)), np.linalg.cholesky(symmetric)),
        (linalg.eigvalsh(tg.tensor(symmetric)), np.linalg.eigvalsh(symmetric)),
        (linalg.svdvals(tg.tensor(x)), np.linalg.svd(x, compute_uv=False)),
        (linalg.pinv(tg.tensor(x[:, :2])), np.linalg.pinv(x[:, :2])),
        (linalg.pinv(tg.tensor(x * 1e-20)), np.linalg.pinv(x * 1e-20)),
        (linalg.matrix_rank(tg.tensor(x)), np.linalg.matrix_rank(x)),
        (linalg.matrix_rank(tg.tensor(x * 1e-20)), np.linalg.matrix_rank(x)),
        (linalg.cond(tg.tensor(x), 1), np.linalg.cond(x, 1)),
        (linalg.tensorinv(tg.tensor(x[0]), 1), np.linalg.tensorinv(x[0], 1)),
        (linalg.vander(tg.tensor([1.0, 2.0, 3.0])), np.vander([1.0, 2.0, 3.0], increasing=True)),
    ]:
        np.testing.assert_allclose(ours.numpy(), theirs, 1e-6)


@pytest.mark.parametrize("n", [1, 5, 24, 25, 60, 130])
def test_substitution_by_halves(n, rng):
    a = rng.standard_normal((n, n)) / n + 2 * np.eye(n)
    b = rng.standard_normal((2, n, 3))
    for upper in (False, True):
        for unitriangular in (False, True):
            t = np.triu(a) if upper else np.tril(a)
            if unitriangular:
                np.fill_diagonal(t, 1)
            found = substitute(a, b, upper, unitriangular)
            np.testing.assert_allclose(t @ found, b, 1e-10, 1e-10)
            assert substitute(a.astype("float32"), b.astype("float32"), upper, unitriangular).dtype == "float32"


def test_inputs_are_left_alone(rng):
    for function in (linalg.inv, linalg.det, linalg.qr, linalg.svd, linalg.eigh, linalg.pinv, definite):
        x = spread(rng, 3, 3)
        x.flags.writeable = False
        function(tg.from_numpy(x))
    b = rng.standard_normal((3, 2))
    b.flags.writeable = False
    linalg.solve_triangular(tg.from_numpy(x), tg.from_numpy(b), upper=True)


@pytest.mark.parametrize("name", [*SQUARE, *ANY])
def test_float32_is_kept(name, rng):
    for dtype in ("float32", "float64"):
        x = leaf(spread(rng, 2, 3, 3).astype(dtype))
        found = (SQUARE.get(name) or ANY[name])(x)
        parts = found if isinstance(found, tuple) else (found,)
        assert all(y.dtype == dtype for y in parts)
        first = tg.autograd.grad([y.sum() for y in parts], x, create_graph=True)[0]
        assert first.dtype == dtype
        assert tg.autograd.grad((first * first).sum(), x)[0].dtype == dtype


def test_equal_values_have_a_gradient_and_vectors_of_equal_values_none():
    x = leaf(np.eye(3))
    linalg.eigh(x).eigenvalues.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3))
    x = leaf(np.eye(3))
    linalg.svd(x).S.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3))
    x = leaf(np.eye(3))
    (linalg.eigh(x).eigenvectors[:, 0] ** 2 * tg.tensor([1.0, 2.0, 4.0])).sum().backward()
    assert not np.isfinite(x.grad.numpy()).all()


def test_the_determinant_of_a_singular_matrix_has_a_gradient(rng):
    x = leaf(np.outer([1.0, 2.0, 3.0], [1.0, 0.5, 2.0]) + np.outer([0.0, 1.0, 1.0], [3.0, 1.0, 0.0]))
    assert gradcheck(linalg.det, x)
    (g,) = tg.autograd.grad(linalg.det(leaf(np.zeros((3, 3)))), x, allow_unused=True)
    assert g is None
    singular = leaf(np.diag([1.0, 0.0]))
    (g,) = tg.autograd.grad(linalg.det(singular), singular, create_graph=True)
    np.testing.assert_allclose(g.detach().numpy(), [[0, 0], [0, 1]], atol=1e-15)
    with pytest.raises(linalg.LinAlgError, match="singular"):
        g.sum().backward()


def test_the_determinant_of_what_is_not_finite_spoils_no_other():
    x = leaf(np.stack([np.full((2, 2), np.nan), 2 * np.eye(2)]))
    linalg.det(x).sum().backward()
    assert np.isnan(x.grad.numpy()[0]).all()
    np.testing.assert_allclose(x.grad.numpy()[1], 2 * np.eye(2))


def test_results_too_large_for_float32_are_infinite():
    assert linalg.det(tg.full((2, 2), 1e30) * tg.eye(2)).item() == math.inf


def test_logdet_of_singular_and_negative_matrices():
    x = leaf([[[1.0, 2.0], [2.0, 4.0]], [[2.0, 0.0], [0.0, 1.0]], [[-1.0, 0.0], [0.0, 1.0]]])
    found = tg.logdet(x)
    assert found[0].item() == -math.inf
    assert found[1].item() == pytest.approx(math.log(2))
    assert math.isnan(found[2].item())
    found[1].backward()
    np.testing.assert_allclose(x.grad.numpy()[1], [[0.5, 0], [0, 1]])


def test_multi_dot_takes_the_cheapest_order():
    calls = []
    sizes = [10, 1000, 2, 1000, 2]
    chain = [tg.ones(*pair) for pair in pairwise(sizes)]
    where = inspect.unwrap(linalg.multi_dot).__globals__
    matmul = where["matmul"]

    def counted(x, y):
        calls.append(x.shape[0] * x.shape[1] * y.shape[1])
        return matmul(x, y)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(where, "matmul", counted)
        found = linalg.multi_dot(chain)
    assert sum(calls) == 10 * 1000 * 2 + 2 * 1000 * 2 + 10 * 2 * 2
    assert (found == 1000 * 2 * 1000).all()


EYE, VECTOR = tg.eye(2), tg.ones(2)
ERRORS = {
    "a vector": (lambda: linalg.inv(VECTOR), ShapeError, r"2 dimensions or more; got \(2,\)"),
    "no square": (lambda: linalg.det(tg.ones(2, 3)), ShapeError, "square matrices, got 2 by 3"),
    "integers": (lambda: linalg.svd(tg.eye(2, dtype=tg.int64)), RuntimeError, "float32 or float64, got int64"),
    "float16": (lambda: linalg.qr(EYE.half()), RuntimeError, "float32 or float64, got float16"),
    "no Tensor": (lambda: linalg.inv([[1.0]]), TypeError, "inv takes Tensors, got list"),
    "no second Tensor": (lambda: linalg.solve(EYE, [1.0, 1.0]), TypeError, "solve takes Tensors, got list"),
    "two dtypes": (lambda: linalg.solve(EYE, EYE.double()), RuntimeError, "one dtype, got float32, float64"),
    "other rows": (lambda: linalg.solve(EYE, tg.ones(3, 1)), ShapeError, "as many rows in B as in A"),
    "other batches": (lambda: linalg.solve(tg.ones(2, 2, 2), tg.ones(3, 2, 1)), ShapeError, "do not broadcast"),
    "a vector from the right": (lambda: linalg.solve(EYE, VECTOR, left=False), ShapeError, "as many columns"),
    "a vector to substitute": (
        lambda: linalg.solve_triangular(EYE, VECTOR, upper=True),
        ShapeError,
        "2 dimensions or more; got",
    ),
    "singular": (lambda: linalg.inv(tg.ones(2, 2)), linalg.LinAlgError, "inv: the matrix is singular"),
    "one of a batch is singular": (
        lambda: linalg.inv(tg.stack([EYE, tg.ones(2, 2)])),
        linalg.LinAlgError,
        r"\(batch element 1\)",
    ),
    "one of many is singular": (
        lambda: linalg.solve(tg.stack([EYE, tg.ones(2, 2)]).reshape(2, 1, 2, 2), EYE),
        linalg.LinAlgError,
        r"\(batch element \(1, 0\)\)",
    ),
    "not definite": (lambda: linalg.cholesky(-EYE), linalg.LinAlgError, "not positive-definite"),
    "NaN in a Cholesky factor": (lambda: linalg.cholesky(EYE * math.nan), linalg.LinAlgError, "positive-definite"),
    "NaN in svd": (lambda: linalg.svdvals(EYE * math.nan), linalg.LinAlgError, "NaN or infinity"),
    "a driver": (lambda: linalg.svd(EYE, driver="gesvd"), RuntimeError, "GPU"),
    "an unknown driver": (lambda: linalg.lstsq(EYE, EYE, driver="qr"), RuntimeError, "gels, gelsd, gelss, gelsy"),
    "lstsq of other rows": (lambda: linalg.lstsq(EYE, tg.ones(3, 1)), ShapeError, "as many rows"),
    "an unknown mode": (lambda: linalg.qr(EYE, "full"), ValueError, "'reduced', 'complete' or 'r'"),
    "an unknown triangle": (lambda: linalg.eigh(EYE, "M"), RuntimeError, "'L' or 'U'"),
    "an unknown norm": (lambda: linalg.matrix_norm(EYE, 3), RuntimeError, "as ord, got 3"),
    "one dimension of a matrix": (lambda: linalg.matrix_norm(EYE, 1, 0), TypeError, "two dimensions, got 0"),
    "an order that cond has not": (lambda: linalg.cond(tg.ones(0, 2, 2), 5), RuntimeError, "as p, got 5"),
    "a triangle without a name": (lambda: linalg.eigh(EYE, None), TypeError, "as UPLO, got NoneType"),
    "lu_solve by a singular matrix": (lambda: linalg.lu_factor(tg.ones(2, 2)), linalg.LinAlgError, "pivot 2 is 0"),
    "lu_solve by one of many": (
        lambda: linalg.lu_factor(tg.stack([EYE, tg.ones(2, 2)])),
        linalg.LinAlgError,
        "pivot 2 of matrix 1 is 0",
    ),
    "an attempt that must not fail": (
        lambda: linalg.inv_ex(tg.ones(2, 2), check_errors=True),
        linalg.LinAlgError,
        "singular",
    ),
    "tensorsolve of other sizes": (lambda: linalg.tensorsolve(tg.ones(2, 3), VECTOR), ShapeError, "as many elements"),
    "reflections of another batch": (
        lambda: linalg.householder_product(tg.ones(2, 3, 2), VECTOR),
        ShapeError,
        "m >= n >= k",
    ),
    "reflections of other rows": (lambda: tg.ormqr(EYE, VECTOR, tg.ones(3, 3)), ShapeError, r"got \(2, 2\)"),
    "a chain of nothing": (lambda: tg.chain_matmul(), RuntimeError, "one matrix or more"),
    "a chain of vectors": (lambda: tg.chain_matmul(VECTOR, VECTOR), RuntimeError, "one matrix or more"),
    "more directions than there are": (lambda: tg.pca_lowrank(EYE, 3), ValueError, "q of 0 to 2"),
    "singular vectors of a vector": (lambda: tg.svd_lowrank(VECTOR), ShapeError, "a matrix or a batch"),
    "principal directions of a vector": (lambda: tg.pca_lowrank(VECTOR), ShapeError, "a matrix or a batch"),
    "a product of two dtypes": (lambda: EYE @ EYE.double(), RuntimeError, "one dtype, got float32, float64"),
    "three dimensions": (lambda: linalg.norm(tg.ones(1, 1, 1), 1, (0, 1, 2)), RuntimeError, "one dimension or two"),
    "an order and three dimensions": (lambda: linalg.norm(tg.ones(1, 1, 1), 1), ShapeError, "a vector or a matrix"),
    "a narrower dtype": (lambda: linalg.norm(EYE.double(), dtype=tg.float32), RuntimeError, "as wide"),
    "nuclear in one dimension": (lambda: tg.norm(EYE, "nuc", 0), RuntimeError, "two dimensions, got 0"),
    "one factor": (lambda: linalg.multi_dot([EYE]), RuntimeError, "two Tensors or more, got 1"),
    "factors that do not fit": (lambda: linalg.multi_dot([EYE, tg.ones(3, 3)]), ShapeError, "as many columns as"),
    "a factor that is no matrix": (lambda: linalg.multi_dot([EYE, VECTOR, EYE]), ShapeError, "vectors at both ends"),
    "a power of no square": (lambda: linalg.matrix_power(tg.ones(2, 3), 2), ShapeError, r"square.*got \(2, 3\)"),
    "an exponential of no square": (lambda: linalg.matrix_exp(tg.ones(2, 3)), ShapeError, r"square.*got \(2, 3\)"),
    "an exponential of integers": (lambda: linalg.matrix_exp(EYE.long()), RuntimeError, "not implemented for int64"),
    "reflections of wide ones": (
        lambda: linalg.householder_product(tg.ones(2, 3), VECTOR),
        ShapeError,
        r"m >= n >= k, got \(2, 3\)",
    ),
    "lu without exchanges": (lambda: linalg.lu(EYE, pivot=False), RuntimeError, "pivot=False is not possible"),
    "lu of a vector": (lambda: linalg.lu_factor(VECTOR), ShapeError, "lu takes"),
    "pivots of int64": (lambda: tg.lu_unpack(EYE, VECTOR.long()), RuntimeError, "int32, as lu_factor gives them"),
    "too few pivots": (lambda: tg.lu_unpack(EYE, tg.ones(1, dtype=tg.int32)), ShapeError, r"pivots \(2,\), got"),
    "pivots beyond the rows": (lambda: tg.lu_unpack(EYE, VECTOR.int() * 3), RuntimeError, "from 1, got 3 to 3"),
    "reflections of other batches": (
        lambda: tg.ormqr(tg.ones(1, 2, 2), tg.ones(1, 2), tg.ones(2, 2, 2)),
        ShapeError,
        r"got \(1, 2, 2\), \(1, 2\), \(2, 2, 2\)",
    ),
    "the inverse of a singular factor": (
        lambda: tg.cholesky_inverse(tg.ones(2, 2).tril(-1)),
        linalg.LinAlgError,
        "0 on the diagonal",
    ),
    "a nuclear norm of three": (lambda: tg.nuclear_norm(tg.ones(1, 1, 1), (0, 1, 2)), RuntimeError, "two dimensions"),
    "powers of bools": (lambda: linalg.vander(VECTOR.bool()), RuntimeError, "got bool"),
    "too few powers": (lambda: linalg.vander(VECTOR, 1), RuntimeError, "2 or more, got 1"),
    "vecdot of integers": (lambda: linalg.vecdot(VECTOR.long(), VECTOR.long()), RuntimeError, "floats, got int64"),
    "tensorinv of other sizes": (lambda: linalg.tensorinv(tg.ones(2, 3), 1), ShapeError, "different numbers"),
    "tensorinv of no index": (lambda: linalg.tensorinv(EYE, 0), RuntimeError, "positive ind, got 0"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name):
    call, kind, told = ERRORS[name]
    with pytest.raises(kind, match=told):
        call()


@pytest.mark.parametrize(("mode", "told"), [("r", "needs Q"), ("complete", "more rows than columns")])
def test_modes_of_qr_without_a_derivative(mode, told):
    x = leaf(np.ones((3, 2)) + np.eye(3, 2))
    r = linalg.qr(x, mode).R
    with pytest.raises(RuntimeError, match=told):
        r.sum().backward()


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3), (0, 2, 2), (2, 0), (1, 1)])
def test_the_factors_of_elimination_give_the_matrix(shape, rng):
    x = rng.normal(size=shape)
    P, L, U = linalg.lu(tg.tensor(x))
    np.testing.assert_allclose((P @ L @ U).numpy(), x, atol=1e-12)
    assert (L.triu(1) == 0).all()
    assert (U.tril(-1) == 0).all()
    assert abs(L.numpy()).max(initial=0) <= 1
    assert linalg.lu_factor_ex(tg.zeros(2, 2)).LU.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 2)])
def test_the_factors_of_elimination_have_derivatives(shape, rng):
    x = tg.tensor(rng.normal(size=shape), requires_grad=True)
    assert tg.autograd.gradcheck(lambda x: linalg.lu(x)[1:], (x,))
    assert tg.autograd.gradgradcheck(lambda x: linalg.lu_factor(x).LU, (x,))


def test_lu_solve_from_either_side(rng):
    a, b = tg.tensor(rng.normal(size=(2, 3, 3))), tg.tensor(rng.normal(size=(2, 3, 4)))
    factors = linalg.lu_factor(a)
    for left, adjoint, right in [(True, False, b), (True, True, b), (False, False, b.mT), (False, True, b.mT)]:
        x, matrix = linalg.lu_solve(*factors, right, left=left, adjoint=adjoint), a.mT if adjoint else a
        np.testing.assert_allclose((matrix @ x if left else x @ matrix).numpy(), right.numpy(), atol=1e-12)
    P, L, U = tg.lu_unpack(*factors, unpack_data=False)
    assert (P.shape, L.shape, U.shape) == ((2, 3, 3), (0,), (0,))
    assert tg.lu_unpack(*factors, unpack_pivots=False).P.shape == (0,)


def test_attempts_tell_which_matrices_fail(rng):
    a = rng.normal(size=(4, 3, 3))
    a[1, 2], a[3, :, 0] = a[1, 0], 0
    x, b = tg.tensor(a, requires_grad=True), tg.tensor(rng.normal(size=(4, 3, 2)))
    found, info = linalg.inv_ex(x)
    assert info.dtype == tg.int32
    assert (info[[0, 2]] == 0).all()
    assert info[1] == 3
    assert info[3] == 1
    np.testing.assert_allclose(found[[0, 2]].detach().numpy(), np.linalg.inv(a[[0, 2]]), atol=1e-12)
    assert found[[1, 3]].isnan().all()
    found[0].sum().backward()
    whole = x.grad.clone()
    x.grad = None
    linalg.inv(x[0]).sum().backward()
    np.testing.assert_allclose(whole.numpy(), x.grad.numpy())
    assert (linalg.solve_ex(x, b).info == info).all()
    assert (linalg.solve_ex(x, b[..., 0]).result[1]).isnan().all()
    positive = tg.tensor(a @ a.swapaxes(-1, -2) + np.diag([1.0, 1.0, 1.0]))
    positive[2, 1, 1] = -1.0
    for upper in (False, True):
        L, info = linalg.cholesky_ex(positive, upper=upper)
        assert info.tolist() == [0, 0, 2, 0]
        assert L[2].isnan().all()
        assert (L[0] == linalg.cholesky(positive[0], upper=upper)).all()


def test_gradients_of_eigenvectors_are_symmetric(rng):
    x = tg.tensor(rng.normal(size=(4, 4)), requires_grad=True)
    linalg.eigh(x).eigenvectors.abs().sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), x.grad.numpy().T, atol=1e-12)


def test_the_product_of_a_tensor_and_an_array_of_numpy_meets_at_their_dtype():
    assert (np.ones((2, 2)) @ EYE).dtype == tg.float64


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (2, 9, 4)])
def test_singular_vectors_by_random_directions(shape, rng):
    a = rng.normal(size=(*shape[:-1], 2)) @ rng.normal(size=(*shape[:-2], 2, shape[-1]))
    U, S, V = tg.svd_lowrank(tg.tensor(a), q=4)
    np.testing.assert_allclose((U * S.unsqueeze(-2) @ V.mT).numpy(), a, atol=1e-10)
    np.testing.assert_allclose(S[..., :2].numpy(), np.linalg.svd(a, compute_uv=False)[..., :2])
    mean = tg.tensor(a.mean(-2, keepdims=True))
    np.testing.assert_allclose(
        tg.pca_lowrank(tg.tensor(a + 3), 2).S.numpy(), tg.svd_lowrank(tg.tensor(a), 2, M=mean).S.numpy()
    )
    assert tg.pca_lowrank(tg.tensor(a), center=False).S.shape[-1] == min(6, *shape[-2:])


def test_q_is_square_only_where_it_is_asked_for():
    assert tg.qr(tg.ones(3, 2)).Q.shape == (3, 2)
    assert tg.qr(tg.ones(3, 2), some=False).Q.shape == (3, 3)


def test_no_reflections_are_the_identity():
    assert linalg.householder_product(tg.ones(2, 3, 2), tg.ones(2, 0)).tolist() == [[[1, 0], [0, 1], [0, 0]]] * 2


def test_names():
    x = tg.tensor([[2.0, 1.0], [1.0, 3.0]])
    assert linalg.svd(x)._fields == ("U", "S", "Vh")
    assert linalg.qr(x)._fields == ("Q", "R")
    assert linalg.eigh(x)._fields == ("eigenvalues", "eigenvectors")
    assert linalg.slogdet(x)._fields == ("sign", "logabsdet")
    assert linalg.lstsq(x, x)._fields == ("solution", "residuals", "rank", "singular_values")
    assert tg.linalg is linalg
    for name in (
        "det",
        "inverse",
        "cholesky",
        "logdet",
        "slogdet",
        "lu_solve",
        "matrix_exp",
        "matrix_power",
        "pinverse",
    ):
        assert inspect.unwrap(getattr(tg.Tensor, name)) is inspect.unwrap(getattr(tg, name))
