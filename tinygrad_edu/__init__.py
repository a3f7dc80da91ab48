"""tinygrad_edu: a minimal autograd tensor engine on NumPy, with PyTorch's names.

>>> import tinygrad_edu as tg
>>> x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x * x).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

import importlib
import warnings
from typing import TYPE_CHECKING

from . import autograd
from . import inplace as inplace  # gives Tensor its in-place methods
from . import protocols as protocols  # and what makes it a number, a sequence, a key
from ._version import __version__
from .autograd import inference_mode, is_inference_mode_enabled
from .dtypes import bool_ as bool
from .dtypes import float16, float32, float64, get_default_dtype, int8, int16, int32, int64, set_default_dtype, uint8
from .functions.aliases import (
    absolute,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    clip,
    divide,
    fix,
    greater,
    greater_equal,
    less,
    less_equal,
    multiply,
    negative,
    not_equal,
    subtract,
)
from .functions.arithmetic import (
    add,
    copysign,
    div,
    float_power,
    fmax,
    fmin,
    frexp,
    gcd,
    heaviside,
    hypot,
    lcm,
    ldexp,
    logaddexp,
    logaddexp2,
    nextafter,
    rsub,
    sub,
    true_divide,
)
from .functions.comparison import allclose, bitwise_left_shift, bitwise_right_shift, equal, isclose
from .functions.conjugate import adjoint, angle, conj, is_complex, isreal, real
from .functions.conversion import (
    can_cast,
    finfo,
    iinfo,
    is_floating_point,
    is_nonzero,
    is_tensor,
    numel,
    promote_types,
    result_type,
)
from .functions.creation import (
    as_tensor,
    asarray,
    empty,
    empty_like,
    from_numpy,
    full,
    full_like,
    ones,
    ones_like,
    scalar_tensor,
    tensor,
    zeros,
    zeros_like,
)
from .functions.device import device, get_default_device, set_default_device
from .functions.display import set_printoptions
from .functions.elementwise import clamp, clamp_max, clamp_min, clone, fill, masked_fill, pow, where
from .functions.indexing import gather, index_select, masked_select, nonzero, take, take_along_dim, unravel_index
from .functions.joining import (
    block_diag,
    cartesian_prod,
    cat,
    column_stack,
    combinations,
    concat,
    concatenate,
    dstack,
    hstack,
    meshgrid,
    row_stack,
    stack,
    vstack,
)
from .functions.late import FUNCTIONS
from .functions.layout import (
    Size,
    channels_last,
    channels_last_3d,
    contiguous_format,
    from_dlpack,
    frombuffer,
    is_same_size,
    preserve_format,
    strided,
)
from .functions.linear import (
    addbmm,
    addmm,
    addmv,
    addr,
    baddbmm,
    bmm,
    cross,
    dot,
    ger,
    inner,
    kron,
    matmul,
    mm,
    mv,
    outer,
    tensordot,
    vdot,
)
from .functions.movement import (
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_shapes,
    broadcast_tensors,
    broadcast_to,
    flatten,
    moveaxis,
    movedim,
    permute,
    ravel,
    reshape,
    squeeze,
    swapaxes,
    swapdims,
    t,
    transpose,
    unflatten,
    unsqueeze,
)
from .functions.random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    seed,
    set_rng_state,
)
from .functions.reduction import (
    all,
    amax,
    amin,
    aminmax,
    any,
    argmax,
    argmin,
    count_nonzero,
    logsumexp,
    max,
    mean,
    min,
    nanmean,
    nansum,
    prod,
    std,
    std_mean,
    sum,
    trace,
    var,
    var_mean,
)
from .functions.sequences import arange, eye, linspace, logspace
from .functions.softmax import log_softmax, softmax
from .functions.sorting import argsort, msort, sort, topk
from .functions.splitting import (
    chunk,
    dsplit,
    hsplit,
    narrow,
    narrow_copy,
    select,
    split,
    split_with_sizes,
    tensor_split,
    unbind,
    vsplit,
)
from .functions.unary import (
    deg2rad,
    frac,
    isneginf,
    isposinf,
    nan_to_num,
    positive,
    rad2deg,
    round,
    sgn,
    sign,
    signbit,
    square,
)
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .kernels.freed import keep_freed
from .ops.comparison import (
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    eq,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    lt,
    ne,
)
from .ops.elementary import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cos,
    cosh,
    exp,
    exp2,
    expm1,
    log,
    log1p,
    log2,
    log10,
    rsqrt,
    sigmoid,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)
from .ops.elementwise import (
    abs,
    ceil,
    floor,
    floor_divide,
    fmod,
    maximum,
    minimum,
    mul,
    neg,
    reciprocal,
    relu,
    remainder,
    trunc,
)
from .tensor import Tensor
from .told import guard

if TYPE_CHECKING:
    from .func import vmap
    from .functions.activation import (
        celu,
        celu_,
        hardshrink,
        prelu,
        relu_,
        rrelu,
        rrelu_,
        selu,
        selu_,
        threshold,
        threshold_,
    )
    from .functions.calculus import cumulative_trapezoid, diff, gradient, trapezoid, trapz
    from .functions.convolution import conv1d, conv2d, conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d
    from .functions.counting import bincount, histc, histogram, unique, unique_consecutive
    from .functions.covariance import corrcoef, cov
    from .functions.cumulative import cummax, cummin, cumprod, cumsum, logcumsumexp
    from .functions.diagonal import diag, diag_embed, diagflat, diagonal, tril, tril_indices, triu, triu_indices
    from .functions.distance import cdist, cosine_similarity, pairwise_distance, pdist
    from .functions.einsum import einsum
    from .functions.incomplete import igamma, igammac
    from .functions.lowrank import pca_lowrank, svd_lowrank
    from .functions.matrices import (
        chain_matmul,
        cholesky,
        cholesky_inverse,
        cholesky_solve,
        det,
        geqrf,
        inverse,
        logdet,
        lu,
        lu_solve,
        lu_unpack,
        matrix_exp,
        matrix_power,
        orgqr,
        ormqr,
        pinverse,
        qr,
        slogdet,
        svd,
        triangular_solve,
    )
    from .functions.multiply_add import addcdiv, addcmul, lerp
    from .functions.normalization import batch_norm, group_norm, instance_norm, layer_norm, renorm, rms_norm
    from .functions.norms import dist, norm, nuclear_norm
    from .functions.pooling import avg_pool1d, max_pool1d, max_pool2d, max_pool3d
    from .functions.rearranging import constant_pad_nd, flip, fliplr, flipud, repeat_interleave, roll, rot90, tile
    from .functions.sampling import bernoulli, multinomial, normal, poisson
    from .functions.scatter import (
        diagonal_scatter,
        index_put,
        masked_scatter,
        put,
        scatter,
        scatter_add,
        scatter_reduce,
        select_scatter,
        slice_scatter,
    )
    from .functions.search import argwhere, bucketize, isin, searchsorted
    from .functions.settings import (
        are_deterministic_algorithms_enabled,
        compile,
        e,
        get_float32_matmul_precision,
        get_num_threads,
        inf,
        nan,
        newaxis,
        pi,
        set_float32_matmul_precision,
        set_num_threads,
        use_deterministic_algorithms,
    )
    from .functions.slicewise import index_add, index_copy, index_fill, index_reduce
    from .functions.special import digamma, erf, erfc, erfinv, i0, lgamma, logit, mvlgamma, polygamma, sinc, xlogy
    from .functions.spectral_windows import bartlett_window, blackman_window, hamming_window, hann_window, kaiser_window
    from .functions.statistics import kthvalue, median, mode, nanmedian, nanquantile, quantile
    from .functions.storage import is_storage
    from .functions.strided import as_strided, empty_strided
    from .functions.types import (
        BoolTensor,
        ByteTensor,
        CharTensor,
        DoubleTensor,
        FloatTensor,
        HalfTensor,
        IntTensor,
        LongTensor,
        ShortTensor,
        typename,
    )
    from .io import load, save

half, float, double, short, int, long = float16, float32, float64, int16, int32, int64


PACKAGES = (
    "accelerator",
    "backends",
    "cuda",
    "data",
    "distributions",
    "func",
    "io",
    "linalg",
    "models",
    "nn",
    "optim",
    "special",
    "testing",
    "train",
    "viz",
)
PLACES = {"as_torch": "pytorch", "load": "io", "save": "io", "vmap": "func"}
PLACES |= {name: f"functions.{family}" for family, names in FUNCTIONS.items() for name in names.split()}


def __getattr__(name: str) -> object:
    """The packages of the higher floors, and functions that few programs need, read when they are first asked for."""
    if name in PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = {name: getattr(importlib.import_module(f"{__name__}.{PLACES[name]}"), name)}
    guard(found, [name], __name__)
    return globals().setdefault(name, found[name])  # that of the thread which came first


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


keep_freed()
# log 0 is -inf and exp 1000 is inf without a word, as in PyTorch; elsewhere NumPy's warnings stay as they are
warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"tinygrad_edu(\.|$)")

# fmt: off
__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "Generator", "HalfTensor", "IntTensor",
    "LongTensor", "ShortTensor", "Size", "Tensor", "__version__", "abs", "absolute", "acos", "acosh", "add",
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addr", "adjoint", "all", "allclose", "amax", "amin",
    "aminmax", "angle", "any", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort", "argwhere", "as_strided",
    "as_strided_scatter", "as_tensor", "asarray", "asin", "asinh", "atan", "atan2", "atanh", "atleast_1d",
    "atleast_2d", "atleast_3d", "autograd", "avg_pool1d", "baddbmm", "bartlett_window", "batch_norm", "bernoulli",
    "bincount", "binomial", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "blackman_window", "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "bucketize", "can_cast", "cartesian_prod", "cat", "cdist", "ceil", "celu", "celu_", "chain_matmul",
    "channels_last", "channels_last_3d", "cholesky", "cholesky_inverse", "cholesky_solve", "chunk", "clamp",
    "clamp_max", "clamp_min", "clip", "clone", "column_stack", "combinations", "compile", "concat", "concatenate",
    "conj", "constant_pad_nd", "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_transpose1d",
    "conv_transpose2d", "conv_transpose3d", "copysign", "corrcoef", "cos", "cosh", "cosine_similarity",
    "count_nonzero", "cov", "cross", "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid",
    "default_generator", "deg2rad", "det", "device", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_scatter",
    "diff", "digamma", "dist", "div", "divide", "dot", "double", "dsplit", "dstack", "e", "einsum", "empty",
    "empty_like", "empty_strided", "enable_grad", "eq", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1",
    "eye", "fill", "finfo", "fix", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32", "float64",
    "float_power", "floor", "floor_divide", "fmax", "fmin", "fmod", "frac", "frexp", "from_dlpack", "from_numpy",
    "frombuffer", "full", "full_like", "func", "gather", "gcd", "ge", "geqrf", "ger", "get_default_device",
    "get_default_dtype", "get_float32_matmul_precision", "get_num_threads", "get_rng_state", "gradient", "greater",
    "greater_equal", "group_norm", "gt", "half", "hamming_window", "hann_window", "hardshrink", "heaviside", "histc",
    "histogram", "hsplit", "hstack", "hypot", "i0", "igamma", "igammac", "iinfo", "index_add", "index_copy",
    "index_fill", "index_put", "index_reduce", "index_select", "inf", "inference_mode", "initial_seed", "inner",
    "instance_norm", "int", "int8", "int16", "int32", "int64", "inverse", "is_complex", "is_floating_point",
    "is_grad_enabled", "is_inference_mode_enabled", "is_nonzero", "is_same_size", "is_storage", "is_tensor", "isclose",
    "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "isreal", "kaiser_window", "kron", "kthvalue",
    "layer_norm", "lcm", "ldexp", "le", "lerp", "less", "less_equal", "lgamma", "linspace", "load", "log", "log1p",
    "log2", "log10", "log_softmax", "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "logical_and", "logical_not",
    "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "long", "lt", "lu", "lu_solve", "lu_unpack",
    "manual_seed", "masked_fill", "masked_scatter", "masked_select", "matmul", "matrix_exp", "matrix_power", "max",
    "max_pool1d", "max_pool2d", "max_pool3d", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm",
    "mode", "moveaxis", "movedim", "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan", "nan_to_num",
    "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "narrow_copy", "ne", "neg", "negative", "newaxis",
    "nextafter", "no_grad", "nonzero", "norm", "normal", "not_equal", "nuclear_norm", "numel", "ones", "ones_like",
    "orgqr", "ormqr", "outer", "pairwise_distance", "pca_lowrank", "pdist", "permute", "pi", "pinverse", "poisson",
    "polygamma", "positive", "pow", "prelu", "preserve_format", "prod", "promote_types", "put", "qr", "quantile",
    "rad2deg", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm", "ravel", "real",
    "reciprocal", "relu", "relu_", "remainder", "renorm", "repeat_interleave", "reshape", "result_type", "rms_norm",
    "roll", "rot90", "round", "row_stack", "rrelu", "rrelu_", "rsqrt", "rsub", "save", "scalar_tensor", "scatter",
    "scatter_add", "scatter_reduce", "searchsorted", "seed", "select", "select_scatter", "selu", "selu_",
    "set_default_device", "set_default_dtype", "set_float32_matmul_precision", "set_grad_enabled",
    "set_num_threads", "set_printoptions", "set_rng_state", "sgn", "short", "sigmoid", "sign", "signbit", "sin",
    "sinc", "sinh", "slice_scatter", "slogdet", "softmax", "sort", "split", "split_with_sizes", "sqrt", "square",
    "squeeze", "stack", "std", "std_mean", "strided", "sub", "subtract", "sum", "svd", "svd_lowrank", "swapaxes",
    "swapdims", "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split", "tensordot", "threshold",
    "threshold_", "tile", "topk", "trace", "transpose", "trapezoid", "trapz", "triangular_solve", "tril",
    "tril_indices", "triu", "triu_indices", "true_divide", "trunc", "typename", "uint8", "unbind", "unflatten",
    "unique", "unique_consecutive", "unravel_index", "unsqueeze", "use_deterministic_algorithms", "var", "var_mean",
    "vdot", "vmap", "vsplit", "vstack", "where", "xlogy", "zeros", "zeros_like",
]
# fmt: on

guard(globals(), __all__, __name__)
