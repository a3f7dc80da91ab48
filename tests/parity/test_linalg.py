"""Linear algebra beside PyTorch: values, gradients and second derivatives, over batches, sizes, dtypes and settings.

Factors are compared by what does not depend on the choice of signs.
"""

import math

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

from .compare import hold
from .grids import slope

BATCHES = [(), (2,), (0,), (2, 1)]
SIZES = [(3, 3), (4, 2), (2, 4), (1, 1), (0, 0), (0, 3), (3, 0)]
SQUARE = [(3, 3), (1, 1), (0, 0)]
PRECISE = ["float64", "float32"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def matrices(rng, shape, dtype="float64"):
    """Random matrices with singular values well apart from each other and from 0."""
    k = min(shape[-2:])
    if not math.prod(shape):
        return np.zeros(shape, dtype)
    u, _, vh = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
    return (u * (np.arange(k) + 1 + rng.uniform(0, 0.4, k)) @ vh).astype(dtype)


def positive(m, x):
    """A symmetric positive-definite matrix, smoothly made of any square one."""
    return x @ x.mT + m.eye(x.shape[-1], dtype=x.dtype)


def invariant_qr(m, x, mode="reduced"):
    q, r = m.linalg.qr(x, mode)
    return [q @ r, r.abs(), q @ q.mT if mode == "reduced" else q.mT @ q]


def invariant_eigh(m, x, uplo="L"):
    values, vectors = m.linalg.eigh(x + x.mT, uplo)
    return [values, (vectors * m.cos(values).unsqueeze(-2)) @ vectors.mT, vectors.abs()]


def invariant_svd(m, x, full=False):
    u, s, vh = m.linalg.svd(x, full)
    k = s.shape[-1]
    u, vh = u[..., :k], vh[..., :k, :]
    return [s, (u * m.sin(s).unsqueeze(-2)) @ vh, u.abs(), vh.abs()]


TRUTH = (False, True)
ON_SQUARE = {
    "inv": lambda m, x: [m.linalg.inv(x), m.inverse(x), x.inverse()],
    "det": lambda m, x: [m.linalg.det(x), m.det(x), x.det()],
    "slogdet": lambda m, x: [*m.linalg.slogdet(x), *x.slogdet()],
    "logdet": lambda m, x: [m.logdet(positive(m, x)), positive(m, x).logdet(), m.logdet(x), m.logdet(-x)],
    "cholesky": lambda m, x: [
        m.linalg.cholesky(positive(m, x)),
        m.linalg.cholesky(positive(m, x), upper=True),
        m.cholesky(positive(m, x)),
        positive(m, x).cholesky(upper=True),
    ],
    "cholesky of a triangle": lambda m, x: [
        m.linalg.cholesky(x.tril(-1) * 0.1 + m.eye(x.shape[-1], dtype=x.dtype)),
        m.linalg.cholesky(x.triu(1) * 0.1 + m.eye(x.shape[-1], dtype=x.dtype), upper=True),
    ],
    "eigh": invariant_eigh,
    "eigh of the upper triangle": lambda m, x: invariant_eigh(m, x, "U"),
    "eigvalsh": lambda m, x: [m.linalg.eigvalsh(x + x.mT), m.linalg.eigvalsh(x + x.mT, UPLO="U")],
    "eigenvalues of eigh alone": lambda m, x: m.linalg.eigh(x + x.mT).eigenvalues,
    "eigenvectors of eigh alone": lambda m, x: m.linalg.eigh(x + x.mT)[1].abs(),
    "matrix_power": lambda m, x: [m.linalg.matrix_power(x, n) for n in (-3, -1, 0, 1, 2, 5)] + [x.matrix_power(3)],
    "matrix_exp": lambda m, x: [m.matrix_exp(x), m.linalg.matrix_exp(x * 2), (x * 0.01).matrix_exp()],
    "householder_product": lambda m, x: [
        m.linalg.householder_product(x, x[..., 0]) + x * 0,  # of no matrices PyTorch's has no gradient at all
        m.linalg.householder_product(x[..., :1], x[..., 0, :1]),
    ],
    "lu": lambda m, x: [
        *m.linalg.lu(x),
        *m.linalg.lu_factor(x),
        *m.lu_unpack(*m.lu(x * 2)),
        m.lu_solve(x, *x.lu()),
        m.linalg.lu_solve(*m.linalg.lu_factor(x), x[..., :1]),
        *[m.linalg.lu_solve(*m.linalg.lu_factor(x), x, left=left, adjoint=True) for left in TRUTH],
        *m.linalg.lu_factor_ex(x),
    ],
    "attempts": lambda m, x: [
        *m.linalg.inv_ex(x),
        *m.linalg.solve_ex(x, x * 2),
        *m.linalg.cholesky_ex(positive(m, x), upper=True),
    ],
    "older names": lambda m, x: [
        m.svd(x.triu(1), compute_uv=False)[1],
        m.chain_matmul(x, x, x),
        *[m.triangular_solve(x, x, up, turned, unit)[0] for up in TRUTH for turned in TRUTH for unit in TRUTH],
        *[m.cholesky_solve(x, m.linalg.cholesky(positive(m, x), upper=up), up) for up in TRUTH],
        m.cholesky_inverse(m.linalg.cholesky(positive(m, x))),
        x.adjoint() + x.mH,
        m.real(x) * x.real + m.conj(x) * x.conj(),
        m.orgqr(x, x[..., 0]) + x * 0,
    ],
    "pinv of symmetric ones": lambda m, x: m.linalg.pinv(x + x.mT, hermitian=True),
}
ON_ANY = {
    "qr": invariant_qr,
    "svd": invariant_svd,
    "full svd": lambda m, x: invariant_svd(m, x, True),
    "svdvals": lambda m, x: m.linalg.svdvals(x),
    "values of svd alone": lambda m, x: m.linalg.svd(x, full_matrices=False).S,
    "left vectors of svd alone": lambda m, x: m.linalg.svd(x, full_matrices=False)[0].abs(),
    "right vectors of svd alone": lambda m, x: m.linalg.svd(x, full_matrices=False)[2].abs(),
    "pinv": lambda m, x: [m.linalg.pinv(x), m.pinverse(x), x.pinverse(1e-3)],
    "truncated pinv": lambda m, x: [
        m.linalg.pinv(x, rtol=0.6),
        m.linalg.pinv(x, atol=1.6),
        m.linalg.pinv(x, atol=m.tensor(1.6, dtype=x.dtype), rtol=0.1),
    ],
    "norms": lambda m, x: [m.linalg.matrix_norm(x, p) for p in ("fro", "nuc", 1, 2, math.inf)],
    "norm by its top name": lambda m, x: [m.norm(x, "nuc", (-2, -1)), x.norm("nuc", (-1, -2), keepdim=True)],
    "lu of any": lambda m, x: [*m.linalg.lu(x), m.linalg.lu_factor(x)[0], m.lu_unpack(*m.lu(x), unpack_data=False)[0]],
    "cond": lambda m, x: [m.linalg.cond(x), m.linalg.cond(x, 2), m.linalg.cond(x, -2)],
    "diagonal": lambda m, x: [m.linalg.diagonal(x), m.linalg.diagonal(x, offset=1, dim1=-1, dim2=-2)],
}


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", ON_SQUARE)
def test_square_matrices(name, batch, dtype, rng):
    for size in SQUARE:
        hold(ON_SQUARE[name], matrices(rng, (*batch, *size), dtype), backward=dtype == "float64")


@pytest.mark.parametrize("dtype", PRECISE)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", ON_ANY)
def test_matrices(name, batch, dtype, rng):
    for size in SIZES:
        hold(ON_ANY[name], matrices(rng, (*batch, *size), dtype), backward=dtype == "float64")


@pytest.mark.parametrize("name", [*ON_SQUARE, *ON_ANY])
def test_second_derivatives(name, rng):
    program = ON_SQUARE.get(name) or ON_ANY[name]

    def weighed(m, x):
        found = program(m, x)
        parts = found if isinstance(found, list) else [found]
        return sum((y * (i + 1)).sum() for i, y in enumerate(parts) if y.requires_grad)

    for shape in [(3, 3), (2, 2, 2)] if name in ON_SQUARE else [(3, 3), (4, 2), (2, 4), (2, 3, 2)]:
        hold(slope(weighed), matrices(rng, shape))


@pytest.mark.parametrize("dtype", PRECISE)
def test_gradients_in_float32_are_those_in_float64(dtype, rng):
    x = matrices(rng, (3, 3), dtype)
    for program in (ON_SQUARE["inv"], ON_SQUARE["det"], ON_ANY["svdvals"], ON_ANY["qr"]):

        def first(m, x, program=program):
            found = program(m, x)
            y = found[0] if isinstance(found, list) else found
            return [m.autograd.grad((y * 0.1).sum(), x)[0]]

        hold(first, x)


@pytest.mark.parametrize("dtype", ["float16", "int64", "bool"])
@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "cholesky", "qr", "svd", "svdvals", "eigh", "pinv"])
def test_dtypes_that_are_refused(name, dtype):
    hold(lambda m, x: getattr(m.linalg, name)(x), np.eye(3).astype(dtype), backward=False)


