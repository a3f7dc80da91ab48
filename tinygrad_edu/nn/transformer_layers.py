"""The layers of a transformer: attention and feed-forward, each with a way around it and a norm."""

from collections.abc import Callable
from typing import Any

from ..tensor import Tensor
from . import functional
from .attention import MultiheadAttention
from .dropout import Dropout
from .linear import Linear
from .module import Module
from .norm import LayerNorm

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]

Activation = str | Callable[[Tensor], Tensor]


def named_activation(activation: Activation) -> Callable[[Tensor], Tensor]:
    """A function from its name, which is "relu" or "gelu", or itself.

    Raises:
        RuntimeError: the name is neither.
    """
    if not isinstance(activation, str):
        return activation
    if activation not in ("relu", "gelu"):
        raise RuntimeError(f'activation is "relu", "gelu" or a function of a Tensor, got {activation!r}')
    return getattr(functional, activation)


class TransformerEncoderLayer(Module):
    r"""Self-attention, then two affine maps at each position; `(S, N, d_model) -> (S, N, d_model)`.

    $x = \mathrm{LN}_1(x + \mathrm{SA}(x)),\ y = \mathrm{LN}_2(x + \mathrm{FF}(x))$ with
    $\mathrm{FF}(x) = W_2\,\sigma(W_1 x + b_1) + b_2$; with `norm_first`
    $x = x + \mathrm{SA}(\mathrm{LN}_1(x)),\ y = x + \mathrm{FF}(\mathrm{LN}_2(x))$. Dropout follows each block, the
    activation $\sigma$, and the weights of attention. With `batch_first` the shapes are `(N, S, d_model)`.

    Parameters: `self_attn` (MultiheadAttention), `linear1` to `dim_feedforward` and `linear2` back (Linear), `norm1`,
    `norm2` (LayerNorm).

    Raises:
        ValueError: nhead does not divide d_model; dropout is no probability.
        RuntimeError: the activation has an unknown name.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3; Xiong et al., "On Layer Normalization in the
    Transformer Architecture" (2020), for norm_first.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = named_activation(activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Any:
        """The sequence after both blocks; masks as in MultiheadAttention."""
        x = src
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._ff_block(self.norm2(x))
        x = self.norm1(x + self._sa_block(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._ff_block(x))

    def _sa_block(self, x: Any, mask: Any, padding: Any, is_causal: bool = False) -> Any:
        return self.dropout1(attended(self.self_attn, x, x, mask, padding, is_causal))

    def _ff_block(self, x: Any) -> Any:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoderLayer(Module):
    r"""Self-attention, attention to a memory, two affine maps; `(T, N, d_model), (S, N, d_model) -> (T, N, d_model)`.

    $x = \mathrm{LN}_1(x + \mathrm{SA}(x)),\ x = \mathrm{LN}_2(x + \mathrm{MHA}(x, memory)),\
    y = \mathrm{LN}_3(x + \mathrm{FF}(x))$; with `norm_first` the norms come before the blocks. The rest is as in
    TransformerEncoderLayer.

    Parameters: `self_attn` and `multihead_attn` (MultiheadAttention), `linear1` to `dim_feedforward` and `linear2` back
    (Linear), `norm1`, `norm2`, `norm3` (LayerNorm).

    Raises:
        ValueError: nhead does not divide d_model; dropout is no probability.
        RuntimeError: the activation has an unknown name.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = functional.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        made: dict[str, Any] = {"bias": bias, "device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.multihead_attn = MultiheadAttention(d_model, nhead, dropout, batch_first=batch_first, **made)
        self.linear1 = Linear(d_model, dim_feedforward, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, **made)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, **made)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, **made)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = named_activation(activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Any:
        """The sequence after the three blocks; masks as in MultiheadAttention."""
        x, seen = tgt, (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        remembered = (memory, memory_mask, memory_key_padding_mask, memory_is_causal)
        if self.norm_first:
            x = x + self._sa_block(self.norm1(x), *seen)
            x = x + self._mha_block(self.norm2(x), *remembered)
            return x + self._ff_block(self.norm3(x))
        x = self.norm1(x + self._sa_block(x, *seen))
        x = self.norm2(x + self._mha_block(x, *remembered))
        return self.norm3(x + self._ff_block(x))

    def _sa_block(self, x: Any, mask: Any, padding: Any, is_causal: bool = False) -> Any:
        return self.dropout1(attended(self.self_attn, x, x, mask, padding, is_causal))

    def _mha_block(self, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool = False) -> Any:
        return self.dropout2(attended(self.multihead_attn, x, memory, mask, padding, is_causal))

    def _ff_block(self, x: Any) -> Any:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


def attended(attention: Any, x: Any, memory: Any, mask: Any, padding: Any, is_causal: bool) -> Any:
    """What x gathers from a memory; without the weights, which nobody sees, it is quicker."""
    found, _ = attention(
        x, memory, memory, attn_mask=mask, key_padding_mask=padding, need_weights=False, is_causal=is_causal
    )
    return found
