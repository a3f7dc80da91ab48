"""Names at the top of PyTorch that are nothing of ours by themselves."""

from typing import Any

from .. import dtypes
from ..autograd import is_anomaly_check_nan_enabled, is_anomaly_enabled
from ..autograd.inference import is_inference
from ..distributions.gamma import standard_gamma
from ..functions.joining import cat
from ..functions.sequences import linspace
from ..nn.functional import (
    adaptive_avg_pool1d,
    alpha_dropout,
    bilinear,
    channel_shuffle,
    dropout,
    pixel_shuffle,
    pixel_unshuffle,
)
from ..tensor import Tensor
from .devices import device
from .dtypes import (
    bfloat16,
    cdouble,
    cfloat,
    complex64,
    complex128,
    dtype,
    float4_e2m1fn_x2,
    float8_e4m3fn,
    float8_e4m3fnuz,
    float8_e5m2,
    float8_e5m2fnuz,
    float8_e8m0fnu,
    get_default_dtype,
    promote_types,
    result_type,
    uint16,
    uint32,
    uint64,
)
from .futures import Future
from .precision import (
    autocast,
    clear_autocast_cache,
    get_autocast_cpu_dtype,
    get_autocast_dtype,
    get_autocast_gpu_dtype,
    is_autocast_cache_enabled,
    is_autocast_cpu_enabled,
    is_autocast_enabled,
)
from .randomness import get_rng_state
from .sparse import _convert_indices_from_coo_to_csr, sparse_coo_tensor, sparse_csc_tensor, sparse_csr_tensor
from .sparse import mm as spmm

__all__ = [
    "Device",
    "Future",
    "Number",
    "TensorType",
    "__version__",
    "_assert",
    "_convert_indices_from_coo_to_csr",
    "_sample_dirichlet",
    "_softmax_backward_data",
    "_standard_gamma",
    "adaptive_avg_pool1d",
    "alpha_dropout",
    "autocast",
    "bfloat16",
    "bilinear",
    "cdouble",
    "cfloat",
    "channel_shuffle",
    "clear_autocast_cache",
    "complex64",
    "complex128",
    "detach",
    "device",
    "dropout",
    "dsmm",
    "dtype",
    "float4_e2m1fn_x2",
    "float8_e4m3fn",
    "float8_e4m3fnuz",
    "float8_e5m2",
    "float8_e5m2fnuz",
    "float8_e8m0fnu",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "get_default_dtype",
    "get_num_interop_threads",
    "get_rng_state",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "is_inference",
    "layout",
    "memory_format",
    "native_channel_shuffle",
    "pixel_shuffle",
    "pixel_unshuffle",
    "promote_types",
    "range",
    "result_type",
    "set_default_tensor_type",
    "set_flush_denormal",
    "set_num_interop_threads",
    "sparse_bsc",
    "sparse_bsr",
    "sparse_coo",
    "sparse_coo_tensor",
    "sparse_csc",
    "sparse_csc_tensor",
    "sparse_csr",
    "sparse_csr_tensor",
    "spmm",
    "uint16",
    "uint32",
    "uint64",
    "vander",
]

__version__ = "2.13.0+tinygrad_edu"


Number = int | float | bool
native_channel_shuffle = channel_shuffle
dsmm = spmm
Device = device | str | int | None
layout = memory_format = str
sparse_coo, sparse_csr, sparse_csc, sparse_bsr, sparse_bsc = (  # layouts that no Tensor here has
    f"torch.sparse_{kind}" for kind in ("coo", "csr", "csc", "bsr", "bsc")
)
TensorType = type


detach: Any = Tensor.detach  # which Tensor has as a function, too


def _assert(condition: Any, message: str) -> None:
    """Raise AssertionError unless the condition holds."""
    assert condition, message


def _softmax_backward_data(grad_output: Tensor, output: Tensor, dim: int, input_dtype: Any) -> Tensor:
    """The gradient of softmax in its input."""
    product = grad_output * output
    return (product - output * product.sum(dim, keepdim=True)).to(input_dtype)


def _standard_gamma(self: Tensor, generator: Any = None) -> Any:
    """A number from each gamma distribution of rate 1, of these concentrations; `(*) -> (*)`."""
    return standard_gamma(self, self.shape, generator)


def _sample_dirichlet(self: Tensor, generator: Any = None) -> Any:
    """A vector that sums to 1 from each Dirichlet distribution, of these concentrations; `(*, n) -> (*, n)`."""
    drawn = standard_gamma(self, self.shape, generator)
    return drawn / drawn.sum(-1, keepdim=True)


def set_flush_denormal(mode: bool) -> bool:
    """False: NumPy keeps numbers that are nearly 0."""
    return False


def range(start: float = 0, end: float | None = None, step: float = 1, **settings: Any) -> Any:
    """Numbers from start to end, both included; `arange` without the end.

    Raises:
        RuntimeError: the step is 0, or leads away from the end.
    """
    first, last = (0, start) if end is None else (start, end)
    if not step or (last - first) * step < 0:
        raise RuntimeError(f"range from {first} to {last} cannot be walked in steps of {step}")
    return linspace(first, first + (last - first) // step * step, int((last - first) // step) + 1, **settings)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers N - 1 to 0 of each element, or 0 to N - 1 if increasing; `(n) -> (n, N)`.

    Raises:
        RuntimeError: the Tensor has not one dimension, or N is negative.
    """
    count = x.numel() if N is None else N
    if x.ndim != 1 or count < 0:
        raise RuntimeError(f"vander takes a vector and an N of 0 or more, got shape {x.shape} and {count}")
    kind = promote_types(x.dtype, dtypes.int64)
    powers: Tensor = x.new_ones(x.numel(), count, dtype=kind)
    if count > 1:
        powers = cat([powers[:, :1], x.to(kind)[:, None].expand(-1, count - 1).cumprod(1)], 1)
    return powers if increasing else powers.flip(-1)


def set_default_tensor_type(t: Any) -> None:
    """Make floating Tensors of this type: `torch.DoubleTensor`, or its name."""
    name = t if isinstance(t, str) else t.__name__
    kinds = {"FloatTensor": dtypes.float32, "DoubleTensor": dtypes.float64, "HalfTensor": dtypes.float16}
    kind = kinds.get(name.rpartition(".")[2])
    if kind is None:
        raise TypeError(f"the default type of Tensors is a floating one, {', '.join(kinds)}, got {name}")
    dtypes.set_default_dtype(kind)


def get_num_interop_threads() -> int:
    """1: operations run one after the other."""
    return 1


def set_num_interop_threads(num: int) -> None:
    """Nothing to do: operations run one after the other."""
