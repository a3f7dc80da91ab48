"""Linear algebra under the names of PyTorch's `torch.linalg`; what computes it is in functions/linalg/."""

from .errors import LinAlgError
from .functions.linalg.attempts import cholesky_ex, inv_ex, solve_ex
from .functions.linalg.decompositions import cholesky, eigh, eigvalsh, qr, svd, svdvals
from .functions.linalg.determinants import det, slogdet
from .functions.linalg.elimination import lu, lu_factor, lu_factor_ex, lu_solve
from .functions.linalg.norms import cond, matrix_norm, norm
from .functions.linalg.products import (
    cross,
    diagonal,
    householder_product,
    matrix_exp,
    matrix_power,
    multi_dot,
    vander,
    vecdot,
)
from .functions.linalg.pseudoinverse import lstsq, matrix_rank, pinv
from .functions.linalg.solving import inv, solve, solve_triangular, tensorinv, tensorsolve
from .functions.linear import matmul
from .functions.norms import vector_norm
from .told import guard

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_ex",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eigh",
    "eigvalsh",
    "householder_product",
    "inv",
    "inv_ex",
    "lstsq",
    "lu",
    "lu_factor",
    "lu_factor_ex",
    "lu_solve",
    "matmul",
    "matrix_exp",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_ex",
    "solve_triangular",
    "svd",
    "svdvals",
    "tensorinv",
    "tensorsolve",
    "vander",
    "vecdot",
    "vector_norm",
]

guard(globals(), __all__, __name__)