@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "cholesky", "qr", "svd", "svdvals", "eigh", "eigvalsh", "pinv"]
)
def test_shapes_that_are_refused(name, rng):
    for shape in [(), (3,), (2, 3), (2, 0, 3)]:
        hold(
            lambda m, x: list(getattr(m.linalg, name)(x))[1:0],
            matrices(rng, shape) if len(shape) > 1 else np.ones(shape),
        )


SOLVES = [
    ((3, 3), (3, 2)),
    ((3, 3), (3,)),
    ((2, 3, 3), (2, 3)),
    ((2, 3, 3), (3, 2)),
    ((2, 3, 3), (3,)),
    ((3, 3), (2, 3, 1)),
    ((2, 1, 3, 3), (4, 3, 2)),
    ((0, 0), (0, 2)),
    ((0, 0), (0,)),
    ((3, 3), (3, 0)),
    ((0, 3, 3), (0, 3, 2)),
    ((3, 3), (2, 2)),
    ((2, 3, 3), (3, 3, 3)),
    ((3, 3), ()),
    ((3, 2), (3, 2)),
]


@pytest.mark.parametrize("shapes", SOLVES, ids=str)
def test_solve(shapes, rng):
    a = matrices(rng, shapes[0])
    b = rng.standard_normal(shapes[1])
    for dtype in PRECISE:
        for left in (True, False):
            hold(lambda m, a, b, left=left: m.linalg.solve(a, b, left=left), a.astype(dtype), b.astype(dtype))
    if a.shape[-1] == a.shape[-2] and len(a.shape) == 2:
        hold(slope(lambda m, a: m.linalg.solve(a, m.from_numpy(b.copy()))), a)


