"""Parametrizations of weights: by length and direction, with the largest singular value 1, and orthogonal ones."""

from functools import partial
from typing import Any, TypeVar

from ...functions.linear import dot, mv
from ...functions.norms import norm
from ...functions.random import randn
from ...grad_mode import no_grad
from ...tensor import Tensor
from ..module import Module
from .orthogonal import orthogonal
from .parametrize import register_parametrization
from .reparametrised import norm_beside

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class _WeightNorm(Module):
    r"""$g\, v / \lVert v \rVert$, the norm over all dimensions but one."""

    def __init__(self, dim: int | None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, weight_g: Any, weight_v: Any) -> Any:
        """The weight."""
        return weight_v * (weight_g / norm_beside(weight_v, self.dim))

    def right_inverse(self, weight: Any) -> Any:
        """Its length and direction."""
        return norm_beside(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    r"""Learn a weight's length `original0` and direction `original1` apart: $w = g\, v / \lVert v \rVert$.

    >>> from tinygrad_edu import nn
    >>> list(weight_norm(nn.Linear(3, 2)).state_dict())
    ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']

    Raises:
        ValueError: the module has no such parameter.

    Source: Salimans and Kingma, "Weight Normalization" (2016), equation 2.
    """
    register_parametrization(module, name, _WeightNorm(None if dim == -1 else dim), unsafe=True)
    module.register_load_state_dict_pre_hook(partial(rename, name))
    return module


def rename(name: str, module: Module, state: dict[str, Any], prefix: str, *others: Any) -> None:
    """Give what nn.utils.weight_norm has saved the names of these parametrizations."""
    for place, old in enumerate((f"{prefix}{name}_g", f"{prefix}{name}_v")):
        if old in state:
            state[f"{prefix}parametrizations.{name}.original{place}"] = state.pop(old)


class _SpectralNorm(Module):
    r"""$w / \sigma$, $\sigma \approx u^\top w\, v$, u and v improved by power iteration in training."""

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__()
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(f"spectral_norm: the weight has {weight.ndim} dimensions, and none of number {dim}")
        if n_power_iterations < 1:
            raise ValueError(f"spectral_norm needs one power iteration or more, got {n_power_iterations}")
        self.dim, self.n_power_iterations, self.eps = dim, n_power_iterations, eps
        if weight.ndim > 1:
            matrix = self._matrix(weight)
            self.register_buffer("_u", self._unit(randn(matrix.shape[0], dtype=weight.dtype)))
            self.register_buffer("_v", self._unit(randn(matrix.shape[1], dtype=weight.dtype)))
            self._improve(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        return weight.movedim(self.dim, 0).flatten(1)

    def _unit(self, x: Any) -> Any:
        return x / norm(x).clamp_min(self.eps)

    def _improve(self, matrix: Any, iterations: int) -> None:
        with no_grad():
            for _ in range(iterations):
                self._u.copy_(self._unit(mv(matrix, self._v)))
                self._v.copy_(self._unit(mv(matrix.t(), self._u)))

    def forward(self, weight: Any) -> Any:
        """The weight over its largest singular value; a vector over its length."""
        if weight.ndim == 1:
            return self._unit(weight)
        matrix = self._matrix(weight)
        if self.training:
            self._improve(matrix.detach(), self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # backward needs them as they are now
        return weight / dot(u, mv(matrix, v))

    def right_inverse(self, value: Any) -> Any:
        """The value: a weight may be assigned as it is."""
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    r"""Divide a weight by its largest singular value: $w / \sigma(w)$, $\sigma \approx u^\top w\, v$.

    The weight is seen as a matrix with the rows of `dim` (0; 1 in a transposed convolution).

    Raises:
        ValueError: the module has no such parameter, or there are fewer than one iteration.

    Source: Miyato et al., "Spectral Normalization for Generative Adversarial Networks" (2018), algorithm 1.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"{type(module).__name__} has no parameter {name!r}; it has {list(module._parameters)}")
    rows = (1 if type(module).__name__.startswith("ConvTranspose") else 0) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight.detach(), n_power_iterations, rows, eps))
