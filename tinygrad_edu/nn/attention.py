"""Attention of several heads."""

from typing import Any

from ..functions.creation import empty
from ..tensor import Tensor
from . import functional, init
from .linear import NonDynamicallyQuantizableLinear
from .module import Module
from .parameter import Parameter

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    r"""Each query gathers from all values, by how its key fits, once for each head.

    $[head_1, .., head_H]\,W_O^\top + b_O$ with $head_h = \mathrm{softmax}(Q_h K_h^\top / \sqrt{E / H})\, V_h$, where
    $Q_h, K_h, V_h$ are the h-th parts of the projected query, key and value.

    `query (L, N, embed_dim), key (S, N, kdim), value (S, N, vdim) -> (L, N, embed_dim), weights (N, L, S)`; with
    `batch_first` N comes first, and without a batch it is missing everywhere.

    Parameters: `in_proj_weight (3 embed_dim, embed_dim)`; if kdim or vdim is not embed_dim, `q_proj_weight`,
    `k_proj_weight` and `v_proj_weight` with `embed_dim` rows each instead; with `add_bias_kv` `bias_k` and `bias_v`
    `(1, 1, embed_dim)` too; all drawn by Xavier's rule. `out_proj.weight (embed_dim, embed_dim)` as in Linear. With
    `bias`, `in_proj_bias (3 embed_dim)` and `out_proj.bias (embed_dim)`, zero.

    Raises:
        ValueError: a size is not positive, or num_heads does not divide embed_dim; in forward, a bad dropout.
        ShapeError: in forward, inputs or masks do not fit.
        RuntimeError: in forward, is_causal without attn_mask.

    Source: Vaswani et al., "Attention Is All You Need" (2017), section 3.2.2.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if embed_dim < 1 or num_heads < 1 or embed_dim % num_heads:
            raise ValueError(f"num_heads must divide embed_dim, both positive; got {num_heads} for {embed_dim}")
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.batch_first = batch_first
        self.head_dim = embed_dim // num_heads

        def parameter(wanted: bool, *shape: int) -> Parameter | None:
            return Parameter(empty(*shape, device=device, dtype=dtype)) if wanted else None

        packed = self._qkv_same_embed_dim
        self.register_parameter("q_proj_weight", parameter(not packed, embed_dim, embed_dim))
        self.register_parameter("k_proj_weight", parameter(not packed, embed_dim, self.kdim))
        self.register_parameter("v_proj_weight", parameter(not packed, embed_dim, self.vdim))
        self.register_parameter("in_proj_weight", parameter(packed, 3 * embed_dim, embed_dim))
        self.register_parameter("in_proj_bias", parameter(bias, 3 * embed_dim))
        self.register_parameter("bias_k", parameter(add_bias_kv, 1, 1, embed_dim))
        self.register_parameter("bias_v", parameter(add_bias_kv, 1, 1, embed_dim))
        self.add_zero_attn = add_zero_attn
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, device=device, dtype=dtype)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """What each query gathers, and with need_weights the weights, averaged over the heads or `(N, H, L, S)`.

        The masks are those of functional.multi_head_attention_forward: True, or -inf, where a key is not to be seen.
        """
        turned = self.batch_first and query.ndim == 3
        if turned:
            # what is one Tensor stays one, so that one product projects it
            others = {id(x): x.transpose(0, 1) for x in (query, key, value)}
            query, key, value = others[id(query)], others[id(key)], others[id(value)]
        out, weights = functional.multi_head_attention_forward(
            query,
            key,
            value,
            self.embed_dim,
            self.num_heads,
            self.in_proj_weight,
            self.in_proj_bias,
            self.bias_k,
            self.bias_v,
            self.add_zero_attn,
            self.dropout,
            self.out_proj.weight,
            self.out_proj.bias,
            training=self.training,
            key_padding_mask=key_padding_mask,
            need_weights=need_weights,
            attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim,
            q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight,
            v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights,
            is_causal=is_causal,
        )
        return out.transpose(0, 1) if turned else out, weights
