"""Initial values of parameters: each function fills a Tensor in place and returns it, recording nothing."""

import math
from typing import Any

import numpy

from ..dtypes import check_kind
from ..functions.creation import from_numpy
from ..functions.random import randn, randperm
from ..functions.sequences import eye
from ..grad_mode import no_grad
from ..tensor import Tensor
from ..told import guard, warn_user

__all__ = [
    "calculate_gain",
    "constant_",
    "dirac_",
    "eye_",
    "fan_in_uniform_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "sparse_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]

GAINS = {
    **dict.fromkeys(["linear", "sigmoid", "conv1d", "conv2d", "conv3d"], 1.0),
    **dict.fromkeys(["conv_transpose1d", "conv_transpose2d", "conv_transpose3d"], 1.0),
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    r"""The factor by which weights before this nonlinearity grow so that variances stay as they are.

    1 for linear maps and sigmoid, 5/3 for tanh, $\sqrt 2$ for relu, $\sqrt{2 / (1 + slope^2)}$ for leaky_relu (`param`
    is its slope, 0.01 by default), 3/4 for selu.

    >>> calculate_gain("tanh")
    1.6666666666666667

    Raises:
        ValueError: the name is none of these, or the slope is no number.
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"the slope of leaky_relu is a number, got {param!r}")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in GAINS:
        raise ValueError(f"there is no gain for {nonlinearity!r}; there is for {', '.join(sorted(GAINS))}, leaky_relu")
    return GAINS[nonlinearity]


def fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs an output has, and outputs an input; of `(out, in, *kernel)`.

    Raises:
        ValueError: it has fewer than two dimensions.
    """
    if tensor.ndim < 2:
        raise ValueError(f"the fan in and out are those of a weight (out, in, ..), got shape {tensor.shape}")
    window = math.prod(tensor.shape[2:])
    return tensor.shape[1] * window, tensor.shape[0] * window


def fan(tensor: Tensor, mode: str) -> int:
    """The fan that kaiming initialisation keeps the variance for.

    Raises:
        ValueError: the mode is neither fan_in nor fan_out.
    """
    modes = ("fan_in", "fan_out")
    if mode not in modes:
        raise ValueError(f"mode is one of {modes}, got {mode!r}")
    return fans(tensor)[modes.index(mode)]


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with uniform numbers in [a, b)."""
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Any = None) -> Tensor:
    """Fill with normal numbers."""
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fill with one number."""
    with no_grad():
        return tensor.fill_(val)


def ones_(tensor: Tensor) -> Tensor:
    """Fill with 1."""
    return constant_(tensor, 1.0)


def zeros_(tensor: Tensor) -> Tensor:
    """Fill with 0."""
    return constant_(tensor, 0.0)


def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Tensor:
    r"""Fill with normal numbers that lie in [a, b].

    $\mu + \sigma\, \Phi^{-1}(u)$ of uniform numbers u between $\Phi$ of the two bounds; drawn in float32 where it holds
    float16.
    """
    if tensor.dtype.char == "e":
        with no_grad():
            return tensor.copy_(trunc_normal_(tensor.float(), mean, std, a, b, generator)).clamp_(a, b)
    if not a - 2 * std <= mean <= b + 2 * std:
        warn_user(f"trunc_normal_: mean {mean} is more than 2 std from [{a}, {b}], where few numbers lie")
    low, high = (0.5 * math.erfc((mean - bound) / (std * math.sqrt(2))) for bound in (a, b))
    with no_grad():
        tensor.uniform_(2 * low - 1, 2 * high - 1, generator=generator)
        return tensor.erfinv_().mul_(std * math.sqrt(2)).add_(mean).clamp_(a, b)


def eye_(tensor: Tensor) -> Tensor:
    """Fill a matrix with the identity, 1 on the diagonal and 0 elsewhere.

    Raises:
        ValueError: it has not two dimensions.
    """
    if tensor.ndim != 2:
        raise ValueError(f"eye_ fills a matrix, got shape {tensor.shape}")
    with no_grad():
        return tensor.copy_(eye(*tensor.shape))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fill the weight of a convolution, `(out, in, *kernel)`, so that it passes its input on, channel by channel.

    Raises:
        ValueError: it has not 3, 4 or 5 dimensions, or the groups do not divide the first.
    """
    if tensor.ndim not in (3, 4, 5) or tensor.shape[0] % groups:
        raise ValueError(f"dirac_ fills (out, in, *kernel) with out a multiple of {groups}, got shape {tensor.shape}")
    size = tensor.shape[0] // groups
    centre = tuple([n // 2 for n in tensor.shape[2:]])
    with no_grad():
        tensor.zero_()
        for group in range(groups):
            for channel in range(min(size, tensor.shape[1])):
                tensor[(group * size + channel, channel, *centre)] = 1
    return tensor


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Any = None) -> Tensor:
    r"""Fill with a random matrix whose rows or columns, whichever are fewer, are orthogonal and of length `gain`.

    Dimensions after the first count as columns.

    Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning" (2013).

    Raises:
        ValueError: the Tensor has fewer than two dimensions.
        RuntimeError: it does not hold floats.
    """
    check_kind(tensor.dtype, "f", "orthogonal_")
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ needs two dimensions or more, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    drawn = randn(max(rows, columns), min(rows, columns), generator=generator, dtype="float64").numpy()
    q, r = numpy.linalg.qr(drawn)
    q = q * numpy.sign(numpy.diagonal(r))  # so that all rotations are equally likely
    with no_grad():
        return tensor.copy_(from_numpy((q if rows >= columns else q.T).reshape(tensor.shape)) * gain)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Any = None) -> Tensor:
    """Fill a matrix with normal numbers, and then this fraction of each column with 0.

    Source: Martens, "Deep learning via Hessian-free optimization" (2010), section 5.

    Raises:
        ValueError: it has not two dimensions, or the fraction is none.
    """
    if tensor.ndim != 2:
        raise ValueError(f"sparse_ fills a matrix, got shape {tensor.shape}")
    rows, columns = tensor.shape
    zeroed = math.ceil(sparsity * rows)
    with no_grad():
        tensor.normal_(0, std, generator=generator)
        for column in range(columns):
            tensor[randperm(rows, generator=generator)[:zeroed], column] = 0
    return tensor


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    r"""Fill with uniform numbers in $\pm\, gain \sqrt{6 / (fan_{in} + fan_{out})}$.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), (16).

    Raises:
        ValueError: the Tensor has fewer than two dimensions.
    """
    bound = gain * math.sqrt(6 / sum(fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Any = None) -> Tensor:
    r"""Fill with normal numbers of standard deviation $gain \sqrt{2 / (fan_{in} + fan_{out})}$.

    Source: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010), (12).

    Raises:
        ValueError: the Tensor has fewer than two dimensions.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(fans(tensor))), generator)


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    r"""Fill with uniform numbers in $\pm\, gain \sqrt{3 / fan}$; `a` is the slope of the leaky_relu that follows.

    Source: He et al., "Delving Deep into Rectifiers" (2015), equations 10, 14 and 15.

    Raises:
        ValueError: the Tensor has fewer than two dimensions; mode or nonlinearity is not known.
    """
    if is_nothing(tensor):
        return tensor
    bound = calculate_gain(nonlinearity, a) * math.sqrt(3 / fan(tensor, mode))
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", generator: Any = None
) -> Tensor:
    r"""Fill with normal numbers of standard deviation $gain / \sqrt{fan}$; `a` is the slope of a leaky_relu.

    Source: He et al., "Delving Deep into Rectifiers" (2015), equations 10, 14 and 15.

    Raises:
        ValueError: the Tensor has fewer than two dimensions; mode or nonlinearity is not known.
    """
    if is_nothing(tensor):
        return tensor
    return normal_(tensor, 0.0, calculate_gain(nonlinearity, a) / math.sqrt(fan(tensor, mode)), generator)


def is_nothing(tensor: Tensor) -> bool:
    """Whether there are no elements to initialise, of which it warns."""
    if 0 in tensor.shape:
        warn_user("Initializing zero-element tensors is a no-op")
    return 0 in tensor.shape


def fan_in_uniform_(bias: Tensor, weight: Tensor) -> Tensor:
    r"""Fill a layer's bias with uniform numbers in $\pm 1 / \sqrt{fan_{in}}$ of its weight, as PyTorch does."""
    fan_in, _ = fans(weight)
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return uniform_(bias, -bound, bound)


guard(globals(), __all__, __name__, held=False)