@pytest.mark.parametrize("unitriangular", [False, True])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("left", [False, True])
def test_solve_triangular(left, upper, unitriangular, rng):
    settings = {"left": left, "upper": upper, "unitriangular": unitriangular}

    def program(m, a, b):
        return m.linalg.solve_triangular(a, b, **settings)

    for first, second in [*SOLVES, ((40, 40), (40, 40))]:
        a = matrices(rng, first) * 0.1 + 2 * np.eye(*first[-2:])
        hold(program, a, rng.standard_normal(second))
    a, b = matrices(rng, (3, 3)), rng.standard_normal((3, 3))
    hold(slope(lambda m, a: program(m, a, m.from_numpy(b.copy()))), a)
    hold(slope(lambda m, b: program(m, m.from_numpy(a.copy()), b)), b)
    singular = np.array(np.diag([1.0, 0.0, 2.0]))
    hold(program, singular, b, backward=False)


@pytest.mark.parametrize("driver", [None, "gels", "gelsy", "gelsd", "gelss"])
def test_lstsq(driver, rng):
    for first, second in [
        *[((5, 3), (5, 2)), ((3, 5), (3, 2)), ((3, 3), (3, 1)), ((2, 5, 3), (2, 5, 2))],
        *[((5, 3), (5,)), ((2, 5, 3), (2, 5)), ((0, 3), (0, 2)), ((0, 5, 3), (0, 5, 2))],
        *[((5, 3), (4, 2)), ((5,), (5,)), ((2, 5, 3), (3, 5, 2))],
    ]:
        a, b = matrices(rng, first) if len(first) > 1 else np.ones(first), rng.standard_normal(second)

        def program(m, a, b):
            found = m.linalg.lstsq(a, b, driver=driver)
            return [found.solution, found.residuals, found.rank, found.singular_values]

        hold(program, a, b)
        hold(program, a.astype("float32"), b.astype("float32"), backward=False)
    a, b = matrices(rng, (4, 2)), rng.standard_normal((4, 2))
    hold(slope(lambda m, a: m.linalg.lstsq(a, m.from_numpy(b.copy()), driver=driver).solution), a)


