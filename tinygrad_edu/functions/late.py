"""The families of functions that few programs need: each is read when one of its names is first asked for.

Reading them all would take half as long again as importing the package does. The tables are held to what the families
define by tests/test_late.py.
"""

import importlib
from typing import Any

from ..tensor import Tensor

__all__ = ["FUNCTIONS", "METHODS"]

FUNCTIONS = {  # of the package
    "activation": "celu celu_ hardshrink prelu relu_ rrelu rrelu_ selu selu_ threshold threshold_",
    "calculus": "cumulative_trapezoid diff gradient trapezoid trapz",
    "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "counting": "bincount histc histogram unique unique_consecutive",
    "covariance": "corrcoef cov",
    "cumulative": "cummax cummin cumprod cumsum logcumsumexp",
    "diagonal": "diag diag_embed diagflat diagonal tril tril_indices triu triu_indices",
    "distance": "cdist cosine_similarity pairwise_distance pdist",
    "einsum": "einsum",
    "incomplete": "igamma igammac",
    "lowrank": "pca_lowrank svd_lowrank",
    "matrices": (
        "chain_matmul cholesky cholesky_inverse cholesky_solve det geqrf inverse logdet lu lu_solve lu_unpack "
        "matrix_exp matrix_power orgqr ormqr pinverse qr slogdet svd triangular_solve"
    ),
    "multiply_add": "addcdiv addcmul lerp",
    "normalization": "batch_norm group_norm instance_norm layer_norm renorm rms_norm",
    "norms": "dist norm nuclear_norm",
    "pooling": "avg_pool1d max_pool1d max_pool2d max_pool3d",
    "rearranging": "constant_pad_nd flip fliplr flipud repeat_interleave roll rot90 tile",
    "sampling": "bernoulli binomial multinomial normal poisson",
    "scatter": (
        "diagonal_scatter index_put masked_scatter put scatter scatter_add scatter_reduce select_scatter slice_scatter"
    ),
    "search": "argwhere bucketize isin searchsorted",
    "settings": (
        "are_deterministic_algorithms_enabled compile e get_float32_matmul_precision get_num_threads inf nan "
        "newaxis pi set_float32_matmul_precision set_num_threads use_deterministic_algorithms"
    ),
    "slicewise": "index_add index_copy index_fill index_reduce",
    "special": "digamma erf erfc erfinv i0 lgamma logit mvlgamma polygamma sinc xlogy",
    "spectral_windows": "bartlett_window blackman_window hamming_window hann_window kaiser_window",
    "statistics": "kthvalue median mode nanmedian nanquantile quantile",
    "storage": "is_storage",
    "strided": "as_strided as_strided_scatter empty_strided",
    "types": (
        "BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor ShortTensor typename"
    ),
}
METHODS = {  # of Tensor
    "activation": "hardshrink prelu",
    "calculus": "diff",
    "counting": "bincount histc histogram unique unique_consecutive",
    "covariance": "corrcoef cov",
    "cumulative": "cummax cummin cumprod cumprod_ cumsum cumsum_ logcumsumexp",
    "diagonal": "diag diag_embed diagflat diagonal fill_diagonal_ tril tril_ triu triu_",
    "incomplete": "igamma igamma_ igammac igammac_",
    "matrices": (
        "cholesky cholesky_inverse cholesky_solve det geqrf inverse logdet lu lu_solve matrix_exp matrix_power "
        "orgqr ormqr pinverse qr slogdet svd triangular_solve"
    ),
    "multiply_add": "addcdiv addcdiv_ addcmul addcmul_ lerp lerp_",
    "normalization": "renorm renorm_",
    "norms": "dist norm",
    "rearranging": "flip fliplr flipud repeat repeat_interleave roll rot90 tile",
    "sampling": "bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_ uniform_",
    "scatter": (
        "diagonal_scatter index_put index_put_ masked_fill_ masked_scatter masked_scatter_ put put_ scatter "
        "scatter_ scatter_add scatter_add_ scatter_reduce scatter_reduce_ select_scatter slice_scatter"
    ),
    "search": "argwhere",
    "slicewise": "index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_reduce index_reduce_",
    "special": (
        "digamma digamma_ erf erf_ erfc erfc_ erfinv erfinv_ i0 i0_ lgamma lgamma_ logit logit_ mvlgamma "
        "mvlgamma_ polygamma polygamma_ sinc sinc_ xlogy xlogy_"
    ),
    "statistics": "kthvalue median mode nanmedian nanquantile quantile",
    "storage": "resize_ resize_as_ set_ storage untyped_storage",
    "strided": "as_strided as_strided_ as_strided_scatter",
    "types": "new",
}


class LateMethod:
    """Stands for a method of Tensor until it is asked for; then its family is read, which puts the method here."""

    def __init__(self, name: str, family: str) -> None:
        self.name, self.family = name, family

    def __get__(self, instance: Any, owner: type) -> Any:
        importlib.import_module(f"{__package__}.{self.family}")
        return vars(Tensor)[self.name].__get__(instance, owner)


for family, names in METHODS.items():
    for name in names.split():
        setattr(Tensor, name, LateMethod(name, family))