def test_lstsq_of_deficient_rank(rng):
    a = np.outer(np.arange(1.0, 6), [1.0, 2.0, 3.0])
    for driver in ("gelsy", "gelsd", "gelss"):
        hold(
            lambda m, a, b, d=driver: list(m.linalg.lstsq(a, b, driver=d))[:3],
            a,
            rng.standard_normal((5, 2)),
            backward=False,
        )
    hold(
        lambda m, a, b: m.linalg.lstsq(a, b, 0.5, driver="gelsd")[2], matrices(rng, (5, 3)), rng.standard_normal((5, 2))
    )
    for bound in (1.0, 2.0):
        hold(
            lambda m, a, b, bound=bound: list(m.linalg.lstsq(a, b, bound, driver="gelsd")),
            matrices(rng, (5, 3)),
            rng.standard_normal((5, 2)),
            backward=False,
        )
    hold(lambda m, a, b: m.linalg.lstsq(a, b, driver="qr"), a, rng.standard_normal((5, 2)))


def test_matrix_rank(rng):
    low = rng.standard_normal((2, 4, 2)) @ rng.standard_normal((2, 2, 5))
    for x in (low, matrices(rng, (3, 3)), np.zeros((3, 3)), *[np.zeros(size) for size in SIZES]):
        hold(
            lambda m, x: [m.linalg.matrix_rank(x), m.linalg.matrix_rank(x, 1e-3), m.linalg.matrix_rank(x, rtol=0.5)], x
        )
    x = matrices(rng, (2, 3, 3))
    hold(lambda m, x: m.linalg.matrix_rank(x + x.mT, hermitian=True), x)
    hold(lambda m, x: m.linalg.matrix_rank(x, atol=1.5, rtol=0.1), x)
    hold(lambda m, x: m.linalg.matrix_rank(x, atol=m.tensor([1.5, 2.5], dtype=x.dtype)), x)
    hold(lambda m, x: m.linalg.matrix_rank(x, tol=2.2), x)


ORDERS = ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf, 0, 3, "x"]


@pytest.mark.parametrize("order", ORDERS)
def test_matrix_norm(order, rng):
    x = rng.standard_normal((2, 3, 4))
    for dim in [(-2, -1), (0, 2), (2, 0), (1, 0), (1, 1), (0,), (0, 1, 2), (0, 5)]:
        for keepdim in (False, True):
            hold(lambda m, x, d=dim, k=keepdim: m.linalg.matrix_norm(x, order, d, k), x)
    hold(slope(lambda m, x: m.linalg.matrix_norm(x, order)), x)
    hold(lambda m, x: m.linalg.matrix_norm(x.float(), order, dtype=m.float64), x, backward=False)
    hold(lambda m, x: m.linalg.matrix_norm(x, order, dtype=m.float32), x)
    for size in [*SIZES, (2, 0, 3), (3,)]:
        hold(lambda m, x: m.linalg.matrix_norm(x, order), np.zeros(size), backward=False)
    for dtype in ("float16", "int64"):
        hold(lambda m, x: m.linalg.matrix_norm(x, order), np.ones((2, 2), dtype), backward=False)


@pytest.mark.parametrize("order", [None, 0.5, *ORDERS])
def test_norm(order, rng):
    for shape in [(3,), (2, 3), (2, 3, 2), ()]:
        x = rng.standard_normal(shape)
        for dim in [None, 0, -1, (0,), (0, 1), (1, 0), (0, 1, 2)]:
            backward = order != 0  # which is flat
            hold(lambda m, x, d=dim: m.linalg.norm(x, order, d), x, backward=backward)
            hold(lambda m, x, d=dim: m.linalg.norm(x, ord=order, dim=d, keepdim=True), x, backward=backward)
    hold(lambda m, x: m.linalg.norm(x, order, dtype=m.float64), np.array([[2, 1], [0, 1]], "float32"))
    if isinstance(order, (int, float)):
        hold(lambda m, x: m.linalg.vector_norm(x, order), rng.standard_normal((2, 3)), backward=order != 0)
        for dim in (None, 0, 1):
            hold(lambda m, x, d=dim: m.linalg.vector_norm(x, order, d), np.zeros((0, 3)), backward=False)


def test_cond_where_there_is_no_inverse():
    singular = np.stack([np.diag([1.0, 0.0]), np.diag([1.0, 2.0])])
    for p in (None, 2, -2, 1, math.inf, "fro"):
        hold(lambda m, x, p=p: m.linalg.cond(x, p), singular, backward=False)
    hold(lambda m, x: m.linalg.cond(x, 3), singular)
    hold(lambda m, x: m.linalg.cond(x, 1), np.ones((2, 3)))


def test_cond_in_other_norms(rng):
    for p in ("fro", "nuc", 1, -1, math.inf, -math.inf):
        for shape in [(3, 3), (2, 3, 3), (0, 0), (2, 0, 0), (0, 3, 3)]:
            # PyTorch overwrites what its own backward needs; tests/test_linalg.py holds ours to differences
            hold(lambda m, x, p=p: m.linalg.cond(x, p), matrices(rng, shape), backward=False)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_determinants_of_singular_matrices_have_gradients(rank, rng):
    x = rng.standard_normal((2, 3, rank)) @ rng.standard_normal((2, rank, 3))
    hold(lambda m, x: m.linalg.det(x), x)


def test_degenerate_values_have_gradients():
    for x in (np.eye(3), np.diag([2.0, 2.0, 5.0])):
        hold(lambda m, x: [m.linalg.eigvalsh(x), m.linalg.svdvals(x)], x)
        hold(lambda m, x: [m.linalg.eigh(x).eigenvalues, m.linalg.svd(x).S], x)
        hold(lambda m, x: m.linalg.pinv(x), x)


def test_products(rng):
    sizes = [(2, 30), (30, 3), (3, 20), (20, 1)]
    chain = [rng.standard_normal(size) for size in sizes]
    hold(lambda m, *xs: m.linalg.multi_dot(xs), *chain)
    hold(lambda m, *xs: m.linalg.multi_dot(list(xs)), chain[0][0], *chain[1:])
    hold(lambda m, *xs: m.linalg.multi_dot(xs), chain[0][0], *chain[1:3], chain[3][:, 0])
    hold(lambda m, *xs: m.linalg.multi_dot(xs), chain[0][0], chain[1][:, 0])
    hold(lambda m, x: m.linalg.multi_dot([x]), chain[0])
    hold(lambda m, x: m.linalg.multi_dot([x, x, x]), rng.integers(0, 4, (3, 3)))
    hold(lambda m, *xs: m.linalg.multi_dot(xs), *chain[1:], chain[0][None])
    hold(lambda m, x, y: m.linalg.multi_dot([x, y]), chain[0], chain[2])
    hold(lambda m, x, y: m.linalg.multi_dot([x, y]), chain[0], chain[1].astype("float32"))
    hold(lambda m, x: m.linalg.matmul(x, x.mT), rng.standard_normal((2, 3, 4)))
    for dtype in ("int64", "float16"):
        hold(lambda m, x: [m.linalg.matrix_power(x, n) for n in (0, 1, 3)], np.array([[1, 2], [0, 1]], dtype))
        hold(lambda m, x: m.linalg.matrix_power(x, -1), np.array([[1, 2], [0, 1]], dtype))
    hold(lambda m, x: m.linalg.matrix_power(x, 2), np.ones((2, 3)))
    hold(lambda m, x: m.linalg.matrix_power(x, -2), np.ones((2, 2)))


@pytest.mark.parametrize("dim", [-1, 0, 1, 2])
def test_products_along_a_dimension(dim, rng):
    for first, second in [((3, 3), (3, 3)), ((3, 1), (1, 3)), ((3,), (3,)), ((2, 3), (3,)), ((2, 3), (3, 3)), ((), ())]:
        x, y = rng.standard_normal(first), rng.standard_normal(second)
        if dim < max(x.ndim, y.ndim):  # of vectors PyTorch does not look at it
            hold(lambda m, x, y: m.linalg.vecdot(x, y, dim=dim), x, y)
        hold(lambda m, x, y: m.linalg.cross(x, y, dim=dim), x, y)
    hold(lambda m, x: m.linalg.vecdot(x, x, dim=dim), np.ones((3, 3), int))
    hold(lambda m, x: m.linalg.cross(x, x, dim=dim), np.ones((3, 3), int))
    hold(lambda m, x: m.linalg.vecdot(x, x), np.ones(3, "float16"))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int64", "int32", "uint8", "bool"])
def test_vander(dtype, rng):
    for shape in [(4,), (2, 3), (), (1,), (0,), (0, 3), (3, 0)]:
        x = rng.integers(0, 4, shape).astype(dtype)
        for n in (None, 1, 2, 5):
            hold(lambda m, x, n=n: m.linalg.vander(x, N=n), x)


def test_tensorinv(rng):
    for shape, ind in [((2, 3, 6), 2), ((6, 2, 3), 1), ((4, 4), 1), ((2, 3, 6), 1), ((4, 4), 0), ((4, 4), -1)]:
        hold(lambda m, x, ind=ind: m.linalg.tensorinv(x, ind), rng.standard_normal(shape))
    hold(lambda m, x: m.linalg.tensorinv(x), rng.standard_normal((2, 2, 2, 2)))


@pytest.mark.parametrize("mode", ["complete", "r", "other"])
def test_modes_of_qr(mode, rng):
    for size in SIZES:
        hold(lambda m, x: [y.abs() for y in m.linalg.qr(x, mode)], matrices(rng, size), backward=False)
        hold(lambda m, x: m.linalg.qr(x, mode=mode).R.abs(), matrices(rng, size))


@pytest.mark.parametrize("shape", [(4, 3), (3, 3), (2, 4, 2)])
def test_reflections(shape, rng):
    x, tau = rng.standard_normal(shape), rng.standard_normal((*shape[:-2], shape[-1]))
    other = rng.standard_normal((*shape[:-1], 2))
    hold(lambda m, x: list(m.geqrf(x)), x, backward=False)
    for turned in TRUTH:
        hold(lambda m, a, t, c, turned=turned: m.ormqr(a, t, c, transpose=turned), x, tau, other)
        hold(lambda m, a, t, c, turned=turned: a.ormqr(t, c.mT, False, turned), x, tau, other)


def test_tensorsolve(rng):
    for shape, dims in [((2, 3, 6), None), ((2, 3, 6), (0, 2)), ((3, 4, 4, 3), (0, 2)), ((3, 4, 4, 3), None)]:
        a, b = rng.standard_normal(shape), rng.standard_normal(shape[:2])
        hold(lambda m, a, b, dims=dims: m.linalg.tensorsolve(a, b, dims), a, b)
    hold(lambda m, a, b: m.linalg.tensorsolve(a, b), np.ones((2, 3, 4)), np.ones((2, 3)))


def test_the_largest_singular_values(rng):
    a = rng.standard_normal((9, 3)) @ rng.standard_normal((3, 5))
    hold(lambda m, x: m.svd_lowrank(x, 5)[1], a, backward=False)
    hold(lambda m, x: m.pca_lowrank(x, q=3)[1], a, backward=False)
    hold(lambda m, x: m.pca_lowrank(x, q=7), a)


@pytest.mark.parametrize("kind", ["uint8", "int64", "float32", "float64"])
def test_addr_of_other_dtypes(kind):
    a, b = np.arange(3).astype(kind), np.arange(2.0).astype("float32")
    hold(lambda m, a, b: m.addr(m.ones(3, 2, dtype=m.int16), a, b), a, b, backward=False)
    hold(lambda m, a, b: m.addr(m.ones(3, 2, dtype=m.int16), a, a[:2], beta=2, alpha=3), a, b, backward=False)
    hold(lambda m, a, b: m.addr(m.ones(3, 2), a, b, beta=True), a, b, backward=False)


def test_products_take_one_dtype():
    a = np.ones((2, 2))
    for program in (
        lambda m, a: a @ a.float(),
        lambda m, a: m.matmul(a, a.long()),
        lambda m, a: m.nn.functional.linear(a, a.float()),
    ):
        hold(program, a)


@pytest.mark.parametrize("keepdim", [False, True])
def test_the_nuclear_norm_by_its_name(keepdim):
    x = np.random.default_rng(0).standard_normal((3, 4, 5))
    hold(lambda m, x: m.nuclear_norm(x, keepdim=keepdim), x)
    hold(lambda m, x: m.nuclear_norm(x, (2, 0), keepdim), x)
    hold(lambda m, x: m.nuclear_norm(x[0], (0, 2), keepdim), x)


def test_a_tensor_tells_how_many_dimensions_tensordot_pairs():
    x = np.arange(12.0).reshape(3, 4)
    hold(lambda m, x: m.tensordot(x, x.t(), m.tensor([1])), x)
    hold(lambda m, x: m.tensordot(x, x.t(), m.tensor(2)), x)
    hold(lambda m, x: m.tensordot(x, x.t(), m.tensor([[1, 0], [0, 1]])), x)


@pytest.mark.parametrize("change", [lambda p: p.long(), lambda p: p * 0, lambda p: p + 9, lambda p: p])
def test_pivots_are_those_of_lu_factor(change):
    def unpacked(m, x):
        packed, pivots = m.linalg.lu_factor(x)
        return m.lu_unpack(packed, change(pivots))

    def solved(m, x):
        packed, pivots = m.linalg.lu_factor(x)
        return m.lu_solve(x, packed, change(pivots).long())

    x = np.random.default_rng(0).standard_normal((2, 3, 3))
    hold(unpacked, x)
    hold(solved, x)


FAILING = {
    "the inverse of a singular factor": lambda m, x: m.cholesky_inverse(x.tril(-1)),
    "reflections of other batches": lambda m, x: m.ormqr(x[None], x[None, 0], m.stack([x, x])),
    "a singular lu": lambda m, x: m.linalg.lu_factor(x),
    "an attempt": lambda m, x: m.linalg.solve_ex(x, x, check_errors=True),
    "a chain of a vector": lambda m, x: m.chain_matmul(x[..., 0], x[..., 0]),
    "inv": lambda m, x: m.linalg.inv(x),
    "solve": lambda m, x: m.linalg.solve(x, x),
    "cholesky": lambda m, x: m.linalg.cholesky(x - 5),
    "cholesky of NaN": lambda m, x: m.linalg.cholesky(x * math.nan),
    "svd of NaN": lambda m, x: m.linalg.svd(x * math.nan),
    "svd with a driver": lambda m, x: m.linalg.svd(x, driver="gesvd"),
    "svdvals with a driver": lambda m, x: m.linalg.svdvals(x, driver="gesvd"),
    "eigh of neither triangle": lambda m, x: m.linalg.eigh(x, "M"),
    "eigvalsh of neither triangle": lambda m, x: m.linalg.eigvalsh(x, "M"),
    "different dtypes": lambda m, x: m.linalg.solve(x + m.eye(2, dtype=x.dtype), x.float()),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_cannot_be_computed(name):
    hold(FAILING[name], np.ones((2, 2)))
    hold(FAILING[name], np.ones((3, 2, 2)))


def test_results_have_pytorch_s_names():
    x = np.array([[2.0, 1.0], [1.0, 3.0]])
    for name, fields in [
        ("svd", ["U", "S", "Vh"]),
        ("qr", ["Q", "R"]),
        ("eigh", ["eigenvalues", "eigenvectors"]),
        ("slogdet", ["sign", "logabsdet"]),
    ]:
        for library in (tg, torch):
            found = getattr(library.linalg, name)(library.tensor(x))
            assert all(getattr(found, field) is found[i] for i, field in enumerate(fields))
            assert len(found) == len(fields)
    for library in (tg, torch):
        assert issubclass(library.linalg.LinAlgError, RuntimeError)
    assert not [name for name in tg.linalg.__all__ if not hasattr(torch.linalg, name)]
